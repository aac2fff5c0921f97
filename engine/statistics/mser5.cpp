#include "engine/statistics/mser5.h"

namespace meshmall::engine {

Mser5Result mser5(const std::vector<double>& series) {
  constexpr std::size_t kGroup = 5;
  Mser5Result result;
  const std::size_t n = series.size() / kGroup;
  result.groups = n;
  if (n == 0) return result;

  // Backwards, so that mean and squared deviations of what is left grow by one value at a time (Welford).
  const std::size_t bound = n / 2;
  double mean = 0, deviations = 0;
  std::size_t best = bound;
  for (std::size_t d = n; d-- > 0;) {
    double sum = 0;
    for (std::size_t i = 0; i < kGroup; ++i) sum += series[d * kGroup + i];
    const double y = sum / kGroup;
    const double left = static_cast<double>(n - d);
    const double off = y - mean;
    mean += off / left;
    deviations += off * (y - mean);
    const double mser = deviations / (left * left);
    if (d == bound || (d < bound && mser <= result.statistic)) {
      best = d;
      result.statistic = mser;
    }
  }
  result.cut = best * kGroup;
  result.too_short = n < 2 || best == bound;
  return result;
}

}  // namespace meshmall::engine
