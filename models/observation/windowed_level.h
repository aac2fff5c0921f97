// A level that changes at instants (held workers, requests waiting) and its time average and maximum over the measured window only.
// Updates are a few arithmetic operations; nothing happens between them. Limiting cases: a level that never changes inside the window has its value as
// average and maximum; an empty window has average 0. Sums are doubles: exact while level x nanoseconds stays below 2^53, else right to 1e-15 of the value.
#pragma once

#include <algorithm>

#include "engine/kernel/time.h"

namespace meshmall::models {

struct Window {  // measured: arrivals in [begin, end)
  engine::SimTime begin, end;
  constexpr bool contains(engine::SimTime t) const { return begin <= t && t < end; }
};

class WindowedLevel {
 public:
  // The level is `level` from `now` on. Times never decrease.
  void set(engine::SimTime now, double level, const Window& window) {
    settle(now, window);
    level_ = level;
    if (window.contains(now) && level > max_) max_ = level;
  }
  void add(engine::SimTime now, double delta, const Window& window) { set(now, level_ + delta, window); }

  double level() const { return level_; }
  // The integral of the level (level x nanoseconds) over [begin, min(until, end)).
  double integral(engine::SimTime until, const Window& window) const {
    WindowedLevel copy = *this;
    copy.settle(until, window);
    return copy.integral_;
  }
  // The highest level at any instant of [begin, min(until, end)).
  double maximum(engine::SimTime until, const Window& window) const {
    WindowedLevel copy = *this;
    copy.settle(until, window);
    return copy.max_;
  }

 private:
  void settle(engine::SimTime now, const Window& window) {
    const engine::SimTime from = std::max(since_, window.begin);
    const engine::SimTime to = std::min(now, window.end);
    if (from < to) {
      integral_ += level_ * static_cast<double>((to - from).ns);
      if (level_ > max_) max_ = level_;
    }
    since_ = now;
  }

  double level_ = 0, integral_ = 0, max_ = 0;
  engine::SimTime since_{0};
};

}  // namespace meshmall::models
