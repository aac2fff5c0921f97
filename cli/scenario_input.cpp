#include "cli/scenario_input.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

#include "cli/terminal.h"
#include "models/scenario/decode_document.h"
#include "models/scenario/decode_scenario.h"
#include "models/scenario/json_document.h"

namespace meshmall::cli {

std::vector<models::Problem> located(const std::vector<models::Problem>& problems, const std::string& file) {
  if (problems.empty()) return problems;
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  models::JsonDocument document;
  const auto root = document.parse(text.str(), file);
  if (!root) return problems;
  for (const models::Problem& problem : problems)
    document.note(models::placeOf(*root, problem.pointer), problem.pointer, problem.message, problem.hint, problem.severity, problem.code);
  return document.problems();
}

ScenarioInput readScenario(const std::string& file, const ScenarioChoice& choice) {
  ScenarioInput input;
  std::vector<models::Override> overrides;
  for (const std::string& set : choice.sets)
    if (auto override = models::parseSetOption(set, input.problems)) overrides.push_back(std::move(*override));
  if (choice.seed) overrides.push_back(models::seedOverride(*choice.seed));
  if (choice.duration) overrides.push_back(models::durationOverride(*choice.duration));
  models::DecodeResult decoded = models::loadScenario(file, overrides);
  input.problems.insert(input.problems.end(), decoded.problems.begin(), decoded.problems.end());
  if (decoded.scenario && !models::hasErrors(input.problems)) {
    input.graph = models::callGraph(*decoded.scenario);
    const auto found = located(models::graphProblems(*decoded.scenario, input.graph, file), file);
    input.problems.insert(input.problems.end(), found.begin(), found.end());
  }
  if (!models::hasErrors(input.problems)) input.scenario = std::move(decoded.scenario);
  if (!input.scenario) input.code = decoded.unreadable ? ExitCode::file_trouble : ExitCode::wrong_input;
  return input;
}

void sayProblems(const std::vector<models::Problem>& problems) {
  for (const models::Problem& problem : problems) say(models::textOf(problem));
}

std::string asTyped(const ScenarioChoice& choice) {
  std::string text;
  for (const std::string& set : choice.sets) text += " --set " + shellWord(set);
  if (choice.duration) text += " --duration " + shellWord(*choice.duration);
  return text;
}

}  // namespace meshmall::cli
