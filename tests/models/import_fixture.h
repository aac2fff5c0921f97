// Manifests in, a sound scenario out, run and looked at. Data of others is beside the project (../shared/data); tests that need it are skipped, saying so, where it is absent.
#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "models/importers/istio.h"
#include "models/importers/istio_yaml.h"
#include "models/importers/isotope.h"
#include "tests/models/shipped_scenario.h"

namespace meshmall::models {

using ImportedJson = nlohmann::ordered_json;

inline std::string sharedFile(const std::string& name) {
  std::ifstream in("../shared/data/" + name, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}
inline bool hasShared(const std::string& folder) { return std::filesystem::is_directory("../shared/data/" + folder); }

inline IstioInput manifests(const std::vector<std::string>& texts, const std::string& calls = {}, const std::string& load = {}) {
  IstioInput input;
  for (const std::string& text : texts) input.files.push_back({"file-" + std::to_string(input.files.size() + 1) + ".yaml", text});
  if (!calls.empty()) input.calls.push_back({{"--calls", calls}, false});
  if (!load.empty()) input.load = InputFile{"load.json", load};
  input.name = "imported";
  return input;
}

inline std::string problemsOf(const ImportResult& result) {
  std::string text;
  for (const Problem& problem : result.problems) text += textOf(problem) + "\n";
  return text;
}

// The scenario's JSON; errors fail the test.
inline ImportedJson importedJson(const ImportResult& result) {
  EXPECT_FALSE(result.scenario.empty()) << problemsOf(result);
  return result.scenario.empty() ? ImportedJson::object() : ImportedJson::parse(result.scenario);
}

inline Result runImported(const std::string& scenario, const std::vector<Override>& overrides = {}) {
  const DecodeResult decoded = decodeScenario(scenario, "imported.json", "", overrides);
  for (const Problem& problem : decoded.problems)
    if (problem.severity == Problem::Severity::error) ADD_FAILURE() << textOf(problem);
  Result nothing;
  if (!decoded.scenario) return nothing;
  RunOptions options;
  options.seed = decoded.scenario->run.seed;
  Mall mall(makePlan(*decoded.scenario), options);
  mall.run();
  return mall.result();
}

// True when a sentence of the list has all the words.
inline bool tells(const std::vector<std::string>& list, const std::vector<std::string>& words) {
  for (const std::string& sentence : list) {
    bool all = true;
    for (const std::string& word : words) all = all && sentence.find(word) != std::string::npos;
    if (all) return true;
  }
  return false;
}

// A Deployment and its Service, and more versions of it: workloads("reviews", {"v1", "v2"}).
inline std::string workloads(const std::string& name, const std::vector<std::string>& versions = {"v1"}) {
  std::string text = "apiVersion: v1\nkind: Service\nmetadata: {name: " + name + "}\nspec: {selector: {app: " + name + "}, ports: [{port: 80, name: http}]}\n---\n";
  for (const std::string& version : versions)
    text += "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name + "-" + version + "}\nspec:\n  replicas: 2\n  template:\n    metadata: {labels: {app: " + name + ", version: " + version +
            "}}\n    spec: {serviceAccountName: sa-" + name + "}\n---\n";
  return text;
}

}  // namespace meshmall::models
