// Values put into a document by JSON pointers (`--set`): found or made, never beside a value that is neither object nor list.
#pragma once

#include "models/scenario/decode_scenario.h"
#include "models/scenario/json_document.h"

namespace meshmall::models {

// Puts the override's value into `root`; what is wrong with it is noted in the document.
void applyOverride(JsonDocument& document, JsonValue& root, const Override& override);

// The same in two steps, for a value that goes into many documents. The value as a further source of the document; nothing: noted why not.
std::optional<JsonValue> parseOverride(JsonDocument& document, const Override& override);
// Puts `value` where the pointer leads; false: it leads nowhere, which is noted at `place` (true once it is done).
bool putValue(JsonDocument& document, JsonValue& root, const std::string& pointer, JsonValue value, JsonPlace place);

// The reference tokens of a pointer, "~1" and "~0" unescaped; nothing when it is not one (RFC 6901).
std::optional<std::vector<std::string>> pointerTokens(const std::string& pointer);

}  // namespace meshmall::models
