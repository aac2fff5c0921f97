// What `meshmall plan` reports: for each rule, variant and sweep point how many replications it takes, from a pilot; plain values, and their JSON.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/experiment/sizing.h"
#include "engine/report/comparison_report.h"
#include "models/study/results.h"

namespace meshmall::models {

struct SizedQuestion {
  engine::ReportQuestion question;  // with the pilot's finding and verdict
  engine::Sizing sizing;            // empty where there is no test
};

struct SizedRule {
  std::string text, scope;
  engine::RuleSeverity severity = engine::RuleSeverity::fail;
  std::vector<SizedQuestion> questions;
};

struct SizedPair {
  std::string name;  // variant and point
  std::vector<SizedRule> rules;
};

struct SizedMetric {  // where there is no rule: how precisely a mean is known
  std::string name;   // variant and point; empty: the only one
  std::string metric, unit;
  double mean = 0;
  std::optional<double> half_width;  // 95 %, after the pilot, as a share of the mean
  std::vector<std::optional<std::uint64_t>> needed;  // for kPrecisions
};
inline constexpr double kPrecisions[] = {0.05, 0.02, 0.01};

struct PlanReport {
  std::string study, version;
  std::uint64_t seed = 1;
  std::uint64_t pilot = 20;         // replications of each variant at each point
  std::uint64_t replications = 20;  // that are asked about: those of the study
  std::uint64_t groups = 0;         // variants x points
  double alpha = 0.01, power = 0.9;
  std::uint32_t hypotheses = 0;
  std::vector<SizedPair> pairs;
  std::vector<SizedMetric> metrics;
  std::optional<engine::Needed> all;  // to catch what is to be caught, all gating rules together; absent: there is none
  bool all_possible = true;           // false: for some rule no number would do
  double seconds_a_run = 0;           // wall time of one run on one processor, as measured: the only figures that are not the same each time
  unsigned jobs = 1;
  std::string command;

  double secondsFor(std::uint64_t replications_each) const;  // of all groups
};

struct ChangeToCatch {
  double size = 0;
  bool relative = true;  // a share, else in the metric's unit
};
using ChangesToCatch = std::map<std::string, ChangeToCatch>;  // by metric; twice the margin where it is not there, or a share and the margin none

// From a comparison of the pilot's runs.
PlanReport planOf(engine::ComparisonReport report, const engine::SizingSettings& settings, std::uint64_t pilot, const ChangesToCatch& caught);
// Precision of the named metrics of the whole mall.
std::vector<SizedMetric> precisionOf(const StudyResults& pilot);

std::string planJson(const PlanReport& report);

}  // namespace meshmall::models
