#include "models/routing/header_operations.h"

#include <algorithm>

namespace meshmall::models {
namespace {

void removeHeader(HeaderList& headers, const std::string& name) {
  headers.erase(std::remove_if(headers.begin(), headers.end(), [&](const auto& header) { return equalsIgnoringCase(header.first, name); }), headers.end());
}

}  // namespace

void applyHeaderOperations(const HeaderOperations& operations, HeaderList& headers) {
  for (const std::string& name : operations.remove) removeHeader(headers, name);
  for (const auto& [name, value] : operations.set) {
    const auto same = [&name = name](const auto& header) { return equalsIgnoringCase(header.first, name); };
    const auto first = std::find_if(headers.begin(), headers.end(), same);
    if (first == headers.end()) {
      headers.emplace_back(name, value);
      continue;
    }
    first->second = value;
    headers.erase(std::remove_if(first + 1, headers.end(), same), headers.end());
  }
  for (const auto& [name, value] : operations.add) headers.emplace_back(name, value);
}

std::vector<HeaderField> viewOf(const HeaderList& headers) {
  std::vector<HeaderField> view;
  view.reserve(headers.size());
  for (const auto& [name, value] : headers) view.push_back({name, value});
  return view;
}

}  // namespace meshmall::models
