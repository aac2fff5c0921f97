#include "models/resilience/retry_state.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "models/resilience/backoff.h"

namespace meshmall::models {
namespace {

constexpr int kTooEarly = 425;
constexpr int kConflict = 409;

bool contains(const std::vector<std::uint32_t>& codes, int status) {
  return std::find(codes.begin(), codes.end(), static_cast<std::uint32_t>(status)) != codes.end();
}

RetryOn grpcCondition(int grpc_status) {
  switch (grpc_status) {
    case 1:
      return kRetryOnGrpcCancelled;
    case 4:
      return kRetryOnGrpcDeadlineExceeded;
    case 8:
      return kRetryOnGrpcResourceExhausted;
    case 13:
      return kRetryOnGrpcInternal;
    case 14:
      return kRetryOnGrpcUnavailable;
    default:
      return 0;
  }
}

bool headerHits(const RetryPolicy& policy, const TryOutcome& outcome) {
  char digits[12];
  const auto end = std::to_chars(digits, digits + sizeof digits, outcome.status).ptr;
  const std::string_view status(digits, static_cast<std::size_t>(end - digits));
  return std::any_of(policy.retriable_headers.begin(), policy.retriable_headers.end(), [&](const HeaderMatcher& matcher) {
    return matcher.config().name == ":status" ? matcher.matchesValue(status) : matcher.matches(outcome.headers);
  });
}

// The wait that the answer's headers ask for; nothing when none does, or only for longer than is allowed.
std::optional<std::uint64_t> askedInterval(const RateLimitedBackoffConfig& config, HeaderView headers, engine::SimTime now) {
  const std::uint64_t longest = backoffMilliseconds(config.max_interval);
  for (const ResetHeader& header : config.reset_headers) {
    const std::optional<std::uint64_t> interval = parseResetHeader(header, headers, now.ns / 1'000'000'000);
    if (interval && *interval <= longest) return interval;
  }
  return std::nullopt;
}

}  // namespace

std::string_view name(RetryDecision decision) {
  switch (decision) {
    case RetryDecision::kNo:
      return "No";
    case RetryDecision::kNoRetryLimitExceeded:
      return "NoRetryLimitExceeded";
    case RetryDecision::kNoOverflow:
      return "NoOverflow";
    case RetryDecision::kYes:
      return "Yes";
  }
  return "?";
}

WouldRetry wouldRetryAnswer(const RetryPolicy& policy, const TryOutcome& outcome) {
  const RetryOn on = policy.on;
  const auto yes = WouldRetry::kAfterBackoff;
  if (outcome.rate_limited) return (on & kRetryOnEnvoyRateLimited) != 0 ? yes : WouldRetry::kNo;
  if ((on & kRetryOn5xx) != 0 && isServerError(outcome.status)) return yes;
  if ((on & kRetryOnGatewayError) != 0 && isGatewayError(outcome.status)) return yes;
  if ((on & kRetryOnRetriable4xx) != 0 && outcome.status == kConflict) return yes;
  if ((on & kRetryOnRetriableStatusCodes) != 0 && contains(policy.status_codes, outcome.status)) {
    return outcome.status == kTooEarly ? WouldRetry::kAtOnce : yes;
  }
  if ((on & kRetryOnRetriableHeaders) != 0 && headerHits(policy, outcome)) return yes;
  return (on & grpcCondition(outcome.grpc_status)) != 0 ? yes : WouldRetry::kNo;
}

WouldRetry wouldRetryReset(const RetryPolicy& policy, ResetReason reason, bool bytes_sent) {
  const RetryOn on = policy.on;
  const auto yes = WouldRetry::kAfterBackoff;
  if (reason == ResetReason::kOverflow) return WouldRetry::kNo;
  if (isConnectFailure(reason) && (on & kRetryOnConnectFailure) != 0) return yes;
  if ((on & kRetryOnResetBeforeRequest) != 0 && !bytes_sent) return yes;
  if ((on & (kRetryOnReset | kRetryOn5xx | kRetryOnGatewayError)) != 0) return yes;
  if ((on & kRetryOnRefusedStream) != 0 && reason == ResetReason::kRemoteRefusedStream) return yes;
  return WouldRetry::kNo;
}

RetryAnswer RetryState::decide(const RetryPolicy& policy, const TryOutcome& outcome, engine::SimTime now, RetryAdmission& admission,
                               engine::RandomSource& random) {
  const WouldRetry would = wouldRetry(policy, outcome);
  if (would == WouldRetry::kAfterBackoff && outcome.reset == ResetReason::kNone && !policy.rate_limited_backoff.reset_headers.empty()) {
    const std::optional<std::uint64_t> asked = askedInterval(policy.rate_limited_backoff, outcome.headers, now);
    if (asked && *asked > 1) rate_limited_ms_ = *asked;
  }
  return gate(policy, would, admission, random);
}

RetryAnswer RetryState::onHedgeTimeout(const RetryPolicy& policy, RetryAdmission& admission, engine::RandomSource& random) {
  if (policy.on == 0) return {};  // no retry state at all
  return gate(policy, WouldRetry::kAfterBackoff, admission, random);
}

RetryAnswer RetryState::gate(const RetryPolicy& policy, WouldRetry would, RetryAdmission& admission, engine::RandomSource& random) {
  RetryAnswer answer;
  if (armed_) {
    answer.retry_succeeded = would == WouldRetry::kNo;
    admission.release();
    armed_ = false;
  }
  if (would == WouldRetry::kNo) {
    admission.onNotRetryable();
    return answer;
  }
  admission.onRetryable();
  if (remaining_ == 0) {
    answer.decision = RetryDecision::kNoRetryLimitExceeded;
    return answer;
  }
  --remaining_;  // spent even when the next check says no
  if (!admission.tryTake()) {
    answer.decision = RetryDecision::kNoOverflow;
    return answer;
  }
  if (!policy.switched_on) {
    admission.release();
    return answer;
  }
  armed_ = true;
  answer.decision = RetryDecision::kYes;
  if (would == WouldRetry::kAfterBackoff) answer.backoff = engine::milliseconds(static_cast<std::int64_t>(drawBackoff(policy, random)));
  return answer;
}

std::uint64_t RetryState::drawBackoff(const RetryPolicy& policy, engine::RandomSource& random) {
  if (rate_limited_ms_ != 0) {
    const std::uint64_t interval = rate_limited_ms_;
    rate_limited_ms_ = 0;
    return lowerBoundBackoff(interval, random);
  }
  const std::uint64_t base = backoffMilliseconds(policy.base_interval);
  const std::uint64_t longest = std::max(base, backoffMilliseconds(policy.maxInterval()));
  if (window_ms_ == 0) window_ms_ = base;
  const std::uint64_t delay = random.next() % window_ms_;
  window_ms_ = nextBackoffWindow(window_ms_, longest);
  return delay;
}

}  // namespace meshmall::models
