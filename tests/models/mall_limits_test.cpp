// Limits at the doors of a running mall: local and global rate limits, adaptive concurrency, admission control.
#include <cmath>

#include "mall_story.h"
#include "models/observation/trip.h"

namespace meshmall::models {
namespace {

using story::ms;
using story::planOf;
using story::told;

double metric(const Mall& mall, std::string_view name, ScopeKind kind = ScopeKind::mall, std::string_view scope = {}) {
  return mall.result().metric(name, kind, scope).value_or(-1);
}

std::string limited(const std::string& limits, const std::string& rate = "500/s", int replicas = 2, const std::string& more = "") {
  return R"({"meshmall":1,"run":{"duration":"20s","warmup":"5s"},"services":{"a":{"versions":{"v1":{"workers":50,"replicas":)" + std::to_string(replicas) +
         R"(}},"operations":{"x":{"steps":[{"busy":"1ms"}]}}}},"traffic":[{"name":"t","to":"a/x","arrivals":{"poisson":{"rate":")" + rate + R"("}})" + more +
         R"(}],"mesh":{"rateLimits":)" + limits + R"(,"defaults":{"trafficPolicy":{"loadBalancer":{"simple":"ROUND_ROBIN"}}}}})";
}

TEST(MallLimits, EachSidecarHasItsOwnBucketSoReplicasMultiplyTheLimit) {
  for (const int replicas : {1, 2, 4}) {
    const Mall mall = told(limited(R"({"a":{"local":{"maxTokens":50,"tokensPerFill":50,"fillInterval":"1s"}}})", "500/s", replicas));
    // A bucket that is always asked passes its rate; what it holds at the ends of the window is at most 50 of 1,000 tokens.
    EXPECT_NEAR(metric(mall, "throughput"), 50.0 * replicas, 2.5 * replicas) << replicas;
    EXPECT_EQ(metric(mall, "rejected.localRateLimit"), metric(mall, "requests.failed"));
    EXPECT_EQ(metric(mall, "rejected.localRateLimit"), metric(mall, "rejected.localRateLimit", ScopeKind::service, "a"));
    EXPECT_EQ(mall.result().failed_by_flag[0].first, "RL");
    EXPECT_EQ(mall.result().failed_by_status[0].first, "429");
  }
}

TEST(MallLimits, TheRateLimitServiceCountsForAllSidecarsTogetherInWindowsOfTheClock) {
  for (const char* latency : {"0s", "2ms"}) {
    const Mall mall = told(limited(R"({"a":{"global":{"requestsPerUnit":100,"unit":"second","latency":")" + std::string(latency) + R"("}}})"));
    EXPECT_EQ(metric(mall, "throughput"), 100) << latency;  // exactly the limit passes in each second
    EXPECT_EQ(metric(mall, "rejected.globalRateLimit"), metric(mall, "requests.failed"));
  }
}

TEST(MallLimits, AnAnswerOfTheServiceTakesItsTimeAndAfterTwentyMillisecondsTheProxyGoesOnWithoutIt) {
  const auto text = [](const std::string& more) { return limited(R"({"a":{"global":{"requestsPerUnit":100,"unit":"second")" + more + "}}}"); };
  const Mall slow = told(text(R"(,"latency":"8ms")"));
  EXPECT_DOUBLE_EQ(metric(slow, "latency.p50"), 9);  // 8 ms and 1 ms of work, both below the histogram's resolution limit
  const Mall late = told(text(R"(,"latency":"50ms")"));
  EXPECT_EQ(metric(late, "requests.failed"), 0);
  EXPECT_NEAR(metric(late, "latency.p50"), 21, 0.1);
  const Mall closed = told(text(R"(,"latency":"50ms","failOpen":false)"));
  EXPECT_EQ(metric(closed, "requests.ok"), 0);
  EXPECT_EQ(closed.result().failed_by_flag[0].first, "RLSE");
  EXPECT_EQ(closed.result().failed_by_status[0].first, "500");
}

TEST(MallLimits, AKeyGivesEachOfItsValuesACounter) {
  const std::string limits = R"({"a":{"global":{"requestsPerUnit":10,"unit":"second","key":"X-User"}}})";
  const Mall users = told(limited(limits, "500/s", 2, R"(,"headers":{"x-user":{"uniform":{"n":5}}})"));
  EXPECT_EQ(metric(users, "throughput"), 50);
  const Mall nobody = told(limited(limits));  // without the header there is nothing to count by
  EXPECT_EQ(metric(nobody, "requests.failed"), 0);
}

TEST(MallLimits, TheGatewayLimitsAtTheEntrance) {
  const Mall local = told(limited(R"({"gateway":{"local":{"maxTokens":100,"tokensPerFill":100}}})"));
  EXPECT_NEAR(metric(local, "throughput"), 100, 5);
  EXPECT_EQ(metric(local, "attempts.total"), metric(local, "requests.ok") + metric(local, "requests.inFlight"));  // the others never leave the gateway
  EXPECT_EQ(metric(local, "rejected.localRateLimit"), metric(local, "requests.failed"));
  const Mall global = told(limited(R"({"gateway":{"global":{"requestsPerUnit":100,"unit":"second","latency":"2ms"}}})"));
  EXPECT_EQ(metric(global, "throughput"), 100);
  EXPECT_DOUBLE_EQ(metric(global, "latency.max"), 3);
  const Mall closed = told(limited(R"({"gateway":{"global":{"requestsPerUnit":100,"unit":"second","latency":"1s","failOpen":false}}})"));
  EXPECT_EQ(closed.result().failed_by_flag[0].first, "RLSE");
}

// Older proxies fill at whole intervals: 10 at once, then nobody until the next fill.
TEST(MallLimits, IntervalRefillLetsABurstPassAtEachFill) {
  const Mall mall = told(R"({"meshmall":1,"run":{"duration":"10s"},"services":{"a":{"operations":{"x":{}}}},"traffic":[{"name":"t","to":"a/x","arrivals":{"constant":{"rate":"100/s"}}}],
    "mesh":{"rateLimits":{"a":{"local":{"maxTokens":10,"tokensPerFill":10,"fillInterval":"1s","refill":"interval"}}}}})");
  int passed = 0;
  for (const story::Visit& visit : story::visitsIn(mall)) {
    // The bucket is made by the first request, at 10 ms; it fills at 1.01 s, 2.01 s, ...: the ten that come from then on pass.
    const std::int64_t within = (visit.came - ms(10)) % ms(1000);
    EXPECT_EQ(visit.status == 200, within < ms(100)) << visit.came;
    passed += visit.status == 200 ? 1 : 0;
  }
  EXPECT_EQ(passed, 100);
}

TEST(MallLimits, APatchChangesTheLimitAndLeavesOtherBucketsAlone) {
  const auto run = [](const std::string& patch) {
    std::string text = limited(R"({"a":{"local":{"maxTokens":1000,"tokensPerFill":50,"fillInterval":"1s"}}})", "100/s", 1);
    text.insert(text.size() - 1, R"(,"events":[{"at":"10s","patch":{"mesh":)" + patch + "}}]");
    return told(text);
  };
  const Mall same = run(R"({"defaults":{"retries":{"attempts":0}}})");
  const Mall none = run(R"({"rateLimits":null})");
  const Mall tight = run(R"({"rateLimits":{"a":{"local":{"maxTokens":10,"tokensPerFill":10}}}})");
  // 1,000 tokens last for 20 s of 100/s against 50/s; the window is 5..25 s. Unchanged by the patch: some 5 s are cut to 50/s.
  EXPECT_NEAR(metric(same, "requests.failed"), 250, 4 * std::sqrt(2500.0));
  EXPECT_EQ(metric(none, "requests.failed"), 0);
  EXPECT_NEAR(metric(tight, "requests.failed"), 15 * 90 - 10, 4 * std::sqrt(1500.0));
}

TEST(MallLimits, DecisionsTellWhenALimitBeginsToActAndTripsWhatItDid) {
  const Mall mall = told(limited(R"({"a":{"local":{"maxTokens":1,"tokensPerFill":1,"fillInterval":"1s"}}})"));
  int denials = 0;
  for (const Decision& decision : mall.collector().decisions()) denials += decision.kind == DecisionKind::rate_limit ? 1 : 0;
  EXPECT_EQ(denials, 2);  // one for each sidecar: never a second without a refusal
  std::string texts;
  for (std::uint64_t n = 1; n <= 5; ++n) texts += tripText(buildTrip(mall.trips(), n, mall.collector()));
  EXPECT_NE(texts.find("turned away: localRateLimit"), std::string::npos);
  EXPECT_NE(texts.find("429 RL"), std::string::npos);
}

// ---- adaptive concurrency ----------------------------------------------------------------------------------------------------------------

std::string crowded(const std::string& rate, const std::string& concurrency, const std::string& service = R"("5ms")") {
  return R"({"meshmall":1,"run":{"duration":"60s","warmup":"10s"},"services":{"a":{"versions":{"v1":{"workers":10}},"operations":{"x":{"steps":[{"busy":)" + service +
         R"(}]}}}},"traffic":[{"name":"t","to":"a/x","arrivals":{"poisson":{"rate":")" + rate + R"("}}}],
    "mesh":{"defaults":{"retries":{"attempts":0},"trafficPolicy":{"adaptiveConcurrency":)" + concurrency + "}}}}";
}

