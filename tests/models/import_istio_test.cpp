// What the manifest importer makes of each kind, what it says it guessed and left out, and how it refuses what is wrong.
#include <algorithm>
#include <chrono>

#include "models/exporters/call_graph_text.h"
#include "models/importers/kube_name.h"
#include "models/importers/yaml_text.h"
#include "tests/models/import_fixture.h"

namespace meshmall::models {
namespace {

const std::string kRoute = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: web}\n";
const std::string kRule = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: web}\n";

TEST(ImportIstio, ReadsWorkloadsAsVersionsWithReplicasAccountsAndLabels) {
  const ImportedJson scenario = importedJson(importIstio(manifests({workloads("web", {"v1", "v2"}), workloads("cart")}, "web -> cart")));
  const ImportedJson& web = scenario["services"]["web"];
  EXPECT_EQ(web["serviceAccount"], "sa-web");
  EXPECT_EQ(web["port"], 80);
  EXPECT_EQ(web["versions"]["v2"]["replicas"], 2);
  EXPECT_EQ(web["versions"]["v2"]["labels"]["version"], "v2");
  EXPECT_EQ(web["operations"]["GET /"]["steps"][1]["call"], "cart/GET /");
  EXPECT_EQ(scenario["traffic"].size(), 1u) << "only web: somebody calls cart";
}

TEST(ImportIstio, SaysThatAServiceNobodyCallsGetsCallersOfItsOwn) {
  const ImportResult result = importIstio(manifests({workloads("web"), workloads("cart")}));
  EXPECT_EQ(importedJson(result)["traffic"].size(), 2u);
  EXPECT_TRUE(tells(result.notes.guessed, {"nobody is known to call", "cart and web", "callers of its own"})) << importedJson(result)["description"];
  EXPECT_NE(importedJson(result)["description"].get<std::string>().find("nobody is known to call"), std::string::npos);
}

TEST(ImportIstio, CallsMayNameAWorkloadAnOperationAndWhatIsDoneWithout) {
  const ImportedJson scenario = importedJson(importIstio(manifests({workloads("web", {"v1", "v2"}), workloads("cart"), workloads("ads")}, "web-v2 -> ads?, web/GET /buy -> cart/POST /items")));
  const ImportedJson& web = scenario["services"]["web"];
  EXPECT_FALSE(web["versions"]["v1"].contains("operations"));
  EXPECT_EQ(web["versions"]["v2"]["operations"]["GET /buy"]["steps"][1], ImportedJson::parse(R"({"call": "ads/GET /", "optional": true})"));
  EXPECT_EQ(web["operations"]["GET /buy"]["steps"][1]["call"], "cart/POST /items");
}

TEST(ImportIstio, ACallToNobodyIsAnErrorAndACircleIsCutAndSaid) {
  EXPECT_NE(problemsOf(importIstio(manifests({workloads("web")}, "web -> nowhere"))).find("there is no service or workload \"nowhere\""), std::string::npos);
  EXPECT_NE(problemsOf(importIstio(manifests({workloads("web")}, "web cart"))).find("is no call"), std::string::npos);
  const ImportResult circle = importIstio(manifests({workloads("a"), workloads("b")}, "a -> b -> a"));
  EXPECT_FALSE(circle.scenario.empty());
  EXPECT_TRUE(tells(circle.notes.not_modelled, {"b -> a", "circle"}));
}

TEST(ImportIstio, ReadsTheCallGraphThatExportDotWrites) {
  const std::vector<std::string> both = {workloads("web"), workloads("cart")};
  const DecodeResult decoded = decodeScenario(importIstio(manifests(both, "web -> cart")).scenario, "shop.json", "");
  ASSERT_TRUE(decoded.scenario.has_value());
  IstioInput input = manifests(both);
  input.calls.push_back({{"shop.dot", callGraphDot(*decoded.scenario)}, true});
  const ImportedJson scenario = importedJson(importIstio(input));
  EXPECT_EQ(scenario["services"]["web"]["operations"]["GET /"]["steps"][1]["call"], "cart/GET /");
  ASSERT_EQ(scenario["traffic"].size(), 1u);
  EXPECT_EQ(scenario["traffic"][0]["to"], "web/GET /");
}

