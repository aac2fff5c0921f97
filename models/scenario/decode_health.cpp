// What takes endpoints out of a proxy's view: outlierDetection with all of Istio's and Envoy's fields, Linkerd's breaker, active health checks.
#include "models/scenario/decode_parts.h"

namespace meshmall::models {

namespace {

constexpr engine::Duration kShortestInterval{1'000'000};  // Istio's; sweeps and checks come by themselves, however little traffic there is
constexpr double kLongestPenaltySeconds = 10.0 * 366 * 86'400;          // with jitter; every other duration is held to it as it is read

// The detectors of consecutive errors, and what of them is enforced.
void readConsecutive(ObjectReader& object, OutlierDetectionConfig& out) {
  constexpr std::uint32_t kMax = INT32_MAX;
  if (const std::uint32_t errors = object.count("consecutiveErrors", 0, 0, kMax); errors > 0) setConsecutiveErrors(out, errors);
  if (object.get("consecutive5xxErrors")) setConsecutive5xxErrors(out, object.count("consecutive5xxErrors", 5, 0, kMax));
  if (object.get("consecutiveGatewayErrors")) setConsecutiveGatewayErrors(out, object.count("consecutiveGatewayErrors", 5, 0, kMax));
  const std::uint32_t local_failures = object.count("consecutiveLocalOriginFailures", 0, 0, kMax);
  if (object.flag("splitExternalLocalOriginErrors", false)) setSplitLocalOriginErrors(out, local_failures);
  else if (local_failures > 0) out.consecutive_local_origin_failure = local_failures;  // does nothing, and is said to
  const auto enforced = [&](std::string_view key, std::uint32_t& percent) { percent = object.count(key, percent, 0, 100); };
  enforced("enforcingConsecutive5xx", out.enforcing_consecutive_5xx);
  enforced("enforcingConsecutiveGatewayFailure", out.enforcing_consecutive_gateway_failure);
  enforced("enforcingConsecutiveLocalOriginFailure", out.enforcing_consecutive_local_origin_failure);
}

// The detectors that compare or judge the rates of an interval.
void readRates(ObjectReader& object, OutlierDetectionConfig& out) {
  const auto percent = [&](std::string_view key, std::uint32_t& value) { value = object.count(key, value, 0, 100); };
  const auto count = [&](std::string_view key, std::uint32_t& value) { value = object.count(key, value, 0, INT32_MAX); };
  percent("enforcingSuccessRate", out.enforcing_success_rate);
  percent("enforcingLocalOriginSuccessRate", out.enforcing_local_origin_success_rate);
  count("successRateMinimumHosts", out.success_rate_minimum_hosts);
  count("successRateRequestVolume", out.success_rate_request_volume);
  count("successRateStdevFactor", out.success_rate_stdev_factor);
  percent("failurePercentageThreshold", out.failure_percentage_threshold);
  percent("enforcingFailurePercentage", out.enforcing_failure_percentage);
  percent("enforcingFailurePercentageLocalOrigin", out.enforcing_failure_percentage_local_origin);
  count("failurePercentageMinimumHosts", out.failure_percentage_minimum_hosts);
  count("failurePercentageRequestVolume", out.failure_percentage_request_volume);
}

}  // namespace

OutlierDetectionConfig readOutlierDetection(const Node& node, std::optional<std::uint32_t>& min_health_percent) {
  OutlierDetectionConfig out = istioOutlierDetection();
  ObjectReader object(node, "outlierDetection");
  readConsecutive(object, out);
  readRates(object, out);
  if (const auto interval = object.get("interval")) {
    out.interval = readPositiveDuration(*interval).value_or(out.interval);
    if (out.interval < kShortestInterval) interval->wrong("at least 1ms");
  }
  if (const auto base = object.get("baseEjectionTime")) out.base_ejection_time = readPositiveDuration(*base).value_or(out.base_ejection_time);
  if (const auto max = object.get("maxEjectionTime")) {
    out.max_ejection_time = readPositiveDuration(*max);
    if (!out.valid()) max->error("must not be shorter than \"baseEjectionTime\"");
  }
  out.max_ejection_time_jitter = object.duration("maxEjectionTimeJitter", Duration{});
  out.max_ejection_percent = object.count("maxEjectionPercent", out.max_ejection_percent, 0, 100);
  if (object.get("minHealthPercent")) min_health_percent = object.count("minHealthPercent", 0, 0, 100);
  out.always_eject_one_host = object.flag("alwaysEjectOneHost", false);
  out.successful_active_health_check_uneject_host = object.flag("successfulActiveHealthCheckUnejectHost", true);
  return out;
}

ConsecutiveFailuresConfig readConsecutiveFailures(const Node& node) {
  ConsecutiveFailuresConfig out;
  ObjectReader object(node, "consecutiveFailures");
  out.max_failures = object.count("maxFailures", out.max_failures, 1, INT32_MAX);
  const auto positive = [](ObjectReader& of, std::string_view key, engine::Duration& value) {
    if (const auto given = of.get(key)) value = readPositiveDuration(*given).value_or(value);
  };
  positive(object, "minPenalty", out.min_backoff);
  positive(object, "maxPenalty", out.max_backoff);
  out.jitter = object.number("jitterRatio", out.jitter, 0, 100);
  if (const auto backoff_node = object.get("backoff")) {  // the same as the proxy's interface has it
    if (object.has("minPenalty") || object.has("maxPenalty") || object.has("jitterRatio"))
      backoff_node->error("is the same as \"minPenalty\", \"maxPenalty\" and \"jitterRatio\": give one form");
    ObjectReader backoff(*backoff_node, "penaltyBackoff");
    positive(backoff, "minBackoff", out.min_backoff);
    positive(backoff, "maxBackoff", out.max_backoff);
    out.jitter = backoff.number("jitterRatio", out.jitter, 0, 100);
  }
  if (out.max_backoff < out.min_backoff) node.error("the longest penalty must not be shorter than the shortest one");
  if (out.max_backoff.seconds() * (1 + out.jitter) > kLongestPenaltySeconds) node.error("the longest penalty, with its jitter, is longer than 10 years");
  if (const auto rate_node = object.get("successRate")) {
    ObjectReader rate(*rate_node, "breakerSuccessRate");
    ConsecutiveFailuresConfig::SuccessRate unified;
    unified.threshold = rate.probability("threshold", unified.threshold);
    positive(rate, "window", unified.window);
    unified.min_requests = rate.count("minRequests", unified.min_requests, 1, INT32_MAX);
    out.success_rate = unified;
  }
  return out;
}

std::vector<StatusRange> readStatusRanges(const Node& node) {
  std::vector<StatusRange> out;
  for (const Node& item : items(node)) {
    ObjectReader object(item, "statusRange");
    StatusRange range;
    if (const auto start = object.require("start")) range.start = static_cast<int>(readWhole(*start, 100, 599).value_or(200));
    if (const auto end = object.require("end")) range.end = static_cast<int>(readWhole(*end, 101, 600).value_or(600));
    if (range.end <= range.start) item.error("\"end\" must be above \"start\": a range is half open");
    out.push_back(range);
  }
  return out;
}

HealthCheckSettings readHealthChecks(const Node& node) {
  HealthCheckSettings settings;
  HealthCheckConfig& out = settings.proxy;
  ObjectReader object(node, "healthChecks");
  const auto positive = [&](std::string_view key, engine::Duration& value) {
    if (const auto given = object.get(key)) value = readPositiveDuration(*given).value_or(value);
  };
  const auto interval = [&](std::string_view key, auto& value) {
    if (const auto given = object.get(key)) {
      const auto read = readPositiveDuration(*given);
      if (read && *read < kShortestInterval) given->wrong("at least 1ms");
      if (read) value = *read;
    }
  };
  positive("timeout", out.timeout);
  interval("interval", out.interval);
  out.unhealthy_threshold = object.count("unhealthyThreshold", out.unhealthy_threshold, 1, INT32_MAX);
  out.healthy_threshold = object.count("healthyThreshold", out.healthy_threshold, 1, INT32_MAX);
  out.initial_jitter = object.duration("initialJitter", out.initial_jitter);
  out.interval_jitter = object.duration("intervalJitter", out.interval_jitter);
  out.interval_jitter_percent = object.count("intervalJitterPercent", 0, 0, 1000);
  interval("noTrafficInterval", out.no_traffic_interval);
  interval("noTrafficHealthyInterval", out.no_traffic_healthy_interval);
  interval("unhealthyInterval", out.unhealthy_interval);
  interval("unhealthyEdgeInterval", out.unhealthy_edge_interval);
  interval("healthyEdgeInterval", out.healthy_edge_interval);
  if (const auto statuses = object.get("expectedStatuses")) out.expected_statuses = readStatusRanges(*statuses);
  if (const auto statuses = object.get("retriableStatuses")) out.retriable_statuses = readStatusRanges(*statuses);
  settings.degraded_waiting = object.count("degradedWaiting", 0, 1, INT32_MAX);
  return settings;
}

}  // namespace meshmall::models
