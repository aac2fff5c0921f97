// One customer's trip through the mall: the tree of calls, tries, server work and further calls, and its critical path, told from the recorder's log.
// The critical path is a list of consecutive parts that partitions [arrival, answer] to the nanosecond: of parallel branches the one that ended last, of retries
// every failed try and back-off, of hedges the winner (before it started: the wait for it). A trip that has not ended is told up to its last record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kernel/time.h"
#include "models/observation/collector.h"
#include "models/observation/trip_recorder.h"

namespace meshmall::models {

enum class TripPartKind : std::uint8_t {
  proxy,      // inside a proxy, there or back
  hop,        // on the network
  pool,       // waiting for a connection
  handshake,  // making one
  queue,      // waiting for a worker
  busy,       // a worker at work
  wait,       // the operation's own wait
  fault,      // injected delay
  backoff,    // before a retry
  hedge,      // before the hedge that won was sent
  no_answer,  // nothing will come: lost, or given up before it came
  other,      // at an endpoint without any of these
};
std::string_view name(TripPartKind kind);  // "proxy", ..., "noAnswer", "other"

struct TripPart {
  TripPartKind kind = TripPartKind::other;
  std::string what;  // who or where
  engine::SimTime from, to;
  std::string shop;      // the service that was called when the time passed; empty: none
  bool in_vain = false;  // within a try that was made again: only told by criticalPathByShop
  engine::Duration length() const { return to - from; }
};

struct TripRemark {  // what a proxy believed when it decided, and what was true
  engine::SimTime at;
  std::string text;
};

// What the caller's proxy believed of an endpoint when it picked, and what was true.
struct TripView {
  std::string endpoint, believed, truth;
};

struct TripTry {
  struct Candidate {
    std::string endpoint;
    std::uint32_t active_believed = 0, active_true = 0;
  };
  TryKind kind = TryKind::first;
  std::uint32_t call = 0;
  std::string endpoint, policy, source;
  std::vector<Candidate> candidates;
  std::vector<TripView> views;
  std::vector<std::uint64_t> draws;
  engine::SimTime started, ended = engine::kNever;
  engine::Duration pool_wait, handshake;
  bool connected = false;  // a new connection was made or waited for
  std::optional<engine::SimTime> sent, arrived, answered, lost, timed_out;
  engine::Duration out_proxy, out_hop, out_inbound, back_inbound, back_hop, back_proxy;
  Leg lost_leg = Leg::request;
  std::optional<Rejection> refused;
  Outcome answer, outcome;             // as the endpoint gave it, as the caller's proxy took it
  std::vector<TripRemark> remarks;
  std::vector<std::uint32_t> strands;  // those without a parent: one, unless refused
};

struct TripStep {
  enum class Kind : std::uint8_t { queue, busy, wait, call, strand } kind = Kind::queue;
  engine::SimTime from, to = engine::kNever;
  engine::Duration planned;
  std::uint32_t index = 0;  // of the call or strand
};

struct TripStrand {
  StrandKind kind = StrandKind::main;
  std::uint32_t try_index = 0;
  engine::SimTime started, ended = engine::kNever;
  std::uint16_t status = 0;
  std::vector<TripStep> steps;  // in the order they began
};

struct TripCall {
  struct Backoff {
    engine::SimTime at;
    engine::Duration length;
  };
  std::string to;     // "bakery/GET /bread"
  std::string proxy;  // the caller's, empty without one
  std::uint32_t thread = 0;
  std::optional<std::uint32_t> rule;  // of the virtual service
  std::string routed_service, subset;
  std::optional<std::uint32_t> mesh_version;
  engine::SimTime started, ended = engine::kNever;
  std::optional<Backoff> fault_delay;
  std::optional<std::uint16_t> fault_status;
  std::optional<ResponseFlag> no_host;
  std::vector<TripView> views;  // when there was no host
  std::optional<engine::SimTime> timed_out;
  TimeoutBy timed_out_by = TimeoutBy::route;
  Outcome outcome;
  std::vector<std::uint32_t> tries;
  std::vector<Backoff> backoffs;
  std::vector<TripRemark> remarks;
};

struct Trip {
  bool found = false;  // false: no such customer, or it was not traced
  std::uint64_t number = 0;
  std::string traffic;
  engine::SimTime arrived, end;  // end: answered or left, or the last record of a trip that has not ended
  bool ended = false, abandoned = false;
  Outcome outcome;
  std::vector<TripCall> calls;
  std::vector<TripTry> tries;
  std::vector<TripStrand> strands;
  std::vector<std::uint32_t> roots;  // the customer's own calls
  std::vector<TripPart> critical_path;
  engine::Duration latency() const { return end - arrived; }
};

// `collector`: of the same mall, for the names. Linear in the length of the log.
Trip buildTrip(const TripRecorder& recorder, std::uint64_t number, const Collector& collector);

// Those of customers 1 to `count`, fewer where fewer came: one pass over the log.
std::vector<Trip> buildTrips(const TripRecorder& recorder, std::uint64_t count, const Collector& collector);

// Those of all customers that were traced, by number: one pass over the log.
std::vector<Trip> buildAllTrips(const TripRecorder& recorder, const Collector& collector);

// The parts of [trip.arrived, trip.end], each longer than nothing, without gap or overlap.
std::vector<TripPart> criticalPath(const Trip& trip);

// The same parts, cut further where the called service changes or a try was in vain.
std::vector<TripPart> criticalPathByShop(const Trip& trip);

// A tree with the start (since the arrival) and length of everything in milliseconds, then the critical path and its sum.
std::string tripText(const Trip& trip);
// One object; all times are whole nanoseconds since the customer's arrival.
std::string tripJson(const Trip& trip);
// {"meshmall": 1, "trips": [...]}
std::string tripsJson(const std::vector<Trip>& trips);

}  // namespace meshmall::models