TEST(ImportIstio, ReadsCallsFromDotAndFromKiali) {
  IstioInput input = manifests({workloads("web", {"v1", "v2"}), workloads("cart")});
  input.calls.push_back({{"calls.dot", "digraph g { rankdir=LR; w [label=\"web\"]; w -> cart [label=\"10 rps\"]; }"}, true});
  EXPECT_EQ(importedJson(importIstio(input))["services"]["web"]["operations"]["GET /"]["steps"][1]["call"], "cart/GET /");
  input.calls = {{{"kiali.json", R"({"elements": {"nodes": [
      {"data": {"id": "1", "nodeType": "app", "namespace": "default", "workload": "web-v2", "app": "web", "version": "v2"}},
      {"data": {"id": "2", "nodeType": "service", "namespace": "default", "service": "cart"}},
      {"data": {"id": "3", "nodeType": "app", "namespace": "istio-system", "workload": "istio-ingressgateway"}}],
    "edges": [{"data": {"source": "3", "target": "1", "traffic": {"rates": {"http": "10.0"}}}}, {"data": {"source": "1", "target": "2", "traffic": {"rates": {"http": "4.0"}}}}]}})"},
                  true}};
  const ImportedJson scenario = importedJson(importIstio(input));
  EXPECT_EQ(scenario["services"]["web"]["versions"]["v2"]["operations"]["GET /"]["steps"][1], ImportedJson::parse(R"({"call": "cart/GET /", "probability": 0.4})"));
  EXPECT_EQ(scenario["traffic"][0]["via"], "gateway");
  input.calls = {{{"calls.txt", "graph g { a -- b }"}, true}};
  EXPECT_TRUE(importIstio(input).scenario.empty());
}

TEST(ImportIstio, AnUnknownKindIsAWarningWithFileAndLine) {
  const ImportResult result = importIstio(manifests({workloads("web"), "\n\napiVersion: example.com/v1\nkind: Teapot\nmetadata: {name: x}\n"}));
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_EQ(textOf(result.problems[0]).substr(0, 17), "file-2.yaml:3:1: ");
  EXPECT_NE(textOf(result.problems[0]).find("warning: unknown kind \"Teapot\""), std::string::npos);
  EXPECT_FALSE(result.scenario.empty());
  EXPECT_TRUE(tells(result.notes.not_modelled, {"file-2.yaml:3", "Teapot"}));
}

TEST(ImportIstio, AMalformedFileIsAnErrorAtItsPlace) {
  const auto told = [](const std::string& text) { return problemsOf(importIstio(manifests({workloads("web"), text}))); };
  EXPECT_EQ(told("apiVersion: v1\nkind: [Service\n").substr(0, 14), "file-2.yaml:3:");
  EXPECT_NE(told("metadata: {name: x}\n").find("file-2.yaml:1:1: is no Kubernetes object: it has no kind"), std::string::npos);
  EXPECT_NE(told("apiVersion: v1\nkind: Service\n").find("has no metadata.name"), std::string::npos);
  EXPECT_NE(told("a: 1\na: 2\n").find("file-2.yaml:2:1: there are two keys \"a\""), std::string::npos);
  EXPECT_NE(told("kind: {{ .Values.kind }}: x\n").find("render it first"), std::string::npos);
  EXPECT_NE(told(std::string("a: \xff\n")).find("neither UTF-8"), std::string::npos);
}

TEST(ImportIstio, AValueThatCannotBeMeantIsAnErrorAtItsPlaceInTheManifest) {
  const ImportResult result = importIstio(manifests({workloads("web"), kRoute + "spec:\n  hosts: [web]\n  http:\n  - route:\n    - destination: {host: web}\n    retries:\n      attempts: three\n"}));
  EXPECT_TRUE(result.scenario.empty());
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_EQ(result.problems[0].line, 10u) << problemsOf(result);
  EXPECT_NE(problemsOf(result).find("attempts: must be a whole number (got \"three\")"), std::string::npos) << problemsOf(result);
}

TEST(ImportIstio, WhatTheFormatDoesNotHaveIsListedWithItsPlaceAndTheRestStays) {
  const ImportResult result = importIstio(manifests(
      {workloads("web"), kRule + "spec:\n  host: web\n  trafficPolicy:\n    loadBalancer: {simple: RANDOM}\n    proxyProtocol: {version: V1}\n    portLevelSettings: []\n"}));
  const ImportedJson scenario = importedJson(result);
  EXPECT_EQ(scenario["mesh"]["destinationRules"]["web"]["trafficPolicy"], ImportedJson::parse(R"({"loadBalancer": {"simple": "RANDOM"}})"));
  EXPECT_TRUE(tells(result.notes.not_modelled, {"file-2.yaml:", "proxyProtocol"}));
  EXPECT_TRUE(tells(result.notes.not_modelled, {"file-2.yaml:", "portLevelSettings"}));
}

