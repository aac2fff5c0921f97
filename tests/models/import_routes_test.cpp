// Rules of several objects at one entrance: hosts tell them apart; Gateway API's order, ages and times as Istio translates them; who comes by a rule.
#include "tests/models/import_fixture.h"

namespace meshmall::models {
namespace {

std::string atGateway(const std::string& name, const std::string& hosts, const std::string& rule, const std::string& gateways = "[gw]") {
  return "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: " + name + "}\nspec:\n  hosts: " + hosts + "\n  gateways: " + gateways + "\n  http:\n  - " + rule + "\n";
}
std::string httpRoute(const std::string& metadata, const std::string& spec) {
  return "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {" + metadata + "}\nspec:\n  parentRefs: [{name: gw}]\n" + spec;
}
const std::string kAbort = "{fault: {abort: {percentage: {value: 100}, httpStatus: 503}}, route: [{destination: {host: web}}]}";
const std::string kPlain = "{route: [{destination: {host: web}}]}";

TEST(ImportRoutes, TwoHostsOfOneServiceKeepTheirOwnRulesAndCustomers) {
  const ImportResult result = importIstio(manifests({workloads("web") + atGateway("va", "[a.example]", kAbort) + atGateway("vb", "[b.example]", kPlain)}));
  const ImportedJson scenario = importedJson(result);
  EXPECT_EQ(scenario["mesh"]["virtualServices"]["web"]["http"][1]["match"], ImportedJson::parse(R"([{"headers": {"host": {"exact": "b.example"}}, "gateways": ["gw"]}])"));
  ASSERT_EQ(scenario["traffic"].size(), 2u);
  const Result run = runImported(result.scenario, {setting("/run/duration", "5s")});
  EXPECT_EQ(valueOf(run, "requests.ok", ScopeKind::traffic, "customers of web host=a.example"), 0);
  EXPECT_GT(valueOf(run, "requests.ok", ScopeKind::traffic, "customers of web host=b.example"), 150);
  EXPECT_EQ(valueOf(run, "requests.failed", ScopeKind::traffic, "customers of web host=b.example"), 0);
}

TEST(ImportRoutes, RulesByHostSurviveExportAndImport) {
  const std::string web = workloads("web", {"v1", "v2"});
  const ImportedJson before = importedJson(importIstio(manifests({web + atGateway("va", "[a.example]", kAbort) + atGateway("vb", "['*.example']", kPlain, "[gw, mesh]")})));
  const ImportedJson after = importedJson(importIstio(manifests({web, istioYaml(before.dump()).text})));
  EXPECT_EQ(after["mesh"], before["mesh"]);
}

TEST(ImportRoutes, TheMostSpecificHostIsAskedFirstAndAnswersWhatNoneOfItsRulesTakes) {
  const ImportResult result = importIstio(manifests({workloads("web") + atGateway("any", "['*']", kPlain) + atGateway("wild", "['*.shop.example']", kPlain) +
                                                     atGateway("one", "[a.shop.example]", "{match: [{uri: {prefix: /cart}}], route: [{destination: {host: web}}]}")}));
  const ImportedJson rules = importedJson(result)["mesh"]["virtualServices"]["web"]["http"];
  ASSERT_EQ(rules.size(), 4u);
  EXPECT_EQ(rules[0]["match"][0]["headers"]["host"]["exact"], "a.shop.example");
  EXPECT_EQ(rules[1]["directResponse"]["status"], 404) << "Envoy does not go on to another host's rules";
  EXPECT_EQ(rules[2]["match"][0]["headers"]["host"]["regex"], R"(.+\.shop\.example)");
  EXPECT_FALSE(rules[3]["match"][0].contains("headers"));
}

TEST(ImportRoutes, ARuleBehindAnotherForAllRequestsIsTold) {
  const ImportResult same = importIstio(manifests({workloads("web") + atGateway("va", "[a.example]", kAbort) + atGateway("vb", "[a.example]", kPlain)}));
  EXPECT_TRUE(tells(same.notes.not_modelled, {"VirtualService vb", "never acts", "VirtualService va", "same hosts"}));
  EXPECT_EQ(importedJson(same)["traffic"].size(), 1u);
}

TEST(ImportRoutes, AStarMeansTheHostsOfItsGateway) {
  const auto gateway = [](const std::string& name, const std::string& host) {
    return "---\napiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: " + name + "}\nspec: {servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['" + host + "']}]}\n";
  };
  const ImportedJson scenario = importedJson(importIstio(manifests(
      {workloads("web") + gateway("one", "a.example") + gateway("two", "prod/b.example") + atGateway("va", "['*']", kAbort, "[one]") + atGateway("vb", "['*']", kPlain, "[two]")})));
  EXPECT_EQ(scenario["mesh"]["virtualServices"]["web"]["http"][0]["match"][0]["headers"]["host"]["exact"], "a.example");
  EXPECT_EQ(scenario["mesh"]["virtualServices"]["web"]["http"][1]["match"][0]["headers"]["host"]["exact"], "b.example");
}

TEST(ImportRoutes, LoadWithoutAHostMeetsTheFirstHostsRulesAndThatIsSaid) {
  const ImportResult result = importIstio(manifests({workloads("web") + atGateway("va", "[a.example]", kAbort) + atGateway("vb", "[b.example]", kPlain)}, "",
                                                    R"([{"name": "all", "to": "web", "via": "gateway", "arrivals": {"poisson": {"rate": "9/s"}}}])"));
  EXPECT_EQ(importedJson(result)["traffic"][0]["headers"]["host"], "a.example");
  EXPECT_TRUE(tells(result.notes.guessed, {"customers all ask for the host a.example"}));
}

TEST(ImportRoutes, ARegularExpressionIsAskedAfterPrefixesAsIstioTranslatesIt) {
  const ImportedJson rules = importedJson(importIstio(manifests({workloads("web") + httpRoute("name: r",
                                                                                             "  rules:\n"
                                                                                             "  - {matches: [{path: {type: RegularExpression, value: '/[a-z]+.*'}}], backendRefs: [{name: web, port: 80}]}\n"
                                                                                             "  - {matches: [{path: {type: PathPrefix, value: /shop}}], backendRefs: [{name: web, port: 80}]}\n"
                                                                                             "  - {matches: [{path: {type: Exact, value: /a}}], backendRefs: [{name: web, port: 80}]}\n")})))
      ["mesh"]["virtualServices"]["web"]["http"];
  EXPECT_EQ(rules[0]["match"][0]["uri"]["exact"], "/a");
  EXPECT_EQ(rules[1]["match"][1]["uri"]["prefix"], "/shop/");
  EXPECT_EQ(rules[2]["match"][0]["uri"]["regex"], "/[a-z]+.*");
}

TEST(ImportRoutes, WithoutRetryTheTimeoutIsThatOfTheBackendAndWithOneItBoundsEachTry) {
  const auto rule = [](const std::string& more) {
    return importedJson(importIstio(manifests({workloads("web") + httpRoute("name: r", "  rules:\n  - {backendRefs: [{name: web, port: 80}], timeouts: {request: 10s, backendRequest: 2s}" + more + "}\n")})))["mesh"]["virtualServices"]
                       ["web"]["http"][0];
  };
  EXPECT_EQ(rule("")["timeout"], "2s");
  EXPECT_EQ(rule(", retry: {codes: [503]}")["timeout"], "10s");
  EXPECT_EQ(rule(", retry: {codes: [503]}")["retries"]["perTryTimeout"], "2s");
  EXPECT_EQ(rule(", retry: {codes: [503]}")["retries"]["attempts"], 2) << "Istio's default";
}

TEST(ImportRoutes, OfTwoEqualRoutesTheOlderCountsThenTheFirstByName) {
  const std::string rules = "  rules:\n  - {backendRefs: [{name: web, port: 80}], timeouts: {request: ";
  const ImportResult aged = importIstio(manifests({workloads("web") + httpRoute("name: ra, creationTimestamp: '2024-05-01T00:00:00Z'", rules + "1s}}\n") +
                                                   httpRoute("name: rb, creationTimestamp: '2023-05-01T00:00:00Z'", rules + "9s}}\n")}));
  EXPECT_EQ(importedJson(aged)["mesh"]["virtualServices"]["web"]["http"][0]["timeout"], "9s");
  EXPECT_TRUE(tells(aged.notes.not_modelled, {"HTTPRoute ra", "never acts", "HTTPRoute rb"}));
  const ImportedJson named = importedJson(importIstio(manifests({workloads("web") + httpRoute("name: z", rules + "1s}}\n") + httpRoute("name: a", rules + "9s}}\n")})));
  EXPECT_EQ(named["mesh"]["virtualServices"]["web"]["http"][0]["timeout"], "9s");
}

TEST(ImportRoutes, CustomersOfAGrpcServicePost) {
  const std::string grpc = "apiVersion: v1\nkind: Service\nmetadata: {name: cart}\nspec: {selector: {app: cart}, ports: [{port: 9090, name: grpc}]}\n---\n"
                           "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart}\nspec: {template: {metadata: {labels: {app: cart}}}}\n";
  const std::string route = "---\napiVersion: gateway.networking.k8s.io/v1\nkind: GRPCRoute\nmetadata: {name: r}\nspec:\n  parentRefs: [{name: gw}]\n  rules:\n"
                            "  - {matches: [{method: {service: shop.Cart, method: Add}}], backendRefs: [{name: cart, port: 9090}]}\n";
  const std::string only_post = "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: p}\nspec: {rules: [{to: [{operation: {methods: [POST], paths: [/shop.Cart/*]}}]}]}\n";
  const ImportResult result = importIstio(manifests({grpc + route + only_post}));
  EXPECT_EQ(importedJson(result)["traffic"][0]["to"], "cart/POST /shop.Cart/Add");
  EXPECT_EQ(valueOf(runImported(result.scenario, {setting("/run/duration", "5s")}), "requests.failed"), 0);
  EXPECT_EQ(importedJson(importIstio(manifests({grpc + atGateway("v", "['*']", "{route: [{destination: {host: cart}}]}")})))["traffic"][0]["to"], "cart/call");
  EXPECT_EQ(importedJson(importIstio(manifests({workloads("web") + route})))["services"]["cart"]["protocol"], "grpc") << "nothing but the route knows it";
}

TEST(ImportRoutes, APathPrefixOfGatewayApiIsOneCondition) {
  const ImportResult result = importIstio(
      manifests({workloads("web") + httpRoute("name: r", "  rules:\n  - {matches: [{path: {type: PathPrefix, value: /shop}}], backendRefs: [{name: web, port: 80}]}\n")}));
  EXPECT_FALSE(tells(result.notes.guessed, {"other conditions"}));
}

// ---- delegates, as Istio merges them (pilot, model/virtualservice.go)

std::string delegate(const std::string& name, const std::string& rules, const std::string& name_space = "default") {
  return "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: " + name + ", namespace: " + name_space + "}\nspec: {http: [" + rules + "]}\n";
}

TEST(ImportRoutes, ADelegatesRulesStandWhereTheyAreNamedWithTheConditionsOfBoth) {
  const ImportResult result = importIstio(manifests(
      {workloads("web") + workloads("api") +
       atGateway("root", "['*']", "{match: [{uri: {prefix: /api}, headers: {a: {exact: x}}}], timeout: 4s, retries: {attempts: 3}, delegate: {name: d}}\n  - {route: [{destination: {host: web}}]}") +
       delegate("d", "{match: [{uri: {prefix: /api/v2}, headers: {b: {exact: y}}}], timeout: 1s, route: [{destination: {host: api}}]}, {route: [{destination: {host: api}}]}")}));
  const ImportedJson scenario = importedJson(result);
  EXPECT_EQ(scenario["mesh"]["virtualServices"]["api"]["http"], ImportedJson::parse(R"([
    {"match": [{"uri": {"prefix": "/api/v2"}, "headers": {"b": {"exact": "y"}, "a": {"exact": "x"}}}], "timeout": "1s", "route": [{"destination": {"host": "api"}}], "retries": {"attempts": 3}},
    {"match": [{"uri": {"prefix": "/api"}, "headers": {"a": {"exact": "x"}}}], "route": [{"destination": {"host": "api"}}], "timeout": "4s", "retries": {"attempts": 3}}])"));
  EXPECT_EQ(scenario["mesh"]["virtualServices"]["web"]["http"].size(), 1u);
  EXPECT_TRUE(std::any_of(scenario["traffic"].begin(), scenario["traffic"].end(), [](const ImportedJson& t) { return t["to"] == "api/GET /api/v2" && t["via"] == "gateway"; })) << scenario["traffic"].dump();
  EXPECT_FALSE(tells(result.notes.not_modelled, {"delegate"}));
}

TEST(ImportRoutes, ADelegatesRuleOutsideOfTheRootsConditionsIsLeftOutAndTold) {
  const auto notes = [](const std::string& root, const std::string& inner) {
    const ImportResult result = importIstio(manifests({workloads("web") + workloads("api") + atGateway("root", "['*']", "{match: [" + root + "], delegate: {name: d}}\n  - {route: [{destination: {host: web}}]}") +
                                                       delegate("d", "{match: [" + inner + "], route: [{destination: {host: api}}]}")}));
    importedJson(result);
    return tells(result.notes.not_modelled, {"delegate d", "don't lie within"});
  };
  EXPECT_TRUE(notes("{uri: {prefix: /api}}", "{uri: {prefix: /shop}}"));
  EXPECT_TRUE(notes("{uri: {prefix: /api/v2}}", "{uri: {prefix: /api}}")) << "wider than the root's";
  EXPECT_TRUE(notes("{uri: {exact: /api}}", "{uri: {prefix: /api}}"));
  EXPECT_TRUE(notes("{uri: {prefix: /api}}", "{uri: {regex: /api.*}}")) << "regular expressions go with nothing";
  EXPECT_TRUE(notes("{headers: {a: {exact: x}}}", "{headers: {a: {exact: y}}}"));
  EXPECT_TRUE(notes("{ignoreUriCase: true, uri: {prefix: /api}}", "{uri: {prefix: /api}}"));
  EXPECT_FALSE(notes("{uri: {prefix: /api}}", "{uri: {exact: /api/one}}"));
  EXPECT_FALSE(notes("{uri: {prefix: /api}}", "{headers: {a: {exact: y}}}"));
  EXPECT_FALSE(notes("{uri: {prefix: /a}}, {uri: {prefix: /b}}", "{uri: {prefix: /b/c}}")) << "one of the root's blocks is enough";
}

TEST(ImportRoutes, ADelegateThatIsNotThereOrDelegatesItselfIsTold) {
  const ImportResult none = importIstio(manifests({workloads("web") + atGateway("root", "['*']", "{delegate: {name: d, namespace: far}}\n  - {route: [{destination: {host: web}}]}") + delegate("d", kPlain)}));
  EXPECT_TRUE(tells(none.notes.not_modelled, {"VirtualService root: delegate d is in none of these files"})) << "the namespace counts";
  EXPECT_TRUE(tells(none.notes.not_modelled, {"VirtualService d", "a delegate that nobody names"}));
  const ImportResult twice = importIstio(manifests({workloads("web") + atGateway("root", "['*']", "{delegate: {name: d}}\n  - {route: [{destination: {host: web}}]}") + delegate("d", "{delegate: {name: e}}") + delegate("e", kPlain)}));
  EXPECT_TRUE(tells(twice.notes.not_modelled, {"delegate d has a delegate itself"}));
}

TEST(ImportRoutes, ManyDelegatesOfManyRulesEndSoon) {
  std::string roots, inner;
  for (int i = 0; i < 1000; ++i) {
    roots += std::string(i == 0 ? "" : "\n  - ") + "{delegate: {name: d}}";
    inner += std::string(i == 0 ? "" : ", ") + "{timeout: 1s}";
  }
  const ImportResult result = importIstio(manifests({workloads("web") + atGateway("root", "['*']", roots) + delegate("d", inner)}));
  EXPECT_TRUE(tells(result.notes.not_modelled, {"delegate d: delegates make more than 20,000 rules"}));
}

TEST(ImportRoutes, ADelegatesHostsAreThoseOfItsNamespace) {
  std::string far = workloads("api");
  for (std::size_t at = 0; (at = far.find("metadata: {name: ", at)) != std::string::npos; at += 30) far.insert(at + 11, "namespace: far, ");
  const ImportResult result =
      importIstio(manifests({workloads("web") + workloads("api") + far + atGateway("root", "['*']", "{match: [{uri: {prefix: /api}}], delegate: {name: d, namespace: far}}\n  - {route: [{destination: {host: web}}]}") +
                             delegate("d", "{route: [{destination: {host: api}}]}", "far")}));
  EXPECT_TRUE(importedJson(result)["mesh"]["virtualServices"].contains("api.far")) << result.scenario;
}

TEST(ImportRoutes, WhoComesIsGuessedOnlyWhereNobodySaysIt) {
  const std::string text = workloads("web") + atGateway("v", "['*']", "{match: [{uri: {exact: /a}}, {uri: {prefix: /b}}], route: [{destination: {host: web}}]}\n  - {match: [{uri: {regex: /c.*}}], route: [{destination: {host: web}}]}");
  const ImportResult alone = importIstio(manifests({text}));
  EXPECT_TRUE(tells(alone.notes.guessed, {"customers of web ask for GET /a; nobody comes by the rule's other conditions"}));
  EXPECT_TRUE(tells(alone.notes.guessed, {"nobody comes by the rule at", "regular expression"}));
  const ImportResult loaded = importIstio(manifests({text}, "", R"([{"name": "n", "to": "web", "arrivals": {"poisson": {"rate": "7/s"}}}])"));
  EXPECT_FALSE(tells(loaded.notes.guessed, {"nobody comes by"}));
}

TEST(ImportRoutes, ARuleForAnotherNameOfAServiceIsTold) {
  const auto second = [](const std::string& name, const std::string& more) { return "apiVersion: v1\nkind: Service\nmetadata: {name: " + name + "}\nspec: {" + more + "selector: {app: db}, ports: [{port: 80, name: http}]}\n---\n"; };
  const auto rule = [](const std::string& host) { return "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: for-" + host + "}\nspec: {host: " + host + ", trafficPolicy: {loadBalancer: {simple: RANDOM}}}\n---\n"; };
  const ImportResult headless = importIstio(manifests({workloads("db") + second("a-pods", "clusterIP: None, ") + rule("a-pods")}));
  EXPECT_FALSE(importedJson(headless).contains("mesh"));
  EXPECT_TRUE(tells(headless.notes.not_modelled, {"DestinationRule for-a-pods", "another name for db", "headless"}));
  const ImportResult both = importIstio(manifests({workloads("db") + second("db2", "") + rule("db2") + rule("db")}));
  EXPECT_TRUE(tells(both.notes.not_modelled, {"DestinationRule for-db2", "db has a rule of its own"}));
  const ImportResult one = importIstio(manifests({workloads("db") + second("db2", "") + rule("db2")}));
  EXPECT_TRUE(importedJson(one)["mesh"]["destinationRules"].contains("db"));
  EXPECT_TRUE(tells(one.notes.guessed, {"DestinationRule for-db2", "holds for all callers of db"}));
}

}  // namespace
}  // namespace meshmall::models
