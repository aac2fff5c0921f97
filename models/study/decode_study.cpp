#include "models/study/decode_study.h"

#include <algorithm>

#include "engine/experiment/journal.h"
#include "engine/kernel/promise.h"
#include "models/scenario/decode_document.h"
#include "models/scenario/merge_patch.h"
#include "models/scenario/nearest_name.h"
#include "models/scenario/overrides.h"
#include "models/scenario/sample_file.h"
#include "models/study/canonical_json.h"
#include "models/study/study_parts.h"
#include "models/topology/call_graph.h"
#include "models/version.h"

namespace meshmall::models {

namespace {

constexpr std::size_t kMostFileBytes = std::size_t{256} * 1024 * 1024;
constexpr std::size_t kMostWrongGroups = 100;

std::string folderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

std::string beside(const std::string& folder, const std::string& file) {
  return file.empty() || file[0] == '/' || folder.empty() || folder == "." ? file : folder + "/" + file;
}

// Checksums of the files that a scenario names, each read once.
class FileSums {
 public:
  std::string of(const JsonValue& value, const std::string& folder) {
    std::string sums;
    visit(value, folder, sums);
    return sums;
  }

 private:
  void visit(const JsonValue& value, const std::string& folder, std::string& sums) {
    if (const auto* items = value.items())
      for (const JsonValue& item : *items) visit(item, folder, sums);
    if (const auto* members = value.members()) {
      for (const JsonMember& member : *members) {
        const std::string* file = member.value.string();
        if (member.key == "file" && file != nullptr) sums += sum(beside(folder, *file));
        visit(member.value, folder, sums);
      }
    }
  }
  const std::string& sum(const std::string& path) {
    const auto [found, fresh] = known_.try_emplace(path);
    if (fresh) {
      const FileText file = readRegularFile(path, kMostFileBytes);
      if (file.error.empty()) found->second = engine::hexDigits(engine::textChecksum(file.text));
    }
    return found->second;
  }
  std::map<std::string, std::string> known_;
};

class StudyDecoder {
 public:
  StudyDecoder(const std::string& folder, const StudyChoice& choice) : choice_(choice), files_(document_, folder) {}

  StudyDecodeResult decode(std::string text, const std::string& name) {
    StudyDecodeResult out;
    const auto root = document_.parse(std::move(text), name);
    if (root) decodeRoot(*root);
    if (!document_.ignored().empty()) engine::brokenPromise(("a study's key was not read: " + document_.ignored()).c_str());
    out.problems = document_.problems();
    out.problems.insert(out.problems.end(), call_problems_.begin(), call_problems_.end());
    out.unreadable = files_.unreadable();
    if (root && !hasErrors(out.problems)) out.study = std::move(study_);
    return out;
  }

 private:
  void decodeRoot(const JsonValue& root) {
    const Node node(document_, root, "");
    parts_ = readStudyFile(node, study_);
    readCall();
    const std::uint64_t runs = study_.variants.size() * study_.points.size() * study_.replications.most;
    if (!document_.failed() && runs > kMostRuns)
      node.error("asks for up to " + std::to_string(runs) + " runs, and 1,000,000 is the limit", "fewer replications, points or variants");
    if (document_.failed() || !call_problems_.empty()) return;
    document_.skipRepetitions();
    warnOfSweptSettings(node);
    std::string print = std::string(version()) + '\n' + rules();
    std::size_t wrong = 0;  // groups looked at since the first error: most of them repeat it
    for (std::uint32_t v = 0; v < study_.variants.size() && wrong < kMostWrongGroups; ++v)
      for (std::uint32_t p = 0; p < study_.points.size() && wrong < kMostWrongGroups; ++p) {
        addGroup(v, p, print);
        wrong += document_.failed() ? 1U : 0U;
      }
    if (document_.failed()) return;
    settleSeed();
    study_.fingerprint = engine::hexDigits(engine::textChecksum(print + std::to_string(study_.seed)));
    for (std::size_t g = 0; g < study_.gates.size(); ++g) checkGate(study_.gates[g], parts_.gates[g]);
  }

