// PeerAuthentication: what a server's proxy asks of a connection. Mesh, then namespace, then workload policy; each that is set replaces the one before.
//
// Start PERMISSIVE. Of several policies at one level the oldest counts (ties: the first listed), the others not at all. A policy with a selector in the
// root namespace is ignored. Modes of ports come from the workload's policy only; one that is not set is the workload's mode, whatever level that is from.
// Source: Istio pilot/pkg/security/authn policy_applier.go; spec rollout-traffic-security.md section 6.1.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/security/policy_scope.h"

namespace meshmall::models {

enum class MutualTlsMode : std::uint8_t { kUnset, kDisable, kPermissive, kStrict };

struct PeerAuthentication {
  std::string name;
  PolicyScope scope;
  std::int64_t created = 0;  // any clock; smaller is older
  MutualTlsMode mode = MutualTlsMode::kUnset;
  std::map<std::uint32_t, MutualTlsMode> port_modes;  // acts in a policy with a selector only
};

struct EffectivePeerAuthentication {
  MutualTlsMode mode = MutualTlsMode::kPermissive;  // never kUnset
  std::map<std::uint32_t, MutualTlsMode> ports;     // never kUnset

  MutualTlsMode ofPort(std::uint32_t port) const {
    const auto own = ports.find(port);
    return own == ports.end() ? mode : own->second;
  }
  friend bool operator==(const EffectivePeerAuthentication&, const EffectivePeerAuthentication&) = default;
};

EffectivePeerAuthentication composePeerAuthentication(const std::vector<PeerAuthentication>& policies, const SecuredWorkload& workload,
                                                      const std::string& root_namespace);

}  // namespace meshmall::models
