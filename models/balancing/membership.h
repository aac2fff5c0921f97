// What discovery told about a cluster: its hosts in configuration order, their weights, priorities and localities.
//
// Immutable and shared by every proxy that got the same list, so a thousand proxies of a thousand hosts hold one copy. It carries the
// ready-made lists for the usual case that every host is healthy. A locality's index counts within its priority; index 0 is the
// proxy's own one when `has_local_locality`. Limiting cases: no hosts at all (one empty priority); no localities (no locality logic).
// Source: Envoy upstream_impl.{h,cc} (PrioritySet, HostSet).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/balancing/modulus.h"

namespace meshmall::models {

using HostIndex = std::uint32_t;  // position in the cluster's configuration order
inline constexpr HostIndex kNoHost = ~HostIndex{0};

struct HostConfig {
  std::uint32_t id = 0;      // identity across memberships, unique within one; e.g. the endpoint's number
  std::string key;           // what hash policies hash: address, host name or the hash_key metadata
  std::uint32_t weight = 1;  // at least 1
  std::uint32_t priority = 0;
  std::uint32_t locality = 0;  // index into its priority's localities; ignored when there are none
};

struct LocalityConfig {
  std::string name;
  std::uint32_t weight = 0;  // 0: gets nothing when localities are weighted
};

struct PriorityConfig {
  std::vector<LocalityConfig> localities;
  bool has_local_locality = false;
};

// Hosts of one kind in configuration order, with what every pick needs about them.
struct HostList {
  std::vector<HostIndex> hosts;
  Modulus by_size;
  bool equal_weights = true;

  bool empty() const { return hosts.empty(); }
  std::uint32_t size() const { return static_cast<std::uint32_t>(hosts.size()); }
};

struct LocalityGroup {
  HostList healthy, degraded;
  std::uint32_t total = 0;
  std::uint32_t excluded = 0;
};

struct PriorityGroup {
  HostList all, healthy, degraded;
  std::uint32_t excluded = 0;
  std::uint64_t healthy_weight = 0, degraded_weight = 0, counted_weight = 0;  // sums of host weights; counted = all but excluded
  std::vector<LocalityGroup> localities;
};

class HashTables;  // hash_tables.h

struct Membership {
  std::vector<HostConfig> hosts;
  std::vector<PriorityConfig> priorities;                      // at least one
  std::vector<std::pair<std::uint32_t, HostIndex>> by_id;      // sorted
  std::vector<std::shared_ptr<const PriorityGroup>> pristine;  // for each priority, all hosts healthy
  std::shared_ptr<const HashTables> hash_tables;               // for a policy that hashes; may be absent

  // The host with that id, or kNoHost. O(log n).
  HostIndex indexOf(std::uint32_t id) const;
};

// Takes the hosts as given; weights of 0 are raised to 1. Priorities are added up to the highest that a host names. A host whose
// locality its priority does not list is put into locality 0 (the caller's checks come before). O(n log n).
std::shared_ptr<const Membership> makeMembership(std::vector<HostConfig> hosts, std::vector<PriorityConfig> priorities = {});

}  // namespace meshmall::models
