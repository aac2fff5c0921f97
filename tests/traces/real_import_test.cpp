// The two published files of traces, imported as a user does and run: how close the simulated customers come, and what a mall fitted to a part says of the rest.
// Tolerances are the project's own aims: median 25 %, 95th percentile 35 %, each service's share of the customers' time 25 %. Seeds are fixed; 20,000 simulated customers
// know a median to 1 % and a 95th percentile to 3 %. Skipped where ../shared/data is not there.
#include <algorithm>
#include <filesystem>
#include <map>

#include "models/importers/traces/fit.h"
#include "models/mall/mall.h"
#include "models/scenario/decode_scenario.h"
#include "tests/traces/trace_files.h"

namespace meshmall::models::traces {
namespace {

std::string dataFile(const std::string& name) { return "../shared/data/traces/" + name + ".csv"; }

TraceImport importFile(const std::string& name, std::uint32_t fit_below = 10) {
  TraceImportOptions options;
  options.files = {dataFile(name)};
  options.fit_below = fit_below;
  options.hold_out = false;
  options.words.name = name;
  // Online Boutique has 8.4 customers a second, Train Ticket 0.42: about 20,000 each.
  options.words.duration = name == "online-boutique" ? "40m" : "13h";
  return importTraces(options);
}

Result runIt(const std::string& scenario) {
  const DecodeResult decoded = decodeScenario(scenario, "imported", "");
  for (const Problem& problem : decoded.problems) ADD_FAILURE() << textOf(problem);
  if (!decoded.scenario) return Result();
  Mall mall(makePlan(*decoded.scenario));
  mall.run();
  return mall.result();
}

std::vector<double> rootTimes(const Visits& visits, std::uint32_t from = 0, std::uint32_t to = 10) {
  std::vector<double> out;
  for (std::size_t i = 0; i < visits.roots.size(); ++i)
    if (i % 10 >= from && i % 10 < to) out.push_back(static_cast<double>(visits.all[visits.roots[i]].length()) / 1e6);
  std::sort(out.begin(), out.end());
  return out;
}

class RealTraces : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(dataFile(GetParam()))) GTEST_SKIP() << "no " << dataFile(GetParam()) << " here";
  }
};

TEST_P(RealTraces, TheImportedMallIsAsSlowAsTheTracedOne) {
  const TraceImport imported = importFile(GetParam());
  ASSERT_TRUE(imported.result.problems.empty());
  const Result result = runIt(imported.result.scenario);
  const std::vector<double> traced = rootTimes(imported.visits);
  EXPECT_NEAR(result.metric("latency.p50").value_or(0) / quantileOf(traced, 0.5), 1, 0.25);
  EXPECT_NEAR(result.metric("latency.p95").value_or(0) / quantileOf(traced, 0.95), 1, 0.35);
  EXPECT_EQ(result.metric("requests.failed"), 0.0);
}

TEST_P(RealTraces, EachServiceHasItsShareOfTheCustomersTime) {
  const TraceImport imported = importFile(GetParam());
  std::map<std::string, double> traced;
  double in_all = 0;
  for (const Visit& visit : imported.visits.all) {
    traced[imported.visits.operations[visit.operation].service] += static_cast<double>(visit.length());
    if (visit.parent == kNoVisit) in_all += static_cast<double>(visit.length());
  }
  const Result result = runIt(imported.result.scenario);
  const double customers = result.metric("latency.mean").value_or(0) * result.metric("requests.total").value_or(0);
  ASSERT_EQ(result.services.size(), traced.size());
  for (const auto& [service, time] : traced) {
    const double simulated =
        result.metric("latency.mean", ScopeKind::version, service, "v1").value_or(0) * result.metric("requests.total", ScopeKind::version, service, "v1").value_or(0) / customers;
    EXPECT_NEAR(simulated / (time / in_all), 1, 0.25) << service;
  }
}

// Fitted to seven requests of ten, the mall's median and 95th percentile lie where the other three may have theirs: within a bootstrap's 99 %.
TEST_P(RealTraces, APartOfTheTracesPredictsTheRest) {
  const Result result = runIt(importFile(GetParam(), 7).result.scenario);
  const std::vector<double> held = rootTimes(importFile(GetParam()).visits, 7, 10);
  for (const auto& [q, metric] : {std::pair{0.5, "latency.p50"}, std::pair{0.95, "latency.p95"}}) {
    const Bounds bounds = bootstrap(held, q, 0.99);
    EXPECT_GE(result.metric(metric).value_or(0), bounds.low) << metric;
    EXPECT_LE(result.metric(metric).value_or(0), bounds.high) << metric;
  }
}

TEST_P(RealTraces, TheImportTellsHowWellItPredicts) {
  TraceImportOptions options;
  options.files = {dataFile(GetParam())};
  const TraceImport imported = importTraces(options);
  ASSERT_EQ(imported.held_out.trouble, "");
  ASSERT_EQ(imported.held_out.predictions.size(), 4u);
  EXPECT_GT(imported.held_out.requests, 0u);
  for (const Prediction& p : imported.held_out.predictions) EXPECT_GT(p.predicted, 0) << p.figure;
  // A tenth of 71 requests is 7: the slowest of them is no 90th percentile.
  const bool many = std::string(GetParam()) == "online-boutique";
  for (const Prediction& p : imported.held_out.predictions) EXPECT_EQ(p.known, many || p.figure == "mean" || p.figure == "p50") << p.figure;
  const DecodeResult decoded = decodeScenario(imported.result.scenario, "imported", "");
  ASSERT_TRUE(decoded.scenario.has_value());
  ASSERT_TRUE(decoded.scenario->traced.has_value());
  EXPECT_EQ(decoded.scenario->traced->requests, imported.visits.roots.size());
  EXPECT_NE(decoded.scenario->description.find("it predicts the other"), std::string::npos);
}

TEST_P(RealTraces, TheSameFileGivesTheSameBytes) { EXPECT_EQ(importFile(GetParam()).result.scenario, importFile(GetParam()).result.scenario); }

std::string nameOf(const testing::TestParamInfo<const char*>& info) { return std::string(info.param) == "online-boutique" ? "OnlineBoutique" : "TrainTicket"; }
INSTANTIATE_TEST_SUITE_P(Files, RealTraces, testing::Values("online-boutique", "train-ticket"), nameOf);

}  // namespace
}  // namespace meshmall::models::traces
