// Retries of a running mall: budgets, conditions, waits that answers ask for, hedges. Values of published results and theory are copied in.
#include <algorithm>
#include <cmath>

#include "models/mall/mall.h"
#include "models/observation/trip.h"
#include "mall_story.h"

namespace meshmall::models {
namespace {

using story::ms;
using story::planOf;
using story::told;

double metric(const Mall& mall, std::string_view name) { return mall.result().metric(name).value_or(-1); }

// A service that fails with probability p, enough workers for all, and these retries.
std::string failing(double p, const std::string& retries, const std::string& rate = "500/s", const std::string& duration = "100s") {
  return R"({"meshmall":1,"run":{"duration":")" + duration + R"(","warmup":"15s"},"services":{"a":{"versions":{"v1":{"workers":500}},
    "operations":{"x":{"steps":[{"busy":{"exponential":{"mean":"20ms"}}}],"failure":{"probability":)" + std::to_string(p) + R"(,"status":503,"when":"end"}}}}},
    "traffic":[{"name":"t","to":"a/x","arrivals":{"poisson":{"rate":")" + rate + R"("}}}],"mesh":{"defaults":{"retries":)" + retries + "}}}";
}

// Where everything fails: a retry is only ever granted below the limit, and amplification stays below 1 / (1 - 20 %).
TEST(MallRetries, EnvoysBudgetBoundsRetriesInFlightAndAmplificationWhenEverythingFails) {
  for (const char* backoff : {"1ms", "25ms"}) {
    Mall mall(planOf(failing(1, R"({"attempts":3,"retryOn":"503","backoff":{"baseInterval":")" + std::string(backoff) + R"("},"budget":{"percent":20,"minConcurrency":3}})", "2000/s", "20s")));
    std::uint32_t before = 0;
    bool ever = false;
    while (mall.step()) {
      if (mall.upstreams().empty()) continue;
      const ResourceManager& resources = mall.upstreams()[0].resources;
      const std::uint32_t retries = resources.retries();
      if (retries > before) {  // granted now: judged with what was active then (the failed try had left)
        const std::uint32_t active = resources.requests() + resources.pending();
        ASSERT_LE(retries, std::max(3.0, std::floor(0.2 * active))) << "at " << mall.now().ns;
        ever = true;
      }
      before = retries;
    }
    EXPECT_TRUE(ever);
    EXPECT_LE(metric(mall, "retries.amplification"), 1.25) << backoff;
    EXPECT_GT(metric(mall, "retries.amplification"), 1.05) << backoff;
    EXPECT_TRUE(mall.audit().empty());
  }
}

TEST(MallRetries, TheClustersBudgetHoldsWhereTheRouteHasNone) {
  std::string text = failing(1, R"({"attempts":3,"retryOn":"503"})", "1000/s", "10s");
  text.replace(text.find("\"defaults\":{"), 12, R"("defaults":{"trafficPolicy":{"retryBudget":{"percent":10,"minRetryConcurrency":1}},)");
  const Mall mall = told(text);
  EXPECT_GT(metric(mall, "retries.total"), 0);
  EXPECT_LE(metric(mall, "retries.amplification"), 1 / (1 - 0.1));
}

// published-results.json, retry-budget-ratio-cap: 100 customers a second, three retries at most.
TEST(MallRetries, ATokenBudgetOfAFifthWithoutReserveCapsTheLoadAtOneFifthMore) {
  const struct { double p_fail, max_load; } cases[] = {{0.1, 1.111}, {0.3, 1.2}, {1.0, 1.2}};
  for (const auto& c : cases) {
    const Mall mall = told(failing(c.p_fail, R"({"attempts":3,"retryOn":"503","tokenBudget":{"ratio":0.2,"minPerSecond":0,"deposit":"everyCall"}})", "100/s", "300s"));
    // 30,000 calls: the standard error of the retries of independent failures is below 0.2 % of the load.
    EXPECT_NEAR(metric(mall, "retries.amplification"), c.max_load, 0.02 * c.max_load) << c.p_fail;
    EXPECT_LE(metric(mall, "retries.amplification"), 1.2 * 1.002) << c.p_fail;  // deposits before the window may still be spent in it
  }
}

