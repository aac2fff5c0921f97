#include "engine/experiment/replication_plan.h"

#include <algorithm>
#include <cmath>

#include "engine/kernel/promise.h"
#include "engine/statistics/confidence.h"

namespace meshmall::engine {

namespace {

constexpr double kLevel = 0.95;

}  // namespace

bool preciseEnough(const std::vector<std::optional<double>>& values, double relative_half_width) {
  if (values.size() < 2) return false;
  std::vector<double> x;
  for (const auto& value : values) {
    if (!value) return false;
    x.push_back(*value);
  }
  const double n = static_cast<double>(x.size());
  const double half = studentQuantile(0.5 + kLevel / 2, n - 1) * std::sqrt(sampleVariance(x) / n);
  return half <= relative_half_width / (1 + relative_half_width) * std::abs(sampleMean(x));
}

std::uint64_t nextStep(const ReplicationRule& rule, std::uint64_t now) { return std::min(rule.most, std::max(now + 1, now + (now + 1) / 2)); }

ReplicationPlan::ReplicationPlan(std::vector<std::vector<std::uint32_t>> blocks, ReplicationRule rule, Shard shard) : rule_(rule), shard_(shard) {
  promise(shard.count >= 1 && shard.index >= 1 && shard.index <= shard.count, "a shard is one of its count");
  std::size_t groups = 0;
  for (const auto& block : blocks) groups += block.size();
  block_of_.resize(groups);
  for (auto& block : blocks) {
    for (const std::uint32_t group : block) block_of_[group] = static_cast<std::uint32_t>(blocks_.size());
    blocks_.push_back({std::move(block), 0, 0, {}});
    blocks_.back().watched.resize(blocks_.back().groups.size());
  }
  for (std::uint32_t b = 0; b < blocks_.size(); ++b)
    if (!rule_.adaptive() || b % shard_.count == shard_.index - 1) extend(b, rule_.first);
}

void ReplicationPlan::extend(std::uint32_t block, std::uint64_t target) {
  Block& b = blocks_[block];
  const std::uint64_t groups = block_of_.size();
  for (std::uint64_t r = b.target; r < target; ++r) {
    for (const std::uint32_t group : b.groups) {
      if (!rule_.adaptive() && (r * groups + group) % shard_.count != shard_.index - 1) continue;
      open_.insert({r, group});
      ++b.open;
      ++known_;
    }
  }
  if (rule_.adaptive())
    for (auto& values : b.watched) values.resize(target);
  b.target = target;
}

std::optional<RunId> ReplicationPlan::next() {
  if (open_.empty()) return std::nullopt;
  const Key first = *open_.begin();
  open_.erase(open_.begin());
  handed_.insert(first);
  return RunId{first.second, first.first};
}

void ReplicationPlan::done(RunId run, std::optional<double> watched) {
  promise(open_.erase(key(run)) + handed_.erase(key(run)) == 1, "a run is done once");
  ++done_;
  const std::uint32_t block = block_of_[run.group];
  Block& b = blocks_[block];
  --b.open;
  if (!rule_.adaptive()) return;
  const auto position = static_cast<std::size_t>(std::find(b.groups.begin(), b.groups.end(), run.group) - b.groups.begin());
  b.watched[position][run.replication] = watched;
  if (b.open > 0 || b.target >= rule_.most) return;
  const bool enough = std::all_of(b.watched.begin(), b.watched.end(), [&](const auto& values) { return preciseEnough(values, rule_.relative_half_width); });
  if (!enough) extend(block, nextStep(rule_, b.target));
}

std::uint64_t ReplicationPlan::mostRuns() const {
  if (!rule_.adaptive()) return known_;
  std::uint64_t most = 0;
  for (const Block& b : blocks_) most += b.target == 0 ? 0 : rule_.most * b.groups.size();
  return most;
}

RunId ReplicationPlan::missing() const {
  promise(!finished(), "a finished plan misses nothing");
  const Key first = handed_.empty() || (!open_.empty() && *open_.begin() < *handed_.begin()) ? *open_.begin() : *handed_.begin();
  return {first.second, first.first};
}

}  // namespace meshmall::engine
