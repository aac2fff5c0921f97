// The study's schema and its decoder say the same: key by key, and on documents.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "models/scenario/key_tables.h"
#include "models/scenario/scenario_schema.h"
#include "models/study/decode_study.h"
#include "tests/models/schema_validator.h"

namespace meshmall::models {
namespace {

using Json = nlohmann::json;

const SchemaValidator& schema() {
  static const SchemaValidator validator(studySchema());
  return validator;
}

const Json& schemaJson() { return schema().json(); }

bool valid(const Json& document) { return schema().accepts(document); }

TEST(StudySchema, HasADefinitionWithTheSameKeysForEachObjectOfTheDecoderAndDescribesEachField) {
  std::set<std::string> tables;
  for (const ObjectKeys& table : studyObjectKeys()) {
    tables.insert(std::string(table.object));
    ASSERT_TRUE(schemaJson()["definitions"].contains(std::string(table.object))) << table.object;
    const Json& properties = schemaJson()["definitions"][std::string(table.object)]["properties"];
    std::set<std::string> known;
    for (const KeyInfo& key : table.keys) known.insert(std::string(key.name));
    std::set<std::string> described;
    for (const auto& property : properties.items()) {
      described.insert(property.key());
      EXPECT_FALSE(property.value().value("description", "").empty()) << table.object << "." << property.key();
    }
    EXPECT_EQ(known, described) << table.object;
  }
  for (const auto& definition : schemaJson()["definitions"].items()) {
    EXPECT_FALSE(definition.value().value("description", "").empty()) << definition.key();
    if (!definition.value().contains("properties")) continue;
    EXPECT_EQ(tables.count(definition.key()), 1u) << definition.key();
    EXPECT_FALSE(definition.value().value("additionalProperties", true)) << definition.key();
  }
}

TEST(StudySchema, EveryShippedStudyIsValidAndDecodesWithoutAWord) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("scenarios")) {
    if (entry.path().extension() != ".json" || entry.path().parent_path().filename() == "schema") continue;
    const Json document = Json::parse(std::ifstream(entry.path()));
    if (!document.contains("meshmallStudy")) continue;
    EXPECT_TRUE(valid(document)) << entry.path();
    const StudyDecodeResult decoded = loadStudy(entry.path().string());
    EXPECT_TRUE(decoded.study);
    for (const Problem& problem : decoded.problems) ADD_FAILURE() << textOf(problem);
    ++count;
  }
  EXPECT_GE(count, 1u);
}

// A study that uses every key; its scenario is a shipped one.
Json fullDocument() {
  return Json::parse(R"({"meshmallStudy": 1, "name": "all", "description": "every key", "scenario": "2-lines.json",
    "variants": {"baseline": {"description": "as it is"}, "random": {"patch": {"mesh": {"defaults": {"trafficPolicy": {"loadBalancer": {"simple": "RANDOM"}}}}}},
                 "own": {"scenario": "2-lines.json", "set": {"/run/duration": "10s"}}},
    "sweep": {"/traffic/0/arrivals/poisson/rate": ["100/s", "200/s"]},
    "replications": {"min": 5, "max": 50, "metric": "latency.p99", "relativeHalfWidth": 0.05},
    "baseline": "baseline", "metrics": ["latency.p50"], "gates": ["increase(latency.p99) <= 5%"]})");
}

void collectPlaces(const Json& value, const Json::json_pointer& at, std::vector<Json::json_pointer>& out) {
  out.push_back(at);
  if (value.is_object()) {
    for (const auto& member : value.items()) collectPlaces(member.value(), at / member.key(), out);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) collectPlaces(value[i], at / i, out);
  }
}

// Every value of the full document replaced by others, and unknown keys put into its objects: what the schema refuses the decoder refuses, what decodes is valid.
TEST(StudySchema, WhatTheSchemaRefusesTheDecoderRefusesTooAndWhatDecodesIsValid) {
  const Json full = fullDocument();
  EXPECT_TRUE(valid(full));
  const auto decodes = [](const Json& document) { return decodeStudy(document.dump(), "s.json", "scenarios/article").study.has_value(); };
  ASSERT_TRUE(decodes(full));
  std::vector<Json::json_pointer> places;
  collectPlaces(full, Json::json_pointer(), places);
  const std::vector<Json> others = {nullptr, true, -1, 0, 1, 2, 0.5, 1e300, "", "5", "baseline", "cpu", Json::array(), Json::object(), Json::array({1}), {{"unknown", 1}}};
  std::size_t refused = 0, decoded = 0;
  for (const auto& place : places) {
    for (const Json& value : others) {
      Json document = full;
      document[place] = value;
      const bool good = decodes(document), allowed = valid(document);
      refused += allowed ? 0U : 1U;
      decoded += good ? 1U : 0U;
      EXPECT_TRUE(allowed || !good) << place.to_string() << " = " << value.dump();
    }
    Json document = full;
    if (document[place].is_object() && (place.empty() || place.to_string().find("/patch") == std::string::npos)) {
      document[place]["unknown key"] = 1;
      EXPECT_TRUE(valid(document) || !decodes(document)) << place.to_string();
    }
  }
  EXPECT_GT(refused, 100u);
  EXPECT_GT(decoded, 20u);
}

}  // namespace
}  // namespace meshmall::models
