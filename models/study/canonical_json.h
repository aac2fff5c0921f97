// One text for one value: JSON without blanks, members in byte order. For fingerprints, and for showing a swept value.
#pragma once

#include <string>

#include "models/scenario/json_document.h"

namespace meshmall::models {

std::string canonicalJson(const JsonValue& value);

}  // namespace meshmall::models
