#include "engine/statistics/time_series.h"

#include <algorithm>

namespace meshmall::engine {

void CountSeries::add(SimTime t, std::uint64_t n) {
  const std::optional<std::size_t> bucket = grid_.bucketOf(t);
  if (!bucket) return;
  if (*bucket >= counts_.size()) counts_.resize(*bucket + 1);
  counts_[*bucket] += n;
}

void MeanSeries::add(SimTime t, std::int64_t value) {
  const std::optional<std::size_t> bucket = grid_.bucketOf(t);
  if (!bucket) return;
  if (*bucket >= sums_.size()) sums_.resize(*bucket + 1);
  ++sums_[*bucket].count;
  sums_[*bucket].sum += value;
}

std::optional<double> MeanSeries::mean(std::size_t bucket) const {
  if (count(bucket) == 0) return std::nullopt;
  const auto n = static_cast<Int128>(sums_[bucket].count);
  const Int128 sum = sums_[bucket].sum;
  return static_cast<double>(sum / n) + static_cast<double>(sum % n) / static_cast<double>(n);
}

void LevelSeries::set(SimTime now, std::int64_t level) {
  while (since_ < now) {
    const auto bucket = static_cast<std::size_t>((since_ - grid_.start).ns / grid_.interval.ns);
    const SimTime until = std::min(now, grid_.bucketStart(bucket + 1));
    if (bucket >= integrals_.size()) integrals_.resize(bucket + 1);
    integrals_[bucket] += static_cast<Int128>(level_) * (until - since_).ns;
    since_ = until;
  }
  level_ = level;
}

std::optional<double> LevelSeries::average(std::size_t bucket) const {
  if (bucket >= integrals_.size()) return std::nullopt;
  const Duration passed = std::min(grid_.bucketStart(bucket + 1), since_) - grid_.bucketStart(bucket);
  return static_cast<double>(integrals_[bucket]) / static_cast<double>(passed.ns);
}

}  // namespace meshmall::engine