TEST(ImportIstio, HalfAnAuthorizationRuleIsWorseThanNone) {
  const ImportResult result = importIstio(manifests({workloads("web"),
                                                     "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: p}\nspec:\n  action: ALLOW\n  rules:\n"
                                                     "  - from: [{source: {ipBlocks: [10.0.0.0/8], namespaces: [a]}}]\n"}));
  EXPECT_FALSE(importedJson(result).contains("mesh") && importedJson(result)["mesh"].contains("authorizationPolicies") && !importedJson(result)["mesh"]["authorizationPolicies"].empty());
  EXPECT_TRUE(tells(result.notes.not_modelled, {"AuthorizationPolicy p", "ipBlocks", "left out whole", "where none does everybody is let in"}));
}

TEST(ImportIstio, ReadsSecurityWithItsNamespace) {
  const ImportedJson scenario = importedJson(importIstio(manifests(
      {workloads("web"), "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: istio-system}\nspec: {mtls: {mode: STRICT}}\n---\n"
                         "apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {name: jwt}\nspec:\n  selector: {matchLabels: {app: web}}\n  jwtRules: [{issuer: me, jwksUri: 'https://x'}]\n---\n"
                         "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: p}\nspec: {rules: [{from: [{source: {principals: ['cluster.local/ns/default/sa/sa-web']}}]}]}\n"})));
  EXPECT_EQ(scenario["mesh"]["peerAuthentications"]["default"], ImportedJson::parse(R"({"namespace": "istio-system", "mtls": {"mode": "STRICT"}})"));
  EXPECT_EQ(scenario["mesh"]["requestAuthentications"]["jwt"]["jwtRules"][0]["issuer"], "me");
  EXPECT_EQ(scenario["mesh"]["authorizationPolicies"]["p"]["rules"][0]["from"][0]["source"]["principals"][0], "cluster.local/ns/default/sa/sa-web");
}

TEST(ImportIstio, ASubsetWithoutARuleIsTheVersionOfItsName) {
  const ImportResult result = importIstio(manifests({workloads("web", {"v1", "v2"}), kRoute + "spec: {hosts: [web], http: [{route: [{destination: {host: web, subset: v2}}]}]}\n"}));
  EXPECT_EQ(importedJson(result)["mesh"]["destinationRules"]["web"]["subsets"], ImportedJson::parse(R"([{"name": "v2", "labels": {"version": "v2"}}])"));
  EXPECT_TRUE(tells(result.notes.guessed, {"subset v2 of web", "503"}));
}

TEST(ImportIstio, AServiceOverTheSamePodsIsAnotherNameOrASubset) {
  const std::string v2 = "apiVersion: v1\nkind: Service\nmetadata: {name: web-two}\nspec: {selector: {app: web, version: v2}}\n---\n";
  const std::string same = "apiVersion: v1\nkind: Service\nmetadata: {name: web-external}\nspec: {selector: {app: web}}\n---\n";
  const ImportedJson scenario = importedJson(importIstio(manifests({workloads("web", {"v1", "v2"}) + v2 + same, kRoute + "spec: {hosts: [web], http: [{route: [{destination: {host: web-two}, weight: 10}, "
                                                                                                                           "{destination: {host: web-external}, weight: 90}]}]}\n"})));
  EXPECT_EQ(scenario["services"].size(), 1u);
  EXPECT_EQ(scenario["mesh"]["virtualServices"]["web"]["http"][0]["route"],
            ImportedJson::parse(R"([{"destination": {"host": "web", "subset": "web-two"}, "weight": 10}, {"destination": {"host": "web"}, "weight": 90}])"));
}

