#include <cmath>

#include "engine/random/keyed_stream.h"
#include "engine/statistics/tally.h"
#include "engine/statistics/time_series.h"
#include "engine/statistics/time_weighted.h"

namespace meshmall::engine {
namespace {

TEST(Tally, StatesTheMomentsOfAHandWorkedSample) {
  Tally tally;
  for (const std::int64_t v : {2, 4, 4, 4, 5, 5, 7, 9}) tally.add(v);
  EXPECT_EQ(tally.count(), 8u);
  EXPECT_DOUBLE_EQ(*tally.mean(), 5);
  EXPECT_DOUBLE_EQ(*tally.variance(), 32.0 / 7);
  EXPECT_EQ(*tally.min(), 2);
  EXPECT_EQ(*tally.max(), 9);
}

TEST(Tally, SaysNothingWithoutObservations) {
  Tally tally;
  EXPECT_FALSE(tally.mean());
  EXPECT_FALSE(tally.min());
  tally.add(-7);
  EXPECT_EQ(*tally.mean(), -7);
  EXPECT_FALSE(tally.variance());
}

// A textbook failure of naive sums in doubles: spread of 1 around 10^15.
TEST(Tally, KeepsTheVarianceOfSmallSpreadsAroundGreatValues) {
  Tally tally;
  for (const std::int64_t v : {-1, 0, 1}) tally.add(1'000'000'000'000'000 + v);
  EXPECT_DOUBLE_EQ(*tally.mean(), 1e15);
  EXPECT_DOUBLE_EQ(*tally.variance(), 1);
  Tally negative;
  for (const std::int64_t v : {-1, 0, 2}) negative.add(-1'000'000'000'000'000 + v);
  EXPECT_NEAR(*negative.variance(), 7.0 / 3, 1e-12);
}

TEST(Tally, MergesToTheSameWhateverTheOrder) {
  Substream random({1, 0}, {1, 1, 1});
  Tally whole, parts[3];
  for (int i = 0; i < 3000; ++i) {
    const auto v = static_cast<std::int64_t>(random() >> 20) - (std::int64_t{1} << 42);
    whole.add(v);
    parts[random() % 3].add(v);
  }
  Tally forward = parts[0], backward = parts[2];
  forward.merge(parts[1]), forward.merge(parts[2]);
  backward.merge(parts[1]), backward.merge(parts[0]);
  backward.merge(Tally{});
  EXPECT_EQ(forward, whole);
  EXPECT_EQ(backward, whole);
}

TEST(TimeWeighted, AveragesALevelOverItsWindow) {
  TimeWeighted level(1);
  level.set(SimTime{10}, 3);
  level.change(SimTime{20}, -3);
  EXPECT_DOUBLE_EQ(level.average(SimTime{40}), (10 * 1 + 10 * 3) / 40.0);
  EXPECT_EQ(level.max(), 3);
  level.startWindow(SimTime{40});
  EXPECT_DOUBLE_EQ(level.average(SimTime{40}), 0);
  EXPECT_EQ(level.max(), 0);
  level.set(SimTime{50}, 2);
  EXPECT_DOUBLE_EQ(level.average(SimTime{60}), 1);
  EXPECT_EQ(level.windowStart(), SimTime{40});
}

TEST(TimeWeighted, DoesNotOverflowWithGreatLevelsOverYears) {
  TimeWeighted level(1'000'000'000);
  const SimTime ten_years{315'360'000'000'000'000};
  EXPECT_DOUBLE_EQ(level.average(ten_years), 1e9);
}

TEST(TimeSeries, CountsEventsByInterval) {
  CountSeries series({SimTime{100}, Duration{10}});
  series.add(SimTime{99});
  series.add(SimTime{100});
  series.add(SimTime{109}, 2);
  series.add(SimTime{130});
  EXPECT_EQ(series.size(), 4u);
  EXPECT_EQ(series.at(0), 3u);
  EXPECT_EQ(series.at(1), 0u);
  EXPECT_EQ(series.at(3), 1u);
  EXPECT_EQ(series.at(9), 0u);
}

TEST(TimeSeries, AveragesObservationsByInterval) {
  MeanSeries series({SimTime{0}, Duration{10}});
  series.add(SimTime{3}, 4);
  series.add(SimTime{9}, 7);
  series.add(SimTime{25}, -1);
  EXPECT_DOUBLE_EQ(*series.mean(0), 5.5);
  EXPECT_FALSE(series.mean(1));
  EXPECT_DOUBLE_EQ(*series.mean(2), -1);
  EXPECT_EQ(series.count(0), 2u);
}

TEST(TimeSeries, SplitsALevelAtTheIntervalsEnds) {
  LevelSeries series({SimTime{10}, Duration{10}}, 1);
  series.set(SimTime{5}, 4);    // before the start: from the start on
  series.set(SimTime{15}, 2);   // 4 for 5
  series.set(SimTime{42}, 10);  // 2 for 5, 10, 10, 2
  series.finish(SimTime{45});   // 10 for 3
  EXPECT_DOUBLE_EQ(*series.average(0), 3);
  EXPECT_DOUBLE_EQ(*series.average(1), 2);
  EXPECT_DOUBLE_EQ(*series.average(2), 2);
  EXPECT_DOUBLE_EQ(*series.average(3), 34.0 / 5);
  EXPECT_FALSE(series.average(4));
}

}  // namespace
}  // namespace meshmall::engine
