#include "engine/report/comparison_phrases.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>

#include "engine/report/number_text.h"

namespace meshmall::engine {
namespace {

std::string signedPlain(double value, int digits) { return (value >= 0 ? "+" : "") + plain(value, digits); }

struct ChangeScale {
  double factor = 1;
  std::string unit;
};

ChangeScale scaleOf(const ReportQuestion& q) {
  if (q.relative) return {100, " %"};
  if (q.unit == "ratio") return {100, " pp"};
  if (q.unit == "ms") return {1, " ms"};
  return {1, q.unit == "/s" ? "/s" : ""};
}

std::string joinedBy(const std::string& text, const std::string& more) { return text.empty() ? more : text + ", " + more; }

}  // namespace

std::string valueText(double value, const std::string& unit) {
  if (unit == "ms") return millisecondsText(value, 4);
  if (unit == "ratio") return std::abs(value) >= 0.9995 && std::abs(value) <= 1 ? percent(value) : plain(value * 100, 4) + " %";
  if (unit == "/s") return plain(value, 4) + "/s";
  return amount(value);
}

std::string estimateText(const std::optional<Estimate>& e, const std::string& unit) {
  if (!e) return "";
  std::string text = valueText(e->value, unit);
  if (!e->interval || e->value == 0) return text;
  if (unit == "ratio") return text + " ±" + plain((e->interval->high - e->interval->low) / 2 * 100, 2) + " pp";
  const double half = (e->interval->high - e->interval->low) / 2 / std::abs(e->value) * 100;
  return text + " ±" + (half < 9.5 ? plain(half, half < 0.095 ? 1 : 2) : plain(half, 2)) + " %";
}

std::string changeText(const ReportQuestion& q) {
  const Finding& f = q.finding;
  if (q.absolute) return "";
  if (f.identical) return "0";
  if (f.test.empty()) return "";
  if (std::isinf(f.change.value)) return "from 0";
  const ChangeScale scale = scaleOf(q);
  const bool sure = f.change.interval && (f.change.interval->low > 0 || f.change.interval->high < 0);
  std::string text = sure ? signedPlain(f.change.value * scale.factor, 3) + scale.unit : "~";
  if (f.change.interval) text += " (" + signedPlain(f.change.interval->low * scale.factor, 3) + " .. " + signedPlain(f.change.interval->high * scale.factor, 3) + (sure ? "" : scale.unit) + ")";
  return text;
}

std::string moveText(const ReportMove& m) {
  const std::string text = valueText(m.baseline, m.unit) + " -> " + valueText(m.candidate, m.unit);
  return m.ratio ? text + "  (" + signedPlain((*m.ratio - 1) * 100, 3) + " %)" : text;
}

std::string pText(double p) {
  if (p < 1e-300) return "p=0";
  if (p >= 0.001) return "p=" + plain(p, 2);
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, p, std::chars_format::scientific, 0);  // 9.9e-6 is 1e-05
  const std::string digits(text, end.ptr);
  return "p=" + digits.substr(0, 2) + "-" + digits.substr(digits.find_first_not_of("-0", 2));
}

std::string remark(const ReportQuestion& q) {
  const Finding& f = q.finding;
  if (q.verdict.verdict == Verdict::no_data || f.identical) return "";
  std::string text;
  if (f.test == "exact") {
    text = "exact";
  } else if (q.verdict.broken || q.verdict.verdict == Verdict::improved) {
    text = pText(q.verdict.broken ? q.verdict.p_adjusted : f.p_improved);
  }
  if (f.test.rfind("sign", 0) == 0) text = joinedBy(text, "by sign flips");
  if (!q.verdict.broken && !q.verdict.held && f.test != "exact") {
    const auto needed = q.verdict.replications_needed;
    text = joinedBy(text, needed ? "about " + count(static_cast<double>(*needed)) + " replications would tell" : "too close to the bound to tell");
  }
  return text;
}

