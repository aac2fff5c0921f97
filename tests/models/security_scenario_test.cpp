// Security in scenarios: what the decoder reads, what it refuses, and what `check` says of callers that would be turned away.
#include <set>

#include "models/scenario/decode_scenario.h"
#include "models/topology/policy_advice.h"

namespace meshmall::models {
namespace {

std::string scenario(const std::string& mesh, const std::string& traffic = R"("to":"a/GET /x")", const std::string& more = "", const std::string& services = "") {
  return R"({"meshmall":1,"services":{"a":{"operations":{"GET /x":{"steps":[{"call":"b/GET /y"}]}}},"b":{"operations":{"GET /y":{}}})" + services + R"(},"traffic":[{)" + traffic + "}],\"mesh\":" + mesh +
         (more.empty() ? "" : "," + more) + "}";
}

Scenario decoded(const std::string& text) {
  DecodeResult result = decodeScenario(text, "s.json", "");
  for (const Problem& problem : result.problems) ADD_FAILURE() << textOf(problem);
  return result.scenario.value_or(Scenario());
}

std::string firstError(const std::string& text) {
  for (const Problem& problem : decodeScenario(text, "s.json", "").problems)
    if (problem.severity == Problem::Severity::error) return problem.pointer + ": " + problem.message;
  return "";
}

TEST(SecurityScenario, PoliciesCertificatesTokensAndTlsAreReadAsIstioNamesThem) {
  const Scenario s = decoded(scenario(R"({"defaults":{"trafficPolicy":{"tls":{"mode":"ISTIO_MUTUAL"}}},
    "peerAuthentications":{"p":{"namespace":"shop","selector":{"matchLabels":{"app":"a"}},"mtls":{"mode":"STRICT"},"portLevelMtls":{"8080":{"mode":"DISABLE"}}}},
    "authorizationPolicies":{"z":{"action":"CUSTOM","provider":{"name":"opa","allows":false},"rules":[{}]},"d":{"action":"DENY","rules":[{"from":[{"source":{"principals":["x"],"notNamespaces":["n"]}}],
      "to":[{"operation":{"methods":["GET"],"paths":["/a/{*}"]}}],"when":[{"key":"request.headers[x]","values":["1"]}]}]}},
    "requestAuthentications":{"r":{"jwtRules":[{"issuer":"i","audiences":["u"]}]}},"certificates":{"lifetime":"1h","graceRatio":0.25,"trustDomain":"td","rootNamespace":"root"}})",
                                      R"("to":"a/GET /x","token":{"issuer":"i","subject":"s","audiences":["u"],"claims":{"azp":"p","g":["1","2"],"n":{"m":"3"}},"state":"expired"})",
                                      R"("events":[{"at":"1s","stopRenewal":{"service":"b"},"for":"2s"}])"));
  const MeshSecurity& security = s.mesh_versions[0].security;
  EXPECT_EQ(s.mesh_versions[0].defaults.tls, TlsMode::kIstioMutual);
  ASSERT_EQ(security.peer_authentications.size(), 1u);
  EXPECT_EQ(security.peer_authentications[0].mode, MutualTlsMode::kStrict);
  EXPECT_EQ(security.peer_authentications[0].scope.ns, "shop");
  EXPECT_EQ(security.peer_authentications[0].port_modes.at(8080), MutualTlsMode::kDisable);
  ASSERT_EQ(security.authorization_policies.size(), 2u);
  EXPECT_EQ(security.authorization_policies[0].name, "d");  // byte order
  EXPECT_EQ(security.authorization_policies[0].action, AuthorizationAction::kDeny);
  EXPECT_EQ(security.authorization_policies[0].scope.ns, "default");
  EXPECT_EQ(security.authorization_policies[0].rules[0].from[0].not_namespaces, std::vector<std::string>{"n"});
  EXPECT_EQ(security.authorization_policies[0].rules[0].when[0].key, "request.headers[x]");
  ASSERT_EQ(security.providers.size(), 1u);
  EXPECT_FALSE(security.providers[0].allows);
  EXPECT_EQ(security.request_authentications[0].jwt_rules[0].issuer, "i");
  EXPECT_EQ(security.certificates.lifetime, engine::seconds(3600));
  EXPECT_EQ(security.certificates.jitter, 0);
  EXPECT_EQ(security.trust_domain, "td");
  EXPECT_EQ(security.root_namespace, "root");
  const Token& token = *s.traffic[0].token;
  EXPECT_EQ(token.presenter, "p");
  EXPECT_EQ(token.state, TokenState::kExpired);
  const std::vector<std::pair<std::string, std::string>> claims = {{"azp", "p"}, {"g", "1"}, {"g", "2"}, {"n.m", "3"}};
  EXPECT_EQ(token.claims, claims);
  EXPECT_EQ(std::get<StopRenewal>(s.events[0].what).service, 1u);
}

