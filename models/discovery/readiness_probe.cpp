#include "models/discovery/readiness_probe.h"

#include <algorithm>

namespace meshmall::models {

engine::Duration firstProbeAfter(const ReadinessProbeConfig& config, bool agent_restarted, engine::RandomSource& random) {
  const std::int64_t period = std::max<std::int64_t>(config.period.ns, 1);
  std::int64_t offset = 0;
  if (agent_restarted) {
    const double u = static_cast<double>(random.next() >> 11) * 0x1p-53;
    offset = static_cast<std::int64_t>(u * static_cast<double>(period));
  }
  const std::int64_t behind = config.initial_delay.ns - offset;
  return engine::Duration{offset + (behind > 0 ? (behind + period - 1) / period * period : 0)};
}

bool ReadinessProbe::onAnswer(const ReadinessProbeConfig& config, bool good) {
  run_ = run_ > 0 && last_ == good ? run_ + 1 : 1;
  last_ = good;
  if (run_ < std::max<std::uint32_t>(good ? config.success_threshold : config.failure_threshold, 1)) return false;
  const bool changed = ready_ != good;
  ready_ = good;
  return changed;
}

}  // namespace meshmall::models
