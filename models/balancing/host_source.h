// The list of hosts a pick is made from: a priority's all, healthy or degraded hosts, or a locality's healthy or degraded ones.
//
// Each source has its own turn counter and its own schedule. Source: Envoy load_balancer_impl.h (HostsSource).
#pragma once

#include <cstdint>

#include "models/balancing/hosts.h"

namespace meshmall::models {

struct HostSource {
  enum class Kind : std::uint32_t { kAll, kHealthy, kDegraded };
  static constexpr std::uint32_t kNoLocality = ~std::uint32_t{0};

  std::uint32_t priority = 0;
  Kind kind = Kind::kHealthy;
  std::uint32_t locality = kNoLocality;

  friend bool operator==(const HostSource&, const HostSource&) = default;
};

inline const HostList& listOf(const ClusterHosts& hosts, const HostSource& source) {
  const PriorityGroup& group = hosts.group(source.priority);
  if (source.kind == HostSource::Kind::kAll) return group.all;
  const bool degraded = source.kind == HostSource::Kind::kDegraded;
  if (source.locality == HostSource::kNoLocality) return degraded ? group.degraded : group.healthy;
  return degraded ? group.localities[source.locality].degraded : group.localities[source.locality].healthy;
}

}  // namespace meshmall::models
