// `meshmall compare`: what it judges, prints and writes, and the codes it ends with.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/cli/spawned_program.h"

namespace meshmall {
namespace {

using namespace cli_test;
using nlohmann::json;

std::string file(const Folder& folder, const std::string& name, const std::string& content) {  // with the folders on the way
  std::filesystem::create_directories(std::filesystem::path(folder.path(name)).parent_path());
  return folder.write(name, content);
}

// One counter with work of 10 ms; `mean` makes a candidate of it.
std::string counter(const std::string& mean, const std::string& more = {}, const std::string& seed = "1") {
  return R"({"meshmall": 1, "name": "counter", "run": {"duration": "30s", "warmup": "2s", "seed": )" + seed + R"(},
    "services": {"bakery": {"versions": {"v1": {"replicas": 2, "workers": 2}}, "operations": {"bake": {"steps": [{"busy": {"lognormal": {"mean": ")" +
         mean + R"(", "cv": 0.5}}}]}}}},
    "traffic": [{"name": "lunch", "to": "bakery/bake", "arrivals": {"poisson": {"rate": "150/s"}}}])" + more + "}";
}

const std::string kMean = "increase(latency.mean) <= 5%";

json compared(std::vector<std::string> call, int code) {
  call.insert(call.begin(), "compare");
  call.insert(call.end(), {"--format", "json"});
  const Outcome outcome = runProgram(call);
  EXPECT_EQ(outcome.code, code) << outcome.err << outcome.out;
  return outcome.out.empty() ? json() : json::parse(outcome.out);
}

TEST(CompareVerb, AScenarioIsIdenticalWithItself) {
  const Folder folder;
  const std::string a = folder.write("a.json", counter("10ms", R"(, "slos": ["latency.p50 < 1s", "success.rate >= 90%"])"));
  const json report = compared({a, a}, 0);
  EXPECT_EQ(report["outcome"], "passed");
  ASSERT_EQ(report["scenarios"].size(), 1u);
  const json& pair = report["scenarios"][0];
  EXPECT_TRUE(pair["differences"]["places"].empty());
  EXPECT_TRUE(pair["moved"]["metrics"].empty());
  EXPECT_EQ(pair["baseline"]["fingerprints"], pair["candidate"]["fingerprints"]);
  ASSERT_EQ(pair["rules"].size(), 6u);  // the default four and two SLOs
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(pair["rules"][i]["verdict"], "IDENTICAL") << pair["rules"][i]["text"];
  EXPECT_EQ(pair["rules"][4]["verdict"], "MET");
  EXPECT_EQ(pair["rules"][5]["verdict"], "MET");
  EXPECT_EQ(pair["baseline"]["replications"].size(), 20u);
}

TEST(CompareVerb, ASlowerCandidateFailsAndTheReportSaysWhatDiffersAndWhatMoved) {
  const Folder folder;
  const std::string a = folder.write("a.json", counter("10ms")), b = folder.write("b.json", counter("11.5ms"));
  const json report = compared({a, b, "--fail-on", kMean, "--fail-on", "increase(cpu) <= 100% for service=*"}, 1);
  EXPECT_EQ(report["outcome"], "failed");
  const json& rule = report["scenarios"][0]["rules"][0];
  EXPECT_EQ(rule["verdict"], "REGRESSED");
  EXPECT_TRUE(rule["fails"]);
  const json& question = rule["questions"][0];
  EXPECT_EQ(question["metric"], "latency.mean");
  EXPECT_GT(question["change"]["value"], 0.1);
  EXPECT_LE(question["test"]["pAdjusted"], 0.01);
  EXPECT_GT(question["test"]["varianceReduction"], 2);
  EXPECT_EQ(question["values"]["baseline"].size(), 20u);
  EXPECT_EQ(report["scenarios"][0]["rules"][1]["scope"], "service=bakery");
  const json& difference = report["scenarios"][0]["differences"]["places"][0];
  EXPECT_EQ(difference["pointer"], "/services/bakery/operations/bake/steps/0/busy/lognormal/mean");
  EXPECT_EQ(difference["baseline"], "\"10ms\"");
  EXPECT_EQ(difference["candidateLine"], 2);
  const json& moved = report["scenarios"][0]["moved"]["metrics"];
  EXPECT_TRUE(std::any_of(moved.begin(), moved.end(), [](const json& m) { return m["scope"] == "service=bakery" && m["metric"] == "cpu"; }));

  const Outcome text = runProgram({"compare", a, b, "--fail-on", kMean});
  EXPECT_EQ(text.code, 1);
  for (const char* part : {"REGRESSED", "GATE FAILED", "increase(latency.mean) <= 5%", "what else moved", "lognormal/mean", "20 paired replications"})
    EXPECT_NE(text.out.find(part), std::string::npos) << part << "\n" << text.out;
  EXPECT_EQ(compared({a, b, "--fail-on", kMean, "--informational"}, 0)["outcome"], "failed");
  EXPECT_EQ(compared({a, b, "--fail-on", kMean, "--margin", "latency.mean=60%"}, 0)["outcome"], "passed");
  EXPECT_EQ(compared({a, b, "--fail-on", "warn: " + kMean}, 0)["tally"]["warned"], 1);
}

