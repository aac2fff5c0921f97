// The identity of a workload: spiffe://<trust domain>/ns/<namespace>/sa/<service account>. A principal is the same without the scheme.
// Two workloads with one service account are one identity. Limiting case: nobody (plaintext, no proxy) has no identity at all, not an empty one.
// Source: SPIFFE ID, Istio pkg/spiffe; spec rollout-traffic-security.md section 6.4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace meshmall::models {

struct Identity {
  std::string trust_domain = "cluster.local";
  std::string ns = "default";  // namespace
  std::string service_account = "default";

  std::string principal() const { return trust_domain + "/ns/" + ns + "/sa/" + service_account; }
  std::string uri() const { return "spiffe://" + principal(); }

  friend bool operator==(const Identity&, const Identity&) = default;
};

// The identity that a principal or a SPIFFE URI names; nothing when it is neither.
std::optional<Identity> parseIdentity(std::string_view text);

}  // namespace meshmall::models
