// Tests by ranks, for display beside the tests that decide: Wilcoxon's signed ranks with the Hodges-Lehmann shift for pairs, Mann-Whitney for independent samples,
// and the distribution-free interval of a median from order statistics.
//
// Exact without ties and zeros up to 50 values (Mann-Whitney: 50 on each side), else the normal approximation with corrections for ties and continuity.
// Sources: Wilcoxon 1945; Mann and Whitney 1947; Hodges and Lehmann 1963; David, Order Statistics (1981), 2.5.
#pragma once

#include <optional>
#include <vector>

#include "engine/statistics/confidence.h"

namespace meshmall::engine {

struct RankTest {
  double statistic = 0;  // sum of the ranks above zero; of Mann-Whitney U of the first sample
  double p = 1;          // two-sided
  bool exact = false;
};

// Zeros are left out. Nothing when nothing is left.
std::optional<RankTest> wilcoxonSignedRank(const std::vector<double>& differences);
// The median of all (x_i + x_j) / 2, i <= j: how far the differences lie from 0. Not empty. O(n^2).
double hodgesLehmann(const std::vector<double>& differences);

// Nothing when a sample is empty or all values are equal.
std::optional<RankTest> mannWhitney(const std::vector<double>& a, const std::vector<double>& b);

// Order statistics that hold the median with at least this probability, by binomial ranks; as narrow as that allows. Nothing: too few values.
std::optional<Interval> medianInterval(std::vector<double> x, double level);

}  // namespace meshmall::engine
