// The floor of a running mall at an instant, as plain values: what a dashboard draws. Taken between two events, from a mall that is only read: watching changes
// nothing. Indices are those of the FloorPlan, which never changes while a scenario runs; endpoints come and go, so they are listed in the snapshot.
//
//   SnapshotTaker taker(mall);
//   mall.runUntil(taker.nextSample());  // the ends of the intervals of the timeline
//   taker.sample(mall);
//   Snapshot snapshot = taker.take(mall);
//
// Limiting cases: beyond kDots tries on their way `dots` is empty and the counts of edges and endpoints tell it all; rates are 0 before the first sample.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/kernel/time.h"
#include "models/observation/layout.h"
#include "models/observation/outcome.h"
#include "models/observation/paired_periods.h"
#include "models/observation/result.h"

namespace meshmall::models {

class Mall;

inline constexpr std::size_t kDots = 2'000;

// ---- what does not change ------------------------------------------------------------------------------------------------------

struct FloorPlan {
  struct Locality {
    std::string name, region, zone;
  };
  struct Service {
    std::string name;
    bool sidecar = true;
    std::vector<std::uint32_t> versions;  // indices below
  };
  struct Version {
    std::uint32_t service = 0;
    std::string name;
    std::vector<std::pair<std::string, std::string>> labels;
  };
  struct Edge {  // who calls whom: customers of a traffic entry, or a service
    bool from_traffic = false;
    std::uint32_t from = 0, to = 0;  // traffic entry or service; service
  };
  std::string scenario, description;
  std::uint64_t seed = 1;
  std::vector<Locality> localities;
  std::vector<Service> services;
  std::vector<Version> versions;
  std::vector<std::string> operations;  // "bakery/GET /bread"
  std::vector<std::string> traffic;
  std::vector<Edge> edges;  // customers' first, then by caller and callee
  engine::SimTime window_begin, window_end;  // the warm-up ends; no more customers are measured
  engine::Duration interval;                 // of the series
  double way_seconds = 0;                    // mean time of one way between two of the same locality: the shortest of them
  std::vector<std::string> slos;
};

// ---- what stands -----------------------------------------------------------------------------------------------------------------

struct EndpointState {
  enum class State : std::uint8_t { up, draining, terminating, down, starting, gone };
  std::string name;
  std::uint32_t version = 0, service = 0, locality = 0, ordinal = 0;
  State state = State::up;
  bool listed = true;           // discovery tells callers of it
  std::uint32_t on_old_maps = 0;    // callers' proxies that still go by it although discovery has taken it off
  std::uint32_t not_on_maps = 0;    // those that have not heard of it although discovery lists it
  std::uint32_t workers = 1, held = 0, waiting = 0;
  std::uint32_t requests = 0;   // on this side of its inbound proxy
  double slow = 1;              // work takes so many times as long
  double fails = 0;             // probability that a request fails because of an event
  std::uint32_t ejected_by = 0; // proxies that do not believe it healthy
  std::uint32_t known_to = 0;   // proxies with an opinion of it
  std::uint32_t proxy = kNoIndex;

