// The reports that `compare`, `batch` and `merge` write: which, where, and what is refused.
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/cli/spawned_program.h"
#include "tests/models/schema_validator.h"

namespace meshmall {
namespace {

using namespace cli_test;
using nlohmann::json;

// One counter with work of `mean`.
std::string counter(const std::string& mean, const std::string& name = "counter") {
  return R"({"meshmall": 1, "name": )" + json(name).dump() + R"(, "run": {"duration": "10s", "warmup": "1s"},
    "services": {"bakery": {"versions": {"v1": {"replicas": 2, "workers": 2}}, "operations": {"bake": {"steps": [
      {"busy": {"lognormal": {"mean": ")" + mean + R"(", "cv": 0.5}}}]}}}},
    "traffic": [{"name": "lunch", "to": "bakery/bake", "arrivals": {"poisson": {"rate": "150/s"}}}]})";
}

const std::vector<std::string> kRule = {"--fail-on", "increase(latency.mean) <= 5%", "--replications", "5"};

Outcome compared(std::vector<std::string> call, const std::vector<std::string>& environment = {}) {
  call.insert(call.begin(), "compare");
  call.insert(call.end(), kRule.begin(), kRule.end());
  return runProgram(call, environment);
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(ReportFiles, EveryFormNamesTheRegression) {
  const Folder folder;
  const std::string a = folder.write("a.json", counter("10ms")), b = folder.write("b.json", counter("11.5ms"));
  const std::string summary = folder.write("summary.md", "what an earlier line of the step wrote\n");
  const Outcome outcome = compared({a, b, "-o", folder.path("out"), "--formats", "text,md,html,junit,json,csv,openmetrics,annotations,summary"}, {"GITHUB_STEP_SUMMARY=" + summary});
  EXPECT_EQ(outcome.code, 1) << outcome.err;
  EXPECT_TRUE(holds(outcome.out, "::error file=" + b + ",line=3,title=meshmall%3A latency.mean REGRESSED::")) << outcome.out;
  EXPECT_EQ(folder.namesIn("out"), (std::vector<std::string>{"comment.md", "comparison.csv", "comparison.json", "junit.xml", "metrics.txt", "report.html", "report.md", "report.txt"}));
  for (const std::string& name : folder.namesIn("out")) {
    EXPECT_TRUE(holds(folder.read("out/" + name), "REGRESSED")) << name;
  }
  EXPECT_EQ(folder.read("summary.md"), "what an earlier line of the step wrote\n\n" + folder.read("out/report.md"));
  EXPECT_TRUE(holds(outcome.out, folder.read("out/report.txt")));
}

TEST(ReportFiles, TheJsonIsValidForItsSchema) {
  const Folder folder;
  const std::string event = R"(, "events": [{"at": "4s", "crash": {"service": "bakery", "version": "v1", "count": 1}, "for": "2s"}]})";
  const auto crashing = [&](const std::string& mean) { return counter(mean).substr(0, counter(mean).size() - 1) + event; };
  const std::string a = folder.write("a.json", crashing("10ms")), b = folder.write("b.json", crashing("11.5ms"));
  ASSERT_EQ(compared({a, b, "-o", folder.path("out"), "--formats", "json,html"}).code, 1);
  const json report = json::parse(folder.read("out/comparison.json"));
  EXPECT_EQ(report["scenarios"][0]["events"][0], json::parse(R"x({"at": 4, "until": 6, "text": "crash bakery v1 (1)", "baseline": true, "candidate": true})x"));
  std::ifstream file("scenarios/schema/comparison.schema.json");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const models::SchemaValidator schema(text);
  EXPECT_TRUE(schema.accepts(report));
  json broken = report;
  broken["scenarios"][0]["events"][0].erase("at");
  EXPECT_FALSE(schema.accepts(broken));
  EXPECT_TRUE(holds(folder.read("out/report.html"), "at 4 s for 2 s: crash bakery v1 (1)"));
}

TEST(ReportFiles, AFolderAloneGetsMarkdownHtmlJunitAndJson) {
  const Folder folder;
  const std::string a = folder.write("a.json", counter("10ms"));
  EXPECT_EQ(compared({a, a, "-o", folder.path("out")}).code, 0);
  for (const char* name : {"report.md", "comment.md", "report.html", "junit.xml", "comparison.json"}) EXPECT_TRUE(folder.has(std::string("out/") + name)) << name;
  EXPECT_FALSE(folder.has("out/comparison.csv"));
}

TEST(ReportFiles, ReportsOfAnEarlierCommandGoWhatSomebodyElseWroteStays) {
  const Folder folder;
  const std::string a = folder.write("a.json", counter("10ms")), b = folder.write("b.json", counter("11.5ms"));
  ASSERT_EQ(compared({a, b, "-o", folder.path("out"), "--formats", "text,md,html,junit,json,csv,openmetrics"}).code, 1);
  ASSERT_EQ(folder.namesIn("out").size(), 8u);
  ASSERT_EQ(compared({a, a, "-o", folder.path("out"), "--formats", "md"}).code, 0);
  EXPECT_EQ(folder.namesIn("out"), (std::vector<std::string>{"comment.md", "report.md"})) << "a page about the regression would mislead";
  EXPECT_FALSE(holds(folder.read("out/report.md"), "REGRESSED"));
  for (const char* name : {"report.txt", "report.html", "junit.xml", "comparison.json", "comparison.csv", "metrics.txt"}) folder.write(std::string("out/") + name, "my own notes\n");
  ASSERT_EQ(compared({a, a, "-o", folder.path("out"), "--formats", "md"}).code, 0);
  for (const char* name : {"report.txt", "report.html", "junit.xml", "comparison.json", "comparison.csv", "metrics.txt"}) EXPECT_EQ(folder.read(std::string("out/") + name), "my own notes\n");
}

TEST(ReportFiles, ABatchWithoutGatesLeavesNoVerdictsOfAnEarlierOne) {
  const Folder folder;
  folder.write("a.json", counter("10ms"));
  const std::string parts = R"({"meshmallStudy": 1, "name": "speed", "scenario": "a.json", "replications": 2, "baseline": "plain",
    "variants": {"plain": {}, "slow": {"set": {"/services/bakery/operations/bake/steps/0/busy/lognormal/mean": "11.5ms"}}}, "metrics": ["latency.mean"])";
  const std::string gated = folder.write("gated.json", parts + R"(, "gates": ["increase(latency.mean) <= 5%"]})"), free = folder.write("free.json", parts + "}");
  const Outcome judged = runProgram({"batch", gated, "-o", folder.path("out")});
  EXPECT_TRUE(folder.has("out/report.html"));
  EXPECT_TRUE(holds(judged.out, "only 2 replications")) << judged.out;
  ASSERT_EQ(runProgram({"batch", free, "-o", folder.path("out"), "-q"}).code, 0);
  EXPECT_EQ(folder.namesIn("out"), (std::vector<std::string>{"journal", "results.csv", "results.json"}));
}

