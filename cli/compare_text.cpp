#include "cli/compare_text.h"

#include <algorithm>

#include "cli/text_table.h"
#include "engine/report/comparison_phrases.h"
#include "models/scenario/problems.h"

namespace meshmall::cli {
namespace {

using engine::ReportQuestion;
using engine::ReportRule;
using engine::ReportScenario;
using engine::Verdict;

constexpr std::size_t kMovesShown = 8, kDifferencesShown = 10;

std::string shown(const std::string& text, std::size_t limit = 80) { return models::printable(text, limit); }

const std::string& colourOf(const ReportRule& rule, const Palette& look) {
  if (rule.fails) return look.bad;
  if (rule.verdict.broken || rule.verdict.no_data) return look.warn;
  if (rule.verdict.verdict == Verdict::improved) return look.good;
  return look.plain;
}

std::string scopeText(const std::string& scope) { return shown(std::string(engine::scopeName(scope)), 40); }

void addRules(std::string& out, const ReportScenario& pair, const std::string& level, const Palette& look) {
  if (pair.rules.empty()) {
    out += "  no rule is about this scenario\n";
    return;
  }
  TextTable table({"", "baseline", "candidate", "change (" + level + " interval)", "holds if", "verdict", ""});
  table.alignLeft(5);
  table.alignLeft(6);
  std::vector<std::string> colours;
  for (const ReportRule& rule : pair.rules) {
    for (const ReportQuestion& q : rule.questions) {
      std::string verdict(engine::name(q.verdict.verdict));
      std::string more = engine::remark(q);
      if (rule.waived) more += std::string(more.empty() ? "" : ", ") + "waived until " + rule.waived_until;
      if (rule.severity != engine::RuleSeverity::fail) more += std::string(more.empty() ? "" : ", ") + std::string(engine::name(rule.severity)) + " only";
      if (rule.questions.size() > 1) more += std::string(more.empty() ? "" : ", ") + "part of " + rule.id;
      table.add({scopeText(rule.scope) + " " + q.metric, engine::hasBaseline(q) ? engine::estimateText(q.finding.baseline, q.unit) : "",
                 engine::hasCandidate(q) ? engine::estimateText(q.finding.candidate, q.unit) : "", engine::changeText(q), q.statement, verdict, more});
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
      out += "    " + shown(m.scope) + " " + m.metric + "  " + engine::moveText(m) + "\n";
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

void addPair(std::string& out, const ReportScenario& pair, const std::string& level, const Palette& look) {
  if (pair.state != engine::PairState::compared) {
    const bool fresh = pair.state == engine::PairState::added;
    out += look.bold + shown(pair.name) + look.plain + "  " + (fresh ? "new: nothing to compare it with" : "deleted: only the baseline has it") + "\n\n";
    return;
  }
  out += look.bold + shown(pair.name) + look.plain + "   " + shown(pair.baseline.input, 60) + " vs " + shown(pair.candidate.input, 60) + "\n";
  out += look.dim + "  " + engine::designText(pair) + look.plain + "\n";
  addRules(out, pair, level, look);
  addWhy(out, pair, look);
  for (const std::string& note : pair.notes) out += "  note: " + shown(note, 300) + "\n";
  out += "\n";
}

}  // namespace

std::string comparisonText(const engine::ComparisonReport& report, const Palette& look) {
  std::string out;
  const std::string level = engine::levelText(report);
  for (const ReportScenario& pair : report.scenarios) addPair(out, pair, level, look);
  for (const std::string& note : report.notes) out += "note: " + shown(note, 300) + "\n";
  const std::string& colour = report.outcome == engine::GateOutcome::passed ? look.good : report.outcome == engine::GateOutcome::failed ? look.bad : look.warn;
  return out + colour + engine::headlineTitle(report) + look.plain + ": " + engine::headlineDetail(report) + "\n";
}

}  // namespace meshmall::cli
