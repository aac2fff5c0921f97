// Who may ask for what: policies in their order, their edge cases, tokens; and random policies against an evaluation written straight from the rules.
#include "models/security/authorization.h"

#include <random>

#include "models/security/request_authentication.h"

namespace meshmall::models {
namespace {

const SecuredWorkload kTill{"shop", {{"app", "till"}}};

AuthorizationPolicy policy(AuthorizationAction action, std::vector<AuthorizationRule> rules) {
  AuthorizationPolicy out;
  out.scope.ns = "shop";
  out.action = action;
  out.rules = std::move(rules);
  return out;
}

AuthorizationRule fromPrincipals(std::vector<std::string> principals) {
  AuthorizationRule rule;
  rule.from.resize(1);
  rule.from[0].principals = std::move(principals);
  return rule;
}

AuthorizationRule toMethods(std::vector<std::string> methods) {
  AuthorizationRule rule;
  rule.to.resize(1);
  rule.to[0].methods = std::move(methods);
  return rule;
}

AuthorizationRequest fromAnn(std::string_view method = "GET", std::string_view path = "/info") {
  AuthorizationRequest request;
  request.principal = "cluster.local/ns/shop/sa/ann";
  request.ns = "shop";
  request.service_account = "shop/ann";
  request.method = method;
  request.path = path;
  request.port = 8080;
  return request;
}

bool allowed(const std::vector<AuthorizationPolicy>& policies, const AuthorizationRequest& request, bool tcp = false) {
  return AuthorizationTable(policies, kTill, {}, tcp).decide(request).allowed;
}

using enum AuthorizationAction;

TEST(Authorization, AsksCustomThenDenyThenAllow) {
  AuthorizationContext context;
  context.providers = {{"guard", false}};
  AuthorizationPolicy custom = policy(kCustom, {toMethods({"PUT"})});
  custom.provider = "guard";
  const std::vector<AuthorizationPolicy> policies = {policy(kAllow, {toMethods({"GET", "PUT", "DELETE"})}), policy(kDeny, {toMethods({"DELETE", "PUT"})}),
                                                     custom};
  const AuthorizationTable table(policies, kTill, context);
  const auto decide = [&](std::string_view method) { return table.decide(fromAnn(method)); };
  EXPECT_EQ(decide("PUT").reason, AuthorizationReason::kProviderDenied);
  EXPECT_EQ(decide("PUT").policy, 2u);
  EXPECT_EQ(decide("DELETE").reason, AuthorizationReason::kDenied);
  EXPECT_EQ(decide("GET").reason, AuthorizationReason::kAllowed);
  EXPECT_EQ(decide("POST").reason, AuthorizationReason::kNothingAllows);
  EXPECT_FALSE(table.looksIntoRequests());
}

TEST(Authorization, AllowingProvidersLetTheOtherPoliciesDecide) {
  AuthorizationContext context;
  context.providers = {{"guard", true}};
  AuthorizationPolicy custom = policy(kCustom, {AuthorizationRule{}});
  custom.provider = "guard";
  EXPECT_TRUE(AuthorizationTable({custom}, kTill, context).decide(fromAnn()).allowed);
  EXPECT_FALSE(AuthorizationTable({custom, policy(kAllow, {})}, kTill, context).decide(fromAnn()).allowed);
}

TEST(Authorization, AnUnknownProviderOrSeveralDenyEverything) {
  AuthorizationContext context;
  context.providers = {{"guard", true}, {"other", true}};
  AuthorizationPolicy first = policy(kCustom, {toMethods({"PUT"})}), second = first, unknown = first;
  first.provider = "guard";
  second.provider = "other";
  unknown.provider = "nobody";
  EXPECT_EQ(AuthorizationTable({unknown}, kTill, context).decide(fromAnn()).reason, AuthorizationReason::kProviderInvalid);
  EXPECT_FALSE(AuthorizationTable({first, second}, kTill, context).decide(fromAnn()).allowed);
  context.several_providers = true;
  EXPECT_TRUE(AuthorizationTable({first, second}, kTill, context).decide(fromAnn()).allowed);
}

TEST(Authorization, APolicyWithoutRulesMatchesNothingAndAnEmptyRuleEverything) {
  EXPECT_FALSE(allowed({policy(kAllow, {})}, fromAnn()));                    // nothing is allowed
  EXPECT_TRUE(allowed({policy(kDeny, {})}, fromAnn()));                      // nothing is denied
  EXPECT_TRUE(allowed({policy(kAllow, {AuthorizationRule{}})}, fromAnn()));  // everything is allowed
  EXPECT_FALSE(allowed({policy(kDeny, {AuthorizationRule{}})}, fromAnn()));
}

TEST(Authorization, OverPlaintextNobodyHasAPrincipal) {
  AuthorizationRequest nobody = fromAnn();
  nobody.principal = nobody.ns = nobody.service_account = {};
  EXPECT_TRUE(allowed({policy(kAllow, {fromPrincipals({"*"})})}, fromAnn()));
  EXPECT_FALSE(allowed({policy(kAllow, {fromPrincipals({"*"})})}, nobody));
  AuthorizationRule not_ann;
  not_ann.from.resize(1);
  not_ann.from[0].not_principals = {"*/sa/ann"};
  EXPECT_TRUE(allowed({policy(kDeny, {not_ann})}, fromAnn()));
  EXPECT_FALSE(allowed({policy(kDeny, {not_ann})}, nobody));  // DENY with notPrincipals takes hold
}

// A recorded case told in words: ALLOW with an HTTP-only field on a TCP port.
TEST(Authorization, OnTcpAnAllowRuleWithHttpFieldsIsDropped) {
  AuthorizationRule rule = fromPrincipals({"*"});
  rule.to = toMethods({"GET"}).to;
  EXPECT_FALSE(allowed({policy(kAllow, {rule})}, fromAnn(), true));
  EXPECT_TRUE(allowed({policy(kAllow, {rule, fromPrincipals({"*/sa/ann"})})}, fromAnn(), true));  // the other rule stays
}

// DENY with an HTTP-only field on a TCP port: the field is ignored, what is left of the rule denies more than before.
TEST(Authorization, OnTcpADenyRuleLosesOnlyItsHttpFieldsAndGetsWider) {
  AuthorizationRule rule = fromPrincipals({"*/sa/ann"});
  rule.to = toMethods({"DELETE"}).to;
  EXPECT_TRUE(allowed({policy(kDeny, {rule})}, fromAnn("GET")));
  EXPECT_FALSE(allowed({policy(kDeny, {rule})}, fromAnn("GET"), true));
  AuthorizationRequest bob = fromAnn();
  bob.principal = "cluster.local/ns/shop/sa/bob";
  EXPECT_TRUE(allowed({policy(kDeny, {rule})}, bob, true));
}

TEST(Authorization, ACustomDenialComesBeforeDenyAndAllow) {
  AuthorizationContext context;
  context.providers = {{"guard", false}};
  AuthorizationPolicy custom = policy(kCustom, {AuthorizationRule{}});
  custom.provider = "guard";
  const AuthorizationTable table({policy(kAllow, {AuthorizationRule{}}), policy(kDeny, {AuthorizationRule{}}), custom}, kTill, context);
  EXPECT_EQ(table.decide(fromAnn()).reason, AuthorizationReason::kProviderDenied);
}

TEST(Authorization, AuditAndDryRunsAreToldButNeverDecide) {
  AuthorizationPolicy dry = policy(kDeny, {AuthorizationRule{}}), dry_allow = policy(kAllow, {});
  dry.dry_run = dry_allow.dry_run = true;
  const AuthorizationTable table({policy(kAudit, {AuthorizationRule{}}), dry, dry_allow}, kTill, {});
  EXPECT_EQ(table.decide(fromAnn()).reason, AuthorizationReason::kNoAllowPolicy);
  EXPECT_EQ(table.wouldMatch(fromAnn()), (std::vector<std::uint32_t>{0, 1}));
}

TEST(Authorization, IsForTheMeshFromTheRootNamespaceElseForItsOwnNamespaceAndItsSelector) {
  AuthorizationPolicy deny = policy(kDeny, {AuthorizationRule{}});
  deny.scope = {"other", {}};
  EXPECT_TRUE(allowed({deny}, fromAnn()));
  deny.scope = {"istio-system", {}};
  EXPECT_FALSE(allowed({deny}, fromAnn()));
  deny.scope = {"istio-system", {{"app", "desk"}}};
  EXPECT_TRUE(allowed({deny}, fromAnn()));
  deny.scope = {"shop", {{"app", "till"}}};
  EXPECT_FALSE(allowed({deny}, fromAnn()));
}

TEST(Authorization, HostsAreComparedWithoutRegardToCaseAndPathsWithoutTheirQuery) {
  AuthorizationRule rule;
  rule.to.resize(1);
  rule.to[0].hosts = {"*.Shop.example"};
  rule.to[0].paths = {"/info"};
  AuthorizationRequest request = fromAnn("GET", "/info?x=1");
  request.host = "till.shop.EXAMPLE";
  EXPECT_TRUE(allowed({policy(kAllow, {rule})}, request));
  request.path = "/INFO";
  EXPECT_FALSE(allowed({policy(kAllow, {rule})}, request));
}

TEST(Authorization, ConditionsAskHeadersPortsAndClaims) {
  AuthenticatedToken token{"iss/sub", {"till", "desk"}, "app", {{"groups", "staff"}, {"groups", "night"}, {"realm.role", "boss"}}};
  const std::vector<HeaderField> headers = {{"X-User", "ann"}};
  AuthorizationRequest request = fromAnn();
  request.headers = headers;
  request.token = &token;
  const auto holds = [&](std::string key, std::vector<std::string> values, std::vector<std::string> not_values = {}) {
    AuthorizationRule rule;
    rule.when = {{std::move(key), std::move(values), std::move(not_values)}};
    return allowed({policy(kAllow, {rule})}, request);
  };
  EXPECT_TRUE(holds("request.headers[x-user]", {"an*"}));
  EXPECT_FALSE(holds("request.headers[x-other]", {"*"}));
  EXPECT_TRUE(holds("request.headers[x-other]", {}, {"ann"}));  // absent: none of the values matches
  EXPECT_TRUE(holds("destination.port", {"80", "8080"}));
  EXPECT_FALSE(holds("destination.port", {"80"}));
  EXPECT_TRUE(holds("request.auth.audiences", {"desk"}));
  EXPECT_TRUE(holds("request.auth.claims[groups]", {"night"}));
  EXPECT_FALSE(holds("request.auth.claims[groups]", {"*"}, {"night"}));
  EXPECT_TRUE(holds("request.auth.claims[realm][role]", {"boss"}));
  EXPECT_TRUE(holds("request.auth.presenter", {"app"}));
  EXPECT_TRUE(holds("source.serviceAccount", {"ann"}));  // of the policy's namespace
  EXPECT_FALSE(holds("source.serviceAccount", {"other/ann"}));
  for (const char* known : {"source.principal", "request.headers[a.b]", "request.auth.claims[a][b]"}) EXPECT_TRUE(isConditionKey(known)) << known;
  for (const char* unknown : {"source.ip", "request.headers", "request.headers[]", "request.headers[a][b]", "request.auth.claims[a", ""}) {
    EXPECT_FALSE(isConditionKey(unknown)) << unknown;
  }
}

TEST(ValuePattern, KnowsStarsAtEitherEndAndTemplatesOfPaths) {
  EXPECT_TRUE(parsePattern("*").matches("x"));
  EXPECT_FALSE(parsePattern("*").matches(""));
  EXPECT_TRUE(parsePattern("/a*").matches("/a"));
  EXPECT_FALSE(parsePattern("a*b").matches("axb"));  // a star in the middle is a star
  const auto matches = [](const char* pattern, const char* path) { return parsePathPattern(pattern).matches(path); };
  EXPECT_TRUE(matches("/shop/{*}/item", "/shop/a/item"));
  EXPECT_FALSE(matches("/shop/{*}/item", "/shop/a/b/item"));
  EXPECT_FALSE(matches("/shop/{*}/item", "/shop//item"));
  EXPECT_TRUE(matches("/shop/{*}-{*}", "/shop/a-b-c"));
  EXPECT_TRUE(matches("/shop/{**}", "/shop/a/b"));
  EXPECT_TRUE(matches("/shop/{**}", "/shop/"));
  EXPECT_FALSE(matches("/shop/{**}", "/shop"));
  EXPECT_EQ(pathPatternProblem("/a/{*}/b/{**}"), std::nullopt);
  for (const char* wrong : {"/{x}", "/{**}/a", "/{*}{*}", "/{*}*", "/a}"}) EXPECT_NE(pathPatternProblem(wrong), std::nullopt) << wrong;
}

TEST(Authorization, ATokenIsMissingWhereOnlyConditionsOnTokensFail) {
  const auto misses = [](const std::vector<AuthorizationPolicy>& policies, const AuthorizationRequest& request) {
    return AuthorizationTable(policies, kTill, {}).missesOnlyAToken(request);
  };
  AuthorizationRule members;
  members.from.resize(1);
  members.from[0].request_principals = {"iss/*"};
  AuthorizationRule strangers;
  strangers.from.resize(1);
  strangers.from[0].not_request_principals = {"*"};
  AuthorizationRule staff;
  staff.when = {{"request.auth.claims[groups]", {"staff"}, {}}};
  const AuthorizationRequest request = fromAnn();
  EXPECT_TRUE(misses({policy(kAllow, {members})}, request));
  EXPECT_TRUE(misses({policy(kAllow, {staff})}, request));
  EXPECT_TRUE(misses({policy(kDeny, {strangers})}, request));
  EXPECT_TRUE(misses({policy(kDeny, {strangers}), policy(kAllow, {members})}, request));
  EXPECT_TRUE(misses({policy(kAllow, {toMethods({"POST"}), members})}, request));  // another rule is for others
  AuthorizationRule both = members;
  both.to = toMethods({"POST"}).to;
  EXPECT_FALSE(misses({policy(kAllow, {both})}, request));
  EXPECT_FALSE(misses({policy(kDeny, {strangers}), policy(kDeny, {toMethods({"GET"})})}, request));
  EXPECT_FALSE(misses({policy(kAllow, {fromPrincipals({"nobody"})})}, request));
  AuthenticatedToken token{"other/sub", {}, "", {}};
  AuthorizationRequest with = request;
  with.token = &token;
  EXPECT_FALSE(allowed({policy(kAllow, {members})}, with));
  EXPECT_FALSE(misses({policy(kAllow, {members})}, with));  // it has one
}

TEST(Tokens, ScopeAndPermissionAreListsSeparatedBySpaces) {
  const Token token{"iss", "sub", {}, "", {{"scope", " read  write"}, {"name", "Ann Lee"}, {"permission", "all"}}, TokenState::kValid};
  const std::vector<std::pair<std::string, std::string>> claims = {{"scope", "read"}, {"scope", "write"}, {"name", "Ann Lee"}, {"permission", "all"}};
  EXPECT_EQ(authenticated(token).claims, claims);
}

TEST(Tokens, PassWithoutOneAndAreRefusedWhenBad) {
  std::vector<RequestAuthentication> policies(2);
  policies[0] = {"a", {"shop", {}}, {{"iss", {"till"}}}};
  policies[1] = {"b", {"shop", {{"app", "till"}}}, {{"other", {}}}};
  const TokenCheck check(policies, kTill, "istio-system");
  Token token{"iss", "sub", {"desk", "till"}, "", {}, TokenState::kValid};
  EXPECT_EQ(check.check(nullptr), TokenVerdict::kNoToken);
  EXPECT_EQ(check.check(&token), TokenVerdict::kGood);
  EXPECT_EQ(authenticated(token).principal, "iss/sub");
  token.audiences = {"desk"};
  EXPECT_EQ(check.check(&token), TokenVerdict::kWrongAudience);
  token.issuer = "other";  // united: the other policy's rule takes it, and asks no audience
  EXPECT_EQ(check.check(&token), TokenVerdict::kGood);
  token.state = TokenState::kExpired;
  EXPECT_EQ(check.check(&token), TokenVerdict::kExpired);
  token.issuer = "nobody";
  EXPECT_EQ(check.check(&token), TokenVerdict::kUnknownIssuer);
  EXPECT_EQ(TokenCheck(policies, {"elsewhere", {}}, "istio-system").check(&token), TokenVerdict::kIgnored);
  EXPECT_FALSE(passes(TokenVerdict::kExpired));
}

// Random policies over small alphabets, against an evaluation that reads the policies afresh for each request.
class Independent {
 public:
  static bool allows(const std::vector<AuthorizationPolicy>& policies, const AuthorizationRequest& request) {
    bool any_allow = false, allow = false;
    for (const AuthorizationPolicy& p : policies) {
      if (p.action == kDeny && any(p, request)) return false;
      if (p.action != kAllow) continue;
      any_allow = true;
      allow = allow || any(p, request);
    }
    return !any_allow || allow;
  }

