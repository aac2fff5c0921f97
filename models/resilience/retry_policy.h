// When a failed try is made again: conditions, how often, after which wait. Istio's `retries` block and Envoy's RetryPolicy in one value.
//
// Istio's default (no block): 2 retries on connect-failure, refused-stream, unavailable, cancelled and on no status code, never on the same endpoint
// when another one is found in 6 picks. `attempts` counts retries, not tries. Limiting cases: attempts 0 or no condition: nothing is retried.
// Source: Envoy retry_state_impl.cc, Istio route/retry/retry.go; specs envoy-resilience.md section 1, rollout-traffic-security.md section 2.2.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kernel/time.h"
#include "models/resilience/grpc_retry_throttle.h"
#include "models/resilience/response.h"
#include "models/resilience/retry_budget.h"
#include "models/routing/string_match.h"

namespace meshmall::models {

// Conditions as bits; the values are Envoy's.
using RetryOn = std::uint32_t;
inline constexpr RetryOn kRetryOn5xx = 0x1;
inline constexpr RetryOn kRetryOnGatewayError = 0x2;
inline constexpr RetryOn kRetryOnConnectFailure = 0x4;
inline constexpr RetryOn kRetryOnRetriable4xx = 0x8;
inline constexpr RetryOn kRetryOnRefusedStream = 0x10;
inline constexpr RetryOn kRetryOnGrpcCancelled = 0x20;
inline constexpr RetryOn kRetryOnGrpcDeadlineExceeded = 0x40;
inline constexpr RetryOn kRetryOnGrpcResourceExhausted = 0x80;
inline constexpr RetryOn kRetryOnGrpcUnavailable = 0x100;
inline constexpr RetryOn kRetryOnGrpcInternal = 0x200;
inline constexpr RetryOn kRetryOnRetriableStatusCodes = 0x400;
inline constexpr RetryOn kRetryOnReset = 0x800;
inline constexpr RetryOn kRetryOnRetriableHeaders = 0x1000;
inline constexpr RetryOn kRetryOnEnvoyRateLimited = 0x2000;
inline constexpr RetryOn kRetryOnHttp3PostConnectFailure = 0x4000;
inline constexpr RetryOn kRetryOnResetBeforeRequest = 0x8000;

struct RetryOnName {
  std::string_view text;
  RetryOn bit;
  bool grpc;
};
const std::array<RetryOnName, 16>& retryOnNames();  // the tokens, HTTP ones first

enum class RetryOnTable : std::uint8_t { kHttp, kGrpc, kBoth };  // x-envoy-retry-on, x-envoy-retry-grpc-on, a route's retry_on

struct ParsedRetryOn {
  RetryOn on = 0;
  bool all_valid = true;  // false: a token was unknown; it is left out
};
ParsedRetryOn parseRetryOn(std::string_view text, RetryOnTable table);

enum class ResetHeaderFormat : std::uint8_t { kSeconds, kUnixTimestamp };

struct ResetHeader {
  std::string name;
  ResetHeaderFormat format = ResetHeaderFormat::kSeconds;
};

// How long the header asks to wait, in milliseconds; nothing when it is absent, not a whole number, or in the past.
std::optional<std::uint64_t> parseResetHeader(const ResetHeader& header, HeaderView headers, std::int64_t unix_now_s);

struct RateLimitedBackoffConfig {
  std::vector<ResetHeader> reset_headers;  // asked in order; the first that parses and is <= max_interval counts
  engine::Duration max_interval = engine::seconds(300);
};

struct RetryPolicy {
  RetryOn on = 0;
  std::uint32_t attempts = 2;                            // Envoy's num_retries (its own default is 1)
  engine::Duration per_try_timeout{0};                   // 0: none
  engine::Duration per_try_idle_timeout{0};              // 0: none
  std::vector<std::uint32_t> status_codes;               // of retriable-status-codes
  std::vector<HeaderMatcher> retriable_headers;          // of the answer (":status" too), any
  std::vector<HeaderMatcher> retriable_request_headers;  // when given, one must match or nothing is retried
  engine::Duration base_interval = engine::milliseconds(25);
  std::optional<engine::Duration> max_interval;  // default 10 x base_interval; below base: an error
  RateLimitedBackoffConfig rate_limited_backoff;
  bool avoid_previous_hosts = true;                 // Istio's default predicate; off for consistent hashing
  bool avoid_when_hashing = false;                  // ... unless it is asked for by name
  std::uint32_t host_selection_attempts = 5;        // further picks when one is refused; Envoy's default is 1
  std::uint32_t previous_priorities_frequency = 0;  // retryRemoteLocalities / retryPriority: 2 in Istio; 0: off
  bool hedge_on_per_try_timeout = false;
  std::optional<RetryBudgetConfig> budget;        // Envoy's: share of the active requests; replaces the maxRetries breaker
  std::optional<TokenBudgetConfig> token_budget;  // Linkerd's, Finagle's: retries are paid for by calls; replaces it too
  std::optional<GrpcThrottleConfig> throttle;     // gRPC's: failures cost tokens, successes earn some; replaces it too

  bool switched_on = true;  // Envoy's runtime switch upstream.use_retry

  bool enabled() const { return attempts > 0 && on != 0; }
  engine::Duration maxInterval() const { return max_interval ? *max_interval : base_interval * 10; }
};

// Istio's policy for a route without a `retries` block (outbound), spec 2.2. consistent_hash: the cluster balances by hash.
RetryPolicy istioDefaultRetryPolicy(bool consistent_hash = false);
// Istio's policy of the server's own proxy towards its workload: 2 retries before the request was sent; none on gRPC ports.
RetryPolicy istioInboundRetryPolicy(bool grpc);

// Istio's reading of `retryOn` text: split at commas, trimmed, empties dropped; HTTP status codes that have a name (not 499) go to the code list and switch
// retriable-status-codes on; of the rest, known tokens count and unknown ones are reported in `unknown` (Envoy ignores them).
struct IstioRetryOn {
  RetryOn on = 0;
  std::vector<std::uint32_t> status_codes;
  std::vector<std::string> unknown;
};
IstioRetryOn parseIstioRetryOn(std::string_view text);

// The policy as this request's own x-envoy-* headers change it (retry-on, retry-grpc-on, max-retries, retriable-status-codes, retriable-header-names,
// hedge-on-per-try-timeout), retriable_request_headers applied. Only needed for requests that carry such headers, or where that list is set.
RetryPolicy policyForRequest(const RetryPolicy& route, HeaderView request_headers);

}  // namespace meshmall::models
