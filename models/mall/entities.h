// Who and what moves in a running mall: plain records in pools, linked by index. A trip is one customer and the tree below:
// Customer -> PendingCall (made by a strand or the customer; its retries merged) -> Try (one request sent to one endpoint, and the work done there)
// -> Strand (a course of steps; more than one where a step is parallel) -> Call ...
// Standing things: Endpoint (a counter), Proxy (the staff at a door), Upstream (what one proxy knows of one cluster).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/kernel/event_queue.h"
#include "engine/random/keyed_stream.h"
#include "models/balancing/hosts.h"
#include "models/balancing/load_balancer.h"
#include "models/mall/plan.h"
#include "models/mall/pool.h"
#include "models/mall/watch.h"
#include "models/observation/collector.h"
#include "models/resilience/circuit_breaker.h"
#include "models/resilience/outlier_detector.h"
#include "models/resilience/retry_state.h"

namespace meshmall::models {

using engine::Duration;
using engine::SimTime;
using engine::TimerId;

struct Customer {
  std::uint64_t who = 0;         // address of the random draws: traffic entry and ordinal
  std::uint64_t path = 0;        // root of the call tree's addresses
  std::uint64_t number = 0;      // the n-th to arrive, from 1
  SimTime arrived;
  TimerId leaves;                // their own timeout
  std::uint32_t traffic = 0;
  std::uint32_t call = kNil;    // the one they wait for
  std::uint32_t holders = 0;     // calls and tries that still name this record
  std::uint32_t headers = 0;     // index into the header sets; 0: none
  std::uint32_t user = kNil;    // of closed traffic
  std::uint32_t returns_left = 0;
  bool live = false;
  bool measured = false;
  bool waiting = false;          // still in the mall
  bool traced = false;
};

struct PendingCall {
  std::uint64_t path = 0;
  SimTime started;
  TimerId route_timeout, caller_timeout, pause;  // pause: injected delay or back-off
  RetryState retry;
  std::uint32_t customer = kNil;
  std::uint32_t strand = kNil;    // who waits for the answer; none: the customer, or nobody (a mirrored copy)
  std::uint32_t flow = 0;
  std::uint32_t proxy = kNil;
  std::uint32_t upstream = kNil;
  std::uint32_t first_try = kNil; // those on their way, linked
  std::uint32_t headers = 0;
  std::uint32_t rule = kNil;      // of the VirtualService
  std::uint16_t thread = 0;
  std::uint16_t tries = 0;         // made so far
  std::uint16_t mesh_version = 0;
  bool live = false;
  bool measured = false;           // counts for calls: made for a measured customer, and not in a mirrored copy
  bool mirrored = false;           // itself the copy
  bool bytes_sent = false;         // some try reached the network
  bool ended = false;              // answered already; only the delivery is outstanding
  bool traced = false;
  bool admitted = false;           // admission control waits for its outcome
  std::uint64_t trace = 0;
  Outcome outcome{};               // once ended
  std::vector<std::uint32_t> tried;  // endpoints, for the retry predicate; filled from the first failed try on
};

struct Try {
  enum class Stage : std::uint8_t { waiting_for_connection, overflowed, request_flying, request_lost, inbound, at_endpoint, answer_flying, answer_lost };
  std::uint64_t path = 0;
  std::array<std::uint64_t, 4> lanes{};  // of purpose::kTry
  SimTime arrived;                       // at the inbound proxy
  TimerId flight;                        // the event that ends the present stage
  TimerId per_try_timeout;
  TimerId cancel;                        // the news that the caller gave up, on its way
  std::uint32_t call = kNil;            // none: the caller has given it up, or it is a finished mirrored copy
  std::uint32_t next_of_call = kNil, previous_of_call = kNil;
  std::uint32_t customer = kNil;
  std::uint32_t flow = 0;
  std::uint32_t upstream = kNil;
  std::uint32_t operation = 0;           // of the endpoint's service; none: it has no operation of that name
  HostIndex host = kNoHost;
  std::uint32_t epoch = 0;               // of the upstream's membership when it was picked
  std::uint32_t endpoint = kNil;
  std::uint32_t next_pending = kNil;    // in the line for a connection
  std::uint32_t connection = 0;          // generation of the pool it was served from
  std::uint32_t connection_served = 0;   // HTTP/1: requests before it
  SimTime connection_opened;
  std::uint64_t trace = 0;
  std::uint32_t headers = 0;
  std::uint32_t strands = kNil;         // at work for it, linked
  std::uint32_t own_line = kNil, own_line_tail = kNil;  // strands that wait for this request's own worker (thread)
  std::uint16_t thread = 0;
  std::uint16_t ordinal = 0;             // among the call's tries
  std::uint16_t status = 0;              // of the work; 0: not ended
  ResponseFlag flag{};                   // of the work
  ResetReason reset{};                   // the answer is a reset
  TryKind kind = TryKind::first;
  Stage stage = Stage::waiting_for_connection;
  bool live = false;
  bool measured = false;                 // counts for endpoints: sent for a measured customer
  bool calls_measured = false;           // counts for calls
  bool server_side = false;              // the request is on its way to the callee or somewhere there
  bool traced = false;
  bool holds_worker = false;
  bool works = false;                    // its worker is busy (thread)
  bool started = false;                  // a worker has taken it
  bool queued_before = false;            // async: has met queueLimit
  bool attached = false;                 // counted as active at the caller's proxy
  bool counted = false;                  // counted at its host too
  bool told = false;                     // the callee has heard that the caller gave up
};

struct Strand {
  enum class Kind : std::uint8_t { main, branch, or_else };
  enum class State : std::uint8_t { moving, queued, own_line, busy, sharing, waiting, calling, joining };
  SimTime since;                      // queued since, or started to work
  SimTime until;                      // end of the present busy or wait
  Duration work{0};                   // of the present busy
  TimerId timer;
  std::uint32_t try_index = kNil;
  std::uint32_t parent = kNil;
  std::uint32_t pc = 0;
  std::uint32_t call = kNil;         // the one it waits for
  std::uint32_t repeats_left = 0;     // of the present call step
  std::uint32_t iteration = 0;
  std::uint32_t pending = 0;          // strands below that it waits for
  std::uint32_t next = kNil, previous = kNil;  // in the queue
  std::uint32_t next_of_try = kNil, previous_of_try = kNil;
  std::uint16_t failed_status = 0;    // worst news from below
  Kind kind = Kind::main;
  State state = State::moving;
  bool live = false;
  std::uint64_t trace = 0;
  double share_end = 0;               // processor sharing: virtual instant of completion
  std::uint64_t share_order = 0;
};

// A counter with its clerks.
struct Endpoint {
  // draining: to leave, still takes requests; terminating: takes none any more.
  enum class State : std::uint8_t { up, draining, terminating, down, starting, gone };
  struct Line {  // waiting strands of one priority
    std::uint32_t head = kNil, tail = kNil;
  };
  std::string name;
  std::uint32_t version = 0;   // in the plan's numbering
  std::uint32_t runs = 0;      // the version whose settings it has: its own, or after a promotion the canary's
  std::uint32_t service = 0;
  std::uint32_t ordinal = 0;   // index within the version
  std::uint32_t slot = 0;      // index within the service, for detectors
  std::uint32_t locality = 0;
  std::uint32_t proxy = kNil;
  std::uint32_t workers = 1;
  std::uint32_t held = 0;      // workers held (thread), busy (async), requests in service (ps)
  std::uint32_t waiting = 0;
  std::uint32_t requests = 0;  // on this side of the inbound proxy
  std::uint32_t starts = 0;    // how often it has been started
  std::uint32_t crashes = 0;   // crash events in force
  std::array<Line, 3> lines;   // by priority; only the middle one unless the discipline is priority
  State state = State::up;
  bool known = true;           // discovery lists it
  bool granting = false;
  // Processor sharing: work done by each sharer since the start (virtual time, ns), and the sharers in order of completion.
  double share_now = 0;
  SimTime share_at;
  std::vector<std::uint32_t> sharers;  // a heap of strands by share_end
  std::uint64_t share_order = 0;
  TimerId share_timer;
  std::uint32_t pod = 0;       // a new one each time it comes (a crash leaves it the same)

