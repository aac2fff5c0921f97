#include "cli/compare_text.h"

#include <algorithm>
#include <cmath>

#include "cli/number_text.h"
#include "cli/text_table.h"
#include "models/scenario/problems.h"

namespace meshmall::cli {
namespace {

using engine::Finding;
using engine::ReportQuestion;
using engine::ReportRule;
using engine::ReportScenario;
using engine::Verdict;

constexpr std::size_t kMovesShown = 8, kDifferencesShown = 10;

std::string shown(const std::string& text, std::size_t limit = 80) { return models::printable(text, limit); }

std::string valueText(double value, const std::string& unit) {
  if (unit == "ms") return milliseconds(value, 4);
  if (unit == "ratio") return std::abs(value) >= 0.9995 && std::abs(value) <= 1 ? percent(value) : plain(value * 100, 4) + " %";
  if (unit == "/s") return plain(value, 4) + "/s";
  return amount(value);
}

// "183.2 ms ±1 %": half of the interval as a share of the value, or nothing where there is none.
std::string estimateText(const std::optional<engine::Estimate>& e, const std::string& unit) {
  if (!e) return "";
  std::string text = valueText(e->value, unit);
  if (!e->interval || e->value == 0) return text;
  const double half = (e->interval->high - e->interval->low) / 2 / std::abs(e->value) * 100;
  return text + " ±" + (half < 9.5 ? plain(half, half < 0.095 ? 1 : 2) : plain(half, 2)) + " %";
}

std::string signedPlain(double value, int digits) { return (value >= 0 ? "+" : "") + plain(value, digits); }

struct ChangeText {
  double factor = 1;
  std::string unit;
};

ChangeText scaleOf(const ReportQuestion& q) {
  if (q.relative) return {100, " %"};
  if (q.unit == "ratio") return {100, " pp"};
  if (q.unit == "ms") return {1, " ms"};
  return {1, q.unit == "/s" ? "/s" : ""};
}

std::string changeText(const ReportQuestion& q) {
  const Finding& f = q.finding;
  if (q.absolute || f.test.empty()) return "";
  if (f.identical) return "0";
  if (std::isinf(f.change.value)) return "from 0";
  const ChangeText scale = scaleOf(q);
  const bool sure = f.change.interval && (f.change.interval->low > 0 || f.change.interval->high < 0);
  std::string text = sure ? signedPlain(f.change.value * scale.factor, 3) + scale.unit : "~";
  if (f.change.interval) text += " (" + signedPlain(f.change.interval->low * scale.factor, 3) + " .. " + signedPlain(f.change.interval->high * scale.factor, 3) + ")";
  return text;
}

std::string pText(double p) {
  if (p < 1e-300) return "p=0";
  if (p >= 0.001) return "p=" + plain(p, 2);
  const int exponent = static_cast<int>(std::floor(std::log10(p)));
  return "p=" + plain(p / std::pow(10.0, exponent), 1) + "e" + std::to_string(exponent);
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
  if (f.test.rfind("sign", 0) == 0) text += std::string(text.empty() ? "" : ", ") + "by sign flips";
  if (!q.verdict.broken && !q.verdict.held && f.test != "exact") {
    const auto needed = q.verdict.replications_needed;
    text += std::string(text.empty() ? "" : ", ") + (needed ? "about " + count(static_cast<double>(*needed)) + " replications would tell" : "too close to the bound to tell");
  }
  return text;
}

const std::string& colourOf(const ReportRule& rule, const Palette& look) {
  if (rule.fails) return look.bad;
  if (rule.verdict.broken || rule.verdict.no_data) return look.warn;
  if (rule.verdict.verdict == Verdict::improved) return look.good;
  return look.plain;
}

std::string scopeText(const std::string& scope) { return shown(scope == "mall" ? "mall" : scope.substr(scope.find('=') + 1), 40); }

void addRules(std::string& out, const ReportScenario& pair, const Palette& look) {
  if (pair.rules.empty()) {
    out += "  no rule is about this scenario\n";
    return;
  }
  double level = 0.99;
  for (const ReportRule& rule : pair.rules)
    for (const ReportQuestion& q : rule.questions)
      if (!q.finding.test.empty()) level = q.finding.level;
  TextTable table({"", "baseline", "candidate", "change (" + trimmed(level * 100) + " % interval)", "holds if", "verdict", ""});
  table.alignLeft(5);
  table.alignLeft(6);
  std::vector<std::string> colours;
  for (const ReportRule& rule : pair.rules) {
    for (const ReportQuestion& q : rule.questions) {
      std::string verdict(engine::name(q.verdict.verdict));
      std::string more = remark(q);
      if (rule.waived) more += std::string(more.empty() ? "" : ", ") + "waived until " + rule.waived_until;
      if (rule.severity != engine::RuleSeverity::fail) more += std::string(more.empty() ? "" : ", ") + std::string(engine::name(rule.severity)) + " only";
      if (rule.questions.size() > 1) more += std::string(more.empty() ? "" : ", ") + "part of " + rule.id;
      const bool none = q.finding.test.empty() && !q.finding.identical;
      const bool blank = none || (q.finding.identical && !q.finding.baseline);
      table.add({scopeText(rule.scope) + " " + q.metric, q.absolute || blank ? "" : estimateText(q.finding.baseline, q.unit),
                 blank ? "" : estimateText(q.finding.candidate, q.unit), changeText(q), q.statement, verdict, more});
      colours.push_back(colourOf(rule, look));
    }
  }
  const std::string text = table.text(2, look.dim, look.plain);
  std::size_t row = 0, begin = 0;
  while (begin < text.size()) {
    const std::size_t end = text.find('\n', begin);
    const std::string line = text.substr(begin, end - begin);
    out += row == 0 || colours[row - 1].empty() ? line : colours[row - 1] + line + look.plain;
    out += "\n";
    begin = end + 1;
    ++row;
  }
  for (const ReportRule& rule : pair.rules) {
    if (rule.questions.size() > 1)
      out += "  " + rule.id + ": " + shown(rule.text, 200) + ": " + (rule.verdict.broken ? "does not hold" : rule.verdict.held ? "holds" : "not shown either way") + "\n";
    for (const ReportQuestion& q : rule.questions)
      if (q.verdict.verdict == Verdict::no_data) out += "  " + scopeText(rule.scope) + " " + q.metric + ": " + shown(q.reason, 300) + "\n";
  }
}

void addWhy(std::string& out, const ReportScenario& pair, const Palette& look) {
  if (!pair.moves.empty()) {
    out += look.dim + "  what else moved (exploratory, q <= alpha of " + std::to_string(pair.metrics_looked_at) + " metrics):" + look.plain + "\n";
    for (std::size_t i = 0; i < pair.moves.size() && i < kMovesShown; ++i) {
      const engine::ReportMove& m = pair.moves[i];
      out += "    " + shown(m.scope) + " " + m.metric + "  " + valueText(m.baseline, m.unit) + " -> " + valueText(m.candidate, m.unit);
      if (m.ratio) out += "  (" + signedPlain((*m.ratio - 1) * 100, 3) + " %)";
      out += "\n";
    }
    const std::uint64_t more = pair.moves.size() + pair.moves_omitted - std::min<std::size_t>(pair.moves.size(), kMovesShown);
    if (more > 0) out += "    and " + std::to_string(more) + " more\n";
  }
  if (!pair.differences.empty()) {
    out += look.dim + "  what differs in the scenario:" + look.plain + "\n";
    for (std::size_t i = 0; i < pair.differences.size() && i < kDifferencesShown; ++i) {
      const engine::ReportDifference& d = pair.differences[i];
      out += "    " + shown(d.pointer, 120) + ": " + (d.baseline ? shown(*d.baseline) : "(not there)") + " -> " + (d.candidate ? shown(*d.candidate) : "(not there)") + "\n";
    }
    const std::uint64_t more = pair.differences.size() + pair.differences_omitted - std::min<std::size_t>(pair.differences.size(), kDifferencesShown);
    if (more > 0) out += "    and " + std::to_string(more) + " more\n";
  } else if (pair.differences_known) {
    out += look.dim + "  the two scenarios are the same\n" + look.plain;
  }
}

void addPair(std::string& out, const ReportScenario& pair, const Palette& look) {
  if (pair.state != engine::PairState::compared) {
    const bool fresh = pair.state == engine::PairState::added;
    out += look.bold + shown(pair.name) + look.plain + "  " + (fresh ? "new: nothing to compare it with" : "deleted: only the baseline has it") + "\n\n";
    return;
  }
  out += look.bold + shown(pair.name) + look.plain + "   " + shown(pair.baseline.input, 60) + " vs " + shown(pair.candidate.input, 60) + "\n";
  out += look.dim + "  " + std::to_string(pair.candidate.replications.size()) + (pair.paired ? " paired replications (same customers)" : " replications a side, independent seeds") +
         ", seed " + std::to_string(pair.baseline.seed) + ", " + seconds(pair.candidate.simulated) + " measured";
  if (pair.candidate.warmup > 0) out += ", warm-up " + seconds(pair.candidate.warmup) + (pair.candidate.warmup_found ? " (MSER-5)" : "");
  if (pair.candidate.requests > 0) out += ", " + count(static_cast<double>(pair.candidate.requests)) + " requests";
  out += look.plain + "\n";
  addRules(out, pair, look);
  addWhy(out, pair, look);
  for (const std::string& note : pair.notes) out += "  note: " + shown(note, 300) + "\n";
  out += "\n";
}

}  // namespace

std::string comparisonText(const engine::ComparisonReport& report, const Palette& look) {
  std::string out;
  for (const ReportScenario& pair : report.scenarios) addPair(out, pair, look);
  for (const std::string& note : report.notes) out += "note: " + shown(note, 300) + "\n";
  const auto& t = report.tally;
  const std::string alpha = trimmed(report.alpha * 100) + " %";
  const std::string of = std::to_string(t.rules) + (t.rules == 1 ? " rule" : " rules");
  if (report.outcome == engine::GateOutcome::failed) {
    out += look.bad + "GATE FAILED" + look.plain + ": " + std::to_string(t.failing) + " of " + of + " fail" + (t.failing == 1 ? "s" : "");
  } else if (report.outcome == engine::GateOutcome::inconclusive) {
    out += look.warn + "GATE INCONCLUSIVE" + look.plain + ": " + std::to_string(t.undecided) + " of " + of + " could not be told";
  } else {
    out += look.good + "GATE PASSED" + look.plain + ": " + std::to_string(t.fine) + " of " + of + " fine";
  }
  const auto also = [&](std::uint64_t n, const char* what) {
    if (n > 0) out += ", " + std::to_string(n) + " " + what;
  };
  if (report.outcome != engine::GateOutcome::inconclusive) also(t.undecided, "inconclusive");
  also(t.no_data, "without enough data");
  also(t.warned, "broken without gating");
  also(t.waived, "waived");
  out += report.mode == engine::GateMode::alarm ? " (chance of a false alarm in all " + std::to_string(report.hypotheses) + " together at most " + alpha + ")"
                                                : " (chance to pass a rule that is broken at most " + alpha + " each)";
  if (report.informational && report.outcome != engine::GateOutcome::passed) out += "; informational: exit 0";
  return out + "\n";
}

}  // namespace meshmall::cli
