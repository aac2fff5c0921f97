// Counts what happens in a running mall. The mall calls one method at each step of a request's life; results are made from it at any time (result.h).
//
// A plain value: copying a mall copies its collector. Methods called for every call or try are inline and do a few integer increments and at most one histogram
// add. Counters are kept by flow, endpoint and traffic entry; services, operations, edges and the mall are sums of them, made at the end, exactly.
// `measured` says whether the customer behind it arrived inside the window; "all" counters (for the mall's audit) count every customer.
// The clock: any method with a `now` moves it; advanceTo(now) alone does too, and makes the instants at which the window opens and closes exact for the
// methods that have no `now`. Times never decrease.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kernel/time.h"
#include "engine/statistics/histogram.h"
#include "models/observation/decision.h"
#include "models/observation/layout.h"
#include "models/observation/outcome.h"
#include "models/observation/timeline.h"
#include "models/observation/windowed_level.h"

namespace meshmall::models {

inline constexpr std::size_t kBatches = 30;  // of the measured window, for confidence intervals

class Collector {
 public:
  using Duration = engine::Duration;
  using SimTime = engine::SimTime;

  struct Begun {  // of all customers, measured or not
    std::uint64_t started = 0, ended = 0;
    std::uint64_t alive() const { return started - ended; }
  };
  struct Answers {  // of measured ones
    std::uint64_t started = 0;
    engine::Histogram ok, failed;
    std::uint64_t ok_in_window = 0;  // ok answers given inside the window, whoever they are for
    std::uint64_t timeouts = 0;
    std::array<std::uint64_t, kRejections> rejected{};
  };
  struct FailedCalls {  // of measured customers, that ended alike
    Outcome outcome;
    std::uint64_t count = 0;
  };
  struct FlowCounters {
    Begun calls, tries;  // tries: mirrored copies too
    Answers answers;     // of calls, retries merged
    std::array<std::uint64_t, kTryKinds> tries_by_kind{};
    std::vector<FailedCalls> failed;  // in the order in which each outcome was first seen
  };
  struct ArrivalCounters {  // of measured tries of one flow, as the proxies of one version's endpoints see them
    std::uint32_t version = 0;
    engine::Histogram ok, failed;
    std::vector<FailedCalls> failed_alike;
  };
  struct EndpointCounters {
    Begun tries;
    Answers answers;  // of tries, as the endpoint's inbound proxy sees them
    std::uint64_t ejections = 0;
    WindowedLevel held, busy, waiting, capacity;
  };
  struct TrafficCounters {
    Begun customers;
    Answers answers;
    std::uint64_t abandoned = 0;
  };
  struct Waiting {  // requests waiting at all endpoints of a service or version
    std::int64_t now = 0, max = 0;
  };
  struct Batch {  // a slice of the window; customers belong to the one they arrive in, everything else to the one it happens in
    engine::Histogram ok;
    std::uint64_t failed = 0, ok_in_window = 0, calls = 0, attempts = 0;
  };

  Collector(const Layout& layout, Window window, Duration timeline_interval);

  // From now on what the callees' proxies answer is told apart by caller too (arrivals()); nothing is, unless somebody asks for it.
  void countArrivals() { arrivals_.resize(flows_.size()); }
  bool countsArrivals() const { return !arrivals_.empty(); }

  // ---- the clock -------------------------------------------------------------------------------------------------------
  void advanceTo(SimTime now) {
    if (now >= next_boundary_) cross(now);
  }

  // ---- customers -------------------------------------------------------------------------------------------------------
  void customerArrived(std::uint32_t traffic, SimTime now, bool measured) {
    advanceTo(now);
    TrafficCounters& t = traffic_[traffic];
    ++t.customers.started;
    t.answers.started += measured ? 1U : 0U;
    timeline_.arrived();
  }
  void customerLeft(std::uint32_t traffic, SimTime arrived, SimTime now, Outcome outcome, bool abandoned, bool measured);

