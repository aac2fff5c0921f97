// Reference values: mpmath 1.3 with 40 digits (t by the incomplete beta function, Welch and Shapiro-Wilk by their formulas, Clopper-Pearson by bisection of exact
// binomial sums), SciPy 1.10 for ranks and non-central t, and published examples, named beside their tests.
#include <cmath>

#include "engine/random/distribution.h"
#include "engine/random/keyed_stream.h"
#include "engine/statistics/confidence.h"
#include "engine/statistics/multiplicity.h"
#include "engine/statistics/normality.h"
#include "engine/statistics/rank_tests.h"
#include "engine/statistics/sign_flip.h"
#include "engine/statistics/t_test.h"

namespace meshmall::engine {
namespace {

constexpr double kExact = 1e-9;

// Hours of extra sleep by two drugs (Student 1908, Biometrika 6): the example of every textbook.
const std::vector<double> kSleep1 = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
const std::vector<double> kSleep2 = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};
const std::vector<double> kSleepGain = {1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4};

void expectRelative(double value, double expected) { EXPECT_NEAR(value / expected, 1, kExact) << value << " for " << expected; }

TEST(TTest, KnowsStudentsTails) {
  expectRelative(studentUpperTail(0.5, 1), 0.35241638234956673);
  expectRelative(studentUpperTail(2.5, 2.7), 0.048539707221467335);
  expectRelative(studentUpperTail(10, 19), 2.6315130811679501e-9);
  expectRelative(studentUpperTail(-1.3, 9), 0.88704681366347528);
  expectRelative(studentUpperTail(6, 199), 4.5890850020223404e-9);
  expectRelative(studentUpperTail(40, 19), 4.153878599669215e-20);
  expectRelative(studentLowerTail(-6, 199), 4.5890850020223404e-9);
  expectRelative(studentQuantile(0.975, 9), 2.2621571627982055);
  expectRelative(studentQuantile(0.99, 19), 2.5394831906239626);
  expectRelative(studentQuantile(0.9, 17.776), 1.3310300250172815);
  expectRelative(studentQuantile(0.995, 199), 2.6007602160585162);
}

TEST(TTest, PairsStudentsSleepers) {
  const auto d = pairedDifference(kSleepGain);
  expectRelative(d->estimate, 1.58);
  expectRelative(d->standard_error, 0.38895872388524389);
  EXPECT_EQ(d->degrees_of_freedom, 9);
  expectRelative(d->statistic(0), 4.0621276833820361);
  expectRelative(d->pAbove(0), 0.0014164450986921364);
  expectRelative(d->pAbove(1), 0.085055885448711443);
  expectRelative(d->pBelow(0), 1 - 0.0014164450986921364);
  expectRelative(d->upperLimit(0.975), 1.58 + 2.2621571627982055 * 0.38895872388524389);
  expectRelative(d->lowerLimit(0.975), 1.58 - 2.2621571627982055 * 0.38895872388524389);
  EXPECT_FALSE(pairedDifference({1}));
}

TEST(TTest, ComparesUnpairedSamplesAsWelch) {
  const auto sleep = welchDifference(kSleep2, kSleep1);
  expectRelative(sleep->estimate, 1.58);
  expectRelative(sleep->standard_error, 0.84909101723876196);
  expectRelative(sleep->degrees_of_freedom, 17.776473516178490);
  expectRelative(sleep->pAbove(0), 0.039697070093679069);
  const auto unequal = welchDifference({12.1, 11.4, 13.9, 12.7, 15.2, 11.9, 12.3}, {10.2, 10.9, 9.7, 11.1});
  expectRelative(unequal->estimate, 2.3107142857142857);
  expectRelative(unequal->standard_error, 0.59471524655900295);
  expectRelative(unequal->degrees_of_freedom, 8.9375492104607121);
  expectRelative(unequal->pAbove(0), 0.0018750965939578295);
  EXPECT_FALSE(welchDifference({1}, {1, 2}));
}

TEST(TTest, DecidesByTheSignWhereNothingVaries) {
  const auto d = pairedDifference({0.25, 0.25, 0.25});
  EXPECT_EQ(d->standard_error, 0);
  EXPECT_EQ(d->pAbove(0.1), 0);
  EXPECT_EQ(d->pAbove(0.25), 1);
  EXPECT_EQ(d->pAbove(0.3), 1);
  EXPECT_EQ(d->pBelow(0.3), 0);
  EXPECT_EQ(d->pBelow(0.25), 1);
  EXPECT_EQ(d->upperLimit(0.99), 0.25);
  EXPECT_EQ(welchDifference({1, 1}, {1, 1})->pAbove(0), 1);
}

// alpha 1 %, power 90 %; SciPy's non-central t.
TEST(TTest, SaysHowManyReplicationsAMarginNeeds) {
  const struct { double deviation, distance; std::uint64_t n; } table[] = {
      {0.01, 0.02, 7}, {0.01, 0.05, 4}, {0.01, 0.10, 3}, {0.05, 0.02, 85}, {0.05, 0.05, 16}, {0.05, 0.10, 7},
      {0.10, 0.02, 329}, {0.10, 0.05, 55}, {0.10, 0.10, 16}, {0.20, 0.02, 1305}, {0.20, 0.05, 211}, {0.20, 0.10, 55},
  };
  for (const auto& row : table) {
    EXPECT_EQ(replicationsNeeded(row.deviation, row.distance, 0.01, 0.9), row.n) << row.deviation << " " << row.distance;
    EXPECT_LE(detectableDistance(row.deviation, row.n, 0.01, 0.9), row.distance);
    EXPECT_GT(detectableDistance(row.deviation, row.n - 1, 0.01, 0.9), row.distance);
  }
  EXPECT_EQ(replicationsNeeded(0, 0.02, 0.01, 0.9), 2u);
  EXPECT_EQ(replicationsNeeded(1e-9, 1, 0.01, 0.9), 2u);
  EXPECT_FALSE(replicationsNeeded(1, 1e-9, 0.01, 0.9));
  EXPECT_FALSE(replicationsNeeded(1, 0, 0.01, 0.9));
}

void expectNear(const std::vector<double>& values, const std::vector<double>& expected) {
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], expected[i], kExact) << i;
}

