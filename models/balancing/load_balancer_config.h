// How a cluster's balancer is configured: one plain struct for each policy. What each does is in its own header.
//
// Defaults are Envoy's, Linkerd's or gRPC's. Adding a policy: its struct here, its header and source, its line in registry.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "engine/kernel/time.h"

namespace meshmall::models {

// New hosts get their share of traffic gradually (round robin and least request).
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

using PolicyConfig = std::variant<RoundRobinConfig, LeastRequestConfig, RandomConfig>;

}  // namespace meshmall::models
