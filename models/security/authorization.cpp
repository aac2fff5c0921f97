#include "models/security/authorization.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace meshmall::models {
namespace {

using Subject = AuthorizationTable::Subject;
using Field = AuthorizationTable::Field;
using Fields = AuthorizationTable::Fields;
using Rule = AuthorizationTable::Rule;
using TokenConditions = AuthorizationTable::TokenConditions;

struct KeyName {
  std::string_view key;
  Subject subject;
};
constexpr std::array<KeyName, 7> kKeys = {{{"source.principal", Subject::kPrincipal},
                                           {"source.namespace", Subject::kNamespace},
                                           {"source.serviceAccount", Subject::kServiceAccount},
                                           {"destination.port", Subject::kPort},
                                           {"request.auth.principal", Subject::kRequestPrincipal},
                                           {"request.auth.audiences", Subject::kAudience},
                                           {"request.auth.presenter", Subject::kPresenter}}};
constexpr std::string_view kHeaders = "request.headers[";
constexpr std::string_view kClaims = "request.auth.claims[";

bool startsWith(std::string_view text, std::string_view start) { return text.substr(0, start.size()) == start; }

// "[a][b]" as "a.b"; empty when it is not a row of names in brackets.
std::string bracketed(std::string_view text) {
  std::string name;
  while (!text.empty()) {
    const std::size_t close = text.find(']');
    if (text.front() != '[' || close == std::string_view::npos || close == 1) return {};
    if (!name.empty()) name += '.';
    name += text.substr(1, close - 1);
    text.remove_prefix(close + 1);
  }
  return name;
}

// What a condition's key asks about; nothing when there is no such key.
std::optional<Field> fieldOfKey(std::string_view key) {
  Field field;
  for (const KeyName& known : kKeys) {
    if (known.key != key) continue;
    field.subject = known.subject;
    return field;
  }
  const bool header = startsWith(key, kHeaders);
  if (!header && !startsWith(key, kClaims)) return std::nullopt;
  field.subject = header ? Subject::kHeader : Subject::kClaim;
  field.name = bracketed(key.substr((header ? kHeaders : kClaims).size() - 1));
  if (field.name.empty() || (header && field.name.find('.') != std::string::npos && std::count(key.begin(), key.end(), '[') > 1)) return std::nullopt;
  return field;
}

bool needsHttp(Subject subject) {
  switch (subject) {
    case Subject::kPrincipal:
    case Subject::kNamespace:
    case Subject::kServiceAccount:
    case Subject::kPort:
      return false;
    default:
      return true;
  }
}

bool needsRequest(Subject subject) { return needsHttp(subject) && subject != Subject::kMethod && subject != Subject::kPath && subject != Subject::kHost; }

ValuePattern patternFor(Subject subject, const std::string& text) {
  if (subject == Subject::kPath) return parsePathPattern(text);
  return parsePattern(text, subject == Subject::kHost);
}

// Compiles the rules of one policy.
class RuleCompiler {
 public:
  RuleCompiler(const AuthorizationPolicy& policy, bool tcp) : policy_(policy), tcp_(tcp) {}

  // Nothing: the rule is dropped, it can never match (ALLOW with HTTP fields on TCP).
  std::optional<Rule> compile(const AuthorizationRule& rule) {
    dropped_ = false;
    Rule out;
    for (const AuthorizationSource& source : rule.from) out.from.push_back(compileSource(source));
    for (const AuthorizationOperation& operation : rule.to) out.to.push_back(compileOperation(operation));
    for (const AuthorizationCondition& condition : rule.when) {
      if (auto field = fieldOfKey(condition.key))
        add(out.when, std::move(*field), condition.values, condition.not_values);
      else
        dropped_ = true;  // a decoder reports such a key; here it matches nothing
    }
    if (dropped_) return std::nullopt;
    return out;
  }
  bool looksIntoRequests() const { return looks_into_requests_; }

