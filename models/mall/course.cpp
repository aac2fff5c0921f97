// The course of the work: a strand walks through the instructions of its operation, works, waits, calls other shops, splits into branches.
#include <cmath>

#include "models/mall/mall.h"
#include "models/mall/purposes.h"

namespace meshmall::models {

using Op = Instruction::Op;

std::uint32_t Mall::newStrand(std::uint32_t index, std::uint32_t parent, std::uint32_t pc, Strand::Kind kind) {
  const std::uint32_t strand = strands_.take();
  Strand& s = strands_[strand];
  Try& t = tries_[index];
  s.try_index = index;
  s.parent = parent;
  s.pc = pc;
  s.kind = kind;
  s.next_of_try = t.strands;
  if (t.strands != kNil) strands_[t.strands].previous_of_try = strand;
  t.strands = strand;
  if (t.traced) {
    s.trace = newTrace();
    trips_.strandStarted(now_, s.trace, t.trace, parent == kNil ? kNoId : strands_[parent].trace, static_cast<StrandKind>(kind));
  }
  return strand;
}

void Mall::endStrand(std::uint32_t strand) {
  const Strand& s = strands_[strand];
  (s.previous_of_try == kNil ? tries_[s.try_index].strands : strands_[s.previous_of_try].next_of_try) = s.next_of_try;
  if (s.next_of_try != kNil) strands_[s.next_of_try].previous_of_try = s.previous_of_try;
  strands_.give(strand);
}

// Walks on until the strand has to wait for something, or ends.
void Mall::move(std::uint32_t strand) {
  for (;;) {
    Strand& s = strands_[strand];
    s.state = Strand::State::moving;
    const Instruction& instruction = plan_->program.code[s.pc];
    const Try& t = tries_[s.try_index];
    if (instruction.probability < 1 && !asks(instruction, t)) {
      s.pc = instruction.next;
      continue;
    }
    switch (instruction.op) {
      case Op::busy: return beginWork(strand, instruction);
      case Op::wait: {
        const Duration length = stepTime(t, instruction);
        if (t.traced) trips_.waited(now_, s.trace, length);
        if (length.ns == 0) {
          s.pc = instruction.next;
          continue;
        }
        s.state = Strand::State::waiting;
        s.until = now_ + length;
        s.timer = after(length, kWaitDone, strand);
        return;
      }
      case Op::call: {
        const CallSite& site = plan_->program.calls[instruction.argument];
        s.iteration = 0;
        s.repeats_left = site.always_times;
        if (site.times_choice) s.repeats_left = site.times[site.times_choice->pick(stepUniform(t, instruction, 1))];
        if (s.repeats_left > 0) return makeCall(strand);
        s.pc = instruction.next;
        continue;
      }
      case Op::choose: {
        const Choice& choice = plan_->program.choices[instruction.argument];
        s.pc = choice.entries[choice.which->pick(stepUniform(t, instruction, 1))];
        continue;
      }
      case Op::parallel: return split(strand, instruction);
      case Op::fail_point: {
        const FailPoint& point = plan_->program.fail_points[instruction.argument];
        if (engine::uniform01(t.lanes[3]) < point.probability) return strandEnded(strand, point.status);
        s.pc = instruction.next;
        continue;
      }
      case Op::end: return strandEnded(strand, 200);
    }
  }
}

double Mall::stepUniform(const Try& t, const Instruction& instruction, unsigned lane) const {
  const engine::Address address{customers_pool_[t.customer].who, t.path, purpose::kStep + instruction.ordinal};
  return engine::uniform01(engine::firstBlock(key_, address)[lane]);
}

bool Mall::asks(const Instruction& instruction, const Try& t) const { return stepUniform(t, instruction, 0) < instruction.probability; }

Duration Mall::stepTime(const Try& t, const Instruction& instruction) const {
  const Distribution& time = plan_->program.times[instruction.argument];
  const std::uint64_t who = customers_pool_[t.customer].who;
  if (instruction.first_work) {
    engine::Lane lane(key_, {who, t.path, purpose::kTry}, 2, t.lanes[2]);
    return time.sample(lane);
  }
  const engine::Address address{who, t.path, purpose::kStep + instruction.ordinal};
  if (time.isConstant()) {
    engine::Lane none(key_, address, 2, 0);
    return time.sample(none);
  }
  engine::Lane lane(key_, address, 2, engine::firstBlock(key_, address)[2]);
  return time.sample(lane);
}

// A piece of work: how long it takes at this counter, and who does it.
void Mall::beginWork(std::uint32_t strand, const Instruction& instruction) {
  Strand& s = strands_[strand];
  const Try& t = tries_[s.try_index];
  const Endpoint& endpoint = endpoints_[t.endpoint];
  const Version& version = versionOf(endpoint);
  Duration work = stepTime(t, instruction);
  if (version.speed != 1) work = {static_cast<std::int64_t>(std::llround(std::min(kLongestWork, static_cast<double>(work.ns) / version.speed)))};
  s.work = work;
  const bool shares = version.discipline == Discipline::ps;
  if (version.concurrency == Concurrency::async) return shares ? startShare(strand) : askForWorker(strand);
  if (t.works) return waitForOwnWorker(strand);
  if (shares) return startShare(strand);
  startBusy(strand);
}

void Mall::waitDone(std::uint32_t strand) {
  Strand& s = strands_[strand];
  s.timer = {};
  s.pc = plan_->program.code[s.pc].next;
  if (tries_[s.try_index].traced) trips_.workEnded(now_, s.trace);
  move(strand);
}

void Mall::split(std::uint32_t strand, const Instruction& instruction) {
  const auto& branches = plan_->program.fan_outs[instruction.argument];
  strands_[strand].state = Strand::State::joining;
  strands_[strand].failed_status = 0;
  strands_[strand].pending = static_cast<std::uint32_t>(branches.size()) + 1;  // one for itself, so that none ends it too early
  const std::uint32_t index = strands_[strand].try_index;
  std::vector<std::uint32_t> children;
  for (const std::uint32_t entry : branches) children.push_back(newStrand(index, strand, entry, Strand::Kind::branch));
  for (const std::uint32_t child : children) move(child);
  branchEnded(strand, 200);
}

void Mall::branchEnded(std::uint32_t parent, std::uint16_t status) {
  Strand& s = strands_[parent];
  if (status >= 400 && s.failed_status == 0) s.failed_status = status;
  if (--s.pending > 0) return;
  if (s.failed_status != 0) return strandEnded(parent, s.failed_status);
  s.pc = plan_->program.code[s.pc].next;
  move(parent);
}

// ---- calls ---------------------------------------------------------------------------------------------------------------------

void Mall::makeCall(std::uint32_t strand) {
  Strand& s = strands_[strand];
  const Instruction& instruction = plan_->program.code[s.pc];
  const CallSite& site = plan_->program.calls[instruction.argument];
  const Try& t = tries_[s.try_index];
  s.state = Strand::State::calling;
  const std::uint64_t path = engine::mixPath(t.path, std::uint64_t{instruction.ordinal} << 32 | s.iteration++);
  --s.repeats_left;
  const std::uint32_t call = startCall(t.customer, strand, site.flow, endpoints_[t.endpoint].proxy, path, t.headers, t.calls_measured && t.kind != TryKind::mirror);
  strands_[strand].call = call;
  if (site.timeout) calls_[call].caller_timeout = timer(*site.timeout, kCallerTimeout, call);
}

void Mall::callReturned(std::uint32_t strand, std::uint16_t status) {
  Strand& s = strands_[strand];
  s.call = kNil;
  const Instruction& instruction = plan_->program.code[s.pc];
  const CallSite& site = plan_->program.calls[instruction.argument];
  if (status >= 400 || status == 0) {
    const std::uint16_t failed = status == 0 ? std::uint16_t{503} : status;
    if (!site.or_else) return callFailed(strand, failed);
    s.state = Strand::State::joining;
    s.failed_status = failed;
    const std::uint32_t other = newStrand(s.try_index, strand, *site.or_else, Strand::Kind::or_else);
    return move(other);
  }
  goOn(strand);
}

void Mall::goOn(std::uint32_t strand) {
  Strand& s = strands_[strand];
  if (s.repeats_left > 0) return makeCall(strand);
  s.pc = plan_->program.code[s.pc].next;
  move(strand);
}

void Mall::callFailed(std::uint32_t strand, std::uint16_t status) {
  if (plan_->program.calls[plan_->program.code[strands_[strand].pc].argument].optional) return goOn(strand);
  strandEnded(strand, status);
}

// The strand has come to its end, or failed: its parent hears of it, or the customer's request is answered.
void Mall::strandEnded(std::uint32_t strand, std::uint16_t status) {
  const Strand s = strands_[strand];
  if (tries_[s.try_index].traced) trips_.strandEnded(now_, s.trace, status);
  endStrand(strand);
  if (s.kind == Strand::Kind::branch) return branchEnded(s.parent, status);
  if (s.kind == Strand::Kind::or_else) return status >= 400 ? callFailed(s.parent, status) : goOn(s.parent);
  requestDone(s.try_index, status, ResponseFlag::kNone);
}

// ---- ending it from outside ---------------------------------------------------------------------------------------------------

// Everything that is done for a request stops at once: its caller gave up, or the endpoint crashed.
void Mall::stopWork(std::uint32_t index) {
  while (tries_[index].strands != kNil) stopStrand(tries_[index].strands);
  tries_[index].own_line = tries_[index].own_line_tail = kNil;
  const Try& t = tries_[index];
  requestDone(index, t.status, t.flag);
}

void Mall::stopStrand(std::uint32_t strand) {
  Strand& s = strands_[strand];
  drop(s.timer);
  const std::uint32_t endpoint = tries_[s.try_index].endpoint;
  switch (s.state) {
    case Strand::State::queued: unqueue(strand); break;
    case Strand::State::busy:
      collector_.busyWorkers(endpoint, now_, -1);
      if (!busy_meters_.empty()) [[unlikely]] meterBusy(endpoint);
      if (versionOf(endpoints_[endpoint]).concurrency == Concurrency::async) giveWorker(endpoint);
      break;
    case Strand::State::sharing: leaveShare(strand); break;
    case Strand::State::calling: abandonCall(s.call, {0, ResponseFlag::kDownstreamConnectionTermination}); break;
    case Strand::State::moving:
    case Strand::State::waiting:
    case Strand::State::joining:
    case Strand::State::own_line: break;
  }
  if (tries_[strands_[strand].try_index].traced) trips_.strandEnded(now_, strands_[strand].trace, 0);
  endStrand(strand);
}

}  // namespace meshmall::models
