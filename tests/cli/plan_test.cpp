// `meshmall plan`: what a pilot says of a study's gates, that its numbers keep what they say, and what it refuses.
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/spawned_program.h"
#include "tests/models/schema_validator.h"

namespace meshmall {
namespace {

using namespace cli_test;
using nlohmann::json;

class PlanVerb : public testing::Test {
 protected:
  PlanVerb() {
    folder.write("shop.json", shop("200/s", "3s"));
    study(R"("gates": ["increase(latency.mean) <= 5%", "warn: latency.mean < 1s", "decrease(success.rate) <= 0.1pp"])");
  }
  void study(const std::string& more) const {
    folder.write("study.json", R"({"meshmallStudy": 1, "name": "speeds", "scenario": "shop.json", "variants": {"baseline": {}, "random": {"patch": {"mesh": {"defaults": {"trafficPolicy":
      {"loadBalancer": {"simple": "RANDOM"}}}}}}}, "replications": 6, )" + more + "}");
  }
  Outcome plan(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> call{"plan", folder.path("study.json"), "--pilot", "8"};
    call.insert(call.end(), more.begin(), more.end());
    return runProgram(call);
  }
  const Folder folder;
};

TEST_F(PlanVerb, SaysWhatTheStudysNumberCatchesAndWhatMoreWouldTake) {
  const Outcome text = plan();
  ASSERT_EQ(text.code, 0) << text.err;
  EXPECT_NE(text.out.find("6 replications catch"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("to catch all of it: "), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("warn only"), std::string::npos);
  const json found = json::parse(plan({"--format", "json", "-q"}).out);
  std::ifstream file("scenarios/schema/plan.schema.json");
  std::stringstream schema;
  schema << file.rdbuf();
  EXPECT_TRUE(models::SchemaValidator(schema.str()).accepts(found)) << found.dump(1);
  const json& question = found["pairs"][0]["rules"][0]["questions"][0];
  EXPECT_EQ(question["caught"], 0.1) << "twice the margin";
  EXPECT_GT(question["spread"], 0.0);
  EXPECT_LE(question["toCatch"]["replications"], question["toCatch"]["safe"]);
  EXPECT_EQ(found["hypotheses"], 2) << "a rule that only warns has no share in the family";
  EXPECT_EQ(found["time"]["groups"], 2);
  EXPECT_GT(found["time"]["secondsARun"], 0.0);
  // A smaller change takes more replications; the number for what so many catch is that number.
  const json finer = json::parse(plan({"--format", "json", "-q", "--detect", "latency.mean=7%"}).out)["pairs"][0]["rules"][0]["questions"][0];
  EXPECT_GT(finer["toCatch"]["replications"], question["toCatch"]["replications"]);
}

TEST_F(PlanVerb, WithoutRulesItTellsHowPreciselyMeansAreKnown) {
  folder.write("study.json", R"({"meshmallStudy": 1, "name": "one", "scenario": "shop.json", "metrics": ["latency.mean"]})");
  const json found = json::parse(plan({"--format", "json", "-q"}).out);
  ASSERT_EQ(found["precision"].size(), 1u);
  EXPECT_TRUE(found["all"].is_null());
  EXPECT_GT(found["precision"][0]["needed"][2]["replications"], found["precision"][0]["needed"][0]["replications"]);
  EXPECT_NE(plan().out.find("for ±2 %"), std::string::npos);
}

TEST_F(PlanVerb, APilotIsKeptAndResumed) {
  const std::vector<std::string> out{"-o", folder.path("out"), "--resume", "-q"};
  ASSERT_EQ(plan(out).code, 0);
  const json first = json::parse(folder.read("out/plan.json"));
  const std::string journal = folder.read("out/journal");
  ASSERT_EQ(plan(out).code, 0);
  EXPECT_EQ(folder.read("out/journal"), journal) << "nothing is made again";
  EXPECT_EQ(json::parse(folder.read("out/plan.json"))["pairs"], first["pairs"]);
}

TEST_F(PlanVerb, RefusesWhatCannotBeMeantBeforeAnythingRuns) {
  const std::pair<std::vector<std::string>, const char*> calls[] = {
      {{"--detect", "latency.p9=10%"}, "did you mean 'latency.p90'"}, {{"--detect", "latency.mean=5ms"}, "no rule bounds a change of latency.mean in that unit"},
      {{"--detect", "latency.mean"}, "METRIC=CHANGE"},                {{"--detect", "latency.mean=0%"}, "above 0"},
      {{"--detect", "retries.total=5%"}, "no rule bounds"},           {{"--power", "1"}, "--power"},
      {{"--pilot", "2"}, "--pilot"},                                  {{"--alpha", "x"}, "--alpha"}};
  for (const auto& [more, says] : calls) {
    std::vector<std::string> call = more;
    call.insert(call.end(), {"-o", folder.path("never")});
    const Outcome outcome = plan(call);
    EXPECT_EQ(outcome.code, 2) << more[1];
    EXPECT_NE(outcome.err.find(says), std::string::npos) << outcome.err;
  }
  folder.write("study.json", R"({"meshmallStudy": 1, "name": "none", "scenario": "shop.json", "variants": {"a": {}, "b": {}}})");
  const Outcome none = plan();
  EXPECT_EQ(none.code, 2);
  EXPECT_NE(none.err.find("names no baseline"), std::string::npos) << none.err;
  EXPECT_FALSE(folder.has("never"));
}

}  // namespace
}  // namespace meshmall
