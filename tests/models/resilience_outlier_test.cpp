#include "models/resilience/outlier_detector.h"
#include "tests/models/resilience_given_draws.h"

namespace meshmall::models {
namespace {

using engine::seconds;
using engine::SimTime;

constexpr SimTime at(std::int64_t s) { return SimTime{s * 1'000'000'000}; }

struct Fixture {
  OutlierDetectionConfig config;
  OutlierDetector detector;
  GivenDraws random;
  OutlierDetector::Decisions decisions;
  std::uint32_t hosts = 10;

  void answers(std::uint32_t host, int status, int times, SimTime now) {
    for (int i = 0; i < times; ++i) detector.onHttp(config, host, status, now, hosts, random, decisions);
  }
  void tick(SimTime now) { detector.onInterval(config, now, hosts, random, decisions); }
};

TEST(OutlierDetector, EjectsAfterFiveServerErrorsInARow) {
  Fixture f;
  f.answers(3, 500, 4, at(0));
  f.answers(3, 200, 1, at(0));
  f.answers(3, 500, 4, at(0));
  EXPECT_TRUE(f.decisions.empty());
  f.answers(3, 500, 1, at(1));
  ASSERT_EQ(f.decisions.size(), 1u);
  EXPECT_TRUE(f.decisions[0].eject);
  EXPECT_TRUE(f.decisions[0].enforced);
  EXPECT_EQ(f.decisions[0].host, 3u);
  EXPECT_EQ(f.decisions[0].until, at(31));
  EXPECT_TRUE(f.detector.ejected(3));
}

TEST(OutlierDetector, EjectsNobodyFromASmallClusterByDefault) {
  Fixture f;
  f.hosts = 9;  // one of nine is more than 10 %
  f.answers(0, 500, 5, at(0));
  EXPECT_TRUE(f.decisions.empty());
  EXPECT_EQ(f.detector.stats().overflow, 1u);
}

TEST(OutlierDetector, LetsAnEndpointInAtTheFirstTickAfterItsTimeAndLongerEachTime) {
  Fixture f;
  f.answers(0, 500, 5, at(0));
  f.tick(at(10));
  f.tick(at(29));
  EXPECT_TRUE(f.detector.ejected(0));
  f.tick(at(30));
  EXPECT_FALSE(f.detector.ejected(0));
  f.answers(0, 500, 5, at(30));
  EXPECT_EQ(f.decisions.back().until, at(30 + 60));  // twice the base
}

TEST(OutlierDetector, ForgivesOneStepForEachQuietIntervalAfterTheReturn) {
  Fixture f;
  f.answers(0, 500, 5, at(0));
  f.tick(at(30));  // back in, multiplier 1
  EXPECT_FALSE(f.detector.quiet());
  f.tick(at(40));  // multiplier 0
  EXPECT_TRUE(f.detector.quiet());
  f.answers(0, 500, 5, at(41));
  EXPECT_EQ(f.decisions.back().until, at(71));
}

TEST(OutlierDetector, OnlyReportsWhatItDoesNotEnforce) {
  Fixture f;
  f.config.enforcing_consecutive_5xx = 0;
  f.answers(0, 500, 5, at(0));
  ASSERT_EQ(f.decisions.size(), 1u);
  EXPECT_FALSE(f.decisions[0].enforced);
  EXPECT_FALSE(f.detector.ejected(0));
  EXPECT_EQ(f.random.drawn(), 0u);
}

TEST(OutlierDetector, FindsTheHostWhoseSuccessRateLiesFarBelowTheOthers) {
  Fixture f;
  f.hosts = 5;
  f.config.max_ejection_percent = 100;
  f.config.consecutive_5xx = 0;
  for (std::uint32_t h = 0; h < 5; ++h) f.answers(h, 200, 200, at(0));
  f.answers(4, 500, 200, at(0));
  f.tick(at(10));
  EXPECT_DOUBLE_EQ(f.detector.externalRates().mean, 90);
  EXPECT_DOUBLE_EQ(f.detector.externalRates().threshold, 52);
  ASSERT_EQ(f.decisions.size(), 1u);
  EXPECT_EQ(f.decisions[0].type, EjectionType::kSuccessRate);
  EXPECT_EQ(f.decisions[0].host, 4u);
}

TEST(OutlierDetector, TakesATimeoutFor504AndAResetFor503) {
  Fixture f;
  TryOutcome none;
  for (int i = 0; i < 3; ++i) f.detector.onTryEnd(f.config, 1, none, true, at(0), f.hosts, f.random, f.decisions);
  for (int i = 0; i < 2; ++i) {
    f.detector.onTryEnd(f.config, 1, TryOutcome::resetBy(ResetReason::kRemoteReset, true), false, at(0), f.hosts, f.random, f.decisions);
  }
  ASSERT_EQ(f.decisions.size(), 2u);  // gateway errors (reported only), then 5xx
  EXPECT_TRUE(f.detector.ejected(1));
}

TEST(OutlierDetector, DoesNotBlameTheHostForTheCallersOwnOverflow) {
  Fixture f;
  for (int i = 0; i < 20; ++i) {
    f.detector.onTryEnd(f.config, 1, TryOutcome::resetBy(ResetReason::kOverflow, false), false, at(0), f.hosts, f.random, f.decisions);
  }
  EXPECT_TRUE(f.decisions.empty());
}

TEST(OutlierDetector, CopiesGoTheirOwnWays) {
  Fixture f;
  f.answers(0, 500, 4, at(0));
  Fixture copy = f;
  copy.answers(0, 500, 1, at(1));
  EXPECT_TRUE(copy.detector.ejected(0));
  EXPECT_FALSE(f.detector.ejected(0));
}

TEST(OutlierDetectionConfig, OfIstioReadsZeroErrorsAsOff) {
  OutlierDetectionConfig config = istioOutlierDetection();
  EXPECT_EQ(config.enforcing_success_rate, 0u);
  setConsecutive5xxErrors(config, 0);
  EXPECT_EQ(config.enforcing_consecutive_5xx, 0u);
  setConsecutiveGatewayErrors(config, 3);
  EXPECT_EQ(config.enforcing_consecutive_gateway_failure, 100u);
}

}  // namespace
}  // namespace meshmall::models
