// Weighted localities: which locality of a priority gets the next request, by weight times availability.
//
// A locality's effective weight is its weight times min(1, overprovisioning factor x usable hosts / counted hosts), so that one that
// loses hosts keeps its share until 1/1.4 of them are left. Limiting cases: no weights, or nothing usable: no choice (nullopt).
// Source: Envoy locality_wrr.cc; docs/reference/failover.md#weighted-localities
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/balancing/edf_schedule.h"

namespace meshmall::models {

struct LocalityCounts {
  std::uint32_t weight = 0;
  std::uint32_t total = 0, eligible = 0, excluded = 0;
};

double effectiveLocalityWeight(const LocalityCounts& locality, std::uint32_t overprovisioning_factor);

// A locality's weight within a subset that holds some of its hosts: weight x subset hosts / all hosts, rounded half away from zero, in
// single precision as Envoy does. 0 when the locality has no host.
std::uint32_t scaledLocalityWeight(std::uint32_t weight, std::uint32_t subset_hosts, std::uint32_t all_hosts);

class LocalitySchedule {
 public:
  LocalitySchedule() = default;
  LocalitySchedule(std::span<const LocalityCounts> localities, std::uint32_t overprovisioning_factor, std::uint64_t seed);

  // The next locality's index. O(log n), no draw.
  std::optional<std::uint32_t> pick() {
    return schedule_.pick([this](std::uint32_t locality) { return weights_[locality]; });
  }
  const std::vector<double>& effectiveWeights() const { return weights_; }

 private:
  std::vector<double> weights_;
  EdfSchedule schedule_;
};

}  // namespace meshmall::models
