// Faults on purpose: a delay, then an abort, each for a share of the requests; they happen before routing and retries of the caller's proxy.
//
// An aborted request never reaches the router: no retry, nothing for outlier detection. The abort's chance is rolled after the delay has ended.
// Draws: one for each configured fault whose share lies strictly between 0 and 100 %, one for the length of an exponential delay. Limiting cases: share 0 or duration 0: no fault.
// Source: Envoy fault_filter.cc, Istio HTTPFaultInjection; specs envoy-resilience.md section 11, rollout-traffic-security.md section 2.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/kernel/time.h"
#include "engine/random/random_source.h"
#include "models/resilience/fraction.h"
#include "models/routing/string_match.h"

namespace meshmall::models {

struct FaultDelay {
  engine::Duration fixed_delay{0};
  Fraction percentage;       // Istio: not given = 0 (Fraction{}), given p: Fraction::ofPercent(p)
  bool exponential = false;  // then fixed_delay is the mean: Istio's exponentialDelay
};

struct FaultAbort {
  int http_status = 0;   // 200..599; what the caller gets
  int grpc_status = -1;  // instead of http_status: HTTP 200 with this grpc-status
  Fraction percentage;
  int http2_error = -1;  // instead of both: the stream is reset with this code (RFC 9113 section 7), and no answer comes
};

struct FaultConfig {
  std::optional<FaultDelay> delay;
  std::optional<FaultAbort> abort;
  std::uint32_t max_active_faults = 0xFFFFFFFF;

  bool enabled() const { return (delay && delay->percentage.numerator != 0) || (abort && abort->percentage.numerator != 0); }
};

// Requests that one proxy holds for faults at this moment, of one filter. Needed only where max_active_faults is limited.
class FaultSlots {
 public:
  bool tryTake(std::uint32_t max_active) {
    if (active_ >= max_active) return ++overflow_, false;
    return ++active_, true;
  }
  void release();
  std::uint32_t active() const { return active_; }
  std::uint64_t overflow() const { return overflow_; }

 private:
  std::uint32_t active_ = 0;
  std::uint64_t overflow_ = 0;
};

// What a gRPC client makes of a stream reset. Source: gRPC over HTTP/2, errors.
int grpcStatusOfHttp2Error(int error);

// First gate: how long this request is held; 0: not at all. At most two draws.
engine::Duration injectDelay(const FaultConfig& config, engine::RandomSource& random);

struct AbortDecision {
  int http_status = 0;  // 0: the request goes on
  int grpc_status = -1;

  explicit operator bool() const { return http_status != 0; }
};
// Second gate, asked when the delay (if any) has ended. At most one draw.
AbortDecision injectAbort(const FaultConfig& config, engine::RandomSource& random);

// The same two gates with the limit on active faults: one request takes one slot, however many faults it gets.
class RequestFaults {
 public:
  // How long the request is held; 0: not at all, or there was no slot.
  engine::Duration beginDelay(const FaultConfig& config, FaultSlots& slots, engine::RandomSource& random);
  // When the delay has ended (or there was none). Without an abort the slot is returned here.
  AbortDecision tryAbort(const FaultConfig& config, FaultSlots& slots, engine::RandomSource& random);
  // The request is over.
  void end(FaultSlots& slots);

 private:
  bool tryTake(const FaultConfig& config, FaultSlots& slots);

  bool holds_slot_ = false;
};

}  // namespace meshmall::models
