// Security of the mesh: policies on connections, requests and tokens, certificates; what clients speak, the tokens of customers, and what a proxy costs.
// Fields about addresses (IP blocks, SNI) are refused: the mall has none.
#include <algorithm>

#include "models/scenario/decode_parts.h"
#include "models/security/authorization.h"
#include "models/security/value_pattern.h"

namespace meshmall::models {

namespace {

constexpr std::size_t kMaxPolicies = 10'000;  // of a kind
constexpr std::size_t kMaxValues = 10'000;    // of a list

std::vector<std::string> readTexts(const Node& node) {
  std::vector<std::string> out;
  const auto entries = items(node);
  if (entries.size() > kMaxValues) {
    node.error("must be at most 10,000 values (got " + std::to_string(entries.size()) + ")");
    return out;
  }
  for (const Node& item : entries) {
    if (auto text = readName(item)) out.push_back(std::move(*text));
  }
  if (entries.empty() && node.value().items() != nullptr) node.error("needs at least one value");
  return out;
}

std::vector<std::string> textsOf(ObjectReader& object, std::string_view key) {
  const auto node = object.get(key);
  return node ? readTexts(*node) : std::vector<std::string>();
}

// The policies of one kind, by name; `read` makes one.
template <class Policy, class Read>
std::vector<Policy> readNamed(const Node& node, Read read) {
  std::vector<Policy> out;
  const auto members = sortedMembers(node);
  if (members.size() > kMaxPolicies) {
    node.error("must be at most 10,000 policies (got " + std::to_string(members.size()) + ")");
    return out;
  }
  for (const JsonMember* member : members) {
    const Node entry(node, *member);
    if (const auto problem = nameProblem(member->key)) entry.keyError(*problem);
    Policy policy = read(entry);
    policy.name = member->key;
    out.push_back(std::move(policy));
  }
  return out;
}

PolicyScope readScope(ObjectReader& object) {
  PolicyScope out;
  if (const auto name_space = object.get("namespace")) out.ns = readName(*name_space).value_or(out.ns);
  const auto selector_node = object.get("selector");
  if (!selector_node) return out;
  ObjectReader selector(*selector_node, "workloadSelector");
  if (const auto labels = selector.get("matchLabels")) out.selector = readLabels(*labels);
  return out;
}

std::optional<std::uint32_t> readPort(const Node& node, std::string_view text) {
  std::uint32_t port = 0;
  const bool digits = !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (digits) port = static_cast<std::uint32_t>(std::stoul(std::string(text)));
  if (digits && port >= 1 && port <= 65535) return port;
  node.error("must be a port, 1 to 65535 (got " + inQuotes(std::string(text)) + ")");
  return std::nullopt;
}

// ---- connections -----------------------------------------------------------------------------------------------------------------------

MutualTlsMode readPeerMode(const Node& node) {
  ObjectReader object(node, "peerTls");
  static constexpr MutualTlsMode kModes[] = {MutualTlsMode::kUnset, MutualTlsMode::kDisable, MutualTlsMode::kPermissive, MutualTlsMode::kStrict};
  const auto mode = object.get("mode");
  return mode ? kModes[readChoice(*mode, {"UNSET", "DISABLE", "PERMISSIVE", "STRICT"}).value_or(0)] : MutualTlsMode::kUnset;
}

PeerAuthentication readPeerAuthentication(const Node& node) {
  PeerAuthentication out;
  ObjectReader object(node, "peerAuthentication");
  out.scope = readScope(object);
  if (const auto mode = object.get("mtls")) out.mode = readPeerMode(*mode);
  const auto ports = object.get("portLevelMtls");
  if (!ports) return out;
  if (out.scope.selector.empty()) ports->keyError("\"portLevelMtls\" needs a \"selector\" beside it");
  for (const JsonMember* member : sortedMembers(*ports)) {
    const Node entry(*ports, *member);
    const MutualTlsMode mode = readPeerMode(entry);
    if (const auto port = readPort(entry, member->key)) out.port_modes[*port] = mode;
  }
  return out;
}

// ---- requests --------------------------------------------------------------------------------------------------------------------------

AuthorizationSource readSource(const Node& node) {
  AuthorizationSource out;
  ObjectReader object(node, "authorizationSource");
  out.principals = textsOf(object, "principals");
  out.not_principals = textsOf(object, "notPrincipals");
  out.request_principals = textsOf(object, "requestPrincipals");
  out.not_request_principals = textsOf(object, "notRequestPrincipals");
  out.namespaces = textsOf(object, "namespaces");
  out.not_namespaces = textsOf(object, "notNamespaces");
  out.service_accounts = textsOf(object, "serviceAccounts");
  out.not_service_accounts = textsOf(object, "notServiceAccounts");
  const bool accounts = object.has("serviceAccounts") || object.has("notServiceAccounts");
  const bool others = object.has("principals") || object.has("notPrincipals") || object.has("namespaces") || object.has("notNamespaces");
  if (accounts && others) node.error("service accounts do not go together with principals or namespaces");
  if (object.isObject() && node.value().members()->empty()) node.error("needs at least one field");
  return out;
}

AuthorizationOperation readOperation(const Node& node) {
  AuthorizationOperation out;
  ObjectReader object(node, "authorizationOperation");
  out.hosts = textsOf(object, "hosts");
  out.not_hosts = textsOf(object, "notHosts");
  out.methods = textsOf(object, "methods");
  out.not_methods = textsOf(object, "notMethods");
  for (const auto& [key, ports] : {std::pair{"ports", &out.ports}, std::pair{"notPorts", &out.not_ports}}) {
    *ports = textsOf(object, key);
    for (const std::string& port : *ports) readPort(*object.get(key), port);
  }
  for (const auto& [key, paths] : {std::pair{"paths", &out.paths}, std::pair{"notPaths", &out.not_paths}}) {
    *paths = textsOf(object, key);
    for (const std::string& path : *paths) {
      if (const auto problem = pathPatternProblem(path)) object.get(key)->error(*problem + " (got " + inQuotes(path) + ")");
    }
  }
  if (object.isObject() && node.value().members()->empty()) node.error("needs at least one field");
  return out;
}

AuthorizationCondition readCondition(const Node& node) {
  AuthorizationCondition out;
  ObjectReader object(node, "authorizationCondition");
  if (const auto key = object.require("key")) {
    const auto text = readText(*key);
    out.key = text.value_or("");
    if (text && !isConditionKey(out.key)) {
      key->error("is no condition that can be known here (got " + inQuotes(out.key) + ")",
                 "one of request.headers[…], request.auth.principal, request.auth.audiences, request.auth.presenter, request.auth.claims[…], source.principal, "
                 "source.namespace, source.serviceAccount, destination.port");
    }
  }
  out.values = textsOf(object, "values");
  out.not_values = textsOf(object, "notValues");
  if (object.isObject() && out.values.empty() && out.not_values.empty()) node.error("needs \"values\" or \"notValues\"");
  if (out.key == "destination.port") {
    for (const auto& [key, ports] : {std::pair{"values", &out.values}, std::pair{"notValues", &out.not_values}})
      for (const std::string& port : *ports) readPort(*object.get(key), port);
  }
  return out;
}

AuthorizationRule readRule(const Node& node) {
  AuthorizationRule out;
  ObjectReader object(node, "authorizationRule");
  if (const auto from = object.get("from")) {
    for (const Node& item : items(*from)) {
      ObjectReader entry(item, "authorizationFrom");
      if (const auto source = entry.require("source")) out.from.push_back(readSource(*source));
    }
    if (from->value().items() != nullptr && from->value().items()->empty()) from->error("needs at least one entry");
  }
  if (const auto to = object.get("to")) {
    for (const Node& item : items(*to)) {
      ObjectReader entry(item, "authorizationTo");
      if (const auto operation = entry.require("operation")) out.to.push_back(readOperation(*operation));
    }
    if (to->value().items() != nullptr && to->value().items()->empty()) to->error("needs at least one entry");
  }
  if (const auto when = object.get("when")) {
    for (const Node& item : items(*when)) out.when.push_back(readCondition(item));
  }
  return out;
}

// `providers`: those whose answer is told.
AuthorizationPolicy readAuthorizationPolicy(const Node& node, std::vector<AuthorizationProvider>& providers) {
  AuthorizationPolicy out;
  ObjectReader object(node, "authorizationPolicy");
  out.scope = readScope(object);
  static constexpr AuthorizationAction kActions[] = {AuthorizationAction::kAllow, AuthorizationAction::kDeny, AuthorizationAction::kAudit, AuthorizationAction::kCustom};
  if (const auto action = object.get("action")) out.action = kActions[readChoice(*action, {"ALLOW", "DENY", "AUDIT", "CUSTOM"}).value_or(0)];
  out.dry_run = object.flag("dryRun", false);
  if (const auto rules = object.get("rules")) {
    for (const Node& item : items(*rules)) out.rules.push_back(readRule(item));
  }
  const auto provider_node = object.get("provider");
  const bool custom = out.action == AuthorizationAction::kCustom;
  if (custom && !provider_node && object.isObject()) node.error("needs \"provider\": who decides for a CUSTOM policy");
  if (!custom && provider_node) provider_node->keyError("\"provider\" belongs to policies of action CUSTOM");
  if (!provider_node) return out;
  ObjectReader provider(*provider_node, "authorizationProvider");
  if (const auto name = provider.require("name")) out.provider = readName(*name).value_or("");
  const auto allows = provider.get("allows");
  if (!allows) return out;
  const AuthorizationProvider answer{out.provider, readFlag(*allows).value_or(true)};
  const auto known = std::find_if(providers.begin(), providers.end(), [&](const AuthorizationProvider& each) { return each.name == answer.name; });
  if (known == providers.end()) providers.push_back(answer);
  else if (known->allows != answer.allows) allows->error("another policy says the opposite of provider " + inQuotes(answer.name));
  return out;
}

RequestAuthentication readRequestAuthentication(const Node& node) {
  RequestAuthentication out;
  ObjectReader object(node, "requestAuthentication");
  out.scope = readScope(object);
  const auto rules = object.get("jwtRules");
  if (!rules) return out;
  for (const Node& item : items(*rules)) {
    ObjectReader entry(item, "jwtRule");
    JwtRule rule;
    if (const auto issuer = entry.require("issuer")) rule.issuer = readName(*issuer).value_or("");
    rule.audiences = textsOf(entry, "audiences");
    out.jwt_rules.push_back(std::move(rule));
  }
  return out;
}

// ---- tokens and certificates -----------------------------------------------------------------------------------------------------------

// Claims are texts, lists of texts, or objects of claims ("a.b").
void readClaims(const Node& node, const std::string& prefix, Token& out) {
  for (const JsonMember* member : sortedMembers(node)) {
    const Node claim(node, *member);
    const std::string name = prefix.empty() ? member->key : prefix + "." + member->key;
    if (claim.value().members() != nullptr) {
      readClaims(claim, name, out);
    } else if (claim.value().items() != nullptr) {
      for (const Node& item : items(claim)) {
        if (auto text = readText(item)) out.claims.emplace_back(name, std::move(*text));
      }
    } else if (auto text = readText(claim)) {
      if (name == "azp") out.presenter = *text;
      out.claims.emplace_back(name, std::move(*text));
    }
  }
}

void readCertificates(const Node& node, MeshSecurity& out) {
  ObjectReader object(node, "certificates");
  out.certificates_given = true;
  CertificateConfig& config = out.certificates;
  if (const auto lifetime = object.get("lifetime")) config.lifetime = readPositiveDuration(*lifetime).value_or(config.lifetime);
  config.grace_ratio = object.probability("graceRatio", config.grace_ratio);
  config.jitter = object.probability("jitter", config.jitter);
  const double share = 1 - config.grace_ratio - config.jitter;  // of the lifetime that surely passes before the renewal
  if (share * config.lifetime.seconds() < 1e-3) {
    node.error("certificates would be renewed without end: the lifetime without the grace period (\"graceRatio\" and \"jitter\") must last 1ms or more");
  }
  if (const auto domain = object.get("trustDomain")) {
    out.trust_domain = readName(*domain).value_or(out.trust_domain);
    if (out.trust_domain.find('/') != std::string::npos) domain->error("must not have a \"/\"");
  }
  if (const auto root = object.get("rootNamespace")) out.root_namespace = readName(*root).value_or(out.root_namespace);
}

}  // namespace

TlsMode readClientTls(const Node& node) {
  ObjectReader object(node, "clientTls");
  static constexpr TlsMode kModes[] = {TlsMode::kDisable, TlsMode::kSimple, TlsMode::kMutual, TlsMode::kIstioMutual};
  const auto mode = object.require("mode");
  return mode ? kModes[readChoice(*mode, {"DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"}).value_or(0)] : TlsMode::kDisable;
}

Token readToken(const Node& node) {
  Token out;
  ObjectReader object(node, "token");
  if (const auto issuer = object.require("issuer")) out.issuer = readName(*issuer).value_or("");
  out.subject = object.text("subject");
  if (const auto audiences = object.get("audiences")) {
    for (const Node& item : items(*audiences)) {
      if (auto audience = readName(item)) out.audiences.push_back(std::move(*audience));
    }
  }
  if (const auto claims = object.get("claims")) readClaims(*claims, "", out);
  static constexpr TokenState kStates[] = {TokenState::kValid, TokenState::kExpired, TokenState::kInvalid};
  if (const auto state = object.get("state")) out.state = kStates[readChoice(*state, {"valid", "expired", "invalid"}).value_or(0)];
  return out;
}

MeshSecurity readSecurity(ObjectReader& mesh) {
  MeshSecurity out;
  if (const auto node = mesh.get("peerAuthentications")) out.peer_authentications = readNamed<PeerAuthentication>(*node, readPeerAuthentication);
  if (const auto node = mesh.get("authorizationPolicies")) {
    out.authorization_policies = readNamed<AuthorizationPolicy>(*node, [&](const Node& entry) { return readAuthorizationPolicy(entry, out.providers); });
  }
  if (const auto node = mesh.get("requestAuthentications")) out.request_authentications = readNamed<RequestAuthentication>(*node, readRequestAuthentication);
  if (const auto node = mesh.get("certificates")) readCertificates(*node, out);
  return out;
}

void agePeerAuthentications(std::vector<Mesh>& versions) {
  for (std::size_t v = 1; v < versions.size(); ++v) {
    const auto& before = versions[v - 1].security.peer_authentications;
    for (PeerAuthentication& policy : versions[v].security.peer_authentications) {
      const auto known = std::find_if(before.begin(), before.end(), [&](const auto& each) { return each.name == policy.name && each.scope.ns == policy.scope.ns; });
      policy.created = known == before.end() ? static_cast<std::int64_t>(v) : known->created;
    }
  }
}

// Istio's published figures of what two proxies add to a request and its answer, 90th and 99th percentile: sidecars 0.63 ms and 0.88 ms, ztunnels 0.16 ms
// and 0.20 ms (Istio documentation, "Sidecar or ambient?"; other releases: 0.23 to 2.7 ms, see docs/reference/security.md). The way there and back passes
// four times through a proxy; four gamma distributed times of this mean and cv add up to a gamma distribution with just these percentiles.
void applyCostPreset(const Node& preset, SidecarSettings& out) {
  const auto choice = readChoice(preset, {"sidecar", "ambient", "none"});
  if (!choice || *choice == 2) return;
  const Distribution traversal = *choice == 0 ? Distribution::gamma(103.415e-6, 0.782988) : Distribution::gamma(30.2407e-6, 0.488086);
  out.inbound = traversal;
  out.outbound = traversal;
}

}  // namespace meshmall::models
