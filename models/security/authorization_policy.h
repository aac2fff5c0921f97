// AuthorizationPolicy as plain values: Istio's names and meanings, what a scenario's decoder fills and authorization.h compiles.
// Fields about IP addresses have no meaning here: the mall has no addresses.
// Source: Istio security/proto AuthorizationPolicy; spec rollout-traffic-security.md section 6.2.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/security/policy_scope.h"

namespace meshmall::models {

enum class AuthorizationAction : std::uint8_t { kAllow, kDeny, kAudit, kCustom };

// All given fields hold together; the values of a field are alternatives; of a `not` field none may match. An empty list says nothing.
struct AuthorizationSource {
  std::vector<std::string> principals, not_principals;                  // "cluster.local/ns/shop/sa/till"; need mutual TLS
  std::vector<std::string> request_principals, not_request_principals;  // "issuer/subject" of a token; HTTP only
  std::vector<std::string> namespaces, not_namespaces;                  // need mutual TLS
  std::vector<std::string> service_accounts, not_service_accounts;      // "till" (of the policy's namespace) or "shop/till"; need mutual TLS
};

struct AuthorizationOperation {
  std::vector<std::string> hosts, not_hosts;  // without regard to case; HTTP only
  std::vector<std::string> ports, not_ports;
  std::vector<std::string> methods, not_methods;  // HTTP only
  std::vector<std::string> paths, not_paths;      // without query; HTTP only
};

// key: request.headers[x], request.auth.principal, request.auth.audiences, request.auth.presenter, request.auth.claims[a][b] (HTTP only),
// source.namespace, source.principal, source.serviceAccount, destination.port.
struct AuthorizationCondition {
  std::string key;
  std::vector<std::string> values, not_values;
};

struct AuthorizationRule {
  std::vector<AuthorizationSource> from;   // alternatives; empty: anybody
  std::vector<AuthorizationOperation> to;  // alternatives; empty: anything
  std::vector<AuthorizationCondition> when;
};

struct AuthorizationPolicy {
  std::string name;
  PolicyScope scope;
  AuthorizationAction action = AuthorizationAction::kAllow;
  std::vector<AuthorizationRule> rules;  // alternatives; empty: never matches (ALLOW: nothing is allowed; DENY: no effect)
  std::string provider;                  // of kCustom
  bool dry_run = false;                  // only reported, never decides
};

// The external authorizer of CUSTOM policies, and what it says.
struct AuthorizationProvider {
  std::string name;
  bool allows = true;
};

// True when `key` is one that a condition can ask about.
bool isConditionKey(const std::string& key);

}  // namespace meshmall::models
