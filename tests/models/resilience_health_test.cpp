#include "models/resilience/consecutive_failures.h"
#include "models/resilience/health_check.h"
#include "tests/models/resilience_given_draws.h"

namespace meshmall::models {
namespace {

using engine::milliseconds;
using engine::seconds;
using engine::SimTime;

constexpr SimTime at(double s) { return SimTime{static_cast<std::int64_t>(s * 1e9)}; }

CheckResult answer(int status) {
  CheckResult result;
  result.status = status;
  return result;
}

CheckResult silence() {
  CheckResult result;
  result.kind = CheckResult::Kind::kTimeout;
  return result;
}

TEST(HealthChecker, TakesANewEndpointInAfterItsFirstSuccess) {
  const HealthCheckConfig config;
  HealthChecker checker(true);
  GivenDraws random;
  EXPECT_EQ(checker.onResult(config, answer(200), true, random).transition, HealthTransition::kChanged);
  EXPECT_FALSE(checker.failed());
}

TEST(HealthChecker, NeedsTheWholeRunAfterAFirstFailure) {
  const HealthCheckConfig config;  // three successes
  HealthChecker checker(true);
  GivenDraws random;
  checker.onResult(config, silence(), true, random);
  EXPECT_EQ(checker.onResult(config, answer(200), true, random).transition, HealthTransition::kChangePending);
  EXPECT_EQ(checker.onResult(config, answer(200), true, random).transition, HealthTransition::kChangePending);
  EXPECT_EQ(checker.onResult(config, answer(200), true, random).transition, HealthTransition::kChanged);
}

TEST(HealthChecker, CountsTimeoutsButNotABadStatus) {
  const HealthCheckConfig config;
  GivenDraws random;
  HealthChecker slow(false), wrong(false);
  slow.onResult(config, silence(), true, random);
  EXPECT_FALSE(slow.failed());
  wrong.onResult(config, answer(500), true, random);
  EXPECT_TRUE(wrong.failed());
}

TEST(HealthChecker, ChecksRarelyWhileNobodyUsesTheCluster) {
  const HealthCheckConfig config;
  HealthChecker checker(false);
  GivenDraws random;
  EXPECT_EQ(checker.onResult(config, answer(200), false, random).next_interval, seconds(60));
  EXPECT_EQ(checker.onResult(config, answer(200), true, random).next_interval, seconds(10));
  EXPECT_EQ(random.drawn(), 0u);
}

TEST(HealthChecker, ObeysAnAnswerThatAsksForRemovalAtOnce) {
  HealthChecker checker(false);
  EXPECT_EQ(checker.onPassiveFailure(), HealthTransition::kChanged);
  EXPECT_TRUE(checker.failed());
  EXPECT_TRUE(checker.excluded());
}

TEST(ConsecutiveFailures, LetsOneProbeThroughAndDoublesItsPatience) {
  ConsecutiveFailuresConfig config;
  config.jitter = 0;
  ConsecutiveFailures breaker;
  GivenDraws random;
  for (int i = 0; i < 6; ++i) breaker.onAnswer(config, AnswerClass::kFailure, false, at(0), random);
  EXPECT_TRUE(breaker.ready(at(0)));
  EXPECT_TRUE(breaker.onAnswer(config, AnswerClass::kFailure, false, at(0), random).has_value());
  EXPECT_FALSE(breaker.ready(at(0.999)));
  EXPECT_TRUE(breaker.ready(at(1)));
  EXPECT_TRUE(breaker.onSend(at(1)));
  EXPECT_FALSE(breaker.ready(at(1)));  // the probe is under way
  EXPECT_FALSE(breaker.onSend(at(1)));
  breaker.onAnswer(config, AnswerClass::kFailure, true, at(1), random);
  EXPECT_FALSE(breaker.ready(at(2.9)));
  EXPECT_TRUE(breaker.ready(at(3)));
  breaker.onSend(at(3));
  breaker.onAnswer(config, AnswerClass::kSuccess, true, at(3), random);
  EXPECT_TRUE(breaker.ready(at(3)));
  for (int i = 0; i < 7; ++i) breaker.onAnswer(config, AnswerClass::kFailure, false, at(4), random);
  EXPECT_EQ(breaker.shutUntil(), at(5));  // a success has reset the back-off
}

TEST(ConsecutiveFailures, IgnoresLateAnswersWhileItIsShut) {
  ConsecutiveFailuresConfig config;
  ConsecutiveFailures breaker;
  GivenDraws random;
  for (int i = 0; i < 7; ++i) breaker.onAnswer(config, AnswerClass::kFailure, false, at(0), random);
  breaker.onAnswer(config, AnswerClass::kSuccess, false, at(0.5), random);
  EXPECT_FALSE(breaker.ready(at(0.5)));
}

TEST(ConsecutiveFailures, SpreadsItsReturnByAtMostHalfTheBase) {
  const ConsecutiveFailuresConfig config;
  EXPECT_EQ(breakerBackoff(config, 2, 0), seconds(4));
  EXPECT_EQ(breakerBackoff(config, 2, 1), seconds(6));
  EXPECT_EQ(breakerBackoff(config, 40, 1), seconds(60));  // never above the longest
}

TEST(ConsecutiveFailures, ForgetsWhatIsOlderThanItsWindow) {
  ConsecutiveFailuresConfig config;
  config.max_failures = 100;
  config.success_rate = ConsecutiveFailuresConfig::SuccessRate{};
  ConsecutiveFailures breaker;
  GivenDraws random;
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(breaker.onAnswer(config, AnswerClass::kTooManyRequests, false, at(0), random));
  // Eleven seconds later the four are forgotten: one refusal alone is no rate.
  EXPECT_FALSE(breaker.onAnswer(config, AnswerClass::kTooManyRequests, false, at(11), random));
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(breaker.onAnswer(config, AnswerClass::kTooManyRequests, false, at(12), random));
  EXPECT_EQ(breaker.onAnswer(config, AnswerClass::kTooManyRequests, false, at(12), random), TripReason::kLowSuccessRate);
}

}  // namespace
}  // namespace meshmall::models
