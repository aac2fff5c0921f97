#include "models/study/batch_records.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>
#include <utility>

#include "models/scenario/problems.h"

namespace meshmall::models {

namespace {

constexpr std::string_view kPlan = "plan ", kShard = "shard ", kWarmup = "warmup ", kRun = "run ", kEnd = "end";

bool starts(const std::string& text, std::string_view with) { return text.compare(0, with.size(), with) == 0; }

// Whole numbers separated by blanks, as many as there are targets.
bool numbers(std::string_view text, std::vector<std::int64_t*> into) {
  for (std::size_t i = 0; i < into.size(); ++i) {
    if (i > 0 && (text.empty() || text[0] != ' ')) return false;
    if (i > 0) text.remove_prefix(1);
    const auto end = std::from_chars(text.data(), text.data() + text.size(), *into[i]);
    if (end.ec != std::errc()) return false;
    text.remove_prefix(static_cast<std::size_t>(end.ptr - text.data()));
  }
  return text.empty();
}

bool readShard(const std::string& record, engine::Shard& shard) {
  std::int64_t index = 0, count = 0;
  if (!starts(record, kShard) || !numbers(std::string_view(record).substr(kShard.size()), {&index, &count})) return false;
  if (count < 1 || count > 1'000'000 || index < 1 || index > count) return false;
  shard = {static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(count)};
  return true;
}

bool readWarmup(const std::string& record, BatchRecords& into) {
  std::int64_t point = 0, ns = 0, settled = 0;
  if (!numbers(std::string_view(record).substr(kWarmup.size()), {&point, &ns, &settled})) return false;
  if (point < 0 || static_cast<std::size_t>(point) >= into.warmups.size() || ns < 0) return false;
  into.warmups[static_cast<std::size_t>(point)] = FoundWarmup{engine::Duration{ns}, settled != 0};
  return true;
}

std::string runName(const StudyResults& results, engine::RunId run) {
  const engine::SampleGroup& group = results.table.groups[run.group];
  const std::string point = group.pointName();
  return "replication " + std::to_string(run.replication) + " of variant " + inQuotes(group.variant) + (point.empty() ? "" : " at " + printable(point, 400));
}

std::string shardName(const ShardFolder& shard) {
  const engine::Shard& s = shard.records.shard;
  return printable(shard.name, 400) + (s.whole() ? "" : " (shard " + std::to_string(s.index) + "/" + std::to_string(s.count) + ")");
}

}  // namespace

std::string planRecord(const std::string& plan_line) { return std::string(kPlan) + plan_line; }
std::string shardRecord(engine::Shard shard) { return std::string(kShard) + std::to_string(shard.index) + ' ' + std::to_string(shard.count); }
std::string warmupRecord(std::uint32_t point, const FoundWarmup& warmup) {
  return std::string(kWarmup) + std::to_string(point) + ' ' + std::to_string(warmup.length.ns) + ' ' + (warmup.settled ? "1" : "0");
}
std::string runRecord(std::uint32_t group, const engine::SampleRow& row) { return std::string(kRun) + rowLine(group, row); }
std::string endRecord() { return std::string(kEnd); }

std::variant<std::optional<BatchRecords>, std::string> readBatchRecords(const std::vector<std::string>& records) {
  if (records.empty()) return std::optional<BatchRecords>();
  if (!starts(records[0], kPlan)) return std::string("it does not begin with a plan");
  if (records.size() == 1) return std::optional<BatchRecords>();
  BatchRecords out;
  out.plan = records[0].substr(kPlan.size());
  auto plan = readPlanLine(out.plan);
  if (const auto* wrong = std::get_if<std::string>(&plan)) return *wrong;
  out.planned = std::move(std::get<StudyResults>(plan));
  if (!readShard(records[1], out.shard)) return std::string("it does not say which shard it is");
  out.warmups.resize(out.planned.facts.blocks().size());
  for (std::size_t i = 2; i < records.size(); ++i) {
    bool good = false;
    if (starts(records[i], kWarmup)) {
      good = readWarmup(records[i], out);
    } else if (starts(records[i], kRun)) {
      auto row = readRowLine(records[i].substr(kRun.size()), out.planned.table);
      good = row.has_value();
      if (good) out.rows.push_back(std::move(*row));
    } else {
      good = out.complete = records[i] == kEnd;
    }
    if (!good) return "record " + std::to_string(i + 1) + " is not one of its plan";
  }
  return out;
}

std::optional<std::size_t> watchedColumn(const StudyResults& planned) {
  return planned.facts.watched.empty() ? std::nullopt : planned.table.column("mall", planned.facts.watched);
}

StudyResults resultsOf(const StudyResults& planned, const std::vector<std::optional<FoundWarmup>>& warmups, std::vector<GroupRow> rows) {
  StudyResults results = planned;
  for (GroupFacts& facts : results.facts.groups)
    if (facts.warmup_found && warmups[facts.point]) facts.warmup = warmups[facts.point]->length.seconds();
  std::sort(rows.begin(), rows.end(), [](const GroupRow& a, const GroupRow& b) { return std::pair(a.group, a.row.replication) < std::pair(b.group, b.row.replication); });
  for (GroupRow& row : rows) results.table.groups[row.group].rows.push_back(std::move(row.row));
  return results;
}

std::variant<StudyResults, std::string> joinShards(const std::vector<ShardFolder>& shards) {
  const BatchRecords& first = shards.front().records;
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::pair<const ShardFolder*, const GroupRow*>> runs;
  auto warmups = first.warmups;
  for (const ShardFolder& shard : shards) {
    if (shard.records.plan != first.plan) return shardName(shard) + ": is of another plan than " + shardName(shards.front());
    for (const GroupRow& row : shard.records.rows) {
      const auto [there, fresh] = runs.try_emplace({row.group, row.row.replication}, &shard, &row);
      if (!fresh) return shardName(shard) + ": " + runName(first.planned, {row.group, row.row.replication}) + " is in " + shardName(*there->second.first) + " too";
    }
    for (std::size_t p = 0; p < warmups.size(); ++p) {
      if (warmups[p] && shard.records.warmups[p] && *warmups[p] != *shard.records.warmups[p]) return shardName(shard) + ": found another warm-up than the others";
      if (!warmups[p]) warmups[p] = shard.records.warmups[p];
    }
  }
  // What a single run would have made, step by step.
  engine::ReplicationPlan plan(first.planned.facts.blocks(), first.planned.facts.replications, {});
  const auto watched = watchedColumn(first.planned);
  std::vector<GroupRow> rows;
  while (const auto run = plan.next()) {
    const auto found = runs.find({run->group, run->replication});
    if (found == runs.end()) {
      std::string unfinished;
      for (const ShardFolder& shard : shards)
        if (!shard.records.complete) unfinished += (unfinished.empty() ? "; not finished: " : ", ") + shardName(shard);
      return runName(first.planned, *run) + " is missing" + unfinished;
    }
    plan.done(*run, watched ? found->second.second->row.values[*watched] : std::nullopt);
    rows.push_back(*found->second.second);
    runs.erase(found);
  }
  if (!runs.empty()) return shardName(*runs.begin()->second.first) + ": " + runName(first.planned, {runs.begin()->first.first, runs.begin()->first.second}) + " does not belong to the plan";
  return resultsOf(first.planned, warmups, std::move(rows));
}

}  // namespace meshmall::models