  void readCall() {
    std::vector<Override> overrides;
    for (const std::string& set : choice_.sets)
      if (auto override = parseSetOption(set, call_problems_)) overrides.push_back(std::move(*override));
    if (choice_.seed) overrides.push_back(seedOverride(*choice_.seed));
    if (choice_.duration) overrides.push_back(durationOverride(*choice_.duration));
    for (const Override& override : overrides) {
      auto value = parseOverride(document_, override);
      if (!value) continue;
      for (const SweepAxis& axis : parts_.sweep)
        if (axis.pointer == override.pointer || axis.pointer.rfind(override.pointer + "/", 0) == 0)
          document_.note({value->at.source, 0}, override.pointer, "the study sweeps " + axis.pointer + ": all its points would be the same");
      if (override.pointer == "/run/seed" || override.pointer == "/run") seed_by_call_ = true;
      calls_.emplace_back(override.pointer, std::move(*value));
    }
  }

  void warnOfSweptSettings(const Node& node) {
    for (const VariantParts& variant : parts_.variants) {
      for (const Setting& set : variant.sets) {
        for (const SweepAxis& axis : parts_.sweep) {
          if (axis.pointer == set.pointer || set.pointer.rfind(axis.pointer + "/", 0) == 0)
            node.document().note(set.at, "/variants/" + pointerToken(variant.name) + "/set", "the sweep sets " + axis.pointer + " too, after it: this has no effect", "",
                                 Problem::Severity::warning);
        }
      }
    }
  }

  // Everything but the scenarios that decides what is run and kept.
  std::string rules() const {
    std::string text = std::to_string(study_.replications.first) + ' ' + std::to_string(study_.replications.most) + ' ' +
                       shown(study_.replications.relative_half_width) + ' ' + (study_.watched ? std::string(info(*study_.watched).name) : "") + '\n' +
                       (study_.baseline ? study_.variants[*study_.baseline] : "") + '\n';
    for (const Metric metric : study_.metrics) text += std::string(info(metric).name) + ' ';
    for (const Expression& gate : study_.gates) text += '\n' + gate.text;
    return text + '\n';
  }

  void addGroup(std::uint32_t v, std::uint32_t p, std::string& print) {
    std::string folder;
    const VariantParts& variant = parts_.variants[v];
    auto tree = scenarioTree(document_, files_, parts_, variant, sweepChoice(parts_.sweep, p), folder);
    if (!tree) return;
    for (const auto& [pointer, value] : calls_) putValue(document_, *tree, pointer, value, {value.at.source, 0});
    StudyGroup group{v, p, {}, choice_.texts ? canonicalJson(*tree) : ""};
    if (auto scenario = decodeScenarioValue(document_, *tree, folder)) {
      group.scenario = std::move(*scenario);
      for (const Problem& problem : graphProblems(group.scenario, callGraph(group.scenario), ""))
        document_.note(placeOf(*tree, problem.pointer), problem.pointer, problem.message, problem.hint, problem.severity, problem.code);
      print += study_.variants[v] + '\n' + engine::hexDigits(engine::textChecksum(canonicalJson(*tree))) + '\n' + sums_.of(*tree, folder) + '\n';
    }
    study_.groups.push_back(std::move(group));
  }

  // The seed of the base scenario, or the call's.
  void settleSeed() {
    study_.seed = study_.groups.front().scenario.run.seed;
    if (!seed_by_call_) {
      const VariantParts& owner = parts_.variants[study_.baseline.value_or(0)];
      const bool own = parts_.scenario.empty();
      const ScenarioFiles::File* file = files_.get(own ? owner.scenario : parts_.scenario, own ? owner.scenario_at : parts_.scenario_at, "/scenario");
      const JsonMember* run = file == nullptr ? nullptr : file->root->find("run");
      const JsonMember* seed = run == nullptr ? nullptr : run->value.find("seed");
      study_.seed = seed != nullptr && seed->value.integer() != nullptr && *seed->value.integer() >= 0 ? static_cast<std::uint64_t>(*seed->value.integer()) : 1;
    }
    for (StudyGroup& group : study_.groups) group.scenario.run.seed = study_.seed;
  }

