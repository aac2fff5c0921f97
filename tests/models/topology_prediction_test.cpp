// The prediction against hand-solved malls, closed forms, and a brute-force recursion over random ones.
#include <cmath>
#include <random>

#include "models/topology/arrival_rates.h"
#include "models/topology/waiting.h"
#include "tests/models/topology_fixture.h"

namespace meshmall::models {
namespace {

using namespace topology_test;
using engine::seconds;

TEST(Waiting, ErlangCHasItsPublishedValues) {
  EXPECT_DOUBLE_EQ(erlangC(1, 0.7), 0.7);
  EXPECT_NEAR(erlangC(2, 1.0), 1.0 / 3, 1e-12);  // 2 rho^2 / (1 + rho)
  EXPECT_NEAR(erlangC(3, 2.0), 4.0 / 9, 1e-12);  // by hand: (4/3) / (1 + 2 + 2 + 4) * 3
  EXPECT_DOUBLE_EQ(erlangC(4, 0), 0);
  EXPECT_DOUBLE_EQ(erlangC(4, 4), 1);
}

TEST(Waiting, IsPollaczekKhinchinForOneServer) {
  const Moments service{0.01, 0.0003};  // cv^2 = 3
  EXPECT_NEAR(waitingTime(1, 60, service).mean, 60 * service.second() / 2 / (1 - 0.6), 1e-12);
  EXPECT_TRUE(std::isinf(waitingTime(1, 100, service).mean));
  EXPECT_EQ(waitingTime(3, 0, service).mean, 0);
}

TEST(Waiting, TheLongestOfExponentialsIsTheirHarmonicSum) {
  const Moments times[] = {{1, 1}, {1, 1}, {1, 1}};
  EXPECT_NEAR(longestOf(times, 3).mean, 1 + 1.0 / 2 + 1.0 / 3, 2e-3);
  EXPECT_NEAR(longestOf(times, 3).variance, 1 + 1.0 / 4 + 1.0 / 9, 2e-2);
  EXPECT_EQ(longestOf(times, 1).mean, 1);
  EXPECT_EQ(longestOf(times, 0).mean, 0);
  const Moments constants[] = {{2, 0}, {5, 0}};
  EXPECT_NEAR(longestOf(constants, 2).mean, 5, 5e-3);
}

TEST(ArrivalRates, AverageAProfileOverTheWindow) {
  ProfileArrivals profile;
  profile.points = {{SimTime{0}, 100}, {SimTime{seconds(60).ns}, 900}};
  const ArrivalConfig arrivals = profile;
  EXPECT_NEAR(meanRate(arrivals, SimTime{0}, SimTime{seconds(60).ns}), 500, 1e-9);
  EXPECT_NEAR(meanRate(arrivals, SimTime{seconds(30).ns}, SimTime{seconds(90).ns}), (700 + 900) / 2.0, 1e-9);
  EXPECT_NEAR(peakRate(arrivals, SimTime{0}, SimTime{seconds(30).ns}), 500, 1e-3);
  EXPECT_EQ(bends(arrivals, SimTime{0}, SimTime{seconds(90).ns}, 100), (std::vector<SimTime>{SimTime{seconds(60).ns}}));
}

TEST(ArrivalRates, OfAnMmppIsTheStationaryMean) {
  MmppArrivals mmpp;
  mmpp.states = {{100, seconds(10)}, {0, seconds(30)}};
  EXPECT_DOUBLE_EQ(meanRate(mmpp, SimTime{0}, SimTime{1}), 25);
  EXPECT_DOUBLE_EQ(peakRate(mmpp, SimTime{0}, SimTime{1}), 100);
}

TEST(Prediction, SolvesATandemByHand) {
  // 40/s come to a (10 ms), nine of ten go on to b (20 ms, two workers), which asks c (1 ms) three times.
  const Scenario s =
      scenario({service("a", {operation("x", {busy(exponential(0.010)), call({1, 0}, 0.9)})}),
                service("b", {operation("x", {busy(exponential(0.020)), call({2, 0}, 1, 3)})}, 2), service("c", {operation("x", {busy(exponential(0.001))})})},
               40);
  const Prediction p = predicted(s);
  EXPECT_NEAR(p.services[0].utilization, 0.40, 1e-12);
  EXPECT_NEAR(p.services[1].offered, 0.72, 1e-12);
  EXPECT_NEAR(p.services[1].utilization, 0.36, 1e-12);
  EXPECT_NEAR(p.services[2].utilization, 0.108, 1e-12);
  EXPECT_NEAR(p.services[2].calls_per_customer, 2.7, 1e-12);
  EXPECT_NEAR(p.traffic[0].calls, 1 + 0.9 + 2.7, 1e-12);
  EXPECT_NEAR(p.traffic[0].unloaded, 0.010 + 0.9 * (0.020 + 3 * 0.001), 1e-12);
  EXPECT_EQ(p.bottleneck, 0u);
  EXPECT_TRUE(p.stable);
  EXPECT_EQ(p.depth, 3u);
  ASSERT_EQ(p.traffic[0].critical.size(), 3u);
  EXPECT_EQ(p.traffic[0].critical[1].of.service, 1u);
}

TEST(Prediction, CallsAnOverloadedServiceUnstable) {
  const Scenario s = scenario({service("a", {operation("x", {busy(exponential(0.010))})})}, 110);
  const Prediction p = predicted(s);
  EXPECT_FALSE(p.stable);
  EXPECT_TRUE(p.services[0].overloaded);
  EXPECT_NEAR(p.load, 1.1, 1e-12);
  EXPECT_NEAR(p.services[0].utilization, 1, 1e-12);  // it can't do more than work all the time
}

TEST(Prediction, AWorkerThatWaitsForItsCalleeIsHeld) {
  // Threads of a are held for their own 1 ms and b's M/M/1 response of 1 / (100 - 50) s.
  const Scenario s = scenario({service("a", {operation("x", {busy(exponential(0.001)), call({1, 0})})}, 4, Concurrency::thread),
                               service("b", {operation("y", {busy(exponential(0.010))})}, 1, Concurrency::thread)},
                              50);
  const Prediction p = predicted(s);
  EXPECT_NEAR(p.services[0].utilization, 50 * (0.001 + 0.020) / 4, 1e-6);
  EXPECT_NEAR(p.services[0].cpu, 50 * 0.001 / 4, 1e-12);
  EXPECT_TRUE(p.services[0].thread);
}

TEST(Prediction, FailuresEndAnOperationUnlessOptionalOrElse) {
  Operation failing = operation("y", {busy(exponential(0.010))});
  failing.failure = {0.25, 503, Failure::When::end};
  Scenario s = scenario(
      {service("a", {operation("x", {call({1, 0}), call({2, 0})})}), service("b", {failing}), service("c", {operation("z", {busy(exponential(0.010))})})}, 10);
  EXPECT_NEAR(predicted(s).services[2].rate, 7.5, 1e-12);
  EXPECT_NEAR(predicted(s).traffic[0].success, 0.75, 1e-12);
  auto& steps = s.services[0].versions[0].operations[0].steps;
  std::get<Call>(steps[0].what).optional = true;
  EXPECT_NEAR(predicted(s).services[2].rate, 10, 1e-12);
  std::get<Call>(steps[0].what).optional = false;
  std::get<Call>(steps[0].what).or_else = {call({2, 0})};
  EXPECT_NEAR(predicted(s).services[2].rate, 12.5, 1e-12);
}

TEST(Prediction, CountsRetriesOfStatedFailuresAndReturningCustomers) {
  Operation failing = operation("y", {busy(exponential(0.010))});
  failing.failure = {0.5, 503, Failure::When::end};
  Scenario s = scenario({service("a", {failing})}, 10);
  EXPECT_NEAR(predicted(s).services[0].rate, 10, 1e-12);  // Istio's default does not repeat a 503
  RetryPolicy policy;
  policy.on = kRetryOn5xx;
  policy.attempts = 2;
  s.mesh_versions[0].default_retries = policy;
  EXPECT_NEAR(predicted(s).services[0].rate, 10 * 1.75, 1e-12);
  EXPECT_NEAR(predicted(s).traffic[0].success, 1 - 0.125, 1e-12);
  s.mesh_versions[0].default_retries->attempts = 0;
  s.traffic[0].return_times = 1;
  EXPECT_NEAR(predicted(s).services[0].rate, 10 * 1.5, 1e-12);
}

TEST(Prediction, SplitsByRuleAndByReplicas) {
  Scenario s = scenario({service("a", {operation("x", {busy(exponential(0.010))})})}, 30);
  Version second = s.services[0].versions[0];
  second.name = "v2";
  second.labels = {{"version", "v2"}};
  second.replicas = {2};
  second.speed = 2;
  s.services[0].versions.push_back(second);
  EXPECT_NEAR(predicted(s).services[0].versions[1].rate, 20, 1e-12);
  DestinationRule rule;
  rule.subsets = {{"one", {{"version", "v1"}}, {}}, {"two", {{"version", "v2"}}, {}}};
  HttpRoute route;
  route.route = {{{"a", "one", 0}, 90, {}}, {{"a", "two", 0}, 10, {}}};
  ServiceRules rules;
  rules.rules.http = {route};
  s.mesh_versions[0].destination_rules = {rule};
  s.mesh_versions[0].virtual_services = {rules};
  const Prediction p = predicted(s);
  EXPECT_NEAR(p.services[0].versions[0].rate, 27, 1e-12);
  EXPECT_NEAR(p.services[0].versions[1].offered, 3 * 0.005, 1e-12);
}

TEST(Prediction, TakesHeaderRulesByTheShareOfCustomersTheyFit) {
  Scenario s = scenario({service("a", {operation("x", {})})}, 30);
  Version second = s.services[0].versions[0];
  second.name = "v2";
  second.labels = {{"version", "v2"}};
  s.services[0].versions.push_back(second);
  KeyDistribution users;
  users.kind = KeyDistribution::Kind::weighted;
  users.weighted = {{"guest", 3.0}, {"tester", 1.0}};
  s.traffic[0].headers = {{"x-user", users}};
  DestinationRule rule;
  rule.subsets = {{"one", {{"version", "v1"}}, {}}, {"two", {{"version", "v2"}}, {}}};
  HttpRoute testers, others;
  HttpMatch match;
  match.headers = {{"x-user", {StringMatchKind::kExact, "tester", false}}};
  testers.match = {match};
  testers.route = {{{"a", "two", 0}, 1, {}}};
  others.route = {{{"a", "one", 0}, 1, {}}};
  ServiceRules rules;
  rules.rules.http = {testers, others};
  s.mesh_versions[0].destination_rules = {rule};
  s.mesh_versions[0].virtual_services = {rules};
  EXPECT_NEAR(predicted(s).services[0].versions[1].rate, 7.5, 30 * 2.0 / 4096);  // the sequence is even to two samples
}

TEST(Prediction, ClosedTrafficStaysBelowItsBoundsAndIsExactForOneUser) {
  Scenario s = scenario({service("a", {operation("x", {busy(exponential(0.010))})})}, 0);
  s.traffic[0].arrivals = ClosedArrivals{1, Distribution::constant(engine::milliseconds(90))};
  EXPECT_NEAR(predicted(s).traffic[0].rate, 10, 1e-4);
  s.traffic[0].arrivals = ClosedArrivals{50, Distribution::constant(engine::milliseconds(90))};
  const Prediction p = predicted(s);
  EXPECT_LE(p.traffic[0].rate, 100);
  EXPECT_GT(p.traffic[0].rate, 95);
  EXPECT_TRUE(p.stable);
}

TEST(Prediction, ClosedTrafficIsStableWhereCallersHoldTheirWorkersToo) {
  const Distribution work = Distribution::constant(engine::milliseconds(1));
  Scenario s = scenario({service("a", {operation("x", {busy(work), call({1, 0})})}, 1, Concurrency::thread), service("b", {operation("y", {busy(work)})})}, 0);
  for (const std::uint32_t users : {2U, 5U, 50U}) {
    s.traffic[0].arrivals = ClosedArrivals{users, Distribution::constant(engine::Duration{0})};
    const Prediction p = predicted(s);
    EXPECT_TRUE(p.stable) << users;
    EXPECT_LE(p.load, 1) << users;
    EXPECT_LE(p.traffic[0].rate, 500) << users;  // one worker, held for 2 ms at least
  }
}

TEST(Prediction, FollowsEventsByTheClock) {
  Scenario s = scenario({service("a", {operation("x", {busy(exponential(0.010))})}, 2)}, 100);
  TimedEvent rush;
  rush.at = SimTime{seconds(50).ns};
  rush.lasts = Distribution::constant(seconds(10));
  rush.what = TrafficChange{0, 3};
  s.events = {rush};
  const Prediction p = predicted(s);
  EXPECT_TRUE(p.stable);
  EXPECT_NEAR(p.services[0].held, (90 * 100 + 10 * 300) * 0.01 / 100, 1e-12);
  EXPECT_NEAR(p.services[0].utilization, p.services[0].held / 2, 1e-12);  // what the rush leaves undone is done after it
  ASSERT_EQ(p.overloads.size(), 1u);
  EXPECT_EQ(p.overloads[0].begin, SimTime{seconds(50).ns});
  EXPECT_EQ(p.overloads[0].end, SimTime{seconds(60).ns});
  EXPECT_NEAR(p.overloads[0].load, 1.5, 1e-12);
  TimedEvent slow;
  slow.at = SimTime{seconds(0).ns};
  slow.every = Distribution::exponential(20);
  slow.lasts = Distribution::exponential(5);
  slow.what = Slow{{}, 3};
  s.events = {slow};
  EXPECT_NEAR(predicted(s).services[0].offered, 100 * 0.01 * 1.5, 1e-12);
}

// Rates by walking every path of the call tree.
void walk(const Scenario& s, OperationRef of, double rate, std::vector<double>& rates) {
  rates[of.service] += rate;
  for (const Step& step : s.services[of.service].operations[of.operation].steps)
    if (const auto* made = std::get_if<Call>(&step.what)) walk(s, made->to, rate * step.probability * made->times[0].first, rates);
}

TEST(Prediction, GivesTheRatesOfABruteForceWalkOnRandomGraphs) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 100; ++round) {
    const auto n = static_cast<std::uint32_t>(2 + random() % 8);
    std::vector<Service> services;
    for (std::uint32_t i = 0; i < n; ++i) {
      Steps steps = {busy(exponential(0.001 * static_cast<double>(1 + random() % 5)))};
      for (std::uint32_t k = 0; i + 1 < n && k < random() % 4; ++k)
        steps.push_back(call({static_cast<std::uint32_t>(i + 1 + random() % (n - i - 1)), 0}, static_cast<double>(random() % 11) / 10,
                             static_cast<std::uint32_t>(random() % 3)));
      services.push_back(service("s" + std::to_string(i), {operation("x", steps)}, 100));
    }
    const Scenario s = scenario(services, 3);
    const Prediction p = predicted(s);
    std::vector<double> rates(n, 0);
    walk(s, {0, 0}, 3, rates);
    for (std::uint32_t i = 0; i < n; ++i) {
      EXPECT_NEAR(p.services[i].rate, rates[i], 1e-9 * (1 + rates[i]));
      EXPECT_NEAR(p.services[i].offered, rates[i] * std::get<Busy>(s.services[i].operations[0].steps[0].what).time.mean(), 1e-9 * (1 + rates[i]));
    }
  }
}

// Walked twice for each level, not twice as often for each: 28 levels would take minutes.
TEST(Prediction, WalksDeepNestsOfOrElseInNoTime) {
  Step step = call({1, 0}, 1, 1);
  for (int level = 0; level < 28; ++level) {
    Step outer = call({1, 0}, 1, 1);
    std::get<Call>(outer.what).or_else = {step};
    step = outer;
  }
  const Prediction p = predicted(scenario({service("a", {operation("x", {step})}, 1), service("b", {operation("x", {})}, 1)}, 3));
  EXPECT_DOUBLE_EQ(p.services[1].rate, 3);  // nothing fails, so nothing is asked twice
}

}  // namespace
}  // namespace meshmall::models
