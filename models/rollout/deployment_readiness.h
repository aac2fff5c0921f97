// Whether a deployment is ready for the next tick of a rollout, as Flagger reads it from the deployment's status.
//
// Not ready is either retriable (wait, nothing is counted) or not (the progress deadline has passed: roll back or halt).
// Source: Flagger pkg/canary/deployment_ready.go; spec rollout-traffic-security.md 1.1.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/kernel/time.h"

namespace meshmall::models {

struct DeploymentView {
  bool observed = true;  // the controller has seen the newest generation
  int desired = 1;       // spec.replicas
  int updated = 1;       // replicas of the newest template
  int replicas = 1;      // all that exist, old ones included
  int available = 1;
  bool progress_deadline_exceeded = false;
  std::optional<engine::Duration> unavailable_for;  // for how long fewer than the minimum have been available
};

enum class Readiness : std::uint8_t { kReady, kWait, kFailed };

// threshold: percent of the updated replicas that must be available, rounded down (in single precision, as there).
Readiness readiness(const DeploymentView& deployment, int threshold, engine::Duration progress_deadline);

}  // namespace meshmall::models
