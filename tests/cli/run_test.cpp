// `meshmall run`: what it prints, which files it leaves, and the code it ends with.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/cli/spawned_program.h"

namespace meshmall {
namespace {

using namespace cli_test;
using nlohmann::json;

TEST(RunVerb, PrintsTheSameJsonTwice) {
  const Folder folder;
  const std::string file = folder.write("shop.json", shop("150/s", "20s"));
  const Outcome first = runProgram({"run", file, "--format", "json"}), second = runProgram({"run", file, "--format", "json"});
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_EQ(first.out, second.out);
  const json result = json::parse(first.out);
  EXPECT_EQ(result["scenario"], "shop");
  EXPECT_EQ(result["metrics"]["requests.total"],
            result["metrics"]["requests.ok"].get<int>() + result["metrics"]["requests.failed"].get<int>() + result["metrics"]["requests.inFlight"].get<int>());
  EXPECT_EQ(first.out.find("wall"), std::string::npos);
  EXPECT_NE(first.err.find("wall time"), std::string::npos);
}

TEST(RunVerb, SeedDurationReplicationAndSetChangeTheRun) {
  const Folder folder;
  const std::string file = folder.write("shop.json", shop("150/s", "20s"));
  const auto result = [&](std::vector<std::string> more) {
    std::vector<std::string> call{"run", file, "--format", "json"};
    call.insert(call.end(), more.begin(), more.end());
    const Outcome outcome = runProgram(call);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.out);
  };
  const json plain = result({}), seed = result({"--seed", "7"}), set = result({"--set", "/run/seed=7"}), replication = result({"--replication", "3"});
  EXPECT_NE(plain["fingerprint"], seed["fingerprint"]);
  EXPECT_EQ(seed["fingerprint"], set["fingerprint"]);
  EXPECT_EQ(seed["seed"], 7);
  EXPECT_NE(plain["fingerprint"], replication["fingerprint"]);
  EXPECT_EQ(result({"--duration", "5s"})["simulated"], 5.0);
}

TEST(RunVerb, TextTellsHeadlineServicesAndVerdicts) {
  const Folder folder;
  const std::string file = folder.write("shop.json", shop("150/s", "200s", R"(, "slos": ["latency.p99 < 250ms", "success.rate >= 99.9%"])"));
  const Outcome run = runProgram({"run", file});
  ASSERT_EQ(run.code, 0) << run.err;
  for (const char* part : {"shop: 3 min 20 s simulated", "latency p99", "95 % interval", "service", "counter", "utilisation", "holds", "latency.p99 < 250ms"})
    EXPECT_NE(run.out.find(part), std::string::npos) << part << "\n" << run.out;
  EXPECT_EQ(run.out.find('\x1b'), std::string::npos);
}

TEST(RunVerb, ABreachedSloIsCodeOneAndNamed) {
  const Folder folder;
  const std::string file = folder.write("shop.json", shop("150/s", "20s", R"(, "slos": ["latency.p50 < 1ms", "latency.p99 < 10s"])"));
  const Outcome run = runProgram({"run", file});
  EXPECT_EQ(run.code, 1);
  EXPECT_NE(run.err.find("slo breached: latency.p50 < 1ms"), std::string::npos) << run.err;
  EXPECT_EQ(run.err.find("latency.p99 < 10s"), std::string::npos);
  EXPECT_NE(run.out.find("BREACHED"), std::string::npos);
  const std::string warn = folder.write("warn.json", shop("150/s", "20s", R"(, "slos": ["warn: latency.p50 < 1ms"])"));
  EXPECT_EQ(runProgram({"run", warn}).code, 0);
}

TEST(RunVerb, WarnsOfOverloadBeforeItRuns) {
  const Folder folder;
  const Outcome run = runProgram({"run", folder.write("shop.json", shop("400/s", "5s"))});
  EXPECT_EQ(run.code, 0);
  EXPECT_EQ(run.err.find("warning: unstable: counter"), run.err.find("warning")) << run.err;
  EXPECT_NE(run.err.find("warning: unstable"), std::string::npos);
}

TEST(RunVerb, WritesItsFilesAndNothingElse) {
  const Folder folder;
  const std::string file = folder.write("shop.json", shop("150/s", "5s"));
  const Outcome run = runProgram({"run", file, "--format", "json", "-o", folder.path("deep/out"), "--trace=5", "--decisions"});
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(folder.read("deep/out/result.json"), run.out);
  EXPECT_EQ(folder.read("deep/out/metrics.csv").substr(0, 20), "t,scope,metric,value");
  EXPECT_EQ(json::parse(folder.read("deep/out/trips.json"))["trips"].size(), 5u);
  EXPECT_TRUE(json::parse(folder.read("deep/out/decisions.json"))["decisions"].is_array());
  for (const char* name : {"result.json", "metrics.csv", "trips.json", "decisions.json"}) EXPECT_FALSE(folder.has(std::string("deep/out/.") + name + ".part"));
}

TEST(RunVerb, AFolderNeverMixesTwoRuns) {
  const Folder folder;
  const std::string file = folder.write("shop.json", shop("150/s", "2s"));
  ASSERT_EQ(runProgram({"run", file, "-o", folder.path("out"), "--trace=5", "--decisions"}).code, 0);
  ASSERT_EQ(runProgram({"run", file, "-o", folder.path("out"), "--seed", "9"}).code, 0);
  EXPECT_TRUE(folder.has("out/result.json"));
  EXPECT_FALSE(folder.has("out/trips.json"));
  EXPECT_FALSE(folder.has("out/decisions.json"));
}

TEST(RunVerb, ASetOptionThatIsNotUtf8IsCodeTwo) {
  const Folder folder;
  const std::string file = folder.write("shop.json", shop("150/s", "1s"));
  for (const char* set : {"/name=\xff", "/services/\xc0\x80={}"}) {
    const Outcome run = runProgram({"run", file, "--set", set, "--format", "json"});
    EXPECT_EQ(run.code, 2) << run.err;
    EXPECT_NE(run.err.find("not valid UTF-8"), std::string::npos) << run.err;
    EXPECT_EQ(run.out, "");
  }
}

TEST(RunVerb, AnObjectiveWithoutASampleIsBreachedAndSaysSo) {
  const Folder folder;
  const std::string file = folder.write("shop.json", shop("1/h", "1s", R"(, "slos": ["latency.p99 < 250ms", "warn: latency.mean < 1s"])"));
  const Outcome run = runProgram({"run", file, "--quiet"});
  EXPECT_EQ(run.code, 1);
  EXPECT_NE(run.err.find("slo breached: latency.p99 < 250ms (no sample in the window, so nothing shows that it holds)"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("warning: slo breached: warn: latency.mean < 1s (no sample"), std::string::npos) << run.err;
}

TEST(RunVerb, RecordingChangesNothing) {
  const Folder folder;
  const std::string file = folder.write("shop.json", shop("150/s", "5s"));
  const Outcome plain = runProgram({"run", file, "--format", "json"});
  const Outcome traced = runProgram({"run", file, "--format", "json", "--out", folder.path("out"), "--trace"});
  EXPECT_EQ(plain.out, traced.out);
}

TEST(RunVerb, AFolderInUseIsCodeFiveAndOneThatCantBeMadeIsCodeSix) {
  const Folder folder;
  const std::string file = folder.write("shop.json", shop("150/s", "1s"));
  const int lock = ::open(folder.path(".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);
  const Outcome used = runProgram({"run", file, "--out", folder.path()});
  EXPECT_EQ(used.code, 5) << used.err;
  EXPECT_FALSE(folder.has("result.json"));
  ::close(lock);
  EXPECT_EQ(runProgram({"run", file, "--out", folder.path()}).code, 0);
  EXPECT_EQ(runProgram({"run", file, "--out", file + "/out"}).code, 6);
}

TEST(RunVerb, LimitsAreCodeSevenAndWriteNothing) {
  const Folder folder;
  const std::string file = folder.write("shop.json", shop("150/s", "20s"));
  const Outcome events = runProgram({"run", file, "--max-events", "1000", "--out", folder.path("out")});
  EXPECT_EQ(events.code, 7);
  EXPECT_NE(events.err.find("limit"), std::string::npos);
  EXPECT_EQ(events.out, "");
  EXPECT_FALSE(folder.has("out")) << "nothing was written: nothing is left";
  EXPECT_EQ(runProgram({"run", file, "--max-events", "1000", "--out", folder.path("a/b/c/")}).code, 7);
  EXPECT_FALSE(folder.has("a"));
  ASSERT_EQ(::mkdir(folder.path("kept").c_str(), 0755), 0);
  folder.write("kept/mine.txt", "mine");
  EXPECT_EQ(runProgram({"run", file, "--max-events", "1000", "--out", folder.path("kept/new")}).code, 7);
  EXPECT_EQ(folder.namesIn("kept"), (std::vector<std::string>{"mine.txt"}));
  EXPECT_EQ(runProgram({"run", file, "--max-events", "1000", "--out", folder.path("kept")}).code, 7);
  EXPECT_EQ(folder.namesIn("kept"), (std::vector<std::string>{"mine.txt"}));
  const std::string crowd = folder.write("crowd.json", shop("1000000/s", "20s"));  // 300 a second are served: the queue takes the memory
  EXPECT_EQ(runProgram({"run", crowd, "--max-memory", "64MiB"}).code, 7);
}

TEST(RunVerb, AnInterruptPrintsThePartLeavesNoFileAndIsCode130) {
  const Folder folder;
  const std::string file = folder.write("shop.json", shop("150/s", "100000h", R"(, "slos": ["latency.p50 < 1ms"])"));
  const std::string long_run = folder.write("long.json", shop("150/s", "80000h", R"(, "slos": ["latency.p50 < 1ms"])"));
  for (const int signal : {SIGINT, SIGTERM}) {
    const Outcome run = runAndSignal({"run", long_run, "--out", folder.path("out")}, " of 80000 h", signal);
    EXPECT_EQ(run.code, 128 + signal) << run.err;
    EXPECT_NE(run.out.find("INTERRUPTED at "), std::string::npos) << run.out;
    EXPECT_NE(run.out.find("latency p50"), std::string::npos);
    EXPECT_FALSE(folder.has("out/result.json"));
    EXPECT_FALSE(folder.has("out/metrics.csv"));
  }
  const Outcome as_json = runAndSignal({"run", long_run, "--format", "json"}, " of 80000 h", SIGINT);
  EXPECT_EQ(as_json.code, 130);
  EXPECT_EQ(as_json.out, "");
  EXPECT_NE(as_json.err.find("INTERRUPTED"), std::string::npos);
  EXPECT_EQ(runProgram({"run", file}).code, 2);  // longer than ten years
}

TEST(RunVerb, ColoursOnlyATerminalThatWantsThem) {
  const Folder folder;
  const std::string file = folder.write("shop.json", shop("150/s", "2s"));
  EXPECT_NE(runOnTerminal({"run", file}).out.find("\x1b["), std::string::npos);
  EXPECT_EQ(runOnTerminal({"run", file, "--no-color"}).out.find("\x1b["), std::string::npos);
  EXPECT_EQ(runOnTerminal({"run", file}, {"NO_COLOR=1"}).out.find("\x1b["), std::string::npos);
}

TEST(RunVerb, QuietSaysNothingBesideTheResult) {
  const Folder folder;
  const Outcome run = runProgram({"run", folder.write("shop.json", shop("150/s", "2s")), "--quiet"});
  EXPECT_EQ(run.code, 0);
  EXPECT_EQ(run.err, "");
  EXPECT_NE(run.out, "");
}

TEST(RunVerb, FindsTheWarmUpOfAMallThatStartsEmpty) {
  const Folder folder;
  // Everyone stays for 20 s, so it takes that long until as many are inside as later on.
  const std::vector<std::string> run = {"run",   folder.write("shop.json", shop("20/s", "300s")),
                                        "--set", "/run/warmup=auto",
                                        "--set", "/services/counter/operations/GET ~1/steps=[{\"wait\": \"20s\"}]",
                                        "--set", "/services/counter/versions/v1/concurrency=async"};
  std::vector<std::string> as_json = run;
  as_json.insert(as_json.end(), {"--format", "json"});
  const Outcome outcome = runProgram(as_json);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const double warmup = json::parse(outcome.out)["warmup"];
  EXPECT_GE(warmup, 18.0);
  EXPECT_LE(warmup, 36.0);
  EXPECT_EQ(json::parse(outcome.out)["simulated"], 300.0);
  EXPECT_NE(runProgram(run).out.find("MSER-5"), std::string::npos);
}

}  // namespace
}  // namespace meshmall
