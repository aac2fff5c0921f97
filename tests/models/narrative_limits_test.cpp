// Told cases of resilience (narrative.json: grad-25, grad-27, grad-28, cb-04, linkerd.retryable, istio.retry.inbound_default), step by step.
#include "models/resilience/adaptive_concurrency.h"
#include "models/resilience/circuit_breaker.h"
#include "models/resilience/linkerd_retry.h"
#include "models/resilience/retry_policy.h"
#include "tests/models/resilience_given_draws.h"

namespace meshmall::models {
namespace {

using engine::milliseconds;
using engine::SimTime;

// Drives a controller by the clock: requests of one latency, timers in between.
class Story {
 public:
  explicit Story(const AdaptiveConcurrencyConfig& config) : config_(config), controller_(config, now_) {}

  void wait(std::int64_t ms) {
    const SimTime until = now_ + milliseconds(ms);
    while (controller_.nextTimer() <= until) {
      now_ = std::max(now_, controller_.nextTimer());
      controller_.onTimer(config_, now_);
    }
    now_ = until;
  }
  void samples(int n, std::int64_t latency_ms) {
    for (int i = 0; i < n; ++i) {
      if (!controller_.tryForward()) continue;
      const SimTime sent = now_;
      controller_.onAnswer(config_, sent, sent + milliseconds(latency_ms), random_);
    }
  }
  std::uint32_t limit() const { return controller_.limit(); }
  const GradientController& controller() const { return controller_; }

 private:
  AdaptiveConcurrencyConfig config_;
  SimTime now_{};
  GivenDraws random_;
  GradientController controller_;
};

AdaptiveConcurrencyConfig fiveSamples() {
  AdaptiveConcurrencyConfig config;
  config.min_concurrency = 3;
  config.request_count = 5;
  config.jitter = 0;
  config.min_rtt_interval = milliseconds(30'000);
  config.concurrency_update_interval = milliseconds(100);
  return config;
}

TEST(ToldCases, Grad25TheLimitComesBackAfterAMeasurement) {
  Story story(fiveSamples());
  story.samples(6, 5);
  ASSERT_FALSE(story.controller().measuring());
  story.wait(1000);
  std::uint32_t before = story.limit();
  for (int window = 0; window < 5; ++window) {
    story.samples(5, 4);
    story.wait(101);
    EXPECT_GT(story.limit(), before);
    before = story.limit();
  }
  story.wait(31'000);
  EXPECT_TRUE(story.controller().measuring());
  EXPECT_EQ(story.limit(), 3u);
  story.wait(1000);
  story.samples(5, 13);
  EXPECT_EQ(story.limit(), before);
}

TEST(ToldCases, Grad27WindowsWithoutSamplesChangeNothing) {
  Story story(fiveSamples());
  story.samples(6, 5);
  story.wait(1000);
  for (int window = 0; window < 5; ++window) {
    const std::uint32_t before = story.limit();
    story.samples(5, 4);
    story.wait(101);
    EXPECT_GT(story.limit(), before);
  }
  const std::uint32_t grown = story.limit();
  for (int window = 0; window < 5; ++window) {
    story.wait(101);
    EXPECT_EQ(story.limit(), grown);
  }
}

TEST(ToldCases, Grad28RequestsSentBeforeAMeasurementGiveItNoSample) {
  AdaptiveConcurrencyConfig config = fiveSamples();
  config.min_concurrency = 2;
  config.request_count = 25;
  GradientController controller(config, SimTime{milliseconds(5).ns});
  GivenDraws random;
  for (int i = 0; i < 25; ++i) {
    ASSERT_TRUE(controller.tryForward());
    controller.onAnswer(config, SimTime{}, SimTime{milliseconds(10).ns}, random);
  }
  EXPECT_TRUE(controller.measuring());
}

TEST(ToldCases, Cb04EnvoysOwnDefaults) {
  const CircuitBreakerConfig envoy = CircuitBreakerConfig::envoyDefaults();
  EXPECT_EQ(envoy.max_connections, 1024u);
  EXPECT_EQ(envoy.max_pending_requests, 1024u);
  EXPECT_EQ(envoy.max_requests, 1024u);
  EXPECT_EQ(envoy.max_retries, 3u);
  EXPECT_EQ(envoy.max_connection_pools, kUnlimited);
  EXPECT_EQ(RetryBudgetConfig{}.percent, 20.0);
  EXPECT_EQ(RetryBudgetConfig{}.min_concurrency, 3u);
}

TEST(ToldCases, LinkerdRetryable1To5) {
  EXPECT_FALSE(linkerdRetries(LinkerdError::kLoadShed));
  EXPECT_TRUE(linkerdRetries(LinkerdError::kFailFast));
  EXPECT_TRUE(linkerdRetries(LinkerdError::kResponseHeadersTimeout));
  EXPECT_TRUE(linkerdRetries(LinkerdError::kRefusedStream));
  EXPECT_FALSE(linkerdRetries(LinkerdError::kConnection));
}

TEST(ToldCases, IstioRetryInboundDefault) {
  const RetryPolicy http = istioInboundRetryPolicy(false);
  EXPECT_EQ(http.attempts, 2u);
  EXPECT_EQ(http.on, kRetryOnResetBeforeRequest);
  EXPECT_FALSE(istioInboundRetryPolicy(true).enabled());
}

}  // namespace
}  // namespace meshmall::models
