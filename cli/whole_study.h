// All runs of a study, or a shard's share of them: so many replications of every group, or until a watched value is precise enough.
#pragma once

#include <optional>

#include "cli/study_runs.h"

namespace meshmall::cli {

class WholeStudy final : public RunSchedule {
 public:
  WholeStudy(const models::Study& study, engine::Shard shard, std::optional<std::size_t> watched)
      : plan_(study.blocks(), study.replications, shard), adaptive_(study.replications.adaptive()), watched_(watched) {}

  bool hasPoint(std::uint32_t point) const override { return plan_.replications(point) > 0; }
  bool wants(engine::RunId run) const override { return plan_.wants(run); }
  std::optional<engine::RunId> next() override { return plan_.next(); }
  void done(const models::GroupRow& row) override { plan_.done({row.group, row.row.replication}, watched_ ? row.row.values[*watched_] : std::nullopt); }
  bool finished() const override { return plan_.finished(); }
  std::uint64_t runsDone() const override { return plan_.runsDone(); }
  std::uint64_t runsKnown() const override { return plan_.runsKnown(); }
  bool mayGrow() const override { return adaptive_; }
  std::uint64_t mostRuns() const { return plan_.mostRuns(); }

 private:
  engine::ReplicationPlan plan_;
  const bool adaptive_;
  const std::optional<std::size_t> watched_;
};

}  // namespace meshmall::cli
