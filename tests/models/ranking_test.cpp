// The best of a study's variants: what is asked, and whether the choice is right where queueing theory knows it.
#include "models/study/ranking.h"

#include <cmath>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "models/mall/mall.h"
#include "models/study/decode_study.h"
#include "tests/models/schema_validator.h"

namespace meshmall::models {
namespace {

using nlohmann::json;

// 210 customers a second and 70 % load each time: one fast worker, two, or three slow ones. Theory (Erlang C): mean times of 11.1, 13.1 and 15.5 ms.
Study threeQueues() {
  const std::string study = R"({"meshmallStudy": 1, "name": "queues", "replications": 2, "variants": {"one": {"scenario": "one.json"}, "two": {"scenario": "two.json"}, "three": {"scenario": "three.json"}}})";
  const std::string folder = testing::TempDir() + "ranking_test";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::pair<const char*, const char*> kinds[] = {{"one", "3.333333ms"}, {"two", "6.666667ms"}, {"three", "10ms"}};
  int workers = 0;
  for (const auto& [name, mean] : kinds) {
    std::ofstream(folder + "/" + name + ".json") << R"({"meshmall": 1, "name": ")" << name << R"(", "run": {"duration": "1s", "warmup": "500ms"}, "sidecar": false,
      "services": {"counter": {"versions": {"v1": {"workers": )" << ++workers << R"(}}, "operations": {"serve": {"steps": [{"busy": {"exponential": {"mean": ")" << mean << R"("}}}]}}}},
      "traffic": [{"name": "t", "to": "counter/serve", "via": "direct", "arrivals": {"poisson": {"rate": "210/s"}}}]})";
  }
  StudyDecodeResult decoded = decodeStudy(study, "queues.json", folder);
  for (const Problem& problem : decoded.problems) ADD_FAILURE() << textOf(problem);
  return std::move(*decoded.study);
}

RankedPoint ranked(const Study& study, const RankSettings& settings, std::uint64_t seed) {
  const auto variants = static_cast<std::uint32_t>(study.variants.size());
  PointRanking course(settings, variants);
  std::vector<std::shared_ptr<const Plan>> plans;
  for (const StudyGroup& group : study.groups) plans.push_back(makePlan(group.scenario));
  for (std::uint64_t r = 0; !course.finished(); ++r) {
    for (std::uint32_t v = 0; v < variants; ++v) {
      if (!course.wants(v, r)) continue;
      Mall mall(plans[v], {.seed = seed, .replication = settings.procedure == RankProcedure::ocba ? r * variants + v : r});
      mall.run();
      course.observe(v, r, {mall.result().metrics.get(settings.objective.metric), std::nullopt, false});
    }
    if (settings.procedure == RankProcedure::ocba && r >= 200) r = 0;  // a later round may want a variant's lower ones
  }
  return course.result(study.variants);
}

TEST(Ranking, ChoosesTheQueueThatTheoryKnowsToBeTheShortest) {
  const Study study = threeQueues();
  RankSettings settings;
  settings.objective.metric = Metric::latency_mean;
  settings.indifference = {0.1, true, "10%"};  // one worker is 15 % better than two, so the promise of 95 % holds
  settings.first = 5;
  int right = 0, replications = 0;
  constexpr int kExperiments = 40;
  for (int e = 0; e < kExperiments; ++e) {
    const RankedPoint point = ranked(study, settings, 1000 + static_cast<std::uint64_t>(e));
    EXPECT_EQ(point.outcome, RankOutcome::selected);
    right += point.variants[point.best.front()].variant == "one" ? 1 : 0;
    replications += static_cast<int>(point.replications);
  }
  // A true 95 % would show at least 0.95 - 3 sqrt(0.95 * 0.05 / 40) of 40, 34, with a probability of 99.9 %.
  EXPECT_GE(right, 34);
  RecordProperty("right", right);
  RecordProperty("replications", replications);
}