TEST(Multiplicity, AdjustsByHolm) {
  expectNear(holm({0.01, 0.04, 0.03, 0.005}), {0.03, 0.06, 0.06, 0.02});
  expectNear(holm({0.6, 0.5}), {1, 1});
  expectNear(holm({0.02, 0.02, 0.02}), {0.06, 0.06, 0.06});
  EXPECT_TRUE(holm({}).empty());
}

// The p-values of Benjamini and Hochberg's own example (J. R. Statist. Soc. B 57, 1995, section 3.2); at 5 % it rejects four.
TEST(Multiplicity, AdjustsByBenjaminiAndHochberg) {
  const std::vector<double> p = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.000};
  const std::vector<double> q = benjaminiHochberg(p);
  expectNear(q, {0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.0298 * 15 / 7, 0.0298 * 15 / 7, 0.0645, 0.0765, 0.486, 0.4262 * 15 / 11, 0.5719 * 15 / 12, 0.6528 * 15 / 13,
                 0.759 * 15 / 14, 1});
  int rejected = 0;
  for (const double v : q) rejected += v <= 0.05 ? 1 : 0;
  EXPECT_EQ(rejected, 4);
  expectNear(benjaminiHochberg({0.04, 0.01}), {0.04, 0.02});
}

TEST(SignFlip, CountsEveryPatternOfFewDifferences) {
  EXPECT_TRUE(signFlipAbove(kSleepGain).exact);
  expectRelative(signFlipAbove(kSleepGain).p, 2.0 / 1024);  // the zero may have either sign
  expectRelative(signFlipAbove({0.3, -0.1, 0.7, 0.2, 0.05, -0.4, 0.9, 0.15}).p, 26.0 / 256);
  EXPECT_EQ(signFlipAbove({0, 0, 0}).p, 1);
}

// All of 20 above 0: the exact p is 2^-20; a sample can say no less than 1 / 100,001.
TEST(SignFlip, SamplesPatternsOfManyDifferencesTheSameWayEachTime) {
  std::vector<double> d(20, 1.0);
  EXPECT_FALSE(signFlipAbove(d).exact);
  EXPECT_NEAR(signFlipAbove(d).p, 1.0 / 100'001, 3.0 / 100'001);
  for (std::size_t i = 0; i < d.size(); ++i) d[i] = i < 12 ? 1 : -1;
  // P(at least 12 of 20 heads) = 0.2517223358; standard error of 100,000 draws 0.00137, four of them.
  EXPECT_NEAR(signFlipAbove(d).p, 0.2517223358, 0.0055);
  EXPECT_EQ(signFlipAbove(d).p, signFlipAbove(d).p);
  // 70 differences use two words of the stream: P(at least 40 of 70) = 0.1410.
  std::vector<double> more(70, 1.0);
  for (std::size_t i = 40; i < 70; ++i) more[i] = -1;
  EXPECT_NEAR(signFlipAbove(more).p, 0.1410, 0.0045);
}

TEST(Normality, GivesShapiroAndWilksW) {
  const struct { std::vector<double> x; double w, p; } cases[] = {
      {{148, 154, 158, 160, 161, 162, 166, 170, 182, 195, 236}, 0.78881469483538743, 0.0067038140565030117},  // Shapiro and Wilk's weights of men
      {{1, 2, 4}, 0.96428571428571429, 0.63688684502896981},
      {{1.2, 0.3, 2.2, 0.1, 5.5}, 0.84747348250296688, 0.18666367745102388},
      {kSleepGain, 0.8298713319287945, 0.033341608630307895},
      {{0.11, -0.52, 1.3, 0.9, -0.3, 0.25, -1.1, 0.6, 0.05, -0.7, 2.1, 0.4, -0.2, 0.33, -1.6, 0.75, 1.05, -0.45, 0.15, -0.05}, 0.99212710539999635, 0.99964534426733528},
      {{0.05, 0.11, 0.2, 0.25, 0.3, 0.38, 0.44, 0.52, 0.6, 0.7, 0.8, 0.95, 1.1, 1.25, 1.5, 1.8, 2.2, 2.9, 4.1, 9.5}, 0.62282697977608951, 5.1233252929726302e-6},
  };
  for (const auto& c : cases) {
    const auto test = shapiroWilk(c.x);
    EXPECT_NEAR(test->w, c.w, kExact);
    EXPECT_NEAR(test->p, c.p, kExact);
  }
  EXPECT_FALSE(shapiroWilk({1, 2}));
  EXPECT_FALSE(shapiroWilk({3, 3, 3, 3}));
}

