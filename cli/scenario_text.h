// A scenario from a text that is at hand (of a folder, of a git revision), with the call's changes and all problems at their places.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"
#include "models/scenario/problems.h"
#include "models/scenario/scenario.h"

namespace meshmall::cli {

struct TextScenario {
  std::optional<models::Scenario> scenario;  // absent: it can't be run
  std::vector<models::Problem> problems;
};

// `shown`: what problems call it. Files it names are looked up in `folder`. Prints nothing.
TextScenario readScenarioText(const std::string& text, const std::string& shown, const std::string& folder, const ScenarioChoice& choice);

}  // namespace meshmall::cli
