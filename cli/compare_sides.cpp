#include "cli/compare_sides.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "cli/prediction_report.h"
#include "engine/statistics/welch_averages.h"
#include "models/study/scenario_difference.h"
#include "models/study/scenario_events.h"
#include "models/topology/prediction.h"

namespace meshmall::cli {
namespace {

// By Welch's moving average over a twentieth of the run.
engine::ReportSeries smoothed(const engine::ReportSeries& series) {
  const std::size_t window = std::max<std::size_t>(1, series.baseline.size() / 40);
  return {series.name, series.interval, engine::welchAverages(series.baseline, window), engine::welchAverages(series.candidate, window)};
}

// Dense where percentiles are read: each per cent, then the tail.
std::vector<double> curveProbabilities() {
  std::vector<double> probabilities;
  for (int i = 1; i < 100; ++i) probabilities.push_back(i / 100.0);
  for (const double p : {0.991, 0.992, 0.993, 0.994, 0.995, 0.996, 0.997, 0.998, 0.999, 0.9992, 0.9994, 0.9995, 0.9996, 0.9997, 0.9998, 0.9999}) probabilities.push_back(p);
  return probabilities;
}

void takeRows(engine::ReportSide& side, const engine::SampleGroup& group) {
  for (const engine::SampleRow& row : group.rows) {
    side.replications.push_back(row.replication);
    side.fingerprints.push_back(row.fingerprint);
  }
}

engine::ReportSide sideThatRan(const ComparedScenario& from, const models::Scenario& scenario, std::uint64_t seed, const engine::SampleGroup& group, std::uint64_t requests, bool warmup_found) {
  engine::ReportSide side;
  side.input = from.file;
  side.file = from.file.rfind("git:", 0) == 0 ? "" : from.file;
  side.name = scenario.name;
  side.seed = seed;
  side.simulated = scenario.run.duration.seconds();
  side.warmup = scenario.run.warmup->seconds();
  side.warmup_found = warmup_found;
  side.requests = requests;
  takeRows(side, group);
  return side;
}

engine::ReportSide sideThatWasRead(const CompareInput& input, std::uint32_t group) {
  const models::StudyFacts& facts = input.results->facts;
  engine::ReportSide side;
  side.input = input.given;
  side.name = facts.groups[group].scenario;
  side.seed = facts.seed;
  side.simulated = facts.groups[group].simulated;
  side.warmup = facts.groups[group].warmup;
  side.warmup_found = facts.groups[group].warmup_found;
  takeRows(side, input.results->table.groups[group]);
  return side;
}

void describeDifference(const ComparePair& pair, engine::ReportScenario& report) {
  report.differences_known = !pair.baseline->text.empty() && !pair.candidate->text.empty();
  models::ScenarioDifference difference = models::differenceOf(pair.baseline->text, pair.candidate->text);
  report.differences = std::move(difference.places);
  for (engine::ReportDifference& place : report.differences) {  // a text that was put together has no lines of its own
    if (pair.baseline->generated) place.baseline_line = 0;
    if (pair.candidate->generated) place.candidate_line = 0;
  }
  report.differences_omitted = difference.omitted;
}

}  // namespace

void describeRuns(const ComparePair& pair, const PairPlan& plan, const PairRuns& runs, engine::ReportScenario& report) {
  report.paired = plan.candidate_first == 0;
  report.baseline = sideThatRan(*pair.baseline, plan.baseline, plan.seed, runs.table.groups[0], runs.baseline_requests, report.baseline.warmup_found);
  report.candidate = sideThatRan(*pair.candidate, plan.candidate, plan.seed, runs.table.groups[1], runs.candidate_requests, report.candidate.warmup_found);
  for (const auto& [scenario, who] : {std::pair{&plan.baseline, "baseline: "}, std::pair{&plan.candidate, "candidate: "}})
    for (const std::string& warning : overloadWarnings(*scenario, models::predict(*scenario, models::callGraph(*scenario)))) report.notes.push_back(who + warning);
  describeDifference(pair, report);
  const std::vector<double> probabilities = curveProbabilities();
  report.latency.baseline = runs.baseline.curve(probabilities);
  report.latency.candidate = runs.candidate.curve(probabilities);
  report.latency.probability = report.latency.baseline.empty() || report.latency.candidate.empty() ? std::vector<double>() : probabilities;
  report.series = runs.series;
  for (const engine::ReportSeries& series : runs.series)
    if (series.name == "latency.mean" || series.name == "inFlight") report.settling.push_back(smoothed(series));
  report.events = models::eventsOf(plan.baseline, plan.candidate);
}

void describeResults(const ComparePair& pair, const CompareInput& baseline, const CompareInput& candidate, engine::ReportScenario& report) {
  report.baseline = sideThatWasRead(baseline, *pair.baseline_group);
  report.candidate = sideThatWasRead(candidate, *pair.candidate_group);
  const models::StudyFacts &before = baseline.results->facts, &after = candidate.results->facts;
  report.paired = before.seed == after.seed;
  if (!report.paired) report.notes.push_back("the results have different seeds: compared as independent samples (Welch)");
  if (before.version != after.version) report.notes.push_back("the results are of different versions: " + before.version + " and " + after.version);
  if (report.paired && report.baseline.replications != report.candidate.replications) report.notes.push_back("only the replications that both sides have are compared");
}

}  // namespace meshmall::cli