TEST(CompareVerb, TheNumberOfJobsDoesNotShow) {
  const Folder folder;
  const std::string a = folder.write("a.json", counter("10ms")), b = folder.write("b.json", counter("10.1ms"));
  const Outcome one = runProgram({"compare", a, b, "--format", "json", "--jobs", "1", "--replications", "6"});
  const Outcome two = runProgram({"compare", a, b, "--format", "json", "--jobs", "2", "--replications", "6"});
  EXPECT_EQ(one.out, two.out);
  EXPECT_FALSE(one.out.empty());
}

TEST(CompareVerb, ModesLimitsAndWhatIsUnsureDecideTheCode) {
  const Folder folder;
  const std::string a = folder.write("a.json", counter("10ms")), b = folder.write("b.json", counter("10.5ms"));
  const std::string close = "increase(latency.p90) <= 5%";  // about on the margin
  const json unsure = compared({a, b, "--fail-on", close, "--replications", "3"}, 0);
  EXPECT_EQ(unsure["scenarios"][0]["rules"][0]["verdict"], "INCONCLUSIVE");
  EXPECT_FALSE(unsure["scenarios"][0]["rules"][0]["questions"][0]["test"]["pAdjusted"].is_null());
  compared({a, b, "--fail-on", close, "--replications", "3", "--on-inconclusive", "fail"}, 3);
  compared({a, b, "--fail-on", close, "--replications", "3", "--mode", "prove"}, 1);
  compared({a, b, "--fail-on", "increase(latency.p90) <= 50%", "--mode", "prove"}, 0);
  // Limits: p50 is near 10 ms.
  EXPECT_EQ(compared({a, b, "--fail-on", "latency.p50 < 2ms"}, 1)["scenarios"][0]["rules"][0]["verdict"], "BREACHED");
  EXPECT_EQ(compared({a, b, "--fail-on", "latency.p50 < 2s and success.rate >= 99%"}, 0)["scenarios"][0]["rules"][0]["joined"], "0 and 1");
  compared({a, b, "--fail-on", "latency.p50 < 2ms or success.rate >= 99%"}, 0);
  compared({a, b, "--fail-on", "requests.failed == 0"}, 0);
  compared({a, b, "--fail-on", "requests.ok == 0"}, 1);
  // p999 takes 100,000 requests in each replication.
  const json few = compared({a, b, "--fail-on", "increase(latency.p999) <= 5%", "--replications", "3"}, 1);
  EXPECT_EQ(few["scenarios"][0]["rules"][0]["verdict"], "NO-DATA");
  EXPECT_NE(few["scenarios"][0]["rules"][0]["questions"][0]["reason"].get<std::string>().find("100000 requests"), std::string::npos);
  compared({a, b, "--fail-on", "increase(latency.p999) <= 5%", "--replications", "3", "--on-no-data", "warn"}, 0);
}

TEST(CompareVerb, IndependentSeedsAreComparedAsWelch) {
  const Folder folder;
  const std::string a = folder.write("a.json", counter("10ms"));
  const json report = compared({a, a, "--fail-on", kMean, "--independent-seeds", "--replications", "5"}, 0);
  EXPECT_FALSE(report["scenarios"][0]["paired"]);
  EXPECT_EQ(report["scenarios"][0]["rules"][0]["questions"][0]["test"]["name"], "Welch's t");
  EXPECT_NE(report["scenarios"][0]["baseline"]["fingerprints"], report["scenarios"][0]["candidate"]["fingerprints"]);
}

