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

bool RequestFaults::tryTake(const FaultConfig& config, FaultSlots& slots) {
  if (!holds_slot_) holds_slot_ = slots.tryTake(config.max_active_faults);
  return holds_slot_;
}

engine::Duration RequestFaults::beginDelay(const FaultConfig& config, FaultSlots& slots, engine::RandomSource& random) {
  const engine::Duration delay = injectDelay(config, random);
  if (delay.ns == 0 || !tryTake(config, slots)) return {0};
  return delay;
}

AbortDecision RequestFaults::tryAbort(const FaultConfig& config, FaultSlots& slots, engine::RandomSource& random) {
  const AbortDecision decision = injectAbort(config, random);
  if (decision && tryTake(config, slots)) return decision;
  end(slots);
  return {};
}

void RequestFaults::end(FaultSlots& slots) {
  if (holds_slot_) slots.release();
  holds_slot_ = false;
}

}  // namespace meshmall::models