TEST(Ranking, ABudgetIsSpentOnWhatIsHardToTell) {
  const Study study = threeQueues();
  RankSettings settings;
  settings.objective.metric = Metric::latency_mean;
  settings.procedure = RankProcedure::ocba;
  settings.first = 5;
  settings.budget = 60;
  const RankedPoint point = ranked(study, settings, 7);
  ASSERT_EQ(point.outcome, RankOutcome::selected);
  EXPECT_EQ(point.replications, 60u);
  EXPECT_EQ(point.variants[point.best.front()].variant, "one");
  EXPECT_GT(*point.chance, 0.5);
  EXPECT_LT(point.variants[1].replications, point.variants[2].replications) << "three workers are far off, two are not";
}

TEST(Ranking, MetricsScopesAndZonesAreReadAsRulesReadThem) {
  std::vector<Problem> problems;
  const auto plain = parseObjective("latency.p99", "--metric", problems), scoped = parseObjective("utilization for service=a b", "--metric", problems);
  EXPECT_EQ(plain->scope(), "mall");
  const auto service = parseObjective("utilization for service=oven", "--metric", problems);
  ASSERT_TRUE(service);
  EXPECT_EQ(service->scope(), "service=oven");
  problems.clear();
  for (const char* wrong : {"", "latency.p9", "latency.p99 for shop=a", "latency.p99 for service=*", "utilization", "latency.p99) <= 1% and increase(latency.p50"}) {
    problems.clear();
    EXPECT_FALSE(parseObjective(wrong, "--metric", problems)) << wrong;
    ASSERT_EQ(problems.size(), 1u) << wrong;
    EXPECT_NE(textOf(problems[0]).find("--metric"), std::string::npos);
  }
  EXPECT_EQ(parseIndifference("5ms", *plain, "--delta", problems)->size, 5);
  EXPECT_FALSE(parseIndifference("5ms", *plain, "--delta", problems)->relative);
  EXPECT_DOUBLE_EQ(parseIndifference("3%", *plain, "--delta", problems)->size, 0.03);
  for (const char* wrong : {"0%", "-1%", "5", "5pp", "5/s", "", "2% or 1 == 1"}) {
    problems.clear();
    EXPECT_FALSE(parseIndifference(wrong, *plain, "--delta", problems)) << wrong;
    EXPECT_EQ(problems.size(), 1u) << wrong;
  }
  EXPECT_FALSE(defaultIndifference(Metric::retries_total));
  EXPECT_FALSE(defaultIndifference(Metric::success_rate)->relative);
}

// Given values instead of runs.
RankedPoint ofValues(const RankSettings& settings, const std::vector<std::vector<std::optional<double>>>& values, const std::vector<double>& against = {}) {
  PointRanking course(settings, static_cast<std::uint32_t>(values.size()));
  std::vector<std::string> names;
  for (std::uint32_t v = 0; v < values.size(); ++v) names.push_back("v" + std::to_string(v));
  for (std::uint64_t r = 0; r < values[0].size(); ++r)
    for (std::uint32_t v = 0; v < values.size(); ++v)
      if (course.wants(v, r)) course.observe(v, r, {values[v][r], against.empty() ? std::nullopt : std::optional(against[v]), false});
  EXPECT_TRUE(course.finished());
  return course.result(names);
}

RankSettings settingsOf(Metric metric, bool higher, Indifference zone) {
  RankSettings settings;
  settings.objective.metric = metric;
  settings.higher = higher;
  settings.indifference = std::move(zone);
  settings.first = 4;
  return settings;
}

