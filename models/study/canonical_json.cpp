#include "models/study/canonical_json.h"

#include <algorithm>

#include "models/observation/json_writer.h"

namespace meshmall::models {

namespace {

void append(std::string& out, const JsonValue& value) {
  if (const bool* truth = value.boolean()) {
    out += *truth ? "true" : "false";
  } else if (const std::int64_t* whole = value.integer()) {
    out += std::to_string(*whole);
  } else if (const auto number = value.number()) {
    appendNumber(out, *number);
  } else if (const std::string* text = value.string()) {
    appendString(out, *text);
  } else if (const auto* items = value.items()) {
    out += '[';
    for (std::size_t i = 0; i < items->size(); ++i) {
      if (i > 0) out += ',';
      append(out, (*items)[i]);
    }
    out += ']';
  } else if (const auto* members = value.members()) {
    std::vector<const JsonMember*> sorted;
    for (const JsonMember& member : *members) sorted.push_back(&member);
    std::sort(sorted.begin(), sorted.end(), [](const JsonMember* a, const JsonMember* b) { return a->key < b->key; });
    out += '{';
    for (const JsonMember* member : sorted) {
      if (member != sorted.front()) out += ',';
      appendString(out, member->key);
      out += ':';
      append(out, member->value);
    }
    out += '}';
  } else {
    out += "null";
  }
}

}  // namespace

std::string canonicalJson(const JsonValue& value) {
  std::string out;
  append(out, value);
  return out;
}

}  // namespace meshmall::models
