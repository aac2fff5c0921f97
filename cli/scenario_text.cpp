#include "cli/scenario_text.h"

#include "models/scenario/decode_document.h"
#include "models/scenario/decode_scenario.h"
#include "models/scenario/json_document.h"
#include "models/topology/call_graph.h"

namespace meshmall::cli {
namespace {

// The graph's problems know pointers; the text, found sound a moment ago, says which line and column that is.
void addLocated(std::vector<models::Problem>& problems, const std::vector<models::Problem>& found, const std::string& text, const std::string& shown) {
  if (found.empty()) return;
  models::JsonDocument document;
  const auto root = document.parse(text, shown);
  if (!root) return;
  for (const models::Problem& problem : found)
    document.note(models::placeOf(*root, problem.pointer), problem.pointer, problem.message, problem.hint, problem.severity, problem.code);
  const std::vector<models::Problem> located = document.problems();
  problems.insert(problems.end(), located.begin(), located.end());
}

}  // namespace

TextScenario readScenarioText(const std::string& text, const std::string& shown, const std::string& folder, const ScenarioChoice& choice) {
  TextScenario made;
  std::vector<models::Override> overrides;
  for (const std::string& set : choice.sets)
    if (auto override = models::parseSetOption(set, made.problems)) overrides.push_back(std::move(*override));
  if (choice.seed) overrides.push_back(models::seedOverride(*choice.seed));
  if (choice.duration) overrides.push_back(models::durationOverride(*choice.duration));
  models::DecodeResult decoded = models::decodeScenario(text, shown, folder, overrides);
  made.problems.insert(made.problems.end(), decoded.problems.begin(), decoded.problems.end());
  if (decoded.scenario && !models::hasErrors(made.problems))
    addLocated(made.problems, models::graphProblems(*decoded.scenario, models::callGraph(*decoded.scenario), shown), text, shown);
  if (!models::hasErrors(made.problems)) made.scenario = std::move(decoded.scenario);
  return made;
}

}  // namespace meshmall::cli
