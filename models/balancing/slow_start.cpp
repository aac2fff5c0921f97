#include "models/balancing/slow_start.h"

#include <algorithm>
#include <cmath>

namespace meshmall::models {

namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;

std::int64_t wholeMilliseconds(engine::Duration d) { return d.ns / kNsPerMs; }

}  // namespace

double slowStartFactor(engine::Duration elapsed, const SlowStartConfig& config) {
  const std::int64_t window = wholeMilliseconds(config.window);
  const std::int64_t since = wholeMilliseconds(elapsed);
  if (window <= 0 || since >= window) return 1.0;
  const double aggression = config.aggression > 0.0 ? config.aggression : 1.0;  // NaN too
  const double part = static_cast<double>(std::max<std::int64_t>(1, since)) / static_cast<double>(window);
  const double factor = aggression == 1.0 || part == 1.0 ? part : std::pow(part, 1.0 / aggression);
  return std::max(factor, config.min_weight_percent / 100.0);
}

double slowStartFactorOf(const ClusterHosts& hosts, HostIndex host, engine::SimTime now, const SlowStartConfig& config) {
  if (config.window.ns <= 0 || hosts.health(host) != Health::kHealthy) return 1.0;
  const engine::SimTime since = hosts.inServiceSince(host);
  return since == engine::kNever ? 1.0 : slowStartFactor(now - since, config);
}

void SlowStartWatch::observe(const ClusterHosts& hosts, engine::SimTime now, const SlowStartConfig& config) {
  if (config.window.ns <= 0) return;
  for (HostIndex host = 0; host < hosts.size(); ++host) {
    const engine::SimTime since = hosts.inServiceSince(host);
    if (since == engine::kNever || hosts.health(host) != Health::kHealthy) continue;
    if (since > latest_ && now - since <= config.window) latest_ = since;
  }
}

bool SlowStartWatch::inEffect(engine::SimTime now, const SlowStartConfig& config) const {
  return config.window.ns > 0 && wholeMilliseconds(now - latest_) <= wholeMilliseconds(config.window);
}

}  // namespace meshmall::models
