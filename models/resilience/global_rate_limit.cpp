#include "models/resilience/global_rate_limit.h"

#include <algorithm>
#include <array>
#include <utility>

#include "models/routing/string_match.h"

namespace meshmall::models {
namespace {

constexpr std::array<std::pair<std::string_view, std::int64_t>, 7> kUnits = {
    {{"second", 1}, {"minute", 60}, {"hour", 3600}, {"day", 86'400}, {"week", 604'800}, {"month", 2'592'000}, {"year", 31'536'000}}};

}  // namespace

std::optional<RateLimitUnit> rateLimitUnit(std::string_view name) {
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    if (equalsIgnoringCase(kUnits[i].first, name)) return static_cast<RateLimitUnit>(i);
  }
  return std::nullopt;
}

std::int64_t unitSeconds(RateLimitUnit unit) { return kUnits[static_cast<std::size_t>(unit)].second; }

RateWindow rateWindow(RateLimitUnit unit, std::int64_t unix_now_s) {
  const std::int64_t length = unitSeconds(unit);
  const std::int64_t into = unix_now_s % length;
  return {unix_now_s - into, length - into};
}

RateLimitStatus rateLimitStatus(const GlobalRateLimitConfig& config, std::uint64_t before, std::uint64_t after) {
  const std::uint64_t limit = config.requests_per_unit;
  const auto near = static_cast<std::uint64_t>(config.near_limit_ratio * static_cast<double>(limit));
  RateLimitStatus status;
  if (after > limit) {
    status.over_limit = true;
    status.over = after - std::max(before, limit);
    status.near = before < limit ? limit - std::max(near, before) : 0;
  } else {
    status.remaining = limit - after;
    if (after > near) status.near = after - std::max(near, before);
  }
  return status;
}

RateLimitStatus GlobalRateLimiter::hit(const GlobalRateLimitConfig& config, std::string_view key, std::uint64_t hits, engine::SimTime now) {
  const RateWindow window = rateWindow(config.unit, now.ns / 1'000'000'000);
  if (window.start_s != window_start_s_) {
    window_start_s_ = window.start_s;
    counts_.clear();
  }
  std::uint64_t& count = counts_[std::string(key)];
  const std::uint64_t before = count;
  count += hits;
  return rateLimitStatus(config, before, count);
}

}  // namespace meshmall::models
