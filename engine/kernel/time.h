// Simulated time: 64-bit integer nanoseconds (292 years), exact and the same on every machine.
// A SimTime is an instant since the start of the simulation; a Duration is a length. Limiting cases: time 0 is the start, kNever is after everything.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace meshmall::engine {

struct Duration {
  std::int64_t ns = 0;

  friend constexpr auto operator<=>(Duration, Duration) = default;
  friend constexpr Duration operator+(Duration a, Duration b) { return {a.ns + b.ns}; }
  friend constexpr Duration operator-(Duration a, Duration b) { return {a.ns - b.ns}; }
  friend constexpr Duration operator*(Duration a, std::int64_t k) { return {a.ns * k}; }
  constexpr double seconds() const { return static_cast<double>(ns) * 1e-9; }
  constexpr double milliseconds() const { return static_cast<double>(ns) * 1e-6; }
};

struct SimTime {
  std::int64_t ns = 0;

  friend constexpr auto operator<=>(SimTime, SimTime) = default;
  friend constexpr SimTime operator+(SimTime t, Duration d) { return {t.ns + d.ns}; }
  friend constexpr SimTime operator-(SimTime t, Duration d) { return {t.ns - d.ns}; }
  friend constexpr Duration operator-(SimTime a, SimTime b) { return {a.ns - b.ns}; }
  constexpr double seconds() const { return static_cast<double>(ns) * 1e-9; }
};

inline constexpr SimTime kNever{std::numeric_limits<std::int64_t>::max()};

constexpr Duration nanoseconds(std::int64_t n) { return {n}; }
constexpr Duration microseconds(std::int64_t n) { return {n * 1'000}; }
constexpr Duration milliseconds(std::int64_t n) { return {n * 1'000'000}; }
constexpr Duration seconds(std::int64_t n) { return {n * 1'000'000'000}; }

// Nearest nanosecond, ties to even; negative values and NaN become 0, values beyond 290 years are cut there.
Duration fromSeconds(double s);

}  // namespace meshmall::engine
