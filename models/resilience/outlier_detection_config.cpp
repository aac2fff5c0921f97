#include "models/resilience/outlier_detection_config.h"

#include <algorithm>

namespace meshmall::models {

engine::Duration OutlierDetectionConfig::maxEjectionTime() const {
  return max_ejection_time ? *max_ejection_time : std::max(engine::seconds(300), base_ejection_time);
}

OutlierDetectionConfig istioOutlierDetection() {
  OutlierDetectionConfig config;
  config.enforcing_success_rate = 0;
  return config;
}

void setConsecutiveErrors(OutlierDetectionConfig& config, std::uint32_t errors) {
  setConsecutiveGatewayErrors(config, errors);
  config.enforcing_consecutive_5xx = 0;
}

void setConsecutive5xxErrors(OutlierDetectionConfig& config, std::uint32_t errors) {
  config.consecutive_5xx = errors;
  config.enforcing_consecutive_5xx = errors > 0 ? 100 : 0;
}

void setConsecutiveGatewayErrors(OutlierDetectionConfig& config, std::uint32_t errors) {
  config.consecutive_gateway_failure = errors;
  config.enforcing_consecutive_gateway_failure = errors > 0 ? 100 : 0;
}

void setSplitLocalOriginErrors(OutlierDetectionConfig& config, std::uint32_t consecutive_local_origin_failures) {
  config.split_external_local_origin_errors = true;
  config.enforcing_local_origin_success_rate = 0;
  if (consecutive_local_origin_failures > 0) {
    config.consecutive_local_origin_failure = consecutive_local_origin_failures;
    config.enforcing_consecutive_local_origin_failure = 100;
  }
}

}  // namespace meshmall::models
