// What `check` advises about autoscalers and about endpoints that leave: a code, the reason, the cure, at the block that is to blame.
#include "models/scenario/decode_scenario.h"

namespace meshmall::models {
namespace {

// "code@pointer ...", in the order of the document.
std::string advice(const std::string& version, const std::string& more) {
  const std::string text = R"({"meshmall":1,"run":{"duration":"60s"},"services":{"a":{"operations":{"x":{}}},"bakery":{"versions":{"v1":{)" + version +
                           R"(}},"operations":{"x":{}}}},"traffic":[{"to":"bakery/x","arrivals":{"constant":{"rate":"1/s"}}},{"to":"a/x","arrivals":{"constant":{"rate":"1/s"}}}],)" + more + "}";
  std::string out;
  for (const Problem& problem : decodeScenario(text, "s.json", "").problems) {
    EXPECT_EQ(problem.severity, Problem::Severity::warning) << textOf(problem);
    EXPECT_FALSE(problem.message.empty() || problem.hint.empty()) << textOf(problem);
    out += (out.empty() ? "" : " ") + problem.code + "@" + problem.pointer;
  }
  return out;
}

TEST(ScalingAdvice, EndpointsThatRefuseBeforeTheirCallersHaveHeardOfIt) {
  const std::string late = R"("mesh":{"discovery":{"propagation":"2s"}})", closing = R"("events":[{"at":"1s","scale":{"service":"bakery","replicas":2}}])";
  const std::string found = "stale-endpoints@/services/bakery";
  EXPECT_EQ(advice(R"("replicas":3)", late + "," + closing), found);
  EXPECT_EQ(advice(R"("replicas":3,"termination":{"preStop":"1s"})", late + "," + closing), found);
  EXPECT_EQ(advice(R"("replicas":3,"termination":{"preStop":"2s"})", late + "," + closing), "");
  EXPECT_EQ(advice(R"("replicas":2)", late + "," + closing), "");  // none goes
  EXPECT_EQ(advice(R"("replicas":3)", late), "");
  EXPECT_EQ(advice(R"("replicas":3)", closing), "");  // everybody hears at once
  EXPECT_EQ(advice(R"("replicas":3)", R"("mesh":{"discovery":{}},)" + closing), found);  // 100 ms of gathering
  EXPECT_EQ(advice(R"("replicas":3)", late + R"(,"autoscalers":{"bakery":{"minReplicas":3,"maxReplicas":5}})"), found);
  EXPECT_EQ(advice(R"("replicas":3)", late + R"(,"autoscalers":{"bakery":{"minReplicas":3,"maxReplicas":3}})"), "");
}

TEST(ScalingAdvice, AutoscalersThatCorrectTheReplicasOrComeTooLate) {
  EXPECT_EQ(advice(R"("replicas":2)", R"("autoscalers":{"bakery":{"minReplicas":3,"maxReplicas":5}})"), "autoscaler-range@/autoscalers/bakery");
  EXPECT_EQ(advice(R"("replicas":6)", R"("autoscalers":{"bakery":{"minReplicas":3,"maxReplicas":5}})"), "autoscaler-range@/autoscalers/bakery");
  const std::string slow = R"("autoscalers":{"bakery":{"minReplicas":3,"maxReplicas":5,"behavior":{"scaleUp":{"stabilizationWindowSeconds":60}}}})";
  EXPECT_EQ(advice(R"("replicas":3,"startup":"90s")", slow), "autoscaler-late@/autoscalers/bakery");
  EXPECT_EQ(advice(R"("replicas":3,"startup":"9s")", slow), "");
}

TEST(ScalingAdvice, AHookThatTakesTheWholeGracePeriod) {
  EXPECT_EQ(advice(R"("termination":{"preStop":"30s"})", R"("mesh":{})"), "preStop-grace@/services/bakery/versions/v1/termination");
  EXPECT_EQ(advice(R"("termination":{"preStop":"29s"})", R"("mesh":{})"), "");
}

}  // namespace
}  // namespace meshmall::models
