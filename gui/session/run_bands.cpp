#include "gui/session/run_bands.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "engine/statistics/confidence.h"
#include "models/observation/result.h"
#include "models/observation/timeline.h"

namespace meshmall::gui {

RunCurves curvesOf(const models::Result& result) {
  using models::Timeline;
  constexpr Timeline::Series kSeries[] = {Timeline::kOffered, Timeline::kThroughput, Timeline::kFailed, Timeline::kLatencyMean, Timeline::kLatencyP50, Timeline::kLatencyP99};
  static_assert(std::size(kSeries) == RunBands::kSeriesCount);
  RunCurves curves;
  curves.interval = result.timeline.interval;
  for (std::size_t i = 0; i < RunBands::kSeriesCount; ++i)
    for (const auto& [name, values] : result.timeline.series)
      if (name == Timeline::name(kSeries[i])) curves.of[i] = values;
  return curves;
}

RunBands bandsOf(const std::vector<RunCurves>& runs) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  RunBands bands;
  bands.runs = runs.size();
  if (runs.empty()) return bands;
  bands.interval = runs.front().interval;
  std::vector<double> values;
  for (std::size_t s = 0; s < RunBands::kSeriesCount; ++s) {
    std::size_t points = 0;
    for (const RunCurves& run : runs) points = std::max(points, run.of[s].size());
    RunBand& band = bands.of[s];
    band.low.assign(points, kNone);
    band.high.assign(points, kNone);
    for (std::size_t i = 0; i < points; ++i) {
      values.clear();
      for (const RunCurves& run : runs)
        if (i < run.of[s].size() && std::isfinite(run.of[s][i])) values.push_back(run.of[s][i]);
      const auto interval = engine::meanInterval(values, kBandLevel);
      if (!interval) continue;
      band.low[i] = interval->low;
      band.high[i] = interval->high;
    }
  }
  return bands;
}

}  // namespace meshmall::gui