TEST(ReportFiles, WrongFormsRunNothing) {
  const Folder folder;
  const std::string a = folder.write("a.json", counter("10ms"));
  const std::string out = folder.path("out");
  const struct { std::vector<std::string> more; std::string says; } calls[] = {
      {{"-o", out, "--formats", "md,pdf"}, "no form \"pdf\""},
      {{"-o", out, "--formats", "md,"}, "no form \"\""},
      {{"-o", out, "--formats", ""}, "not an empty one"},
      {{"--formats", "md"}, "needs --out DIR"},
      {{"--formats", "annotations", "--format", "json"}, "annotations go to stdout"},
      {{"--formats", "summary"}, "GITHUB_STEP_SUMMARY"},
  };
  for (const auto& call : calls) {
    std::vector<std::string> all = {a, a};
    all.insert(all.end(), call.more.begin(), call.more.end());
    const Outcome outcome = compared(all, {"GITHUB_STEP_SUMMARY="});
    EXPECT_EQ(outcome.code, 2) << call.says;
    EXPECT_TRUE(holds(outcome.err, call.says)) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_FALSE(folder.has("out"));
  }
  EXPECT_EQ(compared({a, a, "--formats", "summary"}, {"GITHUB_STEP_SUMMARY=" + folder.path("none/summary.md")}).code, 6);
}

