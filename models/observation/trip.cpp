#include "models/observation/trip.h"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace meshmall::models {

using engine::Duration;
using engine::kNever;
using engine::SimTime;

std::string_view name(TripPartKind kind) {
  constexpr std::array<std::string_view, 12> kNames = {"proxy", "hop",   "pool",    "handshake", "queue",    "busy",
                                                       "wait",  "fault", "backoff", "hedge",     "noAnswer", "other"};
  return kNames[static_cast<std::size_t>(kind)];
}

namespace {

class Builder {
 public:
  using Kind = TripRecordKind;

  Builder(const TripRecorder& recorder, std::uint64_t number, const Collector& collector) : recorder_(recorder), collector_(collector) {
    trip_.number = number;
  }

  Trip build() {
    for (const TripRecord& r : recorder_.records()) read(r);
    return finish();
  }

  // The same record by record: those that may be of this customer, in order.
  void read(const TripRecord& r) {
    if (r.kind == Kind::remarked) return readRemark(r);
    const bool mine = r.kind <= Kind::call_ended && r.kind != Kind::customer_arrived ? readOfCall(r) || readOfTry(r) || readOfStrand(r) : readOfCustomer(r);
    if (mine && r.kind != Kind::routed) last_ = std::max(last_, r.at);
  }
  Trip finish() {
    if (!trip_.found) return std::move(trip_);
    if (!trip_.ended) trip_.end = std::max(last_, trip_.arrived);
    trip_.critical_path = criticalPath(trip_);
    return std::move(trip_);
  }

 private:
  template <typename T>
  static T* at(std::vector<T>& all, const std::unordered_map<std::uint64_t, std::uint32_t>& indices, std::uint64_t id) {
    const auto found = indices.find(id);
    return found == indices.end() ? nullptr : &all[found->second];
  }
  TripCall* callOf(std::uint64_t id) { return at(trip_.calls, calls_, id); }
  TripTry* tryOf(std::uint64_t id) { return at(trip_.tries, tries_, id); }
  TripStrand* strandOf(std::uint64_t id) { return at(trip_.strands, strands_, id); }

  std::string nameAt(std::uint32_t index) const { return index < recorder_.names().size() ? recorder_.names()[index] : std::string(); }
  std::string endpointName(std::uint32_t index) const {
    return index < collector_.endpointInfo().size() ? collector_.endpointInfo()[index].name : "endpoint " + std::to_string(index);
  }

  void readRemark(const TripRecord& r) {
    TripCall* call = r.detail == 0 ? callOf(r.id) : nullptr;
    TripTry* t = r.detail != 0 ? tryOf(r.id) : nullptr;
    if (call != nullptr) call->remarks.push_back({r.at, nameAt(r.x)});
    if (t != nullptr) t->remarks.push_back({r.at, nameAt(r.x)});
  }
  bool readOfCustomer(const TripRecord& r);
  std::vector<TripView> viewsOf(const PickRecord& reason) const;
  bool readOfCall(const TripRecord& r);
  bool readOfTry(const TripRecord& r);
  bool readOfStrand(const TripRecord& r);
  void startCall(const TripRecord& r);
  void startTry(const TripRecord& r);
  void startStrand(const TripRecord& r);