std::string noteText(const ReportRule& rule, const ReportQuestion& q) {
  std::string text = remark(q);
  if (q.verdict.verdict == Verdict::no_data && !q.reason.empty()) text = joinedBy(text, q.reason);
  if (rule.waived) text = joinedBy(text, "waived until " + rule.waived_until + (rule.waiver_reason.empty() ? "" : ": " + rule.waiver_reason));
  if (rule.severity != RuleSeverity::fail) text = joinedBy(text, std::string(name(rule.severity)) + " only");
  if (rule.questions.size() > 1) text = joinedBy(text, "part of " + rule.id);
  return text;
}

std::string questionText(const ReportRule& rule, const ReportQuestion& q) {
  std::string text = q.metric + " " + std::string(name(q.verdict.verdict)) + ":";
  const auto add = [&text](const std::string& more) { text += (text.back() == ':' ? " " : ", ") + more; };
  if (const std::string change = changeText(q); !change.empty()) add(change);
  if (hasBaseline(q)) add("baseline " + estimateText(q.finding.baseline, q.unit));
  if (hasCandidate(q)) add("candidate " + estimateText(q.finding.candidate, q.unit));
  add("holds if " + q.statement);
  if (const std::string note = noteText(rule, q); !note.empty()) add(note);
  return text;
}

bool hasCandidate(const ReportQuestion& q) {
  const bool none = q.finding.test.empty() && !q.finding.identical;
  return !none && !(q.finding.identical && !q.finding.baseline);
}

bool hasBaseline(const ReportQuestion& q) { return !q.absolute && hasCandidate(q) && q.finding.baseline.has_value(); }

RuleState stateOf(const ReportRule& rule) {
  if (rule.fails) return RuleState::failing;
  const RuleVerdict& v = rule.verdict;
  if (rule.waived && (v.broken || v.no_data || !v.held)) return RuleState::waived;
  if (v.broken) return RuleState::broken_only;
  if (v.no_data) return RuleState::no_data;
  return v.held ? RuleState::fine : RuleState::undecided;
}

std::string_view name(RuleState state) {
  return std::array<std::string_view, 6>{"fails", "broken, does not gate", "no data", "inconclusive", "waived", "fine"}[static_cast<std::size_t>(state)];
}

const ReportQuestion& decisive(const ReportRule& rule) { return rule.questions[std::min<std::size_t>(rule.verdict.decisive, rule.questions.size() - 1)]; }

std::vector<PlacedRule> worstFirst(const ComparisonReport& report) {
  std::vector<PlacedRule> rules;
  for (const ReportScenario& scenario : report.scenarios)
    for (const ReportRule& rule : scenario.rules) rules.push_back({&scenario, &rule});
  std::stable_sort(rules.begin(), rules.end(), [](const PlacedRule& a, const PlacedRule& b) { return stateOf(*a.rule) < stateOf(*b.rule); });
  return rules;
}

std::string headlineTitle(const ComparisonReport& report) {
  if (report.outcome == GateOutcome::failed) return "GATE FAILED";
  return report.outcome == GateOutcome::inconclusive ? "GATE INCONCLUSIVE" : "GATE PASSED";
}

