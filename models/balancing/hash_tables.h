// The tables of the consistent-hashing policies: immutable, so that all proxies with the same hosts and belief share one.
//
// A membership remembers the tables in use, by the hosts that are in them: the first proxy that asks has one made, at its first pick, and every other
// with the same belief gets it. Which copy of a mall asks first decides who pays, never what comes out.
// Source: Envoy thread_aware_lb_impl.cc (tables are built by the main thread and handed to the workers).
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
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

// The table of a priority as `hosts` has it now. O(size) expected.
std::shared_ptr<const HashTable> makeHashTable(const ClusterHosts& hosts, std::uint32_t priority, const HashConfig& config);

// Of one membership. Tables of all hosts healthy stay; others live as long as a balancer has them. Safe to ask from several threads.
class HashTables {
 public:
  HashTables(HashConfig config, LocalityRule locality) : config_(std::move(config)), locality_(locality) {}

  bool isFor(const HashConfig& config, LocalityRule locality) const { return config_ == config && locality_ == locality; }
  // O(hosts) for one that there is, else makeHashTable's cost.
  std::shared_ptr<const HashTable> tableFor(const ClusterHosts& hosts, std::uint32_t priority) const;

 private:
  struct Known {
    std::uint32_t priority = 0;
    std::vector<HashedHost> hosts;
    std::weak_ptr<const HashTable> table;
    std::shared_ptr<const HashTable> kept;  // of all hosts healthy
  };

  HashConfig config_;
  LocalityRule locality_;
  mutable std::mutex guard_;
  mutable std::vector<Known> known_;
};

// The same membership with a place for the tables of `policy`; as it is when the policy does not hash.
std::shared_ptr<const Membership> withHashTables(std::shared_ptr<const Membership> membership, const PolicyConfig& policy, const FailoverConfig& failover);

}  // namespace meshmall::models
