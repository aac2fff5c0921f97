// The balancer of one proxy thread for one cluster: chooses the priority, then the list of hosts, then the host by its policy.
//
// Copyable. It sees the proxy's belief (ClusterHosts) only when asked to pick, and notices changes of it then. Draws, in this order:
// at creation one seed (round robin and least request only); at each pick one for the priority, then the policy's own.
// Source: Envoy load_balancer_impl.{h,cc}; docs/explanation and docs/reference/balancing.md
#pragma once

#include <variant>
#include <vector>

#include "engine/random/random_source.h"
#include "models/balancing/hosts.h"
#include "models/balancing/least_request.h"
#include "models/balancing/load_balancer_config.h"
#include "models/balancing/pick.h"
#include "models/balancing/random_pick.h"
#include "models/balancing/round_robin.h"

namespace meshmall::models {

class LoadBalancer {
 public:
  LoadBalancer(const PolicyConfig& config, ClusterHosts& hosts, engine::SimTime now, engine::RandomSource& random);

  // The host for one request, or none. A request that has tried hosts already is picked for again while the pick is one of them, at most
  // context.reselection_attempts times, each time in full with new draws. The trace, if given, gets the last pick's candidates.
  Pick pick(ClusterHosts& hosts, const PickContext& context, engine::RandomSource& random, PickTrace* trace = nullptr);

  // Takes notice of changed hosts now rather than at the next pick. Cheap when nothing changed.
  void refresh(ClusterHosts& hosts, engine::SimTime now, engine::RandomSource& random) {
    if (seen_version_ != hosts.version()) refreshChanged(hosts, now, random);
  }

  template <class Policy>
  const Policy* policy() const {
    return std::get_if<Policy>(&policy_);
  }

 private:
  using Policy = std::variant<RoundRobin, LeastRequest, RandomPick>;

  static Policy makePolicy(const PolicyConfig& config, engine::SimTime now, engine::RandomSource& random);
  void refreshChanged(ClusterHosts& hosts, engine::SimTime now, engine::RandomSource& random);
  Pick pickOnce(ClusterHosts& hosts, const PickContext& context, engine::RandomSource& random, PickTrace* trace);

  Policy policy_;
  std::uint32_t seen_version_ = 0;
  std::vector<std::uint32_t> seen_;  // versions of the priorities
};

}  // namespace meshmall::models
