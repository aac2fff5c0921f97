// JSON as YAML in block style, as people write manifests. Texts that YAML could read as something else are quoted. Parsed again it is the same value.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace meshmall::models {

// One document without its "---", ending in a line end.
std::string yamlOf(const nlohmann::ordered_json& value);

}  // namespace meshmall::models