TEST(CompareVerb, WrongCallsRunNothing) {
  const Folder folder;
  const std::string a = folder.write("a.json", counter("10ms")), bad = folder.write("bad.json", R"({"meshmall": 1})");
  const struct { std::vector<std::string> more; std::string says; int code; } calls[] = {
      {{"--fail-on", "increase(latency.p9) <= 5%"}, "latency.p9", 2},
      {{"--fail-on", "increase(latency.p99) <= 5/s"}, "can't be compared with the unit", 2},
      {{"--fail-on", "latency.p99 < 250"}, "unit", 2},
      {{"--fail-on", "increase(latency.p99) <= 5% for service=oven"}, "unknown service", 2},
      {{"--fail-on", "increase(latency.p99) <= 5% for shop=bakery"}, "unknown scope", 2},
      {{"--fail-on", "decrease(throughput) <= 100%"}, "can't be exceeded", 2},
      {{"--margin", "latency.p90=3%"}, "no rule compares", 2},
      {{"--margin", "latency.p99"}, "--margin", 2},
      {{"--mode", "maybe"}, "--mode", 2},
      {{"--alpha", "2"}, "--alpha", 2},
      {{"--replications", "1"}, "--replications", 2},
      {{"--on-inconclusive", "cry"}, "--on-inconclusive", 2},
      {{"--gate", folder.path("none.json")}, "none.json", 6},
  };
  for (const auto& call : calls) {
    std::vector<std::string> all = {"compare", a, a, "-o", folder.path("out")};
    all.insert(all.end(), call.more.begin(), call.more.end());
    const Outcome outcome = runProgram(all);
    EXPECT_EQ(outcome.code, call.code) << call.more[1] << "\n" << outcome.err;
    EXPECT_NE(outcome.err.find(call.says), std::string::npos) << call.says << "\n" << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_FALSE(folder.has("out/comparison.json"));
  }
  EXPECT_EQ(runProgram({"compare", a, bad}).code, 2);
  EXPECT_EQ(runProgram({"compare", a, folder.path("none")}).code, 6);
  EXPECT_EQ(runProgram({"compare", a}).code, 2);
}

TEST(CompareVerb, AGateFileHasRulesMarginsAndWaiversThatExpire) {
  const Folder folder;
  const std::string a = folder.write("a.json", counter("10ms")), b = folder.write("b.json", counter("11.5ms"));
  const auto gate = [&](const std::string& more) { return folder.write("gate.json", R"({"version": 1, "replications": 5, "rules": [")" + kMean + R"("])" + more + "}"); };
  EXPECT_EQ(compared({a, b, "--gate", gate("")}, 1)["scenarios"][0]["rules"][0]["source"], "gate file");
  EXPECT_EQ(compared({a, b, "--gate", gate(R"(, "margins": {"latency.mean": "60%"}, "alpha": 0.05)")}, 0)["alpha"], 0.05);
  const std::string waiver = R"(, "waivers": [{"rule": ")" + kMean + R"(", "until": "2999-12-31", "reason": "known"}])";
  const json waived = compared({a, b, "--gate", gate(waiver)}, 0);
  EXPECT_EQ(waived["scenarios"][0]["rules"][0]["waiver"]["reason"], "known");
  EXPECT_EQ(waived["tally"]["waived"], 1);
  const std::string expired = R"(, "waivers": [{"rule": ")" + kMean + R"(", "until": "2020-01-31", "reason": "known"}])";
  const std::pair<std::string, std::string> wrong[] = {{expired, "ended on 2020-01-31"},
                                                       {R"(, "waivers": [{"rule": "x", "until": "2999-01-31", "reason": "known"}])", "no rule of this file"},
                                                       {R"(, "ruels": [])", "unknown key"},
                                                       {R"(, "alpha": 3)", "/alpha"},
                                                       {R"(, "waivers": [{"rule": "x", "until": "soon", "reason": "known"}])", "must be a day"}};
  for (const auto& [more, says] : wrong) {
    const Outcome outcome = runProgram({"compare", a, b, "--gate", gate(more)});
    EXPECT_EQ(outcome.code, 2) << more;
    EXPECT_NE(outcome.err.find(says), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find("gate.json:1:"), std::string::npos) << outcome.err;
  }
}

