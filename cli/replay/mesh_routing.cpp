// Istio's routes and its mapping to the proxies' configuration; Gateway API's backends.
#include <nlohmann/json.hpp>
#include <optional>
#include <variant>

#include "cli/replay/mesh_policies_cases.h"
#include "models/balancing/load_balancer_config.h"
#include "models/resilience/connection_pool.h"
#include "models/resilience/outlier_detection_config.h"
#include "models/routing/gateway_route.h"
#include "models/routing/istio_mapping.h"
#include "models/scenario/quantities.h"

namespace meshmall::cli {
namespace {

using nlohmann::json;
using namespace models;

engine::Duration durationOf(CaseFields& fields, std::string_view key, engine::Duration otherwise) {
  if (!fields.has(key)) return otherwise;
  const auto parsed = parseDuration(fields.text(key));
  if (const auto* wrong = std::get_if<QuantityError>(&parsed)) throw UnsupportedCase{std::string(key) + ": " + wrong->message};
  return std::get<engine::Duration>(parsed);
}

// Seconds as a whole number where they are one.
json secondsOf(engine::Duration duration) {
  if (duration.ns % 1'000'000'000 == 0) return duration.ns / 1'000'000'000;
  return duration.seconds();
}

json convertRetryPolicy(CaseFields& config, CaseFields& input) {
  std::optional<IstioRetries> retries;
  if (input.has("httpRetry")) {
    CaseFields given = input.object("httpRetry");
    retries = IstioRetries{given.integer("attempts", 0), given.text("retryOn", "")};
    given.finish();
  }
  const std::optional<ProxyRetries> converted = convertRetries(retries, config.boolean("consistentHash", false));
  if (!converted) return {{"policy", nullptr}};
  const RetryPolicy& policy = converted->policy;
  return {{"policy",
           {{"numRetries", policy.attempts},
            {"retryOn", converted->retry_on},
            {"statusCodes", policy.status_codes},
            {"hostPredicate", policy.avoid_previous_hosts ? json("previous_hosts") : json(nullptr)},
            {"hostSelectionMaxAttempts", policy.host_selection_attempts}}}};
}

json mirrorPercent(CaseFields&, CaseFields& input) {
  std::optional<double> percentage;
  std::optional<std::uint32_t> deprecated;
  if (input.has("mirrorPercentage")) percentage = input.number("mirrorPercentage");
  if (input.has("mirrorPercent_deprecated")) deprecated = input.count("mirrorPercent_deprecated");
  const std::optional<Fraction> fraction = mirrorFraction(percentage, deprecated);
  if (!fraction) return {{"fraction_numerator_denominator", nullptr}, {"mirrors", false}};
  return {{"fraction_numerator_denominator", {fraction->numerator, fraction->denominator}}, {"mirrors", true}};
}

json weightSplit(CaseFields&, CaseFields& input) {
  std::vector<RouteDestination> route;
  for (const json& weight : input.list("destination_weights")) {
    RouteDestination destination;
    destination.weight = weight.get<std::uint32_t>();
    route.push_back(destination);
  }
  return {{"share", destinationShares(route)}};
}

json backendWeights(CaseFields&, CaseFields& input) {
  std::vector<BackendRef> backends;
  for (const json& weight : input.list("weights")) {
    BackendRef backend;
    if (!weight.is_null()) backend.weight = weight.get<std::uint32_t>();
    backends.push_back(backend);
  }
  const auto shares = backendShares(backends);
  return {{"result", shares ? json(*shares) : json(nullptr)}};
}

json circuitBreakerDefaults(CaseFields&, CaseFields& input) {
  ConnectionPoolConfig pool;
  CaseFields given = input.object("connectionPool");
  pool.limits.max_connections = limitOf(given.count("maxConnections", 0));
  pool.limits.max_pending_requests = limitOf(given.count("http1MaxPendingRequests", 0));
  pool.limits.max_requests = limitOf(given.count("http2MaxRequests", 0));
  pool.limits.max_retries = limitOf(given.count("maxRetries", 0));
  pool.connect_timeout = durationOf(given, "connectTimeout", pool.connect_timeout);
  given.finish();
  return {{"maxConnections", pool.limits.max_connections},
          {"maxPendingRequests", pool.limits.max_pending_requests},
          {"maxRequests", pool.limits.max_requests},
          {"maxRetries", pool.limits.max_retries},
          {"connectTimeout_s", secondsOf(pool.connect_timeout)}};
}

json retryBudgetBlock(CaseFields&, CaseFields& input) {
  if (!input.has("retryBudget")) return {{"budgetPercent", nullptr}, {"minRetryConcurrency", nullptr}};
  CaseFields given = input.object("retryBudget");
  RetryBudgetConfig budget;
  budget.percent = given.number("percent", budget.percent);
  budget.min_concurrency = given.count("minRetryConcurrency", budget.min_concurrency);
  given.finish();
  return {{"budgetPercent", budget.percent}, {"minRetryConcurrency", budget.min_concurrency}};
}

json outlierMapping(CaseFields&, CaseFields& input) {
  if (!input.has("outlierDetection")) throw UnsupportedCase{"no outlierDetection: nothing is configured"};
  CaseFields given = input.object("outlierDetection");
  OutlierDetectionConfig config = istioOutlierDetection();
  if (given.has("consecutive5xxErrors")) setConsecutive5xxErrors(config, given.count("consecutive5xxErrors"));
  if (given.has("consecutiveGatewayErrors")) setConsecutiveGatewayErrors(config, given.count("consecutiveGatewayErrors"));
  const std::uint32_t local_failures = given.count("consecutiveLocalOriginFailures", 0);
  if (given.boolean("splitExternalLocalOriginErrors", false)) setSplitLocalOriginErrors(config, local_failures);
  config.interval = durationOf(given, "interval", config.interval);
  config.base_ejection_time = durationOf(given, "baseEjectionTime", config.base_ejection_time);
  config.max_ejection_percent = given.count("maxEjectionPercent", config.max_ejection_percent);
  const std::uint32_t panic_threshold = given.count("minHealthPercent", 0);
  given.finish();
  return {{"consecutive_5xx", config.consecutive_5xx},
          {"consecutive_gateway", config.consecutive_gateway_failure},
          {"consecutive_local_origin", config.consecutive_local_origin_failure},
          {"enforcing_5xx", config.enforcing_consecutive_5xx},
          {"enforcing_gateway", config.enforcing_consecutive_gateway_failure},
          {"enforcing_success_rate", config.enforcing_success_rate},
          {"enforcing_local_origin", config.enforcing_consecutive_local_origin_failure},
          {"enforcing_local_origin_success_rate", config.enforcing_local_origin_success_rate},
          {"split_external_local_origin_errors", config.split_external_local_origin_errors},
          {"interval_s", secondsOf(config.interval)},
          {"base_ejection_s", secondsOf(config.base_ejection_time)},
          {"max_ejection_pct", config.max_ejection_percent},
          {"panic_threshold_pct", panic_threshold}};
}

json slowStartMapping(CaseFields&, CaseFields& input) {
  CaseFields given = input.object("warmup");
  SlowStartConfig config;
  config.window = durationOf(given, "duration", config.window);
  config.aggression = given.number("aggression", config.aggression);
  config.min_weight_percent = given.number("minimumPercent", config.min_weight_percent);
  given.finish();
  return {{"window_s", secondsOf(config.window)}, {"aggression", config.aggression}, {"min_weight_pct", config.min_weight_percent}};
}

}  // namespace

std::vector<CaseAdapter> routingAdapters() {
  return {{"istio.convert_retry_policy", convertRetryPolicy},
          {"istio.mirror_percent", mirrorPercent},
          {"istio.route_weight_split", weightSplit},
          {"gatewayapi.backend_ref_weights", backendWeights},
          {"istio.circuit_breaker_defaults", circuitBreakerDefaults},
          {"istio.retry_budget", retryBudgetBlock},
          {"istio.outlier_detection_mapping", outlierMapping},
          {"istio.slow_start_mapping", slowStartMapping}};
}

}  // namespace meshmall::cli
