#include "models/security/peer_authentication.h"

namespace meshmall::models {

EffectivePeerAuthentication composePeerAuthentication(const std::vector<PeerAuthentication>& policies, const SecuredWorkload& workload,
                                                      const std::string& root_namespace) {
  const PeerAuthentication* mesh = nullptr;
  const PeerAuthentication* name_space = nullptr;
  const PeerAuthentication* own = nullptr;
  for (const PeerAuthentication& policy : policies) {
    if (!appliesTo(policy.scope, workload, root_namespace)) continue;
    const bool in_root = policy.scope.ns == root_namespace;
    if (!policy.scope.selector.empty() && in_root) continue;
    const PeerAuthentication*& level = !policy.scope.selector.empty() ? own : in_root ? mesh : name_space;
    if (level == nullptr || policy.created < level->created) level = &policy;
  }
  EffectivePeerAuthentication effective;
  for (const PeerAuthentication* policy : {mesh, name_space, own}) {
    if (policy != nullptr && policy->mode != MutualTlsMode::kUnset) effective.mode = policy->mode;
  }
  if (own != nullptr) {
    for (const auto& [port, mode] : own->port_modes) effective.ports[port] = mode == MutualTlsMode::kUnset ? effective.mode : mode;
  }
  return effective;
}

}  // namespace meshmall::models
