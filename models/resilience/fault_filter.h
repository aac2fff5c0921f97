// Which faults of Envoy's fault filter a request meets: matchers on its headers, the caller's node, faults asked for by headers, runtime overrides.
// Gives a plain FaultConfig (fault_injection.h), whose gates are then rolled. Istio's `fault` needs none of this.
// Headers only lower a configured percentage. Source: Envoy fault_filter.cc, fault_config.cc; spec envoy-resilience.md section 11.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/resilience/fault_injection.h"
#include "models/routing/string_match.h"

namespace meshmall::models {

// One fault's numbers as the proxy's runtime overrides them; the ones for a calling cluster go before the general ones.
struct FaultRuntime {
  std::optional<std::uint32_t> percent;      // of 100
  std::optional<engine::Duration> duration;  // of a delay
  std::optional<int> http_status;            // of an abort
};

struct FaultFilterConfig {
  FaultConfig faults;                         // a delay of 0 or an abort without status: only by header
  bool header_delay = false;                  // x-envoy-fault-delay-request, in ms
  bool header_abort = false;                  // x-envoy-fault-abort-request, x-envoy-fault-abort-grpc-request
  std::vector<HeaderMatcher> match_headers;   // all must match
  std::vector<std::string> downstream_nodes;  // empty: every caller; else x-envoy-downstream-service-node is one of them
  FaultRuntime delay_runtime, abort_runtime;
  struct ForCluster {
    std::string cluster;  // x-envoy-downstream-service-cluster
    FaultRuntime delay, abort;
  };
  std::vector<ForCluster> for_clusters;
};

// The faults this request is offered; nothing when the filter does not apply to it.
std::optional<FaultConfig> faultsFor(const FaultFilterConfig& config, HeaderView headers);

}  // namespace meshmall::models
