// Replications beside the window: the runs and the numbers of the shell program's batch, told as they come, stopped at once; without Qt.
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <variant>

#include "engine/statistics/confidence.h"
#include "gui/session/comparison_files.h"
#include "gui/session/replications.h"
#include "gui/session/scenario_file.h"
#include "models/mall/plan.h"
#include "models/observation/result.h"
#include "models/study/mean_interval.h"
#include "models/study/results.h"

namespace meshmall::gui {
namespace {

std::string scenario(const std::string& run = R"("duration": "4s", "warmup": "1s", "seed": 7)") {
  return R"({
  "meshmall": 1, "name": "many", "run": {)" + run + R"(},
  "network": {"sameZone": "1ms"},
  "services": {
    "front": {"versions": {"v1": {"replicas": 2, "workers": 8}}, "operations": {"GET /": {"steps": [{"busy": "1ms"}, {"call": "back/work"}]}}},
    "back": {"versions": {"v1": {"replicas": 3, "workers": 2}}, "operations": {"work": {"steps": [{"busy": {"exponential": {"mean": "5ms"}}}]}}}
  },
  "traffic": [{"name": "all", "to": "front/GET /", "arrivals": {"poisson": {"rate": "100/s"}}}],
  "events": [{"at": "3s", "fail": {"service": "back", "probability": 0.2}, "for": "500ms"}]
})";
}

// Waits for a state that must come; a minute is for the slowest of machines.
template <typename Condition>
bool waitFor(Condition condition) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

ReplicationRequest request(std::uint64_t runs, std::string text = scenario()) {
  ReplicationRequest out;
  out.text = std::move(text);
  out.path = "many.json";
  out.runs = {runs, runs, 0};
  return out;
}

ReplicationState finished(const ReplicationRequest& asked) {
  Replications runs(asked);
  EXPECT_TRUE(waitFor([&] { return runs.state().over(); }));
  return runs.state();
}

const Estimate* find(const ReplicationState& state, const std::string& scope, const std::string& metric) {
  for (const EstimatedMetric& one : *state.estimates)
    if (one.scope == scope && one.metric == metric) return &one.estimate;
  return nullptr;
}

TEST(Replications, TheIntervalIsTheEnginesOfTheRunsValues) {
  const ReplicationState state = finished(request(5));
  ASSERT_EQ(state.phase, ReplicationState::Phase::finished) << state.error;
  EXPECT_EQ(state.done, 5U);
  const ScenarioFile file = readScenario(scenario(), "many.json", false);
  std::vector<double> p99;
  std::vector<RunCurves> curves;
  const std::atomic<bool> never{false};
  for (std::uint64_t k = 0; k < 5; ++k) {
    const auto result = runReplication(file.plan, 7, k, never, [](double) {});
    ASSERT_TRUE(result);
    EXPECT_EQ(result->replication, k);
    p99.push_back(*result->metric(models::Metric::latency_p99));
    curves.push_back(curvesOf(*result));
  }
  const MetricCourse& course = state.courses->at("latency.p99");
  ASSERT_EQ(course.estimates.size(), 5U);
  for (std::size_t n = 1; n <= 5; ++n) {
    const std::vector<double> first(p99.begin(), p99.begin() + static_cast<std::ptrdiff_t>(n));
    EXPECT_EQ(course.values[n - 1], p99[n - 1]);
    EXPECT_EQ(course.estimates[n - 1].mean, engine::sampleMean(first));
    EXPECT_EQ(course.estimates[n - 1].interval, engine::meanInterval(first, 0.95)) << "none of one run";
  }
  EXPECT_EQ(find(state, "mall", "latency.p99")->interval, course.estimates.back().interval);
  EXPECT_TRUE(find(state, "mall", "latency.p99")->few_data) << "300 answers a run have 3 beyond p99";
  EXPECT_NE(find(state, "service=back", "latency.p50"), nullptr);

  const RunBands again = bandsOf(curves);
  ASSERT_NE(state.bands, nullptr);
  EXPECT_EQ(state.bands->runs, 5U);
  for (std::size_t s = 0; s < RunBands::kSeriesCount; ++s) {
    ASSERT_EQ(state.bands->of[s].low.size(), again.of[s].low.size());
    for (std::size_t i = 0; i < again.of[s].low.size(); ++i) {
      std::vector<double> values;
      for (const RunCurves& run : curves)
        if (i < run.of[s].size() && !std::isnan(run.of[s][i])) values.push_back(run.of[s][i]);
      const auto wanted = engine::meanInterval(values, 0.95);
      if (wanted) {
        EXPECT_EQ(state.bands->of[s].low[i], wanted->low);
        EXPECT_EQ(state.bands->of[s].high[i], wanted->high);
      } else {
        EXPECT_TRUE(std::isnan(state.bands->of[s].low[i]));
      }
    }
  }
  EXPECT_FALSE(again.of[RunBands::kServed].low.empty());
}

