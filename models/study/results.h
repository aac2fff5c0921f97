// What a batch found: the study's facts and the table of all its runs. `results.json` and `results.csv` are written from it, `merge` puts it together from
// shards, `compare` reads it. The same study gives the same bytes, however its runs were spread over threads, processes, machines and interruptions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/experiment/replication_plan.h"
#include "engine/experiment/sample_table.h"
#include "models/observation/metrics.h"

namespace meshmall::models {

struct GroupFacts {
  std::uint32_t point = 0;     // which sweep point: groups of one point are compared with each other
  std::string scenario;        // its name
  double warmup = 0;           // seconds; of "auto" what was found
  bool warmup_found = false;   // it was "auto"
  double simulated = 0;        // seconds
};

struct StudyFacts {
  std::string name, version, fingerprint;  // fingerprint: of the study (Study::fingerprint)
  std::uint64_t seed = 1;
  std::string baseline;  // empty: none
  engine::ReplicationRule replications;
  std::string watched;  // metric of the whole mall; empty: a fixed number of replications
  std::vector<std::string> metrics, gates;
  std::vector<GroupFacts> groups;  // as the table's

  std::vector<std::vector<std::uint32_t>> blocks() const;  // groups by sweep point
};

struct StudyResults {
  StudyFacts facts;
  engine::SampleTable table;
};

// One JSON object. Per group and column also the mean over replications with its interval (Student's t, 95 %); null where there are fewer than two values.
std::string resultsJson(const StudyResults& results);
// Tidy: `variant,point,replication,scope,metric,value,fewData`, one value a line; a value without data is empty; columns that a group lacks are left out.
std::string resultsCsv(const StudyResults& results);

// What resultsJson wrote; or what is wrong with the text.
std::variant<StudyResults, std::string> readResults(const std::string& text);

// The plan of a batch as one line of JSON: all but the rows (and warm-ups, which are found on the way). And back.
std::string planLine(const StudyResults& results);
std::variant<StudyResults, std::string> readPlanLine(const std::string& text);

// A row as one line, and back; nothing: it is none, or not one of this table.
std::string rowLine(std::uint32_t group, const engine::SampleRow& row);
struct GroupRow {
  std::uint32_t group = 0;
  engine::SampleRow row;
};
std::optional<GroupRow> readRowLine(const std::string& line, const engine::SampleTable& table);

}  // namespace meshmall::models
