// The retry side of one call: may this failed try be made again, and after which wait? Made for every call, so it is 24 bytes and
// costs nothing while the first try succeeds; the policy and whoever admits retries come with each question.
//
// Order of the gate: would it be retried -> tries left -> admitted (breaker or budget) -> back-off drawn. A slot taken for a retry is held until the
// next decision about this call, or its end: across the whole retried try. Draws: one for each "yes", none otherwise.
// Source: Envoy retry_state_impl.cc; spec envoy-resilience.md sections 1.3 to 1.7.
#pragma once

#include <cstdint>

#include "engine/kernel/time.h"
#include "engine/random/random_source.h"
#include "models/resilience/response.h"
#include "models/resilience/retry_policy.h"

namespace meshmall::models {

// Who limits the retries of many calls together: retry_admission.h has the breaker's, Envoy's budget and the token budget.
class RetryAdmission {
 public:
  virtual bool tryTake() = 0;       // one retry slot; false: overflow
  virtual void release() = 0;       // gives the slot back
  virtual void onNotRetryable() {}  // an answer needed no retry (what Linkerd's budget is paid by)
  virtual void onRetryable() {}     // an outcome that would be retried, whether or not tries are left (what gRPC's throttle counts)

 protected:
  ~RetryAdmission() = default;
};

enum class RetryDecision : std::uint8_t { kNo, kNoRetryLimitExceeded, kNoOverflow, kYes };
std::string_view name(RetryDecision decision);  // Envoy's: "No", "NoRetryLimitExceeded", "NoOverflow", "Yes"

struct RetryAnswer {
  RetryDecision decision = RetryDecision::kNo;
  engine::Duration backoff{0};   // of kYes: wait before the next try
  bool retry_succeeded = false;  // the try decided about was a retry, and needs no other

  bool yes() const { return decision == RetryDecision::kYes; }
};

// Would this outcome be retried under these conditions, tries and budgets apart? (spec 1.3, 1.4)
enum class WouldRetry : std::uint8_t { kNo, kAtOnce, kAfterBackoff };  // at once: 425 Too Early
WouldRetry wouldRetryAnswer(const RetryPolicy& policy, const TryOutcome& outcome);
WouldRetry wouldRetryReset(const RetryPolicy& policy, ResetReason reason, bool bytes_sent);
inline WouldRetry wouldRetry(const RetryPolicy& policy, const TryOutcome& outcome) {
  return outcome.reset != ResetReason::kNone ? wouldRetryReset(policy, outcome.reset, outcome.bytes_sent) : wouldRetryAnswer(policy, outcome);
}

class RetryState {
 public:
  RetryState() = default;
  explicit RetryState(const RetryPolicy& policy) : remaining_(policy.enabled() ? policy.attempts : 0) {}

  // A try has ended with an answer or a reset: is there another one? `policy` must be the one the state was made with.
  // now: only for retry-after headers that name an instant (seconds since the epoch = simulated seconds).
  RetryAnswer onTryEnd(const RetryPolicy& policy, const TryOutcome& outcome, engine::SimTime now, RetryAdmission& admission, engine::RandomSource& random) {
    if (isPlainSuccess(policy, outcome) && !armed_) {
      admission.onNotRetryable();
      return {};
    }
    return decide(policy, outcome, now, admission, random);
  }
  // A hedged try has passed its per-try timeout: start another beside it? No condition is needed.
  RetryAnswer onHedgeTimeout(const RetryPolicy& policy, RetryAdmission& admission, engine::RandomSource& random);
  // The call is over (answered, timed out, given up): returns the slot of a retry that is still held.
  void onCallEnd(RetryAdmission& admission) {
    if (armed_) admission.release();
    armed_ = false;
  }

  std::uint32_t remaining() const { return remaining_; }
  bool holdsSlot() const { return armed_; }

 private:
  // An answer that no usual condition looks at.
  static bool isPlainSuccess(const RetryPolicy& policy, const TryOutcome& outcome) {
    return outcome.status >= 100 && outcome.status < 400 && outcome.reset == ResetReason::kNone && outcome.grpc_status <= 0 && !outcome.rate_limited &&
           policy.status_codes.empty() && policy.retriable_headers.empty();
  }
  RetryAnswer decide(const RetryPolicy& policy, const TryOutcome& outcome, engine::SimTime now, RetryAdmission& admission, engine::RandomSource& random);
  RetryAnswer gate(const RetryPolicy& policy, WouldRetry would, RetryAdmission& admission, engine::RandomSource& random);
  std::uint64_t drawBackoff(const RetryPolicy& policy, engine::RandomSource& random);

  std::uint64_t window_ms_ = 0;        // of the exponential back-off; 0: the base
  std::uint64_t rate_limited_ms_ = 0;  // asked for by an answer, used once; 0: none
  std::uint32_t remaining_ = 0;
  bool armed_ = false;
};
static_assert(sizeof(RetryState) <= 32);

}  // namespace meshmall::models
