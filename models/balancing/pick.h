// One pick: what the balancer is told, what it answers, and what `explain` can show of it. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/kernel/time.h"
#include "models/balancing/membership.h"
#include "models/failover/priority_load.h"

namespace meshmall::models {

struct PickContext {
  engine::SimTime now;
  std::optional<std::uint64_t> hash = {};  // of the request, for hash policies; none: a draw
  // Retry predicate previous_hosts: hosts this request has tried already. While the pick is one of them it is made again, up to
  // `reselection_attempts` more times; the last pick stands although it was tried. Empty for a first attempt.
  std::span<const HostIndex> attempted = {};
  std::uint32_t reselection_attempts = 0;
  std::span<const PriorityShare> shares = {};  // a retry priority plugin's shares instead of the cluster's; empty: the cluster's
};

enum class PickReason : std::uint8_t {
  kNone,            // the chosen list is empty
  kRoundRobin,      // next in line
  kSchedule,        // earliest deadline of the weighted schedule
  kRandom,          // by draw
  kFewestRequests,  // of the candidates
  kLowestCost,      // of the candidates (peak EWMA, Prequal)
  kHash,            // by the request's hash
  kHashBounded,     // the hash's host was over its bound, the next usable one
  kSticky           // the connection there is (pick_first)
};

struct Pick {
  HostIndex host = kNoHost;
  std::uint32_t priority = 0;
  std::uint32_t locality = ~std::uint32_t{0};  // of the priority, where one was chosen
  bool degraded = false;                       // picked among degraded hosts
  bool panic = false;                          // picked among all hosts of a panicking priority
  PickReason reason = PickReason::kNone;
  std::uint8_t repeats = 0;  // picks made again because the host had been tried

  bool found() const { return host != kNoHost; }
};

// Filled only when asked for.
struct PickTrace {
  struct Candidate {
    HostIndex host = kNoHost;
    std::uint32_t active = 0;  // requests in flight from this proxy
    double cost = 0.0;         // what was compared: active requests, EWMA cost (ns), overload factor, latency told by a probe (ns)
    engine::Duration age{0};   // of what was told
  };
  std::vector<Candidate> candidates;
  std::uint32_t eligible = 0;  // hosts in the list that was picked from
  std::optional<std::uint64_t> hash;
};

}  // namespace meshmall::models
