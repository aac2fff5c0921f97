#include "models/security/request_authentication.h"

#include <algorithm>

namespace meshmall::models {

AuthenticatedToken authenticated(const Token& token) { return {token.issuer + "/" + token.subject, token.audiences, token.presenter, token.claims}; }

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
