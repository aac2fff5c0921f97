// The three limits on retries at the same time, made on the spot over the state of (proxy, cluster) for one question:
//   BreakerAdmission admission(manager, limits, policy.budget);   state.onTryEnd(policy, outcome, now, admission, random);
// Source: Envoy resource_manager_impl.h, tower retry/budget; specs envoy-resilience.md 4 and 5, rollout-traffic-security.md 3.2.
#pragma once

#include "models/resilience/circuit_breaker.h"
#include "models/resilience/grpc_retry_throttle.h"
#include "models/resilience/retry_state.h"
#include "models/resilience/token_retry_budget.h"

namespace meshmall::models {

// The maxRetries breaker or, when a budget is given, Envoy's retry budget in its place.
class BreakerAdmission final : public RetryAdmission {
 public:
  BreakerAdmission(ResourceManager& manager, const CircuitBreakerConfig& limits, const std::optional<RetryBudgetConfig>& budget)
      : manager_(manager), limits_(limits), budget_(budget) {}

  bool tryTake() override {
    if (!manager_.canCreateRetry(limits_, budget_)) return false;
    manager_.addRetry();
    return true;
  }
  void release() override { manager_.removeRetry(); }

 private:
  ResourceManager& manager_;
  const CircuitBreakerConfig& limits_;
  const std::optional<RetryBudgetConfig>& budget_;
};

// gRPC's throttle: every failure that could be retried costs a token, and retries go while more than half are there. Successes are told by the holder.
class ThrottleAdmission final : public RetryAdmission {
 public:
  ThrottleAdmission(GrpcRetryThrottle& throttle, const GrpcThrottleConfig& config, ResourceManager& manager)
      : throttle_(throttle), config_(config), manager_(manager) {}

  void onRetryable() override { allowed_ = throttle_.onFailure(config_); }
  bool tryTake() override {
    if (!allowed_) return false;
    manager_.addRetry();
    return true;
  }
  void release() override { manager_.removeRetry(); }

 private:
  GrpcRetryThrottle& throttle_;
  const GrpcThrottleConfig& config_;
  ResourceManager& manager_;
  bool allowed_ = false;
};

// A token budget: each retry withdraws, nothing comes back when it ends. Retries in flight are still counted, for gauges.
// With TokenDeposit::kEveryCall the caller deposits itself, TokenRetryBudget::deposit, when a call starts.
class TokenAdmission final : public RetryAdmission {
 public:
  TokenAdmission(TokenRetryBudget& budget, const TokenBudgetConfig& config, ResourceManager& manager, engine::SimTime now)
      : budget_(budget), config_(config), manager_(manager), now_(now) {}

  bool tryTake() override {
    if (!budget_.withdraw(config_, now_)) return false;
    manager_.addRetry();
    return true;
  }
  void release() override { manager_.removeRetry(); }
  void onNotRetryable() override {
    if (config_.deposit == TokenDeposit::kNonRetryable) budget_.deposit(config_, now_);
  }

 private:
  TokenRetryBudget& budget_;
  const TokenBudgetConfig& config_;
  ResourceManager& manager_;
  engine::SimTime now_;
};

}  // namespace meshmall::models
