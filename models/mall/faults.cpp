// What happens to the mall by the clock: crashes, slow and failing counters, a bad network, more counters, more customers, a new configuration.
#include <algorithm>
#include <cmath>

#include "models/mall/mall.h"
#include "models/mall/purposes.h"

namespace meshmall::models {

TimerId Mall::keepHouse(SimTime at, EventKind kind, std::uint32_t subject, std::uint64_t detail) {
  ++housekeeping_;
  return queue_.schedule(at, {kind, subject, detail});
}

void Mall::dropHouse(TimerId& id) {
  if (id.slot != engine::kNoSlot && queue_.cancel(id)) --housekeeping_;
  id = {};
}

void Mall::scheduleEffect(std::uint32_t event, std::uint32_t repetition, SimTime at) { keepHouse(at, kEffectStarts, event, repetition); }

void Mall::effectStarts(std::uint32_t index, std::uint32_t repetition) {
  const TimedEvent& event = timed(index);
  const auto timesAt = [&](unsigned lane, const Distribution& d) { return draw(d, index, std::uint64_t{repetition} << 8 | lane, purpose::kEventTimes); };
  // What stays in force need not come again (and must not add up to ever slower work).
  const bool again = event.lasts || std::holds_alternative<Crash>(event.what) || std::holds_alternative<Scale>(event.what);
  if (event.every && again) scheduleEffect(index, repetition + 1, now_ + std::max(timesAt(0, *event.every), Duration{1}));
  Effect effect;
  effect.event = index;
  effect.repetition = repetition;
  if (event.lasts) effect.ends = keepHouse(now_ + timesAt(1, *event.lasts), kEffectEnds, index, repetition);
  effect.end_place = queue_.reserve(1);
  note(DecisionKind::event, event);
  if (const auto* crashes = std::get_if<Crash>(&event.what)) crash(*crashes, effect);
  if (const auto* slow = std::get_if<Slow>(&event.what)) {
    slowDown(*slow, slow->factor);
    slows_.push_back(index);
  }
  if (std::holds_alternative<Fail>(event.what)) fails_.push_back(index);
  if (std::holds_alternative<NetworkChange>(event.what)) networks_.push_back(index);
  if (const auto* cut = std::get_if<Partition>(&event.what)) {
    partitions_.push_back(index);
    cutMessages(cut->a, cut->b);
  }
  if (const auto* scale = std::get_if<Scale>(&event.what)) {
    const std::uint32_t version = plan_->first_version[scale->service] + scale->version;
    effect.replicas_before = replicasOf(version);
    scaleTo(version, scale->replicas, "scenario");
  }
  if (const auto* patch = std::get_if<Patch>(&event.what)) {
    collector_.decision(now_, DecisionKind::patch, Subject::named("mesh"), "scenario");
    publish(Change::mesh(patch->mesh_version));
  }
  if (const auto* stop = std::get_if<StopRenewal>(&event.what)) {
    badges_.renewals_stopped.push_back(index);
    stopRenewal(*stop);
  }
  const bool can_be_ended = event.lasts || (!event.every && !std::holds_alternative<Patch>(event.what));
  if (can_be_ended || std::holds_alternative<TrafficChange>(event.what)) effects_.push_back(std::move(effect));
  if (const auto* change = std::get_if<TrafficChange>(&event.what)) setTrafficFactor(change->traffic);
}

void Mall::effectEnds(std::uint32_t index, std::uint32_t repetition) {
  const auto at = std::find_if(effects_.begin(), effects_.end(), [&](const Effect& e) { return e.event == index && e.repetition == repetition; });
  engine::promise(at != effects_.end(), "an effect ended that was not in force");
  const Effect effect = *at;
  effects_.erase(at);
  const TimedEvent& event = timed(index);
  const auto lift = [&](std::vector<std::uint32_t>& in_force) { in_force.erase(std::find(in_force.begin(), in_force.end(), index)); };
  note(DecisionKind::event_over, event);
  if (std::holds_alternative<Crash>(event.what))
    for (const std::uint32_t endpoint : effect.endpoints) restartEndpoint(endpoint);
  if (const auto* slow = std::get_if<Slow>(&event.what)) {
    lift(slows_);
    slowDown(*slow, 1 / slow->factor);
  }
  if (std::holds_alternative<Fail>(event.what)) lift(fails_);
  if (std::holds_alternative<NetworkChange>(event.what)) lift(networks_);
  if (std::holds_alternative<Partition>(event.what)) lift(partitions_);
  if (const auto* stop = std::get_if<StopRenewal>(&event.what)) {
    lift(badges_.renewals_stopped);
    resumeRenewal(*stop);
  }
  if (const auto* scale = std::get_if<Scale>(&event.what)) scaleTo(plan_->first_version[scale->service] + scale->version, effect.replicas_before, "scenario");
  if (const auto* change = std::get_if<TrafficChange>(&event.what)) setTrafficFactor(change->traffic);
}

namespace {

const char* kindOf(const TimedEvent& event) {
  constexpr const char* kNames[] = {"crash", "slow", "fail", "network", "partition", "scale", "traffic", "patch", "stopRenewal"};
  return kNames[event.what.index()];
}

}  // namespace

void Mall::note(DecisionKind kind, const TimedEvent& event) {
  if (!collector_.keepsDecisions()) return collector_.decision(now_, kind, Subject::named(kindOf(event)), "scenario");
  Detail detail;
  if (!event.note.empty()) detail.emplace_back("note", event.note);
  const auto service = [&](const EventTarget& target) {
    if (target.service) detail.emplace_back("service", scenario().services[*target.service].name);
  };
  if (const auto* c = std::get_if<Crash>(&event.what)) service(c->target);
  if (const auto* s = std::get_if<Slow>(&event.what)) {
    service(s->target);
    detail.emplace_back("factor", s->factor);
  }
  if (const auto* f = std::get_if<Fail>(&event.what)) {
    service(f->target);
    detail.emplace_back("probability", f->probability);
    detail.emplace_back("status", static_cast<double>(f->status));
  }
  if (const auto* s = std::get_if<Scale>(&event.what)) {
    detail.emplace_back("service", scenario().services[s->service].name);
    detail.emplace_back("replicas", static_cast<double>(s->replicas));
  }
  if (const auto* s = std::get_if<StopRenewal>(&event.what); s && s->service) detail.emplace_back("service", scenario().services[*s->service].name);
  if (const auto* t = std::get_if<TrafficChange>(&event.what)) {
    detail.emplace_back("traffic", scenario().traffic[t->traffic].name);
    detail.emplace_back("factor", t->factor);
  }
  collector_.decision(now_, kind, Subject::named(kindOf(event)), "scenario", std::move(detail));
}

// ---- which counters ---------------------------------------------------------------------------------------------------------------

bool Mall::matches(const EventTarget& target, const Endpoint& endpoint) const {
  if (target.service && *target.service != endpoint.service) return false;
  if (target.version && *target.version != plan_->versions[endpoint.version].index_in_service) return false;
  if (target.locality && *target.locality != endpoint.locality) return false;
  if (target.endpoints.empty()) return true;
  const std::uint32_t index = target.version ? endpoint.ordinal : endpoint.slot;
  return std::find(target.endpoints.begin(), target.endpoints.end(), index) != target.endpoints.end();
}

void Mall::crash(const Crash& crash, Effect& effect) {
  for (std::uint32_t e = 0; e < endpoints_.size(); ++e) {
    if (crash.count && effect.endpoints.size() >= *crash.count) break;
    const Endpoint::State state = endpoints_[e].state;
    const bool there = state == Endpoint::State::up || (!crash.count && (state == Endpoint::State::starting || state == Endpoint::State::down));
    if (there && matches(crash.target, endpoints_[e])) effect.endpoints.push_back(e);
  }
  for (const std::uint32_t e : effect.endpoints) {
    crashEndpoint(e);
    const Duration noticed = draw(crash.noticed, effect.event, engine::mixPath(addressOf(endpoints_[e].name), effect.repetition), purpose::kNoticed);
    if (noticed.ns == 0) crashNoticed(e, endpoints_[e].starts);
    else keepHouse(now_ + noticed, kCrashNoticed, e, endpoints_[e].starts);
  }
}

double Mall::slowFactor(const Endpoint& endpoint, std::uint32_t operation) const {
  double factor = 1;
  for (const std::uint32_t e : slows_) {
    const auto& slow = std::get<Slow>(timed(e).what);
    if (matches(slow.target, endpoint) && (!slow.target.operation || *slow.target.operation == operation)) factor *= slow.factor;
  }
  return factor;
}

// The rest of the work in progress takes `factor` times as long.
void Mall::slowDown(const Slow& slow, double factor) {
  std::vector<std::uint32_t> shared;
  for (std::uint32_t i = 0; i < strands_.slots(); ++i) {
    Strand& s = strands_[i];
    if (!s.live || (s.state != Strand::State::busy && s.state != Strand::State::sharing)) continue;
    const Try& t = tries_[s.try_index];
    Endpoint& endpoint = endpoints_[t.endpoint];
    if (!matches(slow.target, endpoint) || (slow.target.operation && *slow.target.operation != operationOf(t))) continue;
    if (s.state == Strand::State::busy) {
      s.until = now_ + stretched(s.until - now_, factor);
      drop(s.timer);
      s.timer = queue_.schedule(s.until, {kWorkDone, i, 0});
    } else {
      advanceShares(endpoint);
      s.share_end = endpoint.share_now + std::max(0.0, s.share_end - endpoint.share_now) * factor;
      shared.push_back(t.endpoint);
    }
  }
  for (const std::uint32_t endpoint : shared) resortShares(endpoint);
}

// ---- the network -------------------------------------------------------------------------------------------------------------------

// The way between two localities is cut: what is on it is lost.
void Mall::cutMessages(std::uint32_t a, std::uint32_t b) {
  cutChecks(a, b);
  for (std::uint32_t i = 0; i < tries_.slots(); ++i) {
    Try& t = tries_[i];
    if (!t.live) continue;
    const std::uint32_t here = proxies_[upstreams_[t.upstream].proxy].locality;
    const std::uint32_t there = endpoints_[t.endpoint].locality;
    if (!((here == a && there == b) || (here == b && there == a))) continue;
    drop(t.cancel);
    if (t.stage == Try::Stage::request_flying) {
      drop(t.flight);
      loseRequest(i);
    } else if (t.stage == Try::Stage::answer_flying) {
      drop(t.flight);
      t.stage = Try::Stage::answer_lost;
      if (t.traced) trips_.lost(now_, t.trace, Leg::reply);
    }
  }
}

// ---- customers -----------------------------------------------------------------------------------------------------------------------

void Mall::setTrafficFactor(std::uint32_t traffic) {
  double factor = 1;
  for (const Effect& effect : effects_) {
    const auto* change = std::get_if<TrafficChange>(&timed(effect.event).what);
    if (change && change->traffic == traffic) factor *= change->factor;
  }
  traffic_factor_[traffic] = factor;
  if (std::holds_alternative<ClosedArrivals>(scenario().traffic[traffic].arrivals)) {
    if (factor <= 0) return;
    std::vector<std::uint32_t> users;
    users.swap(parked_users_[traffic]);
    for (const std::uint32_t user : users) userThinks(traffic, user);
    return;
  }
  if (now_ >= end_) return;  // nobody new comes
  arrivals_[traffic].setFactor(now_, factor);
  drop(next_arrival_[traffic]);
  scheduleArrival(traffic);
}

}  // namespace meshmall::models