 private:
  void add(Fields& fields, Field field, const std::vector<std::string>& values, const std::vector<std::string>& not_values) {
    if (values.empty() && not_values.empty()) return;
    if (tcp_ && needsHttp(field.subject)) {
      if (policy_.action == AuthorizationAction::kAllow) dropped_ = true;
      return;
    }
    looks_into_requests_ = looks_into_requests_ || needsRequest(field.subject);
    for (const std::string& value : values) field.values.push_back(patternFor(field.subject, qualified(field.subject, value)));
    for (const std::string& value : not_values) field.not_values.push_back(patternFor(field.subject, qualified(field.subject, value)));
    fields.push_back(std::move(field));
  }
  // A service account without a namespace is of the policy's own.
  std::string qualified(Subject subject, const std::string& value) const {
    if (subject != Subject::kServiceAccount || value.find('/') != std::string::npos) return value;
    return policy_.scope.ns + "/" + value;
  }
  Fields compileSource(const AuthorizationSource& source) {
    Fields fields;
    add(fields, {Subject::kPrincipal, "", {}, {}}, source.principals, source.not_principals);
    add(fields, {Subject::kRequestPrincipal, "", {}, {}}, source.request_principals, source.not_request_principals);
    add(fields, {Subject::kNamespace, "", {}, {}}, source.namespaces, source.not_namespaces);
    add(fields, {Subject::kServiceAccount, "", {}, {}}, source.service_accounts, source.not_service_accounts);
    return fields;
  }
  Fields compileOperation(const AuthorizationOperation& operation) {
    Fields fields;
    add(fields, {Subject::kHost, "", {}, {}}, operation.hosts, operation.not_hosts);
    add(fields, {Subject::kPort, "", {}, {}}, operation.ports, operation.not_ports);
    add(fields, {Subject::kMethod, "", {}, {}}, operation.methods, operation.not_methods);
    add(fields, {Subject::kPath, "", {}, {}}, operation.paths, operation.not_paths);
    return fields;
  }

  const AuthorizationPolicy& policy_;
  bool tcp_;
  bool dropped_ = false, looks_into_requests_ = false;
};

bool anyMatches(const std::vector<ValuePattern>& patterns, std::string_view value) {
  return std::any_of(patterns.begin(), patterns.end(), [value](const ValuePattern& pattern) { return pattern.matches(value); });
}

// The subject's only value, or an empty text.
std::string_view valueOf(const Field& field, const AuthorizationRequest& request) {
  switch (field.subject) {
    case Subject::kPrincipal:
      return request.principal;
    case Subject::kNamespace:
      return request.ns;
    case Subject::kServiceAccount:
      return request.service_account;
    case Subject::kRequestPrincipal:
      return request.token == nullptr ? std::string_view{} : request.token->principal;
    case Subject::kPresenter:
      return request.token == nullptr ? std::string_view{} : request.token->presenter;
    case Subject::kHost:
      return request.host;
    case Subject::kMethod:
      return request.method;
    case Subject::kPath:
      return request.path.substr(0, request.path.find_first_of("?#"));
    default:
      return {};
  }
}

bool asksForToken(Subject subject) {
  return subject == Subject::kRequestPrincipal || subject == Subject::kAudience || subject == Subject::kPresenter || subject == Subject::kClaim;
}

bool holds(const Field& field, const AuthorizationRequest& request, TokenConditions token) {
  if (token != TokenConditions::kAsShown && asksForToken(field.subject)) return token == TokenConditions::kHold;
  const auto decide = [&field](bool any, bool any_not) { return (field.values.empty() || any) && !any_not; };
  switch (field.subject) {
    case Subject::kPort: {
      std::array<char, 10> digits{};
      const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), request.port).ptr;
      const std::string_view port(digits.data(), static_cast<std::size_t>(end - digits.data()));
      return decide(anyMatches(field.values, port), anyMatches(field.not_values, port));
    }
    case Subject::kHeader: {
      const auto value = headerValue(request.headers, field.name);
      const std::string_view text = value ? std::string_view(*value) : std::string_view{};
      return decide(anyMatches(field.values, text), anyMatches(field.not_values, text));
    }
    case Subject::kAudience:
    case Subject::kClaim: {
      bool any = false, any_not = false;
      const auto see = [&](std::string_view value) {
        any = any || anyMatches(field.values, value);
        any_not = any_not || anyMatches(field.not_values, value);
      };
      if (request.token != nullptr && field.subject == Subject::kAudience) {
        for (const std::string& audience : request.token->audiences) see(audience);
      } else if (request.token != nullptr) {
        for (const auto& [name, value] : request.token->claims) {
          if (name == field.name) see(value);
        }
      }
      return decide(any, any_not);
    }
    default: {
      const std::string_view value = valueOf(field, request);
      return decide(anyMatches(field.values, value), anyMatches(field.not_values, value));
    }
  }
}

