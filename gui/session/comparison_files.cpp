#include "gui/session/comparison_files.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "gui/session/merge_patch.h"
#include "models/importers/istio_yaml.h"
#include "models/study/gate_rules.h"

namespace meshmall::gui {

namespace {

using Json = nlohmann::ordered_json;

// The merge patch from one value to another; both objects.
Json difference(const Json& from, const Json& to) {
  Json out = Json::object();
  for (auto it = from.begin(); it != from.end(); ++it)
    if (!to.contains(it.key())) out[it.key()] = nullptr;
  for (auto it = to.begin(); it != to.end(); ++it) {
    if (!from.contains(it.key())) out[it.key()] = *it;
    else if (from[it.key()].is_object() && it->is_object()) {
      Json inner = difference(from[it.key()], *it);
      if (!inner.empty()) out[it.key()] = std::move(inner);
    } else if (from[it.key()] != *it) {
      out[it.key()] = *it;
    }
  }
  return out;
}

std::string quoted(const std::string& word) {
  if (word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:,+@%=-") == std::string::npos && !word.empty()) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

std::string withPatch(const std::string& text, const std::string& patch) {
  Json root = Json::parse(text, nullptr, false);
  const Json change = Json::parse(patch, nullptr, false);
  if (!root.is_object() || !change.is_object()) return {};
  mergePatch(root, change);
  return root.dump(2) + "\n";
}

std::string studyText(const PolicyPair& pair) {
  const Json file = Json::parse(pair.file_text, nullptr, false), as_is = Json::parse(pair.as_is, nullptr, false), changed = Json::parse(pair.changed, nullptr, false);
  if (!file.is_object() || !as_is.is_object() || !changed.is_object()) return {};
  const auto variant = [&](const Json& wanted) {
    const Json patch = difference(file, wanted);
    return patch.empty() ? Json::object() : Json{{"patch", patch}};
  };
  Json study = {{"meshmallStudy", 1}, {"name", as_is.value("name", std::string("comparison"))}};
  study["description"] = "As it is, beside: " + pair.name + ".";
  study["scenario"] = pair.scenario;
  study["variants"] = Json::object();
  study["variants"]["as-is"] = variant(as_is);
  study["variants"]["changed"] = variant(changed);
  study["baseline"] = "as-is";
  study["replications"] = 20;
  study["metrics"] = Json::array({"throughput", "success.rate", "latency.p50", "latency.p99", "retries.amplification"});
  return study.dump(2) + "\n";
}

std::string repeatedStudyText(const RepeatedScenario& repeated) {
  const Json file = Json::parse(repeated.file_text, nullptr, false), as_is = Json::parse(repeated.as_is, nullptr, false);
  if (!file.is_object() || !as_is.is_object()) return {};
  Json patch = difference(file, as_is);
  if (patch.contains("run") && patch["run"].is_object()) {
    patch["run"].erase("seed");
    if (patch["run"].empty()) patch.erase("run");
  }
  Json study = {{"meshmallStudy", 1}, {"name", as_is.value("name", std::string("replications"))}, {"scenario", repeated.scenario}};
  if (!patch.empty()) study["variants"]["baseline"]["patch"] = std::move(patch);
  const engine::ReplicationRule& runs = repeated.runs;
  if (runs.adaptive()) study["replications"] = {{"min", runs.first}, {"max", runs.most}, {"metric", repeated.watched}, {"relativeHalfWidth", runs.relative_half_width}};
  else study["replications"] = runs.first;
  return study.dump(2) + "\n";
}

std::optional<std::string> editedSeed(const RepeatedScenario& repeated) {
  const Json file = Json::parse(repeated.file_text, nullptr, false), as_is = Json::parse(repeated.as_is, nullptr, false);
  const Json::json_pointer at("/run/seed");
  const auto seed = [&](const Json& root) { return root.is_object() && root.contains(at) ? root[at] : Json(1); };  // 1: the format's default
  if (seed(file) == seed(as_is)) return std::nullopt;
  return seed(as_is).is_string() ? seed(as_is).get<std::string>() : seed(as_is).dump();
}

std::string batchCommand(const std::string& study, const std::optional<std::string>& seed, const std::string& folder) {
  return "meshmall batch " + quoted(study) + (seed ? " --seed " + quoted(*seed) : std::string()) + " -o " + quoted(folder);
}

std::string gateText() {
  Json rules = Json::array();
  for (const models::GateRule& rule : models::defaultRules()) rules.push_back(rule.expression.text);
  return Json{{"version", 1}, {"alpha", 0.01}, {"mode", "alarm"}, {"replications", 20}, {"rules", rules}}.dump(2) + "\n";
}

Manifests manifests(const std::string& scenario_text) {
  models::IstioYaml yaml = models::istioYaml(scenario_text);
  return {std::move(yaml.text), std::move(yaml.remarks)};
}

std::string seenFrom(const std::string& study, const std::string& scenario) {
  namespace fs = std::filesystem;
  std::error_code trouble;
  const fs::path folder = fs::weakly_canonical(fs::absolute(study, trouble).parent_path(), trouble), file = fs::weakly_canonical(fs::absolute(scenario, trouble), trouble);
  const fs::path seen = file.lexically_proximate(folder);
  return seen.empty() ? scenario : seen.generic_string();
}

std::string compareCommand(const std::string& study, const std::string& gates) {
  const std::string line = "meshmall compare " + quoted(study + ":as-is") + " " + quoted(study + ":changed");
  return gates.empty() ? line : line + " --gate " + quoted(gates);
}

}  // namespace meshmall::gui
