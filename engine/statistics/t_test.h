// Student's tests of a mean difference: paired (the same replication on both sides) and Welch's (independent samples, unequal variances).
// One-sided p-values against any margin, one-sided limits, and how many replications a margin needs.
//
// Limiting case: a standard error of 0. The difference is then known exactly; a p-value is 0 or 1 by its sign, and 1 when it lies on the margin.
// Sources: Student 1908; Welch 1947 with Satterthwaite's degrees of freedom; distributions by Boost.Math.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace meshmall::engine {

// P(T > t) and P(T < t) of Student's t; degrees of freedom > 0, not necessarily whole.
double studentUpperTail(double t, double degrees_of_freedom);
inline double studentLowerTail(double t, double degrees_of_freedom) { return studentUpperTail(-t, degrees_of_freedom); }

struct MeanDifference {
  double estimate = 0;
  double standard_error = 0;
  double degrees_of_freedom = 0;

  double statistic(double margin) const { return (estimate - margin) / standard_error; }
  double pAbove(double margin) const;  // of "the difference is at most `margin`": small where it is shown to be above
  double pBelow(double margin) const;  // of "the difference is at least `margin`"
  double lowerLimit(double level) const;  // the difference is at least this, at the one-sided level
  double upperLimit(double level) const;
};

// Of pairs' differences; needs 2.
std::optional<MeanDifference> pairedDifference(const std::vector<double>& differences);
// Mean of `a` minus mean of `b`; each needs 2.
std::optional<MeanDifference> welchDifference(const std::vector<double>& a, const std::vector<double>& b);

// Probability that the one-sided test at level alpha shows a true difference which lies `distance` > 0 beyond the margin, with n >= 2 replications whose
// differences have this standard deviation. Exact for normal differences (non-central t).
double testPower(double deviation, double distance, std::uint64_t n, double alpha);
// The smallest n >= 2 with that power. deviation >= 0, distance > 0. Nothing: more than `most`.
std::optional<std::uint64_t> replicationsNeeded(double deviation, double distance, double alpha, double power, std::uint64_t most = 1'000'000);
// The other way round: the distance that n >= 2 replications show with that power.
double detectableDistance(double deviation, std::uint64_t n, double alpha, double power);

}  // namespace meshmall::engine
