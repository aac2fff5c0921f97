#include "models/balancing/registry.h"

#include <array>

namespace meshmall::models {

std::span<const BalancingPolicy> balancingPolicies() {
  static const std::array<BalancingPolicy, std::variant_size_v<PolicyConfig>> policies{{
      {"ROUND_ROBIN", "each host in turn, by weight", "round-robin", RoundRobinConfig{}},
      {"LEAST_REQUEST", "the least busy of some drawn hosts, or of all", "least-request", LeastRequestConfig{}},
      {"RANDOM", "any host", "random", RandomConfig{}},
      {"ringHash", "by the request's hash, on a ring", "ring-hash", RingHashConfig{}},
      {"maglev", "by the request's hash, in a table", "maglev", MaglevConfig{}},
      {"peakEwma", "the cheaper of two by latency and requests in flight", "peak-ewma", PeakEwmaConfig{}},
      {"prequal", "by probes of latency and requests in flight", "prequal", PrequalConfig{}},
      {"clientSideWeightedRoundRobin", "in turn, by weights from load reports", "load-reports", ClientSideWeightedRoundRobinConfig{}},
      {"grpcWeightedRoundRobin", "gRPC's schedule over weights from load reports", "grpc-weighted-round-robin", GrpcWeightedRoundRobinConfig{}},
      {"pickFirst", "the first host, until it fails", "pick-first", PickFirstConfig{}},
  }};
  return policies;
}

const BalancingPolicy* findBalancingPolicy(std::string_view name) {
  for (const BalancingPolicy& policy : balancingPolicies()) {
    if (policy.name == name) return &policy;
  }
  return nullptr;
}

std::string_view nameOf(const PolicyConfig& config) { return balancingPolicies()[config.index()].name; }

}  // namespace meshmall::models
