#include "engine/statistics/welch_averages.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace meshmall::engine {

std::vector<double> welchAverages(const std::vector<double>& series, std::size_t window) {
  const std::size_t w = std::min(window, series.size() / 4);
  std::vector<double> averages;
  for (std::size_t i = 0; i + w < series.size(); ++i) {
    const std::size_t reach = std::min(i, w);
    double sum = 0, values = 0;
    for (std::size_t k = i - reach; k <= i + reach; ++k) {
      if (std::isnan(series[k])) continue;
      sum += series[k];
      values += 1;
    }
    averages.push_back(values > 0 ? sum / values : std::numeric_limits<double>::quiet_NaN());
  }
  return averages;
}

}  // namespace meshmall::engine
