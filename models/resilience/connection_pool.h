// Istio's connectionPool block: limits of the connections, waiting requests, active requests and retries that one proxy has towards one cluster.
// Defaults are Istio's (practically unlimited), not Envoy's 1024 / 1024 / 1024 / 3. In Istio 0 means "not set": use limitOf().
// Source: Istio cluster_traffic_policy.go; spec rollout-traffic-security.md section 2.3.
#pragma once

#include <cstdint>
#include <limits>

#include "engine/kernel/time.h"

namespace meshmall::models {

inline constexpr std::uint32_t kUnlimited = std::numeric_limits<std::uint32_t>::max();

// Istio's reading of a limit.
constexpr std::uint32_t limitOf(std::uint32_t given) { return given == 0 ? kUnlimited : given; }

struct CircuitBreakerConfig {
  std::uint32_t max_connections = kUnlimited;       // tcp.maxConnections
  std::uint32_t max_pending_requests = kUnlimited;  // http.http1MaxPendingRequests
  std::uint32_t max_requests = kUnlimited;          // http.http2MaxRequests (for HTTP/1 too)
  std::uint32_t max_retries = kUnlimited;           // http.maxRetries, at the same time
  std::uint32_t max_connection_pools = kUnlimited;  // Envoy's; no field of Istio's

  static CircuitBreakerConfig envoyDefaults() { return {1024, 1024, 1024, 3, kUnlimited}; }
  bool unlimited() const {
    return max_connections == kUnlimited && max_pending_requests == kUnlimited && max_requests == kUnlimited && max_retries == kUnlimited &&
           max_connection_pools == kUnlimited;
  }
  friend bool operator==(const CircuitBreakerConfig&, const CircuitBreakerConfig&) = default;
};

struct ConnectionPoolConfig {
  CircuitBreakerConfig limits;
  engine::Duration connect_timeout = engine::seconds(10);  // tcp.connectTimeout
  engine::Duration idle_timeout = engine::seconds(3600);   // http.idleTimeout: a connection without requests is closed after it; 0: never
  engine::Duration tcp_idle_timeout = engine::seconds(3600);  // tcp.idleTimeout: the same for services of plain TCP
  engine::Duration max_connection_duration{0};             // tcp.maxConnectionDuration; 0: no limit
  std::uint32_t max_requests_per_connection = 0;           // http.maxRequestsPerConnection; 0: no limit, 1: no keep-alive
  std::uint32_t max_concurrent_streams = kUnlimited;       // http.maxConcurrentStreams, of an HTTP/2 connection
  bool upgrade_to_http2 = false;                           // http.h2UpgradePolicy UPGRADE, unless useClientProtocol
};

}  // namespace meshmall::models
