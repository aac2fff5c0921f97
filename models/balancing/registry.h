// The balancing policies by name: one line each in registry.cpp. Scenarios, schema and documentation are checked against it.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "models/balancing/load_balancer_config.h"

namespace meshmall::models {

struct BalancingPolicy {
  std::string_view name;     // as a scenario names it: Istio's `simple` names, consistentHash's, or a key of `policy`
  std::string_view summary;  // one line
  std::string_view section;  // of docs/reference/balancing.md
  PolicyConfig defaults;
};

std::span<const BalancingPolicy> balancingPolicies();  // in the order of PolicyConfig's alternatives

// The policy of that name, or null.
const BalancingPolicy* findBalancingPolicy(std::string_view name);
// The name of a configuration's policy.
std::string_view nameOf(const PolicyConfig& config);

}  // namespace meshmall::models
