// Limits at the door: rate limits of the gateway and of inbound proxies, adaptive concurrency; and admission control of the caller's proxy.
// The order at a door: authentication and authorization (guards_at_the_door.cpp), local bucket, rate limit service, adaptive concurrency.
#include <algorithm>
#include <limits>

#include "models/mall/mall.h"
#include "models/mall/purposes.h"

namespace meshmall::models {

namespace {

// Whole seconds for a header: rounded up, at least 1 unless there is nothing to wait for.
std::uint32_t headerSeconds(Duration wait) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  if (wait == LocalBucket::kForever) return std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::min<std::int64_t>(wait.ns / kSecond + (wait.ns % kSecond != 0 ? 1 : 0), std::numeric_limits<std::uint32_t>::max()));
}

std::uint32_t windowSeconds(const GlobalRateLimit& limit, SimTime now) {
  return static_cast<std::uint32_t>(rateWindow(limit.limit.unit, now.ns / 1'000'000'000).seconds_left);
}

}  // namespace

// ---- both doors --------------------------------------------------------------------------------------------------------------------

[[gnu::noinline]] void Mall::noteDenial(NoteGate& gate, Subject subject, const std::string& by, Rejection reason) {
  if (!gate.opens(now_)) return;
  Detail detail;
  if (collector_.keepsDecisions()) detail.emplace_back("limit", std::string(name(reason)));
  collector_.decision(now_, DecisionKind::rate_limit, std::move(subject), by, detail);
}

// A request without the header that is counted by has nothing to ask for.
[[gnu::noinline]] bool Mall::asksService(const GlobalRateLimit& limit, std::uint32_t headers) const {
  if (limit.key.empty()) return true;
  const auto& fields = header_sets_[headers].headers;
  return std::any_of(fields.begin(), fields.end(), [&](const auto& field) { return equalsIgnoringCase(field.first, limit.key); });
}

// The rate limit service counts a request: true when the limit was used up before.
[[gnu::noinline]] bool Mall::countsOver(const RateLimits& limits, std::uint32_t headers) {
  rate_services_.resize(scenario().services.size() + 1);
  GlobalRateLimiter& service = rate_services_[limits.service.value_or(static_cast<std::uint32_t>(scenario().services.size()))];
  std::string key;
  for (const auto& field : header_sets_[headers].headers)
    if (!limits.global->key.empty() && equalsIgnoringCase(field.first, limits.global->key)) key = field.second;
  return service.hit(limits.global->limit, key, 1, now_).over_limit;
}

// ---- the gateway ---------------------------------------------------------------------------------------------------------------------

// False: the call is answered, or waits for the rate limit service.
[[gnu::noinline]] bool Mall::passEntrance(std::uint32_t index) {
  PendingCall& call = calls_[index];
  if (plan_->secured && !passEntranceGuard(index)) return false;
  const RateLimits* limits = plan_->meshes[call.mesh_version].entrance.limits;
  if (limits == nullptr) return true;
  if (entrance_doors_.size() < proxies_.size()) entrance_doors_.resize(proxies_.size());
  Door& door = entrance_doors_[call.proxy];
  if (limits->local) {
    if (!door.local || !(*door.local_config == *limits->local)) door.local.emplace(*limits->local, now_);
    door.local_config = &*limits->local;
    if (!door.local->allow(*limits->local, now_)) {
      refuseAtEntrance(index, Rejection::local_rate_limit, {429, ResponseFlag::kRateLimited});
      return false;
    }
  }
  if (!limits->global || !asksService(*limits->global, call.headers)) return true;
  const Duration trip = draw(limits->global->latency, customers_pool_[call.customer].who, call.path, purpose::kRateLimitTrip);
  if (trip.ns > 0) {
    call.pause = after(std::min(Duration{trip.ns / 2}, kRateLimitTimeout), kEntranceCounted, index);
    return false;
  }
  if (!countsOver(*limits, call.headers)) return true;
  refuseAtEntrance(index, Rejection::global_rate_limit, {429, ResponseFlag::kRateLimited});
  return false;
}

[[gnu::noinline]] void Mall::entranceCounted(std::uint32_t index) {
  PendingCall& call = calls_[index];
  call.pause = {};
  const RateLimits& limits = *plan_->meshes[call.mesh_version].entrance.limits;
  const Duration trip = draw(limits.global->latency, customers_pool_[call.customer].who, call.path, purpose::kRateLimitTrip);
  const bool over = countsOver(limits, call.headers);
  const bool in_time = trip <= kRateLimitTimeout;
  const Duration spent = std::min(Duration{trip.ns / 2}, kRateLimitTimeout);
  call.pause = after(std::min(trip, kRateLimitTimeout) - spent, kEntranceAnswered, index);
  call.outcome = !in_time ? limits.global->fail_open ? Outcome{} : Outcome{500, ResponseFlag::kRateLimitServiceError}
                 : over   ? Outcome{429, ResponseFlag::kRateLimited}
                          : Outcome{};
}

[[gnu::noinline]] void Mall::entranceAnswered(std::uint32_t index) {
  PendingCall& call = calls_[index];
  call.pause = {};
  if (call.outcome.status == 0) return takeRoute(index);
  refuseAtEntrance(index, Rejection::global_rate_limit, call.outcome);
}

[[gnu::cold]] void Mall::refuseAtEntrance(std::uint32_t index, Rejection reason, Outcome outcome) {
  const PendingCall& call = calls_[index];
  collector_.rejected(reason, call.flow, kNoIndex, call.measured);
  if (call.traced) trips_.remarkedOnCall(now_, call.trace, "turned away at the gateway: " + std::string(name(reason)));
  const std::string& by = proxies_[call.proxy].name;
  noteDenial(entrance_doors_[call.proxy].denials, Subject::named("gateway"), by, reason);
  replyLocally(index, outcome);
}

// ---- an inbound proxy ------------------------------------------------------------------------------------------------------------------

[[gnu::noinline]] const DoorPolicy& Mall::doorPolicyOf(const Endpoint& endpoint) const {
  return plan_->meshes[proxies_[endpoint.proxy].mesh_version].doors[endpoint.version];
}

// The door's state, made to the policy. It is lost with the endpoint, and begins again when its own part of the policy changes.
[[gnu::noinline]] Door& Mall::doorOf(std::uint32_t index, const DoorPolicy& policy) {
  if (doors_.size() < endpoints_.size()) doors_.resize(endpoints_.size());
  Door& door = doors_[index];
  const bool restarted = door.starts != endpoints_[index].starts;
  door.starts = endpoints_[index].starts;
  const LocalRateLimitConfig* local = policy.limits != nullptr && policy.limits->local ? &*policy.limits->local : nullptr;
  if (local == nullptr) {
    door.local.reset();
  } else if (!door.local || restarted || !(*door.local_config == *local)) {
    door.local.emplace(*local, now_);
  }
  door.local_config = local;
  if (policy.concurrency == nullptr) {
    door.concurrency.reset();
    dropDoorTimer(door);
  } else if (!door.concurrency || restarted || !(*door.concurrency_config == *policy.concurrency)) {
    dropDoorTimer(door);
    door.concurrency.emplace(*policy.concurrency, now_);
    ++door.generation;
    door.measurements = 0;
    setDoorTimer(index);  // nothing to measure: updates at once
  }
  door.concurrency_config = policy.concurrency;
  return door;
}

[[gnu::noinline]] void Mall::atDoor(std::uint32_t index) {
  if (plan_->secured && !passGuard(index)) return;
  Try& t = tries_[index];
  const DoorPolicy& policy = doorPolicyOf(endpoints_[t.endpoint]);
  if (policy.open() && (doors_.size() <= t.endpoint || !doors_[t.endpoint].concurrency)) {
    t.stage = Try::Stage::at_endpoint;
    return reach(index);
  }
  Door& door = doorOf(t.endpoint, policy);
  if (visits_.size() < tries_.slots()) visits_.resize(tries_.slots());
  visits_[index] = {};
  if (door.local && !door.local->allow(*door.local_config, now_)) {
    return refuseAtDoor(index, Rejection::local_rate_limit, {429, ResponseFlag::kRateLimited}, headerSeconds(door.local->untilToken(*door.local_config, now_)));
  }
  if (policy.limits != nullptr && policy.limits->global && asksService(*policy.limits->global, t.headers)) return checkService(index, policy);
  letIn(index, policy);
}

// The question to the rate limit service travels half the time of the trip, then it counts.
[[gnu::noinline]] void Mall::checkService(std::uint32_t index, const DoorPolicy& policy) {
  Try& t = tries_[index];
  const Duration trip = draw(policy.limits->global->latency, customers_pool_[t.customer].who, t.path, purpose::kRateLimitTrip);
  if (trip.ns == 0) {
    visits_[index].over_limit = countsOver(*policy.limits, t.headers);
    return limitAnswered(index);
  }
  if (t.traced) trips_.remarkedOnTry(now_, t.trace, "asks the rate limit service");
  t.flight = after(std::min(Duration{trip.ns / 2}, kRateLimitTimeout), kLimitCounted, index);
}

[[gnu::noinline]] void Mall::limitCounted(std::uint32_t index) {
  Try& t = tries_[index];
  t.flight = {};
  const DoorPolicy& policy = doorPolicyOf(endpoints_[t.endpoint]);
  if (policy.limits == nullptr || !policy.limits->global) return letIn(index, policy);  // the limit was lifted meanwhile
  const Duration trip = draw(policy.limits->global->latency, customers_pool_[t.customer].who, t.path, purpose::kRateLimitTrip);
  visits_[index].over_limit = countsOver(*policy.limits, t.headers);
  const Duration spent = std::min(Duration{trip.ns / 2}, kRateLimitTimeout);
  t.flight = after(std::min(trip, kRateLimitTimeout) - spent, kLimitAnswered, index);
}

[[gnu::noinline]] void Mall::limitAnswered(std::uint32_t index) {
  Try& t = tries_[index];
  t.flight = {};
  const DoorPolicy& policy = doorPolicyOf(endpoints_[t.endpoint]);
  if (policy.limits == nullptr || !policy.limits->global) return letIn(index, policy);
  const GlobalRateLimit& limit = *policy.limits->global;
  const Duration trip = draw(limit.latency, customers_pool_[t.customer].who, t.path, purpose::kRateLimitTrip);
  if (trip > kRateLimitTimeout) {
    if (t.traced) trips_.remarkedOnTry(now_, t.trace, "no answer of the rate limit service in time; in truth " + std::string(visits_[index].over_limit ? "over" : "within") + " the limit");
    if (limit.fail_open) return letIn(index, policy);
    return refuseAtDoor(index, Rejection::global_rate_limit, {500, ResponseFlag::kRateLimitServiceError}, 0);
  }
  if (visits_[index].over_limit) return refuseAtDoor(index, Rejection::global_rate_limit, {429, ResponseFlag::kRateLimited}, windowSeconds(limit, now_));
  letIn(index, policy);
}

[[gnu::noinline]] void Mall::letIn(std::uint32_t index, const DoorPolicy& policy) {
  Try& t = tries_[index];
  if (policy.concurrency != nullptr) {
    Door& door = doorOf(t.endpoint, policy);
    if (t.traced) {
      const Endpoint& endpoint = endpoints_[t.endpoint];
      trips_.remarkedOnTry(now_, t.trace, "adaptive concurrency: " + std::to_string(door.concurrency->outstanding()) + " inside of " + std::to_string(door.concurrency->limit()) +
                                              (door.concurrency->measuring() ? " while it measures" : "") + "; in truth " + std::to_string(endpoint.held) + " of " +
                                              std::to_string(endpoint.workers) + " workers busy, " + std::to_string(endpoint.waiting) + " waiting");
    }
    if (!door.concurrency->tryForward()) return refuseAtDoor(index, Rejection::adaptive_concurrency, {policy.concurrency->exceeded_status, ResponseFlag::kNone}, 0);
    visits_[index].admitted = now_;
    visits_[index].generation = door.generation;
    noteLimit(t.endpoint);
  }
  t.stage = Try::Stage::at_endpoint;
  reach(index);
}

[[gnu::noinline]] void Mall::refuseAtDoor(std::uint32_t index, Rejection reason, Outcome outcome, std::uint32_t reset_seconds) {
  const Try& t = tries_[index];
  visits_[index].reset_seconds = reset_seconds;
  collector_.rejected(reason, kNoIndex, t.endpoint, t.measured);
  if (t.traced) trips_.refused(now_, t.trace, reason);
  if (reason != Rejection::adaptive_concurrency) {
    noteDenial(doors_[t.endpoint].denials, Subject::endpoint(t.endpoint), proxies_[endpoints_[t.endpoint].proxy].name, reason);
  }
  answer(index, outcome.status, outcome.flag, ResetReason::kNone);
}

// The request leaves the endpoint, with an answer or without.
[[gnu::noinline]] void Mall::leaveDoor(std::uint32_t index) {
  if (index >= visits_.size() || visits_[index].generation == 0) return;
  const std::uint32_t generation = visits_[index].generation;
  visits_[index].generation = 0;
  const Try& t = tries_[index];
  Door& door = doors_[t.endpoint];
  if (!door.concurrency || door.generation != generation) return;
  if (t.reset != ResetReason::kNone || t.flag == ResponseFlag::kDownstreamConnectionTermination) {
    door.concurrency->onCancel();
    return;
  }
  const bool measuring = door.concurrency->measuring();
  engine::StreamSource random(key_, {addressOf(endpoints_[t.endpoint].name), std::uint64_t{door.generation} << 32 | door.measurements, purpose::kMeasurement});
  door.concurrency->onAnswer(*door.concurrency_config, visits_[index].admitted, now_, random);
  if (!measuring || door.concurrency->measuring()) return;
  ++door.measurements;
  noteLimit(t.endpoint);
  setDoorTimer(t.endpoint);
}

[[gnu::noinline]] void Mall::dropDoorTimer(Door& door) {
  if (door.timer.slot == engine::kNoSlot) return;
  drop(door.timer);
  --housekeeping_;
}

[[gnu::noinline]] void Mall::setDoorTimer(std::uint32_t endpoint) {
  Door& door = doors_[endpoint];
  const SimTime next = door.concurrency->nextTimer();
  if (next == engine::kNever || door.timer.slot != engine::kNoSlot) return;
  door.timer = keepHouse(std::max(next, now_), kDoorTimer, endpoint);
}

[[gnu::noinline]] void Mall::doorTimer(std::uint32_t endpoint) {
  Door& door = doors_[endpoint];
  door.timer = {};
  if (!door.concurrency) return;
  door.concurrency->onTimer(*door.concurrency_config, now_);
  noteLimit(endpoint);
  setDoorTimer(endpoint);
}

// Decisions tell of measurements, and of limits that have moved by a quarter since they were last told.
[[gnu::noinline]] void Mall::noteLimit(std::uint32_t endpoint) {
  Door& door = doors_[endpoint];
  const GradientController& controller = *door.concurrency;
  const std::uint32_t limit = controller.limit();
  const bool moved = limit * std::uint64_t{4} > door.limit_told * std::uint64_t{5} || limit * std::uint64_t{5} < door.limit_told * std::uint64_t{4};
  if (controller.measuring() == door.measuring_told && !moved) return;
  door.measuring_told = controller.measuring();
  door.limit_told = limit;
  Detail detail;
  if (collector_.keepsDecisions()) {
    detail.emplace_back("limit", static_cast<double>(limit));
    detail.emplace_back("measuring", std::string(controller.measuring() ? "yes" : "no"));
    if (controller.minRttMicroseconds() > 0) detail.emplace_back("minRtt", static_cast<double>(controller.minRttMicroseconds()) / 1e3);
  }
  collector_.decision(now_, DecisionKind::concurrency, Subject::endpoint(endpoint), proxies_[endpoints_[endpoint].proxy].name, detail);
}

// ---- admission control -----------------------------------------------------------------------------------------------------------------

// False: the caller's proxy has answered 503 itself.
[[gnu::noinline]] bool Mall::admit(std::uint32_t index) {
  PendingCall& call = calls_[index];
  if (call.mirrored) return true;
  Upstream& upstream = upstreams_[call.upstream];
  const AdmissionControlConfig& config = *policyOf(upstream).admission;
  std::uint32_t& slot = upstream.threads[call.thread].admission;
  if (slot == kNil) {
    slot = static_cast<std::uint32_t>(admissions_.size());
    admissions_.emplace_back();
  }
  AdmissionThread& thread = admissions_[slot];
  engine::StreamSource random(key_, {customers_pool_[call.customer].who, call.path, purpose::kAdmission});
  const AdmissionDecision decision = thread.controller.decide(config, false, now_, random);
  const AdmissionCounts counts = thread.controller.counts(config, now_);
  const double chance = std::min(rejectionProbability(config, counts), config.max_rejection_probability_percent / 100);
  const bool rejecting = chance > 0;
  if (rejecting != thread.rejecting && counts.total > 0) {
    thread.rejecting = rejecting;
    Detail detail;
    if (collector_.keepsDecisions()) {
      detail.emplace_back("rejecting", std::string(rejecting ? "yes" : "no"));
      detail.emplace_back("calls", static_cast<double>(counts.total));
      detail.emplace_back("successes", static_cast<double>(counts.success));
      detail.emplace_back("thread", static_cast<double>(call.thread));
    }
    collector_.decision(now_, DecisionKind::admission, Subject::service(plan_->clusters[upstream.cluster].service), proxies_[upstream.proxy].name, detail);
  }
  if (call.traced) {
    trips_.remarkedOnCall(now_, call.trace, "admission control: " + std::to_string(counts.success) + " of " + std::to_string(counts.total) + " calls succeeded, " +
                                                (decision.admitted ? "admitted" : "rejected"));
  }
  call.admitted = decision.admitted && decision.record;
  if (decision.admitted) return true;
  collector_.rejected(Rejection::admission, call.flow, kNoIndex, call.measured);
  replyLocally(index, {503, ResponseFlag::kNone});
  return false;
}

// Calls that ended without an answer leave no trace there.
[[gnu::noinline]] void Mall::recordAdmission(const PendingCall& call, Outcome outcome) {
  if (outcome.status == 0 || outcome.flag == ResponseFlag::kDownstreamConnectionTermination) return;
  const Upstream& upstream = upstreams_[call.upstream];
  const auto& config = policyOf(upstream).admission;
  if (!config) return;  // switched off meanwhile
  const bool grpc = scenario().services[plan_->clusters[upstream.cluster].service].protocol == Protocol::grpc;
  const bool success = countsAsSuccess(*config, outcome.status, grpc ? std::optional(grpcStatusOfHttp(outcome.status)) : std::nullopt);
  admissions_[upstream.threads[call.thread].admission].controller.record(*config, success, now_);
}

}  // namespace meshmall::models
