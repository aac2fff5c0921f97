// `meshmall check`: every problem of every file at its place, and the prediction of the sound ones.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/cli/spawned_program.h"

namespace meshmall {
namespace {

using namespace cli_test;
using nlohmann::json;

TEST(CheckVerb, PredictsLoadUtilisationAndBottleneck) {
  const Folder folder;
  const Outcome checked = runProgram({"check", folder.write("shop.json", shop("150/s", "10s")), "--format", "json"});
  ASSERT_EQ(checked.code, 0) << checked.err;
  const json prediction = json::parse(checked.out)["checks"][0]["prediction"];
  EXPECT_NEAR(prediction["services"]["counter"]["offeredLoad"].get<double>(), 1.5, 1e-9);
  EXPECT_NEAR(prediction["services"]["counter"]["utilization"].get<double>(), 0.5, 1e-9);
  EXPECT_EQ(prediction["bottleneck"], "counter");
  EXPECT_EQ(prediction["stable"], true);
  const Outcome text = runProgram({"check", folder.path("shop.json")});
  EXPECT_NE(text.out.find("bottleneck: counter, 50.0 %"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("stable"), std::string::npos);
}

TEST(CheckVerb, CallsAnOverloadedScenarioUnstableAndEndsWithZero) {
  const Folder folder;
  const Outcome checked = runProgram({"check", folder.write("shop.json", shop("400/s", "10s"))});
  EXPECT_EQ(checked.code, 0);
  EXPECT_NE(checked.out.find("unstable"), std::string::npos);
  EXPECT_NE(checked.err.find("warning: unstable: counter"), std::string::npos) << checked.err;
}

TEST(CheckVerb, ReportsAllProblemsOfAllFilesAndEndsWithTwo) {
  const Folder folder;
  const std::string bad = folder.write("bad.json", "{\n  \"meshmall\": 1,\n  \"nam\": \"x\",\n  \"run\": {\"duration\": \"0s\", \"seed\": -1}\n}\n");
  const std::string truncated = folder.write("truncated.json", "{\"meshmall\": 1");
  const Outcome checked = runProgram({"check", bad, folder.write("good.json", shop("10/s", "1s")), truncated});
  EXPECT_EQ(checked.code, 2);
  EXPECT_NE(checked.err.find(bad + ":3:3: "), std::string::npos) << checked.err;
  EXPECT_NE(checked.err.find("/run/duration"), std::string::npos);
  EXPECT_NE(checked.err.find("/run/seed"), std::string::npos);
  EXPECT_NE(checked.err.find(truncated + ":1:"), std::string::npos);
  EXPECT_NE(checked.out.find("good.json: no errors"), std::string::npos);
}

TEST(CheckVerb, NamesACallCycle) {
  const Folder folder;
  const std::string file = folder.write("round.json", R"({"meshmall": 1, "services": {
    "a": {"operations": {"x": {"steps": [{"call": "b/y"}]}}}, "b": {"operations": {"y": {"steps": [{"call": "a/x"}]}}}},
    "traffic": [{"name": "t", "to": "a/x", "arrivals": {"poisson": {"rate": "1/s"}}}]})");
  const Outcome checked = runProgram({"check", file});
  EXPECT_EQ(checked.code, 2);
  EXPECT_NE(checked.err.find("a/x -> b/y -> a/x"), std::string::npos) << checked.err;
  EXPECT_EQ(checked.err.find(file + ":2:26: /services/a/operations/x: "), 0u) << checked.err;
  EXPECT_EQ(runProgram({"run", file}).code, 2);
}

TEST(CheckVerb, WarnsOfPoliciesThatCannotActWithCodeReasonAndCure) {
  const Folder folder;
  const std::string file = folder.write("hasty.json", R"({"meshmall": 1, "services": {"a": {"operations": {"x": {}}}},
    "traffic": [{"name": "t", "to": "a/x", "arrivals": {"poisson": {"rate": "1/s"}}}],
    "mesh": {"virtualServices": {"a": {"http": [{"route": [{"destination": {"host": "a"}}], "timeout": "1s",
      "retries": {"attempts": 3, "perTryTimeout": "400ms"}}]}}}})");
  const Outcome checked = runProgram({"check", file, "--format", "json"});
  EXPECT_EQ(checked.code, 0);
  EXPECT_NE(checked.err.find(file + ":4:7: warning [retry-timeout]: /mesh/virtualServices/a/http/0/retries: of 4 tries only 2 "), std::string::npos) << checked.err;
  EXPECT_NE(checked.err.find("; lower attempts or perTryTimeout"), std::string::npos) << checked.err;
  const json problem = json::parse(checked.out)["checks"][0]["problems"][0];
  EXPECT_EQ(problem["code"], "retry-timeout");
  EXPECT_EQ(problem["severity"], "warning");
}

TEST(CheckVerb, AMissingFileIsCodeSix) { EXPECT_EQ(runProgram({"check", "no-such-file.json"}).code, 6); }

TEST(CheckVerb, TakesSetSeedAndDuration) {
  const Folder folder;
  const std::string file = folder.write("shop.json", shop("150/s", "10s"));
  const Outcome checked =
      runProgram({"check", file, "--set", "/traffic/0/arrivals/poisson/rate=300/s", "--set=/services/counter/versions/v1/replicas=6", "--format", "json"});
  ASSERT_EQ(checked.code, 0) << checked.err;
  EXPECT_NEAR(json::parse(checked.out)["checks"][0]["prediction"]["services"]["counter"]["offeredLoad"].get<double>(), 3, 1e-9);
  const Outcome wrong = runProgram({"check", file, "--set", "/run/sed=7", "--seed", "x"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_NE(wrong.err.find("/run/sed"), std::string::npos) << wrong.err;
}

}  // namespace
}  // namespace meshmall
