#include "models/importers/traces/compact_json.h"

#include <nlohmann/json.hpp>

namespace meshmall::models::traces {

using Json = nlohmann::ordered_json;

namespace {

constexpr std::size_t kRoom = 150;

// On one line, with blanks after commas and colons.
std::string line(const Json& value) {
  if (!value.is_structured()) return value.dump();
  std::string out(1, value.is_object() ? '{' : '[');
  bool first = true;
  for (const auto& item : value.items()) {
    if (!first) out += ", ";
    first = false;
    if (value.is_object()) out += Json(item.key()).dump() + ": ";
    out += line(item.value());
    if (out.size() > 4 * kRoom) break;  // it has no room anyhow
  }
  return out + (value.is_object() ? '}' : ']');
}

void write(const Json& value, std::size_t indent, std::string& out) {
  const std::string one = line(value);
  if (!value.is_structured() || one.size() + indent <= kRoom) {
    out += one;
    return;
  }
  out += value.is_object() ? "{" : "[";
  bool first = true;
  for (const auto& item : value.items()) {
    out += first ? "\n" : ",\n";
    first = false;
    out.append(indent + 2, ' ');
    if (value.is_object()) out += Json(item.key()).dump() + ": ";
    write(item.value(), indent + 2, out);
  }
  out += "\n";
  out.append(indent, ' ');
  out += value.is_object() ? "}" : "]";
}

}  // namespace

std::string compactJson(const Json& document) {
  std::string out;
  write(document, 0, out);
  return out + "\n";
}

}  // namespace meshmall::models::traces
