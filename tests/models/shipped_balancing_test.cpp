// The scenarios of scenarios/policies about balancing: what they say, and what changes when the balancer is another one.
#include "tests/models/shipped_scenario.h"

namespace meshmall::models {
namespace {

constexpr const char* kBalancer = "/mesh/defaults/trafficPolicy/loadBalancer";
const std::vector<Override> kInTurn = {setting(kBalancer, R"({"simple":"ROUND_ROBIN"})")};

void expectSlosHold(const Result& result) {
  EXPECT_FALSE(result.slos.empty());
  for (const SloVerdict& slo : result.slos) EXPECT_TRUE(slo.holds) << slo.expr;
}

TEST(ShippedBalancing, AHashKeepsCustomersAtTheirCountersAndMaglevSharesThemOutEvenly) {
  expectSlosHold(runShipped("policies/ring-hash"));
  expectSlosHold(runShipped("policies/maglev"));
  const Result ring = runShipped("policies/maglev", {setting(kBalancer, R"({"consistentHash":{"httpCookie":{"name":"customer"}}})")});
  EXPECT_GT(valueOf(ring, "latency.p99"), 1000);  // the busiest counter is overloaded
}

TEST(ShippedBalancing, ABoundKeepsACelebritysCounterFromDrowning) {
  expectSlosHold(runShipped("policies/bounded-load"));
  const Result unbounded = runShipped("policies/bounded-load", {setting(kBalancer, R"({"consistentHash":{"httpHeaderName":"x-item","maglev":{}}})")});
  EXPECT_GT(valueOf(unbounded, "latency.p99"), 5000);
}

TEST(ShippedBalancing, AWarmUpSparesANewCounterWhatItCannotServeYet) {
  expectSlosHold(runShipped("policies/slow-start"));
  EXPECT_GT(valueOf(runShipped("policies/slow-start", kInTurn), "latency.p99"), 5000);
}

// Jenson and Oanta, "Beyond Round Robin" (Linkerd, 2016): 95 %, 99 % and 99.9 % served within a second. In turn 1/11 of 30 s x 1000/s wait in vain.
TEST(ShippedBalancing, PeakEwmaLeavesTheSlowCounterAloneAsLinkerdPublished) {
  const auto served = [](const std::vector<Override>& balancer) { return 100 * valueOf(runShipped("policies/peak-ewma", balancer), "success.rate"); };
  EXPECT_NEAR(served(kInTurn), 95.4, 0.2);
  EXPECT_NEAR(served({setting(kBalancer, R"({"policy":{"leastRequest":{"selection":"full_scan"}}})")}), 99, 0.5);
  EXPECT_GT(served({}), 99.8);
}

TEST(ShippedBalancing, LoadReportsGiveFastAndSlowClerksWhatTheyCanServe) {
  for (const char* name : {"policies/load-reports", "policies/grpc-weights"}) {
    const Result result = runShipped(name);
    expectSlosHold(result);
    // Twice the speed, twice the customers: weights are requests/s over utilisation, measured over a second of about 80 answers (11 % each), then averaged.
    const double fast = valueOf(result, "requests.total", ScopeKind::version, "shop", "fast"), slow = valueOf(result, "requests.total", ScopeKind::version, "shop", "slow");
    EXPECT_NEAR(fast / slow, 2, 0.1) << name;
    EXPECT_GT(valueOf(runShipped(name, kInTurn), "latency.p99"), 5000) << name;
  }
}

TEST(ShippedBalancing, ProbesTellTwentyDoorsWhereItIsQuick) {
  const Result result = runShipped("policies/prequal");
  expectSlosHold(result);
  const Result least = runShipped("policies/prequal", {setting(kBalancer, R"({"simple":"LEAST_REQUEST"})")});
  EXPECT_LT(valueOf(result, "latency.p99"), 0.5 * valueOf(least, "latency.p99"));
  EXPECT_GT(valueOf(runShipped("policies/prequal", {setting(kBalancer, R"({"simple":"RANDOM"})")}), "latency.p99"), 5000);
}

TEST(ShippedBalancing, ConnectionsThatKubeProxyGaveOutLeaveSomeWarehousesIdle) {
  const auto extremes = [](const Result& result) {
    std::pair<double, double> found{1e9, 0};
    for (const auto& service : result.services) {
      if (service.name != "warehouse") continue;
      for (const auto& endpoint : service.endpoints) {
        const double got = *result.metric("requests.total", ScopeKind::endpoint, endpoint.name);
        found = {std::min(found.first, got), std::max(found.second, got)};
      }
    }
    return found;
  };
  const Result pinned = runShipped("policies/passthrough");
  const double all = *pinned.metric("requests.total");
  EXPECT_EQ(extremes(pinned).first, 0);                 // ten connections at random leave ten warehouses all busy in one of 2,755 cases
  EXPECT_GT(extremes(pinned).second, 0.19 * all);       // two shops at least call one of them
  const Result chosen = runShipped("policies/passthrough", {setting("/mesh/destinationRules/warehouse/trafficPolicy/loadBalancer/simple", "LEAST_REQUEST")});
  EXPECT_NEAR(extremes(chosen).first, 0.1 * all, 0.01 * all);
  EXPECT_NEAR(extremes(chosen).second, 0.1 * all, 0.01 * all);
}

TEST(ShippedBalancing, PickFirstLetsOneCounterDoAllTheWork) {
  const Result result = runShipped("policies/pick-first");
  expectSlosHold(result);
  std::size_t served = 0;
  for (int i = 0; i < 4; ++i) served += valueOf(result, "requests.total", ScopeKind::endpoint, "shop-v1-" + std::to_string(i)) > 0 ? 1U : 0U;
  EXPECT_EQ(served, 2u);  // the first until it closes, then the second
}

}  // namespace
}  // namespace meshmall::models