  bool there() const { return state != State::gone; }
};

struct ServiceState {  // sums over its endpoints that are there
  std::uint32_t replicas = 0, up = 0, workers = 0, held = 0, waiting = 0, requests = 0;
  double answers_per_second = 0, failed_share = 0;     // of calls to it, in the last interval that was sampled
  std::array<std::uint64_t, kRejections> rejected{};   // so far, measured customers
  std::uint32_t ejected = 0;                           // endpoints that some proxy has ejected
  std::optional<double> p50, p95, p99;                 // ms, of calls to it so far, measured customers
  double busy_on_average = 0, workers_on_average = 0;  // over the measured window so far: the first is the offered load in erlangs as far as it was served, their ratio rho
  std::vector<std::pair<std::string, std::uint64_t>> failures;  // of calls to it so far, measured customers: "503 UO" (status, Envoy's flag; status 0: no answer), how many; most first
};
struct VersionState {
  std::uint32_t replicas = 0, up = 0, workers = 0, held = 0, waiting = 0;
  double share = 0;  // of the tries that reached the service in the last interval
};

struct EdgeState {
  double calls_per_second = 0, tries_per_second = 0, retries_per_second = 0, failed_share = 0;  // in the last interval that was sampled
  std::uint32_t calls = 0;                                     // under way
  std::uint32_t requests_flying = 0, answers_flying = 0;       // on the way there and back
  std::uint32_t retries = 0, hedges = 0;                       // of the tries under way
  std::uint64_t ok = 0, failed = 0;                            // so far, measured customers
  std::optional<double> p99;                                   // ms so far
};

// The staff at a door, or whoever stands in for it.
struct SidecarState {
  enum class Kind : std::uint8_t { sidecar, gateway, client, bare };
  std::string name;
  Kind kind = Kind::sidecar;
  std::uint32_t endpoint = kNoIndex;   // index in Snapshot::endpoints; none: at the entrance
  std::uint32_t service = kNoIndex, locality = 0;
  std::uint32_t mesh_version = 0;      // of the policies it goes by
  bool stale = false;                  // something has changed that it has not heard of
  double age = 0;                      // seconds since what it knows was told; 0 unless stale
  std::uint32_t ejected = 0, shut = 0, unhealthy = 0;  // endpoints it keeps away from: outlier detection, breakers, active checks
  std::uint32_t full = 0;              // clusters whose circuit breaker is at its limit now
  std::uint32_t retries = 0;           // in flight
  std::uint64_t retry_limit = 0;       // that the budgets and limits allow now; 0: practically unlimited
  std::uint32_t requests = 0, waiting_for_connection = 0;
  std::uint32_t concurrency_limit = 0; // adaptive concurrency, inbound; 0: none
  bool panics = false;                 // somewhere it goes by everybody, healthy or not
};

// ---- what moves ------------------------------------------------------------------------------------------------------------------

struct Dot {  // one attempt
  enum class Place : std::uint8_t { at_caller, on_the_way, at_door, in_queue, at_counter, waiting_for_others, on_the_way_back };
  enum class Mark : std::uint8_t { first, retry, hedge, mirror };
  std::uint64_t id = 0;        // the same as long as the attempt lives
  std::uint64_t customer = 0;  // the n-th to arrive, from 1
  std::uint32_t edge = 0, endpoint = kNoIndex;
  Place place = Place::on_the_way;
  Mark mark = Mark::first;
  float progress = 0;          // on the way: 0 at the caller, 1 at the callee; back: 0 at the callee (an estimate from the mean length of the way)
  std::uint16_t status = 0;    // on the way back
  bool failed = false;         // on the way back, or lost
  bool caller_left = false;    // nobody waits for it any more
};

// ---- what happens ----------------------------------------------------------------------------------------------------------------

struct RolloutView {
  std::string name, controller, phase;  // "bakery-v2", "Flagger" or "Argo Rollouts", "Progressing"
  std::uint32_t service = 0, primary = 0, canary = 0;  // versions
  std::uint32_t primary_share = 100, canary_share = 0, mirrored = 0;  // percent
  std::int64_t step = 0;                // Argo: of the steps; Flagger: ticks
  std::int64_t failed_checks = 0;
  bool begun = false, over = false;
};
struct AutoscalerView {
  std::uint32_t version = 0;
  std::int64_t current = 0, desired = 0, least = 0, most = 0;
};
struct FaultView {
  std::uint32_t event = 0;        // index in the scenario's events
  std::string kind, text, note;   // "slow", "oven: work takes 5 times as long"
  std::uint32_t service = kNoIndex;
  std::optional<engine::SimTime> until;
};
struct Mark {                     // worth a line on the charts
  enum class Kind : std::uint8_t { fault, fault_over, policy, scaling, ejection, rollout, other };
  engine::SimTime at;
  Kind kind = Kind::other;
  std::string text, note;         // "oven: work takes 5 times as long"; the caption that the scenario gives
};

// One value for each interval that has ended. Rates per second, latencies in ms (NaN: no answer). Waiting and utilization are averages over the interval where it lies in the
// measured window, else (as in the warm-up) as they stand at the interval's end; ejected as it stands there.
struct FloorSeries {
  struct OfService {
    std::vector<float> waiting, utilization, rate, failed, ejected;
  };
  std::vector<double> offered, served, failed, in_flight, retries, timeouts, rejected, attempts, latency_mean, latency_p50, latency_p99;
  std::vector<double> waiting, utilization, ejected;  // of the whole mall
  std::vector<OfService> services;
  std::size_t points() const { return offered.size(); }
};

struct LatencyBucket {
  double low_ms = 0, high_ms = 0;
  std::uint64_t count = 0;
};

struct Tallies {  // of measured customers, so far
  std::uint64_t arrived = 0, ok = 0, failed = 0;
  std::uint64_t calls = 0, attempts = 0, retries = 0, timeouts = 0, abandoned = 0, ejections = 0;
  std::optional<double> p50, p90, p95, p99, p999;  // ms
  std::array<std::uint64_t, kRejections> rejected{};
  double amplification() const { return calls > 0 ? static_cast<double>(attempts) / static_cast<double>(calls) : 1; }
  double successRate() const { return ok + failed > 0 ? static_cast<double>(ok) / static_cast<double>(ok + failed) : 1; }
};

struct Snapshot {
  std::shared_ptr<const FloorPlan> floor;
  engine::SimTime now;
  std::uint64_t events = 0;
  bool finished = false;
  std::uint32_t customers_inside = 0;
  std::vector<ServiceState> services;
  std::vector<VersionState> versions;
  std::vector<EndpointState> endpoints;
  std::vector<EdgeState> edges;
  std::vector<SidecarState> sidecars;
  std::vector<Dot> dots;              // empty when there are more than kDots
  std::uint32_t tries = 0;            // under way
  std::vector<RolloutView> rollouts;
  std::vector<AutoscalerView> autoscalers;
  std::vector<FaultView> faults;      // in force
  std::shared_ptr<const std::vector<Mark>> marks;        // so far
  std::shared_ptr<const FloorSeries> series;             // so far
  std::shared_ptr<const std::vector<LatencyBucket>> latency;  // of ok customers; about 40 buckets a decade
  std::shared_ptr<const MeasuredPeriods> periods;   // of the measured window, those that are over
  Tallies tallies;
  std::vector<SloVerdict> slos;
};

// Makes snapshots of one mall that goes forward; a copy goes on with a copy of the mall.
class SnapshotTaker {
 public:
  explicit SnapshotTaker(const Mall& mall);

