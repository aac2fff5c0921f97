// Shares of the traffic among priorities, with overprovisioning, degraded hosts and panic.
//
// A priority takes what its healthy share times the overprovisioning factor (140 %) can carry; the rest spills to the next one, and
// degraded hosts of any priority come after the healthy hosts of all. When everything together is below 100 %, the priorities whose
// share of usable hosts is below the panic threshold use all their hosts. Limiting cases: threshold 0 never panics; one priority at or
// above 1/1.4 of healthy hosts takes everything; no hosts: all load on priority 0, where a pick finds none.
// Source: Envoy load_balancer_impl.cc; docs/reference/failover.md#priorities
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace meshmall::models {

// What decides a priority's load. Counts and weights; excluded hosts belong to `total` only.
struct PrioritySummary {
  std::uint32_t total = 0, healthy = 0, degraded = 0, excluded = 0;
  std::uint32_t overprovisioning_factor = 140;  // percent
  bool weighted = false;                        // availability by sums of host weights instead of counts
  std::uint64_t healthy_weight = 0, degraded_weight = 0, counted_weight = 0;
};

// One priority's share in percent; the shares of all priorities add up to 100.
struct PriorityShare {
  std::uint32_t healthy = 0;
  std::uint32_t degraded = 0;
  bool panic = false;

  friend bool operator==(const PriorityShare&, const PriorityShare&) = default;
};

struct Availability {
  std::uint32_t healthy = 0, degraded = 0;  // percent, each at most 100
};

// What a priority could carry of the whole traffic: min(100, factor * usable / counted), 0 without counted hosts.
Availability availabilityOf(const PrioritySummary& summary);

// Recomputes `shares` (resized to the priorities; new ones start at 0) and answers the normalized total availability, 0..100.
// `shares` is also an input: when nothing is available and the threshold is 0, Envoy leaves the loads of all but the first as they were.
// panic_threshold: percent, 0..100. O(priorities).
std::uint32_t updatePriorityShares(std::span<const PrioritySummary> summaries, std::uint32_t panic_threshold, std::vector<PriorityShare>& shares);

struct PriorityChoice {
  std::uint32_t priority = 0;
  bool degraded = false;
};

// The priority for a draw or request hash: healthy shares in order, then degraded ones; the first whose running sum reaches
// hash mod 100 + 1. (0, healthy) if the shares do not reach it. No draws of its own.
PriorityChoice choosePriority(std::uint64_t hash, std::span<const PriorityShare> shares);

}  // namespace meshmall::models
