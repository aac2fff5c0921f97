// The counter: requests wait in line for a clerk, are served, or share the clerks (processor sharing). Disciplines fifo, lifo, priority, ps.
// "thread": a clerk is held from start to answer. "async": a clerk is needed only for work; after a call the request goes to the tail of the line.
#include <algorithm>
#include <cmath>

#include "models/mall/mall.h"
#include "models/mall/purposes.h"

namespace meshmall::models {

namespace {

// Orders a heap of sharers so that the first to complete is in front; equal ones in order of starting.
struct LaterShare {
  const Pool<Strand>& strands;
  bool operator()(std::uint32_t a, std::uint32_t b) const {
    const Strand &x = strands[a], &y = strands[b];
    return x.share_end != y.share_end ? x.share_end > y.share_end : x.share_order > y.share_order;
  }
};

}  // namespace

// A request has passed the inbound proxy.
void Mall::reach(std::uint32_t index) {
  Try& t = tries_[index];
  Endpoint& endpoint = endpoints_[t.endpoint];
  const Version& version = versionOf(endpoint);
  if (t.operation == kNoEntry) return answer(index, 404, ResponseFlag::kNone, ResetReason::kNone);  // a route led to a service that does not do this
  const std::uint32_t entry = plan_->versions[endpoint.runs].entries[operationOf(t)];
  const bool thread = version.concurrency == Concurrency::thread;
  if (version.discipline == Discipline::ps) {
    if (thread && version.queue_limit && endpoint.held >= std::uint64_t{endpoint.workers} + *version.queue_limit) return refuse(index, Rejection::queue_full);
    if (thread) {
      advanceShares(endpoint);
      ++endpoint.held;
      t.holds_worker = true;
      sharesChanged(t.endpoint);
    }
    return startRequest(newStrand(index, kNil, entry, Strand::Kind::main));
  }
  if (!thread) {
    const Instruction& first = plan_->program.code[entry];
    const bool works_first = first.op == Instruction::Op::busy && first.probability >= 1;
    const std::uint32_t strand = newStrand(index, kNil, entry, Strand::Kind::main);
    return works_first ? move(strand) : startRequest(strand);
  }
  if (endpoint.held < endpoint.workers && endpoint.waiting == 0) {
    t.holds_worker = true;
    takeWorker(t.endpoint);
    return startRequest(newStrand(index, kNil, entry, Strand::Kind::main));
  }
  if (version.queue_limit && endpoint.waiting >= *version.queue_limit) return refuse(index, Rejection::queue_full);
  queueUp(newStrand(index, kNil, entry, Strand::Kind::main));
}

// A clerk turns to the request for the first time (or, without work to do, it simply begins).
void Mall::startRequest(std::uint32_t strand) {
  Try& t = tries_[strands_[strand].try_index];
  t.started = true;
  std::uint16_t status = 0;
  if (failsNow(t, status)) return strandEnded(strand, status);
  move(strand);
}

// Failures that come as soon as a worker takes the request: the operation's own, and those of `fail` events.
bool Mall::failsNow(const Try& t, std::uint16_t& status) const {
  const Endpoint& endpoint = endpoints_[t.endpoint];
  const std::uint32_t point = plan_->versions[endpoint.runs].start_failures[operationOf(t)];
  if (point != kNil && engine::uniform01(t.lanes[3]) < plan_->program.fail_points[point].probability) {
    status = plan_->program.fail_points[point].status;
    return true;
  }
  for (const std::uint32_t e : fails_) {
    const auto& fail = std::get<Fail>(timed(e).what);
    if (!matches(fail.target, endpoint) || (fail.target.operation && *fail.target.operation != operationOf(t))) continue;
    if (!coin(fail.probability, customers_pool_[t.customer].who, t.path, purpose::kEventFail + e)) continue;
    status = fail.status;
    return true;
  }
  return false;
}

void Mall::refuse(std::uint32_t index, Rejection reason) {
  const Try& t = tries_[index];
  collector_.rejected(reason, kNoIndex, t.endpoint, t.measured);
  if (t.traced) trips_.refused(now_, t.trace, reason);
  answer(index, 503, ResponseFlag::kNone, ResetReason::kNone);
}

// ---- the line -------------------------------------------------------------------------------------------------------------------

void Mall::queueUp(std::uint32_t strand) {
  Strand& s = strands_[strand];
  const Try& t = tries_[s.try_index];
  Endpoint& endpoint = endpoints_[t.endpoint];
  Endpoint::Line& line = endpoint.lines[lineOf(t)];
  s.state = Strand::State::queued;
  s.since = now_;
  s.next = s.previous = kNil;
  if (line.head == kNil) {
    line.head = line.tail = strand;
  } else if (versionOf(endpoint).discipline == Discipline::lifo) {
    s.next = line.head;
    strands_[line.head].previous = strand;
    line.head = strand;
  } else {
    s.previous = line.tail;
    strands_[line.tail].next = strand;
    line.tail = strand;
  }
  ++endpoint.waiting;
  collector_.waiting(t.endpoint, now_, 1);
  if (t.traced) trips_.queued(now_, s.trace);
}

std::size_t Mall::lineOf(const Try& t) const {
  if (versionOf(endpoints_[t.endpoint]).discipline != Discipline::priority) return 1;
  return static_cast<std::size_t>(scenario().traffic[customers_pool_[t.customer].traffic].priority);
}

void Mall::unqueue(std::uint32_t strand) {
  Strand& s = strands_[strand];
  const Try& t = tries_[s.try_index];
  Endpoint& endpoint = endpoints_[t.endpoint];
  Endpoint::Line& line = endpoint.lines[lineOf(t)];
  (s.previous == kNil ? line.head : strands_[s.previous].next) = s.next;
  (s.next == kNil ? line.tail : strands_[s.next].previous) = s.previous;
  s.next = s.previous = kNil;
  --endpoint.waiting;
  collector_.waiting(t.endpoint, now_, -1);
}

// Free clerks take those who wait. Not recursive: work that ends at once gives its clerk back while this loop still runs.
void Mall::grant(std::uint32_t index) {
  if (endpoints_[index].granting || !endpoints_[index].serves()) return;
  endpoints_[index].granting = true;
  while (endpoints_[index].waiting > 0 && endpoints_[index].held < endpoints_[index].workers) {
    Endpoint& endpoint = endpoints_[index];
    std::uint32_t strand = kNil;
    for (const Endpoint::Line& line : endpoint.lines)
      if (strand == kNil) strand = line.head;
    const Version& version = versionOf(endpoint);
    const std::uint32_t request = strands_[strand].try_index;
    unqueue(strand);
    if (version.queue_timeout && now_ - strands_[strand].since > *version.queue_timeout) {
      expire(strand);
      continue;
    }
    if (tries_[request].traced) trips_.granted(now_, strands_[strand].trace);
    takeWorker(index);
    if (version.concurrency == Concurrency::thread) {
      tries_[request].holds_worker = true;
      startRequest(strand);
    } else {
      workWithClerk(strand);
    }
  }
  endpoints_[index].granting = false;
}

// It waited too long: answered 503 when its turn comes, whatever else is going on for it.
void Mall::expire(std::uint32_t strand) {
  const std::uint32_t index = strands_[strand].try_index;
  Try& t = tries_[index];
  strands_[strand].state = Strand::State::moving;
  collector_.rejected(Rejection::queue_timeout, kNoIndex, t.endpoint, t.measured);
  if (t.traced) trips_.refused(now_, t.trace, Rejection::queue_timeout);
  t.status = 503;
  t.flag = ResponseFlag::kNone;
  stopWork(index);
}

void Mall::meterHeld(std::uint32_t endpoint) { meters_[endpoint].load.held(now_, endpoints_[endpoint].held); }

// async: a piece of work needs a clerk.
void Mall::askForWorker(std::uint32_t strand) {
  const std::uint32_t index = strands_[strand].try_index;
  Try& t = tries_[index];
  Endpoint& endpoint = endpoints_[t.endpoint];
  if (endpoint.held < endpoint.workers && endpoint.waiting == 0) {
    takeWorker(t.endpoint);
    return workWithClerk(strand);
  }
  const Version& version = versionOf(endpoint);
  if (!t.queued_before && version.queue_limit && endpoint.waiting >= *version.queue_limit) {
    collector_.rejected(Rejection::queue_full, kNoIndex, t.endpoint, t.measured);
    if (t.traced) trips_.refused(now_, t.trace, Rejection::queue_full);
    return strandEnded(strand, 503);
  }
  t.queued_before = true;
  queueUp(strand);
}

void Mall::workWithClerk(std::uint32_t strand) {
  Try& t = tries_[strands_[strand].try_index];
  const std::uint32_t endpoint = t.endpoint;
  t.queued_before = true;
  if (!t.started) {
    t.started = true;
    std::uint16_t status = 0;
    if (failsNow(t, status)) {
      giveWorker(endpoint);
      strandEnded(strand, status);
      return grant(endpoint);
    }
  }
  startBusy(strand);
}

// ---- work -------------------------------------------------------------------------------------------------------------------------

void Mall::startBusy(std::uint32_t strand) {
  Strand& s = strands_[strand];
  Try& t = tries_[s.try_index];
  const Endpoint& endpoint = endpoints_[t.endpoint];
  if (!slows_.empty()) s.work = stretched(s.work, slowFactor(endpoint, operationOf(t)));
  s.state = Strand::State::busy;
  s.until = now_ + s.work;
  t.works = true;
  collector_.busyWorkers(t.endpoint, now_, 1);
  if (!busy_meters_.empty()) [[unlikely]] meterBusy(t.endpoint);
  if (t.traced) trips_.busy(now_, s.trace, s.work);
  s.timer = queue_.schedule(s.until, {kWorkDone, strand, 0});
}

Duration Mall::stretched(Duration work, double factor) {
  return factor == 1 ? work : Duration{static_cast<std::int64_t>(std::llround(std::min(kLongestWork, static_cast<double>(work.ns) * factor)))};
}

void Mall::workDone(std::uint32_t strand) {
  Strand& s = strands_[strand];
  const std::uint32_t index = s.try_index;
  Try& t = tries_[index];
  const std::uint32_t endpoint = t.endpoint;
  s.timer = {};
  s.pc = plan_->program.code[s.pc].next;
  s.state = Strand::State::moving;
  t.works = false;
  if (t.traced) trips_.workEnded(now_, s.trace);
  collector_.busyWorkers(endpoint, now_, -1);
  if (!busy_meters_.empty()) [[unlikely]] meterBusy(endpoint);
  if (versionOf(endpoints_[endpoint]).concurrency == Concurrency::async) {
    giveWorker(endpoint);
    if (endpoints_[endpoint].waiting > 0) grant(endpoint);
    const Strand& still = strands_[strand];  // another branch of the request may have waited too long, which ends all of it
    if (still.live && still.state == Strand::State::moving) move(strand);
    return;
  }
  if (t.own_line != kNil) startBusy(nextOfOwnLine(t));
  move(strand);
}

// Another branch of the same request that has waited for its clerk.
std::uint32_t Mall::nextOfOwnLine(Try& t) {
  const std::uint32_t next = t.own_line;
  t.own_line = strands_[next].next;
  if (t.own_line == kNil) t.own_line_tail = kNil;
  strands_[next].next = kNil;
  return next;
}

// thread: branches of one request have one clerk, who does one thing after another.
void Mall::waitForOwnWorker(std::uint32_t strand) {
  Strand& s = strands_[strand];
  Try& t = tries_[s.try_index];
  s.state = Strand::State::own_line;
  s.next = kNil;
  (t.own_line == kNil ? t.own_line : strands_[t.own_line_tail].next) = strand;
  t.own_line_tail = strand;
}

// All steps are done, or the first one that matters failed: the clerk is free, the answer sets out.
void Mall::requestDone(std::uint32_t index, std::uint16_t status, ResponseFlag flag) {
  const std::uint32_t endpoint = tries_[index].endpoint;
  const bool held = tries_[index].holds_worker;
  const ResetReason reset = tries_[index].reset;
  tries_[index].holds_worker = false;
  const bool shares = versionOf(endpoints_[endpoint]).discipline == Discipline::ps;
  if (held && shares) {
    advanceShares(endpoints_[endpoint]);
    --endpoints_[endpoint].held;
    sharesChanged(endpoint);
  } else if (held) {
    giveWorker(endpoint);
  }
  answer(index, status, flag, reset);
  if (!shares && endpoints_[endpoint].waiting > 0) grant(endpoint);
}

// ---- processor sharing -----------------------------------------------------------------------------------------------------------------

// Work done for each sharer per nanosecond. thread: every request in service counts, also one that waits or calls; async: those at work.
double Mall::shareRate(const Endpoint& endpoint) const {
  return endpoint.held <= endpoint.workers ? 1.0 : static_cast<double>(endpoint.workers) / static_cast<double>(endpoint.held);
}

void Mall::advanceShares(Endpoint& endpoint) {
  endpoint.share_now += static_cast<double>((now_ - endpoint.share_at).ns) * shareRate(endpoint);
  endpoint.share_at = now_;
}

void Mall::startShare(std::uint32_t strand) {
  Strand& s = strands_[strand];
  Try& t = tries_[s.try_index];
  Endpoint& endpoint = endpoints_[t.endpoint];
  const Version& version = versionOf(endpoint);
  if (version.concurrency == Concurrency::async) {
    const bool full = version.queue_limit && endpoint.held >= std::uint64_t{endpoint.workers} + *version.queue_limit;
    if (!t.queued_before && full) {
      collector_.rejected(Rejection::queue_full, kNoIndex, t.endpoint, t.measured);
      if (t.traced) trips_.refused(now_, t.trace, Rejection::queue_full);
      return strandEnded(strand, 503);
    }
    t.queued_before = true;
  }
  if (!slows_.empty()) s.work = stretched(s.work, slowFactor(endpoint, operationOf(t)));
  advanceShares(endpoint);
  if (version.concurrency == Concurrency::async) ++endpoint.held;
  t.works = true;
  s.state = Strand::State::sharing;
  s.share_end = endpoint.share_now + static_cast<double>(s.work.ns);
  s.share_order = endpoint.share_order++;
  endpoint.sharers.push_back(strand);
  std::push_heap(endpoint.sharers.begin(), endpoint.sharers.end(), LaterShare{strands_});
  if (t.traced) trips_.busy(now_, s.trace, s.work);
  sharesChanged(t.endpoint);
}

// Levels and the next completion after the number of sharers changed. Shares must have been advanced to now.
void Mall::sharesChanged(std::uint32_t index) {
  Endpoint& endpoint = endpoints_[index];
  const double workers = endpoint.workers;
  collector_.setHeld(index, now_, std::min(workers, static_cast<double>(endpoint.held)));
  if (!meters_.empty()) meters_[index].load.held(now_, std::min(workers, static_cast<double>(endpoint.held)));
  collector_.setBusy(index, now_, static_cast<double>(endpoint.sharers.size()) * shareRate(endpoint));
  if (!busy_meters_.empty()) [[unlikely]] meterBusy(index);
  drop(endpoint.share_timer);
  if (endpoint.sharers.empty()) return;
  const double left = strands_[endpoint.sharers.front()].share_end - endpoint.share_now;
  const double ns = std::ceil(std::max(0.0, left) / shareRate(endpoint) - 1e-6);
  endpoint.share_timer = after({static_cast<std::int64_t>(std::min(ns, 4e18))}, kShareDone, index);
}

// After shares were changed from outside.
void Mall::resortShares(std::uint32_t index) {
  std::vector<std::uint32_t>& sharers = endpoints_[index].sharers;
  std::make_heap(sharers.begin(), sharers.end(), LaterShare{strands_});
  sharesChanged(index);
}

void Mall::shareDone(std::uint32_t index) {
  Endpoint& endpoint = endpoints_[index];
  endpoint.share_timer = {};
  advanceShares(endpoint);
  const std::uint32_t strand = endpoint.sharers.front();
  endpoint.share_now = std::max(endpoint.share_now, strands_[strand].share_end);
  leaveShare(strand);
  Strand& s = strands_[strand];
  s.state = Strand::State::moving;
  s.pc = plan_->program.code[s.pc].next;
  Try& t = tries_[s.try_index];
  t.works = false;
  if (t.traced) trips_.workEnded(now_, s.trace);
  if (t.own_line != kNil) startShare(nextOfOwnLine(t));
  move(strand);
}

void Mall::leaveShare(std::uint32_t strand) {
  const std::uint32_t index = tries_[strands_[strand].try_index].endpoint;
  Endpoint& endpoint = endpoints_[index];
  advanceShares(endpoint);
  if (endpoint.sharers.front() == strand) {
    std::pop_heap(endpoint.sharers.begin(), endpoint.sharers.end(), LaterShare{strands_});
    endpoint.sharers.pop_back();
  } else {
    std::erase(endpoint.sharers, strand);
    std::make_heap(endpoint.sharers.begin(), endpoint.sharers.end(), LaterShare{strands_});
  }
  if (versionOf(endpoint).concurrency == Concurrency::async) --endpoint.held;
  sharesChanged(index);
}

}  // namespace meshmall::models
