// What a mesh's configuration says of security, as checked plain values: policies by name (byte order) and how certificates are issued.
// Limiting case: nothing given; every proxy then shakes hands with every proxy, and lets everybody pass.
// Source: Istio PeerAuthentication, AuthorizationPolicy, RequestAuthentication, meshConfig (trustDomain, rootNamespace); spec rollout-traffic-security.md section 6.
#pragma once

#include <string>
#include <vector>

#include "models/security/authorization_policy.h"
#include "models/security/certificates.h"
#include "models/security/peer_authentication.h"
#include "models/security/request_authentication.h"
#include "models/security/transport.h"

namespace meshmall::models {

struct MeshSecurity {
  std::vector<PeerAuthentication> peer_authentications;
  std::vector<AuthorizationPolicy> authorization_policies;
  std::vector<AuthorizationProvider> providers;  // of CUSTOM policies, those whose answer is told
  std::vector<RequestAuthentication> request_authentications;
  CertificateConfig certificates{engine::seconds(24 * 3600), 0.5, 0.0};
  bool certificates_given = false;
  std::string trust_domain = "cluster.local";
  std::string root_namespace = "istio-system";

  bool hasPolicies() const { return !peer_authentications.empty() || !authorization_policies.empty() || !request_authentications.empty(); }
};

// The gateway as a workload, as Istio installs it.
inline constexpr const char* kGatewayNamespace = "istio-system";
inline constexpr const char* kGatewayAccount = "istio-ingressgateway-service-account";

}  // namespace meshmall::models
