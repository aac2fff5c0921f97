// Slow start: a host's weight grows from a minimum to its full value over a window after it entered service.
//
// factor = max((elapsed / window)^(1 / aggression), minimum); elapsed in whole milliseconds, at least 1. At or after the window, and for
// hosts that are not healthy or whose clock is unknown, 1. Source: Envoy load_balancer_impl.cc; docs/reference/balancing.md#slow-start
#pragma once

#include "models/balancing/hosts.h"
#include "models/balancing/load_balancer_config.h"

namespace meshmall::models {

// `elapsed` since the host entered service.
double slowStartFactor(engine::Duration elapsed, const SlowStartConfig& config);

// The factor on the weight of `host` at `now`; 1 when slow start is off.
double slowStartFactorOf(const ClusterHosts& hosts, HostIndex host, engine::SimTime now, const SlowStartConfig& config);

// Whether some host may still be in its window, which makes a balancer use its weighted schedule: true during the first window after
// the balancer's creation, and while the latest arrival is not older than a window.
class SlowStartWatch {
 public:
  explicit SlowStartWatch(engine::SimTime created) : latest_(created) {}

  void observe(const ClusterHosts& hosts, engine::SimTime now, const SlowStartConfig& config);
  bool inEffect(engine::SimTime now, const SlowStartConfig& config) const;
  engine::SimTime latest() const { return latest_; }

 private:
  engine::SimTime latest_;
};

}  // namespace meshmall::models
