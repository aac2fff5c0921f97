// The decoder of a load balancer's policy: `simple`, `consistentHash` or `policy`, and `warmup` beside it.
#pragma once

#include "models/scenario/mesh.h"
#include "models/scenario/reader.h"

namespace meshmall::models {

// `kind`: the value under one of the three keys.
void readBalancer(const Node& kind, LoadBalancerSettings& out);
// After readBalancer: slow start belongs to the policy. Warns where the policy knows none.
void readWarmup(const Node& node, LoadBalancerSettings& out);

}  // namespace meshmall::models
