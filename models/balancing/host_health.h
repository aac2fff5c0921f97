// What a proxy believes about one host, and the class that follows from it.
//
// Unhealthy if it failed an active check, was ejected by outlier detection, or discovery says failed or draining; else Degraded if an
// active check or discovery says so; else Healthy. A host without any report is Healthy. "Excluded" is independent of the class: such
// a host does not count in the denominator of availability. Source: Envoy upstream_impl.{h,cc}.
#pragma once

#include <cstdint>

namespace meshmall::models {

using HostFlags = std::uint16_t;

inline constexpr HostFlags kFailedActiveCheck = 1U << 0U;
inline constexpr HostFlags kFailedOutlierCheck = 1U << 1U;  // ejected
inline constexpr HostFlags kFailedDiscovery = 1U << 2U;     // discovery reports it unhealthy
inline constexpr HostFlags kDraining = 1U << 3U;            // discovery reports it draining
inline constexpr HostFlags kDegradedActiveCheck = 1U << 4U;
inline constexpr HostFlags kDegradedDiscovery = 1U << 5U;
inline constexpr HostFlags kPendingActiveCheck = 1U << 6U;  // new, first check not done (ignore_new_hosts_until_first_hc)
inline constexpr HostFlags kExcludedByImmediateFail = 1U << 7U;
inline constexpr HostFlags kPendingRemoval = 1U << 8U;  // changes neither the class nor the exclusion

inline constexpr HostFlags kShutByBreaker = 1U << 9U;   // Linkerd's breaker: not ready, or its probe is under way

inline constexpr HostFlags kUnhealthyFlags = kFailedActiveCheck | kFailedOutlierCheck | kFailedDiscovery | kDraining | kShutByBreaker;
inline constexpr HostFlags kDegradedFlags = kDegradedActiveCheck | kDegradedDiscovery;
inline constexpr HostFlags kExcludedFlags = kPendingActiveCheck | kExcludedByImmediateFail | kDraining;

enum class Health : std::uint8_t { kHealthy, kDegraded, kUnhealthy };

constexpr Health healthOf(HostFlags flags) {
  if ((flags & kUnhealthyFlags) != 0) return Health::kUnhealthy;
  return (flags & kDegradedFlags) != 0 ? Health::kDegraded : Health::kHealthy;
}

constexpr bool isExcluded(HostFlags flags) { return (flags & kExcludedFlags) != 0; }

}  // namespace meshmall::models
