#include "models/balancing/round_robin.h"

namespace meshmall::models {

void RoundRobin::refresh(const ClusterHosts& hosts, std::uint32_t priority, engine::SimTime now) {
  watch_.observe(hosts, now, config_.slow_start);
  schedules_.keepPriorities(hosts.priorities());
  schedules_.rebuild(hosts, priority, watch_.inEffect(now, config_.slow_start), seed_,
                     [&](HostIndex host) { return hosts.weight(host) * slowStartFactorOf(hosts, host, now, config_.slow_start); });
}

void RoundRobin::pick(const ClusterHosts& hosts, const HostSource& source, engine::SimTime now, Pick& pick) {
  if (!schedules_.empty()) {
    if (EdfSchedule* schedule = schedules_.find(source)) {
      pick.host = *schedule->pick([&](HostIndex host) { return hosts.weight(host) * slowStartFactorOf(hosts, host, now, config_.slow_start); });
      pick.reason = PickReason::kSchedule;
      return;
    }
  }
  const HostList& list = listOf(hosts, source);
  if (list.empty()) return;
  pick.reason = PickReason::kRoundRobin;
  for (Turn& turn : turns_) {
    if (turn.source == source) {
      pick.host = list.hosts[list.by_size(turn.next++)];
      return;
    }
  }
  turns_.push_back({source, seed_ + 1});
  pick.host = list.hosts[list.by_size(seed_)];
}

}  // namespace meshmall::models
