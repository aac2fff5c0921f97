// The schema and the decoder say the same: key by key, and on documents.
#include "models/scenario/scenario_schema.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "models/scenario/decode_scenario.h"
#include "models/scenario/key_tables.h"
#include "tests/models/schema_validator.h"

namespace meshmall::models {
namespace {

using Json = nlohmann::json;

const SchemaValidator& schema() {
  static const SchemaValidator validator(scenarioSchema());
  return validator;
}

const Json& schemaJson() { return schema().json(); }

bool valid(const Json& document) { return schema().accepts(document); }

std::string problemsOf(const std::string& text, const std::string& folder = "") {
  std::string out;
  for (const Problem& problem : decodeScenario(text, "s.json", folder).problems) out += textOf(problem) + '\n';
  return out;
}

TEST(ScenarioSchema, HasADefinitionWithTheSameKeysForEachObjectOfTheDecoder) {
  for (const ObjectKeys& table : allObjectKeys()) {
    ASSERT_TRUE(schemaJson()["definitions"].contains(std::string(table.object))) << table.object;
    const Json& properties = schemaJson()["definitions"][std::string(table.object)]["properties"];
    std::set<std::string> known;
    for (const KeyInfo& key : table.keys) {
      const std::string name(key.name);
      known.insert(name);
      ASSERT_TRUE(properties.contains(name)) << table.object << "." << name << " is missing in the schema";
      EXPECT_EQ(key.support == KeySupport::not_yet, properties[name].contains("not")) << table.object << "." << name;
      const std::string description = properties[name].value("description", "");
      EXPECT_EQ(key.support == KeySupport::not_yet, description.find("Not supported yet: refused.") != std::string::npos) << table.object << "." << name;
      EXPECT_EQ(key.support == KeySupport::no_effect, description.find("it has no effect on a simulation.") != std::string::npos) << table.object << "." << name;
    }
    for (const auto& property : properties.items()) EXPECT_EQ(known.count(property.key()), 1u) << table.object << "." << property.key() << " is unknown to the decoder";
    EXPECT_EQ(known.size(), table.keys.size()) << table.object << " names a key twice";
  }
}

TEST(ScenarioSchema, DescribesEveryFieldAndEveryObject) {
  std::set<std::string> tables;
  for (const ObjectKeys& table : allObjectKeys()) tables.insert(std::string(table.object));
  for (const auto& definition : schemaJson()["definitions"].items()) {
    EXPECT_FALSE(definition.value().value("description", "").empty()) << definition.key();
    if (!definition.value().contains("properties")) continue;
    EXPECT_EQ(tables.count(definition.key()), 1u) << definition.key() << " has no table in the decoder";
    EXPECT_FALSE(definition.value().value("additionalProperties", true)) << definition.key();
    for (const auto& property : definition.value()["properties"].items()) {
      EXPECT_FALSE(property.value().value("description", "").empty()) << definition.key() << "." << property.key();
    }
  }
}

TEST(ScenarioSchema, EveryReferenceLeadsToADefinition) {
  const std::string text = scenarioSchema();
  const std::string mark = "#/definitions/";
  std::set<std::string> used;
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    const std::size_t from = at + mark.size();
    used.insert(text.substr(from, text.find('"', from) - from));
  }
  for (const std::string& name : used) EXPECT_TRUE(schemaJson()["definitions"].contains(name)) << name;
  for (const auto& definition : schemaJson()["definitions"].items()) EXPECT_EQ(used.count(definition.key()), 1u) << definition.key() << " is not used";
}

TEST(ScenarioSchema, EveryShippedScenarioIsValidAndDecodesWithoutAWord) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("scenarios")) {
    if (entry.path().extension() != ".json" || entry.path().parent_path().filename() == "schema") continue;
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    const Json document = Json::parse(text.str());
    if (document.contains("meshmallStudy")) continue;
    EXPECT_TRUE(valid(document)) << entry.path();
    EXPECT_EQ(problemsOf(text.str(), entry.path().parent_path().string()), "") << entry.path();
    ++count;
  }
  EXPECT_GE(count, 1u);
}

// Validation of a document takes a good ten milliseconds, so a run takes every n-th of the changed documents; 1 takes all.
constexpr std::size_t kEvery = 29;

// A document that uses every supported field of the format.
Json fullDocument() {
  std::ifstream file("tests/models/scenario_full.json");
  return Json::parse(file);
}

// Every place of a document, as JSON pointers.
void collectPlaces(const Json& value, const Json::json_pointer& at, std::vector<Json::json_pointer>& out) {
  out.push_back(at);
  if (value.is_object()) {
    for (const auto& member : value.items()) collectPlaces(member.value(), at / member.key(), out);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) collectPlaces(value[i], at / i, out);
  }
}

TEST(ScenarioSchema, TheFullDocumentIsValidAndDecodes) {
  const Json document = fullDocument();
  EXPECT_TRUE(valid(document));
  EXPECT_EQ(problemsOf(document.dump(), "tests/models"), "");
}

// Which of the supported keys a document uses, as "object.key", by walking the schema beside it.
void collectKeys(const Json& value, const Json& schema, const std::string& object, std::set<std::string>& used) {
  if (schema.contains("$ref")) {
    const std::string name = schema["$ref"].get<std::string>().substr(std::string("#/definitions/").size());
    collectKeys(value, schemaJson()["definitions"][name], name, used);
    return;
  }
  if (schema.contains("anyOf")) {
    for (const Json& branch : schema["anyOf"]) collectKeys(value, branch, object, used);
  }
  if (value.is_array() && schema.contains("items")) {
    for (const Json& item : value) collectKeys(item, schema["items"], object, used);
  }
  if (!value.is_object()) return;
  for (const auto& member : value.items()) {
    if (schema.contains("properties") && schema["properties"].contains(member.key())) {
      used.insert(object + "." + member.key());
      collectKeys(member.value(), schema["properties"][member.key()], object, used);
    } else if (schema.contains("additionalProperties") && schema["additionalProperties"].is_object()) {
      collectKeys(member.value(), schema["additionalProperties"], object, used);
    }
  }
}

