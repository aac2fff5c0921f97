// Answers on their way back, and what the caller's proxy makes of them: retry, time out, give up, report to the detector.
#include "models/mall/mall.h"
#include "models/mall/purposes.h"

namespace meshmall::models {

// The work for a request has ended (or was refused, or died): the answer sets out. reset: instead of an answer.
void Mall::answer(std::uint32_t index, std::uint16_t status, ResponseFlag flag, ResetReason reset) {
  Try& t = tries_[index];
  Endpoint& endpoint = endpoints_[t.endpoint];
  t.status = status;
  t.flag = flag;
  t.reset = reset;
  t.server_side = false;
  drop(t.cancel);
  if (!meters_.empty()) noteAnswer(index);
  const bool has_proxy = scenario().services[endpoint.service].sidecar;
  const Duration inbound = reset == ResetReason::kNone ? proxyTime(t, 2, scenario().sidecar.inbound, has_proxy) : Duration{0};
  if (plan_->guarded) [[unlikely]] leaveDoor(index);
  collector_.endpointTryLeft(t.endpoint, now_ + inbound - t.arrived, {status, flag}, t.measured);
  if (collector_.countsArrivals()) [[unlikely]] collector_.arrivalAnswered(t.flow, t.endpoint, now_ + inbound - t.arrived, {status, flag}, t.measured);
  if (!rollouts_.empty()) [[unlikely]] noteForRollout(t, now_ + inbound - t.arrived, {status, flag});
  engine::promise(endpoint.requests > 0, "more answers than requests at an endpoint");
  if (--endpoint.requests == 0) leaveDrained(t.endpoint);
  if (t.call == kNil) return releaseTry(index);
  const Proxy& proxy = proxies_[upstreams_[t.upstream].proxy];
  bool lost = false;
  const Duration way = hop(endpoint.locality, proxy.locality, t, 1, lost);
  const Duration outbound = proxyTime(t, 3, scenario().sidecar.outbound, proxy.kind != Proxy::Kind::bare);
  if (t.traced) trips_.answered(now_, t.trace, {status, flag}, inbound, way, outbound);
  if (lost) {
    t.stage = Try::Stage::answer_lost;
    if (t.traced) trips_.lost(now_, t.trace, Leg::reply);
    return;
  }
  t.stage = Try::Stage::answer_flying;
  t.flight = after(inbound + way + outbound, kAnswerArrives, index);
}

void Mall::answerArrives(std::uint32_t index) {
  Try& t = tries_[index];
  t.flight = {};
  if (upstreams_[t.upstream].feedback == Feedback::reports) hear(index);
  if (t.flag == ResponseFlag::kRateLimited) [[unlikely]] return rateLimitedAnswerArrives(index);
  if (t.reset == ResetReason::kNone) return tryOver(index, TryOutcome::answer(t.status), t.flag, false, true);
  if (plan_->secured) [[unlikely]] dropRefusedConnection(index);
  tryOver(index, TryOutcome::resetBy(t.reset, calls_[t.call].bytes_sent), t.flag, false, false);
}

// The callee's proxy turned it away: its answer says so, and when to come again.
[[gnu::cold]] void Mall::rateLimitedAnswerArrives(std::uint32_t index) {
  const Try& t = tries_[index];
  const std::string seconds = std::to_string(visits_[index].reset_seconds);
  const std::array<HeaderField, 2> headers = {{{"retry-after", seconds}, {"x-ratelimit-reset", seconds}}};
  TryOutcome outcome = TryOutcome::answer(t.status);
  outcome.rate_limited = true;
  outcome.headers = headers;
  tryOver(index, outcome, t.flag, false, true);
}

void Mall::connectTimeout(std::uint32_t index) {
  tries_[index].flight = {};
  tryOver(index, TryOutcome::resetBy(ResetReason::kConnectionTimeout, calls_[tries_[index].call].bytes_sent), ResponseFlag::kUpstreamConnectionFailure, false,
          false);
}

void Mall::perTryTimeout(std::uint32_t index) {
  Try& t = tries_[index];
  t.per_try_timeout = {};
  if (routeOf(calls_[t.call]).hedges) return softTimeout(index);
  if (t.traced) trips_.tryTimedOut(now_, t.trace);
  const std::uint32_t call = t.call;
  const std::uint16_t ordinal = t.ordinal;
  giveUpTry(index, ResponseFlag::kUpstreamRequestTimeout, true);
  decide(call, ordinal, TryOutcome::resetBy(ResetReason::kLocalReset, calls_[call].bytes_sent), 504, ResponseFlag::kUpstreamRequestTimeout);
}

// The try has ended for the caller's proxy, by an answer or a reset.
void Mall::tryOver(std::uint32_t index, const TryOutcome& outcome, ResponseFlag flag, bool timed_out, bool reusable) {
  const std::uint32_t call = tries_[index].call;
  const std::uint16_t ordinal = tries_[index].ordinal;
  const auto status = static_cast<std::uint16_t>(outcome.reset == ResetReason::kNone ? outcome.status : statusOf(outcome.reset));
  const std::uint16_t seen = outcome.reset == ResetReason::kNone ? status : std::uint16_t{0};
  collector_.tryEnded(tries_[index].flow, {seen, flag}, tries_[index].calls_measured);
  if (tries_[index].traced) trips_.tryEnded(now_, tries_[index].trace, {seen, flag});
  reportToDetector(tries_[index].upstream, tries_[index], outcome, timed_out);
  if (isConnectFailure(outcome.reset)) [[unlikely]] upstreams_[tries_[index].upstream].threads[tries_[index].thread].pinned = kNil;  // no connection: kube-proxy chooses again
  if (upstreams_[tries_[index].upstream].watch != kNil) [[unlikely]] {
    if (outcome.reset == ResetReason::kOverflow) probeAbandoned(index);
    else breakerHears(index, outcome.reset == ResetReason::kNone ? classifyForBreaker(outcome.status, outcome.grpc_status) : AnswerClass::kFailure);
  }
  if (status >= 400 && !calls_[call].mirrored) calls_[call].tried.push_back(tries_[index].endpoint);
  detach(index);
  if (tries_[index].attached) releaseConnection(index, reusable);
  if (!tries_[index].server_side) releaseTry(index);
  decide(call, ordinal, outcome, status, flag);
}

// Takes the try out of its call's list and of the caller's counts. What the callee does goes on.
void Mall::detach(std::uint32_t index) {
  Try& t = tries_[index];
  drop(t.per_try_timeout);
  PendingCall& call = calls_[t.call];
  (t.previous_of_call == kNil ? call.first_try : tries_[t.previous_of_call].next_of_call) = t.next_of_call;
  if (t.next_of_call != kNil) tries_[t.next_of_call].previous_of_call = t.previous_of_call;
  t.call = kNil;
  if (!t.attached) return;
  Upstream& upstream = upstreams_[t.upstream];
  if (upstream.feedback == Feedback::latencies) hear(index);
  if (t.counted) upstream.hosts.requestEnded(t.host, t.epoch, t.endpoint);
  upstream.resources.removeRequest();
}

// The caller's proxy ends a try itself; the callee hears of it after a hop.
void Mall::giveUpTry(std::uint32_t index, ResponseFlag flag, bool report_timeout) {
  Try& t = tries_[index];
  collector_.tryEnded(t.flow, {0, flag}, t.calls_measured);
  if (t.traced) trips_.tryEnded(now_, t.trace, {0, flag});
  if (report_timeout && t.attached && !toldSlow(t)) reportToDetector(t.upstream, t, TryOutcome::resetBy(ResetReason::kLocalReset, true), true);
  if (upstreams_[t.upstream].watch != kNil) [[unlikely]] {
    if (report_timeout && t.attached) breakerHears(index, AnswerClass::kFailure);
    else probeAbandoned(index);
  }
  if (t.kind != TryKind::mirror) calls_[t.call].tried.push_back(t.endpoint);
  if (t.stage == Try::Stage::waiting_for_connection) leaveLine(index);
  if (t.stage != Try::Stage::request_flying && t.stage != Try::Stage::inbound) drop(t.flight);
  const bool lost = t.stage == Try::Stage::request_lost || t.stage == Try::Stage::answer_lost;
  detach(index);
  if (t.attached) releaseConnection(index, false);
  if (!tries_[index].server_side) return releaseTry(index);
  Try& going = tries_[index];
  const Proxy& proxy = proxies_[upstreams_[going.upstream].proxy];
  const std::uint64_t path = going.path;
  Try message;  // the news travels like a message of its own
  message.customer = going.customer;
  message.path = engine::mixPath(path, purpose::kCancelHop);
  message.lanes = engine::firstBlock(key_, {customers_pool_[going.customer].who, message.path, purpose::kTry});
  bool news_lost = lost;
  const Duration way = hop(proxy.locality, endpoints_[going.endpoint].locality, message, 0, news_lost);
  if (!news_lost) going.cancel = after(way, kCancelArrives, index);
}

void Mall::giveUpTries(std::uint32_t call, ResponseFlag flag, bool report_timeout) {
  while (calls_[call].first_try != kNil) giveUpTry(calls_[call].first_try, flag, report_timeout);
}

// After a failed or successful try: another one, or the end of the call.
void Mall::decide(std::uint32_t index, std::uint16_t ordinal, const TryOutcome& outcome, std::uint16_t status, ResponseFlag flag) {
  const PendingCall& call = calls_[index];
  if (call.mirrored || proxies_[call.proxy].kind == Proxy::Kind::bare) return finishCall(index, {status, flag});
  const bool success = status < 400 && outcome.reset == ResetReason::kNone;
  if (success && !call.retry.holdsSlot() && !plan_->guarded) [[likely]] return finishCall(index, {status, flag});  // the usual end
  const RoutePlan& route = routeOf(call);
  if (success && !call.retry.holdsSlot() && !route.judges_success && !route.hedges) return finishCall(index, {status, flag});
  if (route.hedges) return decideHedged(index, ordinal, outcome, status, flag);
  const RetryAnswer next = askGate(index, &outcome);
  if (next.yes()) return scheduleRetry(index, next);
  if (flag == ResponseFlag::kNone && next.decision == RetryDecision::kNoRetryLimitExceeded) flag = ResponseFlag::kUpstreamRetryLimitExceeded;
  if (flag == ResponseFlag::kNone && next.decision == RetryDecision::kNoOverflow) flag = ResponseFlag::kUpstreamOverflow;
  finishCall(index, {status, flag});
}

void Mall::backoffOver(std::uint32_t index) {
  calls_[index].pause = {};
  startTry(index, calls_[index].first_try == kNil ? TryKind::retry : TryKind::hedge);
}

void Mall::routeTimeout(std::uint32_t index) {
  calls_[index].route_timeout = {};
  if (calls_[index].traced) trips_.callTimedOut(now_, calls_[index].trace, TimeoutBy::route);
  if (calls_[index].first_try == kNil) collector_.callerTimedOut(calls_[index].flow, calls_[index].measured);  // in back-off: no try to count it by
  giveUpTries(index, ResponseFlag::kUpstreamRequestTimeout, true);
  finishCall(index, {504, ResponseFlag::kUpstreamRequestTimeout});
}

void Mall::callerTimeout(std::uint32_t index) {
  PendingCall& call = calls_[index];
  call.caller_timeout = {};
  if (call.traced) trips_.callTimedOut(now_, call.trace, TimeoutBy::application);
  collector_.callerTimedOut(call.flow, call.measured);
  finishCall(index, {504, ResponseFlag::kDownstreamConnectionTermination});
}

void Mall::finishCall(std::uint32_t index, Outcome outcome) {
  const std::uint32_t strand = calls_[index].strand;
  const std::uint32_t customer = calls_[index].customer;
  const bool mirrored = calls_[index].mirrored;
  closeCall(index, outcome);
  if (mirrored) return;
  if (strand != kNil) return callReturned(strand, outcome.status);
  customerAnswered(customer, outcome);
}

// Whoever waited for it does not any more.
void Mall::abandonCall(std::uint32_t index, Outcome outcome) { closeCall(index, outcome); }

void Mall::closeCall(std::uint32_t index, Outcome outcome) {
  giveUpTries(index, ResponseFlag::kDownstreamConnectionTermination, false);
  PendingCall& call = calls_[index];
  drop(call.route_timeout);
  drop(call.caller_timeout);
  drop(call.pause);
  if (call.retry.holdsSlot()) releaseRetry(call);
  if (call.admitted) [[unlikely]] recordAdmission(call, outcome);
  if (!call.mirrored) collector_.callEnded(call.flow, now_ - call.started, outcome, call.measured);
  if (call.traced) trips_.callEnded(now_, call.trace, outcome);
  const std::uint32_t customer = call.customer;
  dropHeaders(call.headers);
  calls_.give(index);
  letGo(customer);
}

void Mall::releaseTry(std::uint32_t index) {
  Try& t = tries_[index];
  drop(t.cancel);
  const std::uint32_t customer = t.customer;
  dropHeaders(t.headers);
  tries_.give(index);
  letGo(customer);
}

}  // namespace meshmall::models
