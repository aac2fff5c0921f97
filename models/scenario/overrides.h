// Values put into a document by JSON pointers (`--set`): found or made, never beside a value that is neither object nor list.
#pragma once

#include "models/scenario/decode_scenario.h"
#include "models/scenario/json_document.h"

namespace meshmall::models {

// Puts the override's value into `root`; what is wrong with it is noted in the document.
void applyOverride(JsonDocument& document, JsonValue& root, const Override& override);

}  // namespace meshmall::models
