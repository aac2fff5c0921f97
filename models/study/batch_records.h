// What a batch's journal holds, as records of text: its plan, its shard, the warm-ups it found, a line for each run, and a last one when all is done.
// Reading takes nothing on trust: records that do not belong to the plan before them make the journal a wrong one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/kernel/time.h"
#include "models/study/results.h"

namespace meshmall::models {

struct FoundWarmup {  // of the groups of a point whose scenarios say "auto"
  engine::Duration length;
  bool settled = true;  // false: the pilots were too short to tell
  friend bool operator==(const FoundWarmup&, const FoundWarmup&) = default;
};

struct BatchRecords {
  std::string plan;     // its line
  StudyResults planned;  // no rows
  engine::Shard shard;
  std::vector<std::optional<FoundWarmup>> warmups;  // by point
  std::vector<GroupRow> rows;                       // in the order they came
  bool complete = false;
};

std::string planRecord(const std::string& plan_line);
std::string shardRecord(engine::Shard shard);
std::string warmupRecord(std::uint32_t point, const FoundWarmup& warmup);
std::string runRecord(std::uint32_t group, const engine::SampleRow& row);
std::string endRecord();

// Nothing: no records, or only a plan without its shard (a start that was cut off). A text: what is wrong with them.
std::variant<std::optional<BatchRecords>, std::string> readBatchRecords(const std::vector<std::string>& records);

// The plan with these rows, in order, and the warm-ups that were found. The value watched by an adaptive plan is that of `watchedColumn`.
StudyResults resultsOf(const StudyResults& planned, const std::vector<std::optional<FoundWarmup>>& warmups, std::vector<GroupRow> rows);

// The column of the metric that decides how many replications there are.
std::optional<std::size_t> watchedColumn(const StudyResults& planned);

struct ShardFolder {
  std::string name;  // of the folder, for messages
  BatchRecords records;
};

// The shards of one batch put together: the results of the single run, or what is wrong: other plans, runs that are there twice, runs that are missing.
std::variant<StudyResults, std::string> joinShards(const std::vector<ShardFolder>& shards);

}  // namespace meshmall::models
