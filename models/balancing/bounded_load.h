// Bounded loads for the hashing policies: a host that has more than its share times a factor is passed over.
//
// The next hosts are tried in an order that the request's hash shuffles, so the same keys spill to the same hosts. When none is within
// its bound, the least overloaded is used. Source: Envoy thread_aware_lb_impl.cc (BoundedLoadHashingLoadBalancer); Mirrokni et al. 2016;
// docs/reference/balancing.md#bounded-load
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "models/balancing/hashed_hosts.h"

namespace meshmall::models {

// Active requests of the host over the slots it may fill; usable up to 1. Counts exclude the request being placed. factor: percent.
double overloadFactor(std::uint64_t cluster_active, std::uint64_t host_active, double weight, std::uint32_t balance_factor);

// The order in which n hosts are tried: a Mersenne Twister seeded with the low 32 bits. O(n).
class HashShuffle {
 public:
  HashShuffle(std::uint64_t seed, std::uint32_t count);
  std::uint32_t next();  // at most `count` times

 private:
  std::mt19937 generator_;
  std::vector<std::uint32_t> slots_;
  std::uint32_t done_ = 0;
};

// `original` is the position in `hosts` that the table chose. overloadOf(position) gives factors. Answers a position. O(hosts).
template <class OverloadOf>
std::uint32_t chooseBounded(std::uint32_t original, std::uint32_t count, std::uint64_t hash, OverloadOf&& overloadOf) {
  double least = overloadOf(original);
  if (least <= 1.0) return original;
  std::uint32_t best = original;
  HashShuffle shuffle(hash, count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t position = shuffle.next();
    if (position == original) continue;
    const double overload = overloadOf(position);
    if (overload <= 1.0) return position;
    if (overload < least) {
      least = overload;
      best = position;
    }
  }
  return best;
}

}  // namespace meshmall::models
