// PeerAuthentications, AuthorizationPolicies and RequestAuthentications: their specs as they are, each with its namespace.
// Sidecar resources say which hosts a proxy hears of. A mall's proxies hear of all, so they are only held against the calls that are known (istio.cpp).
#include <nlohmann/json.hpp>  // before istio_parts.h

#include "models/importers/istio_parts.h"

namespace meshmall::models {

namespace {

struct Kind {
  const char* kind;
  const char* block;
};
constexpr Kind kKinds[] = {{"PeerAuthentication", "peerAuthentications"}, {"AuthorizationPolicy", "authorizationPolicies"}, {"RequestAuthentication", "requestAuthentications"}};

// AuthorizationPolicies name Kubernetes accounts as "namespace/account"; the rest is theirs.
ImportJson specOf(const Manifest& m, ImportContext& context) {
  ImportJson out = ImportJson::object();
  out["namespace"] = m.name_space;
  if (m.spec() == nullptr) return out;
  const ImportJson pasted = context.paste(*m.spec());
  out.update(pasted);
  return out;
}

}  // namespace

void readSecurity(IstioParts& parts) {
  for (const Kind& kind : kKinds) {
    std::map<std::string, int> times;
    for (const Manifest& m : parts.manifests)
      if (m.is("security.istio.io", kind.kind)) ++times[m.name];
    for (const Manifest& m : parts.manifests) {
      if (!m.is("security.istio.io", kind.kind)) continue;
      const std::string name = times[m.name] > 1 ? m.name + "." + m.name_space : m.name;
      ImportJson spec = specOf(m, parts.context);
      if (m.root->find({"metadata", "annotations"}) != nullptr && truthOf(m.root->find({"metadata", "annotations", "istio.io/dry-run"}), false) && m.kind == "AuthorizationPolicy") spec["dryRun"] = true;
      if (m.kind == "AuthorizationPolicy" && textIn(spec, "action") == "CUSTOM")
        parts.context.guessed("AuthorizationPolicy " + m.name + ": what its provider answers is not known; an unknown provider denies");
      parts.security[kind.block][name] = std::move(spec);
    }
  }
}

}  // namespace meshmall::models
