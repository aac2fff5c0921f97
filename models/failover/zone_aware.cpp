#include "models/failover/zone_aware.h"

#include <algorithm>

namespace meshmall::models {

namespace {

constexpr std::uint64_t kWhole = 10000;

std::uint64_t totalOf(std::span<const ZoneHosts> zones) {
  std::uint64_t sum = 0;
  for (const ZoneHosts& zone : zones) sum += zone.healthy;
  return sum;
}

std::uint64_t healthyIn(std::span<const ZoneHosts> zones, const std::string& name) {
  const auto at = std::find_if(zones.begin(), zones.end(), [&](const ZoneHosts& zone) { return zone.zone == name; });
  return at == zones.end() ? 0 : at->healthy;
}

}  // namespace

ZoneRouting routeByZone(std::span<const ZoneHosts> upstream, bool has_local_locality, const LocalCluster& local, const ZoneAwareConfig& config) {
  ZoneRouting routing;
  const std::uint64_t all_upstream = totalOf(upstream);
  const std::uint64_t all_local = totalOf(local.zones);
  const bool one_zone_only = local.zones.size() < 2 && !config.force_local_zone;
  if (upstream.size() < 2 || one_zone_only || !local.has_own_zone || all_upstream < config.min_cluster_size) return routing;
  routing.percents.resize(upstream.size());
  for (std::size_t i = 0; i < upstream.size(); ++i) {
    if (upstream[i].healthy == 0) continue;
    routing.percents[i].local = all_local > 0 ? kWhole * healthyIn(local.zones, upstream[i].zone) / all_local : 0;
    routing.percents[i].upstream = all_upstream > 0 ? kWhole * upstream[i].healthy / all_upstream : 0;
  }
  const ZoneRouting::Percent own = routing.percents.front();
  const bool forced = config.force_local_zone && upstream.front().healthy >= *config.force_local_zone;
  if (has_local_locality && own.upstream > 0 && (own.upstream >= own.local || forced)) {
    routing.state = ZoneRouting::State::kDirect;
    return routing;
  }
  routing.state = ZoneRouting::State::kResidual;
  routing.route_locally = has_local_locality && own.local > 0 ? own.upstream * kWhole / own.local : 0;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < upstream.size(); ++i) {
    const ZoneRouting::Percent& percent = routing.percents[i];
    if (!(i == 0 && has_local_locality) && percent.upstream > percent.local) sum += percent.upstream - percent.local;
    routing.residual.push_back(sum);
  }
  return routing;
}

std::uint32_t ZoneRouting::pick(engine::RandomSource& random) const {
  if (state != State::kResidual) return 0;
  if (random.next() % kWhole < route_locally) return 0;
  const std::uint64_t draw = random.next();
  if (residual.back() == 0) return static_cast<std::uint32_t>(draw % residual.size());
  const std::uint64_t at = draw % residual.back();
  return static_cast<std::uint32_t>(std::upper_bound(residual.begin(), residual.end(), at) - residual.begin());
}

bool localClusterPanics(const LocalCluster& local, std::uint32_t panic_threshold) {
  const double healthy = local.hosts == 0 ? 0.0 : 100.0 * local.healthy / local.hosts;
  return healthy < panic_threshold;
}

}  // namespace meshmall::models
