// Outlier detection, configuration: Istio's outlierDetection block and Envoy's fields behind it.
//
// The defaults below are Envoy's. An Istio block, even an empty one, starts from istioOutlierDetection(): success-rate ejection is off there,
// and the with* functions apply Istio's reading of its own fields. No block at all: nothing is ever ejected.
// Limiting case to know: maxEjectionPercent 10 never ejects anything from a cluster of fewer than 10 endpoints.
// Source: Envoy outlier_detection.proto, Istio cluster_traffic_policy.go; specs envoy-resilience.md 6.1, rollout-traffic-security.md 2.3.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/kernel/time.h"

namespace meshmall::models {

struct OutlierDetectionConfig {
  engine::Duration interval = engine::seconds(10);
  engine::Duration base_ejection_time = engine::seconds(30);
  std::optional<engine::Duration> max_ejection_time;  // default max(300 s, base); below base: an error (valid())
  engine::Duration max_ejection_time_jitter{0};       // milliseconds count
  std::uint32_t max_ejection_percent = 10;            // of all endpoints of the cluster
  bool always_eject_one_host = false;
  bool split_external_local_origin_errors = false;
  bool successful_active_health_check_uneject_host = true;

  std::uint32_t consecutive_5xx = 5;
  std::uint32_t consecutive_gateway_failure = 5;
  std::uint32_t consecutive_local_origin_failure = 5;
  // Chance in percent that a detected outlier is really ejected.
  std::uint32_t enforcing_consecutive_5xx = 100;
  std::uint32_t enforcing_consecutive_gateway_failure = 0;
  std::uint32_t enforcing_consecutive_local_origin_failure = 100;
  std::uint32_t enforcing_success_rate = 100;
  std::uint32_t enforcing_local_origin_success_rate = 100;
  std::uint32_t enforcing_failure_percentage = 0;
  std::uint32_t enforcing_failure_percentage_local_origin = 0;

  std::uint32_t success_rate_minimum_hosts = 5;
  std::uint32_t success_rate_request_volume = 100;
  std::uint32_t success_rate_stdev_factor = 1900;  // thousandths
  std::uint32_t failure_percentage_threshold = 85;
  std::uint32_t failure_percentage_minimum_hosts = 5;
  std::uint32_t failure_percentage_request_volume = 50;

  engine::Duration maxEjectionTime() const;
  bool valid() const { return !max_ejection_time || *max_ejection_time >= base_ejection_time; }

  friend bool operator==(const OutlierDetectionConfig&, const OutlierDetectionConfig&) = default;
};

// What an Istio block without fields means.
OutlierDetectionConfig istioOutlierDetection();
// Istio's reading of its former field consecutiveErrors, above 0: gateway errors are enforced, the 5xx detector is off.
void setConsecutiveErrors(OutlierDetectionConfig& config, std::uint32_t errors);
// Istio's reading of consecutive5xxErrors / consecutiveGatewayErrors: 0 switches the detector off, more enforces it at 100 %.
void setConsecutive5xxErrors(OutlierDetectionConfig& config, std::uint32_t errors);
void setConsecutiveGatewayErrors(OutlierDetectionConfig& config, std::uint32_t errors);
// Istio's reading of splitExternalLocalOriginErrors: true and consecutiveLocalOriginFailures (0: Envoy's 5); local success rate is then off.
void setSplitLocalOriginErrors(OutlierDetectionConfig& config, std::uint32_t consecutive_local_origin_failures);

}  // namespace meshmall::models