  const TripRecorder& recorder_;
  const Collector& collector_;
  Trip trip_;
  SimTime last_{0};
  std::unordered_map<std::uint64_t, std::uint32_t> calls_, tries_, strands_;  // of this customer, by their numbers in the run
};

bool Builder::readOfCustomer(const TripRecord& r) {
  if (r.id != trip_.number) return false;
  if (r.kind == Kind::customer_arrived) {
    trip_.found = true;
    trip_.arrived = r.at;
    const auto& traffic = collector_.layout().traffic;
    trip_.traffic = r.x < traffic.size() ? traffic[r.x] : std::string();
  } else if (r.kind == Kind::customer_left) {
    trip_.ended = true;
    trip_.end = r.at;
    trip_.outcome = r.outcome;
    trip_.abandoned = r.detail != 0;
  }
  return true;
}

void Builder::startCall(const TripRecord& r) {
  const auto index = static_cast<std::uint32_t>(trip_.calls.size());
  TripCall call;
  const Layout& layout = collector_.layout();
  if (r.x < layout.flows.size()) {
    const Layout::OperationInfo& operation = layout.operations[layout.flows[r.x].operation];
    call.to = layout.services[operation.service] + "/" + operation.name;
  }
  call.proxy = nameAt(r.y);
  call.thread = static_cast<std::uint32_t>(r.a);
  call.started = r.at;
  calls_[r.id] = index;
  trip_.calls.push_back(std::move(call));
  if (TripStrand* parent = strandOf(r.parent)) {
    parent->steps.push_back({TripStep::Kind::call, r.at, kNever, Duration{0}, index});
  } else {
    trip_.roots.push_back(index);
  }
}

std::vector<TripView> Builder::viewsOf(const PickRecord& reason) const {
  std::vector<TripView> views;
  for (const PickRecord::View& v : reason.views) views.push_back({endpointName(v.endpoint), nameAt(v.believed), nameAt(v.truth)});
  return views;
}

bool Builder::readOfCall(const TripRecord& r) {
  if (r.kind == Kind::call_started) {
    if (r.other != trip_.number || !trip_.found) return false;
    startCall(r);
    return true;
  }
  const bool of_call = r.kind == Kind::routed || r.kind == Kind::fault_delay || r.kind == Kind::fault_aborted || r.kind == Kind::no_host ||
                       r.kind == Kind::retry_scheduled || r.kind == Kind::call_timed_out || r.kind == Kind::call_ended;
  TripCall* call = of_call ? callOf(r.id) : nullptr;
  if (call == nullptr) return false;
  switch (r.kind) {
    case Kind::routed:
      if (static_cast<std::uint64_t>(r.a) != kNoIndex) call->rule = static_cast<std::uint32_t>(r.a);
      if (r.x < collector_.layout().services.size()) call->routed_service = collector_.layout().services[r.x];
      call->subset = nameAt(r.y);
      call->mesh_version = static_cast<std::uint32_t>(r.b);
      break;
    case Kind::fault_delay:
      call->fault_delay = TripCall::Backoff{r.at, Duration{r.a}};
      break;
    case Kind::fault_aborted:
      call->fault_status = r.outcome.status;
      break;
    case Kind::no_host:
      call->no_host = r.outcome.flag;
      if (r.x != kNoIndex) call->views = viewsOf(recorder_.picks()[r.x]);
      break;
    case Kind::retry_scheduled:
      call->backoffs.push_back({r.at, Duration{r.a}});
      break;
    case Kind::call_timed_out:
      call->timed_out = r.at;
      call->timed_out_by = static_cast<TimeoutBy>(r.detail);
      break;
    default:
      call->ended = r.at;
      call->outcome = r.outcome;
  }
  return true;
}

void Builder::startTry(const TripRecord& r) {
  const auto index = static_cast<std::uint32_t>(trip_.tries.size());
  TripTry t;
  t.kind = static_cast<TryKind>(r.detail);
  t.call = calls_[r.parent];
  t.endpoint = endpointName(r.y);
  t.started = r.at;
  const PickRecord& reason = recorder_.picks()[r.x];
  t.policy = nameAt(reason.policy);
  for (const PickRecord::Candidate& c : reason.candidates) t.candidates.push_back({endpointName(c.endpoint), c.active_believed, c.active_true});
  t.draws = reason.draws;
  t.source = nameAt(reason.source);
  t.views = viewsOf(reason);
  tries_[r.id] = index;
  trip_.calls[t.call].tries.push_back(index);
  trip_.tries.push_back(std::move(t));
}

bool Builder::readOfTry(const TripRecord& r) {
  if (r.kind == Kind::tried) {
    if (callOf(r.parent) == nullptr) return false;
    startTry(r);
    return true;
  }
  const bool of_try = r.kind == Kind::connecting || r.kind == Kind::sent || r.kind == Kind::lost || r.kind == Kind::arrived || r.kind == Kind::refused ||
                      r.kind == Kind::answered || r.kind == Kind::try_timed_out || r.kind == Kind::try_ended;
  TripTry* t = of_try ? tryOf(r.id) : nullptr;
  if (t == nullptr) return false;
  switch (r.kind) {
    case Kind::connecting:
      t->connected = true;
      t->pool_wait = Duration{r.a};
      t->handshake = Duration{r.b};
      break;
    case Kind::sent:
      t->sent = r.at;
      t->out_proxy = Duration{r.a};
      t->out_hop = Duration{r.b};
      break;
    case Kind::lost:
      t->lost = r.at;
      t->lost_leg = static_cast<Leg>(r.detail);
      break;
    case Kind::arrived:
      t->arrived = r.at;
      t->out_inbound = Duration{r.a};
      break;
    case Kind::refused:
      t->refused = static_cast<Rejection>(r.detail);
      break;
    case Kind::answered:
      t->answered = r.at;
      t->answer = r.outcome;
      t->back_inbound = Duration{r.a};
      t->back_hop = Duration{r.b};
      t->back_proxy = Duration{r.c};
      break;
    case Kind::try_timed_out:
      t->timed_out = r.at;
      break;
    default:
      t->ended = r.at;
      t->outcome = r.outcome;
  }
  return true;
}

void Builder::startStrand(const TripRecord& r) {
  const auto index = static_cast<std::uint32_t>(trip_.strands.size());
  TripStrand strand;
  strand.kind = static_cast<StrandKind>(r.detail);
  strand.try_index = tries_[r.parent];
  strand.started = r.at;
  strands_[r.id] = index;
  trip_.strands.push_back(std::move(strand));
  if (TripStrand* parent = strandOf(r.other)) {
    parent->steps.push_back({TripStep::Kind::strand, r.at, kNever, Duration{0}, index});
  } else {
    tryOf(r.parent)->strands.push_back(index);
  }
}

bool Builder::readOfStrand(const TripRecord& r) {
  if (r.kind == Kind::strand_started) {
    if (tryOf(r.parent) == nullptr) return false;
    startStrand(r);
    return true;
  }
  TripStrand* strand = strandOf(r.id);
  if (strand == nullptr) return false;
  const auto begin = [&](TripStep::Kind kind) { strand->steps.push_back({kind, r.at, kNever, Duration{r.a}, 0}); };
  const auto end = [&](auto is_it) {  // the latest open step of that kind
    for (auto step = strand->steps.rbegin(); step != strand->steps.rend(); ++step) {
      if (is_it(step->kind) && step->to == kNever) {
        step->to = r.at;
        return;
      }
    }
  };
  switch (r.kind) {
    case Kind::queued:
      begin(TripStep::Kind::queue);
      break;
    case Kind::granted:
      end([](TripStep::Kind k) { return k == TripStep::Kind::queue; });
      break;
    case Kind::busy:
      begin(TripStep::Kind::busy);
      break;
    case Kind::waited:
      begin(TripStep::Kind::wait);
      break;
    case Kind::work_ended:
      end([](TripStep::Kind k) { return k == TripStep::Kind::busy || k == TripStep::Kind::wait; });
      break;
    case Kind::strand_ended:
      strand->ended = r.at;
      strand->status = r.outcome.status;
      end([](TripStep::Kind k) { return k == TripStep::Kind::queue || k == TripStep::Kind::busy || k == TripStep::Kind::wait; });
      break;
    default:
      return false;
  }
  return true;
}

// Whose record it is: a customer's own, or that of the call, try or strand it belongs to. 0: nobody's that was seen to start.
class Owners {
 public:
  std::uint64_t of(const TripRecord& r) {
    using Kind = TripRecordKind;
    switch (r.kind) {
      case Kind::customer_arrived:
      case Kind::customer_left:
        return r.id;
      case Kind::call_started:
        return calls_[r.id] = r.other;
      case Kind::tried:
        return tries_[r.id] = find(calls_, r.parent);
      case Kind::strand_started:
        return strands_[r.id] = find(tries_, r.parent);
      case Kind::routed:
      case Kind::fault_delay:
      case Kind::fault_aborted:
      case Kind::no_host:
      case Kind::retry_scheduled:
      case Kind::call_timed_out:
      case Kind::call_ended:
        return find(calls_, r.id);
      case Kind::queued:
      case Kind::granted:
      case Kind::busy:
      case Kind::waited:
      case Kind::work_ended:
      case Kind::strand_ended:
        return find(strands_, r.id);
      case Kind::remarked:
        return find(r.detail == 0 ? calls_ : tries_, r.id);
      default:
        return find(tries_, r.id);
    }
  }

