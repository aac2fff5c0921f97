#include "models/failover/locality_schedule.h"

#include <algorithm>
#include <cmath>

namespace meshmall::models {

double effectiveLocalityWeight(const LocalityCounts& locality, std::uint32_t overprovisioning_factor) {
  if (locality.total <= locality.excluded) return 0.0;
  const double available = 1.0 * locality.eligible / (locality.total - locality.excluded);
  return locality.weight * std::min(1.0, overprovisioning_factor / 100.0 * available);
}

std::uint32_t scaledLocalityWeight(std::uint32_t weight, std::uint32_t subset_hosts, std::uint32_t all_hosts) {
  if (all_hosts == 0) return 0;
  const float scaled = static_cast<float>(std::uint64_t{weight} * subset_hosts) / static_cast<float>(all_hosts);
  return static_cast<std::uint32_t>(std::round(scaled));
}

LocalitySchedule::LocalitySchedule(std::span<const LocalityCounts> localities, std::uint32_t overprovisioning_factor, std::uint64_t seed) {
  std::vector<std::uint32_t> entered;
  for (std::uint32_t i = 0; i < localities.size(); ++i) {
    weights_.push_back(effectiveLocalityWeight(localities[i], overprovisioning_factor));
    if (weights_.back() > 0.0) entered.push_back(i);
  }
  schedule_ = EdfSchedule::afterPicks(
      entered, [this](std::uint32_t locality) { return weights_[locality]; }, seed);
}

}  // namespace meshmall::models
