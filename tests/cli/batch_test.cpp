// `meshmall batch` and `merge`: the same bytes however the runs are spread, killed and resumed; nothing lost, nothing mixed.
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "tests/cli/spawned_program.h"

namespace meshmall {
namespace {

using namespace cli_test;
using nlohmann::json;

constexpr const char* kVariants = R"("variants": {"baseline": {}, "random": {"patch": {"mesh": {"defaults": {"trafficPolicy": {"loadBalancer": {"simple": "RANDOM"}}}}}}, "fast": {"set": {"/services/counter/versions/v1/speed": 1.1}}})";

class BatchVerb : public testing::Test {
 protected:
  BatchVerb() { folder.write("shop.json", shop("150/s", "4s")); }

  // A study of three variants at two loads.
  std::string study(const std::string& replications = "6", const std::string& more = {}) const {
    return folder.write("study.json", std::string(R"({"meshmallStudy": 1, "name": "lines", "scenario": "shop.json", )") + kVariants +
                                          R"(, "sweep": {"/traffic/0/arrivals/poisson/rate": ["100/s", "200/s"]}, "replications": )" + replications + more + "}");
  }
  Outcome batch(const std::string& out, const std::vector<std::string>& more = {}, const std::vector<std::string>& environment = {}) const {
    std::vector<std::string> call{"batch", folder.path("study.json"), "-o", folder.path(out), "--quiet"};
    call.insert(call.end(), more.begin(), more.end());
    return runProgram(call, environment);
  }
  // What a batch leaves behind for its reader.
  std::string results(const std::string& out) const { return folder.read(out + "/results.json") + folder.read(out + "/results.csv"); }
  std::string plainly() const {
    const Outcome outcome = batch("plain", {"--jobs", "1"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.out + outcome.err, "") << "--quiet says nothing";
    const std::string text = results("plain");
    EXPECT_GT(text.size(), 10'000u);
    return text;
  }

  const Folder folder;
};

TEST_F(BatchVerb, WritesOneLineAValueAndTheSameNumbersAsARunOfItsOwn) {
  study();
  const std::string text = plainly();
  const json all = json::parse(folder.read("plain/results.json"));
  ASSERT_EQ(all["groups"].size(), 6u);
  EXPECT_EQ(all["groups"][3]["variant"], "fast");
  EXPECT_EQ(all["groups"][3]["rows"].size(), 6u);
  std::size_t column = 0;
  while (all["columns"][column]["scope"] != "mall" || all["columns"][column]["metric"] != "latency.p99") ++column;
  const Outcome run = runProgram({"run", folder.path("shop.json"), "--format", "json", "--set", "/services/counter/versions/v1/speed=1.1", "--set", "/traffic/0/arrivals/poisson/rate=200/s",
                                  "--seed", "1", "--replication", "4"});
  const json single = json::parse(run.out);
  EXPECT_EQ(all["groups"][3]["rows"][4]["values"][column], single["metrics"]["latency.p99"]);
  EXPECT_EQ(all["groups"][3]["rows"][4]["fingerprint"], single["fingerprint"]);
  const std::string csv = folder.read("plain/results.csv");
  const std::string line = "fast,/traffic/0/arrivals/poisson/rate=200/s,4,mall,latency.p99," + single["metrics"]["latency.p99"].dump();
  EXPECT_NE(csv.find(line), std::string::npos) << line;
  EXPECT_EQ(folder.names().size(), 3u) << "nothing beside the folder";
}

TEST_F(BatchVerb, JobsShardsAndTheirOrderNeverShow) {
  study();
  const std::string text = plainly();
  ASSERT_EQ(batch("two", {"--jobs", "2"}).code, 0);
  EXPECT_EQ(results("two"), text);
  ASSERT_EQ(batch("seven", {"--jobs", "7"}).code, 0);
  EXPECT_EQ(results("seven"), text);
  for (const char* k : {"1", "2", "3"}) {
    const Outcome shard = batch(std::string("s") + k, {"--shard", std::string(k) + "/3"});
    ASSERT_EQ(shard.code, 0) << shard.err;
    EXPECT_FALSE(folder.has(std::string("s") + k + "/results.json")) << "a shard is no result";
  }
  const Outcome merged = runProgram({"merge", folder.path("s3"), folder.path("s1"), folder.path("s2"), "-o", folder.path("merged"), "--quiet"});
  ASSERT_EQ(merged.code, 0) << merged.err;
  EXPECT_EQ(results("merged"), text);
  const Outcome single = runProgram({"merge", folder.path("plain"), "-o", folder.path("again"), "--quiet"});
  ASSERT_EQ(single.code, 0) << single.err;
  EXPECT_EQ(results("again"), text);
}

TEST_F(BatchVerb, UntilAPrecisionIsReachedItIsTheSameToo) {
  study(R"({"min": 4, "max": 30, "metric": "latency.p99", "relativeHalfWidth": 0.1})");
  const std::string text = plainly();
  const json all = json::parse(folder.read("plain/results.json"));
  EXPECT_EQ(all["groups"][0]["rows"].size(), all["groups"][2]["rows"].size()) << "variants of a point go on together";
  EXPECT_GT(all["groups"][0]["rows"].size(), 4u);
  ASSERT_EQ(batch("two", {"--jobs", "3"}).code, 0);
  EXPECT_EQ(results("two"), text);
  for (const char* k : {"1", "2", "3"}) ASSERT_EQ(batch(std::string("s") + k, {"--shard", std::string(k) + "/3"}).code, 0);
  ASSERT_EQ(runProgram({"merge", folder.path("s1"), folder.path("s2"), folder.path("s3"), "-o", folder.path("merged"), "--quiet"}).code, 0);
  EXPECT_EQ(results("merged"), text);
}

TEST_F(BatchVerb, AWarmUpThatIsFoundIsTheSameForAllVariantsOfAPointAndEverywhere) {
  folder.write("shop.json", shop("150/s", "4s", R"(, "description": "x")"));
  study("3");
  const std::vector<std::string> automatic{"--set", "/run/warmup=auto"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.end(), automatic.begin(), automatic.end());
    return more;
  };
  ASSERT_EQ(batch("plain", with({"--jobs", "1"})).code, 0);
  const json all = json::parse(folder.read("plain/results.json"));
  EXPECT_EQ(all["groups"][0]["warmup"], all["groups"][2]["warmup"]);
  EXPECT_TRUE(all["groups"][0]["warmupFound"].get<bool>());
  for (const char* k : {"1", "2"}) ASSERT_EQ(batch(std::string("s") + k, with({"--shard", std::string(k) + "/2", "-j", "2"})).code, 0);
  ASSERT_EQ(runProgram({"merge", folder.path("s1"), folder.path("s2"), "-o", folder.path("merged"), "-q"}).code, 0);
  EXPECT_EQ(results("merged"), results("plain"));
}

// Starts the program and kills it after so many microseconds. False: it had ended before.
bool killedAfter(const std::vector<std::string>& arguments, int microseconds) {
  int gone[2];
  EXPECT_EQ(::pipe(gone), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(gone[0]);
    std::vector<char*> words{const_cast<char*>(MESHMALL_PROGRAM)};
    for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    ::execv(MESHMALL_PROGRAM, words.data());
    ::_exit(127);
  }
  ::close(gone[1]);
  pollfd end{gone[0], POLLIN, 0};  // its end closes the pipe
  const timespec patience{0, microseconds * 1000L};
  ::ppoll(&end, 1, &patience, nullptr);
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(gone[0]);
  return WIFSIGNALED(status);
}

// The instants are spread over what a whole batch takes here, so they fall into every part of it, the writing of the results included.
TEST_F(BatchVerb, KilledAtFiftyInstantsAndResumedItIsTheSame) {
  study("10");
  const std::string text = plainly();
  std::mt19937 random(20261122);
  int kills = 0, folders = 0, longest = 20'000;
  for (int tries = 0; kills < 50 && tries < 2000; ++tries) {
    const std::string out = "killed" + std::to_string(folders);
    const bool killed = killedAfter({"batch", folder.path("study.json"), "-o", folder.path(out), "--quiet", "--resume"}, static_cast<int>(random() % static_cast<unsigned>(longest)));
    kills += killed ? 1 : 0;
    if (killed && kills % 10 != 0) {
      longest = std::min(longest + 2'000, 900'000);
      continue;
    }
    const Outcome last = batch(out, {"--resume", "--jobs", "2"});
    ASSERT_EQ(last.code, 0) << last.err;
    EXPECT_EQ(results(out), text) << out;
    ++folders;
  }
  EXPECT_EQ(kills, 50);
  EXPECT_GE(folders, 5);
}

TEST_F(BatchVerb, AJournalCutOffAnywhereIsResumedToTheSame) {
  study("3");
  const std::string text = plainly();
  const std::string journal = folder.read("plain/journal");
  for (std::size_t part = 0; part <= 12; ++part) {
    const std::string out = "cut" + std::to_string(part);
    ASSERT_EQ(::mkdir(folder.path(out).c_str(), 0755), 0);
    folder.write(out + "/journal", journal.substr(0, journal.size() * part / 12));
    const Outcome resumed = batch(out, {"--resume"});
    ASSERT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_EQ(results(out), text) << part;
  }
  std::string damaged = journal;
  damaged[journal.size() * 5 / 6] = '~';
  ASSERT_EQ(::mkdir(folder.path("damaged").c_str(), 0755), 0);
  folder.write("damaged/journal", damaged);
  const Outcome mended = batch("damaged", {"--resume"});
  EXPECT_EQ(mended.code, 0);
  EXPECT_NE(mended.err.find("1 damaged lines of the journal are left out"), std::string::npos) << mended.err;
  EXPECT_EQ(results("damaged"), text);
}

TEST_F(BatchVerb, CtrlCKeepsWhatIsDoneAndSaysHowToGoOn) {
  study("400");
  const std::vector<std::string> call{"batch", folder.path("study.json"), "-o", folder.path("out"), "--jobs", "2"};
  const Outcome stopped = runAndSignal(call, "runs", SIGINT);
  EXPECT_EQ(stopped.code, 130) << stopped.err;
  EXPECT_NE(stopped.err.find("--resume goes on"), std::string::npos) << stopped.err;
  EXPECT_NE(stopped.err.find("lines: ["), std::string::npos) << "a bar on a terminal";
  EXPECT_FALSE(folder.has("out/results.json"));
  const Outcome again = batch("out");
  EXPECT_EQ(again.code, 2) << "what is done is not thrown away by mistake";
  EXPECT_NE(again.err.find("not finished"), std::string::npos) << again.err;
  std::vector<std::string> resumed = call;
  resumed.emplace_back("--resume");
  EXPECT_EQ(runAndSignal(resumed, "runs,", SIGTERM).code, 143);
}

TEST_F(BatchVerb, NoBarWhereStderrIsNoTerminal) {
  study("2");
  const Outcome loud = runProgram({"batch", folder.path("study.json"), "-o", folder.path("out")});
  ASSERT_EQ(loud.code, 0) << loud.err;
  EXPECT_EQ(loud.err.find('['), std::string::npos) << loud.err;
  EXPECT_NE(loud.out.find("latency.p99"), std::string::npos);
  EXPECT_NE(loud.out.find("rate=200/s"), std::string::npos);
  const Outcome as_json = runProgram({"batch", folder.path("study.json"), "-o", folder.path("out"), "--format", "json"});
  EXPECT_EQ(as_json.out, folder.read("out/results.json"));
}

TEST_F(BatchVerb, AFolderNeverMixesTwoStudies) {
  study("2");
  ASSERT_EQ(batch("out").code, 0);
  const std::string first = results("out");
  EXPECT_EQ(batch("out", {"--resume"}).code, 0) << "nothing left to do";
  EXPECT_EQ(results("out"), first);
  const Outcome other = batch("out", {"--resume", "--seed", "9"});
  EXPECT_EQ(other.code, 2);
  EXPECT_NE(other.err.find("another plan"), std::string::npos) << other.err;
  EXPECT_EQ(results("out"), first) << "a refused call overwrites nothing";
  EXPECT_EQ(batch("out", {"--resume", "--shard", "1/2"}).code, 2);
  folder.write("shop.json", shop("150/s", "3s"));
  EXPECT_EQ(batch("out", {"--resume"}).code, 2) << "the scenario has changed";
  ASSERT_EQ(batch("out").code, 0) << "a finished batch is replaced when nobody asks to resume it";
  EXPECT_NE(results("out"), first);
  folder.write("out/journal", "somebody's diary\n");
  EXPECT_EQ(batch("out").code, 2);
  EXPECT_EQ(folder.read("out/journal"), "somebody's diary\n");
}

TEST_F(BatchVerb, ASecondProcessOnTheSameFolderIsCodeFive) {
  study("2");
  ASSERT_EQ(::mkdir(folder.path("out").c_str(), 0755), 0);
  const int lock = ::open(folder.path("out/.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);
  const Outcome second = batch("out");
  EXPECT_EQ(second.code, 5);
  EXPECT_NE(second.err.find("another run is writing there"), std::string::npos);
  EXPECT_FALSE(folder.has("out/journal"));
  ::close(lock);
  EXPECT_EQ(batch("out").code, 0);
}

TEST_F(BatchVerb, AFullDiskIsCodeSixAndNothingIsLost) {
  study("10");
  const std::string text = plainly();
  // A limit on the size of files says at the same place what a full disk says: a write fails in the middle.
  const std::string journal_size = std::to_string(folder.read("plain/journal").size() / 1024 / 2);
  const Outcome full = runShell("ulimit -f " + journal_size + "; trap '' XFSZ; exec \"$0\" \"$@\"",
                                {MESHMALL_PROGRAM, "batch", folder.path("study.json"), "-o", folder.path("out"), "--quiet"});
  EXPECT_EQ(full.code, 6) << full.err;
  EXPECT_NE(full.err.find("journal: File too large"), std::string::npos) << full.err;
  EXPECT_NE(full.err.find("the runs before it are kept"), std::string::npos) << full.err;
  EXPECT_FALSE(folder.has("out/results.json"));
  // More room, enough for the journal and not for the results.
  const Outcome fuller = runShell("ulimit -f " + std::to_string(folder.read("plain/journal").size() / 1024 + 8) + "; trap '' XFSZ; exec \"$0\" \"$@\"",
                                  {MESHMALL_PROGRAM, "batch", folder.path("study.json"), "-o", folder.path("out"), "--quiet", "--resume"});
  EXPECT_EQ(fuller.code, 6) << fuller.err;
  EXPECT_FALSE(folder.has("out/results.json"));
  for (const std::string& name : folder.namesIn("out")) EXPECT_EQ(name.find(".part"), std::string::npos) << name;
  ASSERT_EQ(batch("out", {"--resume"}).code, 0);
  EXPECT_EQ(results("out"), text);
}

TEST_F(BatchVerb, AFolderThatCannotBeWrittenIsCodeSix) {
  study("2");
  EXPECT_EQ(batch("shop.json/out").code, 6);
  ASSERT_EQ(::mkdir(folder.path("out").c_str(), 0755), 0);
  ASSERT_EQ(::mkdir(folder.path("out/journal").c_str(), 0755), 0);
  const Outcome taken = batch("out");
  EXPECT_EQ(taken.code, 6) << taken.err;
  EXPECT_NE(taken.err.find("out/journal: Is a directory"), std::string::npos) << taken.err;
}

TEST_F(BatchVerb, LimitsAreCodeSevenAndKeepWhatIsDone) {
  folder.write("study.json", std::string(R"({"meshmallStudy": 1, "name": "lines", "scenario": "shop.json", "sweep": {"/run/duration": ["1s", "100s"]}, "replications": 2})"));
  const Outcome limited = batch("out", {"--max-events", "20000", "--jobs", "1"});
  EXPECT_EQ(limited.code, 7) << limited.err;
  EXPECT_NE(limited.err.find("--resume"), std::string::npos) << limited.err;
  EXPECT_EQ(batch("out", {"--resume"}).code, 0) << "with more room it goes on";
}

TEST_F(BatchVerb, MergeRefusesGapsDuplicatesOtherPlansAndWhatIsNoShard) {
  study("4");
  for (const char* k : {"1", "2"}) ASSERT_EQ(batch(std::string("s") + k, {"--shard", std::string(k) + "/2"}).code, 0);
  ASSERT_EQ(batch("foreign", {"--shard", "2/2", "--seed", "8"}).code, 0);
  const auto merge = [&](std::vector<std::string> folders) {
    std::vector<std::string> call{"merge"};
    for (const std::string& name : folders) call.push_back(folder.path(name));
    call.insert(call.end(), {"-o", folder.path("merged"), "--quiet"});
    return runProgram(call);
  };
  EXPECT_EQ(merge({"s1"}).code, 2);
  EXPECT_NE(merge({"s1"}).err.find("is missing"), std::string::npos);
  EXPECT_EQ(merge({"s1", "s2", "s1"}).code, 2);
  EXPECT_EQ(merge({"s1", "foreign"}).code, 2);
  EXPECT_NE(merge({"s1", "foreign"}).err.find("another plan"), std::string::npos);
  EXPECT_EQ(merge({"s1", "nowhere"}).code, 6);
  ASSERT_EQ(::mkdir(folder.path("empty").c_str(), 0755), 0);
  folder.write("empty/journal", "");
  EXPECT_EQ(merge({"s1", "empty"}).code, 2);
  EXPECT_FALSE(folder.has("merged")) << "nothing was written by any of them";
  EXPECT_EQ(merge({"s1", "s2"}).code, 0);
}

TEST_F(BatchVerb, SchedulersTellTheShard) {
  study("3");
  plainly();
  const auto slurm = [](const std::string& id) {
    return std::vector<std::string>{"SLURM_ARRAY_TASK_ID=" + id, "SLURM_ARRAY_TASK_MIN=4", "SLURM_ARRAY_TASK_MAX=10", "SLURM_ARRAY_TASK_STEP=3", "SLURM_ARRAY_TASK_COUNT=3"};
  };
  for (const char* id : {"4", "7", "10"}) ASSERT_EQ(batch(std::string("slurm") + id, {}, slurm(id)).code, 0);
  for (const char* index : {"0", "1", "2"}) {
    ASSERT_EQ(batch(std::string("pod") + index, {}, {std::string("JOB_COMPLETION_INDEX=") + index, "MESHMALL_SHARDS=3"}).code, 0);
    ASSERT_EQ(batch(std::string("rank") + index, {}, {std::string("OMPI_COMM_WORLD_RANK=") + index, "OMPI_COMM_WORLD_SIZE=3"}).code, 0);
  }
  for (const char* kind : {"slurm4 slurm7 slurm10", "pod0 pod1 pod2", "rank0 rank1 rank2", "pod0 slurm7 rank2"}) {
    std::vector<std::string> call{"merge"};
    std::istringstream names(kind);
    for (std::string name; names >> name;) call.push_back(folder.path(name));
    call.insert(call.end(), {"-o", folder.path("merged"), "-q"});
    EXPECT_EQ(runProgram(call).code, 0) << kind;
    EXPECT_EQ(results("merged"), results("plain")) << kind;
  }
  EXPECT_EQ(batch("x", {}, slurm("5")).code, 2) << "an index between two steps";
  EXPECT_EQ(batch("x", {}, {"JOB_COMPLETION_INDEX=0"}).code, 2) << "nobody says how many";
  EXPECT_EQ(batch("x", {}, {"JOB_COMPLETION_INDEX=3", "MESHMALL_SHARDS=3"}).code, 2);
  EXPECT_EQ(batch("x", {}, {"JOB_COMPLETION_INDEX=0", "MESHMALL_SHARDS=3", "OMPI_COMM_WORLD_RANK=0", "OMPI_COMM_WORLD_SIZE=2"}).code, 2);
  EXPECT_FALSE(folder.has("x"));
  EXPECT_EQ(batch("x", {"--shard", "1/1"}, {"JOB_COMPLETION_INDEX=0"}).code, 0);
  for (const char* wrong : {"0/3", "4/3", "1", "a/b", "1/0", ""}) EXPECT_EQ(batch("y", {"--shard", wrong}).code, 2) << wrong;
}

TEST_F(BatchVerb, WholeResultsOfRunsOnRequest) {
  study("2");
  ASSERT_EQ(batch("out", {"--runs"}).code, 0);
  const json single = json::parse(folder.read("out/runs/random/1/1.json"));
  EXPECT_EQ(single["replication"], 1);
  const Outcome run = runProgram({"run", folder.path("shop.json"), "--format", "json", "--set", R"(/mesh/defaults={"trafficPolicy": {"loadBalancer": {"simple": "RANDOM"}}})", "--set",
                                  "/traffic/0/arrivals/poisson/rate=200/s", "--replication", "1"});
  EXPECT_EQ(folder.read("out/runs/random/1/1.json"), run.out);
}

TEST_F(BatchVerb, WhatIsWrongWithAStudyIsSaidBeforeAnythingRuns) {
  folder.write("study.json", R"({"meshmallStudy": 1, "scenario": "shop.json", "metrics": ["latency.p9"], "gates": ["latency.p99 < 5"]})");
  const Outcome wrong = batch("out");
  EXPECT_EQ(wrong.code, 2);
  EXPECT_NE(wrong.err.find("study.json:1:59: /metrics/0: unknown metric"), std::string::npos) << wrong.err;
  EXPECT_NE(wrong.err.find("/gates/0: latency.p99 can't be compared"), std::string::npos) << wrong.err;
  EXPECT_FALSE(folder.has("out"));
  EXPECT_EQ(runProgram({"batch", folder.path("none.json"), "-o", folder.path("out")}).code, 6);
  EXPECT_EQ(runProgram({"batch", folder.path("study.json")}).code, 2) << "-o is needed";
  study();
  for (const char* jobs : {"0", "x", "2000", "-1"}) EXPECT_EQ(batch("out", {"--jobs", jobs}).code, 2) << jobs;
}

// Exponential service at 1.1 times the speed shortens every quantile; against it the plain counter is worse by far more than 1 %.
TEST_F(BatchVerb, GatesJudgeEveryVariantAtEveryPointInBatchAndMergeButNotInAShard) {
  study("10", R"(, "baseline": "fast", "metrics": ["latency.mean"], "gates": ["increase(latency.mean) <= 1%", "warn: latency.mean < 1ns"])");
  const Outcome whole = batch("whole");
  EXPECT_EQ(whole.code, 1) << whole.err;
  const json judged = json::parse(folder.read("whole/comparison.json"));
  EXPECT_EQ(judged["exitCode"], 1) << judged.dump(1).substr(0, 400);
  EXPECT_EQ(judged["scenarios"].size(), 4u) << "two variants against the baseline at two loads";
  for (const char* shard : {"1/2", "2/2"}) EXPECT_EQ(batch(std::string("shard") + shard[0], {"--shard", shard}).code, 0) << "a shard never judges";
  const Outcome merged = runProgram({"merge", folder.path("shard1"), folder.path("shard2"), "-o", folder.path("merged"), "--quiet"});
  EXPECT_EQ(merged.code, 1) << merged.err;
  EXPECT_EQ(json::parse(folder.read("merged/comparison.json"))["scenarios"], judged["scenarios"]);
  study("10", R"(, "baseline": "fast", "metrics": ["latency.mean"], "gates": ["increase(latency.mean) <= 900%"])");
  EXPECT_EQ(batch("fine").code, 0);
}

TEST(SchemaVerb, PrintsTheStudysSchemaToo) {
  const Outcome of_study = runProgram({"schema", "study"});
  EXPECT_EQ(of_study.code, 0);
  EXPECT_EQ(json::parse(of_study.out)["title"], "meshmall study");
  EXPECT_EQ(json::parse(runProgram({"schema"}).out)["title"], "meshmall scenario");
  EXPECT_EQ(runProgram({"schema", "moon"}).code, 2);
}

}  // namespace
}  // namespace meshmall
