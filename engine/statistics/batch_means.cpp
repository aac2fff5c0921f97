#include "engine/statistics/batch_means.h"

#include <cmath>

namespace meshmall::engine {
namespace {

constexpr double kNormal90 = 1.2815515655446004;  // standard normal quantile of 0.9

// Sums of neighbouring pairs; of an odd number the first is dropped, which is nearest to the run's beginning.
std::vector<double> paired(const std::vector<double>& sums) {
  std::vector<double> result;
  for (std::size_t i = sums.size() % 2; i + 1 < sums.size(); i += 2) result.push_back(sums[i] + sums[i + 1]);
  return result;
}

}  // namespace

double vonNeumannCorrelation(const std::vector<double>& x) {
  const double mean = sampleMean(x);
  double differences = 0, deviations = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    deviations += (x[i] - mean) * (x[i] - mean);
    if (i > 0) differences += (x[i] - x[i - 1]) * (x[i] - x[i - 1]);
  }
  return deviations > 0 ? 1 - differences / (2 * deviations) : 0;
}

bool isCorrelated(const std::vector<double>& x) {
  const double n = static_cast<double>(x.size());
  return vonNeumannCorrelation(x) > kNormal90 * std::sqrt((n - 2) / (n * n - 1));
}

void BatchMeans::add(double value) {
  ++count_;
  open_sum_ += value;
  if (++open_count_ < batch_size_) return;
  sums_.push_back(open_sum_);
  open_sum_ = 0;
  open_count_ = 0;
  if (sums_.size() < kMaxBatches) return;
  sums_ = paired(sums_);
  batch_size_ *= 2;
}

std::optional<BatchMeansInterval> BatchMeans::interval(double level) const {
  if (sums_.size() < 2) return std::nullopt;
  std::vector<double> sums = sums_;
  std::uint64_t size = batch_size_;
  const auto doubleSize = [&] {
    sums = paired(sums);
    size *= 2;
  };
  if (sums.size() >= 40) doubleSize();
  while (sums.size() >= 2 * kMinBatches && isCorrelated(sums)) doubleSize();

  BatchMeansInterval result;
  for (double& sum : sums) sum /= static_cast<double>(size);  // now means
  result.mean = sampleMean(sums);
  result.interval = *meanInterval(sums, level);
  result.batches = sums.size();
  result.batch_size = size;
  result.correlation = vonNeumannCorrelation(sums);
  result.uncorrelated = sums.size() >= kMinBatches && !isCorrelated(sums);
  return result;
}

}  // namespace meshmall::engine
