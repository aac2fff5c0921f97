#include "models/resilience/grpc_retry_throttle.h"

#include <cmath>

namespace meshmall::models {

engine::Duration grpcBackoff(const GrpcRetryConfig& config, std::uint32_t retry, double fraction) {
  const double exponent = retry > 0 ? static_cast<double>(retry - 1) : 0.0;
  const double grown = config.initial_backoff.seconds() * std::pow(config.backoff_multiplier, exponent);
  return engine::fromSeconds(std::min(grown, config.max_backoff.seconds()) * (0.8 + 0.4 * fraction));
}

}  // namespace meshmall::models
