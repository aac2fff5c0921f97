// Ring hash (Ketama): each host stands at many points of a ring in proportion to its weight; a request goes to the next point.
//
// Limiting cases: a ring smaller than the number of hosts leaves some out; removing a host moves only what it had.
// Source: Envoy ring_hash_lb.cc; docs/reference/balancing.md#ring-hash
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/balancing/hashed_hosts.h"
#include "models/balancing/load_balancer_config.h"

namespace meshmall::models {

// Empty when the configuration can be used, else what is wrong with it.
std::string problemOf(const RingHashConfig& config);

class HashRing {
 public:
  HashRing() = default;
  // O(size) expected. Points of one host are hash(key + "_" + i), i from 0.
  HashRing(const ClusterHosts& hosts, const HashedHosts& hashed, const RingHashConfig& config);

  // The host of the first point at or after the hash, wrapping; attempt a takes the a-th point after that. kNoHost on an empty ring.
  HostIndex find(std::uint64_t hash, std::uint32_t attempt) const;

  struct Point {
    std::uint64_t hash;
    HostIndex host;
  };
  const std::vector<Point>& points() const { return points_; }
  std::uint64_t size() const { return size_; }  // as asked for; Envoy's statistic

 private:
  std::vector<Point> points_;
  std::uint64_t size_ = 0;
};

}  // namespace meshmall::models
