#include "models/importers/import_context.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

namespace meshmall::models {

namespace {

using Json = nlohmann::ordered_json;

// Under these keys a scalar is a text, whatever it looks like.
bool wantsText(std::string_view key) {
  static const std::set<std::string_view> keys = {"labels",   "matchLabels", "sourceLabels", "set",      "add",        "exact",   "prefix",     "regex",     "values",
                                                  "notValues", "ports",      "notPorts",     "paths",    "notPaths",   "methods", "notMethods", "hosts",     "notHosts",
                                                  "principals", "namespaces", "audiences",   "host",     "subset",     "name",    "httpHeaderName", "remove", "key",
                                                  "metadata"};
  return keys.count(key) == 1;
}

Json scalarOf(const YamlValue& value, bool text) {
  const std::string& s = value.text;
  if (value.quoted || text || s.empty()) return s;
  if (s == "true" || s == "True" || s == "TRUE") return true;
  if (s == "false" || s == "False" || s == "FALSE") return false;
  const char* begin = s.data() + (s[0] == '+' ? 1 : 0);
  const char* end = s.data() + s.size();
  std::int64_t whole = 0;
  if (const auto [stop, problem] = std::from_chars(begin, end, whole); problem == std::errc() && stop == end) return whole;
  if (s.find_first_not_of("0123456789+-.eE") != std::string::npos) return s;
  double number = 0;
  if (const auto [stop, problem] = std::from_chars(begin, end, number); problem == std::errc() && stop == end && number > -1e300 && number < 1e300) return number;
  return s;
}

}  // namespace

std::string ImportContext::shown(const YamlPlace& at) const {
  const std::string file = at.file < files_.size() ? files_[at.file] : std::string("input");
  return at.line == 0 ? file : file + ":" + std::to_string(at.line);
}

std::string ImportContext::objectAt(const YamlPlace& at) const {
  const std::pair<YamlPlace, std::string>* best = nullptr;
  const auto before = [](const YamlPlace& a, const YamlPlace& b) { return a.line != b.line ? a.line < b.line : a.column <= b.column; };
  for (const auto& object : objects_)
    if (object.first.file == at.file && before(object.first, at) && (best == nullptr || before(best->first, object.first))) best = &object;
  return best == nullptr ? "" : best->second;
}

void ImportContext::error(const YamlPlace& at, std::string message, std::string hint) {
  Problem problem;
  problem.file = at.file < files_.size() ? files_[at.file] : std::string("input");
  problem.line = at.line;
  problem.column = at.column;
  problem.source = at.file;
  problem.message = std::move(message);
  problem.hint = std::move(hint);
  problems.push_back(std::move(problem));
}

void ImportContext::warning(const YamlPlace& at, std::string message) {
  error(at, std::move(message));
  problems.back().severity = Problem::Severity::warning;
}

void ImportContext::note(std::vector<std::string>& list, std::string sentence) {
  if (list.size() < 5000 && (list.empty() || list.back() != sentence)) list.push_back(std::move(sentence));
}

Json ImportContext::paste(const YamlValue& value) {
  struct Walk {
    std::vector<const YamlValue*>& pasted;
    Json operator()(const YamlValue& v, bool text) const {
      if (v.isScalar()) return scalarOf(v, text);
      if (v.isList()) {
        Json list = Json::array();
        for (const YamlValue& item : v.items) list.push_back((*this)(item, text));
        return list;
      }
      if (!v.isMap()) return nullptr;
      Json object = Json::object();
      object[kPastedTag] = pasted.size();
      pasted.push_back(&v);
      for (const YamlMember& member : v.members) {
        // A key without a value is a key that is not there, as for Kubernetes. Labels and the like keep their empty texts.
        if (member.value.isNull()) continue;
        const bool map_of_texts = text && member.value.isScalar();
        object[member.key] = (*this)(member.value, map_of_texts || wantsText(member.key));
      }
      return object;
    }
  };
  return Walk{pasted_}(value, false);
}

Json withoutTags(const Json& value) {
  if (value.is_array()) {
    Json list = Json::array();
    for (const Json& item : value) list.push_back(withoutTags(item));
    return list;
  }
  if (!value.is_object()) return value;
  Json object = Json::object();
  for (const auto& [key, member] : value.items())
    if (key != kPastedTag) object[key] = withoutTags(member);
  return object;
}

std::int64_t wholeOf(const YamlValue* value, std::int64_t fallback) {
  if (value == nullptr || !value->isScalar()) return fallback;
  std::int64_t whole = 0;
  const auto [stop, problem] = std::from_chars(value->text.data(), value->text.data() + value->text.size(), whole);
  return problem == std::errc() && stop == value->text.data() + value->text.size() ? whole : fallback;
}

bool truthOf(const YamlValue* value, bool fallback) {
  if (value == nullptr || !value->isScalar()) return fallback;
  if (value->text == "true" || value->text == "True" || value->text == "TRUE" || value->text == "enabled") return true;
  if (value->text == "false" || value->text == "False" || value->text == "FALSE" || value->text == "disabled") return false;
  return fallback;
}

std::int64_t countOf(const YamlValue& value, std::int64_t most, ImportContext& context) {
  const std::int64_t count = wholeOf(&value, -1);
  if (count >= 0 && count <= most) return count;
  context.error(value.at, "must be a whole number from 0 to " + std::to_string(most) + (value.isScalar() ? " (got " + inQuotes(value.text) + ")" : ""));
  return 0;
}

}  // namespace meshmall::models
