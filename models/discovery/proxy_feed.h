// One proxy's stream of pushes: each arrives after a delay of its own, and none overtakes the one before, as on the one connection they come by.
// Limiting case: delay 0 applies a push at once. Source: xDS over a gRPC stream; spec rollout-traffic-security.md section 7.1.
#pragma once

#include <algorithm>

#include "engine/kernel/time.h"

namespace meshmall::models {

class ProxyFeed {
 public:
  // When a push made at `pushed` with this delay acts at the proxy. Pushes are told in order.
  engine::SimTime appliesAt(engine::SimTime pushed, engine::Duration delay) {
    last_ = std::max(last_, pushed + delay);
    return last_;
  }

 private:
  engine::SimTime last_;
};

}  // namespace meshmall::models
