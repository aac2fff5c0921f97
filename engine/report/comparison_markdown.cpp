#include "engine/report/comparison_markdown.h"

#include <algorithm>
#include <vector>

#include "engine/report/comparison_phrases.h"
#include "engine/report/escaping.h"

namespace meshmall::engine {
namespace {

constexpr std::size_t kLeastLimit = 16 * 1024;
constexpr std::size_t kScenariosExplained = 10, kMovesShown = 8, kDifferencesShown = 10, kLoneShown = 50, kNotesShown = 5;
constexpr std::size_t kRoomForCut = 200;  // for saying that rows were cut

const char* signOf(RuleState state) {
  switch (state) {
    case RuleState::failing:
      return "❌";
    case RuleState::broken_only:
      return "⚠️";
    case RuleState::no_data:
      return "❔";
    case RuleState::undecided:
      return "➖";
    case RuleState::waived:
      return "💤";
    case RuleState::fine:
      return "✅";
  }
  return "";
}

// Text that grows up to a limit; what is to come after it has its room kept.
class Page {
 public:
  Page(std::string start, std::size_t limit, std::size_t kept) : text_(std::move(start)), limit_(limit > kept ? limit - kept : 0) {}

  std::size_t room() const { return limit_ > text_.size() ? limit_ - text_.size() : 0; }
  // Whole or not at all.
  bool add(const std::string& block) {
    if (block.size() > room()) return false;
    text_ += block;
    return true;
  }
  // Rows between `start` and `end`, as many as fit into `share` bytes; says what was cut. Nothing where there are no rows.
  void addRows(const std::string& start, const std::vector<std::string>& rows, const std::string& end, const char* what, std::size_t share) {
    if (rows.empty()) return;
    const std::size_t most = std::min(share, room());
    std::size_t used = start.size() + end.size() + kRoomForCut, shown = 0;
    while (shown < rows.size() && used + rows[shown].size() <= most) used += rows[shown++].size();
    if (shown == 0 && used > most) return;
    text_ += start;
    for (std::size_t i = 0; i < shown; ++i) text_ += rows[i];
    if (shown < rows.size())
      text_ += "\n" + std::to_string(rows.size() - shown) + " more " + what + " of " + std::to_string(rows.size()) + " do not fit here; <code>comparison.json</code> holds all\n";
    text_ += end;
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::size_t limit_;
};

// Our own words: numbers, units, phrases, names of metrics. They start with no mark of a list.
std::string own(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<' || c == '>' || c == '&') {
      out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : "&amp;";
    } else if (c == '|' || c == '~' || c == '*' || c == '_') {
      out += "\\" + std::string(1, c);
    } else {
      out += c;
    }
  }
  return out;
}

class Markdown {
 public:
  explicit Markdown(const ComparisonReport& report) : report_(report), rules_(worstFirst(report)) {
    std::size_t compared = 0;
    for (const ReportScenario& s : report.scenarios) compared += s.state == PairState::compared ? 1 : 0;
    several_ = compared > 1;
  }

  std::string text(std::string start, std::size_t limit) const {
    limit = std::max(limit, kLeastLimit);
    const std::string method = methodText(limit / 4);
    Page page(start + headline(), limit, method.size());
    addConcerns(page);
    addLone(page);
    addWhy(page);
    addAll(page);
    return page.take() + method;
  }

 private:
  std::string headline() const {
    std::string title = headlineTitle(report_);
    const char* sign = report_.outcome == GateOutcome::passed ? "✅" : report_.outcome == GateOutcome::failed ? "❌" : "➖";
    std::string text = std::string("### ") + sign + " meshmall: " + title + "\n\n" + own(headlineDetail(report_)) + "\n\n";
    text += markdownCode(report_.baseline, 120) + " → " + markdownCode(report_.candidate, 120) + "\n";
    if (report_.informational) text += "\nInformational: the outcome does not fail the job\n";
    return text;
  }

  std::string tableHead() const {
    return std::string("\n| |") + (several_ ? " scenario |" : "") + " metric | baseline | candidate | change (" + levelText(report_) + " interval) | holds if | verdict | |\n|---|" +
           (several_ ? "---|" : "") + "---|--:|--:|--:|---|---|---|\n";
  }

  // One row a question.
  void addRule(std::vector<std::string>& rows, const PlacedRule& placed) const {
    const ReportRule& rule = *placed.rule;
    for (const ReportQuestion& q : rule.questions) {
      std::string row = std::string("| ") + signOf(stateOf(rule)) + " |";
      if (several_) row += " " + markdownCode(placed.scenario->name, 80) + " |";
      row += " " + markdownCode(scopeName(rule.scope), 80) + " " + own(q.metric) + " |";
      row += " " + (hasBaseline(q) ? own(estimateText(q.finding.baseline, q.unit)) : "") + " |";
      row += " " + (hasCandidate(q) ? own(estimateText(q.finding.candidate, q.unit)) : "") + " |";
      row += " " + own(changeText(q)) + " |";
      row += " " + markdownCode(q.statement) + " |";
      row += " **" + own(std::string(name(q.verdict.verdict))) + "** |";
      row += " " + markdownProse(noteText(rule, q), 600) + " |\n";
      rows.push_back(std::move(row));
    }
  }

