#include "models/resilience/fault_injection.h"

#include "engine/kernel/promise.h"

namespace meshmall::models {

void FaultSlots::release() {
  engine::promise(active_ > 0, "a fault's slot was returned twice");
  --active_;
}

engine::Duration injectDelay(const FaultConfig& config, engine::RandomSource& random) {
  if (!config.delay || !config.delay->percentage.roll(random)) return {0};
  return config.delay->fixed_delay;
}

AbortDecision injectAbort(const FaultConfig& config, engine::RandomSource& random) {
  if (!config.abort || !config.abort->percentage.roll(random)) return {};
  if (config.abort->grpc_status >= 0) return {200, config.abort->grpc_status};
  return {config.abort->http_status, -1};
}

}  // namespace meshmall::models
