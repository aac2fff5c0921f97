// Decoding of scenarios that are parts of a larger document: a study's variants, put together from several files. For one file see decode_scenario.h.
#pragma once

#include <optional>
#include <string>

#include "models/scenario/json_document.h"
#include "models/scenario/scenario.h"

namespace meshmall::models {

// The scenario that `root` says; what is wrong is noted in the document. Nothing when the document has an error, of this scenario or an earlier one.
std::optional<Scenario> decodeScenarioValue(JsonDocument& document, const JsonValue& root, const std::string& folder);

// Where the pointer leads in the tree, or the nearest place above it.
JsonPlace placeOf(const JsonValue& root, const std::string& pointer);

}  // namespace meshmall::models