  // ---- calls and tries, as the caller and its proxy see them --------------------------------------------------------------
  void callStarted(std::uint32_t flow, bool measured) {
    FlowCounters& f = flows_[flow];
    ++f.calls.started;
    f.answers.started += measured ? 1U : 0U;
    batches_[batch_].calls += measured ? 1U : 0U;
  }
  // `latency`: from the caller handing the call to its proxy until it has the answer.
  void callEnded(std::uint32_t flow, Duration latency, Outcome outcome, bool measured) {
    FlowCounters& f = flows_[flow];
    ++f.calls.ended;
    count(f.answers, latency, outcome, measured);
    if (!outcome.ok() && measured) [[unlikely]] countFailure(f.failed, outcome);
  }
  void tryStarted(std::uint32_t flow, TryKind kind, bool measured) {
    FlowCounters& f = flows_[flow];
    ++f.tries.started;
    if (kind != TryKind::mirror) timeline_.tried(kind == TryKind::retry);
    if (!measured) return;
    ++f.tries_by_kind[static_cast<std::size_t>(kind)];
    batches_[batch_].attempts += kind != TryKind::mirror ? 1U : 0U;
  }
  // A try that the caller's proxy gave up by a timeout has the flag UT.
  void tryEnded(std::uint32_t flow, Outcome outcome, bool measured) {
    FlowCounters& f = flows_[flow];
    ++f.tries.ended;
    if (outcome.flag != ResponseFlag::kUpstreamRequestTimeout) return;
    timeline_.timedOut();
    f.answers.timeouts += measured ? 1U : 0U;
  }

  // The caller's own patience ended; its tries end with the flag DC, as its proxy sees it.
  void callerTimedOut(std::uint32_t flow, bool measured) {
    timeline_.timedOut();
    flows_[flow].answers.timeouts += measured ? 1U : 0U;
  }

  // ---- endpoints ---------------------------------------------------------------------------------------------------------
  // The new endpoint's index; its capacity is its workers from now on. Also during the run.
  std::uint32_t addEndpoint(const EndpointInfo& info, SimTime now);
  void endpointTryArrived(std::uint32_t endpoint, bool measured) {
    EndpointCounters& e = endpoints_[endpoint];
    ++e.tries.started;
    e.answers.started += measured ? 1U : 0U;
  }
  // `latency`: from arrival at the inbound proxy to the answer leaving it.
  void endpointTryLeft(std::uint32_t endpoint, Duration latency, Outcome outcome, bool measured) {
    EndpointCounters& e = endpoints_[endpoint];
    ++e.tries.ended;
    if (measured && outcome.flag == ResponseFlag::kUpstreamRequestTimeout) ++e.answers.timeouts;
    count(e.answers, latency, outcome, measured);
  }
  // The same answer, by flow and version. Only where countsArrivals().
  [[gnu::cold]] void arrivalAnswered(std::uint32_t flow, std::uint32_t endpoint, Duration latency, Outcome outcome, bool measured);
  void heldWorkers(std::uint32_t endpoint, SimTime now, std::int32_t delta) {
    advanceTo(now);
    endpoints_[endpoint].held.add(now, delta, window_);
  }
  void setHeld(std::uint32_t endpoint, SimTime now, double level) {
    advanceTo(now);
    endpoints_[endpoint].held.set(now, level, window_);
  }
  void busyWorkers(std::uint32_t endpoint, SimTime now, std::int32_t delta) {
    advanceTo(now);
    endpoints_[endpoint].busy.add(now, delta, window_);
  }
  void setBusy(std::uint32_t endpoint, SimTime now, double level) {
    advanceTo(now);
    endpoints_[endpoint].busy.set(now, level, window_);
  }
  void waiting(std::uint32_t endpoint, SimTime now, std::int32_t delta) {
    advanceTo(now);
    endpoints_[endpoint].waiting.add(now, delta, window_);
    const std::uint32_t version = endpoint_info_[endpoint].version;
    countWaiting(version_waiting_[version], delta);
    countWaiting(service_waiting_[layout_->versions[version].service], delta);
  }
  void capacity(std::uint32_t endpoint, SimTime now, std::uint32_t workers) {
    advanceTo(now);
    endpoints_[endpoint].capacity.set(now, workers, window_);
  }

  // ---- the rest ----------------------------------------------------------------------------------------------------------
  // A request that was turned away; flow and endpoint as far as they are known (kNoIndex: not known).
  void rejected(Rejection reason, std::uint32_t flow_or_none, std::uint32_t endpoint_or_none, bool measured);
  void decision(SimTime now, DecisionKind kind, Subject subject, std::string_view by, Detail detail = {});
  bool keepsDecisions() const { return decisions_.size() < kDecisionsKept; }  // false: `detail` need not be made any more
  void proxyTime(Duration time) { proxy_time_ += in_window_ ? time.ns : 0; }  // spent in a proxy, counted inside the window
  void handshake() { handshakes_ += in_window_ ? 1U : 0U; }                   // a new connection, counted inside the window

