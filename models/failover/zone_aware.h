// Zone-aware routing: callers prefer their own zone as far as its share of the endpoints matches its share of the callers.
//
// Direct: the own zone has at least the share of endpoints that it has of callers, and gets everything. Residual: part of the traffic
// stays, the rest goes to the zones with more endpoints than callers, in proportion to that surplus. Off for small clusters, fewer than
// two zones on either side, or when the callers' cluster has nobody in the own zone. Percentages have two decimals (10000 = 100 %).
// Source: Envoy load_balancer_impl.cc; docs/reference/failover.md#zone-aware
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/random/random_source.h"
#include "models/failover/failover_config.h"

namespace meshmall::models {

struct ZoneHosts {
  std::string zone;
  std::uint32_t healthy = 0;
};

// The fleet that the calling proxy belongs to. Immutable, shared by its members.
struct LocalCluster {
  std::vector<ZoneHosts> zones;          // healthy members in each; the proxy's own first when `has_own_zone`
  bool has_own_zone = true;              // lists a member in the proxy's own zone
  std::uint32_t hosts = 0, healthy = 0;  // of the flat list, for its panic
};

struct ZoneRouting {
  enum class State : std::uint8_t { kNone, kDirect, kResidual };
  struct Percent {
    std::uint64_t local = 0, upstream = 0;  // of 10000
  };
  State state = State::kNone;
  std::vector<Percent> percents;        // by upstream locality
  std::uint64_t route_locally = 0;      // of 10000, residual state
  std::vector<std::uint64_t> residual;  // running sums by upstream locality

  // The upstream locality of one pick. Draws: none in direct state; in residual one (mod 10000 < route_locally stays), and if it does not
  // stay one more for the zone: below the running sums, or any zone evenly when nothing is left to give.
  std::uint32_t pick(engine::RandomSource& random) const;
};

// `upstream`: the endpoints' localities, the proxy's own first when `has_local_locality`; zones without healthy hosts count too.
ZoneRouting routeByZone(std::span<const ZoneHosts> upstream, bool has_local_locality, const LocalCluster& local, const ZoneAwareConfig& config);

// Whether the callers' own cluster is below the panic threshold (no hosts: 0 %), which switches zone-aware routing off.
bool localClusterPanics(const LocalCluster& local, std::uint32_t panic_threshold);

}  // namespace meshmall::models
