// The log of what happened to chosen customers, record by record, from which their trips are told (trip.h).
//
// A plain value inside the running mall. Only customers it was told of are recorded; each method returns at once when nothing is traced, and drops what belongs to
// a call, try or strand that it has not seen start, so the mall may ask traced(customer) first or not. Recording never changes what happens: no draws, no events.
// Calls, tries and strands (a course of steps that runs by itself: an operation, a branch of `parallel`, an `orElse`) are named by numbers unique in the run.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/kernel/time.h"
#include "models/observation/layout.h"
#include "models/observation/outcome.h"

namespace meshmall::models {

inline constexpr std::uint64_t kNoId = std::numeric_limits<std::uint64_t>::max();

enum class StrandKind : std::uint8_t { main, branch, or_else };
enum class Leg : std::uint8_t { request, reply };
enum class TimeoutBy : std::uint8_t { route, application };

// Why an endpoint was picked: who was looked at, and the numbers that were drawn.
struct PickRecord {
  struct Candidate {
    std::uint32_t endpoint = 0;
    std::uint32_t active_believed = 0;  // requests in progress there, as the picking proxy counts its own
    std::uint32_t active_true = 0;      // of all callers
  };
  struct View {  // an endpoint that the proxy does not believe healthy, or with which something is wrong in truth
    std::uint32_t endpoint = 0;
    std::uint32_t believed = kNoIndex, truth = kNoIndex;  // names: "ejected", "up and fails 100 %"
  };
  std::uint32_t policy = kNoIndex;  // name, by TripRecorder::nameIndex
  std::uint32_t source = kNoIndex;  // name: the part of the cluster it was picked from, where there are parts; "priority 1 of 2, panic"
  std::vector<View> views;
  std::vector<Candidate> candidates;
  std::vector<std::uint64_t> draws;
};

enum class TripRecordKind : std::uint8_t {
  customer_arrived,
  call_started,
  routed,
  fault_delay,
  fault_aborted,
  tried,
  no_host,
  connecting,
  sent,
  lost,
  arrived,
  strand_started,
  queued,
  granted,
  refused,
  busy,
  waited,
  work_ended,
  strand_ended,
  answered,
  try_timed_out,
  try_ended,
  retry_scheduled,
  call_timed_out,
  call_ended,
  customer_left,
  remarked,
};

struct TripRecord {  // what the fields mean depends on the kind: see the method that writes it
  engine::SimTime at;
  std::uint64_t id = 0;      // the customer, call, try or strand it is about
  std::uint64_t parent = 0;  // the customer, call, try or strand it belongs to
  std::uint64_t other = 0;
  std::int64_t a = 0, b = 0, c = 0;
  std::uint32_t x = 0, y = 0;
  Outcome outcome;
  TripRecordKind kind{};
  std::uint8_t detail = 0;
};

class TripRecorder {
 public:
  using Duration = engine::Duration;
  using SimTime = engine::SimTime;

  // Customers are numbered from 1 in the order of their arrival, warm-up included.
  void traceCustomer(std::uint64_t number) {
    one_ = number;
    tracing_ = true;
  }
  void traceFirst(std::uint64_t count) {
    first_ = count;
    tracing_ = tracing_ || count > 0;
  }
  // Also every `every`-th of customers `first` to `last`; every >= 1. Takes the place of an earlier range.
  void traceRange(std::uint64_t first, std::uint64_t last, std::uint64_t every) {
    range_first_ = first;
    range_last_ = last;
    range_every_ = every;
    tracing_ = tracing_ || first <= last;
  }
  bool tracing() const { return tracing_; }
  bool traced(std::uint64_t customer) const {
    return tracing_ && customer != 0 &&
           (customer <= first_ || customer == one_ || (customer >= range_first_ && customer <= range_last_ && (customer - range_first_) % range_every_ == 0));
  }

  // Cold: hardly any customer is traced, and the code of the others' way must stay together in the cache of instructions.
  // The index of a name (a proxy, a subset, a policy) for the methods below. Some name proxies, others tell numbers: there may be many.
  [[gnu::cold]] std::uint32_t nameIndex(std::string_view name);

