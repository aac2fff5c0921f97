// Which pods of a target count for a metric: ready, ignored (not ready yet) or missing (no sample). Pods that are deleted or failed do not exist for it.
//
// Only CPU looks at readiness: within the initialisation period a pod is ignored while it is unready or its sample began before it last changed; after
// it only if it is unready and became so within `initial_readiness_delay` of its start, that is, was never ready. Pending pods are ignored for every metric.
// Source: Kubernetes podautoscaler replica_calculator.go groupPods; spec rollout-traffic-security.md section 7.4.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/kernel/time.h"

namespace meshmall::models {

enum class PodPhase : std::uint8_t { kPending, kRunning, kSucceeded, kFailed };

struct PodSample {
  std::int64_t value = 0;  // thousandths of the metric's unit
  engine::SimTime at;      // end of the window
  engine::Duration window = engine::seconds(60);
};

struct ScaledPod {
  PodPhase phase = PodPhase::kRunning;
  bool deleting = false;
  std::optional<engine::SimTime> started;
  std::optional<bool> ready;        // nothing: it has no such condition yet
  engine::SimTime ready_changed;    // when the condition last changed
  std::optional<PodSample> sample;  // of the metric asked about
  std::int64_t request_milli = 0;   // what it asked for, of the resource asked about
};

struct ReadinessRules {
  engine::Duration cpu_initialization_period = engine::seconds(300);
  engine::Duration initial_readiness_delay = engine::seconds(30);
};

struct PodGroups {
  std::vector<std::uint32_t> ready, ignored, missing;  // indexes of pods, in order
};

// cpu: the metric is the use of CPU. O(pods).
PodGroups groupPods(const std::vector<ScaledPod>& pods, bool cpu, const ReadinessRules& rules, engine::SimTime now);

}  // namespace meshmall::models
