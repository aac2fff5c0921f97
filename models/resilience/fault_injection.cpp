#include "models/resilience/fault_injection.h"

#include <cmath>

#include "engine/kernel/promise.h"
#include "engine/random/keyed_stream.h"

namespace meshmall::models {

namespace {

constexpr int kNoAnswerStatus = 503;  // what a caller counts when no answer came

}  // namespace

int grpcStatusOfHttp2Error(int error) {
  switch (error) {
    case 7:
      return 14;  // REFUSED_STREAM: unavailable
    case 8:
      return 1;  // CANCEL: cancelled
    case 11:
      return 8;  // ENHANCE_YOUR_CALM: resource exhausted
    case 12:
      return 7;  // INADEQUATE_SECURITY: permission denied
    default:
      return 13;  // internal
  }
}

void FaultSlots::release() {
  engine::promise(active_ > 0, "a fault's slot was returned twice");
  --active_;
}

engine::Duration injectDelay(const FaultConfig& config, engine::RandomSource& random) {
  if (!config.delay || !config.delay->percentage.roll(random)) return {0};
  if (!config.delay->exponential) return config.delay->fixed_delay;
  return engine::fromSeconds(-config.delay->fixed_delay.seconds() * std::log1p(-engine::uniform01(random.next())));
}

AbortDecision injectAbort(const FaultConfig& config, engine::RandomSource& random) {
  if (!config.abort || !config.abort->percentage.roll(random)) return {};
  if (config.abort->http2_error >= 0) return {kNoAnswerStatus, grpcStatusOfHttp2Error(config.abort->http2_error)};
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
