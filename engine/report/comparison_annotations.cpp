#include "engine/report/comparison_annotations.h"

#include <algorithm>

#include "engine/report/comparison_phrases.h"
#include "engine/report/escaping.h"

namespace meshmall::engine {
namespace {

constexpr std::size_t kMostOfALevel = 10;

// "file=scenarios/a.json,line=14," or nothing.
std::string placeOf(const ReportScenario& scenario) {
  if (scenario.candidate.file.empty()) return "";
  std::string place = "file=" + annotationProperty(scenario.candidate.file, kNoLimit) + ",";
  const auto line = std::find_if(scenario.differences.begin(), scenario.differences.end(), [](const ReportDifference& d) { return d.candidate_line > 0; });
  if (line != scenario.differences.end()) place += "line=" + std::to_string(line->candidate_line) + ",";
  return place;
}

std::string commandFor(const char* level, const PlacedRule& placed) {
  const ReportRule& rule = *placed.rule;
  const ReportQuestion& q = decisive(rule);
  return std::string("::") + level + " " + placeOf(*placed.scenario) + "title=" + annotationProperty("meshmall: " + q.metric + " " + std::string(name(q.verdict.verdict))) +
         "::" + annotationMessage(placed.scenario->name, 120) + " " + annotationMessage(scopeName(rule.scope), 120) + " " + annotationMessage(questionText(rule, q)) + "\n";
}

}  // namespace

std::string comparisonAnnotations(const ComparisonReport& report) {
  std::string errors, warnings;
  std::size_t n_errors = 0, n_warnings = 0;
  for (const PlacedRule& placed : worstFirst(report)) {
    const RuleState state = stateOf(*placed.rule);
    if (state == RuleState::fine || placed.rule->questions.empty()) continue;
    if (state == RuleState::failing && !report.informational) {
      if (++n_errors <= kMostOfALevel) errors += commandFor("error", placed);
    } else {
      if (++n_warnings <= kMostOfALevel) warnings += commandFor("warning", placed);
    }
  }
  return errors + warnings + "::notice title=meshmall::" + annotationMessage(headlineTitle(report) + ": " + headlineDetail(report)) + "\n";
}

}  // namespace meshmall::engine
