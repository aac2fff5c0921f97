// What a running mall tells its observers: sums that must agree, and trips whose parts add up to the latency.
#include "models/mall/mall.h"
#include "models/observation/trip.h"
#include "models/scenario/decode_scenario.h"

namespace meshmall::models {
namespace {

Mall runOf(const std::string& path, const std::string& duration, std::uint64_t trace_first) {
  DecodeResult decoded = loadScenario(path, {durationOverride(duration)});
  EXPECT_TRUE(decoded.scenario.has_value()) << (decoded.problems.empty() ? path : decoded.problems[0].message);
  Mall mall(makePlan(*decoded.scenario), {.seed = 3, .replication = 0, .trace_request = 0, .trace_first = trace_first, .max_events = 0});
  mall.run();
  return mall;
}

class ObservationOfScenario : public ::testing::TestWithParam<const char*> {};

TEST_P(ObservationOfScenario, PartsOfAHundredTripsAddUpToTheLatencyToTheNanosecond) {
  const Mall mall = runOf(GetParam(), "400s", 100);
  std::int64_t explained = 0, total = 0;
  std::size_t ended = 0;
  for (std::uint64_t n = 1; n <= 100; ++n) {
    const Trip trip = buildTrip(mall.trips(), n, mall.collector());
    if (!trip.found || !trip.ended) continue;
    ++ended;
    SimTime cursor = trip.arrived;
    for (const TripPart& part : trip.critical_path) {
      ASSERT_EQ(part.from, cursor) << "customer " << n;
      cursor = part.to;
      if (part.kind != TripPartKind::other) explained += part.length().ns;
    }
    ASSERT_EQ(cursor, trip.end) << "customer " << n;
    total += trip.latency().ns;
  }
  EXPECT_EQ(ended, 100U);
  EXPECT_EQ(explained, total);  // nothing is left as "other": the mall tells of everything that takes time
}

TEST_P(ObservationOfScenario, RequestsAreOkFailedOrInFlightInEveryScope) {
  const Mall mall = runOf(GetParam(), "1m", 0);
  const Result r = mall.result();
  const auto adds_up = [](const Metrics& m) {
    EXPECT_EQ(m.get(Metric::requests_total).value(),
              m.get(Metric::requests_ok).value() + m.get(Metric::requests_failed).value() + m.get(Metric::requests_in_flight).value());
    EXPECT_GE(m.get(Metric::requests_in_flight).value(), 0);
  };
  adds_up(r.metrics);
  EXPECT_GT(r.metrics.get(Metric::requests_total).value(), 0);
  EXPECT_EQ(r.metric(Metric::attempts_total).value(),
            r.metric(Metric::calls_total).value() + r.metric(Metric::retries_total).value() + r.metric(Metric::hedges_total).value());
  double calls = 0;
  for (const ServiceResult& s : r.services) {
    adds_up(s.metrics);
    calls += s.metrics.get(Metric::calls_total).value();
    double tries = 0;
    for (const NamedMetrics& v : s.versions) tries += v.metrics.get(Metric::requests_total).value();
    for (const EndpointResult& e : s.endpoints) {
      adds_up(e.metrics);
      tries -= e.metrics.get(Metric::requests_total).value();
    }
    EXPECT_EQ(tries, 0);
    EXPECT_LE(s.metrics.get(Metric::cpu).value(), 1.0 + 1e-9);
    EXPECT_LE(s.metrics.get(Metric::utilization).value(), 1.0 + 1e-9);
    EXPECT_GE(s.metrics.get(Metric::utilization).value() + 1e-12, s.metrics.get(Metric::cpu).value());
  }
  for (const EdgeResult& e : r.edges) adds_up(e.metrics);
  EXPECT_EQ(calls, r.metric(Metric::calls_total).value());
}

INSTANTIATE_TEST_SUITE_P(Shipped, ObservationOfScenario,
                         ::testing::Values("scenarios/bookinfo.json", "scenarios/online-boutique.json", "scenarios/train-ticket.json"));

}  // namespace
}  // namespace meshmall::models
