// Confidence intervals: of a mean, of a quantile from sections, of a proportion.
//
// Levels are two-sided (0.95: 2.5 % on either side) unless stated. An interval that the data cannot give is nothing, never a guess.
// Sources: Student t; sectioning, Asmussen and Glynn, Stochastic Simulation (2007), III.4; Clopper and Pearson 1934; statistics by Boost.Math.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace meshmall::engine {

struct Interval {
  double low = 0;
  double high = 0;
  friend bool operator==(const Interval&, const Interval&) = default;
};

// Quantile of Student's t, 0 < p < 1, degrees of freedom >= 1 (not necessarily whole, as in Welch's).
double studentQuantile(double p, double degrees_of_freedom);

double sampleMean(const std::vector<double>& x);      // x not empty; of equal values that value, to the last bit
double sampleVariance(const std::vector<double>& x);  // divisor n - 1; two passes; at least 2 values

// mean +- t s / sqrt(n); needs 2 values.
std::optional<Interval> meanInterval(const std::vector<double>& x, double level);

// For a quantile `overall` of all data from the same quantile of R equal sections (replications, batches):
// overall * exp(+- t_{R-1} S / sqrt(R)), S^2 = sum (ln q_r - ln overall)^2 / (R - 1). Where a value is not above 0 there is no
// logarithm, and the scale is linear. Needs 2 sections.
std::optional<Interval> sectioningInterval(double overall, const std::vector<double>& sections, double level);

// Exact limits of a proportion: `successes` of `trials`; 0 <= successes <= trials, trials >= 1 (else nothing).
std::optional<Interval> proportionInterval(std::uint64_t successes, std::uint64_t trials, double level);
// One-sided: the proportion is at most this, at the level. With no successes: 1 - (1 - level)^(1 / trials), near 3 / trials at 95 %.
std::optional<double> proportionUpperBound(std::uint64_t successes, std::uint64_t trials, double level);

}  // namespace meshmall::engine
