// The weighted schedules of one balancer: one for each host source whose weights differ, or while slow start is in effect.
//
// Whether a source is weighted is decided at a refresh only; a refresh of a priority rebuilds all its schedules from the same seed.
// Source: Envoy load_balancer_impl.cc (EdfLoadBalancerBase).
#pragma once

#include <span>
#include <vector>

#include "models/balancing/edf_schedule.h"
#include "models/balancing/host_source.h"

namespace meshmall::models {

class SourceSchedules {
 public:
  // The source's schedule, or null when it is unweighted. O(schedules).
  EdfSchedule* find(const HostSource& source) {
    for (Entry& entry : entries_) {
      if (entry.source == source) return &entry.schedule;
    }
    return nullptr;
  }
  bool empty() const { return entries_.empty(); }

  // Drops the priority's schedules and builds those that are needed. `forced`: also when all weights are equal.
  template <class WeightOf>
  void rebuild(const ClusterHosts& hosts, std::uint32_t priority, bool forced, std::uint64_t seed, WeightOf&& weightOf) {
    std::erase_if(entries_, [priority](const Entry& entry) { return entry.source.priority == priority; });
    using Kind = HostSource::Kind;
    const PriorityGroup& group = hosts.group(priority);
    const auto build = [&](Kind kind, std::uint32_t locality, const HostList& list) {
      if (list.size() <= 1 || (list.equal_weights && !forced)) return;
      entries_.push_back({{priority, kind, locality}, EdfSchedule::afterPicks(list.hosts, weightOf, seed)});
    };
    build(Kind::kHealthy, HostSource::kNoLocality, group.healthy);
    build(Kind::kAll, HostSource::kNoLocality, group.all);
    build(Kind::kDegraded, HostSource::kNoLocality, group.degraded);
    if (hosts.config().locality == LocalityRule::kNone) return;
    for (std::uint32_t i = 0; i < group.localities.size(); ++i) {
      build(Kind::kHealthy, i, group.localities[i].healthy);
      build(Kind::kDegraded, i, group.localities[i].degraded);
    }
  }
  // Drops schedules of priorities that are no more.
  void keepPriorities(std::uint32_t count) {
    std::erase_if(entries_, [count](const Entry& entry) { return entry.source.priority >= count; });
  }

 private:
  struct Entry {
    HostSource source;
    EdfSchedule schedule;
  };
  std::vector<Entry> entries_;
};

}  // namespace meshmall::models