TEST(MallRetries, ATokenBudgetWithAReserveOfTenASecondAddsTenRetriesASecond) {
  const struct { double p_fail, max_rps; } cases[] = {{0.1, 111.1}, {0.3, 130}, {1.0, 130}};
  for (const auto& c : cases) {
    const Mall mall = told(failing(c.p_fail, R"({"attempts":3,"retryOn":"503","tokenBudget":{"ratio":0.2,"minPerSecond":10,"ttl":"10s","deposit":"everyCall"}})", "100/s", "300s"));
    const double per_second = metric(mall, "attempts.total") / 300;
    EXPECT_LE(per_second, 1.02 * c.max_rps) << c.p_fail;
    EXPECT_GE(per_second, 0.97 * c.max_rps) << c.p_fail;  // the memory is ten slots and the one being written: up to a tenth of the reserve's 10/s
  }
}

// Linkerd: only answers that need no retry deposit, so with everything failing the reserve alone is spent: 100 retries, and again when they are forgotten.
// tower moves its slots by two when it is looked at all the time (the time passed is always a little more than a slot): forgotten after 6 of them.
TEST(MallRetries, LinkerdsBudgetGivesOnlyItsReserveWhenEverythingFails) {
  const Mall mall = told(failing(1, R"({"attempts":3,"retryOn":"503","tokenBudget":{}})", "200/s", "300s"));
  const double per_second = metric(mall, "retries.total") / 300;
  EXPECT_NEAR(per_second, 100.0 / 6, 1.0);
  const Mall fine = told(failing(0, R"({"attempts":3,"retryOn":"503","tokenBudget":{}})", "200/s", "20s"));
  EXPECT_EQ(metric(fine, "retries.total"), 0);
  // Successes pay: with half of the tries failing there are more retries than the reserve.
  const Mall half = told(failing(0.5, R"({"attempts":3,"retryOn":"503","tokenBudget":{}})", "200/s", "100s"));
  EXPECT_GT(metric(half, "retries.total") / 100, 20);
}

// published-results.json, retry-independent-failures: load factor and success of three retries, no overload.
TEST(MallRetries, ThreeRetriesOfIndependentFailuresMultiplyTheLoadAsTheGeometricSumSays) {
  const double p[] = {0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 0.9, 1.0};
  const double load[] = {1.0101, 1.05262, 1.111, 1.248, 1.417, 1.875, 2.73438, 3.439, 4.0};
  const double success[] = {0.99999999, 0.99999375, 0.9999, 0.9984, 0.9919, 0.9375, 0.683594, 0.3439, 0.0};
  for (std::size_t i = 0; i < std::size(p); ++i) {
    const Mall mall = told(failing(p[i], R"({"attempts":3,"retryOn":"503"})", "1000/s", "100s"));
    const double n = metric(mall, "requests.total");
    // Tries of a call have a standard deviation below 1.3: three standard errors are below 1.3 * 3 / sqrt(100,000) = 1.2 %; 0.5 % of the larger ones.
    EXPECT_NEAR(metric(mall, "retries.amplification"), load[i], std::max(0.005 * load[i], 4 * 1.3 / std::sqrt(n))) << p[i];
    EXPECT_NEAR(metric(mall, "success.rate"), success[i], 4 * std::sqrt(success[i] * (1 - success[i]) / n) + 2 / n) << p[i];
  }
}

// published-results.json, envoy-retry-budget-concurrency.
TEST(MallRetries, EnvoysBudgetAllowsThePublishedNumbersOfRetries) {
  const std::uint64_t active[] = {2, 10, 15, 25, 100}, allowed[] = {3, 3, 3, 5, 20};
  for (std::size_t i = 0; i < std::size(active); ++i) EXPECT_EQ(ResourceManager::budgetLimit({20, 3}, active[i]), allowed[i]);
}

