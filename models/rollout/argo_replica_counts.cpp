#include "models/rollout/argo_replica_counts.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <vector>

namespace meshmall::models {
namespace {

std::int64_t resolve(CountOrPercent bound, std::int64_t replicas, bool up) {
  if (!bound.percent) return bound.value;
  const double exact = static_cast<double>(bound.value) * static_cast<double>(replicas) / 100;
  return static_cast<std::int64_t>(up ? std::ceil(exact) : std::floor(exact));
}

// Whether rounding up and down miss the weight by as much: then only up is looked at.
bool tied(std::int64_t replicas, std::int64_t weight, std::int64_t max_weight) {
  double whole = 0;
  return std::modf(static_cast<double>(replicas) * (static_cast<double>(weight) / static_cast<double>(max_weight)), &whole) == 0.5;
}

// How many of a set count when replicas are taken away. Those beyond its spec are going anyway.
std::int64_t countedForScaleDown(const std::optional<ReplicaSetView>& set, bool ignore_availability) {
  if (!set) return 0;
  return set->spec < set->available || ignore_availability ? set->spec : set->available;
}

struct Limits {
  std::int64_t most, least_available;
};

// After `drained` was cut to `drain`: keeps both within the most replicas by cutting `other`, gives back what availability needs, and then cuts `drain`.
void keepWithin(const ReplicaSetView& drained, const std::optional<ReplicaSetView>& other, std::int64_t& drain, std::int64_t& keep, Limits limits) {
  if (!other) return;
  keep -= std::max<std::int64_t>(0, keep + drain - limits.most);
  const std::int64_t available = std::min(drained.available, drain) + std::min(other->available, keep);
  const std::int64_t lost = std::max<std::int64_t>(0, other->available - keep);
  keep += std::min(lost, std::max<std::int64_t>(0, limits.least_available - available));
  drain -= std::max<std::int64_t>(0, keep + drain - limits.most);
}

// Grows `current` towards `desired` as far as `room` allows.
std::int64_t grown(std::int64_t current, std::int64_t desired, std::int64_t& room) {
  if (current >= desired || room <= 0) return current;
  const std::int64_t added = std::min(room, desired - current);
  room -= added;
  return current + added;
}

std::int64_t withMinPods(const ArgoCanaryConfig& config, std::int64_t count) {
  if (count == 0 || !config.min_pods_per_replica_set || !config.traffic_routing) return count;
  return std::max(count, std::min(*config.min_pods_per_replica_set, config.replicas));
}

}  // namespace

std::optional<CountOrPercent> countOrPercent(std::string_view text) {
  if (!text.empty() && text.back() == '%') text.remove_suffix(1);
  CountOrPercent read{0, true};
  const std::from_chars_result end = std::from_chars(text.data(), text.data() + text.size(), read.value);
  if (text.empty() || end.ec != std::errc() || end.ptr != text.data() + text.size()) return {};
  return read;
}

Fenceposts fenceposts(const ArgoCanaryConfig& config) {
  Fenceposts posts{resolve(config.max_surge, config.replicas, true), resolve(config.max_unavailable, config.replicas, false)};
  if (posts.surge == 0 && posts.unavailable == 0) posts.unavailable = 1;
  posts.unavailable = std::min(posts.unavailable, config.replicas);
  return posts;
}

CanaryCounts approximateCounts(std::int64_t replicas, std::int64_t weight, std::int64_t max_weight, std::int64_t surge) {
  if (replicas == 0) return {};
  const double exact = static_cast<double>(replicas * weight) / static_cast<double>(max_weight);
  const auto up = static_cast<std::int64_t>(std::ceil(exact)), down = static_cast<std::int64_t>(std::floor(exact));
  const bool zero_allowed = weight == max_weight || weight == 0 || (replicas == 1 && surge == 0);
  struct Option {
    std::int64_t canary, total;
  };
  std::vector<Option> options;
  if (up < replicas || zero_allowed) options.push_back({up, replicas});
  if (!tied(replicas, weight, max_weight) && (down != 0 || zero_allowed)) options.push_back({down, replicas});
  if (surge > 0) {
    options.push_back({up, replicas + 1});
    if (!tied(replicas + 1, weight, max_weight) && (down != 0 || zero_allowed)) options.push_back({down, replicas + 1});
  }
  if (options.empty()) return {0, replicas};
  const auto distance = [&](const Option& option) {
    return std::abs(static_cast<double>(option.canary * max_weight) / static_cast<double>(option.total) - static_cast<double>(weight));
  };
  const Option best = *std::min_element(options.begin(), options.end(), [&](const Option& a, const Option& b) { return distance(a) < distance(b); });
  return {best.canary, best.total - best.canary};
}

std::int64_t weightToReplicas(std::int64_t replicas, std::int64_t weight, std::int64_t max_weight) {
  return static_cast<std::int64_t>(std::ceil(static_cast<double>(weight) * static_cast<double>(replicas) / static_cast<double>(max_weight)));
}

std::int64_t currentSetWeight(const ArgoCanaryConfig& config, const ArgoProgress& at) {
  if (at.aborted) return 0;
  if (at.step >= config.steps.size()) return config.max_weight;
  for (std::size_t i = at.step + 1; i-- > 0;) {
    if (config.steps[i].kind == ArgoStep::Kind::kSetWeight) return config.steps[i].weight;
  }
  return 0;
}

std::int64_t desiredCanaryWeight(const ArgoCanaryConfig& config, const ArgoProgress& at, const ArgoReplicaSets& sets) {
  if (!at.aborted || !config.dynamic_stable_scale || !sets.canary || !sets.stable) return currentSetWeight(config, at);
  const std::int64_t missing = config.replicas - sets.stable->available;
  // An explicit delay keeps the canary up until its deadline, so its size must not hold the weight up.
  const bool held = config.abort_scale_down_delay && config.abort_scale_down_delay->ns > 0;
  const std::int64_t need = held ? missing : std::max(missing, sets.canary->available);
  for (std::size_t i = config.steps.size(); i-- > 0;) {
    const ArgoStep& step = config.steps[i];
    if (step.kind == ArgoStep::Kind::kSetWeight && weightToReplicas(config.replicas, step.weight, config.max_weight) < need) return step.weight;
  }
  return 0;
}

const SetCanaryScale* canaryScaleInForce(const ArgoCanaryConfig& config, const ArgoProgress& at) {
  if (!config.traffic_routing || at.step >= config.steps.size()) return nullptr;
  const bool never_scaled_down = config.abort_scale_down_delay && config.abort_scale_down_delay->ns == 0;
  if (at.aborted && !never_scaled_down) return nullptr;
  for (std::size_t i = at.step + 1; i-- > 0;) {
    const ArgoStep& step = config.steps[i];
    if (step.kind == ArgoStep::Kind::kSetCanaryScale) return step.scale.match_traffic_weight ? nullptr : &step.scale;
  }
  return nullptr;
}

CanaryCounts basicCanaryCounts(const ArgoCanaryConfig& config, const ArgoProgress& at, const ArgoReplicaSets& sets) {
  const Fenceposts posts = fenceposts(config);
  const std::int64_t weight = at.promote_full ? config.max_weight : desiredCanaryWeight(config, at, sets);
  CanaryCounts desired = approximateCounts(config.replicas, weight, config.max_weight, posts.surge);
  if (!sets.stable) desired = {config.replicas, 0};  // nothing to step away from
  CanaryCounts counts{sets.canary ? sets.canary->spec : 0, sets.stable ? sets.stable->spec : 0};
  const Limits limits{config.replicas + posts.surge, config.replicas - posts.unavailable};
  const bool increasing = !sets.canary || desired.canary >= sets.canary->spec;

  std::int64_t room = limits.most - (sets.older.spec + counts.canary + counts.stable);
  if (sets.stable) counts.stable = grown(counts.stable, desired.stable, room);
  if (sets.canary) counts.canary = grown(counts.canary, desired.canary, room);
  if (sets.older.spec > 0) return counts;  // these go first

  const std::int64_t counted = countedForScaleDown(sets.canary, !increasing) + countedForScaleDown(sets.stable, increasing);
  if (counted <= limits.least_available) return counts;
  const std::int64_t most_down = counted - limits.least_available;
  if (!increasing) {
    if (sets.canary->spec > desired.canary) counts.canary = std::max(desired.canary, sets.canary->spec - most_down);
    keepWithin(*sets.canary, sets.stable, counts.canary, counts.stable, limits);
  } else if (sets.stable) {
    if (sets.stable->spec > desired.stable) counts.stable = std::max(desired.stable, sets.stable->spec - most_down);
    keepWithin(*sets.stable, sets.canary, counts.stable, counts.canary, limits);
  }
  return counts;
}

CanaryCounts trafficRoutedCounts(const ArgoCanaryConfig& config, const ArgoProgress& at, const ArgoReplicaSets& sets, std::optional<TrafficWeights> actual) {
  const std::int64_t n = config.replicas, all = config.max_weight;
  std::int64_t weight = all;
  std::optional<std::int64_t> explicit_count;
  if (!at.promote_full) {
    const SetCanaryScale* scale = canaryScaleInForce(config, at);
    if (scale != nullptr && scale->replicas) {
      explicit_count = scale->replicas;
      weight = 0;
    } else {
      weight = scale != nullptr && scale->weight ? *scale->weight : desiredCanaryWeight(config, at, sets);
    }
  }
  std::int64_t canary = explicit_count ? *explicit_count : withMinPods(config, weightToReplicas(n, weight, all));
  if (!config.dynamic_stable_scale) return {canary, n};
  std::int64_t stable = weightToReplicas(n, all - weight, all);
  if (actual) {
    stable = std::max(stable, weightToReplicas(n, actual->stable, all));  // no fewer than its traffic needs
    if (at.aborted) canary = std::max(canary, weightToReplicas(n, actual->canary, all));
  }
  return {withMinPods(config, canary), withMinPods(config, stable)};
}

bool progressThresholdMet(const std::optional<ReplicaProgressThreshold>& threshold, const std::optional<ReplicaSetView>& set, std::int64_t desired) {
  if (!set) return false;
  if (!threshold || threshold->value < 0) return set->spec == desired && set->available == desired;
  if (threshold->type == ReplicaProgressThreshold::Type::kPods) return set->available >= threshold->value;
  if (desired == 0) return true;
  const double percent = static_cast<double>(set->available) / static_cast<double>(desired) * 100;
  return percent >= static_cast<double>(threshold->value) - 1e-10;
}

}  // namespace meshmall::models
