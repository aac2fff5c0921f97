// Circuit breakers of one proxy towards one cluster: counts of connections, waiting requests, active requests and retries in flight, and
// whether one more is allowed. A limit is asked at the moment of use only, so counts can exceed a limit that was lowered.
//
// The configuration comes with each question: a million counters share it, and a changed one acts at once. With a retry budget the limit of
// retries is a share of the active and pending requests instead (retry storms raise their own ceiling: at share p it settles at p/(1-p) of first tries).
// Source: Envoy resource_manager_impl.h; spec envoy-resilience.md sections 4 and 5.
#pragma once

#include <cstdint>
#include <optional>

#include "models/resilience/connection_pool.h"
#include "models/resilience/retry_budget.h"

namespace meshmall::models {

class ResourceManager {
 public:
  bool canCreateConnection(const CircuitBreakerConfig& c) const { return connections_ < c.max_connections; }
  bool canCreatePending(const CircuitBreakerConfig& c) const { return pending_ < c.max_pending_requests; }
  bool canCreateRequest(const CircuitBreakerConfig& c) const { return requests_ < c.max_requests; }
  bool canCreatePool(const CircuitBreakerConfig& c) const { return pools_ < c.max_connection_pools; }
  // budget: when set it replaces max_retries.
  bool canCreateRetry(const CircuitBreakerConfig& c, const std::optional<RetryBudgetConfig>& budget) const { return retries_ < retryLimit(c, budget); }

  // max(trunc(percent/100 x (requests + pending)), min_concurrency) with a budget, else max_retries.
  std::uint64_t retryLimit(const CircuitBreakerConfig& c, const std::optional<RetryBudgetConfig>& budget) const {
    return budget ? budgetLimit(*budget, std::uint64_t{requests_} + pending_) : c.max_retries;
  }
  static std::uint64_t budgetLimit(const RetryBudgetConfig& budget, std::uint64_t active);

  // Remaining allowance for gauges, never negative; with a budget the proxies show 0.
  static std::uint32_t remaining(std::uint32_t limit, std::uint32_t count) { return count < limit ? limit - count : 0; }

  void addConnection() { ++connections_; }
  void addPending() { ++pending_; }
  void addRequest() { ++requests_; }
  void addRetry() { ++retries_; }
  void addPool() { ++pools_; }
  void removeConnection() { decrease(connections_); }
  void removePending() { decrease(pending_); }
  void removeRequest() { decrease(requests_); }
  void removeRetry() { decrease(retries_); }
  void removePool() { decrease(pools_); }

  std::uint32_t connections() const { return connections_; }
  std::uint32_t pending() const { return pending_; }
  std::uint32_t requests() const { return requests_; }
  std::uint32_t retries() const { return retries_; }
  std::uint32_t pools() const { return pools_; }

 private:
  static void decrease(std::uint32_t& count);  // a promise: a slot is returned once

  std::uint32_t connections_ = 0, pending_ = 0, requests_ = 0, retries_ = 0, pools_ = 0;
};

}  // namespace meshmall::models
