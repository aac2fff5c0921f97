// Which runs an experiment has, and when it has enough. The unit is a replication of a group; groups are in blocks (the variants at one sweep point), and all
// groups of a block have the same replications, so that variants can be compared pair by pair.
//
// Either a fixed number of replications; or until a watched value is known precisely enough: `first` replications, then half as many again each time (rounded
// up), until in every group of the block t s / (sqrt(R) |mean|) <= g / (1 + g) at the level of 95 %, or there are `most`. What is decided depends on the values
// alone: not on the order in which runs end, on the number of threads, nor on shards.
// A shard makes a slice: with a fixed number every n-th run, else every n-th block (whether a block has enough can only be told from all of its runs).
// Source: Law, Simulation Modeling and Analysis, ch. 9 (relative precision with the correction g / (1 + g)); the steps are this project's.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace meshmall::engine {

struct ReplicationRule {
  std::uint64_t first = 1, most = 1;  // equal: a fixed number
  double relative_half_width = 0;     // g; 0: a fixed number
  bool adaptive() const { return relative_half_width > 0 && most > first; }
  friend bool operator==(const ReplicationRule&, const ReplicationRule&) = default;
};

struct Shard {  // the index-th of count, from 1
  std::uint32_t index = 1, count = 1;
  bool whole() const { return count == 1; }
  friend bool operator==(const Shard&, const Shard&) = default;
};

struct RunId {
  std::uint32_t group = 0;
  std::uint64_t replication = 0;
  friend bool operator==(const RunId&, const RunId&) = default;
};

// The mean of `values` is known precisely enough. A missing value: no. Fewer than two: no. All equal: yes.
bool preciseEnough(const std::vector<std::optional<double>>& values, double relative_half_width);

// The number of replications after `now` have turned out not to be enough.
std::uint64_t nextStep(const ReplicationRule& rule, std::uint64_t now);

class ReplicationPlan {
 public:
  // blocks: the groups of each; each group in one block.
  ReplicationPlan(std::vector<std::vector<std::uint32_t>> blocks, ReplicationRule rule, Shard shard);

  // The run belongs to the plan as it is known by now, and it is not done.
  bool wants(RunId run) const { return open_.count(key(run)) > 0 || handed_.count(key(run)) > 0; }
  // The next run to start, by replication, then group. Nothing: all have been handed out; when others end there may be more.
  std::optional<RunId> next();
  // A run that was wanted is done; `watched`: its watched value. May add runs.
  void done(RunId run, std::optional<double> watched);

  bool finished() const { return open_.empty() && handed_.empty(); }
  std::uint64_t runsDone() const { return done_; }
  std::uint64_t runsKnown() const { return known_; }  // so far: an adaptive plan may come to want more
  std::uint64_t mostRuns() const;
  // Replications of each group of the block, as known so far; 0: the block is not this shard's.
  std::uint64_t replications(std::uint32_t block) const { return blocks_[block].target; }
  std::uint32_t blockOf(std::uint32_t group) const { return block_of_[group]; }
  // A run that is still missing; the plan is not finished.
  RunId missing() const;

 private:
  using Key = std::pair<std::uint64_t, std::uint32_t>;  // replication, group
  struct Block {
    std::vector<std::uint32_t> groups;
    std::uint64_t target = 0;
    std::uint64_t open = 0;                                   // runs below the target that are not done
    std::vector<std::vector<std::optional<double>>> watched;  // by group of the block, by replication
  };
  static Key key(RunId run) { return {run.replication, run.group}; }
  void extend(std::uint32_t block, std::uint64_t target);

  ReplicationRule rule_;
  Shard shard_;
  std::vector<Block> blocks_;
  std::vector<std::uint32_t> block_of_;
  std::set<Key> open_, handed_;
  std::uint64_t done_ = 0, known_ = 0;
};

}  // namespace meshmall::engine
