// How a cluster's balancer is configured: one plain struct for each policy. What each does is in its own header.
//
// Defaults are Envoy's, Linkerd's or gRPC's. Adding a policy: its struct here, its header and source, its line in registry.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/kernel/time.h"

namespace meshmall::models {

// New hosts get their share of traffic gradually (round robin, least request, client-side weighted round robin).
struct SlowStartConfig {
  engine::Duration window{0};        // 0: off
  double aggression = 1.0;           // not above 0 or NaN: 1
  double min_weight_percent = 10.0;  // 0..100

  friend bool operator==(const SlowStartConfig&, const SlowStartConfig&) = default;
};

struct RoundRobinConfig {
  SlowStartConfig slow_start;

  friend bool operator==(const RoundRobinConfig&, const RoundRobinConfig&) = default;
};

struct LeastRequestConfig {
  enum class Selection : std::uint8_t { kChoices, kFullScan };
  std::uint32_t choice_count = 2;  // 2 or more in Envoy; 1 is random
  Selection selection = Selection::kChoices;
  bool replacement = true;                         // false: the choices differ; an extension to Envoy
  std::optional<double> active_request_bias = {};  // given: always by schedule; negative or NaN: 1
  SlowStartConfig slow_start;

  friend bool operator==(const LeastRequestConfig&, const LeastRequestConfig&) = default;
};

struct RandomConfig {
  friend bool operator==(const RandomConfig&, const RandomConfig&) = default;
};

inline constexpr std::uint64_t kLargestRing = 8388608;

struct RingHashConfig {
  enum class Hash : std::uint8_t { kXxh64, kMurmur2 };
  std::uint64_t minimum_ring_size = 1024;
  std::uint64_t maximum_ring_size = kLargestRing;
  Hash hash = Hash::kXxh64;
  std::uint32_t hash_balance_factor = 0;  // percent, 100 or more; 0: no bound

  friend bool operator==(const RingHashConfig&, const RingHashConfig&) = default;
};

struct MaglevConfig {
  std::uint64_t table_size = 65537;       // a prime
  std::uint32_t hash_balance_factor = 0;  // percent, 100 or more; 0: no bound

  friend bool operator==(const MaglevConfig&, const MaglevConfig&) = default;
};

// Client-side weighted round robin: weights from the load that endpoints report (ORCA).
struct ClientSideWeightedRoundRobinConfig {
  engine::Duration blackout_period = engine::seconds(10);
  engine::Duration weight_expiration_period = engine::seconds(180);
  engine::Duration weight_update_period = engine::seconds(1);  // at least 100 ms
  double error_utilization_penalty = 0.0;                      // Envoy's code; its documentation says 1
  std::vector<std::string> metric_names;                       // "named_metrics.foo"
  bool out_of_band = false;                                    // reports come by themselves, not with answers
  engine::Duration out_of_band_period = engine::seconds(10);
  SlowStartConfig slow_start;

  friend bool operator==(const ClientSideWeightedRoundRobinConfig&, const ClientSideWeightedRoundRobinConfig&) = default;
};

// Weighted round robin as gRPC clients do it: the same reports, another schedule (static stride).
struct GrpcWeightedRoundRobinConfig {
  engine::Duration blackout_period = engine::seconds(10);
  engine::Duration weight_expiration_period = engine::seconds(180);
  engine::Duration weight_update_period = engine::seconds(1);
  double error_utilization_penalty = 1.0;
  bool out_of_band = false;
  engine::Duration out_of_band_period = engine::seconds(10);

  friend bool operator==(const GrpcWeightedRoundRobinConfig&, const GrpcWeightedRoundRobinConfig&) = default;
};

struct PickFirstConfig {
  friend bool operator==(const PickFirstConfig&, const PickFirstConfig&) = default;
};

struct PeakEwmaConfig {
  engine::Duration default_rtt = engine::milliseconds(30);  // before the first answer; at least 1 ms
  engine::Duration decay = engine::seconds(10);             // at least 1 ms

  friend bool operator==(const PeakEwmaConfig&, const PeakEwmaConfig&) = default;
};

struct PrequalConfig {
  std::uint32_t pool_size = 16;
  engine::Duration max_age = engine::seconds(1);
  double probe_rate = 3.0;                   // probes per request, fractions by chance
  double remove_rate = 1.0;                  // results removed per request
  double rif_quantile = 0.8408964152537145;  // 2^-0.25; 0: by requests in flight only
  double delta = 1.0;
  double reuse_cap = 16.0;         // uses of a result when the formula has no answer (pool as large as the replica set)
  std::uint32_t minimum_pool = 2;  // fewer results: a random host
  engine::Duration probe_timeout = engine::milliseconds(3);  // an answer that comes later is of no use

  friend bool operator==(const PrequalConfig&, const PrequalConfig&) = default;
};

using PolicyConfig = std::variant<RoundRobinConfig, LeastRequestConfig, RandomConfig, RingHashConfig, MaglevConfig, PeakEwmaConfig, PrequalConfig,
                                  ClientSideWeightedRoundRobinConfig, GrpcWeightedRoundRobinConfig, PickFirstConfig>;

// The policy's slow start; off for those that know none.
inline SlowStartConfig slowStartOf(const PolicyConfig& policy) {
  if (const auto* c = std::get_if<RoundRobinConfig>(&policy)) return c->slow_start;
  if (const auto* c = std::get_if<LeastRequestConfig>(&policy)) return c->slow_start;
  if (const auto* c = std::get_if<ClientSideWeightedRoundRobinConfig>(&policy)) return c->slow_start;
  return {};
}

}  // namespace meshmall::models
