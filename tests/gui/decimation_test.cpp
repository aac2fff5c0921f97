#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "gui/charts/decimation.h"
#include "gui/charts/enough_samples.h"
#include "gui/charts/series_csv.h"
#include "gui/charts/steady_range.h"

namespace meshmall::gui {
namespace {

const double kNone = std::numeric_limits<double>::quiet_NaN();

TEST(Decimation, FewValuesStayAsTheyAre) {
  const PlotPoints got = decimate({3, 1, 2}, 0.5, 0, 10);
  EXPECT_EQ(got.points, (std::vector<PlotPoint>{{0.5, 3}, {1.0, 1}, {1.5, 2}}));
  EXPECT_TRUE(got.gaps.empty());
}

TEST(Decimation, ManyValuesKeepEverySpikeAndMakeNoneUp) {
  std::vector<double> values(100'000, 1);
  values[31'234] = 99;
  values[77'777] = -5;
  const PlotPoints got = decimate(values, 1, 0, 1e6, 2'000);
  EXPECT_LE(got.points.size(), 2'000u);
  EXPECT_EQ(std::count(got.points.begin(), got.points.end(), PlotPoint{31'235, 99}), 1);
  EXPECT_EQ(std::count(got.points.begin(), got.points.end(), PlotPoint{77'778, -5}), 1);
  EXPECT_TRUE(std::is_sorted(got.points.begin(), got.points.end(), [](const PlotPoint& a, const PlotPoint& b) { return a.t < b.t; }));
  for (const PlotPoint& point : got.points) EXPECT_EQ(point.y, values[static_cast<std::size_t>(point.t) - 1]);
}

TEST(Decimation, OnlyTheViewCountsWithANeighbourOnEachSide) {
  std::vector<double> values;
  for (int i = 0; i < 100; ++i) values.push_back(i);
  const PlotPoints got = decimate(values, 1, 40, 50);
  ASSERT_FALSE(got.points.empty());
  EXPECT_LE(got.points.front().t, 40);
  EXPECT_GE(got.points.back().t, 50);
  EXPECT_LE(got.points.size(), 14u);
}

TEST(Decimation, IntervalsWithoutASampleAreGapsAndNoPoints) {
  const PlotPoints got = decimate({1, kNone, kNone, 2, kNone}, 2, 0, 10);
  EXPECT_EQ(got.points.size(), 2u);
  EXPECT_EQ(got.gaps, (std::vector<std::pair<double, double>>{{2, 6}, {8, 10}}));
  EXPECT_TRUE(decimate({}, 1, 0, 1).points.empty());
  EXPECT_TRUE(decimate({kNone, kNone}, 1, 0, 9).points.empty());
}

TEST(SteadyRange, GrowsAtOnceAndShrinksOnlyAfterAWhile) {
  SteadyRange range(SteadyRange::Scale::linear);
  EXPECT_EQ(range.update(0, 90), (AxisRange{0, 100}));
  EXPECT_EQ(range.update(0, 430), (AxisRange{0, 500}));
  for (int i = 1; i < SteadyRange::kPatience; ++i) EXPECT_EQ(range.update(0, 90), (AxisRange{0, 500})) << i;
  EXPECT_EQ(range.update(0, 90), (AxisRange{0, 100}));
}

TEST(SteadyRange, OneHighValueStartsTheWaitAnew) {
  SteadyRange range(SteadyRange::Scale::linear);
  range.update(0, 430);
  for (int i = 1; i < SteadyRange::kPatience; ++i) range.update(0, 90);
  range.update(0, 300);
  EXPECT_EQ(range.update(0, 90), (AxisRange{0, 500}));
}

TEST(SteadyRange, ALogarithmicAxisCoversWholeDecades) {
  SteadyRange range(SteadyRange::Scale::logarithmic);
  EXPECT_EQ(range.update(3, 7), (AxisRange{1, 10}));
  EXPECT_EQ(range.update(0.5, 1200), (AxisRange{0.1, 10'000}));
  EXPECT_EQ(range.update(0, 5), (AxisRange{0.1, 10'000})) << "nothing at or below zero stands on it";
  EXPECT_EQ(range.update(kNone, kNone), (AxisRange{0.1, 10'000}));
}

TEST(SteadyRange, RoundsToNumbersThatPeopleRead) {
  EXPECT_DOUBLE_EQ(roundUp(0.031), 0.05);
  EXPECT_DOUBLE_EQ(roundUp(100), 100);
  EXPECT_DOUBLE_EQ(roundUp(101), 200);
  EXPECT_DOUBLE_EQ(roundUp(0), 1);
  EXPECT_DOUBLE_EQ(tickStep(1000, 4), 250);
}

TEST(EnoughSamples, TenMustLieBeyondAPercentile) {
  EXPECT_EQ(samplesNeeded(0.5), 20u);
  EXPECT_EQ(samplesNeeded(0.99), 1'000u);
  EXPECT_EQ(samplesNeeded(0.999), 10'000u);
  EXPECT_FALSE(enoughSamples(0.99, 999));
  EXPECT_TRUE(enoughSamples(0.99, 1'000));
}

TEST(SeriesCsv, HoldsWhatIsShownInTheCLocale) {
  EXPECT_EQ(seriesCsv({{"a", {1, 2.5, kNone}}, {"b,c", {7}}}, 0.1, 0.1, 0.3), "time_s,a,\"b,c\"\n0.2,2.5,\n0.3,,\n");
  EXPECT_EQ(seriesCsv({}, 1, 0, 0), "time_s\n");
}

}  // namespace
}  // namespace meshmall::gui
