// The balancer of one proxy thread for one cluster: chooses the priority, then the list of hosts, then the host by its policy.
//
// Copyable. It sees the proxy's belief (ClusterHosts) only when asked to pick, and notices changes of it then. Draws, in this order:
// at creation one for each priority if localities are weighted, then one seed (round robin, least request, and the policies built on
// them); at each pick one for the priority (the hash instead where the request has one; peak EWMA, Prequal and gRPC's policies draw it
// only when several priorities share the traffic), then the zone's, then the policy's own.
// Source: Envoy load_balancer_impl.{h,cc}; docs/reference/balancing.md
#pragma once

#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "engine/random/random_source.h"
#include "models/balancing/grpc_weighted_round_robin.h"
#include "models/balancing/hash_balancer.h"
#include "models/balancing/hosts.h"
#include "models/balancing/least_request.h"
#include "models/balancing/load_balancer_config.h"
#include "models/balancing/load_report.h"
#include "models/balancing/locality_choice.h"
#include "models/balancing/peak_ewma.h"
#include "models/balancing/pick.h"
#include "models/balancing/pick_first.h"
#include "models/balancing/prequal.h"
#include "models/balancing/random_pick.h"
#include "models/balancing/round_robin.h"

namespace meshmall::models {

class LoadBalancer {
 public:
  LoadBalancer(const PolicyConfig& config, ClusterHosts& hosts, engine::SimTime now, engine::RandomSource& random);

  // The host for one request, or none. A request that has tried hosts already is picked for again while the pick is one of them, at most
  // context.reselection_attempts times, each time in full with new draws (hash policies: the next entry of the same hash). The trace, if
  // given, gets the last pick's candidates.
  [[gnu::hot]] Pick pick(ClusterHosts& hosts, const PickContext& context, engine::RandomSource& random, PickTrace* trace = nullptr);

  // Takes notice of changed hosts now rather than at the next pick. Cheap when nothing changed.
  void refresh(ClusterHosts& hosts, engine::SimTime now, engine::RandomSource& random) {
    if (seen_version_ != hosts.version()) refreshChanged(hosts, now, random);
  }

  // The fleet this proxy belongs to, for zone-aware routing; without it there is none. Shared and immutable.
  void setLocalCluster(std::shared_ptr<const LocalCluster> local, const ClusterHosts& hosts);

  // --- what the policies want to hear; nothing happens where they do not care ---------------------------------------------------------
  // A try ended: answered, failed or given up after `latency`. Peak EWMA.
  void finished(ClusterHosts& hosts, HostIndex host, engine::SimTime now, engine::Duration latency);
  // An endpoint's load report came with an answer. The load-report policies.
  void reported(ClusterHosts& hosts, HostIndex host, engine::SimTime now, const LoadReport& report);
  bool wantsReports() const { return std::holds_alternative<WeightedByReports>(policy_) || std::holds_alternative<GrpcWeightedRoundRobin>(policy_); }
  // The hosts to probe after a pick, and the answer to a probe. Prequal.
  std::vector<HostIndex> probesFor(const ClusterHosts& hosts, engine::RandomSource& random) const;
  void probed(const ClusterHosts& hosts, HostIndex host, engine::SimTime now, std::uint32_t rif, double latency, engine::RandomSource& random);
  bool wantsProbes() const { return std::holds_alternative<Prequal>(policy_); }

  template <class Policy>
  const Policy* policy() const {
    return std::get_if<Policy>(&policy_);
  }
  const LocalityChoice* localities() const { return localities_ ? &*localities_ : nullptr; }

 private:
  struct WeightedByReports {  // client-side weighted round robin: round robin over weights that change by themselves
    RoundRobin round_robin;
    ClientSideWeightedRoundRobinConfig config;
  };
  using Policy =
      std::variant<RoundRobin, LeastRequest, RandomPick, HashBalancer, PeakEwmaBalancer, Prequal, WeightedByReports, GrpcWeightedRoundRobin, PickFirst>;

  static Policy makePolicy(const PolicyConfig& config, engine::SimTime now, engine::RandomSource& random);
  void refreshChanged(ClusterHosts& hosts, engine::SimTime now, engine::RandomSource& random);
  void refreshPolicy(ClusterHosts& hosts, std::uint32_t priority, engine::SimTime now);
  void updateWeights(ClusterHosts& hosts, engine::SimTime now);
  Pick pickByHash(ClusterHosts& hosts, const PickContext& context, engine::RandomSource& random, PickTrace* trace);
  [[gnu::hot]] Pick pickPlainly(ClusterHosts& hosts, const PickContext& context, engine::RandomSource& random, PickTrace* trace);
  Pick pickOnce(ClusterHosts& hosts, const PickContext& context, engine::RandomSource& random, PickTrace* trace);
  void pickRare(ClusterHosts& hosts, const HostSource& source, engine::SimTime now, engine::RandomSource& random, Pick& pick, PickTrace* trace);

  Policy policy_;
  std::optional<LocalityChoice> localities_;
  std::uint32_t seen_version_ = 0;
  bool draws_priority_always_ = true;
  bool plain_ = false;                // a policy that needs nothing but the list, and no locality to choose
  std::vector<std::uint32_t> seen_;  // versions of the priorities
};

}  // namespace meshmall::models