  [[gnu::cold]] void customerArrived(SimTime t, std::uint64_t customer, std::uint32_t traffic);
  // `proxy`: name of the caller's proxy, or kNoIndex without one. `parent_strand`: kNoId for the customer's own call.
  [[gnu::cold]] void callStarted(SimTime t, std::uint64_t call, std::uint64_t parent_strand, std::uint64_t customer, std::uint32_t flow, std::uint32_t proxy,
                   std::uint32_t thread);
  [[gnu::cold]] void routed(std::uint64_t call, std::uint32_t rule, std::uint32_t service, std::uint32_t subset,
              std::uint32_t mesh_version);  // rule, subset: kNoIndex for none
  [[gnu::cold]] void faultDelay(SimTime t, std::uint64_t call, Duration delay);
  [[gnu::cold]] void faultAborted(SimTime t, std::uint64_t call, std::uint16_t status);
  [[gnu::cold]] void noHost(SimTime t, std::uint64_t call, ResponseFlag flag, const PickRecord* reason = nullptr);
  [[gnu::cold]] void tried(SimTime t, std::uint64_t try_id, std::uint64_t call, TryKind kind, std::uint32_t endpoint, const PickRecord& reason);
  // The try had to have a connection: it waited for one and shook hands, before it was sent. What else lies between picking and sending is wait for a connection too.
  [[gnu::cold]] void connecting(SimTime t, std::uint64_t try_id, Duration wait_in_pool, Duration handshake);
  // From t on: `outbound` in the caller's proxy, then `hop` on the way. An attempt that waits for a thread is sent when it has got it.
  [[gnu::cold]] void sent(SimTime t, std::uint64_t try_id, Duration outbound, Duration hop);
  [[gnu::cold]] void lost(SimTime t, std::uint64_t try_id, Leg leg);
  [[gnu::cold]] void arrived(SimTime t, std::uint64_t try_id, Duration inbound);  // from t on: `inbound` in the callee's proxy
  [[gnu::cold]] void strandStarted(SimTime t, std::uint64_t strand, std::uint64_t try_id, std::uint64_t parent_strand, StrandKind kind);
  [[gnu::cold]] void queued(SimTime t, std::uint64_t strand);
  [[gnu::cold]] void granted(SimTime t, std::uint64_t strand);
  [[gnu::cold]] void refused(SimTime t, std::uint64_t try_id, Rejection reason);
  [[gnu::cold]] void busy(SimTime t, std::uint64_t strand, Duration planned);
  [[gnu::cold]] void waited(SimTime t, std::uint64_t strand, Duration planned);
  [[gnu::cold]] void workEnded(SimTime t, std::uint64_t strand);  // the end of a busy or a wait
  [[gnu::cold]] void strandEnded(SimTime t, std::uint64_t strand, std::uint16_t status);
  // From t on: `inbound` in the callee's proxy, `hop`, `outbound` in the caller's proxy; then the try ends.
  [[gnu::cold]] void answered(SimTime t, std::uint64_t try_id, Outcome outcome, Duration inbound, Duration hop, Duration outbound);
  [[gnu::cold]] void tryTimedOut(SimTime t, std::uint64_t try_id);
  [[gnu::cold]] void tryEnded(SimTime t, std::uint64_t try_id, Outcome outcome);
  [[gnu::cold]] void retryScheduled(SimTime t, std::uint64_t call, Duration backoff);
  [[gnu::cold]] void callTimedOut(SimTime t, std::uint64_t call, TimeoutBy by);
  // What a proxy believed when it decided about a call or a try, and what was true: one sentence, without a full stop.
  [[gnu::cold]] void remarkedOnCall(SimTime t, std::uint64_t call, std::string_view text);
  [[gnu::cold]] void remarkedOnTry(SimTime t, std::uint64_t try_id, std::string_view text);
  [[gnu::cold]] void callEnded(SimTime t, std::uint64_t call, Outcome outcome);
  [[gnu::cold]] void customerLeft(SimTime t, std::uint64_t customer, Outcome outcome, bool abandoned);

  const std::vector<TripRecord>& records() const { return records_; }
  const std::vector<PickRecord>& picks() const { return picks_; }  // of the records `tried`, by their x
  const std::vector<std::string>& names() const { return names_; }

 private:
  bool knowsCall(std::uint64_t id) const { return tracing_ && calls_.count(id) != 0; }
  bool knowsTry(std::uint64_t id) const { return tracing_ && tries_.count(id) != 0; }
  void remark(SimTime t, std::uint64_t id, std::string_view text, bool of_try);
  bool knowsStrand(std::uint64_t id) const { return tracing_ && strands_.count(id) != 0; }

  bool tracing_ = false;
  std::uint64_t one_ = 0, first_ = 0;
  std::uint64_t range_first_ = 1, range_last_ = 0, range_every_ = 1;
  std::vector<TripRecord> records_;
  std::vector<PickRecord> picks_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::uint32_t> index_of_name_;  // asked, never walked
  std::unordered_set<std::uint64_t> calls_, tries_, strands_;  // seen to start; asked, never walked
};

}  // namespace meshmall::models
