#include "models/resilience/adaptive_concurrency.h"
#include "models/resilience/admission_control.h"
#include "models/resilience/connection_pool_admission.h"
#include "models/resilience/global_rate_limit.h"
#include "models/resilience/grpc_retry_throttle.h"
#include "models/resilience/local_rate_limit.h"
#include "tests/models/resilience_given_draws.h"

namespace meshmall::models {
namespace {

using engine::milliseconds;
using engine::seconds;
using engine::SimTime;

constexpr SimTime atMs(std::int64_t ms) { return SimTime{ms * 1'000'000}; }

TEST(LocalRateLimit, GivesAllItsTokensAtOneInstantLateInARun) {
  LocalRateLimitConfig config;
  config.default_bucket = LocalBucketConfig{2, 10, seconds(1), RefillMode::kContinuous};
  LocalRateLimiter limiter(config, atMs(0));
  // Seconds kept in doubles would leave 0.9999999999999998 of the second token here.
  const SimTime late{1'234'567'900'000'000};
  EXPECT_TRUE(limiter.allow(config, late));
  EXPECT_TRUE(limiter.allow(config, late));
  EXPECT_FALSE(limiter.allow(config, late));
}

TEST(LocalRateLimit, RefillsContinuouslyOrAtWholeIntervals) {
  LocalRateLimitConfig continuous, stepwise;
  continuous.default_bucket = LocalBucketConfig{10, 10, seconds(1), RefillMode::kContinuous};
  stepwise.default_bucket = LocalBucketConfig{10, 10, seconds(1), RefillMode::kInterval};
  LocalRateLimiter a(continuous, atMs(0)), b(stepwise, atMs(0));
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(a.allow(continuous, atMs(0)));
    EXPECT_TRUE(b.allow(stepwise, atMs(0)));
  }
  EXPECT_TRUE(a.allow(continuous, atMs(100)));
  EXPECT_FALSE(b.allow(stepwise, atMs(999)));
  EXPECT_TRUE(b.allow(stepwise, atMs(1000)));
}

TEST(LocalRateLimit, PassesTheRateInTheLongRun) {
  LocalRateLimitConfig config;
  config.default_bucket = LocalBucketConfig{5, 20, seconds(1), RefillMode::kContinuous};
  LocalRateLimiter limiter(config, atMs(0));
  int passed = 0;
  for (std::int64_t ms = 0; ms < 100'000; ++ms) passed += limiter.allow(config, atMs(ms)) ? 1 : 0;
  EXPECT_EQ(passed, 5 + 1999);  // the bucket, and 20 a second for 99.999 s
}

TEST(LocalRateLimit, WithoutTokensDeniesEverything) {
  LocalRateLimitConfig config;
  config.default_bucket = LocalBucketConfig{0, 1, seconds(1), RefillMode::kContinuous};
  LocalRateLimiter limiter(config, atMs(0));
  EXPECT_FALSE(limiter.allow(config, atMs(5000)));
}

TEST(GlobalRateLimit, CountsPerKeyInWindowsThatStartOnTheClock) {
  GlobalRateLimitConfig config;
  config.requests_per_unit = 2;
  GlobalRateLimiter limiter;
  EXPECT_FALSE(limiter.hit(config, "ann", 1, atMs(900)).over_limit);
  EXPECT_FALSE(limiter.hit(config, "ann", 1, atMs(950)).over_limit);
  EXPECT_TRUE(limiter.hit(config, "ann", 1, atMs(999)).over_limit);
  EXPECT_FALSE(limiter.hit(config, "bob", 1, atMs(999)).over_limit);
  EXPECT_FALSE(limiter.hit(config, "ann", 2, atMs(1000)).over_limit);  // twice the limit within 100 ms, across the boundary
}

TEST(AdmissionControl, RejectsTheShareThatItsWindowAsksFor) {
  AdmissionControlConfig config;
  config.sr_threshold_percent = 100;
  AdmissionController controller;
  for (int i = 0; i < 100; ++i) controller.record(config, i < 50, atMs(0));
  GivenDraws random({4949, 4950, 4951});
  EXPECT_FALSE(controller.decide(config, false, atMs(10), random).admitted);  // 50/101 = 0.495
  EXPECT_FALSE(controller.decide(config, false, atMs(10), random).admitted);
  EXPECT_TRUE(controller.decide(config, false, atMs(10), random).admitted);
  EXPECT_TRUE(controller.decide(config, false, atMs(31'000), random).admitted);  // all forgotten
}

TEST(AdmissionControl, NeverRejectsWhenTheRootOfANegativeShareIsAsked) {
  AdmissionControlConfig config;
  config.aggression = 2;
  GivenDraws random({0});
  EXPECT_TRUE(decideAdmission(config, {100, 100}, 0, false, random).admitted);
  EXPECT_EQ(random.drawn(), 1u);
}

// A server with room for 20: below it a request takes 10 ms, above it the time grows with the crowd. The limit must find that room, give or take its headroom.
TEST(AdaptiveConcurrency, FindsTheRoomOfAServer) {
  AdaptiveConcurrencyConfig config;
  config.jitter = 0;
  config.min_rtt_interval = seconds(3600);
  GradientController controller(config, atMs(0));
  GivenDraws random;
  SimTime now = atMs(0);
  for (int round = 0; round < 2000; ++round) {
    std::uint32_t inside = 0;
    while (controller.tryForward()) ++inside;
    const std::int64_t latency_us = inside <= 20 ? 10'000 : 10'000 * static_cast<std::int64_t>(inside) / 20;
    const SimTime sent = now;
    now = SimTime{now.ns + latency_us * 1000};
    for (std::uint32_t i = 0; i < inside; ++i) controller.onAnswer(config, sent, now, random);
    if (now >= controller.nextTimer()) controller.onTimer(config, now);
  }
  EXPECT_EQ(controller.outstanding(), 0u);
  EXPECT_EQ(controller.minRttMicroseconds(), 10'500u);  // the middle of the bin [10, 11) ms
  // Equilibrium L + sqrt(L) with L = limit x gradient, gradient = 1.25 x 10.5 / (10 limit / 20): L = 26.25, limit = trunc(31.37) = 31; a bin is 1 ms wide.
  EXPECT_NEAR(controller.limit(), 31.0, 2.0);
}

TEST(AdaptiveConcurrency, DropsSamplesOfRequestsSentBeforeTheMeasurement) {
  AdaptiveConcurrencyConfig config;
  config.request_count = 1;
  config.jitter = 0;
  GradientController controller(config, atMs(100));
  GivenDraws random;
  ASSERT_TRUE(controller.tryForward());
  controller.onAnswer(config, atMs(50), atMs(110), random);
  EXPECT_TRUE(controller.measuring());
}

TEST(ConnectionPool, ServesThoseWhoWaitInOrder) {
  const CircuitBreakerConfig limits;
  ResourceManager manager;
  ConnectionPool pool(1);
  EXPECT_EQ(pool.newStream(1, limits, manager).admission, ConnectionPool::Admission::kPending);
  EXPECT_EQ(pool.newStream(2, limits, manager).admission, ConnectionPool::Admission::kPending);
  EXPECT_EQ(pool.connecting(), 2u);
  auto served = pool.onConnected(limits, manager);
  ASSERT_EQ(served.size(), 1u);
  EXPECT_EQ(served[0].stream, 1u);
  served = pool.onStreamEnd(served[0].connection, limits, manager);
  ASSERT_EQ(served.size(), 1u);
  EXPECT_EQ(served[0].stream, 2u);
  EXPECT_EQ(manager.pending(), 0u);
  EXPECT_EQ(manager.requests(), 1u);
}

TEST(ConnectionPool, OverflowsWhenTooManyWait) {
  CircuitBreakerConfig limits;
  limits.max_pending_requests = 1;
  ResourceManager manager;
  ConnectionPool pool(1);
  pool.newStream(1, limits, manager);
  EXPECT_EQ(pool.newStream(2, limits, manager).admission, ConnectionPool::Admission::kOverflow);
  EXPECT_TRUE(pool.cancelPending(1, manager));
  EXPECT_EQ(pool.newStream(3, limits, manager).admission, ConnectionPool::Admission::kPending);
}

TEST(GrpcRetryThrottle, WaitsLongerEachTimeWithinItsBounds) {
  const GrpcRetryConfig config;
  EXPECT_EQ(grpcBackoff(config, 1, 0), milliseconds(80));
  EXPECT_EQ(grpcBackoff(config, 2, 0.5), milliseconds(200));
  EXPECT_EQ(grpcBackoff(config, 9, 0), milliseconds(800));
}

}  // namespace
}  // namespace meshmall::models
