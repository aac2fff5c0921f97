// `meshmall rank`: the same bytes with any number of jobs and after any interruption; what it says and refuses.
#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/cli/spawned_program.h"

namespace meshmall {
namespace {

using namespace cli_test;
using nlohmann::json;

class RankVerb : public testing::Test {
 protected:
  RankVerb() {
    folder.write("shop.json", shop("200/s", "3s"));
    folder.write("study.json", R"({"meshmallStudy": 1, "name": "speeds", "scenario": "shop.json", "variants": {"baseline": {}, "faster": {"set": {"/services/counter/versions/v1/speed": 1.02}},
      "random": {"patch": {"mesh": {"defaults": {"trafficPolicy": {"loadBalancer": {"simple": "RANDOM"}}}}}}}, "replications": 3, "metrics": ["throughput"]})");
  }
  Outcome rank(const std::vector<std::string>& more) const {
    std::vector<std::string> call{"rank", folder.path("study.json"), "--metric", "latency.mean", "--first", "5"};
    call.insert(call.end(), more.begin(), more.end());
    return runProgram(call);
  }
  std::string ranking(const std::string& out) const { return folder.read(out + "/ranking.json") + folder.read(out + "/ranking.csv"); }
  const Folder folder;
};

TEST_F(RankVerb, ChoosesTheFasterAndSaysHowSureThatIs) {
  const Outcome text = rank({});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_NE(text.out.find("faster is the best after "), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("right with a probability of at least 95 %"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("dropped for"), std::string::npos);
  const json found = json::parse(rank({"--format", "json", "--quiet"}).out);
  EXPECT_EQ(found["points"][0]["best"], json::array({"faster"}));
  EXPECT_EQ(found["points"][0]["outcome"], "selected");
  EXPECT_TRUE(found["design"]["commonRandomNumbers"].get<bool>());
  // Its runs are those that `run` makes.
  const json& variant = found["points"][0]["variants"][1];
  ASSERT_EQ(variant["variant"], "faster");
  const json run = json::parse(runProgram({"run", folder.path("shop.json"), "--set", "/services/counter/versions/v1/speed=1.02", "--replication", "3", "--format", "json"}).out);
  EXPECT_EQ(variant["values"][3], run["metrics"]["latency.mean"]);
}

TEST_F(RankVerb, JobsNeverShow) {
  for (const std::vector<std::string>& how : {std::vector<std::string>{}, {"--budget", "40"}}) {
    std::string first;
    for (const char* jobs : {"1", "2", "7"}) {
      std::vector<std::string> call{"-o", folder.path("out"), "--jobs", jobs, "--quiet"};
      call.insert(call.end(), how.begin(), how.end());
      const Outcome outcome = rank(call);
      ASSERT_EQ(outcome.code, 0) << outcome.err;
      EXPECT_EQ(outcome.out + outcome.err, "") << "--quiet says nothing";
      if (first.empty()) first = ranking("out");
      EXPECT_EQ(ranking("out"), first) << jobs;
      EXPECT_GT(first.size(), 1000u);
    }
  }
}

TEST_F(RankVerb, AJournalCutOffAnywhereIsResumedToTheSame) {
  for (const std::vector<std::string>& how : {std::vector<std::string>{}, {"--budget", "40"}}) {
    const auto call = [&](const std::string& out) {
      std::vector<std::string> made{"-o", folder.path(out), "--resume", "--quiet", "--jobs", "2"};
      made.insert(made.end(), how.begin(), how.end());
      return rank(made);
    };
    const std::string whole = how.empty() ? "kn" : "ocba";
    ASSERT_EQ(call(whole).code, 0);
    const std::string journal = folder.read(whole + "/journal"), text = ranking(whole);
    for (std::size_t part = 1; part <= 5; ++part) {
      const std::string out = whole + std::to_string(part);
      ASSERT_EQ(runProgram({"rank", folder.path("study.json"), "--metric", "latency.mean", "-o", folder.path(out), "--first", "1"}).code, 2);
      ASSERT_EQ(runShell("mkdir -p \"$0\"", {folder.path(out)}).code, 0);
      folder.write(out + "/journal", journal.substr(0, journal.size() * part / 5));
      const Outcome resumed = call(out);
      ASSERT_EQ(resumed.code, 0) << resumed.err;
      EXPECT_EQ(ranking(out), text) << part;
    }
  }
}

TEST_F(RankVerb, CtrlCKeepsWhatIsDone) {
  const std::vector<std::string> call{"rank", folder.path("study.json"), "--metric", "latency.mean", "--delta", "0.001%", "--max-replications", "5000", "-o", folder.path("out")};
  const Outcome stopped = runAndSignal(call, "runs", SIGINT);
  EXPECT_EQ(stopped.code, 130) << stopped.err;
  EXPECT_NE(stopped.err.find("--resume goes on"), std::string::npos) << stopped.err;
  const Outcome again = rank({"-o", folder.path("out")});
  EXPECT_EQ(again.code, 2) << "what is done is not thrown away by mistake";
}

TEST_F(RankVerb, UndecidedAtItsLimitFailsWhereThatIsAsked) {
  const std::vector<std::string> tight{"--delta", "0.0001%", "--max-replications", "6", "--set", "/services/counter/versions/v1/speed=1"};
  const Outcome pass = rank(tight);
  EXPECT_EQ(pass.code, 0) << pass.err;
  EXPECT_NE(pass.out.find("undecided after 6 replications between"), std::string::npos) << pass.out;
  std::vector<std::string> strict = tight;
  strict.insert(strict.end(), {"--on-inconclusive", "fail"});
  EXPECT_EQ(rank(strict).code, 3);
}

TEST_F(RankVerb, RefusesWhatCannotBeMeantBeforeAnythingRuns) {
  const std::pair<std::vector<std::string>, const char*> calls[] = {
      {{"--metric", "latency.p9"}, "did you mean 'latency.p90'"},
      {{"--metric", "latency.p99 for service=oven"}, "has no service \"oven\"; there is counter"},
      {{"--metric", "latency.p99 for service=*"}, "one service must be named"},
      {{"--metric", "requests.total"}, "neither better high nor low"},
      {{"--metric", "retries.total"}, "is a count"},
      {{"--against", "nothing"}, "unknown metric"},
      {{"--delta", "5pp"}, "percentage points"},
      {{"--delta", "0%"}, "above 0"},
      {{"--alpha", "0.9"}, "--alpha"},
      {{"--first", "2"}, "--first"},
      {{"--prefer", "best"}, "low or high"},
      {{"--procedure", "guess"}, "kn or kn++"},
      {{"--budget", "10"}, "not enough"},
      {{"--budget", "100", "--alpha", "0.1"}, "don't go with it"},
      {{"--first", "50", "--max-replications", "20"}, "--first is above"},
      {{"--resume"}, "needs --out"},
  };
  for (const auto& [more, says] : calls) {
    std::vector<std::string> call{"rank", folder.path("study.json")};
    call.insert(call.end(), more.begin(), more.end());
    if (more[0] != "--resume") call.insert(call.end(), {"-o", folder.path("never")});
    const Outcome outcome = runProgram(call);
    EXPECT_EQ(outcome.code, 2) << more[0];
    EXPECT_NE(outcome.err.find(says), std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
  EXPECT_FALSE(folder.has("never"));
  folder.write("single.json", R"({"meshmallStudy": 1, "name": "s", "scenario": "shop.json"})");
  EXPECT_EQ(runProgram({"rank", folder.path("single.json")}).code, 2);
}

}  // namespace
}  // namespace meshmall
