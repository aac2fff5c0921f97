// The tables of the consistent-hashing policies: immutable, so that all proxies with the same hosts and belief share one.
//
// A membership carries those of the usual case that every host is healthy; a proxy whose belief departs from it makes its own.
// Source: Envoy thread_aware_lb_impl.cc (tables are built by the main thread and handed to the workers).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "models/balancing/hashed_hosts.h"
#include "models/balancing/load_balancer_config.h"
#include "models/balancing/maglev.h"
#include "models/balancing/ring_hash.h"
#include "models/failover/failover_config.h"

namespace meshmall::models {

using HashConfig = std::variant<RingHashConfig, MaglevConfig>;

// The policy's configuration if it hashes.
std::optional<HashConfig> hashConfigOf(const PolicyConfig& policy);

struct HashTable {
  HashRing ring;              // one of the two
  MaglevTable maglev;
  HashedHosts hashed;                   // bounded loads only
  std::vector<std::uint32_t> position;  // of each host in `hashed`
};

struct HashTables {
  HashConfig config;
  LocalityRule locality = LocalityRule::kNone;
  std::vector<std::shared_ptr<const HashTable>> by_priority;
};

// The table of a priority as `hosts` has it now. Ring: O(size log size), Maglev: O(size) expected.
std::shared_ptr<const HashTable> makeHashTable(const ClusterHosts& hosts, std::uint32_t priority, const HashConfig& config);

// The same membership with the tables that `policy` needs where every host is healthy; as it is when the policy does not hash.
std::shared_ptr<const Membership> withHashTables(std::shared_ptr<const Membership> membership, const PolicyConfig& policy, const FailoverConfig& failover);

}  // namespace meshmall::models
