// What the consistent-hashing policies work from: a priority's hosts with weights that add up to 1.
//
// The list is the healthy hosts, or all hosts in panic; degraded hosts never. With weighted localities each locality's hosts share the
// locality's part; localities of weight 0 are left out, and one without usable hosts just loses its share.
// Source: Envoy thread_aware_lb_impl.cc.
#pragma once

#include <cstdint>
#include <vector>

#include "models/balancing/hosts.h"

namespace meshmall::models {

struct HashedHost {
  HostIndex host = kNoHost;
  double weight = 0.0;

  friend bool operator==(const HashedHost&, const HashedHost&) = default;
};

struct HashedHosts {
  std::vector<HashedHost> hosts;  // in list order; with localities, locality by locality
  double min_weight = 1.0;
  double max_weight = 0.0;
};

HashedHosts hashedHosts(const ClusterHosts& hosts, std::uint32_t priority);

}  // namespace meshmall::models
