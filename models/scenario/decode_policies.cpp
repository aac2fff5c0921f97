// trafficPolicy: Istio's blocks with Istio's defaults, and the proxies' own fields beside them.
#include "models/scenario/decode_balancing.h"
#include "models/scenario/decode_parts.h"

#include <cmath>

namespace meshmall::models {

namespace {

LoadBalancerSettings readLoadBalancer(const Node& node, bool& panic_given) {
  LoadBalancerSettings out;
  ObjectReader object(node, "loadBalancer");
  // Istio takes settings of places or of the warm-up alone, for its default LEAST_REQUEST.
  const bool kind_given = object.has("simple") || object.has("consistentHash") || object.has("policy");
  if (kind_given || !(object.has("localityLbSetting") || object.has("warmup")))
    if (const auto kind = object.exactlyOne({"simple", "consistentHash", "policy"})) readBalancer(*kind, out);
  if (const auto warmup = object.get("warmup")) readWarmup(*warmup, out);
  out.failover.overprovisioning_factor = static_cast<std::uint32_t>(std::lround(100 * object.number("overprovisioningFactor", 1.4, 0.01, 1000)));
  readLocalitySettings(object, out);
  panic_given = object.has("panicThreshold");
  out.failover.panic_threshold = object.count("panicThreshold", 0, 0, 100);
  return out;
}

ConnectionPoolConfig readConnectionPool(const Node& node) {
  ConnectionPoolConfig out;
  ObjectReader object(node, "connectionPool");
  constexpr std::uint32_t kMax = INT32_MAX;
  if (const auto tcp_node = object.get("tcp")) {
    ObjectReader tcp(*tcp_node, "tcpPool");
    out.limits.max_connections = limitOf(tcp.count("maxConnections", 0, 0, kMax));
    if (const auto timeout = tcp.get("connectTimeout")) out.connect_timeout = readPositiveDuration(*timeout).value_or(out.connect_timeout);
    out.max_connection_duration = tcp.duration("maxConnectionDuration", Duration{});
    out.tcp_idle_timeout = tcp.duration("idleTimeout", out.tcp_idle_timeout);
  }
  if (const auto http_node = object.get("http")) {
    ObjectReader http(*http_node, "httpPool");
    out.limits.max_pending_requests = limitOf(http.count("http1MaxPendingRequests", 0, 0, kMax));
    out.limits.max_requests = limitOf(http.count("http2MaxRequests", 0, 0, kMax));
    out.limits.max_retries = limitOf(http.count("maxRetries", 0, 0, kMax));
    out.idle_timeout = http.duration("idleTimeout", out.idle_timeout);
    out.max_requests_per_connection = http.count("maxRequestsPerConnection", 0, 0, kMax);
    out.max_concurrent_streams = limitOf(http.count("maxConcurrentStreams", 0, 0, kMax));
    if (const auto upgrade = http.get("h2UpgradePolicy")) out.upgrade_to_http2 = readChoice(*upgrade, {"DEFAULT", "DO_NOT_UPGRADE", "UPGRADE"}).value_or(0) == 2;
    if (http.flag("useClientProtocol", false)) out.upgrade_to_http2 = false;
  }
  return out;
}

}  // namespace

TrafficPolicy readTrafficPolicy(const Node& node) {
  TrafficPolicy out;
  ObjectReader object(node, "trafficPolicy");
  bool panic_given = false;
  if (const auto balancer = object.get("loadBalancer")) out.load_balancer = readLoadBalancer(*balancer, panic_given);
  if (const auto pool = object.get("connectionPool")) out.connection_pool = readConnectionPool(*pool);
  if (const auto breaker = object.get("consecutiveFailures")) out.consecutive_failures = readConsecutiveFailures(*breaker);
  if (const auto checks = object.get("healthChecks")) out.health_checks = readHealthChecks(*checks);
  if (const auto outlier = object.get("outlierDetection")) {
    out.outlier_detection = readOutlierDetection(*outlier, out.min_health_percent);
    if (panic_given && out.min_health_percent) outlier->error("\"minHealthPercent\" is the same knob as the load balancer's \"panicThreshold\": give one of them");
  }
  if (const auto tls = object.get("tls")) out.tls = readClientTls(*tls);
  if (const auto budget = object.get("retryBudget")) out.retry_budget = readClusterRetryBudget(*budget);
  if (const auto admission = object.get("admissionControl")) out.admission_control = readAdmissionControl(*admission);
  if (const auto concurrency = object.get("adaptiveConcurrency")) out.adaptive_concurrency = readAdaptiveConcurrency(*concurrency);
  return out;
}

}  // namespace meshmall::models
