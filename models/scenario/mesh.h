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
#include "engine/random/distribution.h"
#include "models/balancing/load_balancer_config.h"
#include "models/discovery/push_debounce.h"
#include "models/failover/failover_config.h"
#include "models/failover/istio_locality.h"
#include "models/resilience/adaptive_concurrency.h"
#include "models/resilience/admission_control.h"
#include "models/resilience/connection_pool.h"
#include "models/resilience/consecutive_failures.h"
#include "models/resilience/global_rate_limit.h"
#include "models/resilience/health_check.h"
#include "models/resilience/local_rate_limit.h"
#include "models/resilience/outlier_detection_config.h"
#include "models/resilience/retry_policy.h"
#include "models/routing/route.h"
#include "models/security/mesh_security.h"

namespace meshmall::models {

struct LoadBalancerSettings {
  PolicyConfig policy = LeastRequestConfig{};  // Istio's default
  bool passes_through = false;                 // PASSTHROUGH: the proxy does not choose, kube-proxy does; policy is RANDOM then
  std::optional<HashPolicy> hash;              // consistentHash: what of a request is hashed; header names in lower case
  FailoverConfig failover;                     // overprovisioning, panic threshold (from outlierDetection.minHealthPercent too)
  LocalityLbSetting locality;                  // Istio's; acts by default where outlier detection is configured
};

struct HealthCheckSettings {
  HealthCheckConfig proxy;
  std::uint32_t degraded_waiting = 0;  // what the endpoints answer: degraded from so many waiting requests; 0: never
};

struct TrafficPolicy {  // absent blocks: see the precedence above
  std::optional<LoadBalancerSettings> load_balancer;
  std::optional<ConnectionPoolConfig> connection_pool;
  std::optional<OutlierDetectionConfig> outlier_detection;
  std::optional<ConsecutiveFailuresConfig> consecutive_failures;
  std::optional<HealthCheckSettings> health_checks;
  std::optional<std::uint32_t> min_health_percent;  // outlierDetection.minHealthPercent, belongs to that block
  std::optional<TlsMode> tls;                                       // what the client's proxy speaks; absent: auto mTLS
  std::optional<RetryBudgetConfig> retry_budget;                    // Istio's: of the cluster; a route's own budget goes before it
  std::optional<AdmissionControlConfig> admission_control;          // of the caller's proxy towards this cluster
  std::optional<AdaptiveConcurrencyConfig> adaptive_concurrency;    // of the callee's own proxy
};

struct Subset {
  std::string name;
  Labels labels;
  TrafficPolicy policy;
};

struct DestinationRule {
  std::uint32_t service = 0;
  std::string key;  // as the scenario names it
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

struct GlobalRateLimit {
  GlobalRateLimitConfig limit;
  std::string key;               // lower-case name of a request header whose values are counted apart; empty: all requests together
  engine::Distribution latency;  // of the question to the rate limit service and its answer
  bool fail_open = true;         // no answer in time: let the request pass
};
// The proxy waits so long for the rate limit service. Source: Envoy rate_limit.proto, `timeout`.
inline constexpr engine::Duration kRateLimitTimeout = engine::milliseconds(20);

struct RateLimits {
  std::optional<std::uint32_t> service;  // at its inbound proxies; nothing: at the gateway
  std::optional<LocalRateLimitConfig> local;
  std::optional<GlobalRateLimit> global;
};

struct DiscoverySettings {
  engine::Distribution propagation;  // from a change to each proxy's knowing it; gathering is part of it
  DebounceConfig debounce;
};

struct Mesh {
  TrafficPolicy defaults;
  std::optional<RetryPolicy> default_retries;      // absent: istioDefaultRetryPolicy()
  std::vector<DestinationRule> destination_rules;  // by service, at most one each
  std::vector<ServiceRules> virtual_services;      // by service, at most one each
  std::vector<RateLimits> rate_limits;             // by service, the gateway's first; at most one each
  std::optional<DiscoverySettings> discovery;      // absent: everybody knows everything at once. The same in all versions of the mesh
  MeshSecurity security;
};

}  // namespace meshmall::models
