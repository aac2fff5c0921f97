// Names in a sentence: "a, b and c"; of many the first eight, "and 12 more".
#pragma once

#include <string>
#include <vector>

namespace meshmall::models {

inline std::string listText(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 8;
  std::string text;
  const std::size_t shown = names.size() <= kShown + 1 ? names.size() : kShown;
  for (std::size_t i = 0; i < shown; ++i) text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  if (shown < names.size()) text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

}  // namespace meshmall::models
