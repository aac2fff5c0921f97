// Who would be refused under the policies of a mesh version, judged by the objects that judge in a run; and policies that cannot act.
#include <algorithm>
#include <set>

#include "models/mall/plan.h"
#include "models/topology/policy_advice.h"

namespace meshmall::models {

namespace {

struct Caller {
  std::string name;  // "service storefront", "traffic lunch"
  std::uint32_t badge = 0;
  bool proxy = true;
};

class SecurityAdvice {
 public:
  SecurityAdvice(const AdviceInput& in, std::vector<Problem>& out)
      : in_(in), out_(out), security_(in.mesh().security), plan_(securityPlan(in.scenario, in.mesh(), {})) {}

  void give() {
    findCallers();
    scopes();
    tokens();
    gateway();
    if (in_.version == 0) certificates();
  }

 private:
  const Scenario& scenario() const { return in_.scenario; }
  void add(std::string pointer, std::string code, std::string reason, std::string cure) {
    if (told_.insert(code + ' ' + reason).second) out_.push_back(advice(in_, std::move(pointer), std::move(code), std::move(reason), std::move(cure)));
  }
  static std::string quoted(const std::string& name) { return '"' + name + '"'; }
  std::string policyAt(const std::string& name) const { return "/mesh/authorizationPolicies/" + name; }

  void findCallers() {
    for (std::uint32_t t = 0; t < scenario().traffic.size(); ++t) {
      const Traffic& traffic = scenario().traffic[t];
      const bool by_gateway = traffic.via == Via::gateway;
      comes({by_gateway ? "the gateway" : "traffic " + quoted(traffic.name), by_gateway ? gatewayAsCaller(scenario()) : trafficAsCaller(scenario(), t), traffic.via != Via::direct}, traffic.to,
            by_gateway ? nullptr : &traffic);
    }
    for (std::size_t n = 0; n < in_.graph.nodes.size(); ++n) {
      const std::uint32_t from = in_.graph.nodes[n].service;
      const Service& service = scenario().services[from];
      for (const CallGraph::Edge& edge : in_.graph.callees[n]) comes({"service " + quoted(service.name), from, service.sidecar}, in_.graph.nodes[edge.to], nullptr);
    }
  }

  const std::optional<TlsMode>& tlsTo(std::uint32_t service) const {
    for (const DestinationRule& rule : in_.mesh().destination_rules)
      if (rule.service == service && rule.policy.tls) return rule.policy.tls;
    return in_.mesh().defaults.tls;
  }

  // One caller and what it asks for: its connection, then its request, at each version.
  void comes(const Caller& caller, OperationRef to, const Traffic* own) {
    const Service& callee = scenario().services[to.service];
    std::uint32_t first = 0;
    for (std::uint32_t s = 0; s < to.service; ++s) first += static_cast<std::uint32_t>(scenario().services[s].versions.size());
    const std::string what = caller.name + " calling " + quoted(operationName(scenario(), to));
    for (std::uint32_t v = 0; v < callee.versions.size(); ++v) {
      const WorkloadGuard& guard = plan_.workloads[first + v];
      const ClientTransport transport = caller.proxy ? chooseTransport({tlsTo(to.service), true, guard.mode, false, guard.has_proxy}) : ClientTransport::kPlaintext;
      const TransportOutcome outcome = connectionOutcome(transport, guard.mode, guard.has_proxy);
      if (!outcome.accepted()) {
        refusedConnection(caller, callee, what, outcome.result);
        continue;
      }
      const CallerBadge* badge = outcome.peer_identity ? &plan_.callers[caller.badge] : nullptr;
      if (guard.authorization.looksIntoRequests() || (own != nullptr && own->token)) continue;
      const AuthorizationDecision decision = guard.authorization.decide(requestFor(scenario(), to.service, to.operation, to.service, badge, guard.port));
      if (!decision.allowed) refusedRequest(callee, what, badge, decision);
    }
  }

  void refusedConnection(const Caller& caller, const Service& callee, const std::string& what, HandshakeResult result) {
    if (result == HandshakeResult::kPlaintextRefused) {
      const char* cure = caller.proxy ? "take tls mode DISABLE from its traffic policy" : "give the caller a proxy, or let the callee be PERMISSIVE until it has one";
      return add("/mesh/peerAuthentications", "plaintext-refused", what + " speaks plaintext, and " + quoted(callee.name) + " is STRICT: its connections are closed (503 UC)", cure);
    }
    const char* why = callee.sidecar ? "which its mode does not take" : "which has no proxy";
    add("/mesh", "tls-not-spoken", what + " speaks TLS to " + quoted(callee.name) + ", " + why + ": the handshakes fail (503 UF)", "leave tls to auto mTLS, or set mode DISABLE for it");
  }

  void refusedRequest(const Service& callee, const std::string& what, const CallerBadge* badge, const AuthorizationDecision& decision) {
    const auto& policies = security_.authorization_policies;
    const std::string who = badge == nullptr ? "nobody, as it speaks plaintext" : badge->principal;
    const std::string seen = what + " (seen as " + who + ") is answered 403: ";
    if (decision.reason == AuthorizationReason::kNothingAllows) {
      return add("/mesh/authorizationPolicies", "caller-not-allowed", seen + "no ALLOW policy of " + quoted(callee.name) + " names it", "add a rule for it, if it may come");
    }
    const AuthorizationPolicy& policy = policies[decision.policy];
    if (decision.reason == AuthorizationReason::kProviderInvalid) {
      return add(policyAt(policy.name) + "/provider", "provider-unknown", "provider " + quoted(policy.provider) + " is not known, or one of several: CUSTOM then denies everybody at " + quoted(callee.name),
                 "say what it answers (\"allows\"), one provider for each workload");
    }
    add(policyAt(policy.name), "caller-denied", seen + "policy " + quoted(policy.name) + " denies it", "narrow the policy, if it may come");
  }

