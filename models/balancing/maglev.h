// Maglev: a table of prime size that hosts fill in turns, each by its own permutation; a request takes the slot hash mod size.
//
// A lookup is one step, shares are within one slot a host of exact, and few slots move when a host goes (more than with a ring).
// Source: Envoy maglev_lb.cc; Eisenbud et al., NSDI 2016; docs/reference/balancing.md#maglev
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/balancing/hashed_hosts.h"
#include "models/balancing/load_balancer_config.h"

namespace meshmall::models {

// Empty when the configuration can be used (a prime of at most 5000011), else what is wrong with it.
std::string problemOf(const MaglevConfig& config);

class MaglevTable {
 public:
  MaglevTable() = default;
  // Hosts take their slots in byte order of their keys. O(size) expected.
  MaglevTable(const ClusterHosts& hosts, const HashedHosts& hashed, const MaglevConfig& config);

  // The host of slot hash mod size; attempt a > 0 looks up hash XOR (2^64 - a). kNoHost on an empty table.
  HostIndex find(std::uint64_t hash, std::uint32_t attempt) const {
    if (slots_.empty()) return kNoHost;
    return slots_[by_size_(attempt == 0 ? hash : hash ^ (~std::uint64_t{0} - attempt + 1))];
  }

  const std::vector<HostIndex>& slots() const { return slots_; }

 private:
  std::vector<HostIndex> slots_;
  Modulus by_size_;
};

}  // namespace meshmall::models
