// The rules of a comparison: expressions (observation/expression.h) with where they come from, their margins as the call overrides them, and waivers.
// Checked against the names of the scenarios before anything runs: an unknown metric, scope or unit is a problem, never silence.
// `for service=*` and `for traffic=*` stand for all of them. Without rules of the user's the default ones hold: increase(latency.p50) <= 5%,
// increase(latency.p99) <= 5%, decrease(success.rate) <= 0.1pp, decrease(throughput) <= 2%.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/experiment/verdicts.h"
#include "engine/report/comparison_report.h"
#include "models/observation/expression.h"
#include "models/scenario/problems.h"

namespace meshmall::models {

struct GateRule {
  Expression expression;
  std::string source;  // "--fail-on", "gate file", "slo", "default"
  std::optional<std::string> waived_until;  // the waiver covers it today
  std::string waiver_reason;
};

struct GateWaiver {
  std::string rule, until, reason;  // until: "2027-01-31", that day included
};

struct MarginChange {  // --margin latency.p99=3%
  std::string metric, text;
};

// As in a gate file; what is absent is left to the call.
struct GateFile {
  std::vector<std::string> rules;
  std::vector<GateWaiver> waivers;
  std::vector<MarginChange> margins;
  std::optional<double> alpha;
  std::optional<engine::GateMode> mode;
  std::optional<std::uint64_t> replications;
  std::optional<bool> slo_point;
  std::optional<std::string> on_inconclusive, on_no_data;  // "pass", "warn", "fail"
};

// {"version": 1, "rules": [...], ...}; every problem at its place. `today`: "2026-11-22"; a waiver that ended before it, or that names no rule, is a problem.
std::optional<GateFile> readGateFile(std::string text, const std::string& name, const std::string& today, std::vector<Problem>& problems);

// One rule from its text. `at`: file or flag for the problem.
std::optional<GateRule> parseGateRule(const std::string& text, const std::string& source, const std::string& at, std::vector<Problem>& problems);
std::vector<GateRule> defaultRules();

// Puts the margin into every rule's increase() or decrease() of the metric; a metric without such a rule, or a margin that doesn't fit it, is a problem.
void changeMargin(std::vector<GateRule>& rules, const MarginChange& change, std::vector<Problem>& problems);

struct ScopeNames {  // of one scenario, or of several together
  std::vector<std::string> services, traffic;
};

// The scope's name is one of these (of either side); "*" is any.
std::optional<std::string> unknownScope(const Expression& expression, const ScopeNames& names);

// The rule for each scope it is about in a scenario: "mall", "service=bakery"; of "*" all names. Empty: the scenario has none of them.
std::vector<std::string> scopesOf(const Expression& expression, const ScopeNames& names);

// A comparison as text: "increase(latency.p99) <= 5%".
std::string textOf(const ExpressionNode& node);

}  // namespace meshmall::models