TEST(ImportIstio, TwoNamespacesMayHaveAServiceOfTheSameName) {
  std::string other = workloads("web");
  for (std::size_t at = other.find("metadata: {name:"); at != std::string::npos; at = other.find("metadata: {name:", at + 20)) other.insert(at + 11, "namespace: prod, ");
  const ImportedJson scenario = importedJson(importIstio(manifests({workloads("web"), other, kRoute + "spec: {hosts: [web.prod.svc.cluster.local], http: [{route: [{destination: {host: web.prod}}]}]}\n"})));
  EXPECT_TRUE(scenario["services"].contains("web.default"));
  EXPECT_EQ(scenario["services"]["web.prod"]["namespace"], "prod");
  EXPECT_EQ(scenario["mesh"]["virtualServices"]["web.prod"]["http"][0]["route"][0]["destination"]["host"], "web.prod");
}

TEST(ImportIstio, WhatIsOutsideHasNoProxyAndIsCalledByItsHost) {
  const ImportResult result = importIstio(manifests({workloads("web"), "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: pay}\nspec: {hosts: [api.pay.example], location: MESH_EXTERNAL, "
                                                                      "ports: [{number: 443, name: https, protocol: HTTPS}]}\n---\n" +
                                                                          kRule + "spec: {host: api.pay.example, trafficPolicy: {connectionPool: {tcp: {maxConnections: 5}}}}\n"},
                                                    "web -> api.pay.example"));
  const ImportedJson scenario = importedJson(result);
  EXPECT_EQ(scenario["services"]["api.pay.example"]["sidecar"], false);
  EXPECT_TRUE(scenario["mesh"]["destinationRules"].contains("api.pay.example"));
  EXPECT_EQ(scenario["services"]["web"]["operations"]["GET /"]["steps"][1]["call"], "api.pay.example/call");
  EXPECT_GT(valueOf(runImported(result.scenario), "requests.ok"), 1000);
}

TEST(ImportIstio, AScopeThatACallLeavesIsToldWithTheCall) {
  const std::string scope = "apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: narrow}\nspec: {egress: [{hosts: ['./web.default.svc.cluster.local']}]}\n";
  EXPECT_TRUE(tells(importIstio(manifests({workloads("web"), workloads("cart"), scope}, "web -> cart")).notes.not_modelled, {"Sidecar narrow", "web -> cart"}));
}

TEST(ImportIstio, GatewayApiRulesAreOrderedByPrecedenceAndPrefixesAreWholeSegments) {
  const ImportResult result = importIstio(manifests({workloads("web"), workloads("cart"),
                                                     "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: door}\nspec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP}]}\n---\n"
                                                     "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r}\nspec:\n  parentRefs: [{name: door}]\n  hostnames: [shop.example]\n  rules:\n"
                                                     "  - backendRefs: [{name: web, port: 80}]\n"
                                                     "  - matches: [{path: {type: PathPrefix, value: /cart}, method: POST}]\n    timeouts: {request: 2s}\n    backendRefs: [{name: cart, port: 80, weight: 3}, {name: web, port: 80, weight: 1}]\n"}));
  const ImportedJson scenario = importedJson(result);
  const ImportedJson& cart = scenario["mesh"]["virtualServices"]["cart"];
  EXPECT_EQ(cart["hosts"], ImportedJson::parse(R"(["cart", "shop.example"])"));
  EXPECT_EQ(cart["gateways"], ImportedJson::parse(R"(["door"])"));
  EXPECT_EQ(cart["http"][0]["match"], ImportedJson::parse(R"([{"uri": {"exact": "/cart"}, "method": {"exact": "POST"}}, {"uri": {"prefix": "/cart/"}, "method": {"exact": "POST"}}])"));
  EXPECT_EQ(cart["http"][0]["timeout"], "2s");
  EXPECT_EQ(scenario["traffic"][0]["to"], "cart/POST /cart");
  EXPECT_EQ(scenario["traffic"][1]["to"], "web/GET /");
  const Result run = runImported(result.scenario);
  const double to_cart = valueOf(run, "requests.total", ScopeKind::traffic, "customers of cart");
  EXPECT_NEAR(valueOf(run, "requests.total", ScopeKind::service, "web"), valueOf(run, "requests.total", ScopeKind::traffic, "customers of web"), 3) << "calls count for the service they name";
  EXPECT_NEAR(valueOf(run, "requests.total", ScopeKind::version, "cart", "v1") / to_cart, 0.75, 4 * std::sqrt(0.75 * 0.25 / to_cart));
}