 private:
  static bool fits(const std::string& pattern, std::string_view value) {
    if (value.empty()) return false;
    if (pattern == "*") return true;
    const std::string text(value);
    if (pattern.back() == '*') return text.rfind(pattern.substr(0, pattern.size() - 1), 0) == 0;
    if (pattern.front() == '*')
      return text.size() + 1 >= pattern.size() && text.compare(text.size() - (pattern.size() - 1), std::string::npos, pattern, 1) == 0;
    return pattern == text;
  }
  static bool field(const std::vector<std::string>& yes, const std::vector<std::string>& no, std::string_view value) {
    bool found = yes.empty();
    for (const std::string& pattern : yes) found = found || fits(pattern, value);
    for (const std::string& pattern : no) found = found && !fits(pattern, value);
    return found;
  }
  static bool any(const AuthorizationPolicy& p, const AuthorizationRequest& r) {
    for (const AuthorizationRule& rule : p.rules) {
      bool from = rule.from.empty(), to = rule.to.empty();
      for (const auto& s : rule.from) from = from || (field(s.principals, s.not_principals, r.principal) && field(s.namespaces, s.not_namespaces, r.ns));
      for (const auto& o : rule.to) to = to || (field(o.methods, o.not_methods, r.method) && field(o.paths, o.not_paths, r.path));
      if (from && to) return true;
    }
    return false;
  }
};

TEST(Authorization, AgreesWithAnIndependentEvaluationOfRandomPolicies) {
  std::mt19937 random(20);
  const auto below = [&](unsigned n) { return static_cast<std::size_t>(random() % n); };
  const auto some = [&](const std::vector<std::string>& from) {
    std::vector<std::string> out;
    for (std::size_t n = below(4) == 0 ? 1 + below(2) : 0; n > 0; --n) out.push_back(from[below(static_cast<unsigned>(from.size()))]);
    return out;
  };
  const std::vector<std::string> principals = {"td/ns/a/sa/x", "td/ns/b/sa/y", "*", "td/ns/a*", "*/sa/y"}, spaces = {"a", "b", "*", "a*"},
                                 methods = {"GET", "POST", "*", "P*"}, paths = {"/a", "/b/c", "*", "/b*", "*/c", "/a*"};
  int denied = 0, passed = 0;
  for (int round = 0; round < 2000; ++round) {
    std::vector<AuthorizationPolicy> policies(below(4));
    for (AuthorizationPolicy& p : policies) {
      p = policy(below(2) == 0 ? kAllow : kDeny, std::vector<AuthorizationRule>(below(3)));
      for (AuthorizationRule& rule : p.rules) {
        rule.from.resize(below(3));
        for (auto& s : rule.from) s = {some(principals), some(principals), {}, {}, some(spaces), some(spaces), {}, {}};
        rule.to.resize(below(3));
        for (auto& o : rule.to) o = {{}, {}, {}, {}, some(methods), some(methods), some(paths), some(paths)};
      }
    }
    const AuthorizationTable table(policies, kTill, {});
    for (int i = 0; i < 10; ++i) {
      AuthorizationRequest request;
      const std::size_t who = below(3);  // the third is nobody
      if (who < 2) request.principal = principals[who];
      if (who < 2) request.ns = spaces[who];
      request.method = methods[below(2)];
      request.path = paths[below(2)];
      const bool expected = Independent::allows(policies, request);
      ASSERT_EQ(table.decide(request).allowed, expected) << "round " << round;
      ++(expected ? passed : denied);
    }
  }
  EXPECT_GT(denied, 2000);
  EXPECT_GT(passed, 2000);
}

}  // namespace
}  // namespace meshmall::models
