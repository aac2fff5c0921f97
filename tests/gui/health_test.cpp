#include <gtest/gtest.h>

#include "gui/floor/health.h"
#include "tests/gui/floor_fixture.h"

namespace meshmall::gui {
namespace {

TEST(Health, ThresholdsAreThoseOfTheScenariosSlos) {
  FloorFixture mall;
  mall.floor->slos = {"success.rate >= 99.5%", "latency.p99 < 80ms for service=oven", "latency.p50 < 10ms", "warn: retries.amplification < 1.1"};
  const HealthRules rules = healthRulesOf(*mall.floor);
  EXPECT_TRUE(rules.errors_from_slo);
  EXPECT_NEAR(rules.bad_errors, 0.005, 1e-12);
  EXPECT_NEAR(rules.warning_errors, 0.0025, 1e-12);
  ASSERT_TRUE(rules.worst_p99[2]);
  EXPECT_DOUBLE_EQ(*rules.worst_p99[2], 80);
  EXPECT_FALSE(rules.worst_p99[0]);
}

TEST(Health, WithoutSlosTheUsualThresholdsHold) {
  FloorFixture mall;
  const HealthRules rules = healthRulesOf(*mall.floor);
  models::ServiceState s;
  s.replicas = s.up = 2;
  s.workers = 4;
  EXPECT_EQ(healthOf(s, 0, rules), Health::quiet);
  s.answers_per_second = 10;
  EXPECT_EQ(healthOf(s, 0, rules), Health::good);
  EXPECT_EQ(whyOf(s, 0, rules), "");
  s.failed_share = 0.02;
  EXPECT_EQ(healthOf(s, 0, rules), Health::warning);
  s.failed_share = 0.125;
  EXPECT_EQ(healthOf(s, 0, rules), Health::bad);
  EXPECT_EQ(whyOf(s, 0, rules), "12.5 % of calls fail");
}

TEST(Health, ALongLineIsAWarningAndNobodyAtWorkIsBad) {
  const HealthRules rules;
  models::ServiceState s;
  s.replicas = s.up = 1;
  s.workers = 4;
  s.waiting = 4;
  EXPECT_EQ(healthOf(s, 0, rules), Health::good);
  s.waiting = 5;
  EXPECT_EQ(healthOf(s, 0, rules), Health::warning);
  s.up = 0;
  EXPECT_EQ(healthOf(s, 0, rules), Health::bad);
  EXPECT_EQ(whyOf(s, 0, rules), "nobody is at work");
}

TEST(Health, ACorridorIsAsWellAsItsCalls) {
  const HealthRules rules;
  models::EdgeState edge;
  EXPECT_EQ(healthOf(edge, rules), Health::quiet);
  edge.calls_per_second = 3;
  EXPECT_EQ(healthOf(edge, rules), Health::good);
  edge.failed_share = 0.5;
  EXPECT_EQ(healthOf(edge, rules), Health::bad);
}

}  // namespace
}  // namespace meshmall::gui