TEST(ImportIstio, AFlaggerCanaryBecomesARolloutOfACopy) {
  const ImportResult result = importIstio(manifests({workloads("web"),
                                                     "apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata: {name: web}\nspec:\n  targetRef: {apiVersion: apps/v1, kind: Deployment, name: web-v1}\n  service: {port: 80}\n"
                                                     "  analysis:\n    interval: 30s\n    threshold: 5\n    maxWeight: 50\n    stepWeight: 10\n    metrics:\n"
                                                     "    - {name: request-success-rate, thresholdRange: {min: 99}, interval: 1m}\n    - {name: latency, templateRef: {name: latency}, thresholdRange: {max: 500}}\n"}));
  const ImportedJson rollout = importedJson(result)["rollouts"]["web"];
  EXPECT_EQ(rollout["primary"], "v1");
  EXPECT_EQ(rollout["canary"], "canary");
  EXPECT_EQ(rollout["flagger"]["analysis"]["metrics"].size(), 1u);
  EXPECT_TRUE(tells(result.notes.not_modelled, {"metric latency"}));
  EXPECT_TRUE(tells(result.notes.guessed, {"a new revision comes at 60s"}));
}

const std::string kArgo =
    "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web}\nspec:\n  replicas: 4\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: []}\n"
    "  strategy:\n    canary:\n      canaryService: web-canary\n      stableService: web\n      trafficRouting: {istio: {virtualService: {name: web}}}\n      steps:\n      - setWeight: 20\n      - pause: {duration: 1m}\n"
    "      - analysis: {templates: [{templateName: ok}]}\n      - setWeight: 60\n      - pause: {duration: 30}\n---\n"
    "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: ok}\nspec:\n  metrics:\n  - name: success\n    successCondition: result[0] >= 0.95\n    failureLimit: 2\n    provider:\n      prometheus:\n"
    "        address: http://prometheus:9090\n        query: sum(rate(istio_requests_total{response_code!~\"5.*\"}[2m])) / sum(rate(istio_requests_total[2m]))\n---\n"
    "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web-canary}\nspec: {selector: {app: web}}\n---\n" +
    kRoute + "spec: {hosts: [web], http: [{route: [{destination: {host: web}, weight: 100}, {destination: {host: web-canary}, weight: 0}]}]}\n";

TEST(ImportIstio, AnArgoRolloutKeepsItsStepsAndTheMetricsThatAreKnown) {
  const ImportResult result = importIstio(manifests({kArgo}));
  const ImportedJson scenario = importedJson(result);
  const ImportedJson& argo = scenario["rollouts"]["web"]["argo"];
  EXPECT_EQ(argo["strategy"]["canary"]["steps"].size(), 5u);
  EXPECT_EQ(argo["analysisTemplates"][0]["metrics"][0]["metric"], "success.rate");
  EXPECT_EQ(argo["analysisTemplates"][0]["metrics"][0]["window"], "2m");
  EXPECT_EQ(scenario["mesh"]["virtualServices"]["web"]["http"][0]["route"], ImportedJson::parse(R"([{"destination": {"host": "web"}}])")) << "the rollout's weights choose";
}

TEST(ImportIstio, RolloutsAndAutoscalersSurviveExportAndImport) {
  const std::string flagger =
      "apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata: {name: cart-v1}\nspec:\n  targetRef: {apiVersion: apps/v1, kind: Deployment, name: cart-v1}\n  service: {port: 80}\n"
      "  analysis: {interval: 30s, threshold: 5, stepWeights: [10, 20, 50], metrics: [{name: request-duration, thresholdRange: {max: 500}, interval: 1m}]}\n---\n";
  const std::string scaler =
      "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: ads}\nspec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: ads-v1}\n  minReplicas: 2\n  maxReplicas: 9\n"
      "  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}, {type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: 70}}}]\n"
      "  behavior: {scaleDown: {stabilizationWindowSeconds: 60}}\n---\n";
  const std::string base = workloads("cart") + workloads("ads");
  const ImportResult first = importIstio(manifests({kArgo, base + flagger + scaler}));
  const ImportedJson before = importedJson(first);
  EXPECT_TRUE(tells(first.notes.not_modelled, {"HorizontalPodAutoscaler ads", "memory"}));
  const IstioYaml exported = istioYaml(first.scenario);
  const ImportedJson after = importedJson(importIstio(manifests({kArgo, base, exported.text})));
  EXPECT_EQ(after["rollouts"], before["rollouts"]) << exported.text;
  EXPECT_EQ(after["autoscalers"], before["autoscalers"]) << exported.text;
  EXPECT_EQ(after["mesh"], before["mesh"]) << exported.text;
}