// Twice what ten workers can do: without a limit the queue grows for the whole run, with it latency stays near the service time.
TEST(MallLimits, AdaptiveConcurrencyKeepsTheQueueShortUnderOverload) {
  const Mall limited_run = told(crowded("4000/s", R"({"minRttInterval":"30s"})"));
  const Mall open = told(crowded("4000/s", R"({"enabled":false})"));
  EXPECT_GT(metric(open, "latency.p50"), 5000);
  EXPECT_LT(metric(limited_run, "latency.p99"), 40);
  EXPECT_GT(metric(limited_run, "throughput"), 0.9 * 2000);
  EXPECT_EQ(metric(limited_run, "rejected.adaptiveConcurrency"), metric(limited_run, "requests.failed"));
  EXPECT_EQ(limited_run.result().failed_by_status[0].first, "503");
  int measured = 0;
  for (const Decision& decision : limited_run.collector().decisions()) measured += decision.kind == DecisionKind::concurrency ? 1 : 0;
  EXPECT_GE(measured, 3);  // measurements begin and end
}

// The equilibrium of a deterministic server: latency L x S / W for a limit of L, so (1.25 S / latency) L + sqrt(...) = L has its fixed point where
// L = x + sqrt(x), x = 1.25 W: x = 12.5, L = 16. Bins of two digits: a few percent.
TEST(MallLimits, AdaptiveConcurrencySettlesWhereItsFormulaHasItsFixedPoint) {
  Mall mall(planOf(crowded("4000/s", R"({"minRttInterval":"1h","requestCount":20})")));
  mall.runUntil({ms(20'000)});
  double sum = 0;
  int samples = 0;
  for (std::int64_t t = 20'000; t < 60'000; t += 100, ++samples) {
    mall.runUntil({ms(static_cast<double>(t))});
    sum += mall.endpoints()[0].requests;
  }
  EXPECT_NEAR(sum / samples, 16, 1.5);  // the door is always full
}

TEST(MallLimits, CrashesAndCancellationsLeaveNoGhostsBehindTheDoor) {
  std::string text = crowded("1500/s", R"({"minRttInterval":"5s"})", R"({"exponential":{"mean":"5ms"}})");
  text.replace(text.find("\"workers\":10"), 12, "\"workers\":10,\"replicas\":3,\"onCancel\":\"stop\"");
  text.replace(text.find("\"60s\""), 5, "\"20s\",\"drain\":true");
  text.replace(text.find("\"to\":\"a/x\""), 10, "\"to\":\"a/x\",\"timeout\":\"6ms\"");
  text.insert(text.size() - 1, R"(,"events":[{"at":"5s","crash":{"service":"a","count":1},"for":"3s"},{"at":"15s","patch":{"mesh":{"defaults":{"trafficPolicy":{"adaptiveConcurrency":{"minConcurrency":5}}}}}}])");
  const Mall mall = told(text);
  EXPECT_EQ(mall.auditDrained(), std::vector<std::string>());
  EXPECT_GT(metric(mall, "requests.ok"), 0);
  EXPECT_GT(metric(mall, "abandoned.total"), 0);
}

// ---- admission control -------------------------------------------------------------------------------------------------------------------

std::string doubtful(double p_fail, const std::string& admission) {
  return R"({"meshmall":1,"run":{"duration":"200s","warmup":"30s"},"services":{"a":{"operations":{"x":{"failure":{"probability":)" + std::to_string(p_fail) +
         R"(,"status":500}}}}},"traffic":[{"name":"t","to":"a/x","arrivals":{"poisson":{"rate":"300/s"}}}],
    "mesh":{"defaults":{"retries":{"attempts":0},"trafficPolicy":{"admissionControl":)" + admission + "}}}}";
}

// Rejected calls are not recorded, so the recorded success rate is that of the service and the share rejected follows from it alone.
TEST(MallLimits, AdmissionControlRejectsTheShareOfItsFormula) {
  const struct { double p_fail; const char* config; double share; } cases[] = {
      {0.5, R"({"srThreshold":100})", 0.5},
      {0.25, R"({"srThreshold":100})", 0.25},
      {0.25, R"({"srThreshold":100,"aggression":2})", 0.5},
      {0.5, R"({})", 1 - 0.5 / 0.95},
      {1.0, R"({})", 0.8},                                   // at most 80 %
      {1.0, R"({"maxRejectionProbability":30})", 0.3},
      {0.0, R"({})", 0},
      {0.5, R"({"rpsThreshold":1000})", 0},
      {0.5, R"({"enabled":false})", 0}};
  for (const auto& c : cases) {
    const Mall mall = told(doubtful(c.p_fail, c.config));
    const double n = metric(mall, "requests.total");
    // 60,000 calls: three standard errors of the draws are 0.6 %; the window's own success rate (about 4,500 recorded calls) wanders by 0.7 %, averaged over 7 windows.
    EXPECT_NEAR(metric(mall, "rejected.admission") / n, c.share, c.share == 0 ? 1e-9 : 0.015) << c.p_fail << " " << c.config;
    EXPECT_TRUE(mall.audit().empty());
  }
}

TEST(MallLimits, AdmissionControlIsOfEachThreadAndNotRetried) {
  std::string text = doubtful(1, R"({"samplingWindow":"5s"})");
  text.replace(text.find("\"attempts\":0"), 12, "\"attempts\":2,\"retryOn\":\"5xx\"");
  const Mall mall = told(text);
  const double admitted = metric(mall, "requests.total") - metric(mall, "rejected.admission");
  EXPECT_NEAR(metric(mall, "attempts.total"), 3 * admitted, 12);
}

TEST(MallLimits, WhatCountsAsASuccessForAdmissionControlMayBeSaid) {
  const auto rejected = [](const std::string& protocol, int status, const std::string& criteria) {
    return metric(told(R"({"meshmall":1,"run":{"duration":"60s","warmup":"30s"},"services":{"a":{"protocol":")" + protocol + R"(","operations":{"x":{"failure":{"probability":1,"status":)" + std::to_string(status) +
                       R"(}}}}},"traffic":[{"name":"t","to":"a/x","arrivals":{"poisson":{"rate":"300/s"}}}],"mesh":{"defaults":{"retries":{"attempts":0},"trafficPolicy":{"admissionControl":{)" + criteria + "}}}}}"),
                  "rejected.admission") / 18'000;
  };
  // All fail: 80 % are rejected; 18,000 draws, three standard errors are 0.9 %.
  EXPECT_EQ(rejected("http1", 404, ""), 0);
  EXPECT_NEAR(rejected("http1", 404, R"("successCriteria":{"httpCriteria":{"httpSuccessStatus":[{"start":100,"end":400}]}})"), 0.8, 0.03);
  EXPECT_EQ(rejected("http1", 404, R"("successCriteria":{"httpCriteria":{"httpSuccessStatus":[{"start":100,"end":400},{"start":404,"end":405}]}})"), 0);
  EXPECT_EQ(rejected("http1", 404, R"("successCriteria":{"grpcCriteria":{"grpcSuccessStatus":[0]}})"), 0);
  EXPECT_NEAR(rejected("grpc", 503, ""), 0.8, 0.03);
  EXPECT_EQ(rejected("grpc", 503, R"("successCriteria":{"grpcCriteria":{"grpcSuccessStatus":[0,14]}})"), 0);
}

// With a lowest latency that is given nothing is measured, so nobody is ever held at the minimum; whoever is turned away gets the configured status.
TEST(MallLimits, ALowestLatencyMayBeGivenAndTheStatusOfARefusalToo) {
  const auto text = [](const std::string& config) {
    return R"({"meshmall":1,"run":{"duration":"30s","warmup":"10s"},"services":{"a":{"versions":{"v1":{"workers":10}},"operations":{"x":{"steps":[{"busy":"10ms"}]}}}},
      "traffic":[{"name":"t","to":"a/x","arrivals":{"poisson":{"rate":"2000/s"}}}],"mesh":{"defaults":{"retries":{"attempts":0},"trafficPolicy":{"adaptiveConcurrency":)" + config + "}}}}";
  };
  const Mall mall = told(text(R"({"gradientControllerConfig":{"minRttCalcParams":{"fixedValue":"10ms"}},"concurrencyLimitExceededStatus":{"code":429}})"));
  for (const DecisionResult& decision : mall.result().decisions)
    for (const auto& [key, value] : decision.detail) {
      if (key == "measuring") {
        EXPECT_EQ(std::get<std::string>(value), "no");
      }
    }
  EXPECT_GT(metric(mall, "throughput"), 950);  // of 1,000/s
  EXPECT_EQ(mall.result().failed_by_status.front().first, "429");
  EXPECT_LT(metric(mall, "latency.p99"), 30);
  const Mall flat = told(text(R"({"fixedValue":"10ms","concurrencyLimitExceededStatus":200})"));
  EXPECT_EQ(flat.result().failed_by_status.front().first, "503");
  EXPECT_EQ(metric(flat, "throughput"), metric(mall, "throughput"));
}

}  // namespace
}  // namespace meshmall::models
