// The name a user most likely meant: the nearest by Damerau-Levenshtein distance (insert, delete, replace, swap neighbours; optimal string alignment).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshmall::models {

// Edits from a to b, at most `limit` + 1. O(|a| |b|); names longer than 64 bytes are further than any limit.
std::size_t editDistance(std::string_view a, std::string_view b, std::size_t limit);

// The nearest of `known` within a third of its length (at least 2 edits; letter case does not count); ties: the first. Nothing when none is near.
std::optional<std::string> nearestName(std::string_view name, const std::vector<std::string_view>& known);

// `did you mean "replicas"?`, or empty.
std::string suggestion(std::string_view name, const std::vector<std::string_view>& known);

}  // namespace meshmall::models
