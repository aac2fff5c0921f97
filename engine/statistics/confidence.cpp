#include "engine/statistics/confidence.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>

namespace meshmall::engine {

double studentQuantile(double p, double degrees_of_freedom) {
  return boost::math::quantile(boost::math::students_t_distribution<double>(degrees_of_freedom), p);
}

namespace {

// Their sum is rounded; their mean need not be.
bool allEqual(const std::vector<double>& x) {
  return std::all_of(x.begin(), x.end(), [&](double v) { return v == x.front(); });
}

}  // namespace

double sampleMean(const std::vector<double>& x) {
  if (allEqual(x)) return x.front();
  double sum = 0;
  for (const double v : x) sum += v;
  return sum / static_cast<double>(x.size());
}

double sampleVariance(const std::vector<double>& x) {
  const double mean = sampleMean(x);
  double sum = 0;
  for (const double v : x) sum += (v - mean) * (v - mean);
  return sum / static_cast<double>(x.size() - 1);
}

std::optional<Interval> meanInterval(const std::vector<double>& x, double level) {
  if (x.size() < 2) return std::nullopt;
  const double n = static_cast<double>(x.size());
  const double mean = sampleMean(x);
  const double half = studentQuantile(0.5 + level / 2, n - 1) * std::sqrt(sampleVariance(x) / n);
  return Interval{mean - half, mean + half};
}

std::optional<Interval> sectioningInterval(double overall, const std::vector<double>& sections, double level) {
  if (sections.size() < 2) return std::nullopt;
  const bool logarithmic = overall > 0 && std::all_of(sections.begin(), sections.end(), [](double q) { return q > 0; });
  double squares = 0;
  for (const double q : sections) {
    const double off = logarithmic ? std::log(q / overall) : q - overall;
    squares += off * off;
  }
  const double r = static_cast<double>(sections.size());
  const double half = studentQuantile(0.5 + level / 2, r - 1) * std::sqrt(squares / (r - 1) / r);
  if (logarithmic) return Interval{overall * std::exp(-half), overall * std::exp(half)};
  return Interval{overall - half, overall + half};
}

std::optional<double> proportionUpperBound(std::uint64_t successes, std::uint64_t trials, double level) {
  if (trials == 0 || successes > trials) return std::nullopt;
  if (successes == trials) return 1.0;
  if (successes == 0) return -std::expm1(std::log1p(-level) / static_cast<double>(trials));
  return boost::math::ibeta_inv(static_cast<double>(successes) + 1, static_cast<double>(trials - successes), level);
}

std::optional<Interval> proportionInterval(std::uint64_t successes, std::uint64_t trials, double level) {
  if (trials == 0 || successes > trials) return std::nullopt;
  const double one_sided = 0.5 + level / 2;
  // The lower limit for the successes is the upper one for the failures.
  return Interval{1 - *proportionUpperBound(trials - successes, trials, one_sided), *proportionUpperBound(successes, trials, one_sided)};
}

}  // namespace meshmall::engine
