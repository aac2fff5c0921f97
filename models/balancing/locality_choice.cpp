#include "models/balancing/locality_choice.h"

namespace meshmall::models {

void LocalityChoice::refresh(const ClusterHosts& hosts, std::uint32_t priority, engine::RandomSource& random) {
  if (hosts.config().locality == LocalityRule::kZoneAware) {
    if (priority == 0) rebuildZones(hosts);
    return;
  }
  const std::uint64_t seed = random.next();
  schedules_.resize(hosts.priorities());
  const PriorityGroup& group = hosts.group(priority);
  const std::vector<LocalityConfig>& configs = hosts.membership().priorities[priority].localities;
  std::vector<LocalityCounts> healthy;
  std::vector<LocalityCounts> degraded;
  for (std::size_t i = 0; i < configs.size(); ++i) {
    const LocalityGroup& locality = group.localities[i];
    healthy.push_back({configs[i].weight, locality.total, locality.healthy.size(), locality.excluded});
    degraded.push_back({configs[i].weight, locality.total, locality.degraded.size(), locality.excluded});
  }
  const std::uint32_t factor = hosts.config().overprovisioning_factor;
  schedules_[priority] = {LocalitySchedule(healthy, factor, seed), LocalitySchedule(degraded, factor, seed)};
}

void LocalityChoice::setLocalCluster(std::shared_ptr<const LocalCluster> local, const ClusterHosts& hosts) {
  local_ = std::move(local);
  rebuildZones(hosts);
}

void LocalityChoice::rebuildZones(const ClusterHosts& hosts) {
  zones_ = {};
  if (local_ == nullptr || hosts.priorities() == 0) return;
  const PriorityConfig& config = hosts.membership().priorities[0];
  std::vector<ZoneHosts> upstream;
  for (std::size_t i = 0; i < config.localities.size(); ++i) {
    upstream.push_back({config.localities[i].name, hosts.group(0).localities[i].healthy.size()});
  }
  zones_ = routeByZone(upstream, config.has_local_locality, *local_, hosts.config().zone_aware);
}

bool LocalityChoice::narrow(const ClusterHosts& hosts, HostSource& source, engine::RandomSource& random) {
  if (hosts.config().locality == LocalityRule::kWeighted) {
    Schedules& schedules = schedules_[source.priority];
    const auto locality = source.kind == HostSource::Kind::kDegraded ? schedules.degraded.pick() : schedules.healthy.pick();
    if (locality) source.locality = *locality;
    return true;
  }
  if (source.priority != 0 || zones_.state == ZoneRouting::State::kNone) return true;
  const std::uint32_t enabled = hosts.config().zone_aware.routing_enabled;
  if (enabled == 0 || (enabled < 100 && random.next() % 100 >= enabled)) return true;
  if (localClusterPanics(*local_, hosts.config().panic_threshold)) return !hosts.config().fail_traffic_on_panic;
  source.locality = zones_.pick(random);
  return true;
}

}  // namespace meshmall::models