TEST(SecurityScenario, APresetOfCostsCountsWhereNoNumberIsGiven) {
  const Scenario s = decoded(scenario("{}", R"("to":"a/GET /x")", R"("sidecar":{"preset":"ambient","inbound":"1ms"})"));
  EXPECT_EQ(s.sidecar.inbound.mean(), 1e-3);
  EXPECT_NEAR(s.sidecar.outbound.mean(), 30.24e-6, 1e-8);
}

TEST(SecurityScenario, APolicyIsAsOldAsTheFirstVersionOfTheMeshThatHasIt) {
  const Scenario s = decoded(scenario(R"({"peerAuthentications":{"m":{"mtls":{"mode":"STRICT"}}}})", R"("to":"a/GET /x")",
                                      R"("events":[{"at":"1s","patch":{"mesh":{"peerAuthentications":{"a":{"mtls":{"mode":"DISABLE"}}}}}},{"at":"2s","patch":{"mesh":{"peerAuthentications":{"m":null}}}}])"));
  ASSERT_EQ(s.mesh_versions.size(), 3u);
  EXPECT_EQ(s.mesh_versions[1].security.peer_authentications[0].created, 1);  // a
  EXPECT_EQ(s.mesh_versions[1].security.peer_authentications[1].created, 0);  // m
  EXPECT_EQ(s.mesh_versions[2].security.peer_authentications[0].created, 1);
}

TEST(SecurityScenario, WhatCannotBeMeantIsRefusedWithItsPlace) {
  const auto policy = [](const std::string& body) { return scenario(R"({"authorizationPolicies":{"p":{)" + body + "}}}"); };
  const auto error = [](const std::string& text, const std::string& part) { EXPECT_NE(firstError(text).find(part), std::string::npos) << firstError(text) << "\nfor " << text; };
  error(policy(R"("rules":[{"from":[{"source":{"ipBlocks":["10.0.0.0/8"]}}]}])"), "/mesh/authorizationPolicies/p/rules/0/from/0/source/ipBlocks");
  error(policy(R"("rules":[{"when":[{"key":"connection.sni","values":["x"]}]}])"), "no condition that can be known here");
  error(policy(R"("rules":[{"when":[{"key":"source.ip","values":["x"]}]}])"), "no condition that can be known here");
  error(policy(R"("rules":[{"when":[{"key":"","values":["x"]}]}])"), "no condition that can be known here");
  error(policy(R"("rules":[{"when":[{"key":"source.namespace"}]}])"), "needs \"values\" or \"notValues\"");
  error(policy(R"("rules":[{"to":[{"operation":{"paths":["/a/{x}"]}}]}])"), "only the placeholders");
  error(policy(R"("rules":[{"to":[{"operation":{"ports":["http"]}}]}])"), "must be a port");
  error(policy(R"("rules":[{"to":[{"operation":{}}]}])"), "at least one field");
  error(policy(R"("rules":[{"from":[{}]}])"), "source");
  error(policy(R"("rules":[{"from":[{"source":{"serviceAccounts":["a"],"namespaces":["b"]}}]}])"), "do not go together");
  error(policy(R"("action":"CUSTOM","rules":[{}])"), "needs \"provider\"");
  error(policy(R"("provider":{"name":"x"},"rules":[{}])"), "belongs to policies of action CUSTOM");
  error(policy(R"("action":"allow")"), "ALLOW");
  error(scenario(R"({"peerAuthentications":{"p":{"portLevelMtls":{"80":{"mode":"STRICT"}}}}})"), "needs a \"selector\"");
  error(scenario(R"({"requestAuthentications":{"p":{"jwtRules":[{}]}}})"), "issuer");
  error(scenario(R"({"requestAuthentications":{"p":{"jwtRules":[{"issuer":"x","fromHeaders":[]}]}}})"), "not supported");
  error(scenario(R"({"certificates":{"graceRatio":1}})"), "renewed without end");
  error(scenario(R"({"certificates":{"graceRatio":0.6,"jitter":0.4}})"), "renewed without end");
  error(scenario(R"({"certificates":{"trustDomain":"a/b"}})"), "\"/\"");
  error(scenario(R"({"defaults":{"trafficPolicy":{"tls":{"mode":"MUTUAL","subjectAltNames":["x"]}}}})"), "not supported");
  error(scenario("{}", R"("to":"a/GET /x","token":{"subject":"s"})"), "issuer");
  error(scenario("{}", R"("to":"a/GET /x","token":{"issuer":"s","claims":{"age":5}})"), "claims/age");
  error(scenario("{}", R"("to":"a/GET /x")", R"("sidecar":{"preset":"waypoint"})"), "ambient");
  error(scenario("{}", R"("to":"a/GET /x")", R"("events":[{"at":"1s","stopRenewal":{"service":"c"}}])"), "no service");
}

