// The words of a comparison's reports: a value with its unit, a change with its interval, why a rule stands where it stands, what the gate says. Every form
// (terminal, Markdown, HTML, JUnit, annotations) takes them from here, so that they all say the same. Plain text; where it can hold something from a file besides
// metric names and units, which are the model's own, it says so: a form escapes for itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/report/comparison_report.h"

namespace meshmall::engine {

std::string valueText(double value, const std::string& unit);                               // "183.2 ms", "99.979 %", "1,200"
std::string estimateText(const std::optional<Estimate>& estimate, const std::string& unit);  // "183.2 ms ±1 %": half of the interval as a share
std::string changeText(const ReportQuestion& question);                                     // "+11.8 % (+10.6 .. +13.1)"; "~" first where the interval holds 0
std::string pText(double p);                                                                // "p=0.02", "p=3e-12"
std::string moveText(const ReportMove& move);                                              // "6.15 -> 17.4  (+183 %)"
// Of a verdict: its p, whether by sign flips, how many replications would tell. Empty: nothing to add.
std::string remark(const ReportQuestion& question);
// Whether there is an estimate of both sides (of the candidate, for a limit) to show.
bool hasBaseline(const ReportQuestion& question);
bool hasCandidate(const ReportQuestion& question);

// Everything to be said beside a question's verdict: the remark, why there is no data, the waiver with its reason, that it does not gate, that it is part of a
// longer rule. Holds texts of files: escape it.
std::string noteText(const ReportRule& rule, const ReportQuestion& question);
// One line on a question, without its scope: "latency.p99 REGRESSED: +12.5 % (+11.8 .. +13.2), baseline 64.27 ms ±0.43 %, candidate 72.32 ms ±0.67 %, holds if
// increase(latency.p99) <= 5%, p=3e-18". Escape it, too.
std::string questionText(const ReportRule& rule, const ReportQuestion& question);

// Where a rule stands, worst first. Each rule is in one of these; the tally counts them.
enum class RuleState : std::uint8_t { failing, broken_only, no_data, undecided, waived, fine };
RuleState stateOf(const ReportRule& rule);
std::string_view name(RuleState state);  // "fails", "broken, does not gate", "no data", "inconclusive", "waived", "fine"

const ReportQuestion& decisive(const ReportRule& rule);  // the question whose verdict is the rule's

struct PlacedRule {
  const ReportScenario* scenario = nullptr;
  const ReportRule* rule = nullptr;
};
// All rules, worst first; equals in the order of the report.
std::vector<PlacedRule> worstFirst(const ComparisonReport& report);

// "GATE FAILED" and "1 of 4 rules fails, 2 inconclusive (chance ...)".
std::string headlineTitle(const ComparisonReport& report);
std::string headlineDetail(const ComparisonReport& report);
// "20 paired replications (common random numbers), seed 1, 20 s measured, warm-up 2 s (MSER-5), 958,619 requests".
std::string designText(const ReportScenario& scenario);
// How the verdicts came about, in two or three sentences: the tests, the family, the guarantee.
std::string methodSentence(const ComparisonReport& report);
// "99 %": the level of the intervals shown.
std::string levelText(const ComparisonReport& report);
std::string percentText(double share);  // 0.01 -> "1 %"

// The replications whose values a rule's questions hold, in their order: those of both sides when paired. For `candidate` or the baseline.
std::vector<std::uint64_t> replicationsOf(const ReportScenario& scenario, bool candidate);

// "bakery" of the scope "service=bakery".
std::string_view scopeName(std::string_view scope);

}  // namespace meshmall::engine
