// How a try, a call or a customer's visit ended, and the closed sets that the counters are kept by: kinds of tries, reasons of rejection.
// Limiting case: status 0 is "no answer" (a timeout of the customer, a reset that nobody turned into an answer). Names are those of the results.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "models/resilience/response.h"

namespace meshmall::models {

struct Outcome {
  std::uint16_t status = 0;                 // HTTP; 0: no answer
  ResponseFlag flag = ResponseFlag::kNone;  // why it was not simply answered
  constexpr bool ok() const { return status >= 200 && status < 400; }
};

enum class TryKind : std::uint8_t { first, retry, hedge, mirror };
inline constexpr std::size_t kTryKinds = 4;

enum class Rejection : std::uint8_t {
  local_rate_limit,
  global_rate_limit,
  circuit_breaker,
  admission,
  adaptive_concurrency,
  queue_full,
  queue_timeout,
  handshake,
  authentication,  // a token that is not good
  missing_token,   // a policy demands a token, and none came
  authorization,
  no_healthy_upstream,
};
inline constexpr std::size_t kRejections = 12;

std::string_view name(TryKind kind);         // "first", "retry", "hedge", "mirror"
std::string_view name(Rejection rejection);  // "localRateLimit", ..., "noHealthyUpstream"

}  // namespace meshmall::models
