// What the control plane knows of an endpoint: Kubernetes' conditions ready, serving, terminating. Deleting one makes it not ready at once, whatever its probe
// says, while `serving` goes on telling the probe's answer. Proxies send requests to ready ones only.
// Source: Kubernetes EndpointSlice; spec rollout-traffic-security.md section 7.1.
#pragma once

namespace meshmall::models {

struct EndpointState {
  bool ready = false, serving = false, terminating = false;

  friend bool operator==(const EndpointState&, const EndpointState&) = default;
};

// running: its container is up; probe_ready: its probe's state, true without a probe.
constexpr EndpointState endpointState(bool running, bool probe_ready, bool deleted) {
  const bool serving = running && probe_ready;
  return {serving && !deleted, serving, deleted};
}

}  // namespace meshmall::models
