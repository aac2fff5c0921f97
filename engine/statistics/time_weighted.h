// The time average of an integer level (customers in a queue, busy workers) over a window, with its maximum; exact integer sums.
//
// Limiting cases: before any time has passed the average is the level itself. Times never decrease (an earlier one counts as no time).
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/kernel/time.h"
#include "engine/statistics/tally.h"

namespace meshmall::engine {

class TimeWeighted {
 public:
  explicit TimeWeighted(std::int64_t level = 0, SimTime start = {}) : level_(level), max_(level), start_(start), since_(start) {}

  void set(SimTime now, std::int64_t level) {
    advance(now);
    level_ = level;
    max_ = std::max(max_, level);
  }
  void change(SimTime now, std::int64_t by) { set(now, level_ + by); }

  // Forgets what was before `now`; the level stays and is the new window's first maximum.
  void startWindow(SimTime now) {
    advance(now);
    integral_ = 0;
    start_ = since_;
    max_ = level_;
  }

  std::int64_t level() const { return level_; }
  std::int64_t max() const { return max_; }
  SimTime windowStart() const { return start_; }

  // Level times nanoseconds from the window's start to `now`; levels of several objects are averaged by adding these.
  Int128 integral(SimTime now) const { return integral_ + static_cast<Int128>(level_) * std::max<std::int64_t>(0, (now - since_).ns); }

  double average(SimTime now) const {
    const std::int64_t length = (std::max(now, since_) - start_).ns;
    return length > 0 ? static_cast<double>(integral(now)) / static_cast<double>(length) : static_cast<double>(level_);
  }

 private:
  void advance(SimTime now) {
    integral_ = integral(now);
    since_ = std::max(since_, now);
  }

  Int128 integral_ = 0;
  std::int64_t level_;
  std::int64_t max_;
  SimTime start_;
  SimTime since_;  // up to where integral_ counts
};

}  // namespace meshmall::engine
