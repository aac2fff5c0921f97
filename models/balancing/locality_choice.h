// Which of a priority's localities a pick is made from, where localities are weighted or routing is by zone; per proxy thread.
//
// Source: Envoy load_balancer_impl.cc (ZoneAwareLoadBalancerBase::hostSourceToUse).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/random/random_source.h"
#include "models/balancing/host_source.h"
#include "models/failover/locality_schedule.h"
#include "models/failover/zone_aware.h"

namespace meshmall::models {

class LocalityChoice {
 public:
  // Rebuilds what depends on the priority. Draws one seed if localities are weighted.
  void refresh(const ClusterHosts& hosts, std::uint32_t priority, engine::RandomSource& random);
  void setLocalCluster(std::shared_ptr<const LocalCluster> local, const ClusterHosts& hosts);

  // Narrows the source (healthy or degraded hosts of a priority without panic) to a locality, or leaves it. False: no host is to be found.
  // Draws: none by weights; by zone one for the percentage switch if it is between 0 and 100, and those of ZoneRouting::pick.
  bool narrow(const ClusterHosts& hosts, HostSource& source, engine::RandomSource& random);

  const ZoneRouting& zoneRouting() const { return zones_; }

 private:
  struct Schedules {
    LocalitySchedule healthy, degraded;
  };
  void rebuildZones(const ClusterHosts& hosts);

  std::vector<Schedules> schedules_;  // by priority
  std::shared_ptr<const LocalCluster> local_;
  ZoneRouting zones_;
};

}  // namespace meshmall::models
