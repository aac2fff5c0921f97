#include "models/scaling/scaling_behavior.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace meshmall::models {
namespace {

constexpr std::int64_t kMostReplicas = std::numeric_limits<std::int32_t>::max();

void remember(std::vector<Recommendation>& history, std::optional<std::size_t> slot, Recommendation next) {
  if (slot)
    history[*slot] = next;
  else
    history.push_back(next);
}

// Pods changed strictly within the period.
std::int64_t changeWithin(const std::vector<ScaleChange>& changes, engine::Duration period, engine::SimTime now) {
  std::int64_t sum = 0;
  for (const ScaleChange& each : changes) {
    if (now - each.at < period) sum += each.change;
  }
  return sum;
}

// The replicas up to which (or down to which) the rules allow a change now.
std::int64_t limitOfRules(const ScalingRules& rules, bool up, std::uint32_t current, const ScalingHistory& history, engine::SimTime now) {
  if (rules.select == SelectPolicy::kDisabled || rules.policies.empty()) return current;
  std::optional<std::int64_t> limit;
  for (const ScalingPolicy& policy : rules.policies) {
    const std::int64_t start = std::int64_t{current} - changeWithin(history.added, policy.period, now) + changeWithin(history.removed, policy.period, now);
    const double share = static_cast<double>(policy.value) / 100;
    std::int64_t proposed = 0;
    if (policy.type == ScalingPolicyType::kPods)
      proposed = up ? start + policy.value : start - std::int64_t{policy.value};
    else if (up)
      proposed = static_cast<std::int64_t>(std::ceil(std::min(static_cast<double>(start) * (1 + share), static_cast<double>(kMostReplicas))));
    else
      proposed = static_cast<std::int64_t>(static_cast<double>(start) * (1 - share));
    const bool take_larger = up == (rules.select == SelectPolicy::kMax);  // the most change is the largest up, the smallest down
    if (!limit)
      limit = proposed;
    else
      limit = take_larger ? std::max(*limit, proposed) : std::min(*limit, proposed);
  }
  return *limit;
}

engine::Duration longestPeriod(const ScalingRules& rules) {
  engine::Duration longest{0};
  for (const ScalingPolicy& policy : rules.policies) longest = std::max(longest, policy.period);
  return longest;
}

}  // namespace

ScalingBehavior defaultScalingBehavior() {
  ScalingBehavior behavior;
  behavior.up.policies = {{ScalingPolicyType::kPods, 4, engine::seconds(15)}, {ScalingPolicyType::kPercent, 100, engine::seconds(15)}};
  behavior.down.stabilization_window = engine::seconds(300);
  behavior.down.policies = {{ScalingPolicyType::kPercent, 100, engine::seconds(15)}};
  return behavior;
}

std::uint32_t stabilizeWithBehavior(const ScalingBehavior& behavior, std::uint32_t current, std::uint32_t desired, std::vector<Recommendation>& history,
                                    engine::SimTime now) {
  const engine::Duration up_window = behavior.up.stabilization_window, down_window = behavior.down.stabilization_window;
  std::uint32_t up = desired, down = desired;
  std::optional<std::size_t> old;
  for (std::size_t i = 0; i < history.size(); ++i) {
    const engine::Duration age = now - history[i].at;
    if (age < up_window) up = std::min(up, history[i].replicas);
    if (age < down_window) down = std::max(down, history[i].replicas);
    if (age > up_window && age > down_window) old = i;
  }
  remember(history, old, {desired, now});
  return std::min(std::max(current, up), down);
}

std::uint32_t stabilizeDownOnly(engine::Duration window, std::uint32_t desired, std::vector<Recommendation>& history, engine::SimTime now) {
  std::uint32_t largest = desired;
  std::optional<std::size_t> old;
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (now - history[i].at > window)
      old = i;
    else
      largest = std::max(largest, history[i].replicas);
  }
  remember(history, old, {desired, now});
  return largest;
}

const char* nameOf(ScalingLimit limit) {
  switch (limit) {
    case ScalingLimit::kDesiredWithinRange:
      return "DesiredWithinRange";
    case ScalingLimit::kScaleUpLimit:
      return "ScaleUpLimit";
    case ScalingLimit::kScaleDownLimit:
      return "ScaleDownLimit";
    case ScalingLimit::kTooManyReplicas:
      return "TooManyReplicas";
    case ScalingLimit::kTooFewReplicas:
      return "TooFewReplicas";
  }
  return "";
}

LimitedReplicas limitWithBehavior(const ScalingBehavior& behavior, ReplicaRange range, std::uint32_t current, std::uint32_t desired,
                                  const ScalingHistory& history, engine::SimTime now) {
  if (desired > current) {
    const std::int64_t limit = std::max<std::int64_t>(limitOfRules(behavior.up, true, current, history, now), current);
    const bool by_rate = std::int64_t{range.max} > limit;
    const auto most = static_cast<std::uint32_t>(by_rate ? limit : range.max);
    if (desired > most) return {most, by_rate ? ScalingLimit::kScaleUpLimit : ScalingLimit::kTooManyReplicas};
  } else if (desired < current) {
    const std::int64_t limit = std::min<std::int64_t>(limitOfRules(behavior.down, false, current, history, now), current);
    const bool by_rate = std::int64_t{range.min} < limit;
    const auto least = static_cast<std::uint32_t>(by_rate ? limit : range.min);
    if (desired < least) return {least, by_rate ? ScalingLimit::kScaleDownLimit : ScalingLimit::kTooFewReplicas};
  }
  return {desired, ScalingLimit::kDesiredWithinRange};
}

LimitedReplicas limitWithoutBehavior(ReplicaRange range, std::uint32_t current, std::uint32_t desired) {
  const std::uint64_t doubled = std::max<std::uint64_t>(2 * std::uint64_t{current}, 4);
  const bool by_rate = range.max > doubled;
  const auto most = static_cast<std::uint32_t>(by_rate ? doubled : range.max);
  if (desired < range.min) return {range.min, ScalingLimit::kTooFewReplicas};
  if (desired > most) return {most, by_rate ? ScalingLimit::kScaleUpLimit : ScalingLimit::kTooManyReplicas};
  return {desired, ScalingLimit::kDesiredWithinRange};
}

void recordChange(const ScalingBehavior& behavior, std::uint32_t from, std::uint32_t to, ScalingHistory& history, engine::SimTime now) {
  if (from == to) return;
  std::vector<ScaleChange>& changes = to > from ? history.added : history.removed;
  const ScaleChange change{to > from ? to - from : from - to, now};
  const engine::Duration longest = longestPeriod(to > from ? behavior.up : behavior.down);
  const auto old = std::find_if(changes.rbegin(), changes.rend(), [&](const ScaleChange& each) { return now - each.at > longest; });
  if (old != changes.rend())
    *old = change;
  else
    changes.push_back(change);
}

}  // namespace meshmall::models
