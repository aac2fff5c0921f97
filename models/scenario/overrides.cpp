#include "models/scenario/overrides.h"

#include <charconv>
#include <string_view>

#include "models/scenario/utf8.h"

namespace meshmall::models {

namespace {

// The reference tokens of a pointer, "~1" and "~0" unescaped; nothing when it is not one (RFC 6901).
std::optional<std::vector<std::string>> tokensOf(const std::string& pointer) {
  std::vector<std::string> out;
  if (!pointer.empty() && pointer[0] != '/') return std::nullopt;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '/') {
      out.emplace_back();
    } else if (pointer[i] != '~') {
      out.back() += pointer[i];
    } else if (i + 1 < pointer.size() && (pointer[i + 1] == '0' || pointer[i + 1] == '1')) {
      out.back() += pointer[++i] == '0' ? '~' : '/';
    } else {
      return std::nullopt;
    }
  }
  return out;
}

JsonValue parseValue(JsonDocument& document, const Override& override) {
  const char first = override.value.empty() ? ' ' : override.value[0];
  const bool json = !override.text && (first == '{' || first == '[' || first == '"' || isJson(override.value));
  if (json) {
    if (auto value = document.parse(override.value, override.shown, override.column)) return std::move(*value);
  }
  return document.addText(override.value, override.shown, override.column);
}

bool isUtf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = decodeUtf8(text, at).length;
    if (length == 0) return false;
    at += length;
  }
  return true;
}

// The place that `token` names in `at`, made when it can be; nullptr: it cannot be.
JsonValue* step(JsonValue& at, const std::string& token, JsonPlace made_at) {
  if (at.members() != nullptr) {
    if (JsonMember* member = at.find(token)) return &member->value;
    at.members()->push_back({token, made_at, JsonValue(made_at, JsonValue::Members{})});
    return &at.members()->back().value;
  }
  JsonValue::Items* items = at.items();
  if (items == nullptr) return nullptr;
  if (token == "-" || token == std::to_string(items->size())) {
    items->push_back(JsonValue(made_at, JsonValue::Members{}));
    return &items->back();
  }
  std::size_t index = 0;
  const char* end = token.data() + token.size();
  const auto read = std::from_chars(token.data(), end, index);
  if (read.ec != std::errc() || read.ptr != end || std::to_string(index) != token || index >= items->size()) return nullptr;
  return &(*items)[index];
}

}  // namespace

void applyOverride(JsonDocument& document, JsonValue& root, const Override& override) {
  JsonValue value = parseValue(document, override);
  const JsonPlace place{value.at.source, 0};
  if (!isUtf8(override.pointer) || !isUtf8(override.value)) {
    document.note(place, override.pointer, "not valid UTF-8");
    return;
  }
  const auto tokens = tokensOf(override.pointer);
  if (!tokens || tokens->empty() || tokens->size() > 64) {
    document.note(place, override.pointer, "is not a JSON pointer to a value of the scenario, such as /run/seed");
    return;
  }
  JsonValue* at = &root;
  std::string walked;
  for (const std::string& token : *tokens) {
    JsonValue* next = step(*at, token, value.at);
    if (next == nullptr) {
      document.note(place, override.pointer, "there is no " + inQuotes(token) + " in " + (walked.empty() ? "the document" : walked));
      return;
    }
    at = next;
    walked += '/' + pointerToken(token);
  }
  *at = std::move(value);
}

std::optional<Override> parseSetOption(const std::string& argument, std::vector<Problem>& problems) {
  const std::size_t equals = argument.find('=');
  const std::string shown = "--set " + argument;
  if (equals == std::string::npos || argument.empty() || argument[0] != '/') {
    problems.push_back({shown, 1, 7, "", "must be /pointer=VALUE, such as /run/seed=7", "", Problem::Severity::error, 0});
    return std::nullopt;
  }
  return Override{argument.substr(0, equals), argument.substr(equals + 1), false, shown, static_cast<std::uint32_t>(6 + equals + 1)};
}

Override seedOverride(const std::string& seed) { return {"/run/seed", seed, false, "--seed " + seed, 7}; }

Override durationOverride(const std::string& duration) { return {"/run/duration", duration, true, "--duration " + duration, 11}; }

}  // namespace meshmall::models
