#include "gui/session/snapshot_ring.h"

#include <algorithm>

namespace meshmall::gui {

std::size_t SnapshotRing::bytesOf(const models::Snapshot& s) {
  return sizeof s + s.services.size() * sizeof(models::ServiceState) + s.versions.size() * sizeof(models::VersionState) +
         s.endpoints.size() * (sizeof(models::EndpointState) + 16) + s.edges.size() * sizeof(models::EdgeState) +
         s.sidecars.size() * (sizeof(models::SidecarState) + 16) + s.dots.size() * sizeof(models::Dot);
}

void SnapshotRing::add(std::shared_ptr<const models::Snapshot> snapshot) {
  if (!due(snapshot->now)) return;
  next_ = snapshot->now + distance_;
  bytes_ += bytesOf(*snapshot);
  auto bare = std::make_shared<models::Snapshot>(*snapshot);
  bare->series = nullptr;
  kept_.push_back(std::move(bare));
  while (kept_.size() > 2 && (kept_.size() > kMost || bytes_ > kMostBytes)) {
    std::size_t kept = 0;
    bytes_ = 0;
    for (std::size_t i = 0; i < kept_.size(); i += 2) {
      kept_[kept] = kept_[i];
      bytes_ += bytesOf(*kept_[kept]);
      ++kept;
    }
    kept_.resize(kept);
    distance_ = distance_ * 2;
    next_ = kept_.back()->now + distance_;
  }
}

std::shared_ptr<const models::Snapshot> SnapshotRing::at(engine::SimTime at) const {
  const auto after = std::upper_bound(kept_.begin(), kept_.end(), at, [](engine::SimTime t, const auto& s) { return t < s->now; });
  return after == kept_.begin() ? nullptr : *(after - 1);
}

std::shared_ptr<const models::Snapshot> withSeries(const models::Snapshot& snapshot, const std::shared_ptr<const models::FloorSeries>& latest) {
  auto out = std::make_shared<models::Snapshot>(snapshot);
  if (!latest) return out;
  auto series = std::make_shared<models::FloorSeries>(*latest);
  const std::int64_t interval = std::max<std::int64_t>(1, snapshot.floor->interval.ns);
  const std::size_t points = std::min(latest->points(), static_cast<std::size_t>(snapshot.now.ns / interval));
  for (std::vector<double>* v : {&series->offered, &series->served, &series->failed, &series->in_flight, &series->retries, &series->timeouts, &series->rejected,
                                 &series->attempts, &series->latency_mean, &series->latency_p50, &series->latency_p99, &series->waiting, &series->utilization,
                                 &series->ejected})
    v->resize(points);
  for (models::FloorSeries::OfService& s : series->services)
    for (std::vector<float>* v : {&s.waiting, &s.utilization, &s.rate, &s.failed, &s.ejected}) v->resize(points);
  out->series = std::move(series);
  return out;
}

}  // namespace meshmall::gui
