// What an Argo Rollout says: its strategy's fields under their names, with their defaults.
//
// Limits: no experiments, plugins or ping-pong services. Analyses are named by their place in `analyses` (templates resolved by the reader).
// Source: Argo Rollouts pkg/apis/rollouts/v1alpha1/types.go, utils/defaults; spec rollout-traffic-security.md 1.2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kernel/time.h"

namespace meshmall::models {

// A number of replicas or a percentage of them.
struct CountOrPercent {
  std::int64_t value = 0;
  bool percent = false;
};
// "25%" and, as there, "25": both percent. Nothing for other text.
std::optional<CountOrPercent> countOrPercent(std::string_view text);

// How much of what is desired is enough to go on.
struct ReplicaProgressThreshold {
  enum class Type : std::uint8_t { kPercentage, kPods };
  Type type = Type::kPercentage;
  std::int64_t value = 0;  // negative: as if there were no threshold
};

struct SetCanaryScale {
  std::optional<std::int64_t> replicas;  // wins over weight
  std::optional<std::int64_t> weight;    // percent of the spec's replicas, may exceed 100
  bool match_traffic_weight = false;     // ends an earlier setCanaryScale
};

struct ArgoStep {
  enum class Kind : std::uint8_t { kSetWeight, kPause, kSetCanaryScale, kAnalysis, kSetHeaderRoute, kSetMirrorRoute };
  Kind kind = Kind::kSetWeight;
  std::int64_t weight = 0;                   // of setWeight
  std::optional<engine::Duration> duration;  // of a pause; without one it waits for a person
  SetCanaryScale scale;
  std::size_t analysis = 0;  // place in the holder's list of analyses
  std::string route;         // of a header or mirror route
};

struct ArgoCanaryConfig {
  std::int64_t replicas = 1;
  CountOrPercent max_surge{25, true}, max_unavailable{25, true};
  std::int64_t max_weight = 100;
  bool traffic_routing = false;
  bool dynamic_stable_scale = false;  // with a traffic router only
  std::optional<std::int64_t> min_pods_per_replica_set;
  std::optional<ReplicaProgressThreshold> progress_threshold;
  std::optional<engine::Duration> abort_scale_down_delay;  // default 30 s with a router; 0: never
  std::optional<engine::Duration> scale_down_delay;        // of the old set; default 30 s with a router, else 0
  std::vector<ArgoStep> steps;
  std::optional<std::size_t> background_analysis;
  std::size_t background_starting_step = 0;
};

struct ArgoBlueGreenConfig {
  std::int64_t replicas = 1;
  std::optional<std::int64_t> preview_replica_count;
  bool auto_promotion_enabled = true;
  engine::Duration auto_promotion_delay{0};  // autoPromotionSeconds; only with auto promotion
  std::optional<std::size_t> pre_promotion_analysis, post_promotion_analysis;
  std::optional<engine::Duration> scale_down_delay;        // default 30 s
  std::optional<engine::Duration> abort_scale_down_delay;  // default 30 s; 0: never
};

// One generation of replicas, as the controller sees it.
struct ReplicaSetView {
  std::int64_t spec = 0;
  std::int64_t available = 0;
  std::int64_t created = 0;  // pods that exist
};

}  // namespace meshmall::models