TEST(CompareVerb, FoldersArePairedByPathAndNewOrDeletedOnesDoNotGate) {
  const Folder folder;
  file(folder, "old/a.json", counter("10ms"));
  file(folder, "old/deep/b.json", counter("10ms"));
  file(folder, "old/gone.json", counter("10ms"));
  file(folder, "new/a.json", counter("10ms"));
  file(folder, "new/deep/b.json", counter("11.5ms"));
  file(folder, "new/fresh.json", counter("90ms"));
  file(folder, "new/notes.json", R"({"not": "a scenario"})");
  const json report = compared({folder.path("old"), folder.path("new"), "--fail-on", kMean, "--replications", "5"}, 1);
  ASSERT_EQ(report["scenarios"].size(), 4u);
  const std::pair<std::string, std::string> expected[] = {{"a.json", "compared"}, {"deep/b.json", "compared"}, {"fresh.json", "new"}, {"gone.json", "deleted"}};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(report["scenarios"][i]["name"], expected[i].first);
    EXPECT_EQ(report["scenarios"][i]["state"], expected[i].second);
  }
  EXPECT_EQ(report["scenarios"][0]["rules"][0]["verdict"], "IDENTICAL");
  EXPECT_EQ(report["scenarios"][1]["rules"][0]["verdict"], "REGRESSED");
  EXPECT_EQ(runProgram({"compare", folder.path("old"), folder.path("new/a.json")}).code, 2);
}

