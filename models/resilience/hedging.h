// The tries of one call that run beside each other: which answer wins, which is dropped, who is reset. Hedging starts a further try when one has passed its
// per-try timeout without ending it; this board also serves plain retries, where at most one try is live.
//
// A bad answer (it would be retried, or may not be) is dropped while another try still waits for its answer or a retry is about to start; a good
// one wins and resets the others; the last bad one is passed on. Limiting case: without hedging a timed-out try is ended at once.
// Source: Envoy router.cc; spec envoy-resilience.md sections 3.3 and 3.4.
#pragma once

#include <cstdint>
#include <vector>

namespace meshmall::models {

class TryBoard {
 public:
  using TryIndex = std::uint32_t;

  enum class Verdict : std::uint8_t { kForward, kDrop };

  TryIndex start();  // a try is sent; also the one a pending retry stands for

  // The per-try timeout of a hedged try has passed. True: report it to outlier detection (once for each try).
  bool onSoftTimeout(TryIndex index);
  // May this try still lead to another one? Not when it already has; then its answer is only asked whether it *would* be retried.
  bool mayRetry(TryIndex index) const { return !tries_[index].retried && !answered_; }
  // A retry for it was granted and waits for its back-off.
  void onRetryGranted(TryIndex index);
  // The granted retry did not start (nobody to send it to).
  void onRetryFailedToStart() { retry_pending_ = false; }

  // An answer. bad: it would be retried, or was denied by limit or overflow. kForward: it goes downstream, others() are reset.
  Verdict onAnswer(TryIndex index, bool bad);
  // A try ended without an answer (reset, or a per-try timeout without hedging). kForward: nothing else is outstanding, the failure goes downstream.
  Verdict onFailure(TryIndex index);

  // Live tries other than `index`, in order of their start: to be reset when it wins.
  std::vector<TryIndex> others(TryIndex index) const;
  // Global timeout: live tries, to be reset; and those of them that outlier detection has not heard of yet.
  std::vector<TryIndex> live() const;
  bool timeoutReported(TryIndex index) const { return tries_[index].soft_timed_out; }
  // The call has been answered or given up: everything live is over.
  void finish();

  bool retryPending() const { return retry_pending_; }
  bool answered() const { return answered_; }
  std::uint32_t started() const { return static_cast<std::uint32_t>(tries_.size()); }

 private:
  struct Try {
    bool live = true, retried = false, soft_timed_out = false;
  };
  bool outstandingBeside(TryIndex index) const;

  std::vector<Try> tries_;
  bool retry_pending_ = false;
  bool answered_ = false;
};

}  // namespace meshmall::models