TEST(ImportIstio, LoadIsTakenAsItIsAndItsErrorsAreAtItsPlaces) {
  const ImportedJson scenario = importedJson(importIstio(manifests({workloads("web")}, "", R"([{"name": "n", "to": "web", "arrivals": {"poisson": {"rate": "7/s"}}}])")));
  EXPECT_EQ(scenario["traffic"], ImportedJson::parse(R"([{"name": "n", "to": "web/GET /", "arrivals": {"poisson": {"rate": "7/s"}}}])"));
  const std::string told = problemsOf(importIstio(manifests({workloads("web")}, "", "{\"traffic\": [{\"to\": \"web\",\n \"arrivals\": {\"poisson\": {\"rate\": 7}}}]}")));
  EXPECT_EQ(told.substr(0, 12), "load.json:2:") << told;
}

TEST(ImportIstio, BombsDeepNestingAndHugeFilesEndSoonWithAPlace) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) bomb += (k == 0 ? "*a" : ", *a") + std::to_string(i - 1);
    bomb += "]\n";
  }
  std::vector<Problem> problems;
  parseYaml(bomb, 0, "bomb.yaml", problems);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_NE(problems[0].message.find("aliases written out"), std::string::npos);
  for (const std::string& text : {std::string(100'000, '['), std::string(100'000, '{'), std::string(kMaxYamlBytes + 1, ' ')}) {
    problems.clear();
    parseYaml(text, 0, "deep.yaml", problems);
    ASSERT_EQ(problems.size(), 1u) << text.substr(0, 10);
  }
  problems.clear();
  parseYaml(", x\n", 0, "stray.yaml", problems);  // yaml-cpp would give empty documents for ever
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_NE(problems[0].message.find("unexpected text"), std::string::npos) << problems[0].message;
  problems.clear();
  parseYaml("a: &a [*a]\n", 0, "self.yaml", problems);
  EXPECT_EQ(problems.size(), 1u);
}

TEST(ImportIstio, NamesThePolicyThatIsLeftOutWholeAndWhatThatMeans) {
  const std::string policy = "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: allow-web}\nspec: {rules: [{from: [{source: {ipBlocks: [10.0.0.0/8]}}]}]}\n---\n";
  EXPECT_TRUE(tells(importIstio(manifests({workloads("web"), policy})).notes.not_modelled, {"AuthorizationPolicy allow-web", "left out", "let in"}));
}

TEST(ImportIstio, ACanaryScaleBesideAHeaderRouteBecomesTwoSteps) {
  const std::string rollout = "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web-v1}\nspec: {strategy: {canary: {trafficRouting: {istio: {virtualService: {name: web}}, managedRoutes: [{name: h}]}, "
                              "steps: [{setCanaryScale: {weight: 25}, setHeaderRoute: {name: h, match: [{headerName: x, headerValue: {exact: y}}]}}, {setWeight: 50}]}}, template: {metadata: {labels: {app: web}}}}\n---\n";
  const std::string service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80, name: http}]}\n---\n";
  const ImportedJson scenario = importedJson(importIstio(manifests({service, rollout})));
  const ImportedJson& steps = scenario["rollouts"]["web"]["argo"]["strategy"]["canary"]["steps"];
  ASSERT_EQ(steps.size(), 3u) << scenario["rollouts"];
  EXPECT_TRUE(steps[0].contains("setCanaryScale"));
  EXPECT_TRUE(steps[1].contains("setHeaderRoute"));
}

