#include "models/security/value_pattern.h"

#include <algorithm>

#include "models/routing/string_match.h"

namespace meshmall::models {
namespace {

constexpr std::string_view kOneSegment = "{*}";
constexpr std::string_view kRest = "{**}";

bool same(std::string_view a, std::string_view b, bool ignore_case) { return ignore_case ? equalsIgnoringCase(a, b) : a == b; }

// {*} takes as much as it can: it ends at the next slash or where its literal goes on, so the longest piece is tried first.
bool matchesTemplate(std::string_view pattern, std::string_view path) {
  const std::size_t open = pattern.find('{');
  if (open == std::string_view::npos) return pattern == path;
  if (path.substr(0, open) != pattern.substr(0, open)) return false;
  pattern.remove_prefix(open);
  path.remove_prefix(open);
  if (pattern.substr(0, kRest.size()) == kRest) return true;  // {**} is the last part, see pathPatternProblem
  pattern.remove_prefix(kOneSegment.size());
  for (std::size_t length = std::min(path.find('/'), path.size()); length > 0; --length) {
    if (matchesTemplate(pattern, path.substr(length))) return true;
  }
  return false;
}

}  // namespace

bool ValuePattern::matches(std::string_view value) const {
  if (value.empty()) return false;
  switch (kind) {
    case PatternKind::kExact:
      return same(value, text, ignore_case);
    case PatternKind::kPrefix:
      return value.size() >= text.size() && same(value.substr(0, text.size()), text, ignore_case);
    case PatternKind::kSuffix:
      return value.size() >= text.size() && same(value.substr(value.size() - text.size()), text, ignore_case);
    case PatternKind::kPresent:
      return true;
    case PatternKind::kTemplate:
      return matchesTemplate(text, value);
  }
  return false;
}

ValuePattern parsePattern(std::string_view text, bool ignore_case) {
  if (text == "*") return {PatternKind::kPresent, "", ignore_case};
  if (!text.empty() && text.back() == '*') return {PatternKind::kPrefix, std::string(text.substr(0, text.size() - 1)), ignore_case};
  if (!text.empty() && text.front() == '*') return {PatternKind::kSuffix, std::string(text.substr(1)), ignore_case};
  return {PatternKind::kExact, std::string(text), ignore_case};
}

ValuePattern parsePathPattern(std::string_view text) {
  if (text.find('{') != std::string_view::npos && !pathPatternProblem(text)) return {PatternKind::kTemplate, std::string(text), false};
  return parsePattern(text);
}

std::optional<std::string> pathPatternProblem(std::string_view text) {
  if (text.find_first_of("{}") == std::string_view::npos) return std::nullopt;
  bool rest_seen = false;
  while (!text.empty()) {
    if (rest_seen) return "{**} must be the last part of a path";
    if (text.substr(0, kRest.size()) == kRest) {
      rest_seen = true;
      text.remove_prefix(kRest.size());
    } else if (text.substr(0, kOneSegment.size()) == kOneSegment) {
      text.remove_prefix(kOneSegment.size());
      if (!text.empty() && text.front() == '{') return "two placeholders need something between them";
    } else if (text.front() == '{' || text.front() == '}') {
      return "only the placeholders {*} and {**} are known";
    } else if (text.front() == '*') {
      return "a star and a placeholder do not go together";
    } else {
      text.remove_prefix(1);
    }
  }
  return std::nullopt;
}

}  // namespace meshmall::models