TEST(Replications, WhoMakesTheRunsDoesNotShow) {
  ReplicationRequest three = request(6);
  three.workers = 3;
  ReplicationRequest one = request(6);
  one.workers = 1;
  const ReplicationState a = finished(one), b = finished(three);
  ASSERT_EQ(a.done, 6U);
  ASSERT_EQ(b.done, 6U);
  ASSERT_EQ(a.estimates->size(), b.estimates->size());
  for (std::size_t i = 0; i < a.estimates->size(); ++i) {
    EXPECT_EQ((*a.estimates)[i].estimate.mean, (*b.estimates)[i].estimate.mean);
    EXPECT_EQ((*a.estimates)[i].estimate.interval, (*b.estimates)[i].estimate.interval);
  }
}

TEST(Replications, ABandNeedsTwoRunsWithAValue) {
  RunCurves a, b;
  a.of[RunBands::kLatencyP99] = {10, std::nan(""), 12};
  b.of[RunBands::kLatencyP99] = {14, 20};
  EXPECT_TRUE(std::isnan(bandsOf({a}).of[RunBands::kLatencyP99].low[0])) << "of one run";
  const RunBand band = bandsOf({a, b}).of[RunBands::kLatencyP99];
  EXPECT_EQ(band.low[0], engine::meanInterval({10, 14}, 0.95)->low);
  EXPECT_EQ(band.high[0], engine::meanInterval({10, 14}, 0.95)->high);
  EXPECT_TRUE(std::isnan(band.low[1]) && std::isnan(band.high[1])) << "only b has a value";
  EXPECT_TRUE(std::isnan(band.low[2])) << "only a has a value";
  EXPECT_TRUE(bandsOf({}).of[RunBands::kServed].low.empty());
}

TEST(Replications, ProgressGoesUpToTheEnd) {
  Replications runs(request(4));
  double before = 0;
  std::uint64_t done_before = 0;
  bool claimed = false;
  EXPECT_TRUE(waitFor([&] {
    const ReplicationState state = runs.state();
    const double now = static_cast<double>(state.done) + state.under_way;
    EXPECT_GE(now, before - 1e-9);
    EXPECT_GE(state.done, done_before);
    EXPECT_LE(now, 4 + 1e-9);
    if (state.done < 2) {
      EXPECT_EQ(state.bands, nullptr);
      if (state.estimates)
        for (const EstimatedMetric& one : *state.estimates) claimed = claimed || one.estimate.interval;
    }
    before = now;
    done_before = state.done;
    return state.over();
  }));
  EXPECT_EQ(runs.state().done, 4U);
  EXPECT_FALSE(claimed) << "no interval of fewer than two runs";
}

TEST(Replications, StopEndsARunUnderWayAndKeepsWhatIsThere) {
  Replications runs(request(50, scenario(R"("duration": "10m", "warmup": "1s", "seed": 7)")));
  ASSERT_TRUE(waitFor([&] { return runs.state().done >= 1; }));
  runs.stop();
  ASSERT_TRUE(waitFor([&] { return runs.state().over(); }));
  const ReplicationState state = runs.state();
  EXPECT_EQ(state.phase, ReplicationState::Phase::stopped);
  EXPECT_LT(state.done, 50U);
  EXPECT_EQ(state.under_way, 0);
  EXPECT_EQ(state.courses->at("latency.p99").values.size(), state.done);
}

TEST(Replications, DestroyedWhileRunningItEnds) {
  const auto runs = std::make_unique<Replications>(request(50, scenario(R"("duration": "24h", "warmup": "1s", "seed": 7)")));
  ASSERT_TRUE(waitFor([&] { return runs->state().under_way > 0; }));
}

TEST(Replications, WhatCannotBeRunIsTold) {
  const ReplicationState state = finished(request(3, R"({"meshmall": 1})"));
  EXPECT_EQ(state.phase, ReplicationState::Phase::failed);
  EXPECT_NE(state.error, "");
  EXPECT_EQ(state.done, 0U);
}

TEST(Replications, RunsUntilTheWatchedMeanIsPreciseEnough) {
  ReplicationRequest asked = request(3);
  asked.runs = {3, 200, 0.05};
  asked.watched = models::Metric::latency_mean;
  const ReplicationState state = finished(asked);
  ASSERT_EQ(state.phase, ReplicationState::Phase::finished);
  EXPECT_TRUE(state.precise);
  EXPECT_LT(state.done, 200U);
  const Estimate& last = state.courses->at("latency.mean").estimates.back();
  EXPECT_LE(*last.halfWidth(), 0.05 / 1.05 * *last.mean * (1 + 1e-12));
}

