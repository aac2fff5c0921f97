// A study file: what it comes to, and every problem with its place in whichever file it was written.
#include "models/study/decode_study.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace meshmall::models {
namespace {

namespace fs = std::filesystem;

constexpr const char* kShop = R"({
  "meshmall": 1, "name": "shop", "run": {"duration": "10s", "seed": 5},
  "services": {"counter": {"operations": {"GET /": {"steps": [{"busy": "1ms"}]}}}},
  "traffic": [{"name": "customers", "to": "counter/GET /", "arrivals": {"poisson": {"rate": "100/s"}}}]
})";

class StudyDecode : public testing::Test {
 protected:
  StudyDecode() {
    std::string pattern = testing::TempDir() + "study-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    write("shop.json", kShop);
  }
  ~StudyDecode() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(folder_ + "/" + name).parent_path());
    std::ofstream(folder_ + "/" + name, std::ios::binary) << text;
  }
  StudyDecodeResult decode(const std::string& text, const StudyChoice& choice = {}) const { return decodeStudy(text, "study.json", folder_, choice); }
  Study study(const std::string& text, const StudyChoice& choice = {}) const {
    StudyDecodeResult result = decode(text, choice);
    for (const Problem& problem : result.problems) ADD_FAILURE() << textOf(problem);
    return result.study.value_or(Study());
  }
  // All problems, one a line, without the folder's name.
  std::string problems(const std::string& text, const StudyChoice& choice = {}) const {
    std::string out;
    for (const Problem& problem : decode(text, choice).problems) out += textOf(problem) + "\n";
    for (std::size_t at = out.find(folder_ + "/"); at != std::string::npos; at = out.find(folder_ + "/")) out.erase(at, folder_.size() + 1);
    return out;
  }

  std::string folder_;
};

TEST_F(StudyDecode, TheSmallestStudyIsItsScenarioTwentyTimes) {
  const Study smallest = study(R"({"meshmallStudy": 1, "scenario": "shop.json"})");
  ASSERT_EQ(smallest.groups.size(), 1u);
  EXPECT_EQ(smallest.variants, std::vector<std::string>{"baseline"});
  EXPECT_EQ(smallest.baseline, 0u);
  EXPECT_EQ(smallest.replications, (engine::ReplicationRule{20, 20, 0}));
  EXPECT_EQ(smallest.metrics.size(), kMetrics);
  EXPECT_EQ(smallest.seed, 5u);
  EXPECT_EQ(smallest.groups[0].scenario.name, "shop");
}

TEST_F(StudyDecode, VariantsTimesPointsInByteOrderPatchedThenSetThenSwept) {
  const Study made = study(R"({"meshmallStudy": 1, "name": "s", "scenario": "shop.json",
    "variants": {"b": {"patch": {"run": {"duration": "20s"}, "name": "patched"}, "set": {"/name": "set"}}, "a": {}},
    "sweep": {"/traffic/0/arrivals/poisson/rate": ["300/s", "200/s"], "/services/counter/versions/v1/replicas": [1, 2, 3]},
    "replications": 7, "baseline": "b", "metrics": ["success.rate", "latency.p99"], "gates": ["increase(latency.p50) <= 5%"]})");
  EXPECT_EQ(made.variants, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(made.baseline, 1u);
  ASSERT_EQ(made.points.size(), 6u);
  EXPECT_EQ(made.points[1], (SweepPoint{{"/services/counter/versions/v1/replicas", "1"}, {"/traffic/0/arrivals/poisson/rate", "200/s"}}));
  EXPECT_EQ(made.points[2], (SweepPoint{{"/services/counter/versions/v1/replicas", "2"}, {"/traffic/0/arrivals/poisson/rate", "300/s"}}));
  ASSERT_EQ(made.groups.size(), 12u);
  EXPECT_EQ(made.groups[0].scenario.name, "shop");
  EXPECT_EQ(made.groups[6].scenario.name, "set");
  EXPECT_EQ(made.groups[6].scenario.run.duration.seconds(), 20);
  EXPECT_EQ(made.groups[11].scenario.services[0].versions[0].replicas, std::vector<std::uint32_t>{3});
  EXPECT_EQ(std::get<PoissonArrivals>(made.groups[11].scenario.traffic[0].arrivals).rate, 200);
  EXPECT_EQ(made.blocks(), (std::vector<std::vector<std::uint32_t>>{{0, 6}, {1, 7}, {2, 8}, {3, 9}, {4, 10}, {5, 11}}));
  EXPECT_EQ(made.metrics, (std::vector<Metric>{Metric::success_rate, Metric::latency_p50, Metric::latency_p99})) << "the gate's is added";
}

