// A study as checked, plain values: the scenarios it compares and how often each is run. Made by decode_study.h; the batch runs its groups.
// A group is a variant at a sweep point; groups are variant by variant, points within a variant. Variants are in byte order, points the product of the sweep's
// lists, the first pointer (in byte order) outermost. All groups have the same seed: replication r of each meets the same customers with the same needs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/experiment/replication_plan.h"
#include "models/observation/expression.h"
#include "models/scenario/scenario.h"

namespace meshmall::models {

inline constexpr std::uint64_t kMostReplications = 100'000;
inline constexpr std::uint64_t kMostGroups = 10'000;
inline constexpr std::uint64_t kMostRuns = 1'000'000;  // of a study

using SweepPoint = std::vector<std::pair<std::string, std::string>>;  // pointer, value as written (a text without quotes)

struct StudyGroup {
  std::uint32_t variant = 0, point = 0;
  Scenario scenario;
  std::string text;  // JSON of the scenario, put together; empty unless it was asked for
};

struct Study {
  std::string name, description;
  std::vector<std::string> variants;
  std::optional<std::uint32_t> baseline;
  std::vector<SweepPoint> points;  // at least one; without a sweep it is empty
  engine::ReplicationRule replications;
  std::optional<Metric> watched;  // of the whole mall; with adaptive replications
  std::vector<Metric> metrics;    // order of results; those of the gates included; all of them where the study names none
  std::vector<Expression> gates;
  std::vector<StudyGroup> groups;  // variant * points + point
  std::uint64_t seed = 1;
  std::string fingerprint;  // of everything that could change a result: scenarios, files beside them, replications, metrics, gates, the program's version

  // The groups of each sweep point: what is compared with each other.
  std::vector<std::vector<std::uint32_t>> blocks() const;
};

}  // namespace meshmall::models
