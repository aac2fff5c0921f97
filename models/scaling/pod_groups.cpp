#include "models/scaling/pod_groups.h"

namespace meshmall::models {
namespace {

bool ignoredForCpu(const ScaledPod& pod, const ReadinessRules& rules, engine::SimTime now) {
  if (!pod.ready || !pod.started) return true;
  const bool unready = !*pod.ready;
  if (*pod.started + rules.cpu_initialization_period > now) return unready || pod.sample->at < pod.ready_changed + pod.sample->window;
  return unready && *pod.started + rules.initial_readiness_delay > pod.ready_changed;
}

}  // namespace

PodGroups groupPods(const std::vector<ScaledPod>& pods, bool cpu, const ReadinessRules& rules, engine::SimTime now) {
  PodGroups groups;
  for (std::uint32_t i = 0; i < pods.size(); ++i) {
    const ScaledPod& pod = pods[i];
    if (pod.deleting || pod.phase == PodPhase::kFailed) continue;
    if (pod.phase == PodPhase::kPending)
      groups.ignored.push_back(i);
    else if (!pod.sample)
      groups.missing.push_back(i);
    else if (cpu && ignoredForCpu(pod, rules, now))
      groups.ignored.push_back(i);
    else
      groups.ready.push_back(i);
  }
  return groups;
}

}  // namespace meshmall::models
