// RFC 7396: a merge patch. Members of the patch replace or join those of the target, null removes; anything but an object replaces the whole.
// Values keep the places they were written at, so that problems of a patched document show the patch's own lines.
#pragma once

#include "models/scenario/json_document.h"

namespace meshmall::models {

void mergePatch(JsonValue& target, const JsonValue& patch);

// Values in it, itself included.
std::size_t countValues(const JsonValue& value);

}  // namespace meshmall::models
