// Text conditions of Istio routes and of Envoy's header matchers: exact, prefix, suffix, regex (the whole value, RE2 syntax), presence.
//
// Regular expressions run on RE2, the library the proxies themselves use: linear in the text for every pattern, which std::regex is not
// (a hostile pattern costs it exponential time), and the same syntax as in the real mesh (no back-references, no look-around).
// Source: Istio StringMatch, Envoy StringMatcher / HeaderMatcher.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace meshmall::models {

// One header of a request or an answer, seen, not owned. Names are compared without regard to case.
struct HeaderField {
  std::string_view name;
  std::string_view value;
};
using HeaderView = std::span<const HeaderField>;

// All values of `name` joined by commas, as the proxies see repeated headers; nothing when it is absent.
std::optional<std::string> headerValue(HeaderView headers, std::string_view name);
// The first value only; nothing when it is absent.
std::optional<std::string_view> firstHeaderValue(HeaderView headers, std::string_view name);
bool equalsIgnoringCase(std::string_view a, std::string_view b);  // ASCII letters

enum class StringMatchKind : std::uint8_t { kExact, kPrefix, kSuffix, kRegex, kPresent };

struct StringMatch {
  StringMatchKind kind = StringMatchKind::kPresent;
  std::string value;         // unused for kPresent
  bool ignore_case = false;  // of kExact, kPrefix, kSuffix

  friend bool operator==(const StringMatch&, const StringMatch&) = default;
};

// Nothing when the pattern is a valid RE2 expression that stays below the size limit (1 MiB of automaton), else what is wrong with it.
std::optional<std::string> regexProblem(const std::string& pattern);

// A condition ready to be asked. Copies share the immutable automaton. A pattern that is not valid (see regexProblem) matches nothing.
class StringMatcher {
 public:
  StringMatcher() = default;  // present
  explicit StringMatcher(StringMatch match);

  bool matches(std::string_view text) const;  // O(length of the text)
  const StringMatch& config() const { return match_; }

 private:
  StringMatch match_;
  std::shared_ptr<const re2::RE2> regex_;
};

struct HeaderMatch {
  std::string name;
  StringMatch match;
  struct Range {
    std::int64_t start = 0, end = 0;  // half open

    friend bool operator==(const Range&, const Range&) = default;
  };
  std::optional<Range> range;     // instead of `match`: the value is an integer in it
  bool invert = false;            // the answer is turned round
  bool missing_as_empty = false;  // an absent header is the empty text (Istio's withoutHeaders); else it fits no value, inverted or not

  friend bool operator==(const HeaderMatch&, const HeaderMatch&) = default;
};

class HeaderMatcher {
 public:
  explicit HeaderMatcher(HeaderMatch match);

  bool matches(HeaderView headers) const;
  bool matchesValue(std::optional<std::string_view> value) const;  // of the header; nothing: absent
  const HeaderMatch& config() const { return match_; }

 private:
  HeaderMatch match_;
  StringMatcher matcher_;
};

}  // namespace meshmall::models
