#include "models/resilience/circuit_breaker.h"

#include <algorithm>

#include "engine/kernel/promise.h"

namespace meshmall::models {

std::uint64_t ResourceManager::budgetLimit(const RetryBudgetConfig& budget, std::uint64_t active) {
  const double share = budget.percent / 100.0 * static_cast<double>(active);
  return std::max(static_cast<std::uint64_t>(share), std::uint64_t{budget.min_concurrency});
}

void ResourceManager::decrease(std::uint32_t& count) {
  engine::promise(count > 0, "a circuit breaker's slot was returned twice");
  --count;
}

}  // namespace meshmall::models
