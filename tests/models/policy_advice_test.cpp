// What `check` says of retries and limits that cannot act, or that hurt: each code where it belongs, and silence where all is well.
#include <map>
#include <set>

#include "models/scenario/decode_scenario.h"
#include "models/topology/policy_advice.h"

namespace meshmall::models {
namespace {

std::vector<Problem> adviceOn(const std::string& text) {
  const DecodeResult decoded = decodeScenario(text, "s.json", "");
  for (const Problem& problem : decoded.problems)
    if (problem.severity == Problem::Severity::error) ADD_FAILURE() << textOf(problem);
  if (!decoded.scenario) return {};
  const CallGraph graph = callGraph(*decoded.scenario);
  const Prediction prediction = predict(*decoded.scenario, graph);
  const std::string file = "s.json";
  return policyAdvice({*decoded.scenario, graph, prediction, file});
}

std::set<std::string> codes(const std::vector<Problem>& problems) {
  std::set<std::string> found;
  for (const Problem& problem : problems) {
    EXPECT_FALSE(problem.message.empty());
    EXPECT_FALSE(problem.hint.empty()) << problem.code;
    EXPECT_EQ(problem.severity, Problem::Severity::warning);
    found.insert(problem.code);
  }
  return found;
}

// One service "a" at a load, behind the gateway; `mesh` as given.
std::string one(const std::string& mesh, double load = 0.1, const std::string& service = R"("protocol":"http1",)", const std::string& more = "") {
  return R"({"meshmall":1,"services":{"a":{)" + service + R"("versions":{"v1":{"workers":10,"replicas":2}},"operations":{"GET /x":{"steps":[{"busy":"10ms"}]}}}},
    "traffic":[{"name":"t","to":"a/GET /x","arrivals":{"poisson":{"rate":")" + std::to_string(load * 2000) + R"(/s"}})" + more + R"(}],"mesh":)" + mesh + "}";
}

std::string retries(const std::string& fields) { return R"({"defaults":{"retries":{)" + fields + "}}}"; }
std::string route(const std::string& fields) { return R"({"virtualServices":{"a":{"http":[{"route":[{"destination":{"host":"a"}}],)" + fields + "}]}}}"; }

