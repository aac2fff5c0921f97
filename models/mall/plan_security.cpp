#include "models/mall/plan_security.h"

#include <algorithm>

#include "models/mall/plan.h"
#include "models/security/identity.h"

namespace meshmall::models {

namespace {

CallerBadge badgeOf(const Identity& identity) { return {identity.principal(), identity.ns, identity.ns + "/" + identity.service_account}; }

// A principal as a scenario gives it; one that is no SPIFFE identity has the namespace told beside it.
CallerBadge badgeOf(const std::string& principal, const std::string& ns) {
  if (const auto identity = parseIdentity(principal)) return badgeOf(*identity);
  return {principal, ns, ""};
}

CallerBadge badgeOf(const Traffic& traffic, const std::string& trust_domain) {
  if (traffic.via == Via::direct) return {};
  if (traffic.source_principal) return badgeOf(*traffic.source_principal, traffic.source_namespace);
  if (traffic.via == Via::gateway) return {};
  return badgeOf(Identity{trust_domain, traffic.source_namespace, "default"});
}

WorkloadGuard guardOf(const MeshSecurity& security, const SecuredWorkload& workload, std::uint32_t port, bool tcp) {
  WorkloadGuard guard;
  guard.port = port;
  guard.tcp = tcp;
  guard.mode = composePeerAuthentication(security.peer_authentications, workload, security.root_namespace).ofPort(port);
  if (!tcp) guard.tokens = TokenCheck(security.request_authentications, workload, security.root_namespace);
  guard.authorization = AuthorizationTable(security.authorization_policies, workload, {security.providers, false, security.root_namespace}, tcp);
  return guard;
}

// Istio's gateways decide on their customers' TLS themselves: PeerAuthentication does not reach them.
WorkloadGuard gatewayGuard(const MeshSecurity& security) {
  const SecuredWorkload gateway{kGatewayNamespace, {{"app", "istio-ingressgateway"}, {"istio", "ingressgateway"}}};
  WorkloadGuard guard = guardOf(security, gateway, 80, false);
  guard.mode = MutualTlsMode::kPermissive;
  return guard;
}

void decideBeforehand(const Scenario& scenario, const std::vector<PlanFlow>& flows, const std::vector<std::uint32_t>& first_version, SecurityPlan& out) {
  out.first_decision.resize(flows.size());
  for (std::size_t f = 0; f < flows.size(); ++f) {
    const PlanFlow& flow = flows[f];
    const std::size_t versions = scenario.services[flow.service].versions.size();
    const auto of = out.workloads.begin() + first_version[flow.service];
    const auto settled = [](const WorkloadGuard& guard) { return !guard.authorization.looksIntoRequests(); };
    if (std::all_of(of, of + static_cast<std::ptrdiff_t>(versions), [](const WorkloadGuard& guard) { return guard.authorization.empty(); })) continue;
    if (!std::all_of(of, of + static_cast<std::ptrdiff_t>(versions), settled)) continue;
    const bool by_gateway = flow.from_traffic && scenario.traffic[flow.from].via == Via::gateway;
    const std::uint32_t caller = by_gateway ? gatewayAsCaller(scenario) : flow.from_traffic ? trafficAsCaller(scenario, flow.from) : flow.from;
    out.first_decision[f] = static_cast<std::uint32_t>(out.decisions.size());
    for (std::size_t v = 0; v < versions; ++v) {
      const WorkloadGuard& guard = of[static_cast<std::ptrdiff_t>(v)];
      for (const CallerBadge* badge : {static_cast<const CallerBadge*>(nullptr), static_cast<const CallerBadge*>(&out.callers[caller])})
        out.decisions.push_back(guard.authorization.decide(requestFor(scenario, flow.service, flow.operation, flow.service, badge, guard.port)));
    }
  }
}

bool setsTls(const TrafficPolicy& policy) { return policy.tls.has_value(); }

}  // namespace

AuthorizationRequest requestFor(const Scenario& scenario, std::uint32_t service, std::uint32_t operation, std::uint32_t called, const CallerBadge* badge,
                                std::uint32_t port) {
  AuthorizationRequest request;
  if (badge != nullptr) {
    request.principal = badge->principal;
    request.ns = badge->ns;
    request.service_account = badge->service_account;
  }
  request.host = scenario.services[called].name;
  request.port = port;
  request.method = scenario.services[service].operations[operation].method;
  request.path = scenario.services[service].operations[operation].path;
  return request;
}

SecurityPlan securityPlan(const Scenario& scenario, const Mesh& mesh, const std::vector<PlanFlow>& flows) {
  SecurityPlan out;
  const MeshSecurity& security = mesh.security;
  std::vector<std::uint32_t> first_version;
  for (const Service& service : scenario.services) {
    first_version.push_back(static_cast<std::uint32_t>(out.workloads.size()));
    for (const Version& version : service.versions) {
      WorkloadGuard guard;
      if (service.sidecar) guard = guardOf(security, {service.name_space, version.labels}, service.port, service.protocol == Protocol::tcp);
      guard.has_proxy = service.sidecar;
      out.workloads.push_back(std::move(guard));
    }
    out.callers.push_back(service.sidecar ? badgeOf(Identity{security.trust_domain, service.name_space, service.service_account}) : CallerBadge{});
  }
  out.workloads.push_back(gatewayGuard(security));
  out.callers.push_back(badgeOf(Identity{security.trust_domain, kGatewayNamespace, kGatewayAccount}));
  for (const Traffic& traffic : scenario.traffic) out.callers.push_back(badgeOf(traffic, security.trust_domain));
  decideBeforehand(scenario, flows, first_version, out);
  return out;
}

bool isCertified(const Scenario& scenario) {
  const auto given = [](const Mesh& mesh) { return mesh.security.certificates_given; };
  const auto stops = [](const TimedEvent& event) { return std::holds_alternative<StopRenewal>(event.what); };
  return std::any_of(scenario.mesh_versions.begin(), scenario.mesh_versions.end(), given) || std::any_of(scenario.events.begin(), scenario.events.end(), stops);
}

bool isSecured(const Scenario& scenario) {
  if (isCertified(scenario)) return true;
  return std::any_of(scenario.mesh_versions.begin(), scenario.mesh_versions.end(), [](const Mesh& mesh) {
    if (mesh.security.hasPolicies() || setsTls(mesh.defaults)) return true;
    return std::any_of(mesh.destination_rules.begin(), mesh.destination_rules.end(), [](const DestinationRule& rule) {
      return setsTls(rule.policy) || std::any_of(rule.subsets.begin(), rule.subsets.end(), [](const Subset& subset) { return setsTls(subset.policy); });
    });
  });
}

}  // namespace meshmall::models