TEST_F(StudyDecode, AVariantCanHaveAScenarioOfItsOwnAndAllHaveOneSeed) {
  write("sub/other.json", R"({"meshmall": 1, "name": "other", "run": {"duration": "10s", "seed": 9},
    "services": {"counter": {"operations": {"GET /": {"steps": [{"busy": {"empirical": {"file": "times.txt", "unit": "ms"}}}]}}}},
    "traffic": [{"to": "counter/GET /", "arrivals": {"constant": {"rate": "10/s"}}}]})");
  write("sub/times.txt", "1\n2\n");
  const std::string text = R"({"meshmallStudy": 1, "scenario": "shop.json", "variants": {"baseline": {}, "other": {"scenario": "sub/other.json"}}})";
  const Study made = study(text);
  EXPECT_EQ(made.groups[1].scenario.name, "other");
  EXPECT_EQ(made.groups[1].scenario.run.seed, 5u);
  EXPECT_EQ(study(text, {"77", {}, {}}).groups[1].scenario.run.seed, 77u);
  EXPECT_EQ(study(text, {{}, {}, {"/run/seed=78"}}).seed, 78u);
  EXPECT_EQ(study(text, {{}, "3s", {}}).groups[1].scenario.run.duration.seconds(), 3);
  write("sub/times.txt", "1\n3\n");
  EXPECT_NE(study(text).fingerprint, made.fingerprint) << "a file beside a scenario counts";
  write("sub/times.txt", "1\n2\n");
  EXPECT_EQ(study(text).fingerprint, made.fingerprint);
}

TEST_F(StudyDecode, TheFingerprintChangesWithWhateverCouldChangeAResultAndNotWithLayout) {
  const std::string plain = R"({"meshmallStudy": 1, "scenario": "shop.json", "variants": {"baseline": {}, "x": {"set": {"/run/duration": "11s"}}}})";
  const std::string base = study(plain).fingerprint;
  EXPECT_EQ(base.size(), 16u);
  EXPECT_EQ(study(R"({ "variants": {"x": {"set": {"/run/duration": "11s"}}, "baseline": {}}, "scenario": "shop.json", "meshmallStudy": 1 })").fingerprint, base);
  EXPECT_NE(study(plain, {"6", {}, {}}).fingerprint, base);
  for (const char* changed : {R"({"meshmallStudy": 1, "scenario": "shop.json", "variants": {"baseline": {}, "x": {"set": {"/run/duration": "12s"}}}})",
                              R"({"meshmallStudy": 1, "scenario": "shop.json", "replications": 19, "variants": {"baseline": {}, "x": {"set": {"/run/duration": "11s"}}}})",
                              R"({"meshmallStudy": 1, "scenario": "shop.json", "metrics": ["cpu"], "variants": {"baseline": {}, "x": {"set": {"/run/duration": "11s"}}}})"})
    EXPECT_NE(study(changed).fingerprint, base) << changed;
}

TEST_F(StudyDecode, PrecisionInPlaceOfANumber) {
  const Study made = study(R"({"meshmallStudy": 1, "scenario": "shop.json", "metrics": ["cpu"], "replications": {"min": 12, "metric": "latency.p99", "relativeHalfWidth": 0.05}})");
  EXPECT_EQ(made.replications, (engine::ReplicationRule{12, 200, 0.05}));
  EXPECT_EQ(made.watched, Metric::latency_p99);
  EXPECT_EQ(made.metrics, (std::vector<Metric>{Metric::latency_p99, Metric::cpu})) << "what is watched is kept";
}

