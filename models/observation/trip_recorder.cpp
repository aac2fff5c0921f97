#include "models/observation/trip_recorder.h"

#include <algorithm>

namespace meshmall::models {

using Kind = TripRecordKind;

std::uint32_t TripRecorder::nameIndex(std::string_view name) {
  const auto [found, is_new] = index_of_name_.try_emplace(std::string(name), static_cast<std::uint32_t>(names_.size()));
  if (is_new) names_.emplace_back(name);
  return found->second;
}

void TripRecorder::customerArrived(SimTime t, std::uint64_t customer, std::uint32_t traffic) {
  if (!traced(customer)) return;
  TripRecord r;
  r.at = t;
  r.id = customer;
  r.x = traffic;
  r.kind = Kind::customer_arrived;
  records_.push_back(r);
}

void TripRecorder::callStarted(SimTime t, std::uint64_t call, std::uint64_t parent_strand, std::uint64_t customer, std::uint32_t flow, std::uint32_t proxy,
                               std::uint32_t thread) {
  if (!traced(customer)) return;
  calls_.insert(call);
  TripRecord r;
  r.at = t;
  r.id = call;
  r.parent = parent_strand;
  r.other = customer;
  r.x = flow;
  r.y = proxy;
  r.a = thread;
  r.kind = Kind::call_started;
  records_.push_back(r);
}

void TripRecorder::routed(std::uint64_t call, std::uint32_t rule, std::uint32_t service, std::uint32_t subset, std::uint32_t mesh_version) {
  if (!knowsCall(call)) return;
  TripRecord r;
  r.id = call;
  r.a = rule;
  r.x = service;
  r.y = subset;
  r.b = mesh_version;
  r.kind = Kind::routed;
  records_.push_back(r);
}

void TripRecorder::faultDelay(SimTime t, std::uint64_t call, Duration delay) {
  if (!knowsCall(call)) return;
  TripRecord r;
  r.at = t;
  r.id = call;
  r.a = delay.ns;
  r.kind = Kind::fault_delay;
  records_.push_back(r);
}

void TripRecorder::faultAborted(SimTime t, std::uint64_t call, std::uint16_t status) {
  if (!knowsCall(call)) return;
  TripRecord r;
  r.at = t;
  r.id = call;
  r.outcome.status = status;
  r.kind = Kind::fault_aborted;
  records_.push_back(r);
}

void TripRecorder::noHost(SimTime t, std::uint64_t call, ResponseFlag flag, const PickRecord* reason) {
  if (!knowsCall(call)) return;
  TripRecord r;
  r.at = t;
  r.id = call;
  r.outcome.flag = flag;
  r.kind = Kind::no_host;
  r.x = kNoIndex;
  if (reason != nullptr) {
    r.x = static_cast<std::uint32_t>(picks_.size());
    picks_.push_back(*reason);
  }
  records_.push_back(r);
}

void TripRecorder::tried(SimTime t, std::uint64_t try_id, std::uint64_t call, TryKind kind, std::uint32_t endpoint, const PickRecord& reason) {
  if (!knowsCall(call)) return;
  tries_.insert(try_id);
  TripRecord r;
  r.at = t;
  r.id = try_id;
  r.parent = call;
  r.x = static_cast<std::uint32_t>(picks_.size());
  r.y = endpoint;
  r.detail = static_cast<std::uint8_t>(kind);
  r.kind = Kind::tried;
  records_.push_back(r);
  picks_.push_back(reason);
}

void TripRecorder::connecting(SimTime t, std::uint64_t try_id, Duration wait_in_pool, Duration handshake) {
  if (!knowsTry(try_id)) return;
  TripRecord r;
  r.at = t;
  r.id = try_id;
  r.a = wait_in_pool.ns;
  r.b = handshake.ns;
  r.kind = Kind::connecting;
  records_.push_back(r);
}

void TripRecorder::sent(SimTime t, std::uint64_t try_id, Duration outbound, Duration hop) {
  if (!knowsTry(try_id)) return;
  TripRecord r;
  r.at = t;
  r.id = try_id;
  r.a = outbound.ns;
  r.b = hop.ns;
  r.kind = Kind::sent;
  records_.push_back(r);
}

void TripRecorder::lost(SimTime t, std::uint64_t try_id, Leg leg) {
  if (!knowsTry(try_id)) return;
  TripRecord r;
  r.at = t;
  r.id = try_id;
  r.detail = static_cast<std::uint8_t>(leg);
  r.kind = Kind::lost;
  records_.push_back(r);
}

void TripRecorder::arrived(SimTime t, std::uint64_t try_id, Duration inbound) {
  if (!knowsTry(try_id)) return;
  TripRecord r;
  r.at = t;
  r.id = try_id;
  r.a = inbound.ns;
  r.kind = Kind::arrived;
  records_.push_back(r);
}

void TripRecorder::strandStarted(SimTime t, std::uint64_t strand, std::uint64_t try_id, std::uint64_t parent_strand, StrandKind kind) {
  if (!knowsTry(try_id)) return;
  strands_.insert(strand);
  TripRecord r;
  r.at = t;
  r.id = strand;
  r.parent = try_id;
  r.other = parent_strand;
  r.detail = static_cast<std::uint8_t>(kind);
  r.kind = Kind::strand_started;
  records_.push_back(r);
}

void TripRecorder::queued(SimTime t, std::uint64_t strand) {
  if (!knowsStrand(strand)) return;
  TripRecord r;
  r.at = t;
  r.id = strand;
  r.kind = Kind::queued;
  records_.push_back(r);
}

void TripRecorder::granted(SimTime t, std::uint64_t strand) {
  if (!knowsStrand(strand)) return;
  TripRecord r;
  r.at = t;
  r.id = strand;
  r.kind = Kind::granted;
  records_.push_back(r);
}

void TripRecorder::refused(SimTime t, std::uint64_t try_id, Rejection reason) {
  if (!knowsTry(try_id)) return;
  TripRecord r;
  r.at = t;
  r.id = try_id;
  r.detail = static_cast<std::uint8_t>(reason);
  r.kind = Kind::refused;
  records_.push_back(r);
}

void TripRecorder::busy(SimTime t, std::uint64_t strand, Duration planned) {
  if (!knowsStrand(strand)) return;
  TripRecord r;
  r.at = t;
  r.id = strand;
  r.a = planned.ns;
  r.kind = Kind::busy;
  records_.push_back(r);
}

void TripRecorder::waited(SimTime t, std::uint64_t strand, Duration planned) {
  if (!knowsStrand(strand)) return;
  TripRecord r;
  r.at = t;
  r.id = strand;
  r.a = planned.ns;
  r.kind = Kind::waited;
  records_.push_back(r);
}

void TripRecorder::workEnded(SimTime t, std::uint64_t strand) {
  if (!knowsStrand(strand)) return;
  TripRecord r;
  r.at = t;
  r.id = strand;
  r.kind = Kind::work_ended;
  records_.push_back(r);
}

void TripRecorder::strandEnded(SimTime t, std::uint64_t strand, std::uint16_t status) {
  if (!knowsStrand(strand)) return;
  TripRecord r;
  r.at = t;
  r.id = strand;
  r.outcome.status = status;
  r.kind = Kind::strand_ended;
  records_.push_back(r);
}

void TripRecorder::answered(SimTime t, std::uint64_t try_id, Outcome outcome, Duration inbound, Duration hop, Duration outbound) {
  if (!knowsTry(try_id)) return;
  TripRecord r;
  r.at = t;
  r.id = try_id;
  r.outcome = outcome;
  r.a = inbound.ns;
  r.b = hop.ns;
  r.c = outbound.ns;
  r.kind = Kind::answered;
  records_.push_back(r);
}

void TripRecorder::tryTimedOut(SimTime t, std::uint64_t try_id) {
  if (!knowsTry(try_id)) return;
  TripRecord r;
  r.at = t;
  r.id = try_id;
  r.kind = Kind::try_timed_out;
  records_.push_back(r);
}

void TripRecorder::tryEnded(SimTime t, std::uint64_t try_id, Outcome outcome) {
  if (!knowsTry(try_id)) return;
  TripRecord r;
  r.at = t;
  r.id = try_id;
  r.outcome = outcome;
  r.kind = Kind::try_ended;
  records_.push_back(r);
}

void TripRecorder::retryScheduled(SimTime t, std::uint64_t call, Duration backoff) {
  if (!knowsCall(call)) return;
  TripRecord r;
  r.at = t;
  r.id = call;
  r.a = backoff.ns;
  r.kind = Kind::retry_scheduled;
  records_.push_back(r);
}

void TripRecorder::remarkedOnCall(SimTime t, std::uint64_t call, std::string_view text) {
  if (knowsCall(call)) remark(t, call, text, false);
}

void TripRecorder::remarkedOnTry(SimTime t, std::uint64_t try_id, std::string_view text) {
  if (knowsTry(try_id)) remark(t, try_id, text, true);
}

void TripRecorder::remark(SimTime t, std::uint64_t id, std::string_view text, bool of_try) {
  TripRecord r;
  r.at = t;
  r.id = id;
  r.x = nameIndex(text);
  r.detail = of_try ? 1 : 0;
  r.kind = Kind::remarked;
  records_.push_back(r);
}

void TripRecorder::callTimedOut(SimTime t, std::uint64_t call, TimeoutBy by) {
  if (!knowsCall(call)) return;
  TripRecord r;
  r.at = t;
  r.id = call;
  r.detail = static_cast<std::uint8_t>(by);
  r.kind = Kind::call_timed_out;
  records_.push_back(r);
}

void TripRecorder::callEnded(SimTime t, std::uint64_t call, Outcome outcome) {
  if (!knowsCall(call)) return;
  TripRecord r;
  r.at = t;
  r.id = call;
  r.outcome = outcome;
  r.kind = Kind::call_ended;
  records_.push_back(r);
}

void TripRecorder::customerLeft(SimTime t, std::uint64_t customer, Outcome outcome, bool abandoned) {
  if (!traced(customer)) return;
  TripRecord r;
  r.at = t;
  r.id = customer;
  r.outcome = outcome;
  r.detail = abandoned ? 1 : 0;
  r.kind = Kind::customer_left;
  records_.push_back(r);
}

}  // namespace meshmall::models
