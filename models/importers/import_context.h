// What every part of an importer shares: the names of the files, the notes, the problems, and the way from the JSON that is built back to the YAML it was pasted from.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "models/importers/import_result.h"
#include "models/importers/yaml_value.h"

namespace meshmall::models {

// The member of a pasted object that says where it comes from; no key of a manifest can be called that.
inline constexpr const char* kPastedTag = "\x01";

class ImportContext {
 public:
  explicit ImportContext(std::vector<std::string> files) : files_(std::move(files)) {}

  ImportNotes notes;
  std::vector<Problem> problems;

  // "reviews.yaml:14"
  std::string shown(const YamlPlace& at) const;
  // The object that a place belongs to, "AuthorizationPolicy allow-web"; empty: none.
  std::string objectAt(const YamlPlace& at) const;
  void nameObjects(std::vector<std::pair<YamlPlace, std::string>> objects) { objects_ = std::move(objects); }
  void error(const YamlPlace& at, std::string message, std::string hint = {});
  void warning(const YamlPlace& at, std::string message);
  void guessed(std::string sentence) { note(notes.guessed, std::move(sentence)); }
  // "reviews.yaml:14: tcp routes: …"
  void notModelled(const YamlPlace& at, const std::string& what) { note(notes.not_modelled, shown(at) + ": " + what); }
  void notModelled(std::string what) { note(notes.not_modelled, std::move(what)); }

  // The value as JSON, every object with its tag. Scalars mean what YAML's core schema says, but are texts where Kubernetes wants texts (labels, conditions, names).
  // The value must live as long as the context.
  nlohmann::ordered_json paste(const YamlValue& value);
  const YamlValue* pasted(std::size_t tag) const { return tag < pasted_.size() ? pasted_[tag] : nullptr; }

 private:
  static void note(std::vector<std::string>& list, std::string sentence);

  std::vector<std::string> files_;
  std::vector<const YamlValue*> pasted_;
  std::vector<std::pair<YamlPlace, std::string>> objects_;  // where each begins
};

// A copy without tags.
nlohmann::ordered_json withoutTags(const nlohmann::ordered_json& value);

// A whole number written in a scalar, or `fallback`.
std::int64_t wholeOf(const YamlValue* value, std::int64_t fallback);
bool truthOf(const YamlValue* value, bool fallback);
// A whole number from 0 to `most`; noted as an error, and 0, where it is none.
std::int64_t countOf(const YamlValue& value, std::int64_t most, ImportContext& context);

}  // namespace meshmall::models
