// A document as JSON text that people read: every object or list on one line that has room there, else one member a line.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace meshmall::models::traces {

// Ends with a newline. Lines are at most 150 characters where the document allows it.
std::string compactJson(const nlohmann::ordered_json& document);

}  // namespace meshmall::models::traces
