// How many replicas of the canary and of the stable revision an Argo Rollout wants now.
//
// Without a traffic router the ratio of replicas is the weight: rounded to what can be had, then approached within maxSurge and maxUnavailable,
// one reconciliation at a time. With one the weight is the router's and the counts follow it. Plain arithmetic: no time, no draws.
// Source: Argo Rollouts utils/replicaset/canary.go, replicaset.go; spec rollout-traffic-security.md 1.2.
#pragma once

#include <cstdint>
#include <optional>

#include "models/rollout/argo_config.h"

namespace meshmall::models {

struct Fenceposts {
  std::int64_t surge = 0, unavailable = 0;
};
// maxSurge rounds up, maxUnavailable down; both 0 becomes 1 unavailable; unavailable is at most `replicas`.
Fenceposts fenceposts(const ArgoCanaryConfig& config);

struct CanaryCounts {
  std::int64_t canary = 0, stable = 0;
  friend bool operator==(const CanaryCounts&, const CanaryCounts&) = default;
};

// The two whole numbers whose ratio is nearest to weight / max_weight, with one replica more than `replicas` if there is a surge. First wins ties.
CanaryCounts approximateCounts(std::int64_t replicas, std::int64_t weight, std::int64_t max_weight, std::int64_t surge);
// Rounded up.
std::int64_t weightToReplicas(std::int64_t replicas, std::int64_t weight, std::int64_t max_weight);

// Where a rollout is.
struct ArgoProgress {
  std::size_t step = 0;  // steps.size(): past the last
  bool aborted = false;
  bool promote_full = false;  // or there is nothing to roll out: the canary gets everything
};

struct ArgoReplicaSets {
  std::optional<ReplicaSetView> canary;  // the new revision's
  std::optional<ReplicaSetView> stable;  // nothing: there is none, or it is the new one
  ReplicaSetView older;                  // all others together
};

// The last setWeight at or before the step; past the last step all; 0 when aborted.
std::int64_t currentSetWeight(const ArgoCanaryConfig& config, const ArgoProgress& at);
// The weight that the replicas are for: as above, but an abort with dynamicStableScale steps back through the list as stable replicas come up.
std::int64_t desiredCanaryWeight(const ArgoCanaryConfig& config, const ArgoProgress& at, const ArgoReplicaSets& sets);
// The last setCanaryScale if it is in force.
const SetCanaryScale* canaryScaleInForce(const ArgoCanaryConfig& config, const ArgoProgress& at);

CanaryCounts basicCanaryCounts(const ArgoCanaryConfig& config, const ArgoProgress& at, const ArgoReplicaSets& sets);

struct TrafficWeights {
  std::int64_t canary = 0, stable = 0;
};
// actual: the weights in force at the router, nothing when none was set yet.
CanaryCounts trafficRoutedCounts(const ArgoCanaryConfig& config, const ArgoProgress& at, const ArgoReplicaSets& sets, std::optional<TrafficWeights> actual);

bool progressThresholdMet(const std::optional<ReplicaProgressThreshold>& threshold, const std::optional<ReplicaSetView>& set, std::int64_t desired);

}  // namespace meshmall::models
