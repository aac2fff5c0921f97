// What queries make of scrapes: Prometheus' rate and quantile by hand, Flagger's two metrics, the results' metrics over a window.
#include "models/rollout/workload_telemetry.h"

#include <cmath>

namespace meshmall::models {
namespace {

using engine::Duration;
using engine::milliseconds;
using engine::seconds;
using engine::SimTime;

SimTime at(double s) { return SimTime{} + engine::fromSeconds(s); }

double rateOf(const CounterSeries& series, double now, double window) {
  const auto rate = series.rate(at(now), engine::fromSeconds(window));
  return rate.empty() ? std::nan("") : rate[0];
}

CounterSeries counted(std::initializer_list<std::pair<double, std::uint64_t>> samples) {
  CounterSeries series;
  for (const auto& [t, value] : samples) series.scraped(at(t), std::vector<std::uint64_t>{value});
  return series;
}

TEST(Prometheus, RateStretchesTheIncreaseToTheWindowWhereSamplesComeClose) {
  // 15 s apart, 100 each time: at 62 s the window (2, 62] has the samples of 5, 20, 35, 50: increase 300 in 45 s; 3 s to its start and 12 s to its end
  // are both below 1.1 x 15 s, so it is stretched to 60 s: 400 in 60 s.
  const CounterSeries series = counted({{5, 1000}, {20, 1100}, {35, 1200}, {50, 1300}});
  EXPECT_NEAR(rateOf(series, 62, 60), 300.0 * (60.0 / 45.0) / 60.0, 1e-12);
}

TEST(Prometheus, RateGoesHalfAnIntervalFurtherWhereSamplesAreMissing) {
  // The series began at 50 s: 47 s from the window's start is too far, half an interval is added; 5 s to the end are added whole.
  const CounterSeries series = counted({{50, 700}, {65, 800}});
  EXPECT_NEAR(rateOf(series, 70, 67), 100.0 * ((15.0 + 7.5 + 5.0) / 15.0) / 67.0, 1e-12);
}

TEST(Prometheus, RateNeverStretchesBelowZero) {
  // 10 before, 100 in the 15 s seen: at that pace it was 0 only 1.5 s before the first sample.
  const CounterSeries series = counted({{50, 10}, {65, 110}});
  EXPECT_NEAR(rateOf(series, 66, 20), 100.0 * ((15.0 + 1.5 + 1.0) / 15.0) / 20.0, 1e-12);
}

TEST(Prometheus, OneSampleGivesNothing) {
  EXPECT_TRUE(std::isnan(rateOf(counted({{50, 10}}), 60, 60)));
  EXPECT_TRUE(std::isnan(rateOf(counted({{0, 10}, {50, 20}}), 60, 60))) << "a sample at the window's start is outside";
}

TEST(Prometheus, QuantileIsInterpolatedInItsBucket) {
  const std::vector<double> bounds = {1, 5, 10};
  EXPECT_NEAR(*bucketQuantile(0.5, bounds, std::vector<double>{0, 4, 8, 8}), 5, 1e-12);
  EXPECT_NEAR(*bucketQuantile(0.75, bounds, std::vector<double>{0, 4, 8, 8}), 7.5, 1e-12);
  EXPECT_EQ(*bucketQuantile(0.99, bounds, std::vector<double>{0, 4, 4, 8}), 10) << "beyond the last bound it is that bound";
  EXPECT_FALSE(bucketQuantile(0.99, bounds, std::vector<double>{0, 0, 0, 0}));
}

// 100 answers a second of which `bad` are 500, scraped every 15 s from 5 s on.
WorkloadTelemetry watched(double until, int bad, std::int64_t ms) {
  WorkloadTelemetry telemetry(seconds(60));
  double scrape = 5;
  for (int second = 0; second < until; ++second) {
    for (; scrape <= second; scrape += 15) telemetry.scrape(at(scrape), {{0, 1}}, {2, 1, 3, 4});
    for (int i = 0; i < 100; ++i) telemetry.answered({0, 1}, milliseconds(ms), {static_cast<std::uint16_t>(i < bad ? 500 : 200), ResponseFlag::kNone});
  }
  return telemetry;
}

TEST(WorkloadTelemetry, SuccessRateIsTheShareOfAnswersThatAreNoServerError) {
  const WorkloadTelemetry telemetry = watched(70, 3, 7);
  EXPECT_NEAR(*telemetry.successRate(at(69), seconds(60)), 97, 1e-9);
  EXPECT_NEAR(*telemetry.metric(Metric::success_rate, at(69), seconds(60)), 0.97, 1e-12);
}

TEST(WorkloadTelemetry, WhereEverythingFailsTheQueryIsEmpty) {
  EXPECT_FALSE(watched(70, 100, 7).successRate(at(69), seconds(60)));
  EXPECT_EQ(*watched(70, 100, 7).metric(Metric::success_rate, at(69), seconds(60)), 0);
}

TEST(WorkloadTelemetry, P99IsOnIstiosBuckets) {
  // All answers between 5 and 10 ms: the 99th of a hundred is 5 + 0.99 x 5.
  EXPECT_NEAR(*watched(70, 0, 7).p99(at(69), seconds(60)), 9.95, 1e-9);
  EXPECT_NEAR(watched(70, 0, 7).metric(Metric::latency_p99, at(69), seconds(60)).value(), 7, 0.01);
}

TEST(WorkloadTelemetry, GaugesAreAveragesOfWhatScrapesSaw) {
  const WorkloadTelemetry telemetry = watched(70, 0, 7);
  EXPECT_EQ(*telemetry.metric(Metric::utilization, at(69), seconds(60)), 0.5);
  EXPECT_EQ(*telemetry.metric(Metric::cpu, at(69), seconds(60)), 0.25);
  EXPECT_EQ(*telemetry.metric(Metric::queue_mean, at(69), seconds(60)), 3);
}

TEST(WorkloadTelemetry, BeforeTheSecondScrapeThereIsNoRate) {
  EXPECT_FALSE(watched(15, 0, 7).successRate(at(14), seconds(60)));
  EXPECT_FALSE(WorkloadTelemetry(seconds(60)).metric(Metric::requests_total, at(14), seconds(60)));
}

TEST(WorkloadTelemetry, APodThatHasGoneIsForgottenWithItsWindow) {
  WorkloadTelemetry telemetry = watched(70, 0, 7);
  for (double t = 80; t <= 200; t += 15) telemetry.scrape(at(t), {}, {});
  EXPECT_FALSE(telemetry.successRate(at(200), seconds(60)));
  EXPECT_EQ(*telemetry.metric(Metric::requests_total, at(200), seconds(60)), 0);
}

}  // namespace
}  // namespace meshmall::models
