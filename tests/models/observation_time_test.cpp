// Where the time went, and how far two runs differ: sums that must agree to the nanosecond, and intervals that hold what they should.
#include <numeric>

#include "models/mall/mall.h"
#include "models/mall/plan.h"
#include "models/observation/paired_periods.h"
#include "models/observation/time_spent.h"
#include "tests/models/mall_story.h"

namespace meshmall::models {
namespace {

// A back that fails half of the time and is tried again: all kinds of time occur but for connections.
std::string mall(const std::string& back_mean = "5ms", const std::string& retries = "2") {
  return R"({"meshmall": 1, "name": "time", "run": {"duration": "30s", "warmup": "0s", "seed": 4},
  "network": {"sameZone": "1ms"}, "sidecar": {"inbound": "200us", "outbound": "300us"},
  "services": {
    "front": {"versions": {"v1": {"replicas": 1, "workers": 64}}, "operations": {"GET /": {"steps": [{"busy": "1ms"}, {"call": "back/work"}]}}},
    "back": {"versions": {"v1": {"replicas": 2, "workers": 1}}, "operations": {"work": {"steps": [{"busy": {"exponential": {"mean": ")" +
         back_mean + R"("}}}], "failure": {"probability": 0.3, "when": "end"}}}}
  },
  "traffic": [{"name": "all", "to": "front/GET /", "arrivals": {"poisson": {"rate": "150/s"}}}],
  "mesh": {"defaults": {"retries": {"attempts": )" +
         retries + R"(, "retryOn": "5xx"}}}})";
}

std::int64_t sumOf(const TimeSpent& time) {
  std::int64_t sum = 0;
  for (const TimeSpent::Shop& shop : time.shops) sum += shop.total();
  return sum;
}

TEST(TimeSpent, EachNanosecondOfALatencyIsCountedOnce) {
  const Mall run = story::told(mall());
  const std::vector<Trip> trips = buildAllTrips(run.trips(), run.collector());
  const TimeLog log = timeLog(trips);
  ASSERT_GT(log.trips.size(), 3000U);
  for (const TripTime& trip : log.trips) {
    const std::int64_t sum = std::accumulate(trip.shares.begin(), trip.shares.end(), std::int64_t{0}, [](std::int64_t s, const TripTime::Share& share) { return s + share.ns; });
    ASSERT_EQ(sum, trip.latency.ns) << "customer " << trip.number;
  }
  const TimeSpent all = timeSpent(log, 0, 1, 10);
  EXPECT_EQ(all.customers, log.trips.size());
  EXPECT_EQ(sumOf(all), all.total_ns);
  const TimeSpent lower = timeSpent(log, 0, 0.9, 0), upper = timeSpent(log, 0.9, 1, 0);
  EXPECT_EQ(lower.customers + upper.customers, all.customers);
  EXPECT_EQ(sumOf(lower) + sumOf(upper), all.total_ns);
  EXPECT_GT(upper.total_ns / static_cast<std::int64_t>(upper.customers), lower.total_ns / static_cast<std::int64_t>(lower.customers));
}

TEST(TimeSpent, TellsTriesInVainAndBackOffFromTheTryThatCounted) {
  const Mall run = story::told(mall());
  const TimeLog log = timeLog(buildAllTrips(run.trips(), run.collector()));
  const TimeSpent all = timeSpent(log, 0, 1, 0);
  ASSERT_EQ(all.shops.size(), 2U);
  const TimeSpent::Shop& back = all.shops[0].name == "back" ? all.shops[0] : all.shops[1];
  const auto of = [](const TimeSpent::Shop& shop, SpentOn kind) { return shop.ns[static_cast<std::size_t>(kind)]; };
  EXPECT_GT(of(back, SpentOn::retries), 0);
  EXPECT_GT(of(back, SpentOn::backoff), 0);
  EXPECT_GT(of(back, SpentOn::queueing), 0);
  // A customer whose calls needed one try each has neither; the way to the front and back is a constant: 4 hops, 4 times a proxy's outbound or inbound.
  std::size_t plain = 0;
  for (const TripTime& trip : log.trips) {
    std::int64_t vain = 0, network = 0, proxy = 0;
    for (const TripTime::Share& share : trip.shares) {
      vain += share.kind == SpentOn::retries || share.kind == SpentOn::backoff ? share.ns : 0;
      network += share.kind == SpentOn::network ? share.ns : 0;
      proxy += share.kind == SpentOn::proxy ? share.ns : 0;
    }
    if (vain > 0) continue;
    ++plain;
    ASSERT_EQ(network % 1'000'000, 0);
    ASSERT_EQ(proxy % 100'000, 0);
  }
  EXPECT_GT(plain, log.trips.size() / 4);
  const Mall untried = story::told(mall("5ms", "0"));
  for (const TimeSpent::Shop& shop : timeSpent(timeLog(buildAllTrips(untried.trips(), untried.collector())), 0, 1, 0).shops) {
    EXPECT_EQ(of(shop, SpentOn::retries), 0);
    EXPECT_EQ(of(shop, SpentOn::backoff), 0);
  }
}

TEST(TimeSpent, AServiceMeanIsTheMeanOfItsWork) {
  const Mall run = story::told(mall("2ms", "0"));
  const TimeLog log = timeLog(buildAllTrips(run.trips(), run.collector()));
  const TimeSpent all = timeSpent(log, 0, 1, 0);
  const auto customers = static_cast<double>(all.customers);
  for (const TimeSpent::Shop& shop : all.shops) {
    const double mean_ms = static_cast<double>(shop.ns[static_cast<std::size_t>(SpentOn::service)]) / 1e6 / customers;
    // An exponential's mean of n values has a standard error of mean / sqrt(n): 4 of them. The front's work is a constant.
    const bool back = shop.name == "back";
    EXPECT_NEAR(mean_ms, back ? 2 : 1, back ? 4 * 2 / std::sqrt(customers) : 1e-12);
  }
}

TEST(TimeSpent, ListsTheSlowestFirstAndBandsOfFewKeepSomebody) {
  TimeLog log;
  log.shops = {"a"};
  for (std::uint64_t n = 1; n <= 3; ++n) log.trips.push_back({n, {}, engine::Duration{n == 2 ? 50 : 10}, {200, ResponseFlag::kNone}, false, {{0, SpentOn::service, n == 2 ? 50 : 10}}});
  const TimeSpent all = timeSpent(log, 0, 1, 5);
  ASSERT_EQ(all.slowest.size(), 3U);
  EXPECT_EQ(log.trips[all.slowest[0]].number, 2U);
  EXPECT_EQ(log.trips[all.slowest[1]].number, 1U) << "of equals the one who came first";
  const TimeSpent tail = timeSpent(log, 0.99, 1, 5);
  EXPECT_EQ(tail.customers, 1U);
  EXPECT_EQ(tail.total_ns, 50);
  EXPECT_EQ(timeSpent({}, 0, 1, 5).customers, 0U);
}

TEST(TimeSpent, TracingARangeFromTheMiddleOnChangesNothingAndRecordsThatRange) {
  Mall plain(story::planOf(mall()), {.seed = 4}), traced(story::planOf(mall()), {.seed = 4});
  plain.run();
  traced.runUntil(engine::SimTime{} + engine::seconds(10));
  std::uint64_t before = 0;
  for (const auto& t : traced.collector().traffic()) before += t.customers.started;
  traced.traceRange(before + 1, before + 300, 3);
  traced.run();
  EXPECT_EQ(plain.fingerprint(), traced.fingerprint());
  const std::vector<Trip> trips = buildAllTrips(traced.trips(), traced.collector());
  ASSERT_EQ(trips.size(), 100U);
  EXPECT_EQ(trips[0].number, before + 1);
  EXPECT_EQ(trips[1].number, before + 4);
  const Mall all = story::told(mall(), 4);
  EXPECT_EQ(tripJson(trips[1]), tripJson(buildTrip(all.trips(), before + 4, all.collector())));
}

// ---- paired periods --------------------------------------------------------------------------------------------------------------------

MeasuredPeriods periodsOf(const std::string& text, std::uint64_t seed = 4) {
  Mall run(story::planOf(text), {.seed = seed});
  run.run();
  return periodValues(run.collector(), run.now(), run.finished());
}

const PairedDifference& of(const std::vector<PairedDifference>& all, std::string_view metric) {
  for (const PairedDifference& d : all)
    if (d.metric == metric) return d;
  ADD_FAILURE() << metric;
  return all.front();
}

TEST(PairedPeriods, TheSameRunTwiceIsIdentical) {
  const auto periods = periodsOf(mall());
  EXPECT_EQ(periods.each.size(), 30U);
  for (const PairedDifference& d : pairedDifferences(periods, periods)) {
    if (d.metric == "latency.p99") continue;  // about 150 answers in a period: none has one
    EXPECT_EQ(d.verdict, PairedDifference::Verdict::identical) << d.metric;
    EXPECT_EQ(d.difference, 0) << d.metric;
  }
}

TEST(PairedPeriods, SlowerWorkIsClearlySlowerAndHardlyCostsGoodAnswers) {
  const auto differences = pairedDifferences(periodsOf(mall("4ms")), periodsOf(mall("5ms")));
  const PairedDifference& mean = of(differences, "latency.mean");
  EXPECT_EQ(mean.verdict, PairedDifference::Verdict::higher);
  EXPECT_LT(mean.low, mean.difference);
  EXPECT_GT(mean.high, mean.difference);
  EXPECT_NEAR(*mean.b - *mean.a, mean.difference, 1e-9);
  EXPECT_EQ(of(differences, "latency.p99").verdict, PairedDifference::Verdict::too_few);
}

TEST(PairedPeriods, OtherCustomersOfTheSameMallShowNoClearDifferenceAtTheLevel) {
  // Different seeds: the true difference is 0. At 99 % two or more of four pairs are called clear with a probability of 6 in 10,000.
  int clear = 0;
  std::vector<MeasuredPeriods> runs;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) runs.push_back(periodsOf(mall("2ms"), seed));
  for (std::size_t a = 0; a < runs.size(); a += 2) {
    const auto verdict = of(pairedDifferences(runs[a], runs[a + 1]), "success.rate").verdict;
    clear += verdict == PairedDifference::Verdict::lower || verdict == PairedDifference::Verdict::higher ? 1 : 0;
  }
  EXPECT_LE(clear, 1);
}

TEST(PairedPeriods, WhatIsComparedAreTheFiguresOfTheWholeWindowAsAResultHasThem) {
  Mall run(story::planOf(mall()), {.seed = 4});
  run.run();
  const Result result = run.result();
  const MeasuredPeriods periods = periodValues(run.collector(), run.now(), true);
  const auto all = pairedDifferences(periods, periods);
  EXPECT_DOUBLE_EQ(*of(all, "latency.mean").a, *result.metric("latency.mean"));
  EXPECT_DOUBLE_EQ(*of(all, "latency.p50").a, *result.metric("latency.p50"));
  EXPECT_DOUBLE_EQ(*of(all, "latency.p99").a, *result.metric("latency.p99"));
  EXPECT_DOUBLE_EQ(*of(all, "success.rate").a, *result.metric("success.rate"));
}

// A few slow periods make the p99 of the whole although nearly all periods are quicker: the mean of the periods' values has the other sign.
TEST(PairedPeriods, APercentileOfTheWholeIsNoMeanOfPercentiles) {
  MeasuredPeriods a, b;
  for (std::int64_t i = 0; i < 30; ++i) {
    PeriodValues x, y;
    x.begin = y.begin = engine::SimTime{i};
    x.p99 = 100;
    y.p99 = i < 3 ? 200 : 80;
    a.each.push_back(x);
    b.each.push_back(y);
  }
  a.whole.p99 = 100;
  b.whole.p99 = 190;
  const auto differences = pairedDifferences(a, b);
  const PairedDifference& p99 = of(differences, "latency.p99");
  EXPECT_DOUBLE_EQ(p99.difference, 90);
  EXPECT_EQ(p99.verdict, PairedDifference::Verdict::higher);
  // s^2 = (3 (100 - 90)^2 + 27 (-20 - 90)^2) / 29 before neighbours are put together; 30 periods of t = 2.756 give at least 90 -+ 53.
  EXPECT_LT(p99.low, 90 - 53 + 1);
  EXPECT_GT(p99.high, 90 + 53 - 1);
  b.each.pop_back();
  const auto uneven = pairedDifferences(a, b);
  EXPECT_EQ(of(uneven, "latency.p99").verdict, PairedDifference::Verdict::too_few) << "not equally far";
}

TEST(PairedPeriods, OfARunUnderWayTheLastPeriodIsLeftOut) {
  Mall run(story::planOf(mall()), {.seed = 4});
  run.runUntil(engine::SimTime{} + engine::fromSeconds(5.5));
  EXPECT_EQ(periodValues(run.collector(), run.now(), false).each.size(), 4U);  // five are over
  EXPECT_TRUE(pairedDifferences({}, {}).front().periods == 0);
  const auto few = pairedDifferences(periodValues(run.collector(), run.now(), false), periodValues(run.collector(), run.now(), false));
  EXPECT_EQ(few.front().verdict, PairedDifference::Verdict::too_few);
}

}  // namespace
}  // namespace meshmall::models
