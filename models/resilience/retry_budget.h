// The two kinds of retry budget, configuration only: Envoy's share of the active requests (circuit_breaker.h keeps the counts)
// and the token budget of Linkerd/tower and Finagle (token_retry_budget.h).
// Source: Envoy circuit_breaker.proto, tower retry/budget; specs envoy-resilience.md section 5, rollout-traffic-security.md section 3.2.
#pragma once

#include <cstdint>

#include "engine/kernel/time.h"

namespace meshmall::models {

struct RetryBudgetConfig {
  double percent = 20.0;              // of active + pending requests, retries included; 0..100
  std::uint32_t min_concurrency = 3;  // always allowed

  friend bool operator==(const RetryBudgetConfig&, const RetryBudgetConfig&) = default;
};

enum class TokenDeposit : std::uint8_t {
  kNonRetryable,  // Linkerd: a call's answer that needs no retry deposits
  kEveryCall,     // Finagle: each call deposits when it starts
};

struct TokenBudgetConfig {
  float ratio = 0.2F;                          // retries per deposit, 0..1000
  std::uint32_t min_per_second = 10;           // reserve = this x whole seconds of ttl, always there
  engine::Duration ttl = engine::seconds(10);  // 1 s .. 60 s; deposits and withdrawals are forgotten after it
  TokenDeposit deposit = TokenDeposit::kNonRetryable;

  friend bool operator==(const TokenBudgetConfig&, const TokenBudgetConfig&) = default;
};

}  // namespace meshmall::models
