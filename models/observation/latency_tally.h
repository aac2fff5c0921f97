// Latencies of one kind of thing: how many, their exact sum and maximum, and their distribution.
// Sums are 128-bit integers of nanoseconds, so merging is exact and independent of the order. Limiting case: an empty tally has no mean and no quantiles.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/kernel/time.h"

namespace meshmall::models {

__extension__ typedef __int128 WideSum;  // 10^9 customers x 300 years fit

class LatencyTally {
 public:
  void add(engine::Duration latency) {
    ++count_;
    sum_ += latency.ns;
    if (latency.ns > max_) max_ = latency.ns;
  }
  void merge(const LatencyTally& other) {
    count_ += other.count_;
    sum_ += other.sum_;
    if (other.max_ > max_) max_ = other.max_;
  }
  void clear() { *this = LatencyTally(); }

  std::uint64_t count() const { return count_; }
  // In milliseconds; nothing without a sample.
  std::optional<double> mean() const {
    if (count_ == 0) return std::nullopt;
    return static_cast<double>(sum_) / static_cast<double>(count_) * 1e-6;
  }
  std::optional<double> maximum() const {
    if (count_ == 0) return std::nullopt;
    return static_cast<double>(max_) * 1e-6;
  }

 private:
  std::uint64_t count_ = 0;
  std::int64_t max_ = 0;
  WideSum sum_ = 0;
};

}  // namespace meshmall::models
