// What one proxy keeps of a cluster's endpoints beside outlier detection: Linkerd's breakers and active health checks. By the endpoint's slot in its service.
// Exists only where the mesh configures one of them, so that nobody else pays for it.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/kernel/event_queue.h"
#include "models/resilience/consecutive_failures.h"
#include "models/resilience/health_check.h"

namespace meshmall::models {

struct HostBreaker {
  ConsecutiveFailures breaker;
  std::uint64_t probe = 0;   // path of the try that probes
  std::uint32_t shuts = 0;   // so far; addresses the draw of the penalty
  bool probing = false;
  engine::TimerId over;      // the end of the penalty
};

struct HostCheck {
  enum class Stage : std::uint8_t { idle, request_flying, answer_flying, lost };
  HealthChecker checker;
  CheckResult result;        // of the check under way, once the endpoint has it
  std::uint32_t number = 0;  // checks so far; addresses their draws
  Stage stage = Stage::idle;
  bool on = false;
  engine::TimerId event;     // the next thing to happen: due, arrival, answer
  engine::TimerId timeout;
};

struct Watch {
  std::vector<HostBreaker> breakers;
  std::vector<HostCheck> checks;
};

}  // namespace meshmall::models