#ifdef MESHMALL_PROGRAM
struct Folder {
  Folder() : path(std::filesystem::temp_directory_path() / ("meshmall-replications-" + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()))) {
    std::filesystem::create_directories(path);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name) << text;
    return (path / name).string();
  }
  std::string read(const std::filesystem::path& name) const {
    std::ifstream in(path / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::filesystem::path path;
};

models::StudyResults batch(const Folder& folder, const RepeatedScenario& repeated, const std::string& more = "") {
  const std::string study = folder.write("study.json", repeatedStudyText(repeated));
  const std::string line = batchCommand(study, editedSeed(repeated), (folder.path / "out").string());
  EXPECT_EQ(line.substr(0, 15), "meshmall batch ");
  EXPECT_EQ(std::system((std::string(MESHMALL_PROGRAM) + line.substr(8) + more + " --quiet > " + (folder.path / "said").string()).c_str()), 0);
  auto results = models::readResults(folder.read("out/results.json"));
  EXPECT_TRUE(std::holds_alternative<models::StudyResults>(results));
  return std::get<models::StudyResults>(std::move(results));
}

void expectTheSame(const ReplicationState& state, const models::StudyResults& results) {
  ASSERT_EQ(results.table.groups.size(), 1U);
  ASSERT_EQ(results.table.groups[0].rows.size(), state.done);
  ASSERT_EQ(results.table.columns.size(), state.estimates->size());
  for (std::size_t c = 0; c < results.table.columns.size(); ++c) {
    const EstimatedMetric& ours = (*state.estimates)[c];
    EXPECT_EQ(results.table.columns[c].key(), ours.scope + "|" + ours.metric);
    EXPECT_EQ(ours.estimate.interval, models::meanInterval(results.table, 0, c, 0.95)) << ours.scope << " " << ours.metric;
    std::vector<double> values;
    for (const engine::SampleRow& row : results.table.groups[0].rows)
      if (row.values[c]) values.push_back(*row.values[c]);
    EXPECT_EQ(ours.estimate.runs, values.size());
    EXPECT_EQ(ours.estimate.mean, values.empty() ? std::nullopt : std::optional(engine::sampleMean(values))) << ours.scope << " " << ours.metric;
  }
}

TEST(Replications, AreTheRunsOfABatchToTheByte) {
  const Folder folder;
  const std::string file = folder.write("many.json", scenario());
  RepeatedScenario repeated{"many.json", scenario(), scenario(), {3, 3, 0}, {}};
  const models::StudyResults results = batch(folder, repeated, " --runs");
  expectTheSame(finished(request(3)), results);
  const ScenarioFile plain = readScenario(scenario(), file, false);
  const std::atomic<bool> never{false};
  for (std::uint64_t k = 0; k < 3; ++k) {
    const auto result = runReplication(plain.plan, 7, k, never, [](double) {});
    ASSERT_TRUE(result);
    const std::string theirs = folder.read("out/runs/baseline/0/" + std::to_string(k) + ".json");
    ASSERT_FALSE(theirs.empty());
    EXPECT_EQ(models::toJson(*result), theirs) << "run " << k;
  }
}

TEST(Replications, AStudyOfAnEditedScenarioGivesTheSameNumbers) {
  const Folder folder;
  folder.write("many.json", scenario());
  std::string edited = scenario(R"("duration": "4s", "warmup": "1s", "seed": 11)");
  edited.replace(edited.find("\"replicas\": 3"), 13, "\"replicas\": 4");
  RepeatedScenario repeated{"many.json", scenario(), edited, {4, 4, 0}, {}};
  EXPECT_EQ(editedSeed(repeated), "11");
  ReplicationRequest asked = request(4, edited);
  expectTheSame(finished(asked), batch(folder, repeated));
}

TEST(Replications, AStudyThatWatchesAMetricAndFindsItsWarmUpGivesTheSameNumbers) {
  const Folder folder;
  const std::string text = scenario(R"("duration": "10s", "warmup": "auto", "seed": 7)");
  folder.write("many.json", text);
  RepeatedScenario repeated{"many.json", text, text, {3, 12, 0.04}, "latency.mean"};
  ReplicationRequest asked = request(3, text);
  asked.runs = repeated.runs;
  asked.watched = models::Metric::latency_mean;
  expectTheSame(finished(asked), batch(folder, repeated));
}
#endif

}  // namespace
}  // namespace meshmall::gui