TEST(PolicyAdvice, EachCodeIsGivenWhereItBelongsAndNowhereElse) {
  const struct { const char* code; std::string hurts, helps; } cases[] = {
      {"retry-timeout", one(route(R"("timeout":"1s","retries":{"attempts":3,"perTryTimeout":"400ms"})")), one(route(R"("timeout":"2s","retries":{"attempts":3,"perTryTimeout":"400ms"})"))},
      {"per-try-off", one(route(R"("timeout":"1s","retries":{"attempts":1,"perTryTimeout":"1s"})")), one(route(R"("retries":{"attempts":1,"perTryTimeout":"1s"})"))},
      {"fault-timeout", one(route(R"("timeout":"1s","retries":{"attempts":0},"fault":{"delay":{"fixedDelay":"2s","percentage":{"value":1}}})")),
       one(route(R"("retries":{"attempts":0},"fault":{"delay":{"fixedDelay":"2s","percentage":{"value":1}}})"))},
      {"fault-not-in-istio", one(route(R"("fault":{"delay":{"exponentialDelay":"2s","percentage":{"value":1}}})")), one(route(R"("fault":{"delay":{"fixedDelay":"2s","percentage":{"value":1}}})"))},
      {"fault-not-in-istio", one(route(R"("fault":{"abort":{"http2Error":"CANCEL","percentage":{"value":1}}})")), one(route(R"("fault":{"abort":{"httpStatus":503,"percentage":{"value":1}}})"))},
      {"retry-no-budget", one(retries(R"("attempts":3,"retryOn":"5xx")"), 0.6), one(retries(R"("attempts":3,"retryOn":"5xx","budget":{})"), 0.6)},
      {"retry-no-budget", one(retries(R"("attempts":3,"retryOn":"5xx")"), 0.6), one(R"({"defaults":{"retries":{"attempts":3,"retryOn":"5xx"},"trafficPolicy":{"retryBudget":{}}}})", 0.6)},
      {"retry-no-budget", one(retries(R"("attempts":1,"retryOn":"503")"), 0.6), one(retries(R"("attempts":1,"retryOn":"503")"), 0.45)},
      {"retry-http-on-grpc", one(retries(R"("attempts":1,"retryOn":"503,5xx")"), 0.1, R"("protocol":"grpc",)"), one(retries(R"("attempts":1,"retryOn":"5xx,unavailable")"), 0.1, R"("protocol":"grpc",)")},
      {"retry-headers", one(retries(R"("attempts":1,"retryOn":"retriable-headers")")), one(retries(R"("attempts":1,"retryOn":"reset")"))},
      {"rate-limited-backoff", one(retries(R"("attempts":1,"retryOn":"5xx","rateLimitedBackoff":{"resetHeaders":[{"name":"retry-after"}]})")),
       one(retries(R"("attempts":1,"retryOn":"envoy-ratelimited","rateLimitedBackoff":{"resetHeaders":[{"name":"retry-after"}]})"))},
      {"token-ratio", one(retries(R"("attempts":1,"tokenBudget":{"ratio":0.6})")), one(retries(R"("attempts":1,"tokenBudget":{"ratio":0.6,"deposit":"everyCall"})"))},
      {"retry-one-locality", one(retries(R"("attempts":2,"retryRemoteLocalities":true)")), one(retries(R"("attempts":2)"))},
      {"retry-priority-hash", one(R"({"defaults":{"retries":{"attempts":2,"retryRemoteLocalities":true},"trafficPolicy":{"loadBalancer":{"consistentHash":{"useSourceIp":true}}}}})"), one(retries(R"("attempts":2,"retryRemoteLocalities":true)"))},
      {"retry-priority", one(retries(R"("attempts":1,"retryRemoteLocalities":true)")), one(retries(R"("attempts":1)"))},
      {"hedge-no-attempts", one(retries(R"("attempts":0,"perTryTimeout":"50ms","hedge":{"onPerTryTimeout":true})")), one(retries(R"("attempts":1,"perTryTimeout":"50ms","hedge":{"onPerTryTimeout":true})"))},
      {"hedge-load", one(retries(R"("attempts":1,"perTryTimeout":"50ms","budget":{},"hedge":{"onPerTryTimeout":true})"), 0.8), one(retries(R"("attempts":1,"perTryTimeout":"50ms","hedge":{"onPerTryTimeout":true})"), 0.3)},
      {"local-limit-replicas", one(R"({"rateLimits":{"a":{"local":{"maxTokens":10,"tokensPerFill":10}}}})"), one(R"({"rateLimits":{"gateway":{"local":{"maxTokens":10,"tokensPerFill":10}}}})")},
      {"global-limit-idle", one(R"({"rateLimits":{"a":{"local":{"maxTokens":10,"tokensPerFill":10},"global":{"requestsPerUnit":50,"unit":"second"}}}})"),
       one(R"({"rateLimits":{"a":{"local":{"maxTokens":100,"tokensPerFill":100},"global":{"requestsPerUnit":50,"unit":"second"}}}})")},
      {"rate-limit-timeout", one(R"({"rateLimits":{"a":{"global":{"requestsPerUnit":50,"unit":"second","latency":"30ms"}}}})"), one(R"({"rateLimits":{"a":{"global":{"requestsPerUnit":50,"unit":"second","latency":"3ms"}}}})")},
      {"rate-limit-key", one(R"({"rateLimits":{"a":{"global":{"requestsPerUnit":50,"unit":"second","key":"x-user"}}}})"),
       one(R"({"rateLimits":{"a":{"global":{"requestsPerUnit":50,"unit":"second","key":"X-User"}}}})", 0.1, "", R"(,"headers":{"x-user":"7"})")},
      {"limit-no-proxy", one(R"({"rateLimits":{"a":{"global":{"requestsPerUnit":50,"unit":"second"}}}})", 0.1, R"("sidecar":false,)"), one(R"({"rateLimits":{"a":{"global":{"requestsPerUnit":50,"unit":"second"}}}})")},
      {"limit-no-entrance", one(R"({"rateLimits":{"gateway":{"local":{"maxTokens":10}}}})", 0.1, "", R"(,"via":"sidecar")"), one(R"({"rateLimits":{"gateway":{"local":{"maxTokens":10}}}})")},
      {"adaptive-measuring", one(R"({"defaults":{"trafficPolicy":{"adaptiveConcurrency":{"minRttInterval":"1s"}}}})", 0.05), one(R"({"defaults":{"trafficPolicy":{"adaptiveConcurrency":{"minRttInterval":"60s"}}}})", 0.05)},
      {"adaptive-min-concurrency", one(R"({"defaults":{"trafficPolicy":{"adaptiveConcurrency":{}}}})", 0.8), one(R"({"defaults":{"trafficPolicy":{"adaptiveConcurrency":{"minConcurrency":9}}}})", 0.8)},
      {"admission-off", one(R"({"defaults":{"trafficPolicy":{"admissionControl":{"maxRejectionProbability":0}}}})"), one(R"({"defaults":{"trafficPolicy":{"admissionControl":{}}}})")},
      {"admission-threshold", one(R"({"defaults":{"trafficPolicy":{"admissionControl":{"rpsThreshold":1000}}}})"), one(R"({"defaults":{"trafficPolicy":{"admissionControl":{"rpsThreshold":10}}}})")},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(codes(adviceOn(c.hurts)).count(c.code), 1u) << c.code << "\n" << c.hurts;
    EXPECT_EQ(codes(adviceOn(c.helps)).count(c.code), 0u) << c.code << "\n" << c.helps;
  }
}

