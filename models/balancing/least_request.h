// Least request: of `choice_count` hosts drawn at random the one with the fewest active requests, or the least busy of all (full scan).
//
// Limiting cases: choice_count 1 is random balancing; unequal weights, a configured bias or slow start switch to a schedule whose weights
// are weight / (active + 1)^bias, read when a host is put back. Active requests are this proxy's own.
// Source: Envoy least_request_lb.cc; docs/reference/balancing.md#least-request
#pragma once

#include "engine/random/random_source.h"
#include "models/balancing/load_balancer_config.h"
#include "models/balancing/pick.h"
#include "models/balancing/slow_start.h"
#include "models/balancing/source_schedules.h"

namespace meshmall::models {

// weight / (active + 1)^bias; the + 1 is left out where it would overflow.
double leastRequestWeight(double weight, std::uint64_t active, double bias);

class LeastRequest {
 public:
  LeastRequest(const LeastRequestConfig& config, std::uint64_t seed, engine::SimTime created);

  void refresh(const ClusterHosts& hosts, std::uint32_t priority, engine::SimTime now);

  // Draws, choices with replacement: `choice_count` numbers, also for a single host; host i is draw mod n; a tie keeps the earlier one.
  // Without replacement (our extension): the k-th choice is draw mod (n - k + 1) of the hosts not chosen yet, in list order; at most n
  // draws. Full scan: one draw for each host that ties with the best so far; the k-th of a tie replaces it if draw mod k is 0.
  // Schedule: none. O(choice_count) (without replacement its square), full scan O(n), schedule O(log n).
  [[gnu::hot]] void pick(const ClusterHosts& hosts, const HostSource& source, engine::SimTime now, engine::RandomSource& random, Pick& pick, PickTrace* trace);

 private:
  double scheduleWeight(const ClusterHosts& hosts, HostIndex host, engine::SimTime now) const;
  [[gnu::hot]] HostIndex choose(const ClusterHosts& hosts, const HostList& list, engine::RandomSource& random, PickTrace* trace) const;
  HostIndex chooseDistinct(const ClusterHosts& hosts, const HostList& list, engine::RandomSource& random, PickTrace* trace) const;
  HostIndex scan(const ClusterHosts& hosts, const HostList& list, engine::RandomSource& random, PickTrace* trace) const;

  LeastRequestConfig config_;
  SlowStartWatch watch_;
  std::uint64_t seed_;
  double bias_;
  SourceSchedules schedules_;
};

}  // namespace meshmall::models
