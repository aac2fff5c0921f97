// What `meshmall import KIND` and `meshmall export KIND` have in common: a table of kinds, each with `name` and `does`; their help, and the search for the one that was asked for.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "cli/terminal.h"
#include "models/scenario/problems.h"

namespace meshmall::cli {

// Lines of the help: the name, and what it does.
template <typename Kind>
std::string kindsHelp(const std::vector<Kind>& kinds) {
  std::string text;
  for (const Kind& kind : kinds) text += std::string(text.empty() ? "" : "\n") + "  " + kind.name + "  " + kind.does;
  return text;
}

// The kind of that name. None: nullptr, and stderr says which there are; `verb` is the one that was called.
template <typename Kind>
const Kind* kindNamed(const std::vector<Kind>& kinds, const std::string& name, const std::string& verb) {
  const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& k) { return name == k.name; });
  if (kind != kinds.end()) return &*kind;
  std::string known;
  for (const Kind& each : kinds) known += (known.empty() ? "" : ", ") + std::string(each.name);
  say("meshmall " + verb + ": there is no kind " + models::inQuotes(name) + "; there is: " + known + " (meshmall " + verb + " --help)");
  return nullptr;
}

}  // namespace meshmall::cli
