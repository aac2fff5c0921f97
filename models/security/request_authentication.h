// RequestAuthentication: what becomes of a request's token (JWT) at a workload's proxy.
//
// No token: the request passes without an identity. A good one: it gets the principal "issuer/subject". A bad one (signature, expiry, issuer that no rule
// names, audience): 401. Policies that apply are united; the token's issuer selects the rules. Without any policy a token is not looked at.
// To demand a token, allow only request principals "*" (authorization.h); one that is missing is then answered 403.
// Source: Istio security/proto RequestAuthentication, Envoy jwt_authn; spec rollout-traffic-security.md section 6.3.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/security/policy_scope.h"

namespace meshmall::models {

enum class TokenState : std::uint8_t { kValid, kExpired, kInvalid };  // invalid: its signature does not fit

struct Token {
  std::string issuer, subject;
  std::vector<std::string> audiences;
  std::string presenter;                                    // the claim "azp"
  std::vector<std::pair<std::string, std::string>> claims;  // nested ones as "a.b"; a list is several entries of one name
  TokenState state = TokenState::kValid;
};

struct JwtRule {
  std::string issuer;
  std::vector<std::string> audiences;  // the token must carry one of them; empty: any
};

struct RequestAuthentication {
  std::string name;
  PolicyScope scope;
  std::vector<JwtRule> jwt_rules;
};

// What a request may show of its token once it was found good.
struct AuthenticatedToken {
  std::string principal;  // "issuer/subject"
  std::vector<std::string> audiences;
  std::string presenter;
  std::vector<std::pair<std::string, std::string>> claims;
};
AuthenticatedToken authenticated(const Token& token);

enum class TokenVerdict : std::uint8_t { kNoToken, kIgnored, kGood, kBadSignature, kExpired, kUnknownIssuer, kWrongAudience };

// True: the request goes on (with an identity when kGood); false: it is answered 401.
constexpr bool passes(TokenVerdict verdict) { return verdict == TokenVerdict::kNoToken || verdict == TokenVerdict::kIgnored || verdict == TokenVerdict::kGood; }

// The rules of one workload.
class TokenCheck {
 public:
  TokenCheck() = default;  // no policy: tokens are ignored
  TokenCheck(const std::vector<RequestAuthentication>& policies, const SecuredWorkload& workload, const std::string& root_namespace);

  // `token`: nothing (a null pointer) when the request carries none. O(rules). Makes no draw.
  TokenVerdict check(const Token* token) const;
  bool empty() const { return rules_.empty(); }

 private:
  std::vector<JwtRule> rules_;
};

}  // namespace meshmall::models
