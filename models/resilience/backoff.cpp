#include "models/resilience/backoff.h"

#include <algorithm>

namespace meshmall::models {

ExponentialBackoff::ExponentialBackoff(std::uint64_t base_ms, std::uint64_t max_ms)
    : base_ms_(std::max<std::uint64_t>(base_ms, 1)), max_ms_(std::max(max_ms, base_ms_)), window_ms_(base_ms_) {}

std::uint64_t ExponentialBackoff::next(engine::RandomSource& random) {
  const std::uint64_t delay = random.next() % window_ms_;
  window_ms_ = nextBackoffWindow(window_ms_, max_ms_);
  return delay;
}

void ExponentialBackoff::reset(std::uint64_t base_ms) {
  base_ms_ = std::max<std::uint64_t>(base_ms, 1);
  window_ms_ = base_ms_;
}

std::uint64_t lowerBoundBackoff(std::uint64_t min_ms, engine::RandomSource& random) {
  const std::uint64_t half = min_ms / 2;
  const std::uint64_t draw = random.next();
  return half == 0 ? min_ms : min_ms + draw % half;
}

std::uint64_t backoffMilliseconds(engine::Duration interval) {
  if (interval.ns <= 1'000'000) return 1;
  return static_cast<std::uint64_t>((interval.ns + 999'999) / 1'000'000);
}

}  // namespace meshmall::models