  // Policies that are for nobody here, and those without effect.
  void scopes() {
    for (const PeerAuthentication& policy : security_.peer_authentications) {
      const std::string at = "/mesh/peerAuthentications/" + policy.name;
      if (!policy.scope.selector.empty() && policy.scope.ns == security_.root_namespace) {
        add(at, "selector-in-root", "a PeerAuthentication with a selector in the root namespace is ignored", "put it into the workload's namespace");
      } else {
        scope(policy.scope, at, false);
      }
    }
    for (const AuthorizationPolicy& policy : security_.authorization_policies) {
      scope(policy.scope, policyAt(policy.name), true);
      const bool denies_nobody = policy.rules.empty() && (policy.action == AuthorizationAction::kDeny || policy.action == AuthorizationAction::kCustom);
      if (denies_nobody) add(policyAt(policy.name), "policy-without-rules", "policy " + quoted(policy.name) + " has no rules and never matches", "give it rules; {} matches everything");
    }
    for (const RequestAuthentication& policy : security_.request_authentications) scope(policy.scope, "/mesh/requestAuthentications/" + policy.name, true);
  }

  void scope(const PolicyScope& scope, const std::string& at, bool gateway_too) {
    const auto applies = [&](const std::string& ns, const Labels& labels) { return appliesTo(scope, {ns, labels}, security_.root_namespace); };
    bool any = gateway_too && applies(kGatewayNamespace, {{"app", "istio-ingressgateway"}, {"istio", "ingressgateway"}});
    for (const Service& service : scenario().services)
      for (const Version& version : service.versions) any = any || (service.sidecar && applies(service.name_space, version.labels));
    if (!any) add(at, "policy-for-nobody", "no workload with a proxy lies in namespace " + quoted(scope.ns) + " with these labels: the policy never acts", "check namespace and selector");
  }

  // Requests can be known by tokens only where some RequestAuthentication looks at them.
  void tokens() {
    for (const AuthorizationPolicy& policy : security_.authorization_policies) {
      if (!asksForTokens(policy)) continue;
      for (std::uint32_t s = 0, w = 0; s < scenario().services.size(); ++s)
        for (const Version& version : scenario().services[s].versions) {
          const WorkloadGuard& guard = plan_.workloads[w++];
          if (!scenario().services[s].sidecar || !guard.tokens.empty()) continue;
          if (!appliesTo(policy.scope, {scenario().services[s].name_space, version.labels}, security_.root_namespace)) continue;
          add(policyAt(policy.name), "token-not-checked", "policy " + quoted(policy.name) + " goes by tokens, but no RequestAuthentication looks at them at " + quoted(scenario().services[s].name) +
                                                              ": nobody has a request principal there",
              "add a RequestAuthentication for the issuer");
        }
    }
  }

  static bool asksForTokens(const AuthorizationPolicy& policy) {
    return std::any_of(policy.rules.begin(), policy.rules.end(), [](const AuthorizationRule& rule) {
      const auto source = [](const AuthorizationSource& from) { return !from.request_principals.empty(); };
      const auto condition = [](const AuthorizationCondition& when) { return when.key.rfind("request.auth.", 0) == 0 && !when.values.empty(); };
      return std::any_of(rule.from.begin(), rule.from.end(), source) || std::any_of(rule.when.begin(), rule.when.end(), condition);
    });
  }

  void gateway() {
    const WorkloadGuard& guard = plan_.gateway();
    if (guard.authorization.empty() || guard.authorization.looksIntoRequests()) return;
    for (std::uint32_t t = 0; t < scenario().traffic.size(); ++t) {
      const Traffic& traffic = scenario().traffic[t];
      if (traffic.via != Via::gateway) continue;
      const CallerBadge& badge = plan_.callers[trafficAsCaller(scenario(), t)];
      const auto request = requestFor(scenario(), traffic.to.service, traffic.to.operation, traffic.to.service, badge.shown() ? &badge : nullptr, guard.port);
      if (guard.authorization.decide(request).allowed) continue;
      add("/mesh/authorizationPolicies", "gateway-refuses", "policies of the root namespace hold at the gateway too, and refuse traffic " + quoted(traffic.name) + " there (403)",
          "put the policy into the services' namespaces, or give it a selector");
    }
  }

  // Renewal that stops is felt when a certificate expires.
  void certificates() {
    for (std::size_t e = 0; e < scenario().events.size(); ++e) {
      const TimedEvent& event = scenario().events[e];
      if (!std::holds_alternative<StopRenewal>(event.what) || !scenario().run.warmup) continue;
      const CertificateConfig& config = security_.certificates;
      const double end = (*scenario().run.warmup + scenario().run.duration).seconds();
      if (event.at.seconds() + config.lifetime.seconds() * std::max(0.0, config.grace_ratio - config.jitter) < end) continue;
      add("/events/" + std::to_string(e), "renewal-unfelt", "no certificate expires before the end: the event has no effect", "shorten certificates.lifetime, or let it happen earlier");
    }
  }

  const AdviceInput& in_;
  std::vector<Problem>& out_;
  const MeshSecurity& security_;
  const SecurityPlan plan_;
  std::set<std::string> told_;
};

}  // namespace

void adviseOnSecurity(const AdviceInput& in, std::vector<Problem>& out) {
  if (isSecured(in.scenario)) SecurityAdvice(in, out).give();
}

}  // namespace meshmall::models
