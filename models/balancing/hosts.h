// One proxy's belief about the hosts of one cluster: who is there, how healthy, how busy with this proxy's requests, and so how the
// traffic is shared among priorities. Every proxy has its own; its threads share it. Copyable, small: lists that differ for nobody stay
// in the shared Membership until this proxy's belief departs from it.
//
// Limiting cases: an empty membership is one empty priority. Source: Envoy upstream_impl.{h,cc} (HostImpl, PrioritySetImpl).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engine/kernel/time.h"
#include "models/balancing/grouping.h"
#include "models/balancing/host_health.h"
#include "models/balancing/host_measures.h"
#include "models/balancing/membership.h"
#include "models/failover/failover_config.h"
#include "models/failover/priority_load.h"

namespace meshmall::models {

class ClusterHosts {
 public:
  // An empty cluster.
  ClusterHosts() : ClusterHosts(makeMembership({}), {}, {}) {}
  ClusterHosts(std::shared_ptr<const Membership> membership, FailoverConfig config, engine::SimTime now);

  // --- what happens to requests: O(1), inline -----------------------------------------------------------------------------------------
  void requestStarted(HostIndex host) {
    ++active_[host];
    ++cluster_active_;
  }
  void requestEnded(HostIndex host) {
    --active_[host];
    --cluster_active_;
  }
  // The same for a request that may have begun under an earlier membership: `epoch` is epoch() at its start, `id` its host's id.
  // Its host may have moved or gone since; a host that left and came back starts at 0, and is not touched by what it served before.
  void requestEnded(HostIndex host, std::uint32_t epoch, std::uint32_t id);

  std::uint32_t active(HostIndex host) const { return active_[host]; }
  std::uint64_t clusterActive() const { return cluster_active_; }

  // --- what the proxy learns -------------------------------------------------------------------------------------------------------------
  // Takes over a new list. Hosts that stay (same id) keep their requests, flags, weights and clocks. O(n log n).
  void setMembership(std::shared_ptr<const Membership> membership, engine::SimTime now);
  // A new configuration of the cluster: shares, and so the schedules, follow. Hosts keep their state.
  void setConfig(FailoverConfig config, engine::SimTime now);
  // Sets or clears flags (host_health.h) of one host, or of several at one instant. Nothing happens when they are so already. O(n).
  void setFlags(HostIndex host, HostFlags flags, bool on, engine::SimTime now);
  void replaceFlags(std::span<const std::pair<HostIndex, HostFlags>> flags, engine::SimTime now);
  void setEjected(HostIndex host, bool ejected, engine::SimTime now) { setFlags(host, kFailedOutlierCheck, ejected, now); }
  // Changes a weight (at least 1). Without `refresh` schedules notice it only when they next handle the host.
  void setWeight(HostIndex host, std::uint32_t weight, bool refresh, engine::SimTime now);
  // Rebuilds the lists of a priority, and so the schedules on top of it, although nothing changed.
  void refresh(std::uint32_t priority, engine::SimTime now);
  // Starts keeping slow start clocks; a healthy host without one gets `now`. Balancers with a warm-up call it.
  void keepClocks(engine::SimTime now);
  // Starts keeping measures of each host; hosts that stay keep theirs through new lists.
  void keepMeasures();
  HostMeasures& measures(HostIndex host) { return measures_[host]; }
  const HostMeasures& measures(HostIndex host) const { return measures_[host]; }
  engine::SimTime& nextWeightUpdate() { return next_weight_update_; }  // of load-report policies, which share it among threads

  // --- what balancers ask -------------------------------------------------------------------------------------------------------------
  const Membership& membership() const { return *membership_; }
  const FailoverConfig& config() const { return config_; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(active_.size()); }
  const HostConfig& host(HostIndex host) const { return membership_->hosts[host]; }
  HostFlags flags(HostIndex host) const { return flags_.empty() ? HostFlags{0} : flags_[host]; }
  Health health(HostIndex host) const { return healthOf(flags(host)); }
  std::uint32_t weight(HostIndex host) const { return weights_.empty() ? membership_->hosts[host].weight : weights_[host]; }
  // When the host entered service (first seen healthy, or last passed an active check); kNever if unknown or clocks are not kept.
  engine::SimTime inServiceSince(HostIndex host) const { return clocks_.empty() ? engine::kNever : clocks_[host]; }

  std::uint32_t priorities() const { return static_cast<std::uint32_t>(groups_.size()); }
  const PriorityGroup& group(std::uint32_t priority) const { return *groups_[priority]; }
  std::span<const PriorityShare> shares() const { return shares_; }
  std::uint32_t normalizedTotal() const { return normalized_total_; }
  bool allToFirst() const { return all_to_first_; }  // priority 0's healthy hosts get everything: no choice to make
  PrioritySummary summary(std::uint32_t priority) const;

  std::uint32_t version() const { return version_; }  // changes with every list, share or flag
  std::uint32_t version(std::uint32_t priority) const { return versions_[priority]; }
  std::uint32_t epoch() const { return epoch_; }  // changes with every membership, which renumbers hosts
  std::uint32_t joined(HostIndex host) const { return joined_[host]; }  // the epoch since when it has been there

 private:
  void rebuild(std::uint32_t priority, engine::SimTime now);
  void reshare();
  void startClocks(engine::SimTime now);

  std::shared_ptr<const Membership> membership_;
  FailoverConfig config_;
  std::vector<std::uint32_t> active_;
  std::vector<std::uint32_t> joined_;
  std::vector<HostFlags> flags_;         // empty: none set
  std::vector<std::uint32_t> weights_;   // empty: as configured
  std::vector<engine::SimTime> clocks_;  // kept only if asked for
  std::vector<std::shared_ptr<const PriorityGroup>> groups_;
  std::vector<PriorityShare> shares_;
  std::vector<std::uint32_t> versions_;
  std::vector<HostMeasures> measures_;  // kept only if asked for
  engine::SimTime next_weight_update_ = engine::kNever;
  std::uint64_t cluster_active_ = 0;
  std::uint32_t normalized_total_ = 0;
  std::uint32_t version_ = 0;
  std::uint32_t epoch_ = 0;
  bool all_to_first_ = true;
  bool keeps_clocks_ = false;
  bool keeps_measures_ = false;
};

}  // namespace meshmall::models
