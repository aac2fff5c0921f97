// What is watched while a mall runs, and what comes out: sums over a stretch of time, from which every quantity of queueing theory is a ratio.
//
// The mall is stepped event by event; levels (customers inside, held workers, requests waiting) are integrated from outside, waits at a FIFO counter are
// taken from when the line grows and shrinks, latencies come from the mall's own histograms. Times are in the units of the theory entry (`unit_ns` each).
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "models/mall/mall.h"

namespace meshmall::theory {

inline constexpr std::size_t kServices = 8, kThresholds = 10, kLevels = 80, kTail = 8, kDelays = 8;

// Offsets into Sums.
enum Sum : std::size_t {
  kTime, kStarted, kOk, kFailed, kOkLatency, kOkLatencySquared, kFailedLatency, kInside, kEjections,
  kWait, kWaitSquared,                                     // of those who waited (at most `wait_limit`), FIFO
  kCustomersDone, kTries, kTriesSquared, kRetried, kTotalDelay, kTotalDelaySquared,  // one customer at a time
  kGroups, kGroupCount, kGroupCountSquared, kGroupInRange, // customers counted off in groups
  kParts, kPartCount, kPartCountSquared, kPartProduct,     // ... in parts of a group; the product of a part's count and that of the part before
  kTailSamples,
  kArrivalsAt,                                             // by service: tries that reached an endpoint
  kWaitedAt = kArrivalsAt + kServices,                     // ... had to wait
  kWaitingAt = kWaitedAt + kServices,                      // integral of those waiting
  kHeldAt = kWaitingAt + kServices,                        // integral of held workers
  kAnswersUpTo = kHeldAt + kServices,                      // by response threshold: ok latencies not above it
  kWaitsAbove = kAnswersUpTo + kThresholds,                // by wait threshold
  kInLevel = kWaitsAbove + kThresholds,                    // time with exactly n customers inside; the last: or more
  kTailAt = kInLevel + kLevels,                            // endpoints with at least k requests, summed over samples
  kDelayAt = kTailAt + kTail,                              // time from one try to the next, by retry
  kReplicasAt = kDelayAt + kDelays,                        // integral of the endpoints counted once (replicas_at)
  kSums = kReplicasAt + kServices
};
using Sums = std::array<double, kSums>;

struct Observe {
  std::int64_t unit_ns = 10'000'000;
  double warmup = 20'000;                   // units, not measured
  std::size_t batches = 60;
  double least_batch = 0;                   // units; shorter ones would remember each other
  std::vector<std::string> services;        // watched
  std::vector<double> response_thresholds;  // units
  std::vector<double> wait_thresholds;      // units; not empty: a single FIFO counter at services[0]
  bool fifo = false;
  double wait_limit = 1e300;                // longer waits are not summed (they ended without service)
  bool one_by_one = false;                  // at most one customer is inside; tries at services[0] are counted for each
  double replicas_at = 0;                   // units: the endpoints of each service that are up or starting are counted once, then; 0: never
  bool tail = false;                        // queue lengths of all endpoints, once a unit
  std::uint64_t group = 0;                  // customers to a group; counts at the endpoints from `group_first` to the end
  std::uint64_t part = 0;                   // customers to a part of a group, at endpoint `group_first`
  std::size_t group_first = 0;
  double group_low = 0, group_high = 0;
  double rate = 0;                          // known mean of arrivals a unit of time (a control variate); 0: unknown
  double work = 0;                          // known mean of held workers at services[0], where nothing is lost; 0: unknown
};

class Observation {
 public:
  Observation(const std::shared_ptr<const models::Plan>& plan, const Observe& what, std::uint64_t seed, std::uint64_t replication);

  // Steps until the first event at or after `units`.
  void runUntil(double units);
  // Everything since the start.
  Sums sums() const;
  std::uint64_t events() const { return mall_.events(); }
  double now() const { return static_cast<double>(mall_.now().ns) / unit_; }

 private:
  void watchLevels();
  void countReplicas();
  void watchLine(std::size_t service, std::int64_t waiting);
  void watchCustomer();
  void watchGroup();
  void watchPart(std::uint64_t ended);
  void sampleTail();

  Observe what_;
  double unit_;
  models::Mall mall_;
  std::vector<std::uint32_t> service_;                // index in the scenario, of those watched
  std::vector<std::vector<std::uint32_t>> endpoints_; // of those
  std::int64_t last_ns_ = 0, next_sample_ns_ = 0;
  std::uint32_t inside_ = 0;
  std::vector<std::int64_t> waiting_;
  std::vector<std::uint32_t> held_, replicas_;
  std::deque<std::int64_t> line_;
  std::uint64_t tries_ = 0, tries_before_ = 0, done_ = 0;
  std::int64_t last_try_ns_ = 0, first_try_ns_ = 0;
  bool replicas_counted_ = false;
  std::uint64_t group_started_ = 0;
  std::vector<std::uint64_t> group_counts_;
  std::uint64_t part_started_ = 0, part_tries_ = 0;
  double part_before_ = 0;                            // its count
  Sums live_{};                                       // what is counted by stepping
};

}  // namespace meshmall::theory
