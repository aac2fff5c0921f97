#include "models/resilience/consecutive_failures.h"

#include <algorithm>

namespace meshmall::models {

engine::Duration breakerBackoffBase(const ConsecutiveFailuresConfig& config, std::uint32_t iteration) {
  engine::Duration base = config.min_backoff;
  for (std::uint32_t i = 0; i < iteration && base < config.max_backoff; ++i) base = base * 2;
  return std::min(base, config.max_backoff);
}

engine::Duration breakerBackoff(const ConsecutiveFailuresConfig& config, std::uint32_t iteration, double fraction) {
  const engine::Duration base = breakerBackoffBase(config, iteration);
  const engine::Duration more = engine::fromSeconds(base.seconds() * config.jitter * fraction);
  return std::min(base + more, config.max_backoff);
}

AnswerClass classifyForBreaker(int http_status, int grpc_status) {
  switch (grpc_status) {
    case 4:
    case 7:
    case 13:
    case 14:
    case 15:
      return AnswerClass::kFailure;
    case 8:
      return AnswerClass::kTooManyRequests;
    default:
      break;
  }
  if (http_status == 429) return AnswerClass::kTooManyRequests;
  return http_status >= 500 && http_status <= 599 ? AnswerClass::kFailure : AnswerClass::kSuccess;
}

ConsecutiveFailures::State ConsecutiveFailures::state(engine::SimTime now) {
  if (state_ == State::kShut && now >= until_) {
    state_ = State::kProbation;
    probing_ = false;
  }
  return state_;
}

bool ConsecutiveFailures::onSend(engine::SimTime now) {
  if (state(now) != State::kProbation || probing_) return false;
  probing_ = true;
  return true;
}

std::optional<TripReason> ConsecutiveFailures::onAnswer(const ConsecutiveFailuresConfig& config, AnswerClass answer, bool probe, engine::SimTime now,
                                                        engine::RandomSource& random) {
  const State current = state(now);
  if (current != State::kOpen) {
    if (current != State::kProbation || !probe) return std::nullopt;  // late answers of before do not count
    probing_ = false;
    const bool failed = answer == AnswerClass::kFailure || (answer == AnswerClass::kTooManyRequests && config.success_rate);
    if (failed) {
      ++iteration_;
      shut(config, now, random);
      return TripReason::kConsecutiveFailures;
    }
    state_ = State::kOpen;
    run_ = iteration_ = 0;
    window_ = {};
    return std::nullopt;
  }
  const bool low = config.success_rate && lowSuccessRate(config, answer, now);
  if (answer == AnswerClass::kSuccess) run_ = 0;
  if (answer == AnswerClass::kFailure) ++run_;
  const bool run_over = answer == AnswerClass::kFailure && run_ >= config.max_failures;
  if (!run_over && !low) return std::nullopt;
  shut(config, now, random);
  return run_over ? TripReason::kConsecutiveFailures : TripReason::kLowSuccessRate;
}

void ConsecutiveFailures::shut(const ConsecutiveFailuresConfig& config, engine::SimTime now, engine::RandomSource& random) {
  const double fraction = static_cast<double>(random.next() >> 11U) * 0x1.0p-53;
  until_ = now + breakerBackoff(config, iteration_, fraction);
  state_ = State::kShut;
  run_ = 0;
}

bool ConsecutiveFailures::lowSuccessRate(const ConsecutiveFailuresConfig& config, AnswerClass answer, engine::SimTime now) {
  const std::int64_t slot_ns = std::max<std::int64_t>(config.success_rate->window.ns / static_cast<std::int64_t>(kSlots), 1);
  const std::int64_t index = now.ns / slot_ns;
  Slot& slot = window_[static_cast<std::size_t>(index) % kSlots];
  if (slot.index != index) slot = {index, 0, 0};
  ++slot.total;
  if (answer == AnswerClass::kSuccess) ++slot.success;
  std::uint64_t total = 0, success = 0;
  for (const Slot& each : window_) {
    if (each.index < 0 || each.index <= index - static_cast<std::int64_t>(kSlots)) continue;
    total += each.total;
    success += each.success;
  }
  if (total < config.success_rate->min_requests) return false;
  return static_cast<double>(success) / static_cast<double>(total) < config.success_rate->threshold;
}

}  // namespace meshmall::models
