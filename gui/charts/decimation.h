// Many equidistant values to few points: for each column of the view the lowest and the highest, so that no spike is lost and none is made up.
// Limiting cases: up to `most` values in the view stay as they are; NaN (no sample) gives no point and is told as a gap.
// Source: min/max decimation as oscilloscopes do it.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace meshmall::gui {

inline constexpr std::size_t kMostPoints = 2'000;  // of a series on the screen

struct PlotPoint {
  double t = 0, y = 0;
  bool operator==(const PlotPoint&) const = default;
};

struct PlotPoints {
  std::vector<PlotPoint> points;                // t ascending; at most `most`
  std::vector<std::pair<double, double>> gaps;  // intervals without a sample, merged; times
};

// Value i belongs to the interval that ends at (i + 1) * interval, and stands there. Only values in [from, to] and one neighbour on each side are kept.
// O(values in the view).
PlotPoints decimate(const std::vector<double>& values, double interval, double from, double to, std::size_t most = kMostPoints);

}  // namespace meshmall::gui
