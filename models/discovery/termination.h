// The end of an endpoint, in Kubernetes' order: deleted (and out of the endpoints from then on, which the proxies learn late), its preStop hook, TERM, KILL.
//
// The grace period counts from the deletion and includes preStop; a hook that outlasts it is cut, and the container gets 2 s more. With TERM it takes no new
// connections; what is running goes on until it is done or KILL comes. The proxy beside it goes on accepting, and drains for drain_duration after TERM.
// Requests sent there by stale views after TERM fail: rate x share x (delay of the view - preStop), none when preStop is at least the delay.
// Source: Kubernetes pod lifecycle, kubelet kuberuntime_container.go, Istio proxy drain; spec rollout-traffic-security.md section 7.1.
#pragma once

#include "engine/kernel/time.h"

namespace meshmall::models {

struct TerminationConfig {
  engine::Duration pre_stop{0};
  engine::Duration grace_period = engine::seconds(30);
  engine::Duration drain_duration = engine::seconds(5);  // Istio's terminationDrainDuration
};

struct TerminationTimes {
  engine::SimTime not_ready;  // the control plane's; the proxies know later
  engine::SimTime term;       // no new connections, no new requests
  engine::SimTime drained;    // the proxy beside it closes what is left
  engine::SimTime kill;       // everything still running is reset
};

TerminationTimes terminationTimes(const TerminationConfig& config, engine::SimTime deleted);

}  // namespace meshmall::models
