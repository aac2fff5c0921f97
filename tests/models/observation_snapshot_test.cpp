// The floor as a plain value: it agrees with the mall it was taken from, and taking it changes nothing.
#include <gtest/gtest.h>

#include <string>

#include "models/mall/mall.h"
#include "models/observation/snapshot.h"
#include "models/scenario/decode_scenario.h"

namespace meshmall::models {
namespace {

using engine::SimTime;

constexpr const char* kScenario = R"({
  "meshmall": 1, "name": "floor", "run": {"duration": "8s", "warmup": "1s"},
  "network": {"sameZone": "2ms"},
  "services": {
    "front": {"versions": {"v1": {"replicas": 2, "workers": 8}}, "operations": {"GET /": {"steps": [{"busy": "1ms"}, {"call": "back/work"}]}}},
    "back": {"versions": {"v1": {"replicas": 3, "workers": 1}}, "operations": {"work": {"steps": [{"busy": {"exponential": {"mean": "8ms"}}}]}}}
  },
  "traffic": [{"name": "all", "to": "front/GET /", "arrivals": {"poisson": {"rate": "200/s"}}}],
  "mesh": {"defaults": {"retries": {"attempts": 2, "retryOn": "5xx"},
           "trafficPolicy": {"outlierDetection": {"consecutive5xxErrors": 3, "interval": "1s", "baseEjectionTime": "5s", "maxEjectionPercent": 100}}}},
  "events": [{"at": "3s", "fail": {"service": "back", "endpoints": [0], "probability": 1, "status": 500}, "for": "4s", "note": "counter 0 turns everybody away"}],
  "slos": ["success.rate >= 99%"]
})";

std::shared_ptr<const Plan> plan(const std::string& text = kScenario) {
  DecodeResult decoded = decodeScenario(text, "floor.json", "");
  EXPECT_TRUE(decoded.scenario.has_value());
  return makePlan(std::move(*decoded.scenario));
}

// Runs to `until`, sampled on the way.
Snapshot at(Mall& mall, SnapshotTaker& taker, double seconds) {
  const SimTime until = SimTime{} + engine::fromSeconds(seconds);
  while (taker.nextSample() <= until) {
    mall.runUntil(taker.nextSample());
    taker.sample(mall);
  }
  mall.runUntil(until);
  return taker.take(mall);
}

TEST(Snapshot, AgreesWithTheMallItWasTakenFrom) {
  Mall mall(plan());
  SnapshotTaker taker(mall);
  const Snapshot s = at(mall, taker, 2.5);
  ASSERT_EQ(s.services.size(), 2U);
  EXPECT_EQ(s.floor->services[0].name, "back");
  ASSERT_EQ(s.floor->edges.size(), 2U);
  EXPECT_TRUE(s.floor->edges[0].from_traffic);
  EXPECT_EQ(s.endpoints.size(), mall.endpoints().size());
  std::uint32_t held = 0, waiting = 0;
  for (const Endpoint& e : mall.endpoints()) {
    if (e.service != 0) continue;
    held += e.held;
    waiting += e.waiting;
  }
  EXPECT_EQ(s.services[0].held, held);
  EXPECT_EQ(s.services[0].waiting, waiting);
  EXPECT_EQ(s.services[0].workers, 3U);
  EXPECT_EQ(s.customers_inside, mall.customersInside());
  EXPECT_EQ(s.dots.size(), s.tries);
  EXPECT_NEAR(s.edges[0].calls_per_second, 200, 5 * std::sqrt(200 / taker.floor().interval.seconds()));  // Poisson: 5 standard errors over one interval
  EXPECT_EQ(s.series->points(), mall.collector().timeline().points());
  EXPECT_EQ(s.series->services[0].waiting.size(), s.series->points());
  std::uint64_t counted = 0;
  for (const LatencyBucket& bucket : *s.latency) counted += bucket.count;
  EXPECT_EQ(counted, s.tallies.ok);
}

TEST(Snapshot, CurvesOfAShopAreAveragesAndRates) {
  std::string text = kScenario;  // with counters that fail all at once, and nobody who asks again
  const auto without = [&text](const std::string& part) { text.replace(text.find(part), part.size(), ""); };
  without("\"endpoints\": [0], ");
  text.replace(text.find("\"attempts\": 2"), 13, "\"attempts\": 0");
  text.replace(text.find("\"consecutive5xxErrors\": 3"), 25, "\"consecutive5xxErrors\": 0");
  Mall mall(plan(text), {.seed = 3});
  SnapshotTaker taker(mall);
  const Snapshot s = at(mall, taker, 9);
  const Result result = mall.result();
  const double interval = s.floor->interval.seconds();
  const std::size_t first = static_cast<std::size_t>(1 / interval + 0.5);  // of the measured window, which begins at 1 s
  for (std::uint32_t service = 0; service < 2; ++service) {
    const FloorSeries::OfService& own = s.series->services[service];
    double busy = 0, waiting = 0, failed = 0;
    for (std::size_t i = first; i < s.series->points(); ++i) busy += static_cast<double>(own.utilization[i]), waiting += static_cast<double>(own.waiting[i]);
    for (const float rate : own.failed) failed += static_cast<double>(rate) * interval;
    const auto n = static_cast<double>(s.series->points() - first);
    const std::string name = s.floor->services[service].name;
    EXPECT_NEAR(busy / n, *result.metric("utilization", ScopeKind::service, name), 1e-4) << "the intervals tile the window, so the mean of their averages is its average; floats";
    EXPECT_NEAR(waiting / n, *result.metric("queue.mean", ScopeKind::service, name), 1e-3 * (1 + waiting / n));
    std::uint64_t bad = 0;
    for (std::size_t e = 0; e < s.floor->edges.size(); ++e) bad += s.floor->edges[e].to == service ? s.edges[e].failed : 0;
    EXPECT_GT(failed, 400) << "most of 200/s for four seconds";
    EXPECT_NEAR(failed, static_cast<double>(bad), 0.02 * static_cast<double>(bad) + 2) << "per second times seconds is how many";
  }
}

