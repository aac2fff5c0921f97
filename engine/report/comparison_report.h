// Everything a report of a comparison prints, as one plain value: written as text for a terminal, JSON, and whatever other form; none of them computes anything.
// Strings that come from files (names, scopes, rules, paths, values of differences) are as they are: each form escapes them for itself.
// Units are the model's names for them ("ms", "/s", "ratio", "factor", "count"); values are in these units. Quantities without a value are absent, never NaN.
// It depends on the two inputs and the settings only: no clock, no folder of this machine beyond what the call named.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/experiment/verdicts.h"

namespace meshmall::engine {

// One comparison of a metric with a margin or a limit: a rule is one or several of these, joined.
struct ReportQuestion {
  std::string metric, unit;  // "latency.p99", "ms"
  std::string statement;     // "increase(latency.p99) <= 5%"
  bool absolute = false;     // a limit on the candidate alone
  bool decrease = false, at_least = false, relative = false, strict = false;
  double bound = 0;          // margin (0.05 of the baseline where relative) or limit, in the unit
  Finding finding;
  QuestionVerdict verdict;
  std::string reason;        // of NO-DATA: why
  bool few_data = false;     // shown, but resting on too little to gate
  std::vector<std::optional<double>> baseline, candidate;  // by replication
};

enum class RuleSeverity : std::uint8_t { fail, warn, info };

// A rule of one scenario pair.
struct ReportRule {
  std::string id;      // stable within the report: "r1", "r2", ...
  std::string text;    // as written
  std::string source;  // "--fail-on", "gate file", "slo", "default"
  std::string scope;   // "mall", "part=a", as the model names its parts
  RuleSeverity severity = RuleSeverity::fail;
  RuleVerdict verdict;
  bool waived = false;
  std::string waived_until, waiver_reason;
  bool fails = false;  // with the command's settings it fails the gate
  std::vector<ReportQuestion> questions;
  std::vector<RuleNode> nodes;  // how they are joined; `question` is an index into `questions`
  std::uint32_t root = 0;
};

// A place where the two scenarios' files differ.
struct ReportDifference {
  std::string pointer;                           // RFC 6901
  std::optional<std::string> baseline, candidate;  // JSON; absent: it is not there
  std::uint32_t baseline_line = 0, candidate_line = 0;  // of the value, or of what it would stand in; 0: unknown
};

// A metric that moved, looked at for exploring: no rule asked for it.
struct ReportMove {
  std::string scope, metric, unit;
  double baseline = 0, candidate = 0;  // means over replications
  std::optional<double> ratio;         // candidate / baseline; absent where the baseline is 0
  double p = 1, q = 1;                 // q: Benjamini-Hochberg over all metrics looked at in this scenario
};

struct ReportCurve {  // quantiles of all replications' data together: latency of the whole mall
  std::vector<double> probability, baseline, candidate;
};

struct ReportSeries {  // averages over replications by time; NaN: no sample
  std::string name;    // "latency.p99"
  double interval = 1;  // seconds
  std::vector<double> baseline, candidate;
};

// Something that happens at a known time of a run; marked in plots over time.
struct ReportEvent {
  double at = 0;                // seconds from the start, warm-up included
  std::optional<double> until;  // absent: for good, or not known
  std::string text;
  bool baseline = true, candidate = true;  // the sides it happens on
  friend bool operator==(const ReportEvent&, const ReportEvent&) = default;
};

struct ReportSide {
  std::string input;    // as the call named it
  std::string name;     // of the scenario
  std::string file;     // where problems and annotations point; empty: none (a result folder)
  std::uint64_t seed = 1;
  std::vector<std::uint64_t> replications;
  std::vector<std::string> fingerprints;  // by replication
  double simulated = 0, warmup = 0;       // seconds
  bool warmup_found = false;              // by MSER-5 on pilots of the baseline
  std::uint64_t requests = 0;             // measured, all replications
};

enum class PairState : std::uint8_t { compared, added, deleted };

struct ReportScenario {
  std::string name;  // of the pair: path below the folder, variant and point, or the scenario's name
  PairState state = PairState::compared;
  bool paired = true;  // the same seeds and replications on both sides
  ReportSide baseline, candidate;
  std::vector<ReportRule> rules;
  std::vector<ReportDifference> differences;
  std::uint64_t differences_omitted = 0;
  bool differences_known = false;  // both scenarios' files were at hand
  std::vector<ReportMove> moves;   // q at most alpha, strongest first
  std::uint64_t metrics_looked_at = 0, moves_omitted = 0;
  ReportCurve latency;               // empty: not known
  std::vector<ReportSeries> series;  // empty: not known
  std::vector<ReportSeries> settling;  // some of them by Welch's moving averages: from where on they are level
  std::vector<ReportEvent> events;   // of the scenarios, by time
  std::vector<std::string> notes;    // warnings for the reader
};

enum class GateOutcome : std::uint8_t { passed, failed, inconclusive };

struct ComparisonReport {
  std::string version;  // of the program
  std::string baseline, candidate;  // as the call named them
  GateOutcome outcome = GateOutcome::passed;
  int exit_code = 0;
  bool informational = false;  // exit code 0 whatever the outcome
  GateMode mode = GateMode::alarm;
  double alpha = 0.01;
  std::uint32_t hypotheses = 0;  // in the Holm family of the command
  std::uint64_t replications = 0;
  std::string command;  // repeats it
  std::vector<ReportScenario> scenarios;
  std::vector<std::string> notes;

  // How many rules ended how, over all scenarios.
  struct Tally {
    std::uint64_t rules = 0, failing = 0, warned = 0, undecided = 0, no_data = 0, waived = 0, fine = 0;
  };
  Tally tally;
};

std::string_view name(GateOutcome outcome);    // "passed", ...
std::string_view name(RuleSeverity severity);  // "fail", ...
std::string_view name(PairState state);        // "compared", "new", "deleted"
std::string_view name(GateMode mode);          // "alarm", "prove"
std::string_view name(Scale scale);            // "log_ratio", "share", "difference", "value"

}  // namespace meshmall::engine
