// How one cluster spreads traffic over priorities and localities, as a proxy is configured for it. Plain values.
//
// The defaults are Istio's: no panic (Envoy alone: 50 %), overprovisioning 1.4. Source: envoy-lb rules, docs/reference/failover.md
#pragma once

#include <cstdint>
#include <optional>

namespace meshmall::models {

enum class LocalityRule : std::uint8_t {
  kNone,      // hosts of a priority are one list
  kWeighted,  // localities by weight and availability (locality_schedule.h)
  kZoneAware  // by where the callers are (zone_aware.h)
};

struct ZoneAwareConfig {
  std::uint32_t min_cluster_size = 6;
  std::uint32_t routing_enabled = 100;  // percent of the picks
  std::optional<std::uint32_t> force_local_zone;  // healthy endpoints in the own zone from which everything stays there; waives the callers' second zone

  friend bool operator==(const ZoneAwareConfig&, const ZoneAwareConfig&) = default;
};

struct FailoverConfig {
  std::uint32_t overprovisioning_factor = 140;  // percent, above 0
  std::uint32_t panic_threshold = 0;            // percent, 0..100; 0: never
  bool weighted_priority_health = false;        // availability by host weights instead of counts
  bool fail_traffic_on_panic = false;           // a panicking priority answers with no host
  LocalityRule locality = LocalityRule::kNone;
  ZoneAwareConfig zone_aware;

  friend bool operator==(const FailoverConfig&, const FailoverConfig&) = default;
};

}  // namespace meshmall::models
