// A mesh version's security laid out for running: for each version of a service and for the gateway what its proxy asks of connections, tokens and
// requests, who every caller is over mutual TLS, and, where the caller and the operation alone decide, the authorization of every flow beforehand.
// Limiting case: no policies; every guard is open, every mode PERMISSIVE. Source: spec rollout-traffic-security.md section 6; docs/reference/security.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/scenario/scenario.h"
#include "models/security/authorization.h"
#include "models/security/request_authentication.h"
#include "models/security/transport.h"

namespace meshmall::models {

struct PlanFlow;

// What a caller's certificate shows; all empty: no certificate.
struct CallerBadge {
  std::string principal, ns, service_account;  // "cluster.local/ns/shop/sa/till", "shop", "shop/till"

  bool shown() const { return !principal.empty(); }
};

// The proxy of a workload, inbound side.
struct WorkloadGuard {
  MutualTlsMode mode = MutualTlsMode::kPermissive;
  bool has_proxy = true;
  bool tcp = false;
  std::uint32_t port = 80;
  TokenCheck tokens;
  AuthorizationTable authorization;

  bool open() const { return tokens.empty() && authorization.empty(); }
};

struct SecurityPlan {
  std::vector<WorkloadGuard> workloads;  // by version (plan's numbering), then the gateway
  std::vector<CallerBadge> callers;      // by service, the gateway, then the traffic entries (a client's own proxy; or what the gateway is shown)
  // Of flows to workloads that do not look into requests, by flow: where its decisions begin; two for each version of the called service
  // (without a certificate, with the caller's); nothing is kept otherwise.
  std::vector<std::optional<std::uint32_t>> first_decision;
  std::vector<AuthorizationDecision> decisions;

  const WorkloadGuard& gateway() const { return workloads.back(); }
};

// What a request of a flow asks for at `service`: method, path and host of its operation there.
AuthorizationRequest requestFor(const Scenario& scenario, std::uint32_t service, std::uint32_t operation, std::uint32_t called, const CallerBadge* badge, std::uint32_t port);

// `flows`: the plan's. Calls are of services' versions in order, as the plan numbers them.
SecurityPlan securityPlan(const Scenario& scenario, const Mesh& mesh, const std::vector<PlanFlow>& flows);

// Some connection, request or certificate may be refused under some version of the mesh.
bool isSecured(const Scenario& scenario);
// Certificates are given, or their renewal stops.
bool isCertified(const Scenario& scenario);

// Index of a caller in SecurityPlan::callers.
inline std::uint32_t gatewayAsCaller(const Scenario& scenario) { return static_cast<std::uint32_t>(scenario.services.size()); }
inline std::uint32_t trafficAsCaller(const Scenario& scenario, std::uint32_t traffic) { return gatewayAsCaller(scenario) + 1 + traffic; }

}  // namespace meshmall::models