  // The end of the interval under way: run the mall to here, not further, then sample(). kNever when the last one has ended.
  engine::SimTime nextSample() const { return next_; }
  // Takes the values of the interval that has just ended. O(endpoints + flows).
  void sample(const Mall& mall);

  // O(endpoints + proxies x clusters they know + tries). `thorough`: works out percentiles, distribution and SLOs anew, which takes a whole result
  // (milliseconds); else they are those of the last time.
  Snapshot take(const Mall& mall, bool thorough = true);

  const FloorPlan& floor() const { return *floor_; }

 private:
  struct Counters {
    std::vector<std::uint64_t> calls, tries, retries, ok, failed;  // by edge
    std::vector<double> held, workers, waiting;                    // by service: integrals over the measured window so far, level x seconds
    std::vector<std::uint64_t> arrived;                            // tries, by version
  };
  Counters count(const Mall& mall, engine::SimTime at) const;
  void lookThoroughly(const Mall& mall);
  void addEndpoints(const Mall& mall, Snapshot& out) const;
  void addOldMaps(const Mall& mall, Snapshot& out) const;
  void addSums(Snapshot& out) const;
  void addSidecars(const Mall& mall, Snapshot& out) const;
  SidecarState sidecarOf(const Mall& mall, std::uint32_t proxy) const;
  void addDots(const Mall& mall, Snapshot& out);
  void addWaitingCalls(const Mall& mall, Snapshot& out) const;
  void addControllers(const Mall& mall, Snapshot& out) const;
  void addFaults(const Mall& mall, Snapshot& out) const;
  void addMarks(const Mall& mall);
  void publishSeries(const Mall& mall);

  std::shared_ptr<const FloorPlan> floor_;
  std::vector<std::uint32_t> edge_of_flow_;
  engine::SimTime next_, sampled_;
  Counters before_;
  std::vector<EdgeState> edges_;         // only rates, counts so far and percentiles
  std::vector<ServiceState> services_;   // the same
  std::vector<double> version_shares_;
  FloorSeries own_;                      // what the timeline does not have
  std::shared_ptr<const FloorSeries> series_;
  std::shared_ptr<const std::vector<Mark>> marks_;
  std::size_t decisions_seen_ = 0;
  std::shared_ptr<const std::vector<LatencyBucket>> latency_;
  std::shared_ptr<const MeasuredPeriods> periods_;
  Tallies tallies_;                      // percentiles only
  std::vector<SloVerdict> verdicts_;
  struct Seen {
    std::uint64_t id = 0;
    std::uint8_t place = 0;
    engine::SimTime since;
  };
  std::vector<Seen> seen_;               // by slot of the try: since when it is where it is
};

}  // namespace meshmall::models