// published-results.json, layered-retry-amplification: layers of proxies, each with its own retries, over a bottom that always fails.
std::string layers(int count, int retries, double p) {
  std::string services, routes;
  for (int l = 0; l < count; ++l) {
    const std::string name = "s" + std::to_string(l);
    const bool bottom = l + 1 == count;
    services += (l ? "," : "") + std::string("\"") + name + R"(":{"versions":{"v1":{"workers":10000}},"operations":{"x":{"steps":[)" +
                (bottom ? std::string() : R"({"call":"s)" + std::to_string(l + 1) + R"(/x"})") + "]" +
                (bottom ? R"(,"failure":{"probability":)" + std::to_string(p) + R"(,"status":503})" : "") + "}}}";
  }
  return R"({"meshmall":1,"run":{"duration":"20s"},"services":{)" + services + R"(},"traffic":[{"name":"t","to":"s0/x","arrivals":{"constant":{"rate":"10/s"}}}],
    "mesh":{"defaults":{"retries":{"attempts":)" + std::to_string(retries) + R"(,"retryOn":"503","backoff":{"baseInterval":"1ms"}}}}})";
}

TEST(MallRetries, RetriesAtSeveralLayersMultiply) {
  const struct { int layers, attempts, calls; } cases[] = {{5, 3, 243}, {3, 4, 64}, {3, 3, 27}, {2, 3, 9}};
  for (const auto& c : cases) {
    const Mall mall = told(layers(c.layers, c.attempts - 1, 1.0));
    const Result result = mall.result();
    const auto bottom = result.metric("attempts.total", ScopeKind::service, "s" + std::to_string(c.layers - 1));
    // The last customers are still being tried when the run ends: none of them takes longer than a second of back-offs of 0 to 9 ms.
    EXPECT_NEAR(*bottom / *result.metric("requests.total"), c.calls, 0.05 * c.calls) << c.layers;
  }
}

TEST(MallRetries, PartialFailuresOfTheBottomAreHealedByTheLayerAboveIt) {
  const double p[] = {0.01, 0.1, 0.5}, calls[] = {1.0101, 1.11111, 2.0};
  for (std::size_t i = 0; i < std::size(p); ++i) {
    std::string text = layers(5, 2, p[i]);
    text.replace(text.find("10/s"), 4, "1000/s");
    text.replace(text.find("\"20s\""), 5, "\"60s\"");
    const Mall mall = told(text);
    const Result result = mall.result();
    EXPECT_NEAR(*result.metric("attempts.total", ScopeKind::service, "s4") / *result.metric("requests.total"), calls[i], 0.012 * calls[i]) << p[i];
  }
}

// ---- conditions ----------------------------------------------------------------------------------------------------------------------

std::string statusStory(const std::string& protocol, int status, const std::string& retry_on, int attempts = 1) {
  return R"({"meshmall":1,"run":{"duration":"10s"},"services":{"a":{"protocol":")" + protocol + R"(","operations":{"x":{"failure":{"probability":1,"status":)" + std::to_string(status) +
         R"(}}}}},"traffic":[{"name":"t","to":"a/x","arrivals":{"constant":{"rate":"1/s"}}}],"mesh":{"defaults":{"retries":{"attempts":)" + std::to_string(attempts) +
         R"(,"retryOn":")" + retry_on + R"("}}}})";
}

TEST(MallRetries, ConditionsDecideByTheStatusAndOfGrpcServicesByTheGrpcStatus) {
  const struct { const char* protocol; int status; const char* on; bool retried; } cases[] = {
      {"http1", 503, "5xx", true},          {"http1", 500, "gateway-error", false},      {"http1", 502, "gateway-error", true}, {"http1", 409, "retriable-4xx", true},
      {"http1", 404, "retriable-4xx", false}, {"http1", 418, "418", true},               {"http1", 503, "unavailable", false},  {"http1", 503, "reset,connect-failure", false},
      {"grpc", 503, "unavailable", true},   {"grpc", 503, "5xx", false},                 {"grpc", 504, "deadline-exceeded", true}, {"grpc", 500, "internal", true},
      {"grpc", 429, "resource-exhausted", true}, {"grpc", 499, "cancelled", true},       {"grpc", 503, "503", false},           {"grpc", 404, "unavailable", false},
      {"http1", 503, "envoy-ratelimited", false}, {"http1", 503, "", false},             {"grpc", 503, "", true}};  // Istio's default conditions
  for (const auto& c : cases) {
    const Mall mall = told(statusStory(c.protocol, c.status, c.on));
    EXPECT_EQ(metric(mall, "retries.total"), c.retried ? 9 : 0) << c.protocol << " " << c.status << " " << c.on;
    EXPECT_EQ(mall.result().failed_by_status.size(), 1u);
    EXPECT_EQ(mall.result().failed_by_status[0].first, std::to_string(c.status));  // what a scenario states is what metrics count
  }
}

TEST(MallRetries, EvenASuccessIsRetriedWhereItsCodeIsListed) {
  const Mall mall = told(R"({"meshmall":1,"run":{"duration":"10s"},"services":{"a":{"operations":{"x":{}}}},
    "traffic":[{"name":"t","to":"a/x","arrivals":{"constant":{"rate":"1/s"}}}],"mesh":{"defaults":{"retries":{"attempts":2,"retryOn":"200"}}}})");
  EXPECT_EQ(metric(mall, "retries.total"), 18);
}