TEST_F(StudyDecode, EveryProblemIsSaidWithItsPlace) {
  EXPECT_EQ(problems(R"({"meshmallStudy": 2, "scenario": "shop.json",
  "variants": {"a": {"pach": {}}, "b": {"patch": 3}, "c": {"set": {"name": 1, "/run/seed": 4}}, "d": {"patch": {"run": {"seed": 3}}}},
  "sweep": {"/a": [], "/b": [1, 1]},
  "replications": 0,
  "baseline": "A1",
  "metrics": ["latency.p98"],
  "gates": ["latency.p99 < 5", "increase(latency.p99) <= 5%"], "extra": 1})"),
            "study.json:1:19: /meshmallStudy: must be 1, the version of the format (got 2)\n"
            "study.json:2:22: /variants/a/pach: unknown key \"pach\"; did you mean \"patch\"?\n"
            "study.json:2:50: /variants/b/patch: must be an object, a merge patch of the scenario (got 3)\n"
            "study.json:2:68: /variants/c/set/name: is not a JSON pointer to a value of the scenario, such as /run/duration\n"
            "study.json:2:79: /variants/c/set/~1run~1seed: all variants and points have one seed, the scenario's; --seed gives another\n"
            "study.json:2:120: /variants/d/patch/run: all variants and points have one seed, the scenario's; --seed gives another\n"
            "study.json:3:19: /sweep/~1a: must have at least one value\n"
            "study.json:3:33: /sweep/~1b/1: stands here twice\n"
            "study.json:4:19: /replications: must be at least 1 (got 0)\n"
            "study.json:5:15: /baseline: there is no variant \"A1\"; did you mean \"a\"?\n"
            "study.json:6:15: /metrics/0: unknown metric \"latency.p98\"; did you mean \"latency.p90\"?\n"
            "study.json:7:28: /gates/0: latency.p99 can't be compared with a number without unit; it is a time: write a unit of ns, us, ms, s, m or h, e.g. 250ms\n"
            "study.json:7:42: /gates/1: increase() and decrease() compare with a baseline, and the study has none; name one of the variants as \"baseline\"\n"
            "study.json:7:64: /extra: unknown key \"extra\"\n");
}

TEST_F(StudyDecode, WhatIsWrongWithAVariantsScenarioIsSaidWhereItWasWritten) {
  const std::string text = R"({"meshmallStudy": 1, "scenario": "shop.json",
  "variants": {"a": {"patch": {"services": {"counter": {"versions": {"v1": {"worker": 2}}}}}}, "b": {"set": {"/run/duration": "0s"}}},
  "sweep": {"/traffic/0/arrivals/poisson/rate": ["100/s", "fast"], "/traffic/7/via": ["sidecar"]}})";
  EXPECT_EQ(problems(text),
            "study.json:3:68: /traffic/7/via: there is no \"7\" in /traffic\n");
  const std::string placed = R"({"meshmallStudy": 1, "scenario": "shop.json",
  "variants": {"a": {"patch": {"services": {"counter": {"versions": {"v1": {"worker": 2}}}}}}, "b": {"set": {"/run/duration": "0s"}}},
  "sweep": {"/traffic/0/arrivals/poisson/rate": ["100/s", "fast"]}})";
  const std::string said = problems(placed);
  EXPECT_NE(said.find("study.json:2:77: /services/counter/versions/v1/worker: unknown key \"worker\"; did you mean \"workers\"?\n"), std::string::npos) << said;
  EXPECT_NE(said.find("study.json:2:127: /run/duration: must be longer than 0 (got \"0s\")\n"), std::string::npos) << said;
  EXPECT_NE(said.find("study.json:3:59: /traffic/0/arrivals/poisson/rate: "), std::string::npos) << said;
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 3) << "each once, however many groups have it\n" << said;
  write("shop.json", R"({"meshmall": 1, "services": {"counter": {}}, "traffic": []})");
  EXPECT_NE(problems(R"({"meshmallStudy": 1, "scenario": "shop.json"})").find("shop.json:1:"), std::string::npos) << "in the scenario's own file";
}

