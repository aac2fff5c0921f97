// A readiness probe: an endpoint becomes ready after `success_threshold` good answers in a row and unready after `failure_threshold` bad ones.
//
// Probes come at multiples of the period since the container's start; those before initial_delay are left out. It starts unready; without a probe it is ready
// once it runs. After a restart of the node's agent the first one waits for a random part of a period. An answer later than `timeout` is a bad one.
// Source: Kubernetes core v1 Probe, kubelet prober worker.go; spec rollout-traffic-security.md section 7.1.
#pragma once

#include <cstdint>

#include "engine/kernel/time.h"
#include "engine/random/random_source.h"

namespace meshmall::models {

struct ReadinessProbeConfig {
  engine::Duration initial_delay{0};
  engine::Duration period = engine::seconds(10);
  engine::Duration timeout = engine::seconds(1);
  std::uint32_t success_threshold = 1;  // 0 acts as 1, here and below
  std::uint32_t failure_threshold = 3;
};

// From the container's start to the first probe that counts. agent_restarted: one draw, else none.
engine::Duration firstProbeAfter(const ReadinessProbeConfig& config, bool agent_restarted, engine::RandomSource& random);

class ReadinessProbe {
 public:
  explicit ReadinessProbe(bool ready = false) : ready_(ready) {}

  // One probe's answer; true when readiness changed by it.
  bool onAnswer(const ReadinessProbeConfig& config, bool good);
  bool ready() const { return ready_; }

 private:
  bool ready_ = false;
  bool last_ = false;      // the last answer; has no meaning while run_ is 0
  std::uint32_t run_ = 0;  // equal answers in a row
};

}  // namespace meshmall::models
