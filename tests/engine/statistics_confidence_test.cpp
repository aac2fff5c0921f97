#include "engine/statistics/confidence.h"

#include <cmath>

#include "engine/random/distribution.h"
#include "engine/random/keyed_stream.h"
#include "engine/statistics/batch_means.h"
#include "engine/statistics/histogram.h"

namespace meshmall::engine {
namespace {

double standardNormal(Substream& random) { return boost::random::normal_distribution<double>()(random); }

// Published tables of Student's t (e.g. Law, Simulation Modeling and Analysis, table T.1; six digits from NIST's).
TEST(Confidence, KnowsTheTablesOfStudentsT) {
  EXPECT_NEAR(studentQuantile(0.975, 9), 2.262157, 5e-7);
  EXPECT_NEAR(studentQuantile(0.975, 19), 2.093024, 5e-7);
  EXPECT_NEAR(studentQuantile(0.975, 29), 2.045230, 5e-7);
  EXPECT_NEAR(studentQuantile(0.99, 9), 2.821438, 5e-7);
  EXPECT_NEAR(studentQuantile(0.99, 19), 2.539483, 5e-7);
  EXPECT_NEAR(studentQuantile(0.99, 29), 2.462021, 5e-7);
}

TEST(Confidence, GivesTheIntervalOfAMean) {
  const auto interval = meanInterval({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 0.95);
  const double half = 2.262157 * std::sqrt(55.0 / 6 / 10);  // variance of 1..10 is 110/12
  EXPECT_NEAR(interval->low, 5.5 - half, 1e-5);
  EXPECT_NEAR(interval->high, 5.5 + half, 1e-5);
  EXPECT_FALSE(meanInterval({1}, 0.95));
  EXPECT_EQ(*meanInterval({3, 3, 3}, 0.95), (Interval{3, 3}));
}

// Sections e^-1, e, e around 1: S^2 = 3 / 2, half-width t_2 * sqrt(1.5 / 3) = 4.302653 * sqrt(0.5) on the log scale.
TEST(Confidence, SectionsAQuantileOnTheLogScale) {
  const auto interval = sectioningInterval(1, {std::exp(-1), std::exp(1), std::exp(1)}, 0.95);
  EXPECT_NEAR(std::log(interval->high), 4.302653 * std::sqrt(0.5), 1e-5);
  EXPECT_NEAR(std::log(interval->low), -4.302653 * std::sqrt(0.5), 1e-5);
}

TEST(Confidence, SectionsOnTheLinearScaleWhereThereIsNoLogarithm) {
  const auto interval = sectioningInterval(1, {0, 2, 2}, 0.95);
  EXPECT_NEAR(interval->high, 1 + 4.302653 * std::sqrt(0.5), 1e-5);
  EXPECT_FALSE(sectioningInterval(1, {1}, 0.95));
}

// Limits found by bisection of exact binomial sums, outside this program.
TEST(Confidence, GivesClopperPearsonLimits) {
  const struct { std::uint64_t k, n; double low, high, one_sided; } cases[] = {
      {5, 100, 0.0164318791821, 0.112834911105, 0.102253377643},
      {1, 20, 0.00126508949795, 0.248732762772, 0.216106164207},
      {19, 20, 0.751267237228, 0.998734910502, 0.997438621223},
      {30, 1000, 0.0203304856831, 0.04255140247, 0.0404722372809},
  };
  for (const auto& c : cases) {
    const auto interval = proportionInterval(c.k, c.n, 0.95);
    EXPECT_NEAR(interval->low, c.low, 1e-10);
    EXPECT_NEAR(interval->high, c.high, 1e-10);
    EXPECT_NEAR(*proportionUpperBound(c.k, c.n, 0.95), c.one_sided, 1e-10);
  }
}

TEST(Confidence, BoundsAProportionThatWasNeverSeen) {
  EXPECT_NEAR(*proportionUpperBound(0, 1000, 0.95), 1 - std::pow(0.05, 1e-3), 1e-12);
  EXPECT_NEAR(*proportionUpperBound(0, 1'000'000'000, 0.95), 2.995732e-9, 1e-14);
  EXPECT_EQ(proportionInterval(0, 50, 0.95)->low, 0);
  EXPECT_EQ(proportionInterval(50, 50, 0.95)->high, 1);
  EXPECT_FALSE(proportionUpperBound(0, 0, 0.95));
}

// n = 4 by hand: differences 1, 1, 1 -> 3; deviations 5; 1 - 3 / 10.
TEST(BatchMeans, ComputesTheVonNeumannCorrelation) {
  EXPECT_DOUBLE_EQ(vonNeumannCorrelation({1, 2, 3, 4}), 0.7);
  EXPECT_DOUBLE_EQ(vonNeumannCorrelation({1, -1, 1, -1}), 1 - 12.0 / 8);
  EXPECT_EQ(vonNeumannCorrelation({2, 2, 2}), 0);
}

// Level 0.1 over 2,000 series of 30 normals: standard error sqrt(0.1 * 0.9 / 2000) = 0.0067; four of them, and 0.01 for the normal approximation.
TEST(BatchMeans, TheTestAlarmsAtItsLevelForIndependentValues) {
  Substream random({4, 0}, {1, 1, 1});
  int alarms = 0;
  for (int i = 0; i < 2000; ++i) {
    std::vector<double> x(30);
    for (double& v : x) v = standardNormal(random);
    alarms += isCorrelated(x);
  }
  EXPECT_NEAR(alarms / 2000.0, 0.1, 0.037);
}

TEST(BatchMeans, KeepsTheMeanOfWhatItUses) {
  BatchMeans batches;
  for (int i = 0; i < 1000; ++i) batches.add(i % 2);
  const auto result = batches.interval(0.95);
  EXPECT_DOUBLE_EQ(result->mean, 0.5);
  EXPECT_GE(result->batches, 20u);
  EXPECT_LT(result->batches, 40u);
  EXPECT_LE(result->batches * result->batch_size, 1000u);
  EXPECT_GT((result->batches + 2) * result->batch_size, 1000u);
  EXPECT_EQ(batches.count(), 1000u);
}

TEST(BatchMeans, SaysNothingOfASingleObservationAndLittleOfFew) {
  BatchMeans batches;
  batches.add(1);
  EXPECT_FALSE(batches.interval(0.95));
  for (const double v : {2, 3, 4}) batches.add(v);
  const auto result = batches.interval(0.95);
  EXPECT_EQ(result->batches, 4u);
  EXPECT_FALSE(result->uncorrelated);
}

TEST(BatchMeans, SaysWhenARunIsTooShortForItsCorrelation) {
  BatchMeans batches;
  for (int i = 0; i < 5000; ++i) batches.add(i);  // a trend: correlated at every size
  const auto result = batches.interval(0.95);
  EXPECT_FALSE(result->uncorrelated);
  EXPECT_GE(result->batches, BatchMeans::kMinBatches);
}

// AR(1) with phi = 0.9 and mean 10: 400 runs of 20,000. Coverage of 95 % intervals has standard error 1.1 %; four of them.
// Naive intervals, blind to the correlation, would cover about 35 %.
TEST(BatchMeans, CoversTheMeanOfAnAutocorrelatedSeries) {
  Substream random({4, 0}, {1, 1, 2});
  int covered = 0;
  for (int run = 0; run < 400; ++run) {
    BatchMeans batches;
    double x = standardNormal(random) / std::sqrt(1 - 0.81);
    for (int i = 0; i < 20000; ++i) {
      x = 0.9 * x + standardNormal(random);
      batches.add(10 + x);
    }
    const Interval interval = batches.interval(0.95)->interval;
    covered += interval.low <= 10 && 10 <= interval.high;
  }
  EXPECT_NEAR(covered / 400.0, 0.95, 0.044);
}

// p90 of Exp(1 ms) from ten sections of 2,000; true value ln(10) ms. 500 intervals at 95 %: standard error 1 %, four of them.
TEST(Confidence, SectioningCoversAQuantileAtItsLevel) {
  Substream random({4, 0}, {1, 1, 3});
  const Distribution exponential = Distribution::exponential(1e-3);
  int covered = 0;
  for (int run = 0; run < 500; ++run) {
    Histogram merged;
    std::vector<double> sections;
    for (int r = 0; r < 10; ++r) {
      Histogram section;
      for (int i = 0; i < 2000; ++i) section.add(exponential.sample(random));
      sections.push_back(section.quantile(0.9)->seconds());
      merged.merge(section);
    }
    const auto interval = sectioningInterval(merged.quantile(0.9)->seconds(), sections, 0.95);
    const double truth = std::log(10.0) * 1e-3;
    covered += interval->low <= truth && truth <= interval->high;
  }
  EXPECT_NEAR(covered / 500.0, 0.95, 0.04);
}

}  // namespace
}  // namespace meshmall::engine
