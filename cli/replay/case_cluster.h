// The hosts of a balancing case as the simulation's own objects.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "models/balancing/hosts.h"

namespace meshmall::cli {

struct CaseHost {
  std::string address, hostname, hash_key;
  std::uint32_t weight = 1;
  std::uint32_t priority = 0;
  std::string locality;
  models::HostFlags flags = 0;  // from its health: unhealthy, degraded, healthy
};

models::HostFlags flagsOfHealth(const nlohmann::json& health);  // throws Unsupported
CaseHost readHost(const nlohmann::json& host);                  // `metadata` is allowed and left to the subset cases
// All hosts. Where the case's notes say that the list is abbreviated, the ports missing before the last host are filled in.
std::vector<CaseHost> readHosts(const nlohmann::json& one_case);

// How the cases' proxies are configured unless they say otherwise: Envoy's defaults (panic threshold 50).
models::FailoverConfig envoyFailover();

struct CaseCluster {
  std::vector<CaseHost> hosts;
  std::vector<std::string> localities;          // in order, for every priority; empty: no locality logic
  std::vector<std::uint32_t> locality_weights;  // beside them
  bool use_hostname = false;
  bool has_local_locality = false;
  models::FailoverConfig failover = envoyFailover();

  // With at least so many priorities: a proxy's priorities grow and never shrink (Envoy: PrioritySetImpl::getOrCreateHostSet).
  std::shared_ptr<const models::Membership> membership(std::uint32_t least_priorities = 1) const;
  models::ClusterHosts build(engine::SimTime now = {}) const;
  // Brings an existing belief up to date with `hosts`: membership, flags.
  void apply(models::ClusterHosts& belief, engine::SimTime now) const;
  // Localities in order of appearance.
  void localitiesAsTheyCome();
  CaseHost& at(const std::string& address);  // throws Unsupported
};

// The host's address, or null for none.
nlohmann::json addressOf(const CaseCluster& cluster, models::HostIndex host);

}  // namespace meshmall::cli
