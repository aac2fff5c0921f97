// How many replications a statement needs: against the published table, by its own test, and by counting.
#include "engine/experiment/sizing.h"

#include <cmath>
#include <random>
#include <tuple>

namespace meshmall::engine {
namespace {

Finding findingOf(double deviation, double distance, Scale scale = Scale::logarithm) {
  Finding f;
  f.scale = scale;
  f.paired = true;
  f.deviation = deviation;
  f.distance = distance;
  f.baseline = Estimate{0.99, std::nullopt};
  return f;
}

TEST(Sizing, AgreesWithTheSpecsTable) {
  // alpha 1 %, power 90 %: spread 5 %, distances 2, 5, 10 % need 85, 16, 7 by the approximation n >= ((t_alpha + t_power) s / d)^2; the exact test may differ by one.
  const Statement margin0{true, false, false, 0};
  for (const auto& [deviation, distance, table] : {std::tuple{0.05, 0.02, 85U}, {0.05, 0.05, 16U}, {0.05, 0.10, 7U}, {0.1, 0.05, 55U}, {0.2, 0.1, 55U}, {0.01, 0.02, 7U}}) {
    SizingSettings settings;
    settings.caught = std::expm1(distance);
    const Sizing sized = sizeOf(findingOf(deviation, 0), margin0, 20, settings);
    ASSERT_TRUE(sized.to_catch.replications);
    EXPECT_NEAR(static_cast<double>(*sized.to_catch.replications), table, 1) << deviation << " " << distance;
  }
}

TEST(Sizing, WhatANumberShowsIsWhatNeedsThatNumber) {
  for (const bool decrease : {false, true}) {
    const Statement margin{true, decrease, false, 0.05};
    SizingSettings settings;
    settings.hypotheses = 4;
    settings.replications = 30;
    const Sizing first = sizeOf(findingOf(0.04, 0.01), margin, 20, settings);
    EXPECT_GT(*first.shown, 0.05);
    settings.caught = *first.shown + 1e-9;
    EXPECT_EQ(sizeOf(findingOf(0.04, 0.01), margin, 20, settings).to_catch.replications, 30u);
  }
  const Statement points{false, true, false, 0.001};
  SizingSettings settings;
  settings.replications = 12;
  const Sizing first = sizeOf(findingOf(0.0005, 0, Scale::difference), points, 20, settings);
  settings.caught = *first.shown + 1e-12;
  EXPECT_EQ(sizeOf(findingOf(0.0005, 0, Scale::difference), points, 20, settings).to_catch.replications, 12u);
  EXPECT_EQ(*sizeOf(findingOf(0.0005, 0, Scale::difference), points, 20, {}).caught, 0.002) << "twice the margin";
}

TEST(Sizing, TheNumberHasThePowerItPromises) {
  // Differences of standard deviation 0.1, true change 0.1 beyond the margin: counted in 4,000 experiments; 3 standard errors of a share of 0.9: 0.0142.
  const Statement margin{false, false, false, 0.2};
  SizingSettings settings;
  settings.caught = 0.3;
  const auto n = *sizeOf(findingOf(0.1, 0, Scale::difference), margin, 20, settings).to_catch.replications;
  std::mt19937_64 random(90);
  std::normal_distribution<double> noise(0, 0.1);
  int caught = 0;
  for (int e = 0; e < 4000; ++e) {
    std::vector<double> differences;
    for (std::uint64_t i = 0; i < n; ++i) differences.push_back(0.3 + noise(random));
    caught += pairedDifference(differences)->pAbove(0.2) <= 0.01 ? 1 : 0;
  }
  EXPECT_GE(caught, 4000 * (0.9 - 0.0142));
  EXPECT_LE(caught, 4000 * (0.9 + 0.08)) << "and not many more than it takes: " << n;
}

TEST(Sizing, TheSafeNumberHoldsForNineOfTenPilots) {
  std::mt19937_64 random(10);
  std::normal_distribution<double> noise;
  int held = 0;
  for (int e = 0; e < 4000; ++e) {
    std::vector<double> pilot;
    for (int i = 0; i < 20; ++i) pilot.push_back(noise(random));
    held += upperDeviation(std::sqrt(sampleVariance(pilot)), 20) >= 1 ? 1 : 0;
  }
  EXPECT_NEAR(held / 4000.0, 0.9, 0.0142) << "3 standard errors";
}

TEST(Sizing, WhatNoNumberCanShowHasNone) {
  SizingSettings settings;
  settings.caught = 0.05;
  const Sizing on_margin = sizeOf(findingOf(0.05, 0), {true, false, false, 0.05}, 20, settings);
  EXPECT_FALSE(on_margin.to_catch.replications);
  EXPECT_FALSE(on_margin.to_tell.replications);
  EXPECT_TRUE(on_margin.to_prove.replications);
  EXPECT_FALSE(sizeOf(findingOf(0.05, 0), {true, false, false, 0}, 20, {}).to_prove.replications) << "no change is not within a margin of 0";
  EXPECT_FALSE(sizeOf(findingOf(0, 1), {true, false, false, 0}, 20, {}).shown) << "nothing varies: nothing to size";
}

TEST(Sizing, APrecisionTakesTheFirstNumberThatReachesIt) {
  // Law's rule with g = 5 %: t(n - 1) 0.1 / sqrt(n) <= 0.05 / 1.05. n = 20: 0.0468 <= 0.0476; n = 19: 0.0482.
  EXPECT_EQ(replicationsForPrecision(1, 0.1, 0.05), 20u);
  EXPECT_EQ(replicationsForPrecision(-1, 0.1, 0.05), 20u);
  EXPECT_EQ(replicationsForPrecision(1, 0, 0.05), 2u);
  EXPECT_FALSE(replicationsForPrecision(0, 1, 0.05));
}

}  // namespace
}  // namespace meshmall::engine
