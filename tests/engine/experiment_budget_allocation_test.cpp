// A fixed number of runs: the shares by the published formula, and that spending them so is worth it.
#include "engine/experiment/budget_allocation.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace meshmall::engine {
namespace {

TEST(BudgetAllocation, SharesFollowTheFormula) {
  // Means 1, 2, 3 with variance 1: N_2 / N_3 = (2 / 1)^2 = 4, N_1 = sqrt(4^2 + 1^2).
  const std::vector<double> shares = budgetShares({{1, 1, 10}, {2, 1, 10}, {3, 1, 10}}, 100, 0);
  EXPECT_NEAR(shares[1] / shares[2], 4, 1e-12);
  EXPECT_NEAR(shares[0] / shares[2], std::sqrt(17.0), 1e-12);
  EXPECT_NEAR(std::accumulate(shares.begin(), shares.end(), 0.0), 100, 1e-9);
  // Unequal variances: N_2 / N_3 = (2 / 1)^2 / (3 / 2)^2; N_1 = 1 sqrt(N_2^2 / 4 + N_3^2 / 9).
  const std::vector<double> unequal = budgetShares({{1, 1, 10}, {2, 4, 10}, {3, 9, 10}}, 1, 0);
  EXPECT_NEAR(unequal[1] / unequal[2], 4 / 2.25, 1e-12);
  EXPECT_NEAR(unequal[0], std::sqrt(unequal[1] * unequal[1] / 4 + unequal[2] * unequal[2] / 9), 1e-12);
}

TEST(BudgetAllocation, EqualMeansAndNoVarianceAreNoTrouble) {
  const std::vector<double> equal = budgetShares({{1, 1, 5}, {1, 1, 5}, {9, 1, 5}}, 30, 0);
  EXPECT_NEAR(std::accumulate(equal.begin(), equal.end(), 0.0), 30, 1e-9);
  const std::vector<double> zone = budgetShares({{1, 1, 5}, {1, 1, 5}, {1.5, 1, 5}}, 30, 0.5);
  EXPECT_NEAR(zone[1], zone[2], 1e-12) << "both count as half a unit off";
  const std::vector<double> still = budgetShares({{1, 0, 5}, {2, 0, 5}}, 10, 0);
  EXPECT_NEAR(still[0] + still[1], 10, 1e-9);
  EXPECT_EQ(chanceOfBest({{1, 0, 5}, {2, 0, 5}}), 1);
  EXPECT_EQ(chanceOfBest({{1, 0, 5}, {1, 0, 5}}), 0.5);
}

TEST(BudgetAllocation, TheChanceIsTheBoundByNormalTails) {
  // Distance 1, variances 4 and 5 of 9 values: standard error 1; P(Z > 1) = 0.158655253931457.
  EXPECT_NEAR(chanceOfBest({{0, 4, 9}, {1, 5, 9}}), 1 - 0.158655253931457, 1e-12);
  EXPECT_NEAR(chanceOfBest({{0, 4, 9}, {1, 5, 9}, {1, 5, 9}}), 1 - 2 * 0.158655253931457, 1e-12);
}

// Ten candidates of means 0, 1, ..., 9 and standard deviation 6, as in Chen et al. 2000, example 1.
template <class Next>
bool rightChoice(std::mt19937_64& random, Next spend) {
  std::normal_distribution<double> noise(0, 6);
  std::vector<std::vector<double>> values(10);
  spend([&](std::uint32_t c) {
    values[c].push_back(c + noise(random));
    return values[c].back();
  });
  std::vector<double> means;
  for (const auto& v : values) means.push_back(std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size()));
  return std::min_element(means.begin(), means.end()) == means.begin();
}

TEST(BudgetAllocation, IsRightMoreOftenThanEqualSharesOfTheSameBudget) {
  std::mt19937_64 random(2000);
  constexpr int kExperiments = 1000;
  int allocated = 0, equal = 0;
  for (int e = 0; e < kExperiments; ++e) {
    allocated += rightChoice(random, [](auto draw) {
      BudgetAllocation budget(10, {700, 20, 0.1});
      while (!budget.finished())
        for (std::uint32_t c = 0; c < 10; ++c)
          for (std::uint64_t r = 0; budget.wants(c, r) || r < budget.target(c); ++r)
            if (budget.wants(c, r)) budget.observe(c, r, draw(c));
      EXPECT_EQ(budget.planned(), 700u);
    });
    equal += rightChoice(random, [](auto draw) {
      for (int r = 0; r < 70; ++r)
        for (std::uint32_t c = 0; c < 10; ++c) draw(c);
    });
  }
  // The standard error of the difference of two counts of 1,000 is at most sqrt(2 * 1000 / 4) = 22.4.
  EXPECT_GT(allocated - equal, 3 * 22.4) << allocated << " and " << equal;
  EXPECT_GT(allocated, 850);
}

TEST(BudgetAllocation, WithoutAValueACandidateGetsNothingMore) {
  BudgetAllocation budget(3, {60, 5, 0});
  std::mt19937 random(1);
  std::normal_distribution<double> noise;
  while (!budget.finished())
    for (std::uint32_t c = 0; c < 3; ++c)
      for (std::uint64_t r = 0; r < budget.target(c); ++r)
        if (budget.wants(c, r)) budget.observe(c, r, c == 1 && r == 2 ? std::nullopt : std::optional(noise(random) + c));
  EXPECT_TRUE(budget.withoutValue(1));
  EXPECT_EQ(budget.target(1), 5u);
  EXPECT_EQ(budget.target(0) + budget.target(2), 55u);
}

}  // namespace
}  // namespace meshmall::engine
