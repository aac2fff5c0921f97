// Every public case of progressive delivery, recorded from Flagger, Argo Rollouts and Kayenta, decided by the objects of models/rollout.
#include "cli/replay/rollout.h"

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/replay/compare.h"

namespace meshmall::cli {
namespace {

using nlohmann::json;

json casesOfRollouts() {
  std::ifstream in("tests/conformance/vectors/rollout-traffic-security.json");
  EXPECT_TRUE(in) << "the working directory must be the project's root";
  json own = json::array();
  for (const json& one_case : json::parse(in)) {
    const std::string algorithm = one_case.at("algorithm");
    if (algorithm.rfind("flagger.", 0) == 0 || algorithm.rfind("argo.", 0) == 0 || algorithm.rfind("kayenta.", 0) == 0) own.push_back(one_case);
  }
  return own;
}

TEST(RolloutConformance, DecidesEveryCaseAsTheControllersDo) {
  const json cases = casesOfRollouts();
  EXPECT_EQ(cases.size(), 173u);
  std::map<std::string, std::string> problems;
  for (const json& one_case : cases) {
    json actual;
    const ReplayAnswer answer = replayRollout(one_case, actual);
    if (!answer.supported)
      problems[one_case.at("id")] = "unsupported: " + answer.reason;
    else
      for (const std::string& difference : compareCase(one_case, actual, answer)) problems[one_case.at("id")] += difference + "; ";
  }
  EXPECT_EQ(problems, (std::map<std::string, std::string>()));
}

TEST(RolloutConformance, DoesNotReadTheExpectation) {
  for (const json& one_case : casesOfRollouts()) {
    json without = one_case, with_expectation, without_expectation;
    without.erase("expect");
    replayRollout(one_case, with_expectation);
    replayRollout(without, without_expectation);
    EXPECT_EQ(with_expectation, without_expectation) << one_case.at("id");
  }
}

TEST(RolloutConformance, RefusesAKeyItDoesNotUnderstand) {
  for (const json& one_case : casesOfRollouts()) {
    for (const char* part : {"config", "input"}) {
      json changed = one_case, actual;
      changed[part]["no_such_key"] = 1;
      EXPECT_FALSE(replayRollout(changed, actual).supported) << one_case.at("id") << " " << part;
    }
  }
}

}  // namespace
}  // namespace meshmall::cli
