// YAML 1.2 (yaml-cpp's parser) to values with places; several documents a file, anchors and aliases, merge keys ("<<").
// Bounded, so that no file can hold anybody up: 12 MiB, nesting 64, 600,000 values with aliases written out (a bomb of aliases ends there). Duplicate keys, keys that
// are no scalars and bytes that are not UTF-8 are problems. Limiting case: an empty text has no documents. JSON is YAML, so JSON files are read too.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/importers/yaml_value.h"
#include "models/scenario/problems.h"

namespace meshmall::models {

inline constexpr std::size_t kMaxYamlBytes = std::size_t{12} * 1024 * 1024;
inline constexpr std::size_t kMaxYamlNesting = 64;
inline constexpr std::size_t kMaxYamlValues = 600'000;

// All documents of a text; those after a syntax error are missing, and `problems` says where it is. `file` goes into the places, `name` into the problems.
std::vector<YamlValue> parseYaml(const std::string& text, std::uint32_t file, const std::string& name, std::vector<Problem>& problems);

}  // namespace meshmall::models
