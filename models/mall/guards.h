// Side tables of the running mall: state of policies that most proxies do not have, kept out of the records that every request touches.
// Each is made when first needed. Holders: an upstream (budget), an upstream's thread (admission control), a door (an endpoint's inbound proxy, or a
// gateway), a try behind a door.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/kernel/event_queue.h"
#include "models/mall/plan.h"
#include "models/resilience/adaptive_concurrency.h"
#include "models/resilience/admission_control.h"
#include "models/resilience/grpc_retry_throttle.h"
#include "models/resilience/local_rate_limit.h"
#include "models/resilience/previous_priorities.h"
#include "models/resilience/token_retry_budget.h"

namespace meshmall::models {

// Of events that may come by the thousand only the first is noted, and the next after so long without one.
inline constexpr engine::Duration kQuietBeforeNote = engine::seconds(1);

class NoteGate {
 public:
  bool opens(engine::SimTime now) {
    const bool first = !seen_ || now - last_ >= kQuietBeforeNote;
    seen_ = true;
    last_ = now;
    return first;
  }

 private:
  engine::SimTime last_;
  bool seen_ = false;
};

// What one proxy may still spend on retries towards one cluster.
struct RetryAllowance {
  TokenRetryBudget tokens;
  std::optional<GrpcRetryThrottle> throttle;
  NoteGate refusals;
};

// Endpoints that one proxy lets warm up towards one cluster, as last noted.
struct WarmUps {
  struct One {
    std::uint32_t endpoint = 0;
    engine::SimTime since;
    friend bool operator<(const One& a, const One& b) { return a.endpoint < b.endpoint; }
  };
  std::vector<One> under_way;  // by endpoint
  engine::TimerId over;        // of the one that is ready first
};

struct AdmissionThread {
  AdmissionController controller;
  bool rejecting = false;  // at its last decision
};

struct Door {
  std::optional<LocalRateLimiter> local;
  const LocalRateLimitConfig* local_config = nullptr;  // lives in the plan
  std::optional<GradientController> concurrency;
  const AdaptiveConcurrencyConfig* concurrency_config = nullptr;  // lives in the plan
  std::uint32_t generation = 0;                                   // of the controller
  std::uint32_t measurements = 0;                                 // of the lowest latency, by this controller
  std::uint32_t starts = 0;                                       // of the endpoint, when its state was made
  std::uint32_t limit_told = 0;                                   // in the last decision
  bool measuring_told = false;
  engine::TimerId timer;
  NoteGate denials;
};

// A try behind a door.
struct DoorVisit {
  engine::SimTime admitted;
  std::uint32_t generation = 0;     // of the controller that counts it; 0: none
  std::uint32_t reset_seconds = 0;  // what the headers of its 429 ask for
  bool over_limit = false;          // what the rate limit service said
};

// Of one call: which priorities its tries have been sent to.
struct PriorityMemory {
  PreviousPriorities priorities;
  std::size_t told = 0;  // tries it has heard of
};

}  // namespace meshmall::models
