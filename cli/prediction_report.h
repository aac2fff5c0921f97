// What `check` says of a sound scenario: the prediction as text and as JSON, and the warnings that `run` gives before it runs an overloaded one.
#pragma once

#include <string>
#include <vector>

#include "cli/terminal.h"
#include "models/scenario/problems.h"
#include "models/topology/prediction.h"

namespace meshmall::cli {

std::string predictionText(const models::Scenario& scenario, const models::Prediction& prediction, const Palette& palette);

// Sentences, most severe first; none when nothing is overloaded.
std::vector<std::string> overloadWarnings(const models::Scenario& scenario, const models::Prediction& prediction);

struct CheckedFile {
  std::string file;
  std::vector<models::Problem> problems;
  const models::Scenario* scenario = nullptr;      // nullptr: it is not sound
  const models::Prediction* prediction = nullptr;  // with a scenario
};
std::string checksJson(const std::vector<CheckedFile>& files);

}  // namespace meshmall::cli
