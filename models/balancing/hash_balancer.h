// The consistent-hashing policies as a balancer: a table for each priority, made anew when its hosts change, and bounded loads on top.
//
// Tables (hash_tables.h) are immutable and shared with every other proxy of the same belief.
// The priority comes from the same hash as the host. Source: Envoy thread_aware_lb_impl.cc.
#pragma once

#include <memory>
#include <vector>

#include "models/balancing/bounded_load.h"
#include "models/balancing/hash_tables.h"
#include "models/balancing/pick.h"

namespace meshmall::models {

class HashBalancer {
 public:
  explicit HashBalancer(const RingHashConfig& config) : config_(config), balance_factor_(config.hash_balance_factor) {}
  explicit HashBalancer(const MaglevConfig& config) : config_(config), balance_factor_(config.hash_balance_factor) {}

  // Takes or builds the tables of the priorities whose hosts or panic changed.
  void refresh(const ClusterHosts& hosts);
  // The host for the hash in the priority of `pick`. O(log ring) or O(1); an overloaded host costs O(hosts).
  void pick(const ClusterHosts& hosts, std::uint64_t hash, std::uint32_t attempt, Pick& pick, PickTrace* trace) const;

  // Null when the priority has no table of the kind.
  const HashRing* ring(std::uint32_t priority) const;
  const MaglevTable* maglev(std::uint32_t priority) const;

 private:
  struct Table {
    std::uint32_t version = 0;
    bool panic = false;
    std::shared_ptr<const HashTable> of;
  };

  HashConfig config_;
  std::uint32_t balance_factor_;
  std::vector<Table> tables_;
};

}  // namespace meshmall::models
