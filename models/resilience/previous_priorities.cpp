#include "models/resilience/previous_priorities.h"

#include <algorithm>
#include <numeric>

namespace meshmall::models {

std::uint32_t availabilityPercent(std::uint32_t usable, std::uint32_t hosts, std::uint32_t overprovisioning_percent) {
  if (hosts == 0) return 0;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(100, std::uint64_t{overprovisioning_percent} * usable / hosts));
}

const PriorityShares& PreviousPriorities::shares(std::uint32_t update_frequency, const PriorityShares& availability, const PriorityShares& original) {
  const std::size_t tried = tried_.size();
  if (tried < update_frequency) return original;
  if (tried % update_frequency == 0) {
    excluded_.resize(availability.healthy.size(), false);
    for (const std::uint32_t priority : tried_) {
      if (priority < excluded_.size()) excluded_[priority] = true;
    }
    adjusted_ = adjust(availability);
  }
  return adjusted_ ? shares_ : original;
}

// False when nobody is available, even with nothing excluded.
bool PreviousPriorities::adjust(const PriorityShares& availability) {
  const std::size_t count = availability.healthy.size();
  PriorityShares open = availability;
  open.degraded.resize(count, 0);
  const auto total = [&open] {
    const std::uint32_t sum = std::accumulate(open.healthy.begin(), open.healthy.end(), 0U) + std::accumulate(open.degraded.begin(), open.degraded.end(), 0U);
    return std::min<std::uint32_t>(100, sum);
  };
  for (std::size_t p = 0; p < count; ++p) {
    if (excluded_[p]) open.healthy[p] = open.degraded[p] = 0;
  }
  if (total() == 0) {
    std::fill(excluded_.begin(), excluded_.end(), false);
    tried_.clear();
    open = availability;
    open.degraded.resize(count, 0);
  }
  const std::uint32_t whole = total();
  if (whole == 0) return false;
  shares_.healthy.assign(count, 0);
  shares_.degraded.assign(count, 0);
  std::uint32_t left = 100;
  while (left > 0) {  // further rounds give what rounding left over to the first priorities
    const std::uint32_t before = left;
    const auto give = [&](const std::vector<std::uint32_t>& from, std::vector<std::uint32_t>& to) {
      for (std::size_t p = 0; p < count; ++p) {
        const std::uint32_t share = std::min(left, from[p] * 100 / whole);
        to[p] += share;
        left -= share;
      }
    };
    give(open.healthy, shares_.healthy);
    give(open.degraded, shares_.degraded);
    if (left == before) return false;  // only shares below 1 %: cannot happen while whole <= 100
  }
  return true;
}

}  // namespace meshmall::models
