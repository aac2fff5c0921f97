// Rollouts as they are pasted: forms that Argo and Flagger take, and mistakes that are told once.
#include "models/scenario/decode_scenario.h"

namespace meshmall::models {
namespace {

DecodeResult withRollout(const std::string& how) {
  return decodeScenario(R"({"meshmall":1,"services":{"b":{"versions":{"v1":{},"v2":{}},"operations":{"x":{"steps":[]}}}},
    "traffic":[{"name":"t","to":"b/x","arrivals":{"constant":{"rate":"1/s"}}}],"rollouts":{"b":{"primary":"v1","canary":"v2","at":"20s",)" +
                            how + "}}}",
                        "s.json", "");
}

TEST(RolloutScenario, APauseOfArgoIsANumberOfSecondsATextOfDigitsOrADuration) {
  for (const char* pause : {"15", R"("15")", R"("15s")"}) {
    const DecodeResult decoded = withRollout(R"("argo":{"strategy":{"canary":{"steps":[{"setWeight":20},{"pause":{"duration":)" + std::string(pause) + "}}]}}}");
    ASSERT_TRUE(decoded.scenario) << pause;
    const auto& canary = std::get<ArgoCanaryConfig>(decoded.scenario->rollouts.at(0).argo()->strategy);
    EXPECT_EQ(canary.steps.at(1).duration, engine::seconds(15)) << pause;
  }
  EXPECT_FALSE(withRollout(R"("argo":{"strategy":{"canary":{"steps":[{"pause":{"duration":"15 "}}]}}})").scenario);
}

TEST(RolloutScenario, AWrongStepOfFlaggerIsToldOnceAndAMissingOneToo) {
  const auto problems = [](const std::string& step) { return withRollout(R"("flagger":{"analysis":{)" + step + "}}").problems; };
  ASSERT_EQ(problems(R"("stepWeight":2.5)").size(), 1u);
  EXPECT_NE(textOf(problems(R"("stepWeight":2.5)")[0]).find("must be a whole number (got 2.5)"), std::string::npos);
  ASSERT_EQ(problems(R"("stepWeight":0)").size(), 1u);
  EXPECT_NE(textOf(problems(R"("stepWeight":0)")[0]).find("the canary would never get anything"), std::string::npos);
}

}  // namespace
}  // namespace meshmall::models
