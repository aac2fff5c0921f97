#include "models/scaling/autoscaler.h"

#include <algorithm>

namespace meshmall::models {
namespace {

std::optional<ReplicaProposal> proposalOf(const AutoscalerConfig& config, const ScalingMetric& metric, const MetricReading& reading,
                                          const std::vector<ScaledPod>& target_pods, std::uint32_t current, engine::SimTime now) {
  switch (metric.type) {
    case ScalingMetricType::kUtilization:
      return proposeByUtilization(config.calculator, reading.pods, metric.cpu, current, metric.target, now);
    case ScalingMetricType::kResourceAverage:
      return proposeByPodAverage(config.calculator, reading.pods, metric.cpu, current, metric.target, now);
    case ScalingMetricType::kPodsAverage:
      return proposeByPodAverage(config.calculator, reading.pods, false, current, metric.target, now);
    case ScalingMetricType::kValue:
      if (!reading.value_milli) return std::nullopt;
      return proposeByValue(config.calculator, *reading.value_milli, metric.target, current, readyPods(target_pods));
    case ScalingMetricType::kValuePerReplica: {
      if (!reading.value_milli) return std::nullopt;
      return proposeByValuePerReplica(config.calculator, *reading.value_milli, metric.target, current, static_cast<std::uint32_t>(target_pods.size()));
    }
  }
  return std::nullopt;
}

}  // namespace

AutoscalerDecision Autoscaler::synchronize(const AutoscalerConfig& config, std::uint32_t current, const std::vector<MetricReading>& readings,
                                           engine::SimTime now) {
  AutoscalerDecision decision;
  decision.replicas = current;
  const auto change = [&](std::uint32_t replicas) {
    decision.replicas = replicas;
    if (config.behavior) recordChange(*config.behavior, current, replicas, history_, now);
    return decision;
  };
  if (history_.recommendations.empty()) history_.recommendations.push_back({current, now});
  if (current == 0 && config.range.min != 0) {
    decision.reason = AutoscalerReason::kDisabled;
    return decision;
  }
  if (current > config.range.max) {
    decision.reason = AutoscalerReason::kAboveMaximum;
    return change(config.range.max);
  }
  if (current < config.range.min) {
    decision.reason = AutoscalerReason::kBelowMinimum;
    return change(config.range.min);
  }
  static const std::vector<ScaledPod> kNoPods;
  const std::vector<ScaledPod>& target_pods = readings.empty() ? kNoPods : readings.front().pods;
  std::optional<ReplicaProposal> largest;
  bool failed = false;
  for (std::uint32_t i = 0; i < config.metrics.size(); ++i) {
    const auto proposal = i < readings.size() ? proposalOf(config, config.metrics[i], readings[i], target_pods, current, now) : std::nullopt;
    if (!proposal) {
      failed = true;
    } else if (!largest || proposal->replicas > largest->replicas) {
      largest = proposal;
      decision.metric = i;
    }
  }
  if (!largest || (failed && largest->replicas < current)) {
    decision.reason = AutoscalerReason::kMetricsFailed;
    return decision;
  }
  decision.proposal = *largest;
  LimitedReplicas limited;
  if (config.behavior) {
    decision.stabilized = stabilizeWithBehavior(*config.behavior, current, largest->replicas, history_.recommendations, now);
    limited = limitWithBehavior(*config.behavior, config.range, current, decision.stabilized, history_, now);
  } else {
    decision.stabilized = stabilizeDownOnly(config.downscale_stabilization, largest->replicas, history_.recommendations, now);
    limited = limitWithoutBehavior(config.range, current, decision.stabilized);
  }
  decision.limit = limited.limit;
  return change(limited.replicas);
}

}  // namespace meshmall::models
