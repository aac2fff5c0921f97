// From a recommendation to the replicas asked for: stabilised over a window, limited in rate, kept within minimum and maximum; in this order.
//
// Up: the least recommendation of the up window counts, down: the largest of the down window; the raw recommendation is remembered. A policy limits the change
// within its period, counted from the replicas at its start (all changes since, both ways). Defaults: up at once by 4 pods or 100 % each 15 s, whichever
// is more, down by all within 15 s after 300 s. Without a `behavior` block: down window only, and up to max(2 x current, 4).
// Source: Kubernetes podautoscaler horizontal.go; spec rollout-traffic-security.md section 7.4.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/kernel/time.h"

namespace meshmall::models {

enum class ScalingPolicyType : std::uint8_t { kPods, kPercent };
enum class SelectPolicy : std::uint8_t { kMax, kMin, kDisabled };  // the policy that allows most, least; no change that way

struct ScalingPolicy {
  ScalingPolicyType type = ScalingPolicyType::kPods;
  std::uint32_t value = 0;
  engine::Duration period = engine::seconds(15);
};

struct ScalingRules {
  engine::Duration stabilization_window{0};
  SelectPolicy select = SelectPolicy::kMax;
  std::vector<ScalingPolicy> policies;
};

struct ScalingBehavior {
  ScalingRules up, down;
};
ScalingBehavior defaultScalingBehavior();

struct ReplicaRange {
  std::uint32_t min = 1, max = 1;
};

// What was recommended, and what was changed, and when.
struct Recommendation {
  std::uint32_t replicas = 0;
  engine::SimTime at;
};
struct ScaleChange {
  std::uint32_t change = 0;  // pods added or removed
  engine::SimTime at;
};
struct ScalingHistory {
  std::vector<Recommendation> recommendations;
  std::vector<ScaleChange> added, removed;
};

// The stabilised recommendation; `desired` is remembered in the place of one that is older than both windows, else added.
std::uint32_t stabilizeWithBehavior(const ScalingBehavior& behavior, std::uint32_t current, std::uint32_t desired, std::vector<Recommendation>& history,
                                    engine::SimTime now);
// Without a behavior block: the largest recommendation within the window.
std::uint32_t stabilizeDownOnly(engine::Duration window, std::uint32_t desired, std::vector<Recommendation>& history, engine::SimTime now);

enum class ScalingLimit : std::uint8_t { kDesiredWithinRange, kScaleUpLimit, kScaleDownLimit, kTooManyReplicas, kTooFewReplicas };
const char* nameOf(ScalingLimit limit);  // "DesiredWithinRange", ..., Kubernetes' reasons

struct LimitedReplicas {
  std::uint32_t replicas = 0;
  ScalingLimit limit = ScalingLimit::kDesiredWithinRange;
};
LimitedReplicas limitWithBehavior(const ScalingBehavior& behavior, ReplicaRange range, std::uint32_t current, std::uint32_t desired,
                                  const ScalingHistory& history, engine::SimTime now);
LimitedReplicas limitWithoutBehavior(ReplicaRange range, std::uint32_t current, std::uint32_t desired);

// Remembers a change that was made, in the place of one that is older than every policy of its direction, if there is one.
void recordChange(const ScalingBehavior& behavior, std::uint32_t from, std::uint32_t to, ScalingHistory& history, engine::SimTime now);

}  // namespace meshmall::models
