// Sorts the hosts of one priority into lists by health: all, healthy, degraded, and the same per locality.
//
// Done again only when health, weights or membership change, never in a pick. Source: Envoy upstream_impl.cc (partitionHostList).
#pragma once

#include <memory>
#include <span>

#include "models/balancing/host_health.h"
#include "models/balancing/membership.h"

namespace meshmall::models {

// Flags and weights of the hosts by index; empty spans stand for "no flags" and "weights as configured". O(hosts).
std::shared_ptr<const PriorityGroup> groupPriority(const Membership& membership, std::uint32_t priority, std::span<const HostFlags> flags,
                                                   std::span<const std::uint32_t> weights);

}  // namespace meshmall::models
