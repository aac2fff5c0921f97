#include "models/rollout/flagger_config.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "models/rollout/go_duration.h"

namespace meshmall::models {
namespace {

constexpr std::pair<FlaggerHook, std::string_view> kHooks[] = {
    {FlaggerHook::kConfirmRollout, "confirm-rollout"},
    {FlaggerHook::kPreRollout, "pre-rollout"},
    {FlaggerHook::kRollout, "rollout"},
    {FlaggerHook::kConfirmTrafficIncrease, "confirm-traffic-increase"},
    {FlaggerHook::kConfirmPromotion, "confirm-promotion"},
    {FlaggerHook::kRollback, "rollback"},
    {FlaggerHook::kPostRollout, "post-rollout"},
    {FlaggerHook::kEvent, "event"},
};

}  // namespace

std::optional<FlaggerHook> flaggerHook(std::string_view type) {
  if (type.empty()) return FlaggerHook::kRollout;
  for (const auto& [hook, word] : kHooks) {
    if (word == type) return hook;
  }
  return {};
}

std::string_view name(FlaggerHook hook) { return kHooks[static_cast<std::size_t>(hook)].second; }

engine::Duration flaggerInterval(std::string_view text) {
  const std::optional<engine::Duration> interval = goDuration(text);
  return interval ? std::max(*interval, engine::seconds(10)) : engine::seconds(60);
}

int flaggerIterations(const FlaggerConfig& config) { return config.provider == FlaggerProvider::kKubernetes && config.iterations < 1 ? 10 : config.iterations; }

FlaggerStrategy flaggerStrategy(const FlaggerConfig& config) {
  if (config.provider == FlaggerProvider::kKubernetes) return FlaggerStrategy::kBlueGreen;
  if (config.iterations <= 0) return FlaggerStrategy::kCanary;
  return config.match ? FlaggerStrategy::kAbTesting : FlaggerStrategy::kBlueGreen;
}

int flaggerMaxWeight(const FlaggerConfig& config) {
  if (!config.step_weights.empty()) return std::min(kFlaggerTotalWeight, config.step_weights.back());
  return config.max_weight > 0 ? config.max_weight : kFlaggerTotalWeight;
}

int flaggerNextStep(const FlaggerConfig& config, int current) {
  const std::vector<int>& list = config.step_weights;
  if (config.step_weight > 0 || list.empty()) return config.step_weight;
  const int room = kFlaggerTotalWeight - current;
  if (room == 0) return 1;  // any step above 0 leads on to the promotion
  if (current == 0) return std::min(room, list[0]);
  for (std::size_t i = 0; i + 1 < list.size(); ++i) {
    if (list[i] == current) return std::min(room, list[i + 1] - current);
  }
  return room;
}

bool flaggerMetricPasses(const FlaggerMetric& metric, std::optional<double> value) {
  if (metric.kind == FlaggerMetricKind::kNone || !value) return false;
  const bool whole = metric.kind == FlaggerMetricKind::kDuration;
  const auto bound = [whole](double given) { return whole ? std::trunc(given) : given; };
  if (metric.has_range) return !(metric.min && *value < bound(*metric.min)) && !(metric.max && *value > bound(*metric.max));
  if (metric.kind == FlaggerMetricKind::kSuccessRate) return !(metric.threshold > *value);
  return !(*value > bound(metric.threshold));
}

}  // namespace meshmall::models