TEST(ScenarioSchema, TheFullDocumentUsesEverySupportedKey) {
  std::set<std::string> used;
  collectKeys(fullDocument(), schemaJson()["definitions"]["scenario"], "scenario", used);
  for (const ObjectKeys& table : allObjectKeys()) {
    for (const KeyInfo& key : table.keys) {
      if (key.support == KeySupport::not_yet) continue;
      const std::string name = std::string(table.object) + "." + std::string(key.name);
      EXPECT_EQ(used.count(name), 1u) << name << " is nowhere in tests/models/scenario_full.json";
    }
  }
}

// What the schema refuses the decoder refuses too: every value of the full document replaced by wrong ones, and unknown keys put into every object.
TEST(ScenarioSchema, WhatTheSchemaRefusesTheDecoderRefusesToo) {
  const Json full = fullDocument();
  std::vector<Json::json_pointer> places;
  collectPlaces(full, Json::json_pointer(), places);
  const std::vector<Json> wrong = {nullptr, true, -1, 0, 1.5, 1e300, "", "5", "-1s", Json::array(), Json::object(), Json::array({1}), {{"unknown", 1}}};
  std::size_t refused = 0, tried = 0, turn = 0;
  for (const auto& place : places) {
    for (const Json& value : wrong) {
      if (++turn % kEvery != 0) continue;
      Json document = full;
      document[place] = value;
      ++tried;
      if (valid(document)) continue;
      ++refused;
      EXPECT_FALSE(decodeScenario(document.dump(), "s.json", "tests/models").scenario) << place.to_string() << " = " << value.dump();
    }
    if (++turn % kEvery != 0) continue;
    Json document = full;
    if (!document[place].is_object()) continue;
    document[place]["unknown key"] = 1;
    ++tried;
    if (valid(document)) continue;
    ++refused;
    EXPECT_FALSE(decodeScenario(document.dump(), "s.json", "tests/models").scenario) << place.to_string() << " with an unknown key";
  }
  EXPECT_GT(refused, tried / 2);
}

// The other way round: what decodes is valid. Values are changed within and beyond what is allowed.
TEST(ScenarioSchema, WhatDecodesIsValid) {
  const Json full = fullDocument();
  std::vector<Json::json_pointer> places;
  collectPlaces(full, Json::json_pointer(), places);
  const std::vector<Json> other = {nullptr, false, 0, 1, 2, 100, 0.5, 1.0, 503, "1s", "0s", "1m30s", "10/m", "v1", "auto", Json::array(), Json::object(), {{"exponential", {{"mean", "1ms"}}}}};
  std::size_t decoded = 0, turn = 0;
  for (const auto& place : places) {
    for (const Json& value : other) {
      if (++turn % kEvery != 0) continue;
      Json document = full;
      document[place] = value;
      if (!decodeScenario(document.dump(), "s.json", "tests/models").scenario) continue;
      ++decoded;
      EXPECT_TRUE(valid(document)) << place.to_string() << " = " << value.dump();
    }
    if (place.empty() || ++turn % kEvery != 0) continue;
    Json document = full;
    Json& parent = document.at(place.parent_pointer());
    if (parent.is_object()) {
      parent.erase(place.back());
    } else {
      parent.erase(std::stoul(place.back()));
    }
    if (!decodeScenario(document.dump(), "s.json", "tests/models").scenario) continue;
    ++decoded;
    EXPECT_TRUE(valid(document)) << "without " << place.to_string();
  }
  EXPECT_GT(decoded * kEvery, 500u);
}

TEST(ScenarioSchema, WhatIsNotSupportedYetIsRefusedByBoth) {
  const Json full = fullDocument();
  std::size_t count = 0;
  const std::vector<std::pair<std::string, std::string>> roots = {{"scenario", ""}, {"version", "/services/bakery/versions/v1"}, {"traffic", "/traffic/0"}, {"mesh", "/mesh"}, {"sidecar", "/sidecar"},
                                                                 {"trafficPolicy", "/mesh/defaults/trafficPolicy"}, {"outlierDetection", "/mesh/defaults/trafficPolicy/outlierDetection"},
                                                                 {"retries", "/mesh/defaults/retries"}, {"loadBalancer", "/mesh/defaults/trafficPolicy/loadBalancer"},
                                                                 {"authorizationPolicy", "/mesh/authorizationPolicies/allow"},
                                                                 {"authorizationSource", "/mesh/authorizationPolicies/allow/rules/0/from/0/source"},
                                                                 {"requestAuthentication", "/mesh/requestAuthentications/jwt"},
                                                                 {"jwtRule", "/mesh/requestAuthentications/jwt/jwtRules/0"}};
  for (const auto& [object, pointer] : roots) {
    for (const KeyInfo& key : keysOf(object).keys) {
      if (key.support != KeySupport::not_yet) continue;
      Json document = full;
      document[Json::json_pointer(pointer)][std::string(key.name)] = Json::object();
      EXPECT_FALSE(valid(document)) << pointer << "/" << key.name;
      const std::string problems = problemsOf(document.dump(), "tests/models");
      EXPECT_NE(problems.find(pointer + "/" + std::string(key.name) + ": \"" + std::string(key.name) + "\" is not supported yet"), std::string::npos) << problems;
      ++count;
    }
  }
  EXPECT_GT(count, 0u);
}

}  // namespace
}  // namespace meshmall::models
