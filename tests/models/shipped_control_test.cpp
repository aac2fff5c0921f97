// The scenarios of scenarios/policies about discovery and autoscaling: what they say, and what changes when a knob is turned.
#include "tests/models/shipped_scenario.h"

namespace meshmall::models {
namespace {

void expectSlosHold(const Result& result) {
  EXPECT_FALSE(result.slos.empty());
  for (const SloVerdict& slo : result.slos) EXPECT_TRUE(slo.holds) << slo.expr;
}

double refused(const Result& result) {
  for (const auto& [flag, count] : result.failed_by_flag)
    if (flag == "UF") return static_cast<double>(count);
  return 0;
}

TEST(ShippedControl, TheAutoscalerMeetsTheRushTooLateUnlessThereIsRoomFromTheBeginning) {
  expectSlosHold(runShipped("policies/late-autoscaler"));
  const char* const target = "/autoscalers/bakery/metrics/0/resource/target/averageUtilization";
  const Result roomy = runShipped("policies/late-autoscaler", {setting("/autoscalers/bakery/minReplicas", "10"), setting("/services/bakery/versions/v1/replicas", "10")});
  EXPECT_EQ(valueOf(roomy, "success.rate"), 1);
  const Result early = runShipped("policies/late-autoscaler", {setting(target, "25"), setting("/services/bakery/versions/v1/replicas", "5")});
  EXPECT_EQ(valueOf(early, "success.rate"), 1);
}

TEST(ShippedControl, StaleEndpointsRefuseRateTimesShareTimesDelayUnlessTheyWait) {
  const char* const termination = "/services/bakery/versions/v1/termination";
  expectSlosHold(runShipped("policies/stale-endpoints"));
  // 400/s for 2 s on average, of which each of 8, 7, 6, 5 endpoints in turn gets its share; three standard errors of a Poisson count.
  const double expected = 400 * 2 * (1.0 / 8 + 1.0 / 7 + 1.0 / 6 + 1.0 / 5);
  const Result bare = runShipped("policies/stale-endpoints", {setting(termination, "{}")});
  EXPECT_NEAR(refused(bare), expected, 3 * std::sqrt(expected));
  EXPECT_EQ(refused(bare), 506);
  const Result least = runShipped("policies/stale-endpoints", {setting(termination, "{}"), setting("/mesh/defaults/trafficPolicy/loadBalancer/simple", R"("LEAST_REQUEST")")});
  EXPECT_EQ(refused(least), 628);
  const Result retried = runShipped("policies/stale-endpoints", {setting(termination, "{}"), setting("/mesh/defaults/retries", R"({"attempts":2})")});
  EXPECT_EQ(valueOf(retried, "success.rate"), 1);
}

}  // namespace
}  // namespace meshmall::models
