// Every public case of resilience, recorded from Envoy, tower, Linkerd, gRPC and the rate limit service, decided by the objects of models/resilience.
// The case files are the project's own; a clone needs nothing else.
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/replay/compare.h"
#include "cli/replay/resilience.h"

namespace meshmall::cli {
namespace {

using nlohmann::json;

json casesOf(const std::string& file) {
  std::ifstream in("tests/conformance/vectors/" + file);
  EXPECT_TRUE(in) << file << ": the working directory must be the project's root";
  return json::parse(in);
}

// Names of the cases that come out otherwise than expected, or not at all, with what is wrong.
std::map<std::string, std::string> problemsOf(const json& cases, bool only_own) {
  std::map<std::string, std::string> problems;
  for (const json& one_case : cases) {
    if (only_own && !resilienceHas(one_case.at("algorithm").get<std::string>())) continue;
    json actual;
    const ReplayAnswer answer = replayResilience(one_case, actual);
    if (!answer.supported) {
      problems[one_case.at("id")] = "unsupported: " + answer.reason;
      continue;
    }
    for (const std::string& difference : compareCase(one_case, actual, answer)) problems[one_case.at("id")] += difference + "; ";
  }
  return problems;
}

using Problems = std::map<std::string, std::string>;

TEST(ResilienceConformance, DecidesEveryCaseOfEnvoyAsEnvoyDoes) {
  const json cases = casesOf("envoy-resilience.json");
  EXPECT_EQ(cases.size(), 208u);
  EXPECT_EQ(problemsOf(cases, false), Problems());
}

TEST(ResilienceConformance, DecidesTheCasesOfTheOtherProxiesAsTheyDo) { EXPECT_EQ(problemsOf(casesOf("rollout-traffic-security.json"), true), Problems()); }

TEST(ResilienceConformance, DoesNotReadTheExpectation) {
  for (const json& one_case : casesOf("envoy-resilience.json")) {
    json without = one_case, with_expectation, without_expectation;
    without.erase("expect");
    replayResilience(one_case, with_expectation);
    replayResilience(without, without_expectation);
    EXPECT_EQ(with_expectation, without_expectation) << one_case.at("id");
  }
}

TEST(ResilienceConformance, RefusesAKeyItDoesNotUnderstand) {
  for (const json& one_case : casesOf("envoy-resilience.json")) {
    for (const char* part : {"config", "input"}) {
      json changed = one_case, actual;
      changed[part]["no_such_key"] = 1;
      EXPECT_FALSE(replayResilience(changed, actual).supported) << one_case.at("id") << " " << part;
    }
  }
}

TEST(ResilienceConformance, NoticesADecisionThatIsOtherwise) {
  json one_case = json::parse(R"({"id": "x", "algorithm": "retry_budget", "config": {"budget_percent": 20}, "input": {"active_requests": 19},
                                  "expect": {"limit": 4, "allowed": true}})");
  json actual;
  const ReplayAnswer answer = replayResilience(one_case, actual);
  ASSERT_TRUE(answer.supported);
  EXPECT_EQ(compareCase(one_case, actual, answer).size(), 1u);
}

}  // namespace
}  // namespace meshmall::cli
