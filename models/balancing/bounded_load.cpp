#include "models/balancing/bounded_load.h"

#include <algorithm>
#include <cmath>

namespace meshmall::models {

double overloadFactor(std::uint64_t cluster_active, std::uint64_t host_active, double weight, std::uint32_t balance_factor) {
  const std::uint32_t total_slots = static_cast<std::uint32_t>(((cluster_active + 1) * balance_factor + 99) / 100);
  const double slots = std::max(std::ceil(total_slots * weight), 1.0);
  return static_cast<double>(host_active) / slots;
}

HashShuffle::HashShuffle(std::uint64_t seed, std::uint32_t count) : generator_(static_cast<std::uint32_t>(seed)), slots_(count) {
  for (std::uint32_t i = 0; i < count; ++i) slots_[i] = i;
}

std::uint32_t HashShuffle::next() {
  const std::uint64_t left = slots_.size() - done_;
  const std::uint64_t step = (std::uint64_t{1} << 32U) / left;
  std::uint64_t drawn = generator_() / step;
  while (drawn >= left) drawn = generator_() / step;
  std::swap(slots_[done_], slots_[done_ + drawn]);
  return slots_[done_++];
}

}  // namespace meshmall::models