TEST(CompareVerb, TakesARevisionOfGitWithTheFilesBesideIt) {
  const Folder folder;
  file(folder, "repo/shops/times.csv", "t\n0.01\n0.011\n0.009\n");
  const auto sampled = [](const std::string& cv) {
    return R"({"meshmall": 1, "name": "sampled", "run": {"duration": "20s"}, "services": {"bakery": {"operations": {"bake": {"steps": [
      {"busy": {"empirical": {"file": "times.csv", "column": "t", "unit": "s"}}}, {"wait": ")" + cv + R"("}]}}}},
      "traffic": [{"name": "lunch", "to": "bakery/bake", "arrivals": {"poisson": {"rate": "50/s"}}}]})";
  };
  file(folder, "repo/shops/a.json", sampled("1ms"));
  const std::string setup = R"(cd "$1"/repo && git init -q -b main . && git config user.email a@b.c && git config user.name n && git add -A && git commit -qm one)";
  if (runShell("command -v git", {"sh"}).code != 0) GTEST_SKIP() << "git is not installed";
  ASSERT_EQ(runShell(setup, {"sh", folder.path()}).code, 0);
  file(folder, "repo/shops/a.json", sampled("3ms"));
  file(folder, "repo/shops/times.csv", "t\n0.02\n");  // must not be taken for the baseline's
  const auto inRepo = [&](const std::string& where, const std::string& arguments) {
    return runShell("cd \"$1\"/" + where + " && exec \"$2\" compare " + arguments, {"sh", folder.path(), MESHMALL_PROGRAM});
  };
  const Outcome worse = inRepo("repo", "git:main:shops/a.json shops/a.json --fail-on 'increase(latency.mean) <= 5%' --replications 5 --format json");
  EXPECT_EQ(worse.code, 1) << worse.err;
  const json report = json::parse(worse.out);
  // Pollaczek and Khinchine: 11 ms and 50/s x (11 ms)^2 / 2 / (1 - 0.55) = 17.7 ms; with the changed file it would be overloaded. 5 runs of 1,000 customers.
  EXPECT_NEAR(report["scenarios"][0]["rules"][0]["questions"][0]["baseline"]["value"].get<double>(), 17.7, 2);
  EXPECT_EQ(report["scenarios"][0]["differences"]["places"].size(), 1u);
  EXPECT_EQ(inRepo("repo", "git:HEAD:shops shops --fail-on 'increase(latency.mean) <= 5%' --replications 5").code, 1);
  EXPECT_EQ(inRepo("repo/shops", "git:main:a.json git:main:a.json --replications 5").code, 0);
  EXPECT_EQ(inRepo("repo", "git:nowhere:shops/a.json shops/a.json").code, 4);
  EXPECT_EQ(inRepo("repo", "git:main:shops/none.json shops/a.json").code, 4);
  EXPECT_EQ(inRepo("repo", "'git:--help:shops/a.json' shops/a.json").code, 2);
  // A shallow clone lacks what came before.
  ASSERT_EQ(runShell(R"(cd "$1"/repo && git tag first && git add -A && git commit -qm two && git clone -q --depth 1 --no-tags "file://$1/repo" "$1"/clone)", {"sh", folder.path()}).code, 0);
  const Outcome shallow = inRepo("clone", "git:HEAD~1:shops/a.json shops/a.json");
  EXPECT_EQ(shallow.code, 4);
  EXPECT_NE(shallow.err.find("git fetch --unshallow"), std::string::npos) << shallow.err;
  // The cure that is told, word for word, is one, whatever the revision is called.
  ASSERT_EQ(runShell(R"(cd "$1"/repo && git branch side first && git config uploadpack.allowAnySHA1InWant true)", {"sh", folder.path()}).code, 0);
  std::string id = runShell("cd \"$1\"/repo && git rev-parse first", {"sh", folder.path()}).out;
  id.pop_back();
  for (const std::string& revision : {id, std::string("side"), std::string("origin/side"), std::string("HEAD~1")}) {
    ASSERT_EQ(runShell(R"(rm -rf "$1"/clone && git clone -q --depth 1 --no-tags "file://$1/repo" "$1"/clone)", {"sh", folder.path()}).code, 0);
    const std::string call = "git:" + revision + ":shops/a.json shops/a.json --replications 2";
    const Outcome lacking = inRepo("clone", call);
    ASSERT_EQ(lacking.code, 4) << revision;
    const std::size_t begin = lacking.err.find("git fetch"), other = lacking.err.find(", or git fetch"), end = lacking.err.find(" (actions");
    ASSERT_NE(end, std::string::npos) << lacking.err;
    const std::string cure = other == std::string::npos ? lacking.err.substr(begin, end - begin) : lacking.err.substr(other + 5, end - other - 5);
    EXPECT_EQ(runShell("cd \"$1\"/clone && " + cure, {"sh", folder.path()}).code, 0) << cure;
    EXPECT_NE(inRepo("clone", call).code, 4) << cure;
  }
}

TEST(CompareVerb, TakesVariantsOfAStudyAndResultsOfABatch) {
  const Folder folder;
  folder.write("a.json", counter("10ms"));
  const std::string parts = R"({"meshmallStudy": 1, "name": "speed", "scenario": "a.json", "replications": 6, "baseline": "plain",
    "variants": {"plain": {}, "slow": {"set": {"/services/bakery/operations/bake/steps/0/busy/lognormal/mean": "11.5ms"}}},
    "metrics": ["latency.mean", "success.rate"])";
  const std::string study = folder.write("study.json", parts + R"(, "gates": ["increase(latency.mean) <= 5%"]})");
  const json variants = compared({study + ":plain", study + ":slow"}, 1);
  EXPECT_EQ(variants["scenarios"][0]["rules"][0]["source"], "study");
  EXPECT_EQ(variants["scenarios"][0]["rules"][0]["verdict"], "REGRESSED");
  EXPECT_EQ(variants["scenarios"][0]["baseline"]["replications"].size(), 6u);
  EXPECT_EQ(runProgram({"compare", study, study + ":slow"}).code, 2);
  EXPECT_EQ(runProgram({"compare", study + ":nobody", study + ":slow"}).code, 2);

  ASSERT_EQ(runProgram({"batch", folder.write("plain.json", parts + "}"), "-o", folder.path("out")}).code, 0);
  const std::string out = folder.path("out");
  const json results = compared({out + ":plain", out + ":slow", "--fail-on", kMean}, 1);
  const auto p = [](const json& report) { return report["scenarios"][0]["rules"][0]["questions"][0]["test"]["p"]; };
  EXPECT_EQ(p(results), p(variants));  // the same runs
  compared({out, out}, 0);
  EXPECT_EQ(runProgram({"compare", out, study + ":slow"}).code, 2);
  EXPECT_EQ(runProgram({"compare", out, out, "--seed", "3"}).code, 2);
  EXPECT_EQ(runProgram({"compare", out, out, "--fail-on", "increase(latency.mean) <= 5% for service=oven"}).code, 2);
}

TEST(CompareVerb, WritesTheReportIntoItsFolder) {
  const Folder folder;
  const std::string a = folder.write("a.json", counter("10ms"));
  const Outcome outcome = runProgram({"compare", a, a, "--replications", "3", "-o", folder.path("report"), "--format", "json"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(folder.read("report/comparison.json"), outcome.out);
}

// M/M/1 without proxies: sojourn times are exponential with rate mu - lambda. The counts in full: tests/bench/compare_validation.
std::string mm1(const std::string& work, const std::string& duration) {
  return R"({"meshmall": 1, "name": "mm1", "run": {"duration": ")" + duration + R"(", "warmup": "2s"}, "sidecar": false,
    "services": {"counter": {"operations": {"serve": {"steps": [{"busy": {"exponential": {"mean": ")" + work + R"("}}}]}}}},
    "traffic": [{"name": "lunch", "to": "counter/serve", "via": "direct", "arrivals": {"poisson": {"rate": "500/s"}}}]})";
}

std::string verdictOf(const std::vector<std::string>& call) {
  std::vector<std::string> all = {"compare"};
  all.insert(all.end(), call.begin(), call.end());
  all.insert(all.end(), {"--format", "json", "-q"});
  const Outcome outcome = runProgram(all);
  EXPECT_LE(outcome.code, 1) << outcome.err;
  return json::parse(outcome.out)["scenarios"][0]["rules"][0]["verdict"];
}

// 30 comparisons with itself at alpha 5 %: binomial, mean 1.5; more than 8 in 1 of 90,000.
TEST(CompareVerb, ASameScenarioOnOtherSeedsSeldomAlarms) {
  const Folder folder;
  const std::string a = folder.write("a.json", mm1("1ms", "4s"));
  int alarms = 0;
  for (int seed = 0; seed < 30; ++seed)
    alarms += verdictOf({a, a, "--independent-seeds", "--alpha", "0.05", "--seed", std::to_string(100 + seed), "--fail-on", "increase(latency.mean) <= 0%"}) == "REGRESSED";
  EXPECT_LE(alarms, 8);
}

// mu' - lambda = (mu - lambda) / 1.1: mean and every quantile move by exactly 10 %. The differences vary by about 1 % (customers in common), so five of five.
TEST(CompareVerb, CatchesTenPercentAgainstAMarginOfFive) {
  const Folder folder;
  const std::string a = folder.write("a.json", mm1("1ms", "22s")), b = folder.write("b.json", mm1("1047619ns", "22s"));
  int caught = 0;
  for (int seed = 0; seed < 5; ++seed) caught += verdictOf({a, b, "--seed", std::to_string(seed), "--fail-on", "increase(latency.p50) <= 5%"}) == "REGRESSED";
  EXPECT_EQ(caught, 5);
}

// 20 experiments, 95 % intervals of mean 2 ms and p99 2 ln 100 ms: fewer than 14 hold in 1 of 29,000 at a coverage of 95 %.
TEST(CompareVerb, ItsIntervalsHoldTheTruth) {
  const Folder folder;
  const std::string a = folder.write("a.json", mm1("1ms", "10s"));
  int mean = 0, p99 = 0;
  for (int seed = 0; seed < 20; ++seed) {
    const json report = compared({a, a, "--alpha", "0.05", "--seed", std::to_string(500 + seed), "--fail-on", "latency.mean < 1h", "--fail-on", "latency.p99 < 1h"}, 0);
    const auto holds = [&](int rule, double truth) {
      const json& interval = report["scenarios"][0]["rules"][rule]["questions"][0]["candidate"]["interval"];
      return interval["low"] <= truth && truth <= interval["high"];
    };
    mean += holds(0, 2.0);
    p99 += holds(1, 9.210340371976182);
  }
  EXPECT_GE(mean, 14);
  EXPECT_GE(p99, 14);
}

}  // namespace
}  // namespace meshmall