  void addConcerns(Page& page) const {
    std::vector<std::string> rows;
    for (const PlacedRule& placed : rules_)
      if (stateOf(*placed.rule) != RuleState::fine) addRule(rows, placed);
    page.addRows(tableHead(), rows, "", "rows", page.room() / 10 * 7);
  }

  void addLone(Page& page) const {
    std::vector<std::string> rows;
    for (const ReportScenario& s : report_.scenarios) {
      if (s.state == PairState::compared || rows.size() >= kLoneShown) continue;
      rows.push_back("- " + markdownCode(s.name, 120) + (s.state == PairState::added ? " is new: nothing to compare it with\n" : " is deleted: only the baseline has it\n"));
    }
    page.addRows("\n", rows, "", "scenarios", page.room() / 2);
  }

  void addWhy(Page& page) const {
    std::vector<const ReportScenario*> scenarios;
    for (const PlacedRule& placed : rules_) {
      if (stateOf(*placed.rule) == RuleState::fine || std::find(scenarios.begin(), scenarios.end(), placed.scenario) != scenarios.end()) continue;
      if (scenarios.size() < kScenariosExplained) scenarios.push_back(placed.scenario);
    }
    for (const ReportScenario* s : scenarios) {
      const std::string of = several_ ? " " + markdownCode(s->name, 80) : "";
      page.addRows("\nWhat differs in the scenario" + of + ":\n", differences(*s), "", "places", page.room() / 3);
      page.addRows("\nWhat else moved" + of + " (exploratory, of " + std::to_string(s->metrics_looked_at) + " metrics looked at):\n", moves(*s), "", "metrics", page.room() / 3);
    }
  }

  static std::vector<std::string> differences(const ReportScenario& s) {
    std::vector<std::string> rows;
    const auto value = [](const std::optional<std::string>& v) { return v ? markdownCode(*v, 120) : std::string("(not there)"); };
    for (std::size_t i = 0; i < s.differences.size() && i < kDifferencesShown; ++i) {
      const ReportDifference& d = s.differences[i];
      rows.push_back("- " + markdownCode(d.pointer, 160) + ": " + value(d.baseline) + " → " + value(d.candidate) + "\n");
    }
    addMore(rows, s.differences.size() + s.differences_omitted, kDifferencesShown);
    return rows;
  }

  static std::vector<std::string> moves(const ReportScenario& s) {
    std::vector<std::string> rows;
    for (std::size_t i = 0; i < s.moves.size() && i < kMovesShown; ++i)
      rows.push_back("- " + markdownCode(s.moves[i].scope, 120) + " " + own(s.moves[i].metric) + " " + own(moveText(s.moves[i])) + "\n");
    addMore(rows, s.moves.size() + s.moves_omitted, kMovesShown);
    return rows;
  }

  static void addMore(std::vector<std::string>& rows, std::uint64_t all, std::size_t shown) {
    if (all > shown) rows.push_back("- and " + std::to_string(all - shown) + " more\n");
  }

  void addAll(Page& page) const {
    if (rules_.empty() || stateOf(*rules_.back().rule) != RuleState::fine) return;  // they stand above, all of them
    std::vector<std::string> rows;
    for (const PlacedRule& placed : rules_) addRule(rows, placed);
    const std::string count = std::to_string(rules_.size()) + (rules_.size() == 1 ? " rule" : " rules");
    page.addRows("\n<details><summary>All " + count + "</summary>\n" + tableHead(), rows, "\n</details>\n", "rows", page.room());
  }

  std::string methodText(std::size_t limit) const {
    std::string end = "\n" + own(methodSentence(report_)) + "\n\nmeshmall " + markdownCode(report_.version, 60);
    if (!report_.command.empty()) end += "; to repeat: " + markdownCode(report_.command, 300);
    end += "\n</details>\n";
    std::vector<std::string> rows;
    for (const ReportScenario& s : report_.scenarios) {
      if (s.state != PairState::compared) continue;
      rows.push_back("- " + (several_ ? markdownCode(s.name, 60) + ": " : std::string()) + own(designText(s)) + "\n");
      for (std::size_t i = 0; i < s.notes.size() && i < kNotesShown; ++i) rows.push_back("  - " + markdownProse(s.notes[i], 200) + "\n");
    }
    for (const std::string& note : report_.notes) rows.push_back("- " + markdownProse(note, 200) + "\n");
    Page page("\n<details><summary>Method</summary>\n", limit, end.size());
    page.addRows("\n", rows, "", "lines", page.room());
    return page.take() + end;
  }

  const ComparisonReport& report_;
  std::vector<PlacedRule> rules_;
  bool several_ = false;
};

}  // namespace

std::string comparisonMarkdown(const ComparisonReport& report, std::size_t limit) { return Markdown(report).text("", limit); }

std::string comparisonComment(const ComparisonReport& report) { return Markdown(report).text(commentMarker(report) + "\n", kCommentLimit); }

std::string commentMarker(const ComparisonReport& report) {
  std::string key = report.candidate;
  if (key.rfind("git:", 0) == 0) {
    const std::size_t path = key.find(':', 4);
    key = key.substr(path == std::string::npos ? 4 : path + 1);
  }
  if (key.size() > 100) key.resize(100);
  for (char& c : key) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '/';
    if (!plain) c = '_';
  }
  return "<!-- meshmall-compare:" + (key.empty() ? std::string("_") : key) + " -->";
}

}  // namespace meshmall::engine