  // Its scope is there in every variant; "*" is whatever is there.
  void checkGate(const Expression& gate, const GateText& text) {
    if (gate.scope == ScopeKind::mall || gate.scope_name == "*") return;
    for (const StudyGroup& group : study_.groups) {
      std::vector<std::string_view> names;
      if (gate.scope == ScopeKind::service) {
        for (const Service& service : group.scenario.services) names.push_back(service.name);
      } else {
        for (const Traffic& traffic : group.scenario.traffic) names.push_back(traffic.name);
      }
      if (std::find(names.begin(), names.end(), gate.scope_name) != names.end()) continue;
      JsonPlace place = text.at;
      if (text.plain) place.offset += gate.scope_column;
      document_.note(place, text.pointer, "variant " + inQuotes(study_.variants[group.variant]) + " has no " + std::string(models::name(gate.scope)) + " " + inQuotes(gate.scope_name),
                     suggestion(gate.scope_name, names));
      return;
    }
  }

  const StudyChoice& choice_;
  JsonDocument document_;
  ScenarioFiles files_;
  FileSums sums_;
  Study study_;
  StudyParts parts_;
  std::vector<std::pair<std::string, JsonValue>> calls_;  // --set and the like
  std::vector<Problem> call_problems_;
  bool seed_by_call_ = false;
};

}  // namespace

const ScenarioFiles::File* ScenarioFiles::get(const std::string& file, JsonPlace at, const std::string& pointer) {
  const auto [found, fresh] = files_.try_emplace(file);
  File& entry = found->second;
  if (fresh) {
    entry.path = beside(folder_, file);
    entry.folder = folderOf(entry.path);
    FileText text = readRegularFile(entry.path, kMaxJsonBytes);
    if (text.error.empty()) {
      entry.root = document_.parse(std::move(text.text), entry.path);
    } else {
      unreadable_ = unreadable_ || text.unreadable;
      document_.note(at, pointer, inQuotes(entry.path) + ": " + text.error);
    }
  }
  return entry.root ? &entry : nullptr;
}

std::optional<JsonValue> scenarioTree(JsonDocument& document, ScenarioFiles& files, const StudyParts& parts, const VariantParts& variant,
                                      const std::vector<std::size_t>& choice, std::string& folder) {
  const bool own = !variant.scenario.empty();
  const auto* file = files.get(own ? variant.scenario : parts.scenario, own ? variant.scenario_at : parts.scenario_at, own ? "/variants/" + pointerToken(variant.name) + "/scenario" : "/scenario");
  if (file == nullptr) return std::nullopt;
  folder = file->folder;
  JsonValue tree = *file->root;
  if (variant.patch != nullptr) mergePatch(tree, *variant.patch);
  bool placed = true;
  for (const Setting& set : variant.sets) placed = putValue(document, tree, set.pointer, *set.value, set.at) && placed;
  for (std::size_t a = 0; a < parts.sweep.size(); ++a) {
    const SweepAxis& axis = parts.sweep[a];
    placed = putValue(document, tree, axis.pointer, *axis.values[choice[a]], axis.at) && placed;
  }
  if (!placed) return std::nullopt;
  return tree;
}

std::vector<std::string> scenarioFilesOf(const std::string& text) {
  JsonDocument document;
  const auto root = document.parse(text, "");
  std::vector<std::string> files;
  const auto take = [&](const JsonValue& value) {
    const JsonMember* file = value.find("scenario");
    if (file != nullptr && file->value.string() != nullptr && !file->value.string()->empty()) files.push_back(*file->value.string());
  };
  if (!root || root->members() == nullptr) return files;
  take(*root);
  const JsonMember* variants = root->find("variants");
  if (variants != nullptr && variants->value.members() != nullptr)
    for (const JsonMember& variant : *variants->value.members())
      if (variant.value.members() != nullptr) take(variant.value);
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

StudyDecodeResult decodeStudy(std::string text, const std::string& name, const std::string& folder, const StudyChoice& choice) {
  return StudyDecoder(folder, choice).decode(std::move(text), name);
}

StudyDecodeResult loadStudy(const std::string& path, const StudyChoice& choice) {
  FileText file = readRegularFile(path, kMaxJsonBytes);
  if (file.error.empty()) return decodeStudy(std::move(file.text), path, folderOf(path), choice);
  StudyDecodeResult out;
  out.unreadable = file.unreadable;
  out.problems.push_back({path, 0, 0, "", file.error, "", Problem::Severity::error, 0});
  return out;
}

}  // namespace meshmall::models
