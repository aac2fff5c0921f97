// The critical path of a trip: a cursor moves from the arrival to the end, and every part is cut off at the cursor and at the end of what contains it.
// So the parts have neither gap nor overlap whatever the log says; what the log does not explain is called "other", or the proxy's where a proxy had it.
#include <algorithm>

#include "models/observation/trip.h"

namespace meshmall::models {

using engine::kNever;
using engine::SimTime;

namespace {

using K = TripPartKind;

class Path {
 public:
  // `by_shop`: parts are cut where the called service changes or a try was in vain.
  Path(const Trip& trip, bool by_shop) : trip_(trip), by_shop_(by_shop), cursor_(trip.arrived) {}

  std::vector<TripPart> walk() {
    for (const std::uint32_t root : trip_.roots) walkCall(trip_.calls[root], trip_.end);
    emit(K::other, trip_.traffic, trip_.end, trip_.end);
    return std::move(parts_);
  }

 private:
  struct Link {  // of the chain of tries that led to a call's end
    std::uint32_t try_index = kNoIndex;
    bool hedge = false;  // the part of `try_index` that was the wait for the next, a hedge
    SimTime until;       // the try counts on the path up to here
    SimTime next;        // then there is back-off up to here
  };

  // From the cursor to `to`, at most to `until`.
  void emit(K kind, const std::string& what, SimTime to, SimTime until) {
    const SimTime end = std::min(to, until);
    if (end <= cursor_) return;
    const bool goes_on = !parts_.empty() && parts_.back().kind == kind && parts_.back().what == what && kind != K::busy;
    if (goes_on && (!by_shop_ || (parts_.back().shop == shop_ && parts_.back().in_vain == (in_vain_ > 0)))) {
      parts_.back().to = end;
    } else {
      parts_.push_back({kind, what, cursor_, end, shop_, by_shop_ && in_vain_ > 0});
    }
    cursor_ = end;
  }

  void walkCall(const TripCall& call, SimTime limit);
  std::vector<Link> chainOf(const TripCall& call, SimTime end) const;
  std::uint32_t decidingTry(const TripCall& call, SimTime end) const;
  std::uint32_t failedBefore(const TripCall& call, std::uint32_t retry, SimTime when) const;
  void walkTry(const TripCall& call, const TripTry& t, SimTime until);
  void walkStrand(const TripStrand& strand, SimTime until);
  SimTime endOf(const TripStep& step) const;
  void walkStep(const TripStrand& strand, const TripStep& step, SimTime until);