TEST(Ranking, HigherIsBetterAndTheDifferenceIsShownInTheMetricsOwnDirection) {
  const RankedPoint point = ofValues(settingsOf(Metric::success_rate, true, {0.001, false, "0.1pp"}), {{.90, .91, .90, .91}, {.95, .96, .95, .96}, {.95, .96, .95, .96}});
  EXPECT_EQ(point.outcome, RankOutcome::tied);
  EXPECT_EQ(point.best, (std::vector<std::uint32_t>{1, 2}));
  EXPECT_NEAR(*point.variants[0].to_best, -0.05, 1e-12);
  EXPECT_EQ(point.variants[0].letters, "b");
  EXPECT_EQ(point.variants[1].letters, "a");
  EXPECT_EQ(point.variants[2].letters, "a");
}

TEST(Ranking, ANullTakesItsVariantOutAndAZeroLeavesAShareUnranked) {
  const Indifference zone{0.02, true, "2%"};
  const RankedPoint null = ofValues(settingsOf(Metric::latency_p99, false, zone), {{5, 5.1, 5, 5.1}, {6, std::nullopt, 6, 6}, {9, 9, 9, 9.1}});
  EXPECT_EQ(null.outcome, RankOutcome::selected);
  EXPECT_EQ(null.best, std::vector<std::uint32_t>{0});
  EXPECT_EQ(null.variants[1].without_value, "replication 1 has no value");
  EXPECT_FALSE(null.variants[1].to_best);
  const RankedPoint zero = ofValues(settingsOf(Metric::queue_mean, false, zone), {{5, 5.1, 5, 5.1}, {0, 0, 0, 0}, {9, 9, 9, 9.1}});
  EXPECT_EQ(zero.outcome, RankOutcome::no_data) << "it may well be the best";
  EXPECT_TRUE(zero.best.empty());
  const RankedPoint nothing = ofValues(settingsOf(Metric::latency_p99, false, zone), {{5, 5.1, 5, 5.1}, {std::nullopt, 6, 6, 6}});
  EXPECT_EQ(nothing.outcome, RankOutcome::no_data);
}

TEST(Ranking, TheFrontIsWhoNobodyBeatsInBoth) {
  RankSettings settings = settingsOf(Metric::latency_p99, false, {0.02, true, "2%"});
  settings.against = Metric::retries_amplification;
  const RankedPoint point = ofValues(settings, {{5, 5, 5, 5}, {6, 6, 6, 6}, {7, 7, 7, 7}, {6, 6, 6, 6}}, {3, 2, 2.5, 2});
  std::vector<bool> front;
  for (const RankedVariant& variant : point.variants) front.push_back(variant.front);
  EXPECT_EQ(front, (std::vector<bool>{true, true, false, true}));
}

TEST(Ranking, TheJsonKeepsItsSchemaAndTheTableHasALineAValue) {
  std::ifstream file("scenarios/schema/ranking.schema.json");
  std::stringstream text;
  text << file.rdbuf();
  const SchemaValidator schema(text.str());
  RankReport report;
  report.study = "=odd, \"name\"";
  report.version = "0";
  report.settings = settingsOf(Metric::latency_p99, false, {0.02, true, "2%"});
  report.settings.against = Metric::success_rate;
  report.points.push_back(ofValues(report.settings, {{5, 5.1, 5, 5.1}, {6, std::nullopt, 6, 6}, {9, 9, 9, 9.1}}, {1, 1, 1}));
  report.points.back().point = {{"/a", "=1,2"}};
  EXPECT_TRUE(schema.accepts(json::parse(rankJson(report)))) << rankJson(report);
  report.settings = settingsOf(Metric::latency_p99, false, {5, false, "5ms"});
  report.settings.procedure = RankProcedure::ocba;
  report.settings.budget = 20;
  EXPECT_TRUE(schema.accepts(json::parse(rankJson(report))));
  json broken = json::parse(rankJson(report));
  broken["points"][0]["outcome"] = "perhaps";
  EXPECT_FALSE(schema.accepts(broken));
  const std::string csv = rankCsv(report);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + 4 + 1 + 4);
  EXPECT_NE(csv.find("v0,\"/a==1,2\",0,mall,latency.p99,5\n"), std::string::npos) << csv;
}

}  // namespace
}  // namespace meshmall::models
