// A comparison of pairs of measured sides by the rules of one command: which questions each rule asks of each pair, what the data say, and, over all pairs
// together, the verdicts. The result is one plain report value (engine/report/comparison_report.h); nothing is run or printed here.
//
// A metric without a value in some replication, or of a service that one side lacks, or a quantile of fewer than 100 requests beyond it in some replication
// (against a limit: in all of them together, where the data are at hand): NO-DATA, with the reason. Bit-equal sides are IDENTICAL whatever the data.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/experiment/sample_table.h"
#include "engine/report/comparison_report.h"
#include "models/study/gate_rules.h"
#include "models/study/pooled_latency.h"

namespace meshmall::models {

// What was measured of one side. The table and the pool are the caller's and outlive the comparison.
struct MeasuredSide {
  const engine::SampleTable* table = nullptr;
  std::uint32_t group = 0;
  const PooledLatency* pool = nullptr;  // nothing: means over replications are all there is

  const engine::SampleGroup& data() const { return table->groups[group]; }
};

enum class WhenUnsure : std::uint8_t { pass, warn, fail };

struct ComparisonChoices {
  double alpha = 0.01;
  engine::GateMode mode = engine::GateMode::alarm;
  WhenUnsure on_inconclusive = WhenUnsure::warn;
  std::optional<WhenUnsure> on_no_data;  // absent: fail for rules the user wrote, warn for the default ones
  bool informational = false;
  bool slo_point = false;  // limits on the candidate are judged by the estimate alone, as a plain threshold
};

class ComparisonStudy {
 public:
  explicit ComparisonStudy(const ComparisonChoices& choices) : choices_(choices) {}

  // A pair of scenarios that were measured. `pair`: names, sides, differences are filled in by the caller; rules and moves here. Replications that only one
  // side has are left out when paired.
  void add(engine::ReportScenario pair, const MeasuredSide& baseline, const MeasuredSide& candidate, const std::vector<GateRule>& rules, const ScopeNames& names);
  // A new or deleted one.
  void add(engine::ReportScenario lone) { report_.scenarios.push_back(std::move(lone)); }

  // Verdicts, outcome, exit code (0, 1, 3) and tally.
  engine::ComparisonReport finish();

 private:
  engine::ReportRule applied(const GateRule& rule, const std::string& scope, const engine::ReportScenario& pair, const MeasuredSide& baseline,
                             const MeasuredSide& candidate) const;
  void judgeRule(engine::ReportRule& rule, const engine::RuleVerdict& verdict);

  ComparisonChoices choices_;
  engine::ComparisonReport report_;
  std::uint32_t rules_ = 0;
  std::optional<std::size_t> fewest_;  // replications of a pair that rules judge
};

}  // namespace meshmall::models