// 2,000 normal samples of 20 at level 5 %: standard error 0.0049, four of them and 0.005 for Royston's approximation.
TEST(Normality, AlarmsAtItsLevelForNormalValues) {
  Substream random({8, 0}, {1, 1, 1});
  int alarms = 0;
  for (int i = 0; i < 2000; ++i) {
    std::vector<double> x(20);
    for (double& v : x) v = boost::random::normal_distribution<double>()(random);
    alarms += shapiroWilk(x)->p < 0.05 ? 1 : 0;
  }
  EXPECT_NEAR(alarms / 2000.0, 0.05, 0.025);
}

TEST(Normality, MeasuresHowFarTheFarthestLies) {
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
  EXPECT_EQ(medianAbsoluteDeviation({1, 2, 3, 4, 100}), 1);
  EXPECT_EQ(greatestDeviation({1, 2, 3, 4, 100}), 97);
  EXPECT_EQ(greatestDeviation({5, 5}), 0);
  EXPECT_TRUE(std::isinf(greatestDeviation({5, 5, 5, 6})));
}

// Darwin's maize (Fisher 1935): p = 0.041259765625 exactly.
TEST(RankTests, RanksSignsAsWilcoxon) {
  const auto maize = wilcoxonSignedRank({6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75});
  EXPECT_TRUE(maize->exact);
  EXPECT_EQ(maize->statistic, 120 - 24);
  EXPECT_NEAR(maize->p, 0.041259765625, kExact);
  EXPECT_NEAR(wilcoxonSignedRank({0.31, -0.12, 0.77, 0.25, 0.05, -0.41, 0.93, 0.15})->p, 0.1953125, kExact);
  const auto ties = wilcoxonSignedRank({1, 2, 2, -1, 3, 4, 4, -2, 5, 0, 6, 7});
  EXPECT_FALSE(ties->exact);
  EXPECT_NEAR(ties->p, 0.016051564183940742, kExact);
  EXPECT_FALSE(wilcoxonSignedRank({0, 0}));
}

TEST(RankTests, ComparesSamplesAsMannAndWhitney) {
  const auto exact = mannWhitney({12.1, 11.4, 13.9, 12.7, 15.2, 11.9, 12.3}, {10.2, 10.9, 9.7, 11.1, 11.95});
  EXPECT_TRUE(exact->exact);
  EXPECT_EQ(exact->statistic, 33);
  EXPECT_NEAR(exact->p, 0.010101010101010102, kExact);
  const auto ties = mannWhitney({1, 2, 2, 3, 5}, {2, 4, 6, 7, 7, 8});
  EXPECT_EQ(ties->statistic, 4);
  EXPECT_NEAR(ties->p, 0.052477978971014166, kExact);
  EXPECT_FALSE(mannWhitney({1, 1}, {1}));
}

TEST(RankTests, ShiftsAsHodgesAndLehmann) {
  EXPECT_DOUBLE_EQ(hodgesLehmann({1, 2, 6}), 2.75);  // 1, 1.5, 2, 3.5, 4, 6
  EXPECT_DOUBLE_EQ(hodgesLehmann({7}), 7);
}

// Binomial sums: 2 P(B(10) <= 1) = 0.0215, <= 2: 0.109; 2 P(B(6) <= 0) = 0.031.
TEST(RankTests, HoldsAMedianBetweenOrderStatistics) {
  EXPECT_EQ(*medianInterval({10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 0.95), (Interval{2, 9}));
  EXPECT_EQ(*medianInterval({1, 2, 3, 4, 5, 6}, 0.95), (Interval{1, 6}));
  EXPECT_FALSE(medianInterval({1, 2, 3, 4, 5}, 0.95));
}

TEST(Proportions, HaveClopperAndPearsonsLimits) {
  const struct { std::uint64_t k, n; double level, low, high; } cases[] = {
      {5, 100, 0.95, 0.016431879182052159, 0.11283491110546277},
      {250, 1000, 0.95, 0.22343040626468036, 0.27805000622375553},
  };
  for (const auto& c : cases) {
    EXPECT_NEAR(proportionInterval(c.k, c.n, c.level)->low, c.low, kExact);
    EXPECT_NEAR(proportionInterval(c.k, c.n, c.level)->high, c.high, kExact);
  }
  expectRelative(*proportionUpperBound(3, 100'000, 0.99), 0.00010044763675571722);
}

}  // namespace
}  // namespace meshmall::engine