  // ---- what was counted ----------------------------------------------------------------------------------------------------
  const Layout& layout() const { return *layout_; }
  const Window& window() const { return window_; }
  const std::vector<FlowCounters>& flows() const { return flows_; }
  const std::vector<std::vector<ArrivalCounters>>& arrivals() const { return arrivals_; }  // by flow; versions in the order in which they first answered
  const std::vector<EndpointCounters>& endpoints() const { return endpoints_; }
  const std::vector<EndpointInfo>& endpointInfo() const { return endpoint_info_; }
  const std::vector<TrafficCounters>& traffic() const { return traffic_; }
  const std::vector<Waiting>& versionWaiting() const { return version_waiting_; }
  const std::vector<Waiting>& serviceWaiting() const { return service_waiting_; }
  const std::vector<std::array<std::uint64_t, kRejections>>& serviceRejected() const { return service_rejected_; }
  const std::array<std::uint64_t, kRejections>& rejectedInAll() const { return rejected_; }
  const std::vector<std::uint64_t>& serviceEjections() const { return service_ejections_; }
  const std::array<std::uint64_t, kResponseFlagCount>& failedByFlag() const { return failed_by_flag_; }
  const std::vector<std::uint64_t>& failedByStatus() const { return failed_by_status_; }  // index: status
  const std::array<Batch, kBatches>& batches() const { return batches_; }
  Duration batchLength() const { return {batch_length_}; }  // the last batch may be up to 30 ns shorter
  SimTime batchEnd(std::size_t batch) const { return std::min(window_.end, SimTime{window_.begin.ns + batch_length_ * static_cast<std::int64_t>(batch + 1)}); }
  const Timeline& timeline() const { return timeline_; }
  const std::vector<Decision>& decisions() const { return decisions_; }
  std::uint64_t decisionsOmitted() const { return decisions_omitted_; }
  std::uint64_t decisionsOf(DecisionKind kind) const { return decisions_of_[static_cast<std::size_t>(kind)]; }  // kept or not
  std::uint64_t ejections() const { return ejections_; }
  engine::Int128 proxyTimeInAll() const { return proxy_time_; }
  std::uint64_t handshakes() const { return handshakes_; }
  // For audits: what has begun and not ended must be what is alive.
  Begun callsOf(std::uint32_t flow) const { return flows_[flow].calls; }
  Begun triesOf(std::uint32_t flow) const { return flows_[flow].tries; }
  Begun triesAt(std::uint32_t endpoint) const { return endpoints_[endpoint].tries; }
  Begun customersOf(std::uint32_t traffic) const { return traffic_[traffic].customers; }

 private:
  void count(Answers& answers, Duration latency, Outcome outcome, bool measured) {
    const bool ok = outcome.ok();
    if (measured) (ok ? answers.ok : answers.failed).add(latency);
    answers.ok_in_window += ok && in_window_ ? 1U : 0U;
  }
  [[gnu::cold]] static void countFailure(std::vector<FailedCalls>& failed, Outcome outcome);
  void countWaiting(Waiting& w, std::int32_t delta) {
    w.now += delta;
    if (in_window_ && w.now > w.max) w.max = w.now;
  }
  std::size_t batchOf(SimTime t) const;  // of an instant inside the window
  void cross(SimTime now);               // the clock has reached one or more boundaries: of the window, a batch, an interval
  void openWindow();
  void scheduleBoundary();

  std::shared_ptr<const Layout> layout_;
  Window window_;
  std::int64_t batch_length_ = 1;
  std::size_t batch_ = 0;   // the clock's
  bool in_window_ = false;  // the clock's
  bool window_opened_ = false;
  SimTime next_boundary_{0};

  std::vector<FlowCounters> flows_;
  std::vector<std::vector<ArrivalCounters>> arrivals_;  // empty: not counted
  std::vector<EndpointCounters> endpoints_;
  std::vector<EndpointInfo> endpoint_info_;
  std::vector<TrafficCounters> traffic_;
  std::vector<Waiting> version_waiting_, service_waiting_;
  std::vector<std::array<std::uint64_t, kRejections>> service_rejected_;
  std::vector<std::uint64_t> service_ejections_;
  std::array<std::uint64_t, kRejections> rejected_{};
  std::array<std::uint64_t, kResponseFlagCount> failed_by_flag_{};
  std::vector<std::uint64_t> failed_by_status_;
  std::array<Batch, kBatches> batches_{};
  Timeline timeline_;
  std::vector<Decision> decisions_;
  std::array<std::uint64_t, kDecisionKinds> decisions_of_{};
  std::uint64_t decisions_omitted_ = 0, ejections_ = 0, handshakes_ = 0;
  engine::Int128 proxy_time_ = 0;
};

}  // namespace meshmall::models