// A patch may bring what hurts: it is said of the patch, and what was so before it is not said again.
TEST(PolicyAdvice, LooksAtEveryVersionOfTheMesh) {
  const std::string patch = R"({"attempts":3,"retryOn":"5xx","perTryTimeout":"100ms","hedge":{"onPerTryTimeout":true}})";
  std::string text = one(retries(R"("attempts":3,"retryOn":"5xx")"), 0.6);
  text.replace(text.rfind("}"), 1, R"(,"events":[{"at":"1s","note":"x","slow":{"service":"a","factor":2}},{"at":"2s","patch":{"mesh":{"defaults":{"retries":)" + patch +
                                       R"(}}}},{"at":"3s","patch":{"mesh":{"defaults":{"retries":{"attempts":0}}}}}]})");
  std::map<std::string, std::vector<std::string>> places;
  for (const Problem& problem : adviceOn(text)) places[problem.code].push_back(problem.pointer);
  EXPECT_EQ(places["retry-no-budget"], std::vector<std::string>{"/mesh/defaults/retries"});
  EXPECT_EQ(places["hedge-no-attempts"], std::vector<std::string>{"/events/2/patch/mesh/defaults/retries"});
}

TEST(PolicyAdvice, AHedgedPostIsDoneTwice) {
  std::string text = one(retries(R"("attempts":1,"perTryTimeout":"50ms","hedge":{"onPerTryTimeout":true})"));
  EXPECT_EQ(codes(adviceOn(text)).count("hedge-not-idempotent"), 0u);
  for (std::size_t at = text.find("GET /x"); at != std::string::npos; at = text.find("GET /x")) text.replace(at, 6, "POST /x");
  EXPECT_EQ(codes(adviceOn(text)).count("hedge-not-idempotent"), 1u);
}

TEST(PolicyAdvice, NamesTheChainWhoseRetriesMultiplyAndTheProduct) {
  const auto chain = [](const std::string& mesh) {
    return R"({"meshmall":1,"services":{"a":{"operations":{"x":{"steps":[{"call":"b/y"}]}}},"b":{"operations":{"y":{"steps":[{"call":"c/z"}]}}},"c":{"operations":{"z":{}}}},
      "traffic":[{"name":"guests","to":"a/x","arrivals":{"poisson":{"rate":"1/s"}}}],"mesh":)" + mesh + "}";
  };
  const auto found = adviceOn(chain(R"({"defaults":{"retries":{"attempts":2,"retryOn":"5xx"}}})"));
  ASSERT_EQ(codes(found).count("retry-layers"), 1u);
  EXPECT_NE(found.back().message.find("guests -> a/x -> b/y -> c/z makes up to 27 tries of c/z"), std::string::npos) << found.back().message;
  EXPECT_EQ(found.back().pointer, "/mesh");
  // A budget, or one layer only, does not multiply; nor does Istio's default, which leaves 503 alone.
  EXPECT_TRUE(adviceOn(chain(R"({"defaults":{"retries":{"attempts":2,"retryOn":"5xx","budget":{}}}})")).empty());
  EXPECT_TRUE(adviceOn(chain("{}")).empty());
  EXPECT_TRUE(adviceOn(chain(R"({"virtualServices":{"c":{"http":[{"route":[{"destination":{"host":"c"}}],"retries":{"attempts":2,"retryOn":"5xx"}}]}}})")).empty());
}

}  // namespace
}  // namespace meshmall::models