 private:
  using Map = std::unordered_map<std::uint64_t, std::uint64_t>;
  static std::uint64_t find(const Map& map, std::uint64_t id) {
    const auto found = map.find(id);
    return found == map.end() ? 0 : found->second;
  }
  Map calls_, tries_, strands_;
};

}  // namespace

std::vector<Trip> buildTrips(const TripRecorder& recorder, std::uint64_t count, const Collector& collector) {
  std::vector<Builder> builders;
  Owners owners;
  for (const TripRecord& r : recorder.records()) {
    const std::uint64_t owner = owners.of(r);
    if (owner == 0 || owner > count) continue;
    while (builders.size() < owner) builders.emplace_back(recorder, builders.size() + 1, collector);
    builders[owner - 1].read(r);
  }
  std::vector<Trip> out;
  for (Builder& builder : builders) out.push_back(builder.finish());
  return out;
}

std::vector<Trip> buildAllTrips(const TripRecorder& recorder, const Collector& collector) {
  std::vector<Builder> builders;
  std::unordered_map<std::uint64_t, std::size_t> index_of;  // of a customer; asked, never walked
  Owners owners;
  for (const TripRecord& r : recorder.records()) {
    const std::uint64_t owner = owners.of(r);
    if (owner == 0) continue;
    const auto [found, fresh] = index_of.try_emplace(owner, builders.size());
    if (fresh) builders.emplace_back(recorder, owner, collector);
    builders[found->second].read(r);
  }
  std::vector<Trip> out;
  out.reserve(builders.size());
  for (Builder& builder : builders) out.push_back(builder.finish());
  return out;
}

Trip buildTrip(const TripRecorder& recorder, std::uint64_t number, const Collector& collector) { return Builder(recorder, number, collector).build(); }

}  // namespace meshmall::models
