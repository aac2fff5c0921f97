// Durations and rates as a scenario writes them, exactly: "1m30s", "250us", "400/s". No signs, no bare numbers, no blanks, nothing finer than a nanosecond.
// Units of durations: ns, us (or µs), ms, s, m, h; several parts in descending order, each unit once, a fraction anywhere. Rates: /s, /m, /h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "engine/kernel/time.h"

namespace meshmall::models {

struct QuantityError {
  std::string message;  // a whole sentence with what was given
};

// Ten simulated years, the longest time a scenario can name.
inline constexpr engine::Duration kLongestDuration{std::int64_t{10} * 365 * 24 * 3600 * 1'000'000'000};

std::variant<engine::Duration, QuantityError> parseDuration(std::string_view text);

// Per second; at most 1e9 per second.
std::variant<double, QuantityError> parseRate(std::string_view text);

// A number of a table beside the scenario ("12", "0.25", "3e-4") times a unit, to the nearest nanosecond; at least 0, at most kLongestDuration.
std::variant<engine::Duration, QuantityError> parseInUnit(std::string_view text, std::int64_t unit_ns);

// "ns", "us", "ms", "s", "m", "h" in nanoseconds; 0: no such unit.
std::int64_t unitNanoseconds(std::string_view unit);

}  // namespace meshmall::models
