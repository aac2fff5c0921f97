// Where the curves of several runs of one scenario lie: for each interval of the timeline the 95 % interval of the mean over the runs (Student's t), point by point.
// Limiting cases: an interval of the timeline in which fewer than two runs have a value has none (NaN); the latencies of an interval without answers are such.
// Of curves that are read together it says less than of one point: of a hundred points about five lie outside although nothing is wrong.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace meshmall::models {
struct Result;
}

namespace meshmall::gui {

inline constexpr double kBandLevel = 0.95;

struct RunBand {
  std::vector<double> low, high;  // of the interval that ends at (i + 1) x interval
};

struct RunBands {
  enum Series : std::size_t { kOffered, kServed, kFailed, kLatencyMean, kLatencyP50, kLatencyP99, kSeriesCount };
  std::uint64_t runs = 0;
  double interval = 1;  // seconds
  std::array<RunBand, kSeriesCount> of;
};

// Rates per second, latencies in milliseconds; NaN: no answer.
struct RunCurves {
  double interval = 1;
  std::array<std::vector<double>, RunBands::kSeriesCount> of;
};
RunCurves curvesOf(const models::Result& result);

// O(runs x points).
RunBands bandsOf(const std::vector<RunCurves>& runs);

}  // namespace meshmall::gui