TEST(Snapshot, ShowsWhatIsBrokenAndWhoHasNoticed) {
  Mall mall(plan());
  SnapshotTaker taker(mall);
  EXPECT_TRUE(at(mall, taker, 2.9).faults.empty());
  const Snapshot s = at(mall, taker, 4.0);
  ASSERT_EQ(s.faults.size(), 1U);
  EXPECT_EQ(s.faults[0].kind, "fail");
  EXPECT_EQ(s.faults[0].text, "back, counter 0: 100 % of requests fail with 500");
  EXPECT_EQ(s.faults[0].until, std::optional(SimTime{} + engine::seconds(7)));
  std::uint32_t distrusted = 0;
  for (const EndpointState& e : s.endpoints) {
    if (e.fails > 0) {
      EXPECT_EQ(e.name, "back-v1-0");
      distrusted = e.ejected_by;
    }
  }
  EXPECT_EQ(distrusted, 2U) << "both staffs of the front have ejected it";
  std::uint32_t ejected = 0;
  for (const SidecarState& staff : s.sidecars) ejected += staff.ejected;
  EXPECT_EQ(ejected, 2U);
  bool captioned = false;
  for (const Mark& mark : *s.marks) captioned = captioned || mark.note == "counter 0 turns everybody away";
  EXPECT_TRUE(captioned);
  const Snapshot later = at(mall, taker, 7.5);
  EXPECT_TRUE(later.faults.empty());
}

TEST(Snapshot, TakingOneChangesNothing) {
  Mall watched(plan()), alone(plan());
  SnapshotTaker taker(watched);
  for (double t = 0.1; t < 9; t += 0.137) at(watched, taker, t);
  watched.run();
  alone.run();
  EXPECT_EQ(toJson(watched.result()), toJson(alone.result()));
}

TEST(Snapshot, EveryDotIsAtAPlaceThatExists) {
  Mall mall(plan());
  SnapshotTaker taker(mall);
  std::size_t flying = 0, queued = 0, served = 0;
  for (double t = 0.5; t < 8; t += 0.05) {
    const Snapshot s = at(mall, taker, t);
    for (const Dot& dot : s.dots) {
      ASSERT_LT(dot.edge, s.edges.size());
      ASSERT_TRUE(dot.endpoint == kNoIndex || dot.endpoint < s.endpoints.size());
      EXPECT_GE(dot.progress, 0);
      EXPECT_LE(dot.progress, 1);
      EXPECT_GT(dot.customer, 0U);
      flying += dot.place == Dot::Place::on_the_way || dot.place == Dot::Place::on_the_way_back ? 1U : 0U;
      queued += dot.place == Dot::Place::in_queue ? 1U : 0U;
      served += dot.place == Dot::Place::at_counter ? 1U : 0U;
    }
  }
  EXPECT_GT(flying, 0U);
  EXPECT_GT(queued, 0U);
  EXPECT_GT(served, 0U);
}

TEST(Snapshot, TellsWhoseMapsAreWrongAboutACounter) {
  DecodeResult decoded = loadScenario("scenarios/policies/stale-endpoints.json", {});
  ASSERT_TRUE(decoded.scenario.has_value());
  Mall mall(makePlan(std::move(*decoded.scenario)), {.seed = 2});
  SnapshotTaker taker(mall);
  // Everybody hears of a change one to three seconds later; at 30 s one of the old counters is taken off the list.
  const auto wrong = [](const Snapshot& s, bool closed) {
    std::uint32_t most = 0;
    for (const EndpointState& e : s.endpoints) {
      EXPECT_FALSE(e.on_old_maps > 0 && e.listed) << e.name;
      EXPECT_FALSE(e.not_on_maps > 0 && !e.listed) << e.name;
      most = std::max(most, closed ? e.on_old_maps : e.not_on_maps);
    }
    return most;
  };
  EXPECT_EQ(wrong(at(mall, taker, 29.9), true), 0U);
  const Snapshot just_closed = at(mall, taker, 30.5);
  EXPECT_EQ(wrong(just_closed, true), 4U) << "none of the four doormen has heard of it";
  EXPECT_EQ(wrong(just_closed, false), 0U);
  for (const SidecarState& sidecar : just_closed.sidecars) EXPECT_EQ(sidecar.stale, sidecar.kind == SidecarState::Kind::gateway) << sidecar.name;
  EXPECT_EQ(wrong(at(mall, taker, 34), true), 0U);
}

}  // namespace
}  // namespace meshmall::models
