// The decoder's parts: what a study file says, before its scenarios are put together. JSON values live in the document's trees, which outlive these.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/scenario/reader.h"
#include "models/study/study.h"

namespace meshmall::models {

struct Setting {  // a value for a place of the scenario
  std::string pointer;
  JsonPlace at;  // of the pointer, for problems with it
  const JsonValue* value = nullptr;
};

struct VariantParts {
  std::string name;
  std::string scenario;  // file; empty: none
  JsonPlace scenario_at;
  const JsonValue* patch = nullptr;
  std::vector<Setting> sets;  // byte order of pointers
};

struct SweepAxis {
  std::string pointer;
  JsonPlace at;
  std::vector<const JsonValue*> values;
};

struct GateText {
  JsonPlace at;
  bool plain = false;  // written without escapes: a column inside it can be shown
  std::string pointer;
};

struct StudyParts {
  std::string scenario;  // of the study; empty: each variant has its own
  JsonPlace scenario_at;
  std::vector<VariantParts> variants;  // as Study::variants
  std::vector<SweepAxis> sweep;        // byte order
  std::vector<GateText> gates;         // as Study::gates
  bool all_metrics = false;
};

// ---- decode_study.cpp: fills what needs no scenario; notes everything that is wrong.
StudyParts readStudyFile(const Node& node, Study& study);

// ---- study_scenarios.cpp
// Reads scenario files into trees of the document, each once.
class ScenarioFiles {
 public:
  ScenarioFiles(JsonDocument& document, std::string folder) : document_(document), folder_(std::move(folder)) {}
  struct File {
    std::string path, folder;
    std::optional<JsonValue> root;
  };
  // nullptr: it is not there or no JSON, which is noted (at `at`, or in the file).
  const File* get(const std::string& file, JsonPlace at, const std::string& pointer);
  bool unreadable() const { return unreadable_; }

 private:
  JsonDocument& document_;
  std::string folder_;
  std::map<std::string, File> files_;
  bool unreadable_ = false;
};

// The group's scenario as a tree; nothing: noted why not. `folder`: where files it names are.
std::optional<JsonValue> scenarioTree(JsonDocument& document, ScenarioFiles& files, const StudyParts& parts, const VariantParts& variant,
                                      const std::vector<std::size_t>& choice, std::string& folder);

// Positions in the axes' lists of sweep point `index`.
std::vector<std::size_t> sweepChoice(const std::vector<SweepAxis>& sweep, std::uint64_t index);

}  // namespace meshmall::models