TEST(ImportIstio, TheFuzzersCorpusEndsInAScenarioOrInProblems) {
  for (const auto& entry : std::filesystem::directory_iterator("tests/fuzz/manifests_corpus")) {
    std::ifstream in(entry.path(), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (text.str().empty()) continue;
    const ImportResult result = importIstio(manifests({workloads("a"), text.str().substr(1)}));
    EXPECT_EQ(result.scenario.empty(), hasErrors(result.problems)) << entry.path();
  }
}

TEST(ImportIstio, ThePoliciesOfDefaultsAreWrittenForTheEntranceToo) {
  const IstioYaml exported = istioYaml(R"({"meshmall":1,"run":{"duration":"10s"},
    "services":{"front":{"versions":{"v1":{}},"operations":{"GET /":{"steps":[{"call":"back/x"}]}}},"back":{"versions":{"v1":{}},"operations":{"x":{"steps":[{"busy":"1ms"}]}}}},
    "traffic":[{"name":"all","to":"front/GET /","arrivals":{"poisson":{"rate":"10/s"}}}],"mesh":{"defaults":{"retries":{"attempts":5,"retryOn":"5xx"}}}})");
  const auto entrance = exported.text.find("name: front-gateway");
  ASSERT_NE(entrance, std::string::npos) << exported.text;
  EXPECT_NE(exported.text.find("attempts: 5", entrance), std::string::npos);
  EXPECT_EQ(exported.text.find("name: back-gateway"), std::string::npos) << "no customer asks for it";
  EXPECT_TRUE(std::any_of(exported.remarks.begin(), exported.remarks.end(), [](const std::string& r) { return r.find("put the name of your Gateway") != std::string::npos; }));
}

bool remarks(const IstioYaml& exported, const std::string& text) {
  return std::any_of(exported.remarks.begin(), exported.remarks.end(), [&](const std::string& each) { return each.find(text) != std::string::npos; });
}

TEST(ImportIstio, ServicesOfOneEntranceAreExportedUnderHostsOfTheirOwn) {
  const IstioYaml exported = istioYaml(R"({"meshmall":1,"run":{"duration":"10s"},
    "services":{"Front_Shop":{"versions":{"v1":{}},"operations":{"GET /":{"steps":[{"busy":"1ms"}]}}},"back":{"versions":{"v1":{}},"operations":{"x":{"steps":[{"busy":"1ms"}]}}}},
    "traffic":[{"name":"all","to":"Front_Shop/GET /","arrivals":{"poisson":{"rate":"10/s"}}},{"name":"b","to":"back/x","headers":{"host":"b.shop"},"arrivals":{"poisson":{"rate":"10/s"}}}],
    "mesh":{"defaults":{"retries":{"attempts":5,"retryOn":"5xx"}}}})");
  EXPECT_EQ(exported.text.find("- \"*\""), std::string::npos) << exported.text;
  EXPECT_NE(exported.text.find("hosts:\n  - b.shop"), std::string::npos) << "the host that its customers ask for";
  EXPECT_NE(exported.text.find("hosts:\n  - front-shop.example.com"), std::string::npos) << exported.text;
  EXPECT_TRUE(remarks(exported, "put the host that customers ask for in place of front-shop.example.com"));
  EXPECT_EQ(exported.text.find("Front_Shop\n"), std::string::npos) << "a name that Kubernetes refuses";
  EXPECT_TRUE(remarks(exported, "/services/Front_Shop: no Service of Kubernetes can be called so"));
}

TEST(ImportIstio, ServicesUnderOneHostAreExportedAsOneObjectAndComeBackTheSame) {
  const std::string base = workloads("api") + workloads("web") + "---\napiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: gw}\nspec: {servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]}\n";
  const std::string shop = "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: shop}\nspec:\n  hosts: ['*']\n  gateways: [gw]\n  http:\n"
                           "  - {match: [{uri: {prefix: /api}}], timeout: 3s, route: [{destination: {host: api}}]}\n  - {timeout: 5s, route: [{destination: {host: web}}]}\n";
  const ImportedJson before = importedJson(importIstio(manifests({base, shop})));
  const IstioYaml exported = istioYaml(before.dump());
  EXPECT_EQ(exported.text.find("kind: VirtualService"), exported.text.rfind("kind: VirtualService")) << "two of one host would be asked by their age\n" << exported.text;
  EXPECT_LT(exported.text.find("prefix: /api"), exported.text.find("timeout: 5s"));
  const ImportedJson after = importedJson(importIstio(manifests({base, exported.text})));
  EXPECT_EQ(after["mesh"], before["mesh"]) << exported.text;
}

