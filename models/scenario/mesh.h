// The mesh's policies as the scenario gives them: Istio's blocks, checked, with defaults filled in.
// Precedence (each block taken whole): subset, else destination rule, else mesh defaults; a route's retries whole, else the default's. Nothing is merged.
// The blocks' own structs live beside their algorithms (balancing/, failover/, resilience/, routing/).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/balancing/hashing.h"
#include "models/balancing/load_balancer_config.h"
#include "models/failover/failover_config.h"
#include "models/resilience/connection_pool.h"
#include "models/resilience/outlier_detection_config.h"
#include "models/resilience/retry_policy.h"
#include "models/routing/route.h"

namespace meshmall::models {

struct LoadBalancerSettings {
  PolicyConfig policy = LeastRequestConfig{};  // Istio's default
  std::optional<HashPolicy> hash;              // consistentHash: what of a request is hashed; header names in lower case
  FailoverConfig failover;                     // overprovisioning, panic threshold (from outlierDetection.minHealthPercent too)
};

struct TrafficPolicy {  // absent blocks: see the precedence above
  std::optional<LoadBalancerSettings> load_balancer;
  std::optional<ConnectionPoolConfig> connection_pool;
  std::optional<OutlierDetectionConfig> outlier_detection;
  std::optional<std::uint32_t> min_health_percent;  // outlierDetection.minHealthPercent, belongs to that block
};

struct Subset {
  std::string name;
  Labels labels;
  TrafficPolicy policy;
};

struct DestinationRule {
  std::uint32_t service = 0;
  TrafficPolicy policy;
  std::vector<Subset> subsets;  // order of the file
};

// The entrance's name in VirtualService::gateways and HttpMatch::gateways; any name but "mesh" becomes it. A virtual service without `gateways` has both:
// the entrance is a proxy like any sidecar.
inline constexpr const char* kEntranceGateway = "gateway";

struct ServiceRules {  // a VirtualService and the service it is for; its destinations' hosts are keys of services
  std::uint32_t service = 0;
  VirtualService rules;
};

struct Mesh {
  TrafficPolicy defaults;
  std::optional<RetryPolicy> default_retries;      // absent: istioDefaultRetryPolicy()
  std::vector<DestinationRule> destination_rules;  // by service, at most one each
  std::vector<ServiceRules> virtual_services;      // by service, at most one each
};

}  // namespace meshmall::models
