// A retry budget that is paid for by calls: every deposit buys `ratio` retries, and a constant reserve is always there.
// Deposits and withdrawals are both forgotten after ttl (ten slots of ttl/10). Limiting cases: ratio 0: deposits buy nothing, only the reserve
// counts; the reserve is a floor of the sum, not a rate: 10 a second over 10 s allows 100 retries at once without any traffic.
//
// Two kinds, by who deposits. Linkerd (nonRetryable): whole tokens, ratio is rounded by truncating 1/ratio (up to 1) or 1000/ratio (above), so 0.6 acts as 1,
// 0.4 as 0.5, 0.3 as 1/3; its slots end at the first look after their time and then one more is skipped, so under steady traffic the memory is
// 5 to 6 slots, not 10: a reserve of 100 is spent every 6 s. Finagle (everyCall): 1000/ratio truncated throughout; memory of ttl.
// Source: tower retry/budget/tps_budget.rs, Finagle WindowedAdder; spec rollout-traffic-security.md sections 3.2 and 3.5.
#pragma once

#include <array>
#include <cstdint>

#include "engine/kernel/time.h"
#include "models/resilience/retry_budget.h"

namespace meshmall::models {

struct TokenAmounts {
  std::int64_t deposit = 0;
  std::int64_t withdraw = 1;
  std::int64_t reserve = 0;
};
TokenAmounts tokenAmounts(const TokenBudgetConfig& config);

class TokenRetryBudget {
 public:
  TokenRetryBudget() = default;
  explicit TokenRetryBudget(engine::SimTime created) : generation_start_(created) {}

  void deposit(const TokenBudgetConfig& config, engine::SimTime now);
  // True when one retry is paid for. `now` never decreases between calls.
  bool withdraw(const TokenBudgetConfig& config, engine::SimTime now);
  // Tokens there now, reserve included.
  std::int64_t balance(const TokenBudgetConfig& config, engine::SimTime now);

 private:
  static constexpr std::size_t kSlots = 10;

  void expire(const TokenBudgetConfig& config, engine::SimTime now);
  std::int64_t sum(std::int64_t reserve) const;

  std::array<std::int64_t, kSlots> slots_{};
  std::int64_t writer_ = 0;
  std::size_t slot_ = 0;
  engine::SimTime generation_start_;
};

}  // namespace meshmall::models