bool allHold(const Fields& fields, const AuthorizationRequest& request, TokenConditions token) {
  return std::all_of(fields.begin(), fields.end(), [&](const Field& field) { return holds(field, request, token); });
}

bool anyHolds(const std::vector<Fields>& alternatives, const AuthorizationRequest& request, TokenConditions token) {
  return alternatives.empty() || std::any_of(alternatives.begin(), alternatives.end(), [&](const Fields& fields) { return allHold(fields, request, token); });
}

}  // namespace

bool isConditionKey(const std::string& key) { return fieldOfKey(key).has_value(); }

AuthorizationTable::AuthorizationTable(const std::vector<AuthorizationPolicy>& policies, const SecuredWorkload& workload, const AuthorizationContext& context,
                                       bool tcp) {
  std::optional<std::string> provider;
  for (std::uint32_t i = 0; i < policies.size(); ++i) {
    const AuthorizationPolicy& given = policies[i];
    if (!appliesTo(given.scope, workload, context.root_namespace)) continue;
    Policy policy;
    policy.index = i;
    policy.action = given.action;
    policy.decides = !given.dry_run && given.action != AuthorizationAction::kAudit;
    if (given.action == AuthorizationAction::kCustom && policy.decides) {
      const auto known = std::find_if(context.providers.begin(), context.providers.end(), [&](const auto& each) { return each.name == given.provider; });
      const bool another = provider && *provider != given.provider && !context.several_providers;
      if ((known == context.providers.end() || another) && !invalid_custom_) invalid_custom_ = i;
      policy.provider_allows = known != context.providers.end() && known->allows;
      if (!provider) provider = given.provider;
    }
    RuleCompiler compiler(given, tcp);
    for (const AuthorizationRule& rule : given.rules) {
      if (auto compiled = compiler.compile(rule)) policy.rules.push_back(std::move(*compiled));
    }
    looks_into_requests_ = looks_into_requests_ || compiler.looksIntoRequests();
    has_allow_ = has_allow_ || (policy.decides && given.action == AuthorizationAction::kAllow);
    policies_.push_back(std::move(policy));
  }
}

bool AuthorizationTable::matches(const Policy& policy, const AuthorizationRequest& request, TokenConditions token) {
  return std::any_of(policy.rules.begin(), policy.rules.end(), [&](const Rule& rule) {
    return anyHolds(rule.from, request, token) && anyHolds(rule.to, request, token) && allHold(rule.when, request, token);
  });
}

AuthorizationDecision AuthorizationTable::decide(const AuthorizationRequest& request) const { return decideFor(request, false); }

bool AuthorizationTable::missesOnlyAToken(const AuthorizationRequest& request) const { return request.token == nullptr && decideFor(request, true).allowed; }

// best_token: what policies ask of a token is taken as it suits the request.
AuthorizationDecision AuthorizationTable::decideFor(const AuthorizationRequest& request, bool best_token) const {
  if (invalid_custom_) return {false, AuthorizationReason::kProviderInvalid, *invalid_custom_};
  const auto first = [&](AuthorizationAction action, bool denying_provider_only) -> const Policy* {
    const TokenConditions token = !best_token                             ? TokenConditions::kAsShown
                                  : action == AuthorizationAction::kAllow ? TokenConditions::kHold
                                                                          : TokenConditions::kFail;
    for (const Policy& policy : policies_) {
      if (!policy.decides || policy.action != action || (denying_provider_only && policy.provider_allows)) continue;
      if (matches(policy, request, token)) return &policy;
    }
    return nullptr;
  };
  if (const Policy* policy = first(AuthorizationAction::kCustom, true)) return {false, AuthorizationReason::kProviderDenied, policy->index};
  if (const Policy* policy = first(AuthorizationAction::kDeny, false)) return {false, AuthorizationReason::kDenied, policy->index};
  if (!has_allow_) return {};
  if (const Policy* policy = first(AuthorizationAction::kAllow, false)) return {true, AuthorizationReason::kAllowed, policy->index};
  return {false, AuthorizationReason::kNothingAllows, 0};
}

std::vector<std::uint32_t> AuthorizationTable::wouldMatch(const AuthorizationRequest& request) const {
  std::vector<std::uint32_t> found;
  for (const Policy& policy : policies_) {
    if (!policy.decides && matches(policy, request, TokenConditions::kAsShown)) found.push_back(policy.index);
  }
  return found;
}

}  // namespace meshmall::models
