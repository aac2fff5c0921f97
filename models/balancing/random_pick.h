// Random balancing: host number draw mod n, by the very draw that chose the priority.
//
// So priority and host are correlated when several priorities share the traffic. No draw of its own; O(1).
// Source: Envoy random_lb.cc; docs/reference/balancing.md#random
#pragma once

#include "models/balancing/host_source.h"
#include "models/balancing/pick.h"

namespace meshmall::models {

struct RandomPick {
  void pick(const ClusterHosts& hosts, const HostSource& source, std::uint64_t draw, Pick& pick) const {
    const HostList& list = listOf(hosts, source);
    if (list.empty()) return;
    pick.host = list.hosts[list.by_size(draw)];
    pick.reason = PickReason::kRandom;
  }
};

}  // namespace meshmall::models
