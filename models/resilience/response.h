// What the caller's proxy sees of one try, and Envoy's response flags, which say why a request was not simply answered.
// An outcome is either an answer (status and headers) or a reset (no answer). Limiting case: status 0 means no answer.
// Source: Envoy StreamResetReason, response_flag_utils.h; spec envoy-resilience.md sections 1.3, 1.4.
#pragma once

#include <cstdint>
#include <string_view>

#include "models/routing/string_match.h"

namespace meshmall::models {

enum class ResetReason : std::uint8_t {
  kNone,                     // there was an answer
  kOverflow,                 // the caller's own circuit breaker
  kLocalConnectionFailure,   // no connection: the caller's side
  kRemoteConnectionFailure,  // no connection: refused or reset by the other side
  kConnectionTimeout,        // no connection within connectTimeout
  kConnectionTermination,    // an established connection was closed (the endpoint crashed)
  kLocalReset,               // the proxy ended the try itself: per-try timeout, idle timeout, longest stream duration
  kRemoteReset,              // the other side ended it
  kRemoteRefusedStream,      // the other side did not take it; safe to repeat
  kProtocolError,
};
std::string_view name(ResetReason reason);  // e.g. "remote_connection_failure"

constexpr bool isConnectFailure(ResetReason reason) {
  return reason == ResetReason::kLocalConnectionFailure || reason == ResetReason::kRemoteConnectionFailure || reason == ResetReason::kConnectionTimeout;
}

inline constexpr int kNoGrpcStatus = -1;

struct TryOutcome {
  int status = 0;                   // HTTP status; 0: no answer
  int grpc_status = kNoGrpcStatus;  // of the answer's headers
  ResetReason reset = ResetReason::kNone;
  bool rate_limited = false;  // the answer carries x-envoy-ratelimited
  bool bytes_sent = false;    // some byte of this request went upstream, in this try or an earlier one
  HeaderView headers;         // further headers of the answer; only seen during the call

  static TryOutcome answer(int status) {
    TryOutcome o;
    o.status = status;
    return o;
  }
  static TryOutcome resetBy(ResetReason reason, bool bytes_sent) {
    TryOutcome o;
    o.reset = reason;
    o.bytes_sent = bytes_sent;
    return o;
  }
};

constexpr bool isServerError(int status) { return status >= 500 && status <= 599; }
constexpr bool isGatewayError(int status) { return status == 502 || status == 503 || status == 504; }
// What outlier detection and statistics take for a gRPC status: 0 is 200, unavailable 503, ...
int httpStatusOfGrpc(int grpc_status);
// The gRPC status of an answer of a gRPC service whose failure a scenario states as an HTTP status: the inverse where there is one (429: resource
// exhausted, 500: internal, 503: unavailable, 504: deadline exceeded, ...), below 400: ok, else unknown.
int grpcStatusOfHttp(int status);

// Envoy's access-log flags. A request carries the flag of what ended it, a failed try its own.
enum class ResponseFlag : std::uint8_t {
  kNone,                              // "-"
  kNoHealthyUpstream,                 // UH
  kUpstreamConnectionFailure,         // UF
  kUpstreamOverflow,                  // UO
  kUpstreamRetryLimitExceeded,        // URX
  kUpstreamRequestTimeout,            // UT
  kUpstreamConnectionTermination,     // UC
  kUpstreamRemoteReset,               // UR
  kUpstreamProtocolError,             // UPE
  kUpstreamMaxStreamDurationReached,  // UMSDR
  kLocalReset,                        // LR
  kFailedLocalHealthCheck,            // LH
  kNoRouteFound,                      // NR
  kNoClusterFound,                    // NC
  kRateLimited,                       // RL
  kRateLimitServiceError,             // RLSE
  kFaultInjected,                     // FI
  kDelayInjected,                     // DI
  kUnauthorizedExternalService,       // UAEX
  kDownstreamConnectionTermination,   // DC
  kDownstreamRemoteReset,             // DR
  kStreamIdleTimeout,                 // SI
  kDurationTimeout,                   // DT
  kOverloadManager,                   // OM
};
inline constexpr std::size_t kResponseFlagCount = 24;
std::string_view name(ResponseFlag flag);  // Envoy's short text: "UH", "UF", ...; "-" for none

// The flag of a try that was reset: overflow UO, no connection UF, terminated UC, remote reset UR, local reset LR, protocol error UPE.
ResponseFlag flagOf(ResetReason reason);

// What the downstream gets when a reset is final: 502 for a protocol error, else 503.
int statusOf(ResetReason reason);

}  // namespace meshmall::models