std::set<std::string> codesOf(const std::string& text) {
  const DecodeResult result = decodeScenario(text, "s.json", "");
  for (const Problem& problem : result.problems)
    if (problem.severity == Problem::Severity::error) ADD_FAILURE() << textOf(problem);
  if (!result.scenario) return {};
  const CallGraph graph = callGraph(*result.scenario);
  const Prediction prediction = predict(*result.scenario, graph);
  const std::string file = "s.json";
  std::vector<Problem> found;
  adviseOnSecurity({*result.scenario, graph, prediction, file}, found);
  std::set<std::string> codes;
  for (const Problem& problem : found) {
    EXPECT_FALSE(problem.hint.empty()) << problem.code;
    codes.insert(problem.code);
  }
  return codes;
}

TEST(SecurityScenario, CheckSaysWhoWouldBeTurnedAwayAndWhichPoliciesCannotAct) {
  using Codes = std::set<std::string>;
  const std::string strict = R"({"peerAuthentications":{"all":{"namespace":"istio-system","mtls":{"mode":"STRICT"}}}})";
  EXPECT_EQ(codesOf(scenario(strict)), Codes{});
  EXPECT_EQ(codesOf(scenario(strict, R"("to":"a/GET /x","via":"direct")")), Codes{"plaintext-refused"});
  EXPECT_EQ(codesOf(scenario(strict, R"("to":"c/z")", "", R"(,"c":{"sidecar":false,"operations":{"z":{"steps":[{"call":"b/GET /y"}]}}})")), Codes{"plaintext-refused"});
  EXPECT_EQ(codesOf(scenario(R"({"defaults":{"trafficPolicy":{"tls":{"mode":"SIMPLE"}}}})")), Codes{"tls-not-spoken"});
  const auto policy = [](const std::string& body) { return scenario(R"({"authorizationPolicies":{"p":{)" + body + "}}}"); };
  EXPECT_EQ(codesOf(policy(R"("selector":{"matchLabels":{"app":"b"}},"rules":[{"from":[{"source":{"principals":["*/sa/a"]}}]}])")), Codes{});
  EXPECT_EQ(codesOf(policy(R"("selector":{"matchLabels":{"app":"b"}},"rules":[{"from":[{"source":{"principals":["*/sa/c"]}}]}])")), Codes{"caller-not-allowed"});
  EXPECT_EQ(codesOf(policy(R"("action":"DENY","selector":{"matchLabels":{"app":"b"}},"rules":[{"from":[{"source":{"notPrincipals":["*/sa/c"]}}]}])")), Codes{"caller-denied"});
  EXPECT_EQ(codesOf(policy(R"("action":"CUSTOM","selector":{"matchLabels":{"app":"b"}},"provider":{"name":"x"},"rules":[{}])")), Codes{"provider-unknown"});
  EXPECT_EQ(codesOf(policy(R"("action":"DENY","rules":[])")), Codes{"policy-without-rules"});
  EXPECT_EQ(codesOf(policy(R"("action":"DENY","namespace":"elsewhere","rules":[{}])")), Codes{"policy-for-nobody"});
  EXPECT_EQ(codesOf(policy(R"("selector":{"matchLabels":{"app":"b"}},"rules":[{"from":[{"source":{"requestPrincipals":["*"]}}]}])")), Codes{"token-not-checked"});
  EXPECT_EQ(codesOf(policy(R"("namespace":"istio-system","rules":[{"from":[{"source":{"principals":["*"]}}]}])")), Codes{"gateway-refuses"});
  EXPECT_EQ(codesOf(scenario(R"({"peerAuthentications":{"p":{"namespace":"istio-system","selector":{"matchLabels":{"app":"a"}},"mtls":{"mode":"STRICT"}}}})")), Codes{"selector-in-root"});
  const std::string stop = R"("events":[{"at":"10s","stopRenewal":{}}])";
  EXPECT_EQ(codesOf(scenario("{}", R"("to":"a/GET /x")", stop)), Codes{"renewal-unfelt"});
  EXPECT_EQ(codesOf(scenario(R"({"certificates":{"lifetime":"20s"}})", R"("to":"a/GET /x")", stop)), Codes{});
}

}  // namespace
}  // namespace meshmall::models
