#include "models/importers/kube_name.h"

#include <algorithm>

namespace meshmall::models {

namespace {

constexpr std::size_t kLongestLabel = 63, kLongestName = 253;

bool isLetter(char c) { return c >= 'a' && c <= 'z'; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isEnd(char c) { return isLetter(c) || isDigit(c); }

void trim(std::string& name) {
  while (!name.empty() && !isEnd(name.back())) name.pop_back();
  name.erase(name.begin(), std::find_if(name.begin(), name.end(), isEnd));
}

// Runs of bytes that may not stand there become one hyphen.
std::string cleaned(std::string_view text, std::size_t longest) {
  std::string out;
  for (const char c : text) {
    const char low = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (isEnd(low) || low == '-') out += low;
    else if (!out.empty() && out.back() != '-') out += '-';
  }
  trim(out);
  if (out.size() > longest) out.resize(longest);
  trim(out);
  return out;
}

}  // namespace

bool isKubeLabel(std::string_view name) {
  return !name.empty() && name.size() <= kLongestLabel && isEnd(name.front()) && isEnd(name.back()) && std::all_of(name.begin(), name.end(), [](char c) { return isEnd(c) || c == '-'; });
}

std::string kubeLabel(std::string_view text) {
  std::string out = cleaned(text, kLongestLabel - 1);
  if (out.empty()) return "unnamed";
  return isLetter(out.front()) ? out : "s" + out;
}

std::string kubeObjectName(std::string_view text) {
  std::string out;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t dot = std::min(text.find('.', from), text.size());
    if (const std::string part = cleaned(text.substr(from, dot - from), kLongestLabel); !part.empty()) out += (out.empty() ? "" : ".") + part;
    from = dot + 1;
  }
  if (out.size() > kLongestName) out.resize(kLongestName);
  trim(out);
  return out.empty() ? "unnamed" : out;
}

}  // namespace meshmall::models
