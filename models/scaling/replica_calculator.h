// One metric's proposal: how many replicas would bring it to its target.
//
// ratio = metric / target, whole numbers first: utilisation is trunc(100 usage / request), averages are truncated. Within the tolerance nothing changes, else
// ceil(ratio x pods that count). With pods missing or not ready the ratio is taken again with the worst filled in (scaling down: missing ones use all of
// their request or the target; scaling up: missing and ignored ones nothing), and a proposal that turns round or falls within the tolerance changes nothing.
// Pods measured count, not the replicas asked for: they differ during a surge.
// Source: Kubernetes podautoscaler replica_calculator.go; spec rollout-traffic-security.md section 7.4.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/scaling/pod_groups.h"

namespace meshmall::models {

struct ReplicaProposal {
  std::uint32_t replicas = 0;
  std::int64_t utilization_percent = 0;  // of resources only, before worst cases are filled in
  std::int64_t value_milli = 0;          // the average or value that the status reports
};

struct CalculatorConfig {
  double tolerance = 0.1;
  ReadinessRules readiness;
};

// Each proposes for the `current` replicas asked for; nothing: the metric cannot be computed (no pods, no usable samples, no requests), which changes nothing.

// A resource's use against its request, in percent. cpu: readiness counts.
std::optional<ReplicaProposal> proposeByUtilization(const CalculatorConfig& config, const std::vector<ScaledPod>& pods, bool cpu, std::uint32_t current,
                                                    std::int64_t target_percent, engine::SimTime now);
// The average of a metric over pods, in thousandths. cpu: the metric is CPU as a raw value (readiness counts).
std::optional<ReplicaProposal> proposeByPodAverage(const CalculatorConfig& config, const std::vector<ScaledPod>& pods, bool cpu, std::uint32_t current,
                                                   std::int64_t target_milli, engine::SimTime now);
// A value of an object or from outside (a sum of several series) against a target for all pods together; from 0 replicas ceil(ratio).
std::optional<ReplicaProposal> proposeByValue(const CalculatorConfig& config, std::int64_t value_milli, std::int64_t target_milli, std::uint32_t current,
                                              std::uint32_t ready_pods);
// The same against a target for each replica there is.
std::optional<ReplicaProposal> proposeByValuePerReplica(const CalculatorConfig& config, std::int64_t value_milli, std::int64_t target_milli,
                                                        std::uint32_t current, std::uint32_t replicas);

// Pods that run and are ready, for proposeByValue.
std::uint32_t readyPods(const std::vector<ScaledPod>& pods);

}  // namespace meshmall::models
