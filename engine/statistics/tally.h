// Count, mean, variance, least and greatest of integer observations (nanoseconds, queue lengths), as exact integer sums:
// merging is addition, so the order of observations and of merges never shows in a result.
//
// Exact while the sum of squares is below 2^128 (4e10 observations of a day each); beyond that the variance stays at its greatest.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

namespace meshmall::engine {

__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

class Tally {
 public:
  void add(std::int64_t value) {
    ++count_;
    sum_ += value;
    const auto magnitude = static_cast<Uint128>(value < 0 ? -static_cast<Int128>(value) : static_cast<Int128>(value));
    addSquares(magnitude * magnitude);
    min_ = std::min(min_, value);
    max_ = std::max(max_, value);
  }

  void merge(const Tally& other);

  std::uint64_t count() const { return count_; }
  Int128 sum() const { return sum_; }
  // Nothing without observations; the variance (divisor n - 1) needs two.
  std::optional<double> mean() const;
  std::optional<double> variance() const;
  std::optional<std::int64_t> min() const { return count_ == 0 ? std::nullopt : std::optional(min_); }
  std::optional<std::int64_t> max() const { return count_ == 0 ? std::nullopt : std::optional(max_); }

  friend bool operator==(const Tally&, const Tally&) = default;

 private:
  void addSquares(Uint128 squares) {
    sum_of_squares_ += squares;
    if (sum_of_squares_ < squares) [[unlikely]] sum_of_squares_ = ~Uint128{0};
  }

  std::uint64_t count_ = 0;
  std::int64_t min_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t max_ = std::numeric_limits<std::int64_t>::min();
  Int128 sum_ = 0;
  Uint128 sum_of_squares_ = 0;
};

}  // namespace meshmall::engine
