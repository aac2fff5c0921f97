#include "models/importers/yaml_writer.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <string_view>

namespace meshmall::models {

namespace {

using Json = nlohmann::ordered_json;

bool isWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("_./-").find(c) != std::string_view::npos; }

// "250ms", "7s", "1m": a time needs no quotes; any other text that begins like a number gets them.
bool isTime(const std::string& text) {
  const std::size_t digits = text.find_first_not_of("0123456789");
  if (digits == 0 || digits == std::string::npos) return false;
  const std::string unit = text.substr(digits);
  return unit == "ms" || unit == "s" || unit == "m" || unit == "h";
}

std::string scalarText(const std::string& text) {
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  static constexpr std::string_view kWords[] = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  const bool word = !text.empty() && (std::isalpha(static_cast<unsigned char>(text[0])) != 0 || text[0] == '/') && std::all_of(text.begin(), text.end(), isWord) &&
                    std::find(std::begin(kWords), std::end(kWords), lower) == std::end(kWords);
  if (word || isTime(text)) return text;
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string scalar(const Json& value) { return value.is_string() ? scalarText(value.get<std::string>()) : value.dump(); }

bool isBlock(const Json& value) { return value.is_structured() && !value.empty(); }

void write(const Json& value, std::size_t indent, std::string& out);

// What follows "key:" or "-".
void writeInside(const Json& value, std::size_t indent, bool of_list, std::string& out) {
  if (!isBlock(value)) {
    out += " " + (value.is_object() ? "{}" : value.is_array() ? "[]" : scalar(value)) + "\n";
  } else if (of_list) {  // its first member stands beside the dash
    std::string inner;
    write(value, indent + 2, inner);
    out += " " + inner.substr(indent + 2);
  } else {
    out += "\n";
    write(value, value.is_array() ? indent : indent + 2, out);
  }
}

void write(const Json& value, std::size_t indent, std::string& out) {
  const std::string space(indent, ' ');
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      out += space + scalarText(key) + ":";
      writeInside(member, indent, false, out);
    }
    return;
  }
  for (const Json& item : value) {
    out += space + "-";
    writeInside(item, indent, true, out);
  }
}

}  // namespace

std::string yamlOf(const Json& value) {
  if (!isBlock(value)) return (value.is_object() ? "{}" : value.is_array() ? "[]" : scalar(value)) + std::string("\n");
  std::string out;
  write(value, 0, out);
  return out;
}

}  // namespace meshmall::models
