// Which runs an experiment has: fixed or until it is precise, whole or in shards, in whatever order the runs end.
#include "engine/experiment/replication_plan.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace meshmall::engine {
namespace {

using Runs = std::set<std::pair<std::uint64_t, std::uint32_t>>;  // replication, group

// Makes every run of the plan, `at_once` at a time, ended in an order that the generator picks; the watched value of a run is `value`.
template <class Value>
Runs makeAll(ReplicationPlan& plan, Value value, std::size_t at_once, unsigned seed) {
  std::mt19937 order(seed);
  Runs made;
  std::vector<RunId> under_way;
  for (;;) {
    while (under_way.size() < at_once) {
      const auto run = plan.next();
      if (!run) break;
      under_way.push_back(*run);
    }
    if (under_way.empty()) break;
    const std::size_t which = order() % under_way.size();
    const RunId run = under_way[which];
    under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(which));
    EXPECT_TRUE(made.insert({run.replication, run.group}).second);
    plan.done(run, value(run));
  }
  EXPECT_TRUE(plan.finished());
  return made;
}

std::optional<double> nothingWatched(RunId) { return std::nullopt; }

TEST(ReplicationPlan, AFixedNumberIsMadeOfEveryGroupByReplicationThenGroup) {
  ReplicationPlan plan({{0, 2}, {1, 3}}, {3, 3, 0}, {});
  EXPECT_EQ(plan.runsKnown(), 12u);
  for (std::uint64_t r = 0; r < 3; ++r)
    for (std::uint32_t g = 0; g < 4; ++g) EXPECT_EQ(plan.next(), (RunId{g, r}));
  EXPECT_FALSE(plan.next());
  EXPECT_FALSE(plan.finished());
  EXPECT_EQ(plan.missing(), (RunId{0, 0}));
}

TEST(ReplicationPlan, ShardsShareTheRunsEvenlyAndWithoutOverlap) {
  for (std::uint32_t count : {1U, 2U, 3U, 5U, 40U}) {
    Runs all;
    std::size_t least = 100, most = 0;
    for (std::uint32_t k = 1; k <= count; ++k) {
      ReplicationPlan plan({{0, 1}, {2, 3}}, {7, 7, 0}, {k, count});
      const Runs mine = makeAll(plan, nothingWatched, 2, k);
      for (const auto& run : mine) EXPECT_TRUE(all.insert(run).second);
      least = std::min(least, mine.size());
      most = std::max(most, mine.size());
    }
    EXPECT_EQ(all.size(), 28u);
    EXPECT_LE(most - least, 1u) << count;
  }
}

// Noise that depends on the run alone, in -1..1.
double noise(RunId run) { return std::cos(static_cast<double>(run.group * 1000 + run.replication * 7919 + 13)); }

TEST(ReplicationPlan, AnAdaptivePlanIsTheSameInWhateverOrderRunsEnd) {
  const ReplicationRule rule{4, 60, 0.05};
  const auto value = [](RunId run) { return std::optional<double>(10 + noise(run) * (run.group % 2 == 0 ? 0.4 : 2)); };
  Runs first;
  for (unsigned seed = 0; seed < 20; ++seed) {
    ReplicationPlan plan({{0, 2}, {1, 3}}, rule, {});
    const Runs made = makeAll(plan, value, 1 + seed % 5, seed);
    if (seed == 0) first = made;
    EXPECT_EQ(made, first) << seed;
  }
  // The noisy point went on for longer than the quiet one, and both groups of a point are alike.
  ReplicationPlan plan({{0, 2}, {1, 3}}, rule, {});
  makeAll(plan, value, 1, 0);
  EXPECT_LT(plan.replications(0), plan.replications(1));
  EXPECT_EQ(first.size(), 2 * (plan.replications(0) + plan.replications(1)));
}

TEST(ReplicationPlan, ShardsOfAnAdaptivePlanAreWholePointsAndTogetherTheSinglePlan) {
  const ReplicationRule rule{4, 60, 0.05};
  const auto value = [](RunId run) { return std::optional<double>(10 + noise(run) * (1 + run.group)); };
  ReplicationPlan single({{0}, {1}, {2}, {3}}, rule, {});
  const Runs whole = makeAll(single, value, 3, 1);
  Runs joined;
  for (std::uint32_t k = 1; k <= 3; ++k) {
    ReplicationPlan plan({{0}, {1}, {2}, {3}}, rule, {k, 3});
    for (const auto& run : makeAll(plan, value, 2, k)) EXPECT_TRUE(joined.insert(run).second);
  }
  EXPECT_EQ(joined, whole);
}

TEST(ReplicationPlan, StopsAtTheMostWhenItNeverGetsPrecise) {
  ReplicationPlan plan({{0}}, {10, 50, 0.01}, {});
  makeAll(plan, [](RunId run) { return std::optional<double>(noise(run)); }, 1, 1);
  EXPECT_EQ(plan.replications(0), 50u);
  ReplicationPlan missing({{0}}, {10, 50, 0.5}, {});
  makeAll(missing, nothingWatched, 1, 1);
  EXPECT_EQ(missing.replications(0), 50u) << "without values nothing is known precisely";
}

TEST(ReplicationPlan, StepsAreHalfAsManyAgainRoundedUp) {
  const ReplicationRule rule{10, 60, 0.1};
  std::vector<std::uint64_t> steps{10};
  while (steps.back() < rule.most) steps.push_back(nextStep(rule, steps.back()));
  EXPECT_EQ(steps, (std::vector<std::uint64_t>{10, 15, 23, 35, 53, 60}));
  EXPECT_EQ(nextStep({1, 9, 0.1}, 1), 2u);
}

TEST(ReplicationPlan, PrecisionIsRelativeToTheTrueMean) {
  // 10 values, mean 100, s = 10: t(9, .975) s / sqrt(10) = 7.1536 (t = 2.262157), so 7.15 % of the mean; g / (1 + g) = 0.071536 at g = 0.077048.
  std::vector<std::optional<double>> x;
  const double a = 10 * std::sqrt(0.9);
  for (int i = 0; i < 5; ++i) x.emplace_back(100 - a), x.emplace_back(100 + a);
  EXPECT_TRUE(preciseEnough(x, 0.0771));
  EXPECT_FALSE(preciseEnough(x, 0.0770));
  EXPECT_TRUE(preciseEnough({5.0, 5.0}, 0.0001));
  EXPECT_TRUE(preciseEnough({0.0, 0.0}, 0.0001)) << "no spread at all";
  EXPECT_FALSE(preciseEnough({5.0}, 1));
  x.emplace_back(std::nullopt);
  EXPECT_FALSE(preciseEnough(x, 1));
}

TEST(ReplicationPlan, RunsThatAreThereAlreadyAreNotHandedOut) {
  ReplicationPlan plan({{0, 1}}, {2, 2, 0}, {});
  EXPECT_TRUE(plan.wants({1, 0}));
  plan.done({1, 0}, std::nullopt);
  EXPECT_FALSE(plan.wants({1, 0}));
  EXPECT_FALSE(plan.wants({1, 2}));
  EXPECT_EQ(makeAll(plan, nothingWatched, 1, 1), (Runs{{0, 0}, {1, 0}, {1, 1}}));
  EXPECT_EQ(plan.runsDone(), 4u);
}

}  // namespace
}  // namespace meshmall::engine
