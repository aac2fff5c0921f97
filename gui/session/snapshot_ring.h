// The snapshots that a session can be scrubbed back over: from the beginning to now, at even distances of simulated time, bounded in number and in bytes.
// When full every other one goes and the distance doubles, so a long run is seen as a whole, only more coarsely. Copying shares the snapshots.
// Their `series` are left out: the latest one, cut where they are, says the same (withSeries).
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "models/observation/snapshot.h"

namespace meshmall::gui {

class SnapshotRing {
 public:
  static constexpr std::size_t kMost = 400;
  static constexpr std::size_t kMostBytes = std::size_t{96} << 20;

  explicit SnapshotRing(engine::Duration distance = engine::milliseconds(100)) : distance_(distance) {}

  // A snapshot is wanted now.
  bool due(engine::SimTime now) const { return kept_.empty() || now >= next_; }
  void add(std::shared_ptr<const models::Snapshot> snapshot);
  const std::vector<std::shared_ptr<const models::Snapshot>>& all() const { return kept_; }  // oldest first
  // The latest one at or before `at`; nothing before the first.
  std::shared_ptr<const models::Snapshot> at(engine::SimTime at) const;

 private:
  static std::size_t bytesOf(const models::Snapshot& snapshot);

  std::vector<std::shared_ptr<const models::Snapshot>> kept_;
  engine::Duration distance_;
  engine::SimTime next_;
  std::size_t bytes_ = 0;
};

// The snapshot with its part of a later one's series.
std::shared_ptr<const models::Snapshot> withSeries(const models::Snapshot& snapshot, const std::shared_ptr<const models::FloorSeries>& latest);

}  // namespace meshmall::gui
