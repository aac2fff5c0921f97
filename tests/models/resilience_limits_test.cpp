#include "engine/kernel/promise.h"
#include "models/resilience/circuit_breaker.h"
#include "models/resilience/fault_injection.h"
#include "models/resilience/response.h"
#include "models/resilience/timeouts.h"
#include "tests/models/resilience_given_draws.h"

namespace meshmall::models {
namespace {

using engine::milliseconds;

TEST(CircuitBreaker, AllowsWhatIsBelowItsLimitAtTheMomentOfUse) {
  ResourceManager manager;
  CircuitBreakerConfig limits;
  EXPECT_TRUE(limits.unlimited());
  limits.max_requests = 2;
  manager.addRequest();
  EXPECT_TRUE(manager.canCreateRequest(limits));
  manager.addRequest();
  EXPECT_FALSE(manager.canCreateRequest(limits));
  limits.max_requests = 1;  // lowered: the count stays above it
  EXPECT_EQ(ResourceManager::remaining(limits.max_requests, manager.requests()), 0u);
  manager.removeRequest();
  EXPECT_FALSE(manager.canCreateRequest(limits));
}

TEST(CircuitBreaker, HasEnvoysLimitsOnlyWhenAskedForThem) {
  const CircuitBreakerConfig envoy = CircuitBreakerConfig::envoyDefaults();
  EXPECT_EQ(envoy.max_connections, 1024u);
  EXPECT_EQ(envoy.max_pending_requests, 1024u);
  EXPECT_EQ(envoy.max_requests, 1024u);
  EXPECT_EQ(envoy.max_retries, 3u);
  EXPECT_EQ(limitOf(0), kUnlimited);  // Istio: 0 is not set
  EXPECT_EQ(RetryBudgetConfig{}.percent, 20.0);
  EXPECT_EQ(RetryBudgetConfig{}.min_concurrency, 3u);
}

TEST(CircuitBreaker, StopsWhenASlotIsReturnedTwice) {
  ResourceManager manager;
  EXPECT_THROW(manager.removePending(), engine::BrokenPromise);
}

TEST(Timeouts, SwitchThePerTryTimeoutOffWhenItIsNotBelowTheWhole) {
  EXPECT_EQ(effectiveTimeouts(milliseconds(10), milliseconds(10)).per_try, milliseconds(0));
  EXPECT_EQ(effectiveTimeouts(milliseconds(10), milliseconds(9)).per_try, milliseconds(9));
  EXPECT_EQ(effectiveTimeouts(milliseconds(0), milliseconds(9)).per_try, milliseconds(9));
}

TEST(Timeouts, TellTheUpstreamAtLeastAMillisecond) {
  EXPECT_EQ(expectedTimeout({milliseconds(10), milliseconds(4)}, false, milliseconds(7)), milliseconds(3));
  EXPECT_EQ(expectedTimeout({milliseconds(10), milliseconds(4)}, false, milliseconds(12)), milliseconds(1));
  EXPECT_EQ(expectedTimeout({milliseconds(10), milliseconds(4)}, true, milliseconds(0)), milliseconds(10));
}

TEST(FaultInjection, DrawsOnlyWhenTheShareIsNeitherNoneNorAll) {
  FaultConfig config;
  config.delay = FaultDelay{milliseconds(5), Fraction::ofPercent(100)};
  config.abort = FaultAbort{503, -1, Fraction::ofPercent(0)};
  GivenDraws random;
  EXPECT_EQ(injectDelay(config, random), milliseconds(5));
  EXPECT_FALSE(injectAbort(config, random));
  EXPECT_EQ(random.drawn(), 0u);
}

TEST(FaultInjection, HitsTheShareOfAMillionThatTheDrawSays) {
  FaultConfig config;
  config.abort = FaultAbort{418, -1, Fraction::ofPercent(0.5)};
  GivenDraws random({4999, 5000, 1'004'999});
  EXPECT_EQ(injectAbort(config, random).http_status, 418);
  EXPECT_FALSE(injectAbort(config, random));
  EXPECT_TRUE(injectAbort(config, random));
}

TEST(ResponseFlag, HasEnvoysNames) {
  EXPECT_EQ(name(ResponseFlag::kNoHealthyUpstream), "UH");
  EXPECT_EQ(name(ResponseFlag::kUpstreamProtocolError), "UPE");
  EXPECT_EQ(name(ResponseFlag::kUnauthorizedExternalService), "UAEX");
  EXPECT_EQ(name(ResponseFlag::kOverloadManager), "OM");
  EXPECT_EQ(name(flagOf(ResetReason::kOverflow)), "UO");
  EXPECT_EQ(name(flagOf(ResetReason::kConnectionTermination)), "UC");
}

}  // namespace
}  // namespace meshmall::models
