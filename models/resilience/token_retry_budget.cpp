#include "models/resilience/token_retry_budget.h"

#include <algorithm>
#include <numeric>

namespace meshmall::models {

TokenAmounts tokenAmounts(const TokenBudgetConfig& config) {
  TokenAmounts amounts;
  const bool finagle = config.deposit == TokenDeposit::kEveryCall;
  if (config.ratio > 0.0F && (finagle || config.ratio > 1.0F)) {
    amounts.deposit = 1000;
    amounts.withdraw = static_cast<std::int64_t>(1000.0F / config.ratio);
  } else if (config.ratio > 0.0F) {
    amounts.deposit = 1;
    amounts.withdraw = static_cast<std::int64_t>(1.0F / config.ratio);
  }
  amounts.reserve = std::int64_t{config.min_per_second} * (config.ttl.ns / 1'000'000'000) * amounts.withdraw;
  return amounts;
}

void TokenRetryBudget::expire(const TokenBudgetConfig& config, engine::SimTime now) {
  const std::int64_t slot_ns = std::max<std::int64_t>(config.ttl.ns / static_cast<std::int64_t>(kSlots), 1);
  const std::int64_t passed = (now - generation_start_).ns;
  if (passed < slot_ns) return;
  slots_[slot_] = writer_;
  writer_ = 0;
  // One slot further, and one more, emptied, for each whole slot that passed without a look: Finagle counts from the end of this slot, tower from its
  // beginning, so a budget that is looked at all the time skips every other slot there.
  const bool finagle = config.deposit == TokenDeposit::kEveryCall;
  const auto skipped = static_cast<std::size_t>(finagle ? passed / slot_ns - 1 : (passed - 1) / slot_ns);
  const std::size_t next = (slot_ + 1) % kSlots;
  for (std::size_t i = 0; i < std::min(skipped, kSlots); ++i) slots_[(next + i) % kSlots] = 0;
  slot_ = (next + skipped) % kSlots;
  generation_start_ = now;  // not aligned: drifts with the traffic
}

std::int64_t TokenRetryBudget::sum(std::int64_t reserve) const { return std::accumulate(slots_.begin(), slots_.end(), writer_) + reserve; }

void TokenRetryBudget::deposit(const TokenBudgetConfig& config, engine::SimTime now) {
  expire(config, now);
  writer_ += tokenAmounts(config).deposit;
}

bool TokenRetryBudget::withdraw(const TokenBudgetConfig& config, engine::SimTime now) {
  expire(config, now);
  const TokenAmounts amounts = tokenAmounts(config);
  if (sum(amounts.reserve) < amounts.withdraw) return false;
  writer_ -= amounts.withdraw;
  return true;
}

std::int64_t TokenRetryBudget::balance(const TokenBudgetConfig& config, engine::SimTime now) {
  expire(config, now);
  return sum(tokenAmounts(config).reserve);
}

}  // namespace meshmall::models
