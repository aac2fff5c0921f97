// pick_first: all requests go to one host, the first in order that is healthy, until it no longer is.
//
// gRPC's default without a balancing policy. No draw; O(1) while the host stands. Source: gRPC; docs/reference/balancing.md#pick-first
#pragma once

#include <algorithm>

#include "models/balancing/host_source.h"
#include "models/balancing/pick.h"

namespace meshmall::models {

class PickFirst {
 public:
  void pick(const ClusterHosts& hosts, const HostSource& source, Pick& pick) {
    const HostList& list = listOf(hosts, source);
    if (list.empty()) return;
    pick.reason = PickReason::kSticky;
    if (connected_) {
      const HostIndex host = hosts.membership().indexOf(id_);
      if (host != kNoHost && std::binary_search(list.hosts.begin(), list.hosts.end(), host)) {
        pick.host = host;
        return;
      }
    }
    pick.host = list.hosts.front();
    id_ = hosts.host(pick.host).id;
    connected_ = true;
  }

 private:
  std::uint32_t id_ = 0;
  bool connected_ = false;
};

}  // namespace meshmall::models