  bool accepts() const { return state <= State::draining; }    // new requests
  bool serves() const { return state <= State::terminating; }  // those that are there
  bool leaves() const { return state == State::draining || state == State::terminating; }
  bool stays() const { return !leaves() && state != State::gone; }
};

// The staff at a door, or whoever stands in for it.
struct Proxy {
  enum class Kind : std::uint8_t { sidecar, gateway, client, bare };  // bare: no proxy; kube-proxy chooses
  Kind kind = Kind::sidecar;
  std::string name;
  std::uint32_t caller_class = 0;  // which of a flow's route tables
  std::uint32_t endpoint = kNil;
  std::uint32_t locality = 0;
  std::uint32_t mesh_version = 0;
  std::uint32_t first_thread = 0;
  std::uint32_t threads = 1;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> upstreams;  // cluster, upstream; sorted
};

struct IdleConnection {
  SimTime since, opened;
  std::uint32_t served = 0;
};

// Connections of one proxy thread to one endpoint.
struct HostPool {
  std::vector<IdleConnection> idle;  // HTTP/1: latest last; HTTP/2: one while nothing is on the connections, if something ever was
  std::uint32_t open = 0;            // established
  std::uint32_t connecting = 0;
  std::uint32_t streams = 0;         // requests on them
  std::uint32_t pending_head = kNil, pending_tail = kNil;
  std::uint32_t pending = 0;
  std::uint32_t served = 0;          // HTTP/2: by the present connection
  std::uint32_t generation = 0;      // a new one when all connections were closed
  SimTime opened;                    // HTTP/2
};

struct UpstreamThread {
  std::optional<LoadBalancer> balancer;
  std::vector<HostPool> pools;       // by host
  std::vector<std::pair<std::uint32_t, HostPool>> retired;  // by endpoint: those no longer in the membership, while requests last
  std::uint32_t admission = kNil;    // the thread's admission control, in the mall's side table
  std::uint32_t pinned = kNil;      // endpoint that kube-proxy chose, while the connection lasts
};

// The list of a cluster that takes no notice of who asks.
inline constexpr std::uint64_t kPlainView = ~std::uint64_t{0};

// A cluster's endpoints as one kind of callers gets them.
struct ClusterView {
  std::uint64_t key = kPlainView;
  std::uint64_t listing = 0;              // number of the service's list that it was made from
  const ClusterPolicy* policy = nullptr;  // ... and the policy; another one that gives the same lists will do
  std::shared_ptr<const Membership> list;
  LocalityRule rule = LocalityRule::kNone;
};

// What one proxy knows of one cluster, and does about it. Made when first used.
struct Upstream {
  std::uint32_t proxy = kNil;
  std::uint32_t cluster = 0;
  const ClusterPolicy* policy = nullptr;  // that the state below was made for; lives in the plan
  ClusterHosts hosts;
  ResourceManager resources;
  std::optional<OutlierDetector> detector;
  TimerId tick;
  bool hashes = false;               // the balancer goes by a hash of the request
  bool passes_through = false;       // kube-proxy chooses
  bool warms_up = false;             // ... knows slow start, and must hear of changes at once
  Feedback feedback = Feedback::none;
  std::uint32_t listener = kNil;     // where there is feedback from endpoints: index into the mall's listeners
  std::uint64_t view = kPlainView;   // which of the cluster's lists it gets: as its place and labels ask
  std::uint32_t watch = kNil;        // its breakers and active checks, where it has any
  std::vector<PriorityShare> told;   // shares of the priorities as last noted
  std::uint32_t tables_told = 0;     // version of the hosts that the present hash tables were made for
  std::uint32_t warm = kNil;         // its warm-ups, in the mall's side table
  std::uint32_t generations = 0;     // of connections, given out
  std::uint32_t allowance = kNil;    // of retries, in the mall's side table
  std::vector<UpstreamThread> threads;
};

}  // namespace meshmall::models
