// A HorizontalPodAutoscaler: one synchronisation, every 15 s, reads the metrics, takes the largest proposal, stabilises and limits it.
//
// A metric that cannot be computed stops scaling down, but not up by the others; if none can, nothing changes. Limiting cases: more replicas than the maximum
// (or fewer than the minimum) are corrected at once, without looking at metrics; 0 replicas with a minimum above 0 switch the autoscaler off.
// Source: Kubernetes podautoscaler horizontal.go; spec rollout-traffic-security.md section 7.4.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "models/scaling/replica_calculator.h"
#include "models/scaling/scaling_behavior.h"

namespace meshmall::models {

enum class ScalingMetricType : std::uint8_t {
  kUtilization,      // Resource, averageUtilization: percent of the request
  kResourceAverage,  // Resource, averageValue
  kPodsAverage,      // Pods, averageValue
  kValue,            // Object or External, value
  kValuePerReplica,  // Object or External, averageValue
};

struct ScalingMetric {
  ScalingMetricType type = ScalingMetricType::kUtilization;
  bool cpu = true;           // of the resource kinds: CPU or another
  std::int64_t target = 80;  // percent, or thousandths of the metric's unit
};

struct AutoscalerConfig {
  ReplicaRange range;
  std::vector<ScalingMetric> metrics = std::vector<ScalingMetric>(1);
  std::optional<ScalingBehavior> behavior;
  CalculatorConfig calculator;
  engine::Duration sync_period = engine::seconds(15);
  engine::Duration downscale_stabilization = engine::seconds(300);  // without a behavior block
};

// What the controller sees of one metric: the pods with their samples, or one value. Nothing in `value`: it could not be read.
struct MetricReading {
  std::vector<ScaledPod> pods;
  std::optional<std::int64_t> value_milli;
};

enum class AutoscalerReason : std::uint8_t {
  kDisabled,       // no replicas, by hand
  kAboveMaximum,   // corrected at once
  kBelowMinimum,   // corrected at once
  kMetricsFailed,  // nothing can be said, or only that it should shrink
  kByMetric,       // the metric named proposed the most
};

struct AutoscalerDecision {
  std::uint32_t replicas = 0;  // to ask for; the current ones when nothing changes
  AutoscalerReason reason = AutoscalerReason::kByMetric;
  // With kByMetric: the metric (index) whose proposal was largest, what it proposed, what was left of it and what limited it.
  std::uint32_t metric = 0;
  ReplicaProposal proposal;
  std::uint32_t stabilized = 0;
  ScalingLimit limit = ScalingLimit::kDesiredWithinRange;
};

class Autoscaler {
 public:
  // `readings[i]` belongs to config.metrics[i]; the pods of the first are the target's. `current`: replicas asked for. Times never go back. O(metrics x pods).
  AutoscalerDecision synchronize(const AutoscalerConfig& config, std::uint32_t current, const std::vector<MetricReading>& readings, engine::SimTime now);

  const ScalingHistory& history() const { return history_; }

 private:
  ScalingHistory history_;
};

}  // namespace meshmall::models
