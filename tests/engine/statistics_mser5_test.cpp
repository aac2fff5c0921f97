#include "engine/statistics/mser5.h"

#include <cmath>

#include "engine/random/keyed_stream.h"

namespace meshmall::engine {
namespace {

// Each value stands for one group of five.
std::vector<double> groups(const std::vector<double>& means) {
  std::vector<double> series;
  for (const double y : means) {
    for (const double off : {-2, -1, 0, 1, 2}) series.push_back(y + off);
  }
  return series;
}

// Y = 9, 1, 2, 1, 2, 1: d = 0: mean 8/3, squares 92 - 6 * 64/9 = 148/3 -> /36 = 1.370; d = 1: 1, 2, 1, 2, 1: 6/5 -> /25 = 0.048;
// d = 2: 2, 1, 2, 1: 1 -> /16 = 0.0625; d = 3: 1, 2, 1: 2/3 -> /9 = 0.074.
TEST(Mser5, FindsTheCutOfAHandWorkedSeries) {
  const Mser5Result result = mser5(groups({9, 1, 2, 1, 2, 1}));
  EXPECT_EQ(result.cut, 5u);
  EXPECT_EQ(result.groups, 6u);
  EXPECT_NEAR(result.statistic, 0.048, 1e-12);
  EXPECT_FALSE(result.too_short);
}

TEST(Mser5, CutsNothingFromASteadySeries) {
  EXPECT_EQ(mser5(groups({1, 2, 1, 2, 1, 2, 1, 2})).cut, 0u);
  const Mser5Result constant = mser5(std::vector<double>(100, 3.0));  // all cuts tie at 0: the smallest
  EXPECT_EQ(constant.cut, 0u);
  EXPECT_EQ(constant.statistic, 0);
  EXPECT_FALSE(constant.too_short);
}

TEST(Mser5, SaysTooShortWhenTheMinimumIsAtTheBound) {
  // Half of the series is a ramp: the best cut is the last one allowed, n / 2 = 4 groups.
  const Mser5Result result = mser5(groups({50, 40, 30, 20, 10, 1, 1, 1}));
  EXPECT_EQ(result.cut, 20u);
  EXPECT_TRUE(result.too_short);
}

TEST(Mser5, SaysTooShortWithFewerThanTwoGroups) {
  EXPECT_TRUE(mser5({}).too_short);
  EXPECT_TRUE(mser5({1, 2, 3, 4}).too_short);
  EXPECT_TRUE(mser5({1, 2, 3, 4, 5, 6, 7, 8, 9}).too_short);
}

TEST(Mser5, IgnoresWhatDoesNotFillAGroup) {
  std::vector<double> series = groups({9, 1, 2, 1, 2, 1});
  series.insert(series.end(), {1000, 1000, 1000, 1000});
  EXPECT_EQ(mser5(series).cut, 5u);
}

// The definition, term by term, on noisy decays of random length.
TEST(Mser5, AgreesWithItsDefinition) {
  Substream random({6, 0}, {1, 1, 1});
  for (int round = 0; round < 200; ++round) {
    std::vector<double> series(10 + random() % 400);
    for (std::size_t i = 0; i < series.size(); ++i) series[i] = 100 + 20 * std::exp(-static_cast<double>(i) / 15) + uniform01(random()) * 8;
    const std::size_t n = series.size() / 5;
    std::vector<double> y(n);
    for (std::size_t i = 0; i < 5 * n; ++i) y[i / 5] += series[i] / 5;
    std::size_t best = 0;
    double least = 1e300;
    for (std::size_t d = 0; d <= n / 2; ++d) {
      const double left = static_cast<double>(n - d);
      double mean = 0, squares = 0;
      for (std::size_t i = d; i < n; ++i) mean += y[i] / left;
      for (std::size_t i = d; i < n; ++i) squares += (y[i] - mean) * (y[i] - mean);
      if (squares / left / left < least) least = squares / left / left, best = d;
    }
    const Mser5Result result = mser5(series);
    EXPECT_EQ(result.cut, 5 * best);
    EXPECT_NEAR(result.statistic, least, 1e-9 * least);
    EXPECT_EQ(result.too_short, best == n / 2);
  }
}

}  // namespace
}  // namespace meshmall::engine