TEST(ReportFiles, AFullSummaryIsLeftAsItIs) {
  const Folder folder;
  const std::string a = folder.write("a.json", counter("10ms"));
  const std::string summary = folder.write("summary.md", std::string(1024 * 1024 - 100, 'x'));
  const Outcome outcome = compared({a, a, "--formats", "summary"}, {"GITHUB_STEP_SUMMARY=" + summary});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_TRUE(holds(outcome.err, "is full")) << outcome.err;
  EXPECT_EQ(folder.read("summary.md").size(), 1024u * 1024 - 100);
}

TEST(ReportFiles, NamesOfScenariosDoNoHarm) {
  const Folder folder;
  for (const std::string name : {"<script>alert(1)</script>", "=1+1|", "::error::x", "##[error]x"}) {
    const std::string a = folder.write("a.json", counter("10ms", name));
    const Outcome outcome = compared({a, a, "-o", folder.path("out"), "--formats", "text,md,html,junit,json,csv,openmetrics,annotations"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    for (const char* file : {"out/report.md", "out/comment.md", "out/report.html", "out/junit.xml"}) EXPECT_FALSE(holds(folder.read(file), "<script")) << file;
    EXPECT_FALSE(holds(folder.read("out/report.md"), "1|"));
    EXPECT_FALSE(holds(folder.read("out/comparison.csv"), "\n="));
    EXPECT_FALSE(holds(outcome.out, "\n::error") || outcome.out.rfind("::error", 0) == 0) << outcome.out;
    EXPECT_FALSE(holds(outcome.out, "##[")) << outcome.out;
    EXPECT_EQ(json::parse(folder.read("out/comparison.json"))["scenarios"][0]["name"], name);
  }
}

TEST(ReportFiles, StudiesWithGatesHaveThemToo) {
  const Folder folder;
  folder.write("a.json", counter("10ms"));
  const std::string parts = R"({"meshmallStudy": 1, "name": "speed", "scenario": "a.json", "replications": 5, "baseline": "plain",
    "variants": {"plain": {}, "slow": {"set": {"/services/bakery/operations/bake/steps/0/busy/lognormal/mean": "11.5ms"}}}, "metrics": ["latency.mean"])";
  const std::string gated = folder.write("gated.json", parts + R"(, "gates": ["increase(latency.mean) <= 5%"]})"), free = folder.write("free.json", parts + "}");
  const Outcome outcome = runProgram({"batch", gated, "-o", folder.path("out"), "--formats", "md,csv,annotations", "--quiet"});
  EXPECT_EQ(outcome.code, 1) << outcome.err;
  EXPECT_EQ(outcome.out.rfind("::error title=", 0), 0u) << outcome.out;
  EXPECT_TRUE(holds(folder.read("out/report.md"), "REGRESSED"));
  EXPECT_TRUE(holds(folder.read("out/comparison.csv"), "REGRESSED"));
  EXPECT_FALSE(folder.has("out/junit.xml"));
  EXPECT_EQ(runProgram({"batch", free, "-o", folder.path("none"), "--formats", "md"}).code, 2);
  EXPECT_EQ(runProgram({"batch", gated, "-o", folder.path("none"), "--formats", "pdf"}).code, 2);
  EXPECT_EQ(runProgram({"batch", gated, "-o", folder.path("none"), "--shard", "1/2", "--formats", "md"}).code, 2);
  EXPECT_FALSE(folder.has("none"));
  for (const char* shard : {"1/2", "2/2"}) ASSERT_EQ(runProgram({"batch", gated, "-o", folder.path(std::string("s") + shard[0]), "--shard", shard}).code, 0);
  EXPECT_EQ(runProgram({"merge", folder.path("s1"), folder.path("s2"), "-o", folder.path("merged"), "--formats", "junit"}).code, 1);
  EXPECT_TRUE(holds(folder.read("merged/junit.xml"), "failures=\"1\""));
  EXPECT_EQ(runProgram({"merge", folder.path("s1"), folder.path("s2"), "-o", folder.path("merged"), "--formats", "pdf"}).code, 2);
}

}  // namespace
}  // namespace meshmall
