// The shared rate limit service: fixed windows aligned to the clock, one counter for each key. Counts first, then judges: exactly the limit passes,
// rejected hits count too, and a burst across a boundary can be twice the limit.
// Source: envoyproxy/ratelimit base_limiter, utilities; spec rollout-traffic-security.md section 8.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/kernel/time.h"

namespace meshmall::models {

enum class RateLimitUnit : std::uint8_t { kSecond, kMinute, kHour, kDay, kWeek, kMonth, kYear };
std::optional<RateLimitUnit> rateLimitUnit(std::string_view name);  // "second" ... "year", any case
std::int64_t unitSeconds(RateLimitUnit unit);                       // 1, 60, ... a month is 30 days, a year 365

struct RateWindow {
  std::int64_t start_s = 0;       // now - now mod unit
  std::int64_t seconds_left = 0;  // until the next one; never 0
};
RateWindow rateWindow(RateLimitUnit unit, std::int64_t unix_now_s);

struct GlobalRateLimitConfig {
  std::uint32_t requests_per_unit = 1;
  RateLimitUnit unit = RateLimitUnit::kSecond;
  double near_limit_ratio = 0.8;

  friend bool operator==(const GlobalRateLimitConfig&, const GlobalRateLimitConfig&) = default;
};

struct RateLimitStatus {
  bool over_limit = false;
  std::uint64_t remaining = 0;
  std::uint64_t over = 0;  // of these hits, beyond the limit
  std::uint64_t near = 0;  // of these hits, beyond trunc(ratio x limit) and within the limit
};
// The judgement of hits that raised a counter from `before` to `after`.
RateLimitStatus rateLimitStatus(const GlobalRateLimitConfig& config, std::uint64_t before, std::uint64_t after);

class GlobalRateLimiter {
 public:
  // Counts `hits` under `key` and judges them. `now` never decreases.
  RateLimitStatus hit(const GlobalRateLimitConfig& config, std::string_view key, std::uint64_t hits, engine::SimTime now);

 private:
  std::int64_t window_start_s_ = -1;
  std::unordered_map<std::string, std::uint64_t> counts_;  // of this window; only looked up
};

}  // namespace meshmall::models