TEST_F(StudyDecode, AMissingScenarioIsUnreadable) {
  const StudyDecodeResult result = decode(R"({"meshmallStudy": 1, "scenario": "none.json"})");
  EXPECT_TRUE(result.unreadable);
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_EQ(result.problems[0].column, 34u);
  EXPECT_NE(result.problems[0].message.find("No such file"), std::string::npos);
  EXPECT_NE(problems(R"({"meshmallStudy": 1})").find("needs \"scenario\""), std::string::npos);
  EXPECT_TRUE(loadStudy(folder_ + "/nothing.json").unreadable);
}

TEST_F(StudyDecode, AGatesScopeMustBeThereInEveryVariant) {
  write("other.json", R"({"meshmall": 1, "services": {"till": {"operations": {"pay": {}}}}, "traffic": [{"name": "customers", "to": "till/pay", "arrivals": {"poisson": {"rate": "1/s"}}}]})");
  EXPECT_EQ(problems(R"({"meshmallStudy": 1, "scenario": "shop.json", "variants": {"baseline": {}, "other": {"scenario": "other.json"}},
  "gates": ["latency.p99 < 1s for service=counter", "latency.p99 < 1s for traffic=customers", "latency.p99 < 1s for service=conter"]})"),
            "study.json:2:43: /gates/0: variant \"other\" has no service \"counter\"\n"
            "study.json:2:125: /gates/2: variant \"baseline\" has no service \"conter\"; did you mean \"counter\"?\n");
}

TEST_F(StudyDecode, AnOptionThatUndoesTheSweepIsRefusedAndASettingThatTheSweepUndoesIsWarnedOf) {
  const std::string text = R"({"meshmallStudy": 1, "scenario": "shop.json", "variants": {"baseline": {}, "rush": {"set": {"/traffic/0/arrivals/poisson/rate": "900/s"}}},
  "sweep": {"/traffic/0/arrivals/poisson/rate": ["100/s", "200/s"]}})";
  EXPECT_EQ(problems(text), "study.json:1:93: warning: /variants/rush/set: the sweep sets /traffic/0/arrivals/poisson/rate too, after it: this has no effect\n");
  EXPECT_TRUE(decode(text).study);
  EXPECT_NE(problems(text, {{}, {}, {"/traffic/0/arrivals/poisson/rate=5/s"}}).find("all its points would be the same"), std::string::npos);
  EXPECT_NE(problems(text, {{}, {}, {"/traffic/0/arrivals={\"poisson\": {\"rate\": \"5/s\"}}"}}).find("all its points would be the same"), std::string::npos);
  EXPECT_NE(problems(text, {{}, {}, {"nonsense"}}).find("must be /pointer=VALUE"), std::string::npos);
}

TEST_F(StudyDecode, WhatIsTooLargeIsRefusedByArithmetic) {
  std::string list;
  for (int i = 0; i < 200; ++i) list += (i > 0 ? "," : "") + std::to_string(i + 1);
  const std::string sweep = R"("sweep": {"/services/counter/versions/v1/replicas": [)" + list + R"(], "/services/counter/versions/v1/workers": [)" + list + "]}";
  EXPECT_NE(problems(R"({"meshmallStudy": 1, "scenario": "shop.json", )" + sweep + "}").find("variants x points must be at most 10,000"), std::string::npos);
  EXPECT_NE(problems(R"({"meshmallStudy": 1, "scenario": "shop.json", "replications": 100000, "sweep": {"/services/counter/versions/v1/replicas": [)" + list + "]}}")
                .find("asks for up to 20000000 runs"),
            std::string::npos);
  EXPECT_NE(problems(R"({"meshmallStudy": 1, "scenario": "shop.json", "replications": 100001})").find("at most 100000"), std::string::npos);
}

}  // namespace
}  // namespace meshmall::models
