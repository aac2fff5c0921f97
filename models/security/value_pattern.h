// Text patterns of authorization policies: "a" exactly, "a*" a prefix, "*a" a suffix, "*" present and not empty; for paths also templates,
// "/shop/{*}/item/{**}": {*} is one segment (not empty), {**} any rest.
// Source: Istio security/proto AuthorizationPolicy, Envoy uri_template; spec rollout-traffic-security.md section 6.2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meshmall::models {

enum class PatternKind : std::uint8_t { kExact, kPrefix, kSuffix, kPresent, kTemplate };

struct ValuePattern {
  PatternKind kind = PatternKind::kExact;
  std::string text;  // without the star
  bool ignore_case = false;

  // An absent or empty text matches nothing. O(length), of templates O(length x placeholders).
  bool matches(std::string_view value) const;
  friend bool operator==(const ValuePattern&, const ValuePattern&) = default;
};

// A star in the middle is an ordinary character, as in Istio. `ignore_case`: of host names.
ValuePattern parsePattern(std::string_view text, bool ignore_case = false);
ValuePattern parsePathPattern(std::string_view text);

// What is wrong with a path pattern: braces other than {*} and {**}, {**} before the end, a star beside them. Nothing: it is fine.
std::optional<std::string> pathPatternProblem(std::string_view text);

}  // namespace meshmall::models