// Istio's minHealthPercent is Envoy's healthy_panic_threshold, of the same policy's outlierDetection and inherited with it (pilot, applyOutlierDetection; subsets inherit block by block).
TEST(ImportIstio, ThePanicThresholdIsExportedAsMinHealthPercentWhereverItHolds) {
  const IstioYaml exported = istioYaml(R"({"meshmall":1,"run":{"duration":"10s"},"services":{"a":{"versions":{"v1":{},"v2":{},"v3":{}},"operations":{"x":{"steps":[{"busy":"1ms"}]}}},
    "b":{"versions":{"v1":{}},"operations":{"x":{"steps":[{"busy":"1ms"}]}}}},"traffic":[{"name":"all","to":"a/x","arrivals":{"poisson":{"rate":"10/s"}}}],
    "mesh":{"destinationRules":{"a":{"trafficPolicy":{"loadBalancer":{"simple":"RANDOM","panicThreshold":40},"outlierDetection":{"consecutive5xxErrors":3}},
      "subsets":[{"name":"own-balancer","labels":{"version":"v1"},"trafficPolicy":{"loadBalancer":{"simple":"ROUND_ROBIN"}}},
                 {"name":"own-detection","labels":{"version":"v2"},"trafficPolicy":{"outlierDetection":{"consecutive5xxErrors":9}}},
                 {"name":"neither","labels":{"version":"v3"},"trafficPolicy":{"connectionPool":{"tcp":{"maxConnections":7}}}}]},
      "b":{"trafficPolicy":{"loadBalancer":{"simple":"RANDOM","panicThreshold":40}}}}}})");
  const auto of = [&](const std::string& start, const std::string& end) {
    const std::size_t from = exported.text.find(start);
    return exported.text.substr(from, exported.text.find(end, from) - from);
  };
  EXPECT_NE(of("name: a\n", "subsets").find("consecutive5xxErrors: 3\n      minHealthPercent: 40"), std::string::npos) << exported.text;
  EXPECT_NE(of("own-balancer", "own-detection").find("consecutive5xxErrors: 3\n        minHealthPercent: 0"), std::string::npos) << "its balancer has no threshold\n" << exported.text;
  EXPECT_NE(of("own-detection", "neither").find("consecutive5xxErrors: 9\n        minHealthPercent: 40"), std::string::npos) << "the balancer is inherited\n" << exported.text;
  EXPECT_EQ(of("neither", "---").find("outlierDetection"), std::string::npos) << "both are inherited\n" << exported.text;
  EXPECT_EQ(exported.text.find("panicThreshold: 40"), std::string::npos);
  EXPECT_TRUE(remarks(exported, "there is no outlierDetection here: left out")) << "b";
}

TEST(ImportIstio, RolloutAndAutoscalerOfAServiceAreExportedForTheSameDeployment) {
  const IstioYaml exported = istioYaml(R"({"meshmall":1,"services":{"bakery":{"versions":{"v1":{},"v2":{}}},"mill":{"versions":{"v1":{},"v2":{}}},"farm":{"versions":{"v1":{}}}},
    "rollouts":{"bakery":{"flagger":{"analysis":{"interval":"30s"}}}},
    "autoscalers":{"bakery":{"version":"v1","maxReplicas":3},"mill":{"version":"v2","maxReplicas":3},"farm":{"maxReplicas":3}}})");
  for (const char* name : {"/autoscalers/bakery: the Deployment's name is a guess: bakery", "/rollouts/bakery/flagger: the Deployment's name is a guess: bakery", "mill-v2", "/autoscalers/farm: the Deployment's name is a guess: farm"})
    EXPECT_TRUE(remarks(exported, name)) << name;
  EXPECT_EQ(exported.text.find("name: bakery-v1"), std::string::npos);
}

TEST(ImportIstio, NamesBecomeThoseThatKubernetesAllows) {
  EXPECT_TRUE(isKubeLabel("web-1"));
  for (const char* bad : {"", "Web", "a_b", "-a", "a-", "a.b", "we\"b"}) EXPECT_FALSE(isKubeLabel(bad)) << bad;
  EXPECT_FALSE(isKubeLabel(std::string(64, 'a')));
  EXPECT_EQ(kubeLabel("we\"b\\ <b>"), "we-b-b");
  EXPECT_EQ(kubeLabel("2nd Shop"), "s2nd-shop");
  EXPECT_EQ(kubeLabel("\xc3\xa4"), "unnamed");
  EXPECT_EQ(kubeLabel(std::string(99, 'a')).size(), 62U);
  EXPECT_EQ(kubeObjectName("*.Example..com"), "example.com");
  EXPECT_EQ(kubeObjectName("web-gateway"), "web-gateway");
}

}  // namespace
}  // namespace meshmall::models
