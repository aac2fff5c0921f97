#include "engine/statistics/rank_tests.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <cstddef>

#include "engine/statistics/normality.h"

namespace meshmall::engine {
namespace {

constexpr std::size_t kExactLimit = 50;

struct Ranks {
  std::vector<double> rank;  // in the order given; equal values share the mean of theirs
  double ties = 0;           // sum of t^3 - t over groups of equal values
};

Ranks rank(const std::vector<double>& x) {
  std::vector<std::size_t> order(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return x[a] < x[b]; });
  Ranks ranks{std::vector<double>(x.size()), 0};
  for (std::size_t begin = 0, end = 0; begin < x.size(); begin = end) {
    while (end < x.size() && x[order[end]] == x[order[begin]]) ++end;
    const double t = static_cast<double>(end - begin);
    ranks.ties += t * t * t - t;
    for (std::size_t i = begin; i < end; ++i) ranks.rank[order[i]] = static_cast<double>(begin + end + 1) / 2;
  }
  return ranks;
}

double twoSidedNormal(double distance, double deviation) {
  const double z = std::max(0.0, std::abs(distance) - 0.5) / deviation;
  return std::min(1.0, 2 * boost::math::cdf(boost::math::complement(boost::math::normal_distribution<double>(), z)));
}

// Two-sided p of a statistic with these weights of 0, 1, 2, ..., symmetric around its middle.
double twoSidedExact(const std::vector<double>& weights, double statistic) {
  const std::size_t top = weights.size() - 1;
  const auto s = static_cast<std::size_t>(statistic);
  double total = 0, tail = 0;
  for (const double w : weights) total += w;
  for (std::size_t i = 0; i <= std::min(s, top - s); ++i) tail += weights[i];
  return std::min(1.0, 2 * tail / total);
}

// In how many ways a subset of the ranks 1..n has each sum.
std::vector<double> signedRankWeights(std::size_t n) {
  std::vector<double> ways(n * (n + 1) / 2 + 1, 0.0);
  ways[0] = 1;
  for (std::size_t r = 1; r <= n; ++r)
    for (std::size_t s = ways.size() - 1; s >= r; --s) ways[s] += ways[s - r];
  return ways;
}

// In how many of the arrangements of n and m values U is 0, 1, ..., n m: the Gaussian binomial coefficient, built up factor by factor.
std::vector<double> mannWhitneyWeights(std::size_t n, std::size_t m) {
  std::vector<double> ways(n * m + 1, 0.0);
  ways[0] = 1;
  for (std::size_t i = 1; i <= n; ++i) {
    const std::size_t up = m + i;  // times (1 - q^(m + i)) / (1 - q^i)
    for (std::size_t s = ways.size(); s-- > up;) ways[s] -= ways[s - up];
    for (std::size_t s = i; s < ways.size(); ++s) ways[s] += ways[s - i];
  }
  return ways;
}

}  // namespace

std::optional<RankTest> wilcoxonSignedRank(const std::vector<double>& differences) {
  std::vector<double> sizes, kept;
  for (const double d : differences) {
    if (d == 0) continue;
    kept.push_back(d);
    sizes.push_back(std::abs(d));
  }
  if (kept.empty()) return std::nullopt;
  const Ranks ranks = rank(sizes);
  RankTest test;
  for (std::size_t i = 0; i < kept.size(); ++i) test.statistic += kept[i] > 0 ? ranks.rank[i] : 0;
  test.exact = ranks.ties == 0 && kept.size() == differences.size() && kept.size() <= kExactLimit;
  if (test.exact) {
    test.p = twoSidedExact(signedRankWeights(kept.size()), test.statistic);
  } else {
    const double n = static_cast<double>(kept.size());
    test.p = twoSidedNormal(test.statistic - n * (n + 1) / 4, std::sqrt(n * (n + 1) * (2 * n + 1) / 24 - ranks.ties / 48));
  }
  return test;
}

double hodgesLehmann(const std::vector<double>& differences) {
  std::vector<double> means;
  means.reserve(differences.size() * (differences.size() + 1) / 2);
  for (std::size_t i = 0; i < differences.size(); ++i)
    for (std::size_t j = i; j < differences.size(); ++j) means.push_back((differences[i] + differences[j]) / 2);
  return median(std::move(means));
}

std::optional<RankTest> mannWhitney(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.empty() || b.empty()) return std::nullopt;
  std::vector<double> all = a;
  all.insert(all.end(), b.begin(), b.end());
  const Ranks ranks = rank(all);
  const double n = static_cast<double>(a.size()), m = static_cast<double>(b.size()), both = n + m;
  const double variance = n * m / 12 * (both + 1 - ranks.ties / (both * (both - 1)));
  if (!(variance > 0)) return std::nullopt;
  RankTest test;
  for (std::size_t i = 0; i < a.size(); ++i) test.statistic += ranks.rank[i];
  test.statistic -= n * (n + 1) / 2;
  test.exact = ranks.ties == 0 && a.size() <= kExactLimit && b.size() <= kExactLimit;
  test.p = test.exact ? twoSidedExact(mannWhitneyWeights(a.size(), b.size()), test.statistic) : twoSidedNormal(test.statistic - n * m / 2, std::sqrt(variance));
  return test;
}

std::optional<Interval> medianInterval(std::vector<double> x, double level) {
  if (x.empty()) return std::nullopt;
  std::sort(x.begin(), x.end());
  const boost::math::binomial_distribution<double> below(static_cast<double>(x.size()), 0.5);
  std::optional<Interval> narrowest;
  for (std::size_t k = 0; k < x.size() / 2; ++k) {  // x_(k+1) .. x_(n-k) misses with probability 2 P(B <= k)
    if (1 - 2 * boost::math::cdf(below, static_cast<double>(k)) < level) break;
    narrowest = Interval{x[k], x[x.size() - 1 - k]};
  }
  return narrowest;
}

}  // namespace meshmall::engine
