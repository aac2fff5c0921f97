// Which variant of a study is the best by one metric, at each sweep point on its own: what is asked, the course of one point, and the report, plain values all.
//
// With a guarantee (KN, KN++: engine/experiment/selection.h) all variants meet the same customers; with a fixed budget (OCBA: budget_allocation.h) each has customers
// of its own, because the allocation needs independent values. The metric is judged by logarithms where the indifference zone is a share ("2%"), else as it is.
// Limiting cases: a run without a value takes its variant out, and the report says why; one of 0 or below, of which there is no share, leaves its point unranked;
// equal to the last bit is a tie.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/experiment/best_comparison.h"
#include "engine/experiment/budget_allocation.h"
#include "engine/experiment/selection.h"
#include "models/observation/metrics.h"
#include "models/scenario/problems.h"

namespace meshmall::models {

struct RankObjective {
  Metric metric = Metric::latency_p99;
  ScopeKind kind = ScopeKind::mall;  // or service, traffic
  std::string name;                  // of the service or traffic entry
  std::string scope() const;         // "mall", "service=bakery": as columns are named
};

// "latency.p99", "latency.p99 for service=bakery"; a metric, or one measured for the scope, that isn't there is a problem, at `where`.
std::optional<RankObjective> parseObjective(const std::string& text, const std::string& where, std::vector<Problem>& problems);

struct Indifference {
  double size = 0.02;      // a share where relative, else in the metric's unit
  bool relative = true;
  std::string text = "2%";
};

// "2%", "0.1pp", "5ms", ...: as a rule's margin for that metric, above 0.
std::optional<Indifference> parseIndifference(const std::string& text, const RankObjective& objective, const std::string& where, std::vector<Problem>& problems);
// 2 % of times, rates and factors, 0.1 percentage points of ratios. Nothing: a count has none that suits all.
std::optional<Indifference> defaultIndifference(Metric metric);

enum class RankProcedure : std::uint8_t { kn, knpp, ocba };
std::string_view name(RankProcedure procedure);  // "KN", "KN++", "OCBA"

struct RankSettings {
  RankObjective objective;
  bool higher = false;  // is better
  Indifference indifference;
  RankProcedure procedure = RankProcedure::kn;
  double alpha = 0.05;
  std::uint64_t first = 20, most = 1000;  // replications; OCBA: most unused
  std::uint64_t budget = 0;               // OCBA: runs at each point
  std::optional<Metric> against;          // a second metric of the same scope, for what no other variant beats in both
};

enum class RankOutcome : std::uint8_t { selected, tied, undecided, no_data };
std::string_view name(RankOutcome outcome);  // "selected", "tied", "undecided", "noData"

struct RankedVariant {
  std::string variant;
  std::uint64_t replications = 0;  // that counted
  bool left = false;               // at the end
  std::optional<std::uint32_t> beaten_by;  // dropped for this one
  std::string without_value;       // dropped: why it can't be ranked
  bool without_share = false;      // because a value is 0 or below
  std::optional<double> mean;      // in the metric's unit
  std::optional<engine::Interval> interval;  // 95 %, Student's t over replications
  // To the best of the others: a share where the indifference zone is one, else in the unit; below 0 is better than all others where lower is better.
  std::optional<double> to_best;
  std::optional<engine::Interval> to_best_interval;  // 95 % for all variants of the point together
  std::string letters;             // variants that share one can't be told apart
  std::uint64_t few_data = 0;      // replications whose value rests on few samples
  std::optional<double> against;   // mean of the second metric
  bool front = false;              // no other variant is better in one and no worse in the other, by the means
  std::vector<double> values;      // by replication
};

struct RankedPoint {
  std::vector<std::pair<std::string, std::string>> point;
  RankOutcome outcome = RankOutcome::undecided;
  std::vector<std::uint32_t> best;   // selected: one; tied, undecided: those left
  std::uint64_t replications = 0;    // looked at, of those left; OCBA: runs of all variants
  std::optional<double> chance;      // OCBA: that the choice is right, at least, as estimated
  double warmup = 0;                 // seconds
  std::vector<RankedVariant> variants;  // as the study's
};

struct RankReport {
  std::string study, version, scenario_fingerprint;
  std::uint64_t seed = 1;
  RankSettings settings;
  std::vector<RankedPoint> points;
  std::string command;  // repeats it
};

std::string rankJson(const RankReport& report);
// `variant,point,replication,metric,value`: the values that counted.
std::string rankCsv(const RankReport& report);

// One point's course. Replications count from 0 for each variant.
class PointRanking {
 public:
  struct Observation {
    std::optional<double> value, against;
    bool few_data = false;
  };

  // variants >= 2; a budget is enough for the first replications of all.
  PointRanking(const RankSettings& settings, std::uint32_t variants);

  bool wants(std::uint32_t variant, std::uint64_t replication) const;
  void observe(std::uint32_t variant, std::uint64_t replication, const Observation& observation);
  bool finished() const;
  // Replications of the variant that may be made by now, `ahead` further than what is decided; 0 for one that is out.
  std::uint64_t mayMake(std::uint32_t variant, std::uint64_t ahead) const;

  // After the end.
  RankedPoint result(const std::vector<std::string>& variants) const;

 private:
  std::optional<double> scaled(double value) const;  // smaller is better
  void compare(RankedPoint& point, const std::vector<std::uint32_t>& ranked, const std::vector<std::vector<double>>& scales) const;
  void findFront(RankedPoint& point) const;
  void describe(std::uint32_t variant, RankedVariant& made) const;
  void decide(RankedPoint& point, const std::vector<std::uint32_t>& ranked, const std::vector<std::vector<double>>& scales) const;

  const RankSettings& settings_;
  std::variant<engine::Selection, engine::BudgetAllocation> course_;
  std::vector<std::vector<std::optional<Observation>>> seen_;  // by variant, by replication
};

}  // namespace meshmall::models
