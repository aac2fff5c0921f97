#include "models/discovery/termination.h"

#include <algorithm>

namespace meshmall::models {

TerminationTimes terminationTimes(const TerminationConfig& config, engine::SimTime deleted) {
  // What is left after a hook that took the whole grace period.
  constexpr engine::Duration kLeast = engine::seconds(2);
  const engine::Duration hook = std::min(config.pre_stop, config.grace_period);
  TerminationTimes times;
  times.not_ready = deleted;
  times.term = deleted + hook;
  // A grace period of 0 kills at once; else TERM is always followed by at least 2 s.
  const engine::Duration left = config.grace_period - hook;
  times.kill = config.grace_period.ns == 0 ? deleted : times.term + (config.pre_stop.ns > 0 ? std::max(left, kLeast) : left);
  times.drained = std::min(times.term + config.drain_duration, times.kill);
  return times;
}

}  // namespace meshmall::models
