#include "models/security/request_authentication.h"

#include <algorithm>

namespace meshmall::models {

AuthenticatedToken authenticated(const Token& token) {
  AuthenticatedToken shown{token.issuer + "/" + token.subject, token.audiences, token.presenter, {}};
  for (const auto& [name, value] : token.claims) {
    // Istio has Envoy take these two for lists: "read write" is both.
    if (name != "scope" && name != "permission") {
      shown.claims.emplace_back(name, value);
      continue;
    }
    for (std::size_t begin = value.find_first_not_of(' '); begin != std::string::npos; begin = value.find_first_not_of(' ', begin)) {
      const std::size_t end = std::min(value.find(' ', begin), value.size());
      shown.claims.emplace_back(name, value.substr(begin, end - begin));
      begin = end;
    }
  }
  return shown;
}

TokenCheck::TokenCheck(const std::vector<RequestAuthentication>& policies, const SecuredWorkload& workload, const std::string& root_namespace) {
  for (const RequestAuthentication& policy : policies) {
    if (appliesTo(policy.scope, workload, root_namespace)) rules_.insert(rules_.end(), policy.jwt_rules.begin(), policy.jwt_rules.end());
  }
}

TokenVerdict TokenCheck::check(const Token* token) const {
  if (token == nullptr) return TokenVerdict::kNoToken;
  if (rules_.empty()) return TokenVerdict::kIgnored;
  bool issuer_known = false;
  for (const JwtRule& rule : rules_) {
    if (rule.issuer != token->issuer) continue;
    issuer_known = true;
    if (token->state == TokenState::kInvalid) return TokenVerdict::kBadSignature;
    if (token->state == TokenState::kExpired) return TokenVerdict::kExpired;
    const auto accepted = [&](const std::string& audience) {
      return std::find(rule.audiences.begin(), rule.audiences.end(), audience) != rule.audiences.end();
    };
    if (rule.audiences.empty() || std::any_of(token->audiences.begin(), token->audiences.end(), accepted)) return TokenVerdict::kGood;
  }
  return issuer_known ? TokenVerdict::kWrongAudience : TokenVerdict::kUnknownIssuer;
}

}  // namespace meshmall::models
