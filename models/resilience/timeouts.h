// The timeouts that hold for one call: of the whole of it (all tries and waits) and of each try.
// A per-try timeout that is not below the global one is switched off, not cut. 0 means none throughout.
// Source: Envoy router.cc finalTimeout; spec envoy-resilience.md section 3.1.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/kernel/time.h"
#include "models/routing/string_match.h"

namespace meshmall::models {

struct Timeouts {
  engine::Duration global{0};
  engine::Duration per_try{0};

  friend bool operator==(const Timeouts&, const Timeouts&) = default;
};

// Of a route without request headers: what almost every call uses. Made once per route.
constexpr Timeouts effectiveTimeouts(engine::Duration route_timeout, engine::Duration per_try_timeout) {
  Timeouts t{route_timeout, per_try_timeout};
  if (t.global.ns != 0 && t.per_try >= t.global) t.per_try = {0};
  return t;
}

struct GrpcTimeouts {
  std::optional<engine::Duration> max_grpc_timeout;     // given: the grpc-timeout header counts, capped by it (0: not capped)
  std::optional<engine::Duration> grpc_timeout_offset;  // taken off that header
};

// The same with the request's headers: grpc-timeout, x-envoy-upstream-rq-timeout-ms, x-envoy-upstream-rq-per-try-timeout-ms (bad values are ignored).
Timeouts effectiveTimeouts(engine::Duration route_timeout, engine::Duration per_try_timeout, bool grpc, const GrpcTimeouts& grpc_timeouts, HeaderView headers);

// The time the upstream is told it has (x-envoy-expected-rq-timeout-ms), `elapsed` since the downstream request was complete; 0: nothing is told.
// With hedging it is the whole call's. Never 0 when a limit exists: out of time is 1 ms.
engine::Duration expectedTimeout(const Timeouts& timeouts, bool hedging, engine::Duration elapsed);

}  // namespace meshmall::models
