#include "models/scenario/overrides.h"

#include <charconv>
#include <string_view>

#include "models/scenario/decode_document.h"
#include "models/scenario/utf8.h"

namespace meshmall::models {

namespace {

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

std::optional<std::vector<std::string>> pointerTokens(const std::string& pointer) {
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

std::optional<JsonValue> parseOverride(JsonDocument& document, const Override& override) {
  JsonValue value = parseValue(document, override);
  if (isUtf8(override.pointer) && isUtf8(override.value)) return value;
  document.note({value.at.source, 0}, override.pointer, "not valid UTF-8");
  return std::nullopt;
}

bool putValue(JsonDocument& document, JsonValue& root, const std::string& pointer, JsonValue value, JsonPlace place) {
  const auto tokens = pointerTokens(pointer);
  if (!tokens || tokens->empty() || tokens->size() > 64) {
    document.note(place, pointer, "is not a JSON pointer to a value of the scenario, such as /run/seed");
    return false;
  }
  JsonValue* at = &root;
  std::string walked;
  for (const std::string& token : *tokens) {
    JsonValue* next = step(*at, token, value.at);
    if (next == nullptr) {
      document.note(place, pointer, "there is no " + inQuotes(token) + " in " + (walked.empty() ? "the document" : walked));
      return false;
    }
    at = next;
    walked += '/' + pointerToken(token);
  }
  *at = std::move(value);
  return true;
}

void applyOverride(JsonDocument& document, JsonValue& root, const Override& override) {
  if (auto value = parseOverride(document, override)) {
    const JsonPlace place{value->at.source, 0};
    putValue(document, root, override.pointer, std::move(*value), place);
  }
}

JsonPlace placeOf(const JsonValue& root, const std::string& pointer) {
  const JsonValue* value = &root;
  JsonPlace place = root.at;
  for (const std::string& token : pointerTokens(pointer).value_or(std::vector<std::string>())) {
    if (const JsonMember* member = value->find(token)) {
      place = member->key_at;
      value = &member->value;
    } else if (const auto* items = value->items()) {
      std::size_t index = 0;
      const auto end = std::from_chars(token.data(), token.data() + token.size(), index);
      if (end.ec != std::errc() || index >= items->size()) break;
      value = &(*items)[index];
      place = value->at;
    } else {
      break;
    }
  }
  return place;
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
