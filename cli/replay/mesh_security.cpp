// Istio's security: identities, peer authentication, transports, authorization, tokens, certificates.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "cli/replay/mesh_policies_cases.h"
#include "models/security/authorization.h"
#include "models/security/certificates.h"
#include "models/security/identity.h"
#include "models/security/peer_authentication.h"
#include "models/security/request_authentication.h"
#include "models/security/transport.h"

namespace meshmall::cli {
namespace {

using nlohmann::json;
using namespace models;

struct ModeName {
  std::string_view text;
  MutualTlsMode mode;
};
constexpr std::array<ModeName, 4> kModes = {
    {{"UNSET", MutualTlsMode::kUnset}, {"DISABLE", MutualTlsMode::kDisable}, {"PERMISSIVE", MutualTlsMode::kPermissive}, {"STRICT", MutualTlsMode::kStrict}}};

MutualTlsMode modeOf(std::string_view text) {
  const auto found = std::find_if(kModes.begin(), kModes.end(), [text](const ModeName& each) { return each.text == text; });
  if (found == kModes.end()) throw UnsupportedCase{"mode " + std::string(text) + " is not understood"};
  return found->mode;
}

json nameOf(MutualTlsMode mode) {
  return std::find_if(kModes.begin(), kModes.end(), [mode](const ModeName& each) { return each.mode == mode; })->text;
}

// --- identities and certificates --------------------------------------------------------------------------------------------------------------------

json spiffeId(CaseFields&, CaseFields& input) {
  const Identity identity{input.text("trustDomain", "cluster.local"), input.text("namespace"), input.text("serviceAccount")};
  return {{"uri", identity.uri()}, {"principal", identity.principal()}};
}

json certRotationDelay(CaseFields& config, CaseFields& input) {
  CertificateConfig certificates;
  certificates.grace_ratio = config.number("gracePeriodRatio", certificates.grace_ratio);
  certificates.jitter = config.number("jitter", 0);
  if (certificates.jitter != 0) throw UnsupportedCase{"config.jitter: no draw is given"};
  const auto instant = [&](std::string_view key) { return engine::SimTime{engine::seconds(input.integer(key)).ns}; };
  CaseDraws draws;
  const engine::Duration delay = rotationDelay(certificates, {instant("created_s"), instant("expires_s")}, instant("now_s"), draws);
  return {{"delay_s", delay.seconds()}};
}

// --- transports -------------------------------------------------------------------------------------------------------------------------------------

json composePeerAuthenticationCase(CaseFields& config, CaseFields& input) {
  const std::string root = config.text("rootNamespace", "root");
  const Labels own = {{"app", "own"}};  // the policies of a case are those that reach its workload
  std::vector<PeerAuthentication> policies;
  SecuredWorkload workload{"", own};
  const json& list = input.list("policies");
  for (std::size_t i = 0; i < list.size(); ++i) {
    CaseFields fields(list[i], "input.policies[" + std::to_string(i) + "]");
    PeerAuthentication policy;
    policy.scope.ns = fields.text("ns");
    if (policy.scope.ns != root && workload.ns.empty()) workload.ns = policy.scope.ns;
    if (policy.scope.ns != root && policy.scope.ns != workload.ns) throw UnsupportedCase{"policies of two namespaces: the workload's is not told"};
    policy.mode = modeOf(fields.text("mode", "UNSET"));
    policy.created = fields.integer("t", 0);
    if (fields.boolean("sel", false)) policy.scope.selector = own;
    CaseFields ports = fields.object("ports");
    for (const std::string& port : ports.keys()) policy.port_modes[static_cast<std::uint32_t>(std::stoul(port))] = modeOf(ports.text(port, "UNSET"));
    fields.finish();
    policies.push_back(std::move(policy));
  }
  const EffectivePeerAuthentication effective = composePeerAuthentication(policies, workload, root);
  json ports = json::object();
  for (const auto& [port, mode] : effective.ports) ports[std::to_string(port)] = nameOf(mode);
  return {{"mode", nameOf(effective.mode)}, {"ports", ports}};
}

json mtlsOutcome(CaseFields& config, CaseFields& input) {
  const std::string client = input.text("client");
  if (client != "mtls" && client != "plaintext" && client != "tls") throw UnsupportedCase{"client " + client + " is not understood"};
  const ClientTransport transport = client == "mtls" ? ClientTransport::kMutualTls : client == "tls" ? ClientTransport::kTls : ClientTransport::kPlaintext;
  const TransportOutcome outcome = connectionOutcome(transport, modeOf(config.text("serverMode")));
  return {{"accepted", outcome.accepted()}, {"peer_identity", outcome.peer_identity}};
}

json clientTlsSelection(CaseFields& config, CaseFields& input) {
  ClientTransportInput choice;
  if (config.has("destinationRuleTls")) {
    const std::string rule = config.text("destinationRuleTls");
    if (rule == "DISABLE")
      choice.rule = TlsMode::kDisable;
    else if (rule == "SIMPLE")
      choice.rule = TlsMode::kSimple;
    else if (rule == "MUTUAL")
      choice.rule = TlsMode::kMutual;
    else if (rule == "ISTIO_MUTUAL")
      choice.rule = TlsMode::kIstioMutual;
    else
      throw UnsupportedCase{"destinationRuleTls " + rule + " is not understood"};
  }
  choice.auto_mtls = config.boolean("autoMtls", true);
  const std::string server = input.text("serverMode", "UNKNOWN");
  if (server != "UNKNOWN") choice.server_mode = modeOf(server);
  choice.mesh_external = input.boolean("meshExternal", false);
  choice.endpoint_has_proxy = input.boolean("endpointHasProxy", true);
  switch (chooseTransport(choice)) {
    case ClientTransport::kPlaintext:
      return {{"client_uses", "plaintext"}};
    case ClientTransport::kTls:
      return {{"client_uses", "tls"}};
    case ClientTransport::kMutualTls:
      break;
  }
  return {{"client_uses", "mtls"}};
}

// --- requests ---------------------------------------------------------------------------------------------------------------------------------------

std::vector<std::string> textsOf(CaseFields& fields, std::string_view key) {
  std::vector<std::string> texts;
  for (const json& text : fields.list(key)) texts.push_back(text.get<std::string>());
  return texts;
}

AuthorizationRule ruleOf(const json& given, const std::string& where) {
  CaseFields fields(given, where);
  AuthorizationRule rule;
  for (const json& entry : fields.list("from")) {
    CaseFields from(entry, where + ".from");
    AuthorizationSource source;
    source.principals = textsOf(from, "principals");
    source.not_principals = textsOf(from, "not_principals");
    source.request_principals = textsOf(from, "request_principals");
    source.not_request_principals = textsOf(from, "not_request_principals");
    source.namespaces = textsOf(from, "namespaces");
    source.not_namespaces = textsOf(from, "not_namespaces");
    from.finish();
    rule.from.push_back(std::move(source));
  }
  for (const json& entry : fields.list("to")) {
    CaseFields to(entry, where + ".to");
    AuthorizationOperation operation;
    operation.hosts = textsOf(to, "hosts");
    operation.not_hosts = textsOf(to, "not_hosts");
    operation.ports = textsOf(to, "ports");
    operation.not_ports = textsOf(to, "not_ports");
    operation.methods = textsOf(to, "methods");
    operation.not_methods = textsOf(to, "not_methods");
    operation.paths = textsOf(to, "paths");
    operation.not_paths = textsOf(to, "not_paths");
    to.finish();
    rule.to.push_back(std::move(operation));
  }
  for (const json& entry : fields.list("when")) {
    CaseFields when(entry, where + ".when");
    AuthorizationCondition condition{when.text("key"), textsOf(when, "values"), textsOf(when, "not_values")};
    when.finish();
    if (!isConditionKey(condition.key)) throw UnsupportedCase{where + ".when: there is no key " + condition.key};
    rule.when.push_back(std::move(condition));
  }
  fields.finish();
  return rule;
}

std::vector<AuthorizationPolicy> policiesOf(CaseFields& config) {
  std::vector<AuthorizationPolicy> policies;
  for (const json& given : config.list("policies")) {
    const std::string where = "config.policies[" + std::to_string(policies.size()) + "]";
    CaseFields fields(given, where);
    AuthorizationPolicy policy;
    const std::string action = fields.text("action", "ALLOW");
    if (action == "ALLOW")
      policy.action = AuthorizationAction::kAllow;
    else if (action == "DENY")
      policy.action = AuthorizationAction::kDeny;
    else if (action == "AUDIT")
      policy.action = AuthorizationAction::kAudit;
    else
      throw UnsupportedCase{where + ".action " + action + " is not understood"};
    for (const json& rule : fields.list("rules")) policy.rules.push_back(ruleOf(rule, where + ".rules"));
    fields.finish();
    policies.push_back(std::move(policy));
  }
  return policies;
}

json authorizationDecision(CaseFields& config, CaseFields& input) {
  const AuthorizationTable table(policiesOf(config), SecuredWorkload{}, AuthorizationContext{});
  CaseFields given = input.object("request");
  const std::string principal = given.text("principals", ""), ns = given.text("namespaces", ""), host = given.text("hosts", ""),
                    method = given.text("methods", ""), path = given.text("paths", "");
  AuthenticatedToken token;
  token.principal = given.text("request_principals", "");
  AuthorizationRequest request;
  request.principal = principal;
  request.ns = ns;
  request.host = host;
  request.method = method;
  request.path = path;
  if (!token.principal.empty()) request.token = &token;
  if (given.has("ports")) request.port = static_cast<std::uint32_t>(std::stoul(given.text("ports")));
  given.finish();
  return {{"decision", table.decide(request).allowed ? "allow" : "deny"}};
}

json requestAuthentication(CaseFields& config, CaseFields& input) {
  std::vector<RequestAuthentication> policies;
  if (config.boolean("request_authentication", false)) policies.push_back({"jwt", {}, {JwtRule{"iss", {"aud"}}}});
  std::vector<AuthorizationPolicy> demands;
  if (config.boolean("allow_requires_principal", false)) {
    AuthorizationPolicy policy;
    policy.rules.resize(1);
    policy.rules[0].from.resize(1);
    policy.rules[0].from[0].request_principals = {"*"};
    demands.push_back(std::move(policy));
  }
  const std::string kind = input.text("token", "none");
  Token token{"iss", "sub", {"aud"}, "", {}, TokenState::kValid};
  const bool absent = kind == "none" || kind == "absent" || kind == "missing";
  if (kind == "expired")
    token.state = TokenState::kExpired;
  else if (kind == "invalid_signature" || kind == "invalid")
    token.state = TokenState::kInvalid;
  else if (kind == "unknown_issuer")
    token.issuer = "another";
  else if (kind == "wrong_audience" || kind == "invalid_audience" || kind == "unknown_audience")
    token.audiences = {"another"};
  else if (!absent && kind != "valid")
    throw UnsupportedCase{"token " + kind + " is not understood"};

  const SecuredWorkload workload;
  const AuthorizationContext context;
  const TokenVerdict verdict = TokenCheck(policies, workload, context.root_namespace).check(absent ? nullptr : &token);
  if (!passes(verdict)) return {{"status", 401}, {"request_principal", nullptr}};
  const AuthenticatedToken shown = authenticated(token);
  AuthorizationRequest request;
  if (verdict == TokenVerdict::kGood) request.token = &shown;
  const bool allowed = AuthorizationTable(demands, workload, context).decide(request).allowed;
  return {{"status", allowed ? 200 : 403}, {"request_principal", request.token == nullptr ? json(nullptr) : json(shown.principal)}};
}

}  // namespace

std::vector<CaseAdapter> securityAdapters() {
  return {{"istio.spiffe_id", spiffeId},
          {"istio.cert_rotation_delay", certRotationDelay},
          {"istio.compose_peer_authentication", composePeerAuthenticationCase},
          {"istio.mtls_outcome", mtlsOutcome},
          {"istio.client_tls_selection", clientTlsSelection},
          {"istio.authorization_decision", authorizationDecision},
          {"istio.request_authentication", requestAuthentication}};
}

}  // namespace meshmall::cli
