// Waiting times before a retry: fully jittered exponential, the interval a rate-limited answer asks for, and a constant one.
// All draws are whole milliseconds, as in the proxy; a delay of 0 is possible. One draw for each delay (the constant one: none).
// Source: Envoy backoff_strategy.cc; spec envoy-resilience.md sections 1.6, 1.7.
#pragma once

#include <cstdint>

#include "engine/kernel/time.h"
#include "engine/random/random_source.h"

namespace meshmall::models {

// Delay n is uniform over [0, W-1] ms; W starts at base and doubles while it is below max/2, then is max.
class ExponentialBackoff {
 public:
  ExponentialBackoff() = default;
  // Milliseconds, both at least 1 (0 is taken as 1), max >= base. Up to 2^64-1.
  ExponentialBackoff(std::uint64_t base_ms, std::uint64_t max_ms);

  std::uint64_t next(engine::RandomSource& random);  // ms; one draw
  void reset() { window_ms_ = base_ms_; }
  void reset(std::uint64_t base_ms);  // also replaces the base

 private:
  std::uint64_t base_ms_ = 25, max_ms_ = 250, window_ms_ = 25;
};

// The step that ExponentialBackoff takes, for holders that keep only the window: the window after `window`.
constexpr std::uint64_t nextBackoffWindow(std::uint64_t window_ms, std::uint64_t max_ms) { return window_ms < max_ms / 2 ? window_ms * 2 : max_ms; }

// Uniform over [min, 1.5 min - 1] ms: waits at least as long as was asked for (below 2 ms exactly that). One draw.
std::uint64_t lowerBoundBackoff(std::uint64_t min_ms, engine::RandomSource& random);

// Always the same.
struct FixedBackoff {
  std::uint64_t interval_ms = 0;

  std::uint64_t next() const { return interval_ms; }
  void reset() {}
  void reset(std::uint64_t new_interval_ms) { interval_ms = new_interval_ms; }
};

// Rounds up to whole milliseconds, at least 1: how the proxies read an interval of their configuration.
std::uint64_t backoffMilliseconds(engine::Duration interval);

}  // namespace meshmall::models
