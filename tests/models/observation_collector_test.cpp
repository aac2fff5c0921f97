// Counters of a running mall, fed by hand with stories small enough to add up on paper.
#include "models/observation/collector.h"

namespace meshmall::models {
namespace {

using engine::Duration;
using engine::milliseconds;
using engine::seconds;
using engine::SimTime;

SimTime at(std::int64_t ms) { return SimTime{ms * 1'000'000}; }
constexpr Outcome kOk{200, ResponseFlag::kNone};
constexpr Outcome kUnavailable{503, ResponseFlag::kNoHealthyUpstream};

Layout smallLayout() {
  Layout l;
  l.services = {"bakery", "storefront"};
  l.versions = {{0, "v1"}, {0, "v2"}, {1, "v1"}};
  l.operations = {{0, "GET /bread"}, {1, "GET /"}};
  l.traffic = {"lunch"};
  l.localities = {"default"};
  l.flows = {{true, 0, 1}, {false, 1, 0}};
  return l;
}

TEST(ObservationCollector, CountsCustomersOfTheWindowWheneverTheyAreAnswered) {
  Collector c(smallLayout(), {at(1000), at(2000)}, milliseconds(100));
  c.customerArrived(0, at(900), false);
  c.customerArrived(0, at(1500), true);
  c.customerLeft(0, at(900), at(1600), kOk, false, false);
  c.customerArrived(0, at(1900), true);
  c.customerArrived(0, at(1950), true);
  c.customerLeft(0, at(1500), at(1980), kOk, false, true);
  c.customerLeft(0, at(1900), at(2100), kUnavailable, false, true);
  const auto& t = c.traffic()[0];
  EXPECT_EQ(t.answers.started, 3U);
  EXPECT_EQ(t.answers.ok.count(), 1U);
  EXPECT_EQ(t.answers.failed.count(), 1U);
  EXPECT_EQ(t.answers.ok_in_window, 2U);  // also the one who came before it opened
  EXPECT_EQ(c.customersOf(0).alive(), 1U);
  EXPECT_DOUBLE_EQ(t.answers.ok.meanNs().value(), 480e6);
  EXPECT_EQ(c.failedByStatus()[503], 1U);
}

TEST(ObservationCollector, TimeAveragesCoverTheWindowOnly) {
  Collector c(smallLayout(), {at(1000), at(2000)}, seconds(1));
  const auto e = c.addEndpoint({0, "bakery-v1-0", 0, 2}, at(0));
  c.heldWorkers(e, at(500), +1);
  c.waiting(e, at(600), +5);
  c.waiting(e, at(900), -4);  // the five were before the window
  c.heldWorkers(e, at(1250), +1);
  c.heldWorkers(e, at(1500), -2);
  c.waiting(e, at(1500), +2);
  c.waiting(e, at(2500), +9);  // after it
  const auto& x = c.endpoints()[e];
  const Window w = c.window();
  EXPECT_DOUBLE_EQ(x.held.integral(at(3000), w), (1 * 250 + 2 * 250) * 1e6);
  EXPECT_DOUBLE_EQ(x.capacity.integral(at(3000), w), 2 * 1000 * 1e6);
  EXPECT_DOUBLE_EQ(x.waiting.integral(at(3000), w), (1 * 500 + 3 * 500) * 1e6);
  EXPECT_DOUBLE_EQ(x.waiting.maximum(at(3000), w), 3);
  EXPECT_EQ(c.serviceWaiting()[0].max, 3);
  EXPECT_EQ(c.versionWaiting()[0].max, 3);
  EXPECT_EQ(c.serviceWaiting()[1].max, 0);
}

TEST(ObservationCollector, AllTimeCountersOfTriesAndCallsAreWhatIsAlive) {
  Collector c(smallLayout(), {at(1000), at(2000)}, seconds(1));
  const auto e = c.addEndpoint({0, "bakery-v1-0", 0, 1}, at(0));
  c.callStarted(1, false);
  c.tryStarted(1, TryKind::first, false);
  c.endpointTryArrived(e, false);
  EXPECT_EQ(c.callsOf(1).alive(), 1U);
  EXPECT_EQ(c.triesOf(1).alive(), 1U);
  EXPECT_EQ(c.triesAt(e).alive(), 1U);
  c.tryEnded(1, {504, ResponseFlag::kUpstreamRequestTimeout}, false);
  c.tryStarted(1, TryKind::retry, true);
  c.tryEnded(1, {504, ResponseFlag::kUpstreamRequestTimeout}, true);
  c.endpointTryLeft(e, milliseconds(3), {0, ResponseFlag::kDownstreamConnectionTermination}, false);
  c.callEnded(1, milliseconds(9), {504, ResponseFlag::kUpstreamRequestTimeout}, false);
  EXPECT_EQ(c.callsOf(1).alive(), 0U);
  EXPECT_EQ(c.triesOf(1).alive(), 0U);
  EXPECT_EQ(c.triesAt(e).alive(), 0U);
  EXPECT_EQ(c.flows()[1].answers.timeouts, 1U);
  EXPECT_EQ(c.flows()[1].tries_by_kind[1], 1U);
}

TEST(ObservationCollector, RejectionsBelongToTheServiceThatWasCalled) {
  Collector c(smallLayout(), {at(0), at(1000)}, seconds(1));
  const auto e = c.addEndpoint({1, "bakery-v2-0", 0, 1}, at(0));
  c.rejected(Rejection::queue_full, 1, e, true);
  c.rejected(Rejection::queue_full, kNoIndex, e, true);
  c.rejected(Rejection::circuit_breaker, 1, kNoIndex, true);
  c.rejected(Rejection::circuit_breaker, 1, kNoIndex, false);
  EXPECT_EQ(c.serviceRejected()[0][static_cast<std::size_t>(Rejection::queue_full)], 2U);
  EXPECT_EQ(c.serviceRejected()[0][static_cast<std::size_t>(Rejection::circuit_breaker)], 1U);
  EXPECT_EQ(c.flows()[1].answers.rejected[static_cast<std::size_t>(Rejection::queue_full)], 1U);
  EXPECT_EQ(c.endpoints()[e].answers.rejected[static_cast<std::size_t>(Rejection::queue_full)], 2U);
  EXPECT_EQ(c.rejectedInAll()[static_cast<std::size_t>(Rejection::queue_full)], 2U);
}

TEST(ObservationCollector, KeepsTheFirstTenThousandDecisionsAndCountsTheRest) {
  Collector c(smallLayout(), {at(1000), at(2000)}, seconds(1));
  const auto e = c.addEndpoint({0, "bakery-v1-0", 0, 1}, at(0));
  c.decision(at(500), DecisionKind::ejection, Subject::endpoint(e), "storefront-v1-0");  // before the window
  for (int i = 0; i < 10'001; ++i) c.decision(at(1500), DecisionKind::ejection, Subject::endpoint(e), "storefront-v1-0", {{"consecutive5xx", 5.0}});
  EXPECT_EQ(c.decisions().size(), kDecisionsKept);
  EXPECT_EQ(c.decisionsOmitted(), 2U);
  EXPECT_EQ(c.ejections(), 10'001U);
  EXPECT_EQ(c.endpoints()[e].ejections, 10'001U);
  EXPECT_FALSE(c.keepsDecisions());
}

TEST(ObservationCollector, CopiesGoOnByThemselves) {
  Collector a(smallLayout(), {at(0), at(1000)}, seconds(1));
  a.customerArrived(0, at(1), true);
  Collector b = a;
  b.customerLeft(0, at(1), at(2), kOk, false, true);
  EXPECT_EQ(a.customersOf(0).alive(), 1U);
  EXPECT_EQ(b.customersOf(0).alive(), 0U);
}

TEST(ObservationTimeline, ChoosesAnIntervalOfOneTwoFive) {
  EXPECT_EQ(timelineInterval(seconds(120)), seconds(1));
  EXPECT_EQ(timelineInterval(seconds(1000)), seconds(1));
  EXPECT_EQ(timelineInterval(seconds(1001)), seconds(2));
  EXPECT_EQ(timelineInterval(seconds(4000)), seconds(5));
  EXPECT_EQ(timelineInterval(seconds(50)), milliseconds(500));
  EXPECT_EQ(timelineInterval(seconds(10)), milliseconds(100));
  EXPECT_EQ(timelineInterval(milliseconds(30)), engine::microseconds(200));
  EXPECT_EQ(timelineInterval(Duration{5}), Duration{1});
  EXPECT_EQ(timelineInterval(seconds(10LL * 365 * 86400)), seconds(500'000));
}

TEST(ObservationTimeline, HasOnePointAnIntervalAndNeverMoreThanAThousand) {
  Collector c(smallLayout(), {at(0), at(1000)}, milliseconds(100));
  c.customerArrived(0, at(10), true);
  c.customerLeft(0, at(10), at(50), kOk, false, true);
  c.customerArrived(0, at(150), true);
  c.tryStarted(0, TryKind::first, true);
  c.advanceTo(at(350));
  const Timeline& t = c.timeline();
  ASSERT_EQ(t.points(), 3U);
  EXPECT_EQ(t.series(Timeline::kOffered), (std::vector<double>{10, 10, 0}));
  EXPECT_EQ(t.series(Timeline::kThroughput), (std::vector<double>{10, 0, 0}));
  EXPECT_EQ(t.series(Timeline::kInFlight), (std::vector<double>{0, 1, 1}));
  EXPECT_EQ(t.series(Timeline::kAttempts), (std::vector<double>{0, 10, 0}));
  EXPECT_DOUBLE_EQ(t.series(Timeline::kLatencyMean)[0], 40.0);
  c.advanceTo(at(1'000'000));
  EXPECT_EQ(c.timeline().points(), kTimelinePoints);
}

}  // namespace
}  // namespace meshmall::models
