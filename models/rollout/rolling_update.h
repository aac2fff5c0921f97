// Kubernetes' rolling update of a Deployment: how many new pods may come and how many old ones may go now, so that there are never more than
// desired + maxSurge and never fewer available than desired - maxUnavailable. Called again whenever a pod becomes available or is gone. No draws.
// Limiting cases: nothing old left, nothing to do; both bounds 0 count as one unavailable.
// Source: Kubernetes pkg/controller/deployment/rolling.go, util/deployment_util.go; defaults 25 % each (surge rounds up, unavailable down).
#pragma once

#include <algorithm>
#include <cstdint>

namespace meshmall::models {

struct RollingUpdate {
  std::int64_t desired = 1;
  std::int64_t surge = 1, unavailable = 0;

  // With the defaults.
  static RollingUpdate of(std::int64_t desired) {
    RollingUpdate update{desired, (desired + 3) / 4, desired / 4};
    if (update.surge == 0 && update.unavailable == 0) update.unavailable = 1;
    return update;
  }
};

struct RollingCounts {  // pods that are not on their way out
  std::int64_t fresh = 0, fresh_available = 0;
  std::int64_t old = 0, old_available = 0;
};

struct RollingStep {
  std::int64_t create = 0;  // new pods
  std::int64_t remove = 0;  // old pods: those that are not available first
};

inline RollingStep rollingStep(const RollingUpdate& update, const RollingCounts& now) {
  RollingStep step;
  step.create = std::max<std::int64_t>(0, std::min(update.desired + update.surge - now.fresh - now.old, update.desired - now.fresh));
  const std::int64_t least = update.desired - update.unavailable;
  const std::int64_t all = now.fresh + step.create + now.old;
  const std::int64_t fresh_unavailable = now.fresh + step.create - now.fresh_available;
  const std::int64_t most = all - least - fresh_unavailable;
  if (most <= 0) return step;
  const std::int64_t broken = std::min(now.old - now.old_available, most);  // these help nobody
  const std::int64_t spare = std::max<std::int64_t>(0, now.fresh_available + now.old_available - least);
  step.remove = std::min(now.old, broken + spare);
  return step;
}

}  // namespace meshmall::models