// A rate-limited answer is not retried unless asked for; then the wait is what its header asks for, at least.
TEST(MallRetries, WaitsAsLongAsTheRateLimitedAnswerAsks) {
  const auto text = [](const std::string& more) {
    return R"({"meshmall":1,"run":{"duration":"10s"},"services":{"a":{"operations":{"x":{}}}},
      "traffic":[{"name":"t","to":"a/x","arrivals":{"constant":{"rate":"1/s"}}}],
      "mesh":{"rateLimits":{"a":{"local":{"maxTokens":1,"tokensPerFill":1,"fillInterval":"3s"}}},"defaults":{"retries":{"attempts":1)" + more + "}}}}";
  };
  const Mall plain = told(text(R"(,"retryOn":"429,5xx")"));
  EXPECT_EQ(metric(plain, "retries.total"), 0);
  const Mall asked = told(text(R"(,"retryOn":"envoy-ratelimited","rateLimitedBackoff":{"resetHeaders":[{"name":"x-none"},{"name":"Retry-After"}]})"));
  const std::vector<std::int64_t> waits = story::backoffsIn(asked);
  ASSERT_FALSE(waits.empty());
  // The first is refused at 2 s: two thirds of a token are missing, 2 s. Uniform over [I, 1.5 I): 2 to 3 s.
  EXPECT_GE(waits[0], ms(2000));
  EXPECT_LT(waits[0], ms(3000));
  const Mall too_long = told(text(R"(,"retryOn":"envoy-ratelimited","rateLimitedBackoff":{"resetHeaders":[{"name":"retry-after"}],"maxInterval":"1s"})"));
  for (const std::int64_t wait : story::backoffsIn(too_long)) EXPECT_LT(wait, ms(1500));
}

// ---- hedging ---------------------------------------------------------------------------------------------------------------------------

// Two endpoints, one of which is slow: the hedge goes to the other one and wins; the slow one hears of it and stops.
constexpr const char* kSlowAndFast = R"({"meshmall":1,"run":{"duration":"3s","drain":true},"network":{"sameZone":"1ms"},
  "services":{"a":{"versions":{"v1":{"workers":4,"onCancel":"stop"},"v2":{"workers":4,"onCancel":"stop","operations":{"x":{"steps":[{"busy":"500ms"}]}}}},"operations":{"x":{"steps":[{"busy":"5ms"}]}}}},
  "traffic":[{"name":"t","to":"a/x","arrivals":{"constant":{"rate":"1/s"}}}],
  "mesh":{"defaults":{"trafficPolicy":{"loadBalancer":{"simple":"ROUND_ROBIN"}},
    "retries":{"attempts":1,"perTryTimeout":"50ms","backoff":{"baseInterval":"1ms"},"hedge":{"onPerTryTimeout":true}}}}})";

TEST(MallRetries, AHedgeStartsBesideTheSlowTryAndTheFirstGoodAnswerWins) {
  const Mall mall = told(kSlowAndFast);
  EXPECT_EQ(mall.auditDrained(), std::vector<std::string>());
  const auto visits = story::visitsIn(mall);
  const auto tries = story::triesIn(mall);
  ASSERT_EQ(visits.size(), 2u);
  int hedged = 0;
  for (const story::Visit& visit : visits) {
    EXPECT_EQ(visit.status, 200);
    // Fast one first: 7 ms. Slow one first: 50 ms, then the hedge's 7 ms (a back-off of a base of 1 ms is none).
    EXPECT_TRUE(visit.stayed == ms(7) || visit.stayed == ms(57)) << visit.stayed;
    hedged += visit.stayed == ms(57) ? 1 : 0;
  }
  EXPECT_GE(hedged, 1);
  EXPECT_EQ(metric(mall, "hedges.total"), hedged);
  EXPECT_EQ(metric(mall, "retries.total"), 0);
  for (const auto& sent : tries) {
    if (sent.kind == TryKind::hedge) {
      EXPECT_EQ(sent.endpoint, "a-v1-0");
    }
  }
  // The slow endpoint was told after a hop: it worked 57 ms + 1 ms - 1 ms on the way there = 57 ms for each, not 500.
  EXPECT_NEAR(*mall.result().metric("latency.failed.mean", ScopeKind::version, "a", "v2"), 57, 1.5);
}

TEST(MallRetries, ATripTellsWhoWonAndWhatTheProxyBelieved) {
  const Mall mall = told(kSlowAndFast);
  std::string texts;
  for (std::uint64_t n : {1, 2}) texts += tripText(buildTrip(mall.trips(), n, mall.collector()));
  EXPECT_NE(texts.find("(hedge)"), std::string::npos) << texts;
  EXPECT_NE(texts.find("passes its per-try timeout and goes on"), std::string::npos) << texts;
  EXPECT_NE(texts.find("no answer LR"), std::string::npos) << texts;
}

