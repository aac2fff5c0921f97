#include "models/routing/string_match.h"

#include <re2/re2.h>

#include <charconv>
#include <utility>

namespace meshmall::models {
namespace {

constexpr std::int64_t kAutomatonLimit = 1 << 20;  // bytes; beyond it RE2 refuses the pattern

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

re2::RE2::Options regexOptions() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kAutomatonLimit);
  return options;
}

bool sameText(std::string_view a, std::string_view b, bool ignore_case) { return ignore_case ? equalsIgnoringCase(a, b) : a == b; }

}  // namespace

bool equalsIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::optional<std::string> headerValue(HeaderView headers, std::string_view name) {
  std::optional<std::string> joined;
  for (const HeaderField& field : headers) {
    if (!equalsIgnoringCase(field.name, name)) continue;
    if (joined) {
      joined->append(",").append(field.value);
    } else {
      joined = std::string(field.value);
    }
  }
  return joined;
}

std::optional<std::string_view> firstHeaderValue(HeaderView headers, std::string_view name) {
  for (const HeaderField& field : headers) {
    if (equalsIgnoringCase(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::optional<std::string> regexProblem(const std::string& pattern) {
  re2::RE2 regex(pattern, regexOptions());
  if (regex.ok()) return std::nullopt;
  return regex.error();
}

StringMatcher::StringMatcher(StringMatch match) : match_(std::move(match)) {
  if (match_.kind == StringMatchKind::kRegex) regex_ = std::make_shared<const re2::RE2>(match_.value, regexOptions());
}

bool StringMatcher::matches(std::string_view text) const {
  const std::string& value = match_.value;
  switch (match_.kind) {
    case StringMatchKind::kExact:
      return sameText(text, value, match_.ignore_case);
    case StringMatchKind::kPrefix:
      return text.size() >= value.size() && sameText(text.substr(0, value.size()), value, match_.ignore_case);
    case StringMatchKind::kSuffix:
      return text.size() >= value.size() && sameText(text.substr(text.size() - value.size()), value, match_.ignore_case);
    case StringMatchKind::kRegex:
      return regex_->ok() && re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *regex_);
    case StringMatchKind::kPresent:
      return true;
  }
  return false;
}

HeaderMatcher::HeaderMatcher(HeaderMatch match) : match_(std::move(match)), matcher_(match_.match) {}

bool HeaderMatcher::matchesValue(std::optional<std::string_view> value) const {
  const bool about_value = match_.range || match_.match.kind != StringMatchKind::kPresent;
  if (!value && about_value) {
    if (!match_.missing_as_empty) return false;  // an absent header fits no condition on its value, inverted or not
    value = std::string_view{};
  }
  bool hit = false;
  if (value && match_.range) {
    std::int64_t number = 0;
    const char* end = value->data() + value->size();
    const auto parsed = std::from_chars(value->data(), end, number);
    hit = parsed.ec == std::errc{} && parsed.ptr == end && number >= match_.range->start && number < match_.range->end;
  } else if (value) {
    hit = matcher_.matches(*value);
  }
  return hit != match_.invert;
}

bool HeaderMatcher::matches(HeaderView headers) const {
  const std::optional<std::string> value = headerValue(headers, match_.name);
  return matchesValue(value ? std::optional<std::string_view>(*value) : std::nullopt);
}

}  // namespace meshmall::models
