// A scenario from the call's file and options, with its problems printed: the same for every verb.
#pragma once

#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/options.h"
#include "engine/report/shell_word.h"
#include "models/scenario/scenario.h"
#include "models/topology/call_graph.h"

namespace meshmall::cli {

struct ScenarioInput {
  std::optional<models::Scenario> scenario;  // absent: it can't be run
  models::CallGraph graph;
  std::vector<models::Problem> problems;  // all, sorted
  ExitCode code = ExitCode::done;         // wrong_input or file_trouble without a scenario
};

// Decodes the file, applies the call's options, checks the call graph. Prints nothing.
ScenarioInput readScenario(const std::string& file, const ScenarioChoice& choice);

// Problems that know pointers only get the lines and columns of the file, which was read and found sound a moment ago.
std::vector<models::Problem> located(const std::vector<models::Problem>& problems, const std::string& file);

// One line each to stderr.
void sayProblems(const std::vector<models::Problem>& problems);

// The call's options as they would be typed again, with a space before each: for the line that repeats a run.
std::string asTyped(const ScenarioChoice& choice);

using engine::shellWord;

}  // namespace meshmall::cli