// Without hedging the same timeout ends the try, and the condition decides.
TEST(MallRetries, WithoutHedgingThePerTryTimeoutEndsTheTry) {
  std::string text = kSlowAndFast;
  text.replace(text.find("\"onPerTryTimeout\":true"), 22, "\"onPerTryTimeout\":false");
  const Mall mall = told(text);
  for (const story::Visit& visit : story::visitsIn(mall)) EXPECT_TRUE((visit.status == 200 && visit.stayed == ms(7)) || (visit.status == 504 && visit.stayed == ms(50)));
  EXPECT_EQ(metric(mall, "hedges.total"), 0);
}

// The bad answer of one is dropped while the other may still do better; the last bad one is passed on.
TEST(MallRetries, AHedgedCallDropsABadAnswerWhileAnotherTryIsOut) {
  const auto text = [](const std::string& fast_status) {
    return R"({"meshmall":1,"run":{"duration":"2s","drain":true},"services":{"a":{"versions":{"v1":{"workers":4}},"operations":{"x":{"steps":[{"busy":"100ms"}],"failure":{"probability":1,"status":)" +
           fast_status + R"(,"when":"end"}}}}},"traffic":[{"name":"t","to":"a/x","arrivals":{"constant":{"rate":"1/s"}}}],
      "mesh":{"defaults":{"retries":{"attempts":1,"retryOn":"503","perTryTimeout":"60ms","backoff":{"baseInterval":"1ms"},"hedge":{"onPerTryTimeout":true}}}}})";
  };
  // 503 at 100 ms is bad and dropped; the hedge's at 160 ms is the last one.
  const Mall bad = told(text("503"));
  EXPECT_EQ(story::visitAt(bad, "t", ms(1000)).stayed, ms(160));
  EXPECT_EQ(story::visitAt(bad, "t", ms(1000)).status, 503);
  // 500 would not be retried: it wins at 100 ms, and the hedge is reset.
  const Mall final = told(text("500"));
  EXPECT_EQ(story::visitAt(final, "t", ms(1000)).stayed, ms(100));
  EXPECT_EQ(final.auditDrained(), std::vector<std::string>());
}

// ---- gRPC's throttle -----------------------------------------------------------------------------------------------------------------

// Ten tokens, each failure takes one, retries go above five: the first call fails four times (9, 8, 7, 6 left), the second once (5), and no other is retried.
TEST(MallRetries, GrpcThrottlingAllowsThreeRetriesAndThenNoneWhenEverythingFails) {
  const Mall mall = told(failing(1, R"({"attempts":3,"retryOn":"503","retryThrottling":{"maxTokens":10,"tokenRatio":0.1}})", "1/s", "60s"));
  std::size_t retries = 0;
  for (const story::Sent& sent : story::triesIn(mall)) retries += sent.kind == TryKind::retry ? 1U : 0U;
  EXPECT_EQ(retries, 3u);
  const auto decisions = mall.result().decisions;
  ASSERT_FALSE(decisions.empty());
  EXPECT_EQ(decisions.front().kind, "retryBudget");
  EXPECT_EQ(std::get<std::string>(decisions.front().detail.front().second), "retryThrottling");
}

// Each success earns a tenth of a token, each failure costs one: below 1 failure in 11 the balance stays up and every failure is retried; far above it none is.
TEST(MallRetries, GrpcThrottlingRetriesAsLongAsSuccessesPayForFailures) {
  const auto retried = [](double p) {
    const Mall mall = told(failing(p, R"({"attempts":1,"retryOn":"503","retryThrottling":{"maxTokens":100,"tokenRatio":0.1}})", "500/s", "60s"));
    return metric(mall, "retries.total") / (metric(mall, "calls.total") * p);
  };
  EXPECT_NEAR(retried(0.05), 1, 0.06);  // 1,500 failures: their number varies by 2.6 %
  EXPECT_LT(retried(0.3), 0.5);
}

TEST(MallRetries, ATripTellsTheTokensOfTheThrottle) {
  const Mall mall = told(failing(1, R"({"attempts":3,"retryOn":"503","retryThrottling":{}})", "1/s", "5s"));
  const std::string text = tripText(buildTrip(mall.trips(), 1, mall.collector()));
  EXPECT_NE(text.find("9.0 of 10 tokens"), std::string::npos) << text;
}

}  // namespace
}  // namespace meshmall::models
