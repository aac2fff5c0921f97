// decisions.json: what the mesh decided, and when, as a file of its own: the same entries as in a result.
#pragma once

#include <string>

#include "models/observation/result.h"

namespace meshmall::cli {

std::string decisionsJson(const models::Result& result);

}  // namespace meshmall::cli
