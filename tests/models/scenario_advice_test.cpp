// What `check` advises about ejection, failover, breakers and checks: a code, the reason, the cure, at the block that is to blame.
#include "models/scenario/decode_scenario.h"

namespace meshmall::models {
namespace {

std::vector<Problem> problemsOf(const std::string& mesh, const std::string& localities = "", const std::string& replicas = "3") {
  const std::string text = R"({"meshmall":1,"run":{"duration":"60s"},)" + localities + R"("services":{"bakery":{"versions":{"v1":{"replicas":)" + replicas +
                           R"(}},"operations":{"GET /b":{"steps":[]}}}},"traffic":[{"name":"lunch","to":"bakery/GET /b","arrivals":{"constant":{"rate":"1/s"}}}],"mesh":)" + mesh + "}";
  return decodeScenario(text, "s.json", "").problems;
}

std::string defaults(const std::string& policy) { return R"({"defaults":{"trafficPolicy":{)" + policy + "}}}"; }

// "code code", in the order of the document.
std::string codes(const std::vector<Problem>& problems) {
  std::string out;
  for (const Problem& p : problems) {
    EXPECT_EQ(p.severity, Problem::Severity::warning) << textOf(p);
    EXPECT_FALSE(p.message.empty() || p.hint.empty()) << textOf(p);
    out += (out.empty() ? "" : " ") + p.code;
  }
  return out;
}

TEST(ScenarioAdvice, EachPolicyThatCannotActOrHurtsHasItsCode) {
  const std::string two_zones = R"("localities":{"a":{"region":"eu","zone":"a"},"b":{"region":"us","zone":"b"}},)";
  const std::pair<std::string, std::string> cases[] = {
      {R"("outlierDetection":{})", "ejection-cap"},
      {R"("outlierDetection":{"maxEjectionPercent":33})", "ejection-cap"},
      {R"("outlierDetection":{"maxEjectionPercent":34})", ""},
      {R"("outlierDetection":{"alwaysEjectOneHost":true})", ""},
      {R"("outlierDetection":{"maxEjectionPercent":100})", "no-panic"},
      {R"("outlierDetection":{"maxEjectionPercent":100,"minHealthPercent":30})", ""},
      {R"("outlierDetection":{"consecutive5xxErrors":0})", "no-detector"},
      {R"("outlierDetection":{"maxEjectionPercent":50,"enforcingSuccessRate":100})", "success-rate-hosts"},
      {R"("outlierDetection":{"maxEjectionPercent":50,"enforcingSuccessRate":100,"successRateMinimumHosts":3})", ""},
      {R"("outlierDetection":{"maxEjectionPercent":50,"enforcingFailurePercentage":100})", "failure-percentage-hosts"},
      {R"("outlierDetection":{"maxEjectionPercent":50,"interval":"60s"})", "ejection-interval"},
      {R"("outlierDetection":{"maxEjectionPercent":50,"baseEjectionTime":"1s"})", "ejection-rounding"},
      {R"("outlierDetection":{"maxEjectionPercent":50,"consecutiveLocalOriginFailures":2})", "local-origin-unsplit"},
      {R"("loadBalancer":{"simple":"RANDOM","localityLbSetting":{"failover":[{"from":"eu","to":"us"}]}})", "failover-without-outlier-detection"},
      {R"("loadBalancer":{"simple":"RANDOM","localityLbSetting":{"failoverPriority":["zone"]}})", "failover-without-outlier-detection"},
      {R"("loadBalancer":{"simple":"RANDOM","localityLbSetting":{"failover":[{"from":"eu","to":"us"}]}},"outlierDetection":{"maxEjectionPercent":50})", ""},
      {R"("loadBalancer":{"simple":"RANDOM","localityLbSetting":{"failover":[{"from":"eu","to":"mars"}]}},"outlierDetection":{"maxEjectionPercent":50})", "failover-region"},
      {R"("loadBalancer":{"simple":"RANDOM","localityLbSetting":{"distribute":[{"from":"eu/a/*","to":{"eu/*":60,"us/*":40}}]}})", ""},
      {R"("loadBalancer":{"simple":"RANDOM","localityLbSetting":{"distribute":[{"from":"eu/z/*","to":{"eu/*":60,"us/x/*":40}}]}})", "distribute-from distribute-to"},
      {R"("loadBalancer":{"simple":"RANDOM","zoneAware":{}})", "zone-aware-size"},
      {R"("loadBalancer":{"simple":"RANDOM","zoneAware":{"minClusterSize":3}})", ""},
      {R"("loadBalancer":{"consistentHash":{"httpCookie":{"name":"user","ttl":"1h"}},"zoneAware":{"minClusterSize":3}})", "zone-aware-hash"},
      {R"("healthChecks":{"interval":"1s","timeout":"2s"})", "check-timeout"},
      {R"("healthChecks":{"interval":"60s"})", "check-interval"},
  };
  for (const auto& [policy, expected] : cases) {
    std::string found;
    for (const Problem& p : problemsOf(defaults(policy), two_zones, R"({"a":2,"b":1})")) found += (found.empty() ? "" : " ") + p.code;
    // Several of one block come in the order in which they were found.
    EXPECT_EQ(found, expected) << policy;
  }
  EXPECT_EQ(codes(problemsOf(defaults(R"("loadBalancer":{"simple":"RANDOM","zoneAware":{"minClusterSize":3}})"))), "zone-aware-zones");
}

TEST(ScenarioAdvice, SaysWhereWhatWhyAndWhatToDo) {
  const auto problems = problemsOf(defaults(R"("outlierDetection":{})"));
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_NE(textOf(problems[0]).find("warning [ejection-cap]: /mesh/defaults/trafficPolicy/outlierDetection: bakery: nothing is ever ejected: one of 3 endpoints is more than "
                                     "maxEjectionPercent 10; set maxEjectionPercent to at least 34, or alwaysEjectOneHost"),
            std::string::npos)
      << textOf(problems[0]);
}

TEST(ScenarioAdvice, ABlockIsJudgedByTheClustersThatGetIt) {
  // The rule's own block takes the place of the defaults' for every cluster, so theirs acts on nothing and nothing is said of it.
  const auto problems = problemsOf(R"({"defaults":{"trafficPolicy":{"outlierDetection":{}}},
    "destinationRules":{"bakery":{"trafficPolicy":{"outlierDetection":{"maxEjectionPercent":50}},"subsets":[{"name":"none","labels":{"version":"v2"}},
      {"name":"one","labels":{"version":"v1"},"trafficPolicy":{"outlierDetection":{}}}]}}})");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].pointer, "/mesh/destinationRules/bakery/subsets/1/trafficPolicy/outlierDetection");
  EXPECT_NE(problems[0].message.find("bakery, subset one"), std::string::npos);
}

TEST(ScenarioAdvice, APatchIsLookedAtTooAndNothingIsSaidTwice) {
  const auto problems = problemsOf(R"({"defaults":{"trafficPolicy":{"outlierDetection":{}}}},"events":[{"at":"1s","patch":{"mesh":{"defaults":{"trafficPolicy":{"healthChecks":{"interval":"1s","timeout":"2s"}}}}}}])");
  EXPECT_EQ(codes(problems), "ejection-cap check-timeout");
  EXPECT_EQ(problems.back().pointer, "/events/0/patch/mesh/defaults/trafficPolicy/healthChecks");
}

TEST(ScenarioAdvice, WhatIstioRefusesIsAnError) {
  const auto refused = [](const std::string& policy) { return hasErrors(problemsOf(defaults(R"("loadBalancer":{"simple":"RANDOM",)" + policy + "}"))); };
  EXPECT_TRUE(refused(R"("localityLbSetting":{"distribute":[{"from":"eu/*","to":{"eu/*":60}}]})"));                         // not 100
  EXPECT_TRUE(refused(R"("localityLbSetting":{"distribute":[{"from":"eu/*","to":{"eu/*":60,"eu/a/*":40}}]})"));              // overlap
  EXPECT_TRUE(refused(R"("localityLbSetting":{"distribute":[{"from":"*/a","to":{"eu/*":100}}]})"));                          // "*" not last
  EXPECT_TRUE(refused(R"("localityLbSetting":{"failover":[{"from":"eu","to":"eu"}]})"));
  EXPECT_TRUE(refused(R"("localityLbSetting":{"distribute":[{"from":"eu/*","to":{"eu/*":100}}],"failover":[{"from":"eu","to":"us"}]})"));
  EXPECT_TRUE(refused(R"("zoneAware":{},"localityLbSetting":{"failoverPriority":["zone"]})"));
  EXPECT_FALSE(refused(R"("zoneAware":{},"localityLbSetting":{"enabled":true})"));
  EXPECT_TRUE(hasErrors(problemsOf(defaults(R"("consecutiveFailures":{"minPenalty":"2s","maxPenalty":"1s"})"))));
  EXPECT_TRUE(hasErrors(problemsOf(defaults(R"("consecutiveFailures":{"minPenalty":"1s","backoff":{"maxBackoff":"5s"}})"))));
  EXPECT_TRUE(hasErrors(problemsOf(defaults(R"("healthChecks":{"expectedStatuses":[{"start":300,"end":200}]})"))));
}

// Sweeps, checks and penalties come by the clock: what would never let it go on, or leave its range, is an error.
TEST(ScenarioAdvice, IntervalsBelowAMillisecondAndPenaltiesBeyondTheClockAreErrors) {
  const std::pair<std::string, std::string> cases[] = {
      {R"("outlierDetection":{"maxEjectionPercent":50,"interval":"999us"})", "must be at least 1ms"},
      {R"("healthChecks":{"interval":"1ns","timeout":"1ns"})", "must be at least 1ms"},
      {R"("healthChecks":{"interval":"1s","unhealthyInterval":"1us"})", "must be at least 1ms"},
      {R"("healthChecks":{"interval":"1s","noTrafficInterval":"1us"})", "must be at least 1ms"},
      {R"("consecutiveFailures":{"minPenalty":"70000h","maxPenalty":"80000h","jitterRatio":100})", "the longest penalty, with its jitter, is longer than 10 years"},
  };
  for (const auto& [policy, expected] : cases) {
    std::string found;
    for (const Problem& p : problemsOf(defaults(policy)))
      if (p.severity == Problem::Severity::error) found += textOf(p);
    EXPECT_NE(found.find(expected), std::string::npos) << policy << ": " << found;
  }
  for (const Problem& p : problemsOf(defaults(R"("healthChecks":{"interval":"1ms","timeout":"1ms"},"consecutiveFailures":{"jitterRatio":100})")))
    EXPECT_NE(p.severity, Problem::Severity::error) << textOf(p);
}

}  // namespace
}  // namespace meshmall::models
