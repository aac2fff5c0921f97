#include "engine/statistics/tally.h"

namespace meshmall::engine {

void Tally::merge(const Tally& other) {
  count_ += other.count_;
  sum_ += other.sum_;
  addSquares(other.sum_of_squares_);
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

std::optional<double> Tally::mean() const {
  if (count_ == 0) return std::nullopt;
  const auto n = static_cast<Int128>(count_);
  const Int128 whole = sum_ / n;  // split, so that sums beyond 2^53 keep their digits
  return static_cast<double>(whole) + static_cast<double>(sum_ - whole * n) / static_cast<double>(count_);
}

std::optional<double> Tally::variance() const {
  if (count_ < 2) return std::nullopt;
  if (sum_of_squares_ == ~Uint128{0}) return std::numeric_limits<double>::max();
  const auto n = static_cast<Int128>(count_);
  const Int128 whole = sum_ / n;
  const Int128 rest = sum_ - whole * n;
  // sum (x - whole)^2 = sum x^2 - 2 whole sum x + n whole^2: exact in wrapping arithmetic, as the result fits; then from `whole` to the mean.
  const auto w = static_cast<Uint128>(whole);
  const Uint128 about_whole = sum_of_squares_ - 2 * w * static_cast<Uint128>(sum_) + static_cast<Uint128>(n) * w * w;
  const double correction = static_cast<double>(rest) * (static_cast<double>(rest) / static_cast<double>(count_));
  return std::max(0.0, (static_cast<double>(about_whole) - correction) / static_cast<double>(count_ - 1));
}

}  // namespace meshmall::engine