  const Trip& trip_;
  bool by_shop_;
  SimTime cursor_;
  std::string shop_;  // of the call under way
  int in_vain_ = 0;   // tries around the cursor that were made again
  std::vector<TripPart> parts_;
};

std::string proxyOf(const TripCall& call) { return call.proxy.empty() ? "caller of " + call.to : call.proxy; }

// The try that gave the call its outcome: the last to end by `end`, among equals the one whose outcome is the call's (a hedge's loser ends with the winner).
// When the call was given up with a try on its way: that try.
std::uint32_t Path::decidingTry(const TripCall& call, SimTime end) const {
  std::uint32_t best = kNoIndex;
  for (const std::uint32_t i : call.tries) {
    const TripTry& t = trip_.tries[i];
    if (t.kind == TryKind::mirror || t.started > end) continue;
    if (best == kNoIndex) {
      best = i;
      continue;
    }
    const TripTry& b = trip_.tries[best];
    const SimTime ended = std::min(t.ended, end), best_ended = std::min(b.ended, end);
    const auto agrees = [&](const TripTry& x) { return x.ended <= end && call.ended <= end && x.outcome.status == call.outcome.status; };
    if (ended > best_ended || (ended == best_ended && agrees(t) >= agrees(b))) best = i;
  }
  return best;
}

// The try whose failure made `retry` start: the last that ended by `when`, begun before it.
std::uint32_t Path::failedBefore(const TripCall& call, std::uint32_t retry, SimTime when) const {
  std::uint32_t best = kNoIndex;
  for (const std::uint32_t i : call.tries) {
    if (i >= retry) break;
    const TripTry& t = trip_.tries[i];
    if (t.kind == TryKind::mirror || t.ended > when) continue;
    if (best == kNoIndex || t.ended >= trip_.tries[best].ended) best = i;
  }
  return best;
}

// Backwards from the end to the first try; then in the order of time. Each step goes to an earlier try, so it ends.
std::vector<Path::Link> Path::chainOf(const TripCall& call, SimTime end) const {
  std::vector<Link> chain;
  std::uint32_t current = decidingTry(call, end);
  if (current == kNoIndex) return chain;
  chain.push_back({current, false, std::min(trip_.tries[current].ended, end), end});
  while (trip_.tries[current].kind == TryKind::retry || trip_.tries[current].kind == TryKind::hedge) {
    const SimTime started = trip_.tries[current].started;
    std::uint32_t before = kNoIndex;
    Link link;
    if (trip_.tries[current].kind == TryKind::hedge) {
      for (const std::uint32_t i : call.tries) {
        if (i < current && trip_.tries[i].kind != TryKind::mirror) before = i;
      }
      link = {before, true, started, started};
    } else {
      SimTime scheduled = started;
      for (const TripCall::Backoff& b : call.backoffs) {
        if (b.at <= started) scheduled = b.at;
      }
      before = failedBefore(call, current, scheduled);
      link = {before, false, scheduled, started};
    }
    if (before == kNoIndex) break;
    chain.push_back(link);
    current = before;
  }
  std::reverse(chain.begin(), chain.end());
  return chain;
}

void Path::walkCall(const TripCall& call, SimTime limit) {
  const SimTime end = std::min(call.ended, limit);
  const std::string proxy = proxyOf(call), caller = shop_;
  shop_ = call.to.substr(0, call.to.find('/'));
  if (call.fault_delay) {
    emit(K::proxy, proxy, call.fault_delay->at, end);
    emit(K::fault, "delay injected for " + call.to, call.fault_delay->at + call.fault_delay->length, end);
  }
  const std::vector<Link> chain = chainOf(call, end);
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const Link& link = chain[i];
    const TripTry& t = trip_.tries[link.try_index];
    emit(K::proxy, proxy, t.started, end);
    if (link.hedge) {
      emit(K::hedge, "no answer yet from " + t.endpoint, link.until, end);
    } else {
      const int again = i + 1 < chain.size() ? 1 : 0;
      in_vain_ += again;
      walkTry(call, t, std::min(link.until, end));
      emit(K::proxy, proxy, link.until, end);
      in_vain_ -= again;
    }
    const bool last = i + 1 == chain.size();
    const bool backing_off = std::any_of(call.backoffs.begin(), call.backoffs.end(), [&](const TripCall::Backoff& b) { return b.at >= link.until; });
    emit(!last || backing_off ? K::backoff : K::proxy, !last || backing_off ? call.to : proxy, link.next, end);
  }
  emit(K::proxy, proxy, end, end);
  shop_ = caller;
}

void Path::walkTry(const TripCall& call, const TripTry& t, SimTime until) {
  const std::string proxy = proxyOf(call);
  const SimTime sent = t.sent.value_or(until);
  if (t.connected) {
    emit(K::pool, t.endpoint, std::min(t.started + t.pool_wait, sent), until);
    emit(K::handshake, t.endpoint, std::min(t.started + t.pool_wait + t.handshake, sent), until);
  }
  if (!t.sent) {
    emit(K::no_answer, "no connection to " + t.endpoint, until, until);
    return;
  }
  emit(K::pool, t.endpoint, sent, until);  // a pick takes no time: what is left was the wait for somebody else's connection
  const SimTime arrived = t.arrived.value_or(kNever);
  emit(K::proxy, proxy, std::min(sent + t.out_proxy, arrived), until);
  emit(K::hop, "to " + t.endpoint, std::min(sent + t.out_proxy + t.out_hop, arrived), until);
  if (!t.arrived) {
    emit(K::no_answer, (t.lost ? "request lost on the way to " : "no answer from ") + t.endpoint, until, until);
    return;
  }
  emit(K::hop, "to " + t.endpoint, arrived, until);
  const SimTime answered = t.answered.value_or(kNever);
  emit(K::proxy, "inbound of " + t.endpoint, std::min(arrived + t.out_inbound, answered), until);
  for (const std::uint32_t s : t.strands) walkStrand(trip_.strands[s], std::min(answered, until));
  if (!t.answered) {
    emit(K::no_answer, "no answer from " + t.endpoint, until, until);
    return;
  }
  emit(K::other, t.endpoint, answered, until);
  emit(K::proxy, "inbound of " + t.endpoint, answered + t.back_inbound, until);
  emit(K::hop, "from " + t.endpoint, answered + t.back_inbound + t.back_hop, until);
  if (t.lost && t.lost_leg == Leg::reply) {
    emit(K::no_answer, "answer lost on the way from " + t.endpoint, until, until);
    return;
  }
  emit(K::proxy, proxy, answered + t.back_inbound + t.back_hop + t.back_proxy, until);
}

SimTime Path::endOf(const TripStep& step) const {
  if (step.kind == TripStep::Kind::call) return trip_.calls[step.index].ended;
  if (step.kind == TripStep::Kind::strand) return trip_.strands[step.index].ended;
  return step.to;
}

// What was going on at the cursor and lasted longest is what the strand waited for: alone in a sequence, the last branch in parallel.
void Path::walkStrand(const TripStrand& strand, SimTime limit) {
  const SimTime until = std::min(strand.ended, limit);
  const std::string& endpoint = trip_.tries[strand.try_index].endpoint;
  while (cursor_ < until) {
    const TripStep* longest = nullptr;
    SimTime next = until;
    for (const TripStep& step : strand.steps) {
      if (step.from > cursor_) {
        next = std::min(next, step.from);
      } else if (endOf(step) > cursor_ && (longest == nullptr || endOf(step) > endOf(*longest))) {
        longest = &step;
      }
    }
    if (longest == nullptr) {
      emit(K::other, endpoint, next, until);
    } else {
      walkStep(strand, *longest, std::min(endOf(*longest), until));
    }
  }
}

void Path::walkStep(const TripStrand& strand, const TripStep& step, SimTime until) {
  const std::string& endpoint = trip_.tries[strand.try_index].endpoint;
  switch (step.kind) {
    case TripStep::Kind::queue:
      emit(K::queue, endpoint, until, until);
      break;
    case TripStep::Kind::busy:
      emit(K::busy, endpoint, until, until);
      break;
    case TripStep::Kind::wait:
      emit(K::wait, endpoint, until, until);
      break;
    case TripStep::Kind::call:
      walkCall(trip_.calls[step.index], until);
      break;
    case TripStep::Kind::strand:
      walkStrand(trip_.strands[step.index], until);
      break;
  }
  emit(K::other, endpoint, until, until);
}

}  // namespace

std::vector<TripPart> criticalPath(const Trip& trip) { return Path(trip, false).walk(); }

std::vector<TripPart> criticalPathByShop(const Trip& trip) { return Path(trip, true).walk(); }

}  // namespace meshmall::models
