// Round robin: each host in turn; with unequal weights (or in slow start) by an earliest-deadline-first schedule.
//
// Draws: none for the host. The turn counter starts at the balancer's seed and goes on through membership changes; each source has its
// own. Limiting cases: equal weights give exact rotation, one host is always chosen. Source: Envoy round_robin_lb.h;
// docs/reference/balancing.md#round-robin
#pragma once

#include "models/balancing/load_balancer_config.h"
#include "models/balancing/pick.h"
#include "models/balancing/slow_start.h"
#include "models/balancing/source_schedules.h"

namespace meshmall::models {

class RoundRobin {
 public:
  RoundRobin(const RoundRobinConfig& config, std::uint64_t seed, engine::SimTime created) : config_(config), watch_(created), seed_(seed) {}

  void refresh(const ClusterHosts& hosts, std::uint32_t priority, engine::SimTime now);
  void pick(const ClusterHosts& hosts, const HostSource& source, engine::SimTime now, Pick& pick);
  const SlowStartWatch& slowStart() const { return watch_; }

 private:
  struct Turn {
    HostSource source;
    std::uint64_t next;
  };

  RoundRobinConfig config_;
  SlowStartWatch watch_;
  std::uint64_t seed_;
  std::vector<Turn> turns_;
  SourceSchedules schedules_;
};

}  // namespace meshmall::models
