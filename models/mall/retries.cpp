// What limits retries beside their number (the cluster's breaker or budget), and tries beside each other: hedges.
// The gate itself is resilience/retry_state.h; the board of a hedged call's tries is resilience/hedging.h.
#include <string>

#include "models/mall/mall.h"
#include "models/mall/purposes.h"
#include "models/resilience/retry_admission.h"

namespace meshmall::models {

// ---- the gate --------------------------------------------------------------------------------------------------------------------

// gRPC failures are HTTP 200 with a grpc-status on the wire; a scenario states them as HTTP statuses, which metrics and ejection keep.
[[gnu::noinline]] TryOutcome Mall::asRetrySees(const PendingCall& call, TryOutcome outcome) const {
  const Service& service = scenario().services[plan_->clusters[upstreams_[call.upstream].cluster].service];
  if (service.protocol != Protocol::grpc || outcome.reset != ResetReason::kNone) return outcome;
  outcome.grpc_status = grpcStatusOfHttp(outcome.status);
  if (outcome.grpc_status != 0) outcome.status = 200;
  return outcome;
}

// May the call have another try? outcome: of the one that ended; nothing: a hedged one has passed its per-try timeout.
[[gnu::noinline]] RetryAnswer Mall::askGate(std::uint32_t index, const TryOutcome* outcome) {
  PendingCall& call = calls_[index];
  Upstream& upstream = upstreams_[call.upstream];
  const RetryPolicy& policy = routeOf(call).retries;
  engine::StreamSource random(key_, {customers_pool_[call.customer].who, engine::mixPath(call.path, call.tries), purpose::kBackoff});
  const auto ask = [&](RetryAdmission& admission) {
    return outcome != nullptr ? call.retry.onTryEnd(policy, asRetrySees(call, *outcome), now_, admission, random)
                              : call.retry.onHedgeTimeout(policy, admission, random);
  };
  RetryAnswer answer;
  if (policy.throttle) {
    GrpcRetryThrottle& throttle = throttleOf(upstream, *policy.throttle);
    ThrottleAdmission admission(throttle, *policy.throttle, upstream.resources);
    answer = ask(admission);
    if (outcome != nullptr && outcome->reset == ResetReason::kNone && outcome->status < 400) throttle.onSuccess(*policy.throttle);
  } else if (policy.token_budget) {
    TokenAdmission admission(allowanceOf(upstream).tokens, *policy.token_budget, upstream.resources, now_);
    answer = ask(admission);
  } else {
    BreakerAdmission admission(upstream.resources, policyOf(upstream).pool.limits, budgetOf(upstream, policy));
    answer = ask(admission);
  }
  if (answer.decision == RetryDecision::kNoOverflow) noteRefusal(upstream, policy);
  if (call.traced && answer.decision != RetryDecision::kNo) {
    std::string text = "retry: " + std::string(name(answer.decision));
    if (answer.decision != RetryDecision::kNoRetryLimitExceeded) text += "; " + allowanceText(upstream, policy);
    trips_.remarkedOnCall(now_, call.trace, text);
  }
  return answer;
}

[[gnu::noinline]] void Mall::scheduleRetry(std::uint32_t index, const RetryAnswer& answer) {
  PendingCall& call = calls_[index];
  if (call.traced) trips_.retryScheduled(now_, call.trace, answer.backoff);
  call.pause = after(answer.backoff, kBackoffOver, index);
}

[[gnu::noinline]] void Mall::releaseRetry(PendingCall& call) {
  Upstream& upstream = upstreams_[call.upstream];
  BreakerAdmission admission(upstream.resources, policyOf(upstream).pool.limits, routeOf(call).retries.budget);  // both kinds give back alike
  call.retry.onCallEnd(admission);
}

// ---- budgets ---------------------------------------------------------------------------------------------------------------------

// The route's, else the cluster's.
[[gnu::noinline]] const std::optional<RetryBudgetConfig>& Mall::budgetOf(const Upstream& upstream, const RetryPolicy& policy) {
  return policy.budget ? policy.budget : policyOf(upstream).retry_budget;
}

[[gnu::noinline]] RetryAllowance& Mall::allowanceOf(Upstream& upstream) {
  if (upstream.allowance == kNil) {
    upstream.allowance = static_cast<std::uint32_t>(allowances_.size());
    allowances_.emplace_back().tokens = TokenRetryBudget(now_);
  }
  return allowances_[upstream.allowance];
}

[[gnu::noinline]] GrpcRetryThrottle& Mall::throttleOf(Upstream& upstream, const GrpcThrottleConfig& config) {
  std::optional<GrpcRetryThrottle>& throttle = allowanceOf(upstream).throttle;
  if (!throttle) throttle.emplace(config);
  return *throttle;
}

[[gnu::noinline]] void Mall::payAhead(std::uint32_t index) {
  const PendingCall& call = calls_[index];
  if (!call.mirrored) allowanceOf(upstreams_[call.upstream]).tokens.deposit(*routeOf(call).retries.token_budget, now_);
}

// What the proxy goes by, and what it cannot see: retries of all other proxies towards the same cluster.
[[gnu::cold]] std::string Mall::allowanceText(Upstream& upstream, const RetryPolicy& policy) {
  std::uint64_t everywhere = 0;
  for (const std::uint32_t u : upstreams_of_cluster_[upstream.cluster]) everywhere += upstreams_[u].resources.retries();
  const ResourceManager& own = upstream.resources;
  std::string text;
  if (policy.throttle) {
    const auto tenths = static_cast<long>(throttleOf(upstream, *policy.throttle).tokens() * 10);
    text = std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " of " + std::to_string(policy.throttle->max_tokens) + " tokens, more than half are needed";
  } else if (policy.token_budget) {
    const std::int64_t price = tokenAmounts(*policy.token_budget).withdraw;
    text = std::to_string(allowanceOf(upstream).tokens.balance(*policy.token_budget, now_) / price) + " retries are paid for";
  } else {
    const std::optional<RetryBudgetConfig>& budget = budgetOf(upstream, policy);
    const std::uint64_t limit = own.retryLimit(policyOf(upstream).pool.limits, budget);
    const bool limited = budget || limit < kUnlimited;
    text = std::to_string(own.retries()) + " retries in flight" + (limited ? " of " + std::to_string(limit) + " allowed" : std::string());
    if (budget) text += ", " + std::to_string(own.requests() + own.pending()) + " requests active";
  }
  return text + "; in truth " + std::to_string(everywhere) + " of all proxies";
}

[[gnu::noinline]] void Mall::noteRefusal(Upstream& upstream, const RetryPolicy& policy) {
  if (!allowanceOf(upstream).refusals.opens(now_)) return;
  Detail detail;
  if (collector_.keepsDecisions()) {
    detail.emplace_back("kind", std::string(policy.throttle ? "retryThrottling" : policy.token_budget ? "tokenBudget" : budgetOf(upstream, policy) ? "budget" : "maxRetries"));
    detail.emplace_back("retries", static_cast<double>(upstream.resources.retries()));
    detail.emplace_back("active", static_cast<double>(upstream.resources.requests() + upstream.resources.pending()));
  }
  collector_.decision(now_, DecisionKind::retry_budget, Subject::service(plan_->clusters[upstream.cluster].service), proxies_[upstream.proxy].name, detail);
}

// ---- where a retry goes ------------------------------------------------------------------------------------------------------------

// Those that have failed, and those that are still at it (hedges).
[[gnu::noinline]] void Mall::addHostsTried(const PendingCall& call, const Upstream& upstream, std::vector<HostIndex>& tried) const {
  const auto add = [&](std::uint32_t endpoint) {
    const HostIndex host = upstream.hosts.membership().indexOf(endpoint);
    if (host != kNoHost) tried.push_back(host);
  };
  for (const std::uint32_t endpoint : call.tried) add(endpoint);
  for (std::uint32_t t = call.first_try; t != kNil; t = tries_[t].next_of_call) add(tries_[t].endpoint);
}

// The shares of the priorities for the next try of this call: those tried before are left out.
[[gnu::noinline]] const std::vector<PriorityShare>& Mall::sharesForRetry(std::uint32_t index, const Upstream& upstream, std::uint32_t frequency) {
  if (priority_memories_.size() <= index) priority_memories_.resize(calls_.slots());
  PriorityMemory& memory = priority_memories_[index];
  if (calls_[index].tries <= 1) memory = {};
  std::vector<HostIndex> tried;
  addHostsTried(calls_[index], upstream, tried);
  for (; memory.told < tried.size(); ++memory.told) memory.priorities.onTried(upstream.hosts.host(tried[memory.told]).priority);
  PriorityShares availability, original;
  for (std::uint32_t p = 0; p < upstream.hosts.priorities(); ++p) {
    const Availability could = availabilityOf(upstream.hosts.summary(p));
    availability.healthy.push_back(could.healthy);
    availability.degraded.push_back(could.degraded);
    original.healthy.push_back(upstream.hosts.shares()[p].healthy);
    original.degraded.push_back(upstream.hosts.shares()[p].degraded);
  }
  const PriorityShares& shares = memory.priorities.shares(frequency, availability, original);
  retry_shares_.assign(upstream.hosts.shares().begin(), upstream.hosts.shares().end());
  for (std::size_t p = 0; p < retry_shares_.size() && p < shares.healthy.size(); ++p) {
    retry_shares_[p].healthy = shares.healthy[p];
    retry_shares_[p].degraded = shares.degraded[p];
  }
  return retry_shares_;
}

// ---- hedges ------------------------------------------------------------------------------------------------------------------------

[[gnu::noinline]] void Mall::startOnBoard(std::uint32_t index) {
  const PendingCall& call = calls_[index];
  if (boards_.size() <= index) boards_.resize(calls_.slots());
  if (call.tries == 0) boards_[index] = {};
  boards_[index].start();
}

// The detector has heard of its timeout already.
[[gnu::noinline]] bool Mall::toldSlow(const Try& t) const {
  return t.call != kNil && t.call < boards_.size() && routeOf(calls_[t.call]).hedges && boards_[t.call].timeoutReported(t.ordinal);
}

// A try of a hedging call has passed its per-try timeout: it goes on, and another may start beside it.
[[gnu::noinline]] void Mall::softTimeout(std::uint32_t index) {
  const Try& t = tries_[index];
  const std::uint32_t call_index = t.call;
  TryBoard& board = boards_[call_index];
  if (!board.onSoftTimeout(t.ordinal)) return;
  collector_.callerTimedOut(t.flow, t.calls_measured);
  if (t.traced) {
    trips_.remarkedOnTry(now_, t.trace, "passes its per-try timeout and goes on; in truth " + std::to_string(endpoints_[t.endpoint].requests) + " requests are at " + endpoints_[t.endpoint].name);
  }
  reportToDetector(t.upstream, t, TryOutcome::resetBy(ResetReason::kLocalReset, true), true);
  if (!board.mayRetry(t.ordinal)) return;
  const RetryAnswer next = askGate(call_index, nullptr);
  if (!next.yes()) return;
  board.onRetryGranted(t.ordinal);
  scheduleRetry(call_index, next);
}

// One of a hedging call's tries has ended: it wins, or is dropped while another may still do better.
[[gnu::noinline]] void Mall::decideHedged(std::uint32_t index, std::uint16_t ordinal, const TryOutcome& outcome, std::uint16_t status, ResponseFlag flag) {
  TryBoard& board = boards_[index];
  bool bad = false;
  if (board.mayRetry(ordinal)) {
    const RetryAnswer next = askGate(index, &outcome);
    bad = next.decision != RetryDecision::kNo;
    if (next.yes()) {
      board.onRetryGranted(ordinal);
      scheduleRetry(index, next);
    }
    if (flag == ResponseFlag::kNone && next.decision == RetryDecision::kNoRetryLimitExceeded) flag = ResponseFlag::kUpstreamRetryLimitExceeded;
    if (flag == ResponseFlag::kNone && next.decision == RetryDecision::kNoOverflow) flag = ResponseFlag::kUpstreamOverflow;
  } else {
    bad = wouldRetry(routeOf(calls_[index]).retries, asRetrySees(calls_[index], outcome)) != WouldRetry::kNo;
  }
  const TryBoard::Verdict verdict = outcome.reset == ResetReason::kNone ? board.onAnswer(ordinal, bad) : board.onFailure(ordinal);
  if (verdict == TryBoard::Verdict::kDrop) return;
  board.finish();
  drop(calls_[index].pause);
  giveUpTries(index, ResponseFlag::kLocalReset, false);  // those that lost
  finishCall(index, {status, flag});
}

}  // namespace meshmall::models
