// What the mesh decided, and when, as JSON: the member "decisions" of a result, and a file of its own.
#pragma once

#include <string>

#include "models/observation/json_writer.h"
#include "models/observation/result.h"

namespace meshmall::models {

// The member "decisions" of an open object.
void writeDecisions(JsonWriter& w, const Result& result);

// decisions.json: the same entries, with the scenario's name, the seed and how many were left out.
std::string decisionsJson(const Result& result);

}  // namespace meshmall::models
