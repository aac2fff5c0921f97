// The confidence interval of a mean from one long, autocorrelated run: means of consecutive batches, long enough to be uncorrelated.
//
// Keeps at most 64 batches however long the run is: when they are full, neighbours are paired and the batch size doubles.
// The interval starts from 20 to 39 batches and doubles the size while the lag-1 von Neumann test finds correlation at the 0.1 level
// (one-sided), but not below 10 batches: then `uncorrelated` is false, and the run is too short for its correlation.
// Sources: Schmeiser 1982; Law, Simulation Modeling and Analysis, ch. 9; test: von Neumann 1941, in the form of Fishman 1978.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/statistics/confidence.h"

namespace meshmall::engine {

struct BatchMeansInterval {
  double mean = 0;  // of the batches used
  Interval interval;
  std::size_t batches = 0;
  std::uint64_t batch_size = 0;  // observations in each
  double correlation = 0;        // lag-1, of the batch means
  bool uncorrelated = false;     // the test passed
};

// 1 - sum (x_i - x_{i+1})^2 / (2 sum (x_i - mean)^2): the lag-1 correlation up to end effects, 0 for a constant series. At least 2 values.
double vonNeumannCorrelation(const std::vector<double>& x);
// Whether it is significantly above 0 at the 0.1 level: beyond 1.2816 times its standard deviation sqrt((n - 2) / (n^2 - 1)). At least 3 values.
bool isCorrelated(const std::vector<double>& x);

class BatchMeans {
 public:
  static constexpr std::size_t kMaxBatches = 64;
  static constexpr std::size_t kMinBatches = 10;

  void add(double value);
  std::uint64_t count() const { return count_; }
  // Nothing with fewer than 2 observations. Left out: the last, incomplete batch, and the first of an odd number when pairing.
  std::optional<BatchMeansInterval> interval(double level) const;

 private:
  std::vector<double> sums_;  // complete batches
  double open_sum_ = 0;
  std::uint64_t open_count_ = 0;
  std::uint64_t batch_size_ = 1;
  std::uint64_t count_ = 0;
};

}  // namespace meshmall::engine
