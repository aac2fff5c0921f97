// Linkerd's breaker of one endpoint: shut after a run of failures, one probe after a back-off, open again when it succeeds.
//
// While shut, answers that are still coming in are ignored. The probe waits for real traffic. The back-off doubles with every failed probe and is
// base + uniform [0, jitter x base], never above max_backoff. There is no cap on how many endpoints are shut: all may be, and then nobody is ready.
// The unified kind also trips on a low share of successes in a sliding window; too-many-requests (429) counts against that share only.
// Draws: one each time it shuts. Source: linkerd2-proxy outbound breaker; spec rollout-traffic-security.md section 3.3.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "engine/kernel/time.h"
#include "engine/random/random_source.h"

namespace meshmall::models {

struct ConsecutiveFailuresConfig {
  std::uint32_t max_failures = 7;
  engine::Duration min_backoff = engine::seconds(1);
  engine::Duration max_backoff = engine::seconds(60);
  double jitter = 0.5;
  // The unified kind, when given.
  struct SuccessRate {
    double threshold = 0.8;
    engine::Duration window = engine::seconds(10);  // in ten slots
    std::uint32_t min_requests = 5;

    friend bool operator==(const SuccessRate&, const SuccessRate&) = default;
  };
  std::optional<SuccessRate> success_rate;

  friend bool operator==(const ConsecutiveFailuresConfig&, const ConsecutiveFailuresConfig&) = default;
};

// min(max, min x 2^iteration)
engine::Duration breakerBackoffBase(const ConsecutiveFailuresConfig& config, std::uint32_t iteration);
// The longest and the drawn wait: base + fraction x jitter x base, at most max_backoff.
engine::Duration breakerBackoff(const ConsecutiveFailuresConfig& config, std::uint32_t iteration, double fraction);

enum class AnswerClass : std::uint8_t { kSuccess, kFailure, kTooManyRequests };
// 5xx is a failure, 429 too many requests; gRPC data-loss, deadline-exceeded, internal, permission-denied, unavailable fail, resource-exhausted is too many.
AnswerClass classifyForBreaker(int http_status, int grpc_status);

enum class TripReason : std::uint8_t { kConsecutiveFailures, kLowSuccessRate };

class ConsecutiveFailures {
 public:
  enum class State : std::uint8_t {
    kOpen,      // takes traffic
    kShut,      // not ready, until `until`
    kProbation  // ready for one request
  };

  // Where it stands at `now`; a shut one turns to probation when its time is over. Not ready: kShut, or kProbation with the probe under way.
  State state(engine::SimTime now);
  bool ready(engine::SimTime now) {
    const State s = state(now);
    return s == State::kOpen || (s == State::kProbation && !probing_);
  }
  engine::SimTime shutUntil() const { return until_; }

  // A request is sent there. Remember what it gives: onAnswer needs it.
  bool onSend(engine::SimTime now);  // true: it is the probe
  // An answer (or its lack: a failure). Gives the reason when this one shut the endpoint.
  std::optional<TripReason> onAnswer(const ConsecutiveFailuresConfig& config, AnswerClass answer, bool probe, engine::SimTime now,
                                     engine::RandomSource& random);
  // The probe was given up without an answer: another one may go.
  void onProbeAbandoned() { probing_ = false; }

 private:
  static constexpr std::size_t kSlots = 10;
  struct Slot {
    std::int64_t index = -1;  // slot number since time 0
    std::uint32_t total = 0, success = 0;
  };

  void shut(const ConsecutiveFailuresConfig& config, engine::SimTime now, engine::RandomSource& random);
  bool lowSuccessRate(const ConsecutiveFailuresConfig& config, AnswerClass answer, engine::SimTime now);

  State state_ = State::kOpen;
  bool probing_ = false;
  std::uint32_t run_ = 0, iteration_ = 0;
  engine::SimTime until_;
  std::array<Slot, kSlots> window_{};
};

}  // namespace meshmall::models