std::string headlineDetail(const ComparisonReport& report) {
  const auto& t = report.tally;
  const std::string of = std::to_string(t.rules) + (t.rules == 1 ? " rule" : " rules");
  std::string out;
  if (report.outcome == GateOutcome::failed) {
    out = std::to_string(t.failing) + " of " + of + " fail" + (t.failing == 1 ? "s" : "");
  } else if (report.outcome == GateOutcome::inconclusive) {
    out = std::to_string(t.undecided) + " of " + of + " could not be told";
  } else {
    out = std::to_string(t.fine) + " of " + of + " fine";
  }
  const auto also = [&](std::uint64_t n, const char* what) {
    if (n > 0) out += ", " + std::to_string(n) + " " + what;
  };
  if (report.outcome != GateOutcome::inconclusive) also(t.undecided, "inconclusive");
  also(t.no_data, "without enough data");
  also(t.warned, "broken without gating");
  also(t.waived, "waived");
  if (report.mode == GateMode::prove) {
    out += " (chance to pass a rule that is broken at most " + percentText(report.alpha) + " each)";
  } else if (report.hypotheses > 0) {  // else nothing was left to chance
    out += " (chance of a false alarm" + (report.hypotheses == 1 ? "" : " in all " + std::to_string(report.hypotheses) + " together") + " at most " + percentText(report.alpha) + ")";
  }
  if (report.informational && report.outcome != GateOutcome::passed) out += "; informational: exit 0";
  return out;
}

std::string designText(const ReportScenario& pair) {
  const std::size_t before = replicationsOf(pair, false).size(), after = replicationsOf(pair, true).size();
  std::string out = std::to_string(after) + (after == 1 ? " paired replication" : " paired replications") + " (common random numbers)";
  if (!pair.paired) out = (before == after ? std::to_string(after) + " replications a side" : std::to_string(before) + " and " + std::to_string(after) + " replications") + ", independent seeds";
  out += ", seed " + std::to_string(pair.baseline.seed) + (pair.baseline.seed == pair.candidate.seed ? "" : " and " + std::to_string(pair.candidate.seed)) + ", " + secondsText(pair.candidate.simulated) + " measured";
  if (pair.candidate.warmup > 0) out += ", warm-up " + secondsText(pair.candidate.warmup) + (pair.candidate.warmup_found ? " (MSER-5)" : "");
  if (pair.candidate.requests > 0) out += ", " + count(static_cast<double>(pair.candidate.requests)) + " requests";
  return out;
}

std::string methodSentence(const ComparisonReport& report) {
  bool paired = true;
  for (const ReportScenario& s : report.scenarios) paired = paired && s.paired;
  std::string text = paired ? "Replication r of both sides has the same random numbers. A change is tested on the pairs' differences by Student's t (of logarithms, for a share), or by sign flips "
                              "where the differences do not look normal."
                            : "Where the sides have different random numbers, a change is tested by Welch's t; where they have the same, on the pairs' differences by Student's t or sign flips.";
  text += " Limits are tested on the candidate alone.";
  if (report.mode == GateMode::alarm) {
    text += " All gating rules of the command are one family (Holm): if no metric is truly worse than its margin, the probability of one or more false alarms is at most " +
            percentText(report.alpha) + ". A rule fails when it is shown not to hold; a regression can be missed.";
  } else {
    text += " A rule fails unless it is shown to hold: a rule that is broken passes with a probability of at most " + percentText(report.alpha) +
            " each; a harmless change can fail.";
  }
  return text;
}

std::string levelText(const ComparisonReport& report) {
  for (const ReportScenario& scenario : report.scenarios)
    for (const ReportRule& rule : scenario.rules)
      for (const ReportQuestion& q : rule.questions)
        if (!q.finding.test.empty()) return percentText(q.finding.level);
  return percentText(1 - report.alpha);
}

std::string percentText(double share) { return trimmed(share * 100) + " %"; }

std::vector<std::uint64_t> replicationsOf(const ReportScenario& scenario, bool candidate) {
  const std::vector<std::uint64_t>&b = scenario.baseline.replications, &c = scenario.candidate.replications;
  if (!scenario.paired) return candidate ? c : b;
  std::vector<std::uint64_t> both;
  std::set_intersection(b.begin(), b.end(), c.begin(), c.end(), std::back_inserter(both));
  return both;
}

std::string_view scopeName(std::string_view scope) {
  const std::size_t equals = scope.find('=');
  return equals == std::string_view::npos ? scope : scope.substr(equals + 1);
}

}  // namespace meshmall::engine
