// The scenarios of failover and health answer the questions they ask: what changes when the knob of the description is turned.
#include <cmath>

#include "tests/models/shipped_scenario.h"

namespace meshmall::models {
namespace {

const std::string kPolicy = "/mesh/defaults/trafficPolicy/";

double sentTo(const Result& result, const std::string& locality) {
  double sum = 0;
  for (const EndpointResult& e : result.services.at(0).endpoints)
    if (e.locality == locality) sum += valueOf(result, "requests.total", ScopeKind::endpoint, e.name);
  return sum;
}

TEST(FailoverScenarios, ComparingSuccessRatesFindsTheFlakyTill) {
  const Result without = runShipped("policies/success-rate-ejection", {setting(kPolicy + "outlierDetection/enforcingSuccessRate", "0")});
  EXPECT_EQ(valueOf(without, "ejections.total"), 0);
  // A sixth of 500/s for 60 s, a third of them asked again: 4 standard deviations.
  EXPECT_NEAR(valueOf(without, "retries.total"), 500.0 * 60 / 6 * 0.33, 4 * std::sqrt(1650.0));
  EXPECT_LT(valueOf(runShipped("policies/success-rate-ejection"), "retries.total"), 0.35 * valueOf(without, "retries.total"));
}

TEST(FailoverScenarios, AFixedLimitFindsTwoOfThree) {
  const Result without = runShipped("policies/failure-percentage", {setting(kPolicy + "outlierDetection/enforcingFailurePercentage", "0")});
  EXPECT_EQ(valueOf(without, "ejections.total"), 0);
  EXPECT_EQ(valueOf(runShipped("policies/failure-percentage"), "ejections.total"), 2);
  EXPECT_GT(valueOf(without, "requests.failed"), 3 * valueOf(runShipped("policies/failure-percentage"), "requests.failed"));
}

TEST(FailoverScenarios, RefusedConnectionsEjectAndAnswersDoNot) {
  EXPECT_EQ(valueOf(runShipped("policies/split-origin-errors"), "ejections.total"), 1);
  const Result together = runShipped("policies/split-origin-errors", {setting(kPolicy + "outlierDetection/splitExternalLocalOriginErrors", "false")});
  EXPECT_EQ(valueOf(together, "ejections.total"), 0);
  EXPECT_GT(valueOf(together, "retries.amplification"), 1.1);  // a fifth of all customers, for most of the run, is refused once
}

TEST(FailoverScenarios, SeventyPercentStayUpstairsAndFiftyWithoutOverprovisioning) {
  const Result usual = runShipped("policies/locality-failover");
  const double all = valueOf(usual, "requests.total");
  EXPECT_NEAR(100 * sentTo(usual, "upstairs") / all, 70, 0.6);  // 120,000 draws: 4 standard errors and what was on its way
  EXPECT_EQ(sentTo(usual, "abroad"), 0);
  const Result bare = runShipped("policies/locality-failover", {setting(kPolicy + "loadBalancer/overprovisioningFactor", "1")});
  EXPECT_NEAR(100 * sentTo(bare, "upstairs") / all, 50, 0.6);
}

TEST(FailoverScenarios, AFifthIsSentDownstairsAndAThirdEverywhereWhenPlacesDoNotMatter) {
  const Result usual = runShipped("policies/distribute");
  EXPECT_NEAR(sentTo(usual, "ground") / valueOf(usual, "requests.total"), 0.2, 0.001);
  const Result off = runShipped("policies/distribute", {setting(kPolicy + "loadBalancer/localityLbSetting/enabled", "false")});
  EXPECT_NEAR(sentTo(off, "abroad") / valueOf(off, "requests.total"), 1.0 / 3, 0.001);
}

TEST(FailoverScenarios, TheOwnRecipeComesFirst) {
  const Result usual = runShipped("policies/failover-priority");
  const double all = valueOf(usual, "requests.total", ScopeKind::service, "kitchen");
  EXPECT_NEAR(valueOf(usual, "requests.total", ScopeKind::version, "kitchen", "v2") / all, 20.0 / 60, 0.02);  // while the old ones are closed
  const Result off = runShipped("policies/failover-priority", {setting(kPolicy + "loadBalancer/localityLbSetting/enabled", "false")});
  EXPECT_GT(valueOf(off, "requests.total", ScopeKind::version, "kitchen", "v2") / all, 0.6);
}

TEST(FailoverScenarios, PanicServesWhatItCan) {
  const Result strict = runShipped("policies/panic", {setting(kPolicy + "loadBalancer/panicThreshold", "0")});
  EXPECT_GT(valueOf(strict, "noHealthyUpstream.total"), 100 * 10);
  EXPECT_LT(valueOf(strict, "success.rate"), valueOf(runShipped("policies/panic"), "success.rate") - 0.2);
}

TEST(FailoverScenarios, ZoneAwareRoutingKeepsEveryTillAtItsShare) {
  const Result usual = runShipped("policies/zone-aware");
  EXPECT_NEAR(sentTo(usual, "upstairs") / valueOf(usual, "requests.total"), 1.0 / 3, 0.01);
  const Result forced = runShipped("policies/zone-aware", {setting(kPolicy + "loadBalancer/zoneAware/forceLocalZone", "{\"minSize\":1}")});
  EXPECT_NEAR(sentTo(forced, "upstairs") / valueOf(forced, "requests.total"), 2.0 / 3, 0.01);
}

TEST(FailoverScenarios, ABreakerTakesTheExtraTriesAway) {
  const Result never = runShipped("policies/linkerd-breaker", {setting(kPolicy + "consecutiveFailures/maxFailures", "1000000")});
  EXPECT_EQ(valueOf(never, "ejections.total"), 0);
  EXPECT_GT(valueOf(never, "retries.total"), 50 * valueOf(runShipped("policies/linkerd-breaker"), "retries.total"));
}

TEST(FailoverScenarios, ChecksFindADeadTillBeforeDiscoveryDoes) {
  const Result never = runShipped("policies/active-checks", {setting(kPolicy + "healthChecks/interval", "90s"), setting(kPolicy + "healthChecks/noTrafficInterval", "90s")});
  EXPECT_NEAR(valueOf(never, "retries.total"), 500.0 * 30 / 5, 4 * std::sqrt(3000.0));  // back after 30 s
  EXPECT_LT(valueOf(runShipped("policies/active-checks"), "retries.total"), 0.15 * valueOf(never, "retries.total"));
}

TEST(FailoverScenarios, ADegradedTillsLineDrains) {
  const Result blind = runShipped("policies/degraded", {setting(kPolicy + "healthChecks/degradedWaiting", "1000000")});
  EXPECT_GT(valueOf(blind, "latency.p999"), 3 * valueOf(runShipped("policies/degraded"), "latency.p999"));
}

}  // namespace
}  // namespace meshmall::models
