// A fixed number of runs, spent where they help most to tell which candidate has the smallest mean: many for those close to the best, few for those far off.
//
// Values must be independent: between candidates (no common random numbers) and between replications. There is no guarantee, but an estimate of how sure the
// choice is. Ties: a distance from the best below `indifference` counts as that, so that equal candidates don't take everything.
// Sources: Chen, Lin, Yucesan and Chick 2000 (OCBA): N_i / N_j = ((s_i / d_i) / (s_j / d_j))^2, N_b = s_b sqrt(sum N_i^2 / s_i^2); Bonferroni bound of the probability.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace meshmall::engine {

struct BudgetRule {
  std::uint64_t budget = 0;    // runs of all candidates together, at least candidates x first
  std::uint64_t first = 20;    // of each, before anything is known; at least 2
  double indifference = 0;     // >= 0
};

struct SampleMoments {
  double mean = 0, variance = 0;
  std::uint64_t count = 0;
};

// How many of `total` runs each should have, as real numbers that add up to it. Two candidates at least; the first of equal means is the best.
std::vector<double> budgetShares(const std::vector<SampleMoments>& candidates, double total, double indifference);

// At least this is the chance that the candidate with the smallest mean is the best, were the variances those estimated: 1 - sum of the normal tails
// P(other below it), never below 0.
double chanceOfBest(const std::vector<SampleMoments>& candidates);

// Which run is next. Rounds: `first` each, then a twentieth of what is left at a time (at least one a candidate), each round decided from all runs before it.
class BudgetAllocation {
 public:
  BudgetAllocation(std::uint32_t candidates, const BudgetRule& rule);

  bool wants(std::uint32_t candidate, std::uint64_t replication) const;
  // In any order. Nothing: there is none; the candidate gets no more runs.
  void observe(std::uint32_t candidate, std::uint64_t replication, std::optional<double> value);
  bool finished() const { return open_ == 0 && planned_ >= rule_.budget; }
  std::uint64_t target(std::uint32_t candidate) const { return targets_[candidate]; }
  std::uint64_t planned() const { return planned_; }  // runs known by now
  bool withoutValue(std::uint32_t candidate) const { return none_[candidate]; }
  std::vector<double> values(std::uint32_t candidate) const;  // all there are, by replication

 private:
  void nextRound();

  BudgetRule rule_;
  std::vector<std::vector<std::optional<double>>> values_;
  std::vector<std::vector<bool>> there_;
  std::vector<std::uint64_t> targets_;
  std::vector<bool> none_;
  std::uint64_t planned_ = 0, open_ = 0;
};

}  // namespace meshmall::engine
