// Whether a request may pass a workload's proxy: its CUSTOM, then DENY, then ALLOW policies, compiled once and asked for each request.
//
// 1 CUSTOM matches and its provider denies: denied. 2 DENY matches: denied. 3 no ALLOW policy applies: allowed. 4 an ALLOW policy matches: allowed. 5 denied.
// AUDIT and dry-run policies never decide. Denied HTTP is answered 403, a TCP connection is closed. Limiting cases: an empty rule matches everything, a policy
// without rules nothing; over plaintext there is no principal, so ALLOW on principals denies and DENY on notPrincipals takes hold.
// On TCP a rule with HTTP fields is dropped from ALLOW, but in DENY only the field is, which makes DENY wider.
// Source: Istio pilot/pkg/security/authz, Envoy rbac; spec rollout-traffic-security.md section 6.2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/routing/string_match.h"
#include "models/security/authorization_policy.h"
#include "models/security/request_authentication.h"
#include "models/security/value_pattern.h"

namespace meshmall::models {

struct AuthorizationRequest {
  std::string_view principal;                 // of the peer's certificate; empty over plaintext
  std::string_view ns;                        // namespace of that principal; empty over plaintext
  std::string_view service_account;           // "namespace/account"; empty over plaintext
  const AuthenticatedToken* token = nullptr;  // of a request whose token was found good
  std::string_view host, method, path;        // HTTP; the path may carry a query
  HeaderView headers;                         // HTTP
  std::uint32_t port = 0;                     // of the workload
};

enum class AuthorizationReason : std::uint8_t {
  kNoAllowPolicy,    // allowed: nothing says who may
  kAllowed,          // allowed by the policy named
  kNothingAllows,    // denied: ALLOW policies apply and none matches
  kDenied,           // denied by the policy named
  kProviderDenied,   // denied by the provider of the policy named
  kProviderInvalid,  // denied: a CUSTOM policy's provider is not known, or there are several
};

struct AuthorizationDecision {
  bool allowed = true;
  AuthorizationReason reason = AuthorizationReason::kNoAllowPolicy;
  std::uint32_t policy = 0;  // index into the list given to the table, where the reason names a policy
};

struct AuthorizationContext {
  std::vector<AuthorizationProvider> providers;
  bool several_providers = false;  // Istio's feature flag: a workload may have more than one CUSTOM provider
  std::string root_namespace = "istio-system";
};

class AuthorizationTable {
 public:
  AuthorizationTable() = default;  // no policy: everything passes
  // The policies that apply to the workload. `tcp`: of its ports that do not speak HTTP.
  AuthorizationTable(const std::vector<AuthorizationPolicy>& policies, const SecuredWorkload& workload, const AuthorizationContext& context, bool tcp = false);

  // O(rules). Makes no draw.
  AuthorizationDecision decide(const AuthorizationRequest& request) const;
  // Of a request without a token that is denied: some token would have let it in, for all else that the policies ask holds.
  bool missesOnlyAToken(const AuthorizationRequest& request) const;
  // Policies (indexes) that match but never decide: AUDIT and dry runs, for reports.
  std::vector<std::uint32_t> wouldMatch(const AuthorizationRequest& request) const;

  bool empty() const { return policies_.empty(); }
  // True when a decision may depend on the request's headers or token, not only on its peer and operation: else it can be kept.
  bool looksIntoRequests() const { return looks_into_requests_; }

  // What a condition asks about; public for the compiling functions only.
  enum class Subject : std::uint8_t {
    kPrincipal,
    kNamespace,
    kServiceAccount,
    kRequestPrincipal,
    kAudience,
    kPresenter,
    kClaim,
    kHeader,
    kHost,
    kPort,
    kMethod,
    kPath
  };
  struct Field {
    Subject subject = Subject::kPrincipal;
    std::string name;  // of a header or claim ("a" or "a.b" for nested ones)
    std::vector<ValuePattern> values, not_values;
  };
  using Fields = std::vector<Field>;  // all hold together
  // Conditions on a token: as the request's own says; or taken to hold, or to fail.
  enum class TokenConditions : std::uint8_t { kAsShown, kHold, kFail };
  struct Rule {
    std::vector<Fields> from, to;  // alternatives; none: no condition
    Fields when;
  };

 private:
  struct Policy {
    std::uint32_t index = 0;
    AuthorizationAction action = AuthorizationAction::kAllow;
    bool decides = true;
    bool provider_allows = true;
    std::vector<Rule> rules;
  };

  static bool matches(const Policy& policy, const AuthorizationRequest& request, TokenConditions token);
  AuthorizationDecision decideFor(const AuthorizationRequest& request, bool best_token) const;

  std::vector<Policy> policies_;                 // in the order given
  std::optional<std::uint32_t> invalid_custom_;  // the CUSTOM policy that makes everything denied
  bool has_allow_ = false;
  bool looks_into_requests_ = false;
};

}  // namespace meshmall::models
