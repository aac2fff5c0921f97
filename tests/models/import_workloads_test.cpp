// What a cluster's workloads, Services and namespaces become: proxies, ports, accounts; and that what is not read is told.
#include <cstdlib>

#include "models/importers/input_files.h"
#include "tests/models/import_fixture.h"

namespace meshmall::models {
namespace {

std::string deployment(const std::string& name, const std::string& metadata, const std::string& more = "", const std::string& pod = "", const std::string& name_space = "default") {
  return "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name + ", namespace: " + name_space + "}\nspec:\n  " + more + "\n  template:\n    metadata: {" + metadata + "}\n    spec: {" + pod + "}\n";
}
std::string service(const std::string& name, const std::string& ports = "[{port: 80, name: http}]", const std::string& more = "", const std::string& name_space = "default") {
  return "---\napiVersion: v1\nkind: Service\nmetadata: {name: " + name + ", namespace: " + name_space + "}\nspec: {selector: {app: " + name + "}, ports: " + ports + more + "}\n";
}
std::string nameSpace(const std::string& name, const std::string& labels) { return "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: " + name + ", labels: {" + labels + "}}\n"; }
bool hasProxy(const ImportedJson& scenario, const std::string& name) { return !scenario["services"][name].contains("sidecar"); }

TEST(ImportWorkloads, ProxiesAreWhereIstiosInjectorPutsThem) {
  std::string text = nameSpace("plain", "team: a") + nameSpace("off", "istio-injection: disabled") + nameSpace("amb", "istio.io/dataplane-mode: ambient") + nameSpace("rev", "istio.io/rev: '1-20'");
  for (const auto& [name, where, metadata, pod] :
       {std::tuple{"a", "plain", "labels: {app: a}", ""}, {"asked", "plain", "labels: {app: asked, sidecar.istio.io/inject: 'true'}", ""},
        {"noted", "plain", "labels: {app: noted}, annotations: {sidecar.istio.io/inject: 'true'}", ""}, {"b", "off", "labels: {app: b, sidecar.istio.io/inject: 'true'}", ""}, {"c", "amb", "labels: {app: c}", ""},
        {"d", "rev", "labels: {app: d}", ""}, {"e", "rev", "labels: {app: e}", "hostNetwork: true"}, {"f", "nowhere", "labels: {app: f}", ""}})
    text += deployment(name, metadata, "replicas: 1", pod, where) + service(name, "[{port: 80}]", "", where);
  const ImportResult result = importIstio(manifests({text}));
  const ImportedJson scenario = importedJson(result);
  for (const char* with : {"asked", "d", "f"}) EXPECT_TRUE(hasProxy(scenario, with)) << with;
  for (const char* without : {"a", "noted", "b", "c", "e"}) EXPECT_FALSE(hasProxy(scenario, without)) << without << ": an annotation alone does not call the injector";
  EXPECT_TRUE(tells(result.notes.guessed, {"Namespace plain (file-1.yaml:2)", "no proxies"}));
  EXPECT_TRUE(tells(result.notes.guessed, {"whether the injector acts in namespace nowhere"}));
  EXPECT_TRUE(tells(result.notes.not_modelled, {"Namespace amb", "ambient"}));
}

TEST(ImportWorkloads, AServiceHasProxiesAsMostOfItsPodsHaveAndTheOthersAreTold) {
  const auto version = [](const std::string& name, int replicas, bool proxy) {
    return deployment("web-" + name, "labels: {app: web, version: " + name + "}, annotations: {sidecar.istio.io/inject: '" + (proxy ? "true" : "false") + "'}", "replicas: " + std::to_string(replicas));
  };
  const ImportResult mixed = importIstio(manifests({service("web") + version("v1", 3, true) + version("v2", 1, false)}));
  EXPECT_TRUE(hasProxy(importedJson(mixed), "web"));
  EXPECT_TRUE(tells(mixed.notes.not_modelled, {"Deployment web-v2", "no proxy"}));
  EXPECT_TRUE(hasProxy(importedJson(importIstio(manifests({service("web") + version("v1", 1, true) + version("v2", 0, false)}))), "web")) << "a version without pods has no say";
  EXPECT_FALSE(hasProxy(importedJson(importIstio(manifests({service("web") + version("v1", 1, true) + version("v2", 2, false)}))), "web"));
}

TEST(ImportWorkloads, PoliciesMeetThePortOfThePods) {
  const std::string deny = "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: p}\nspec: {action: DENY, rules: [{to: [{operation: {ports: ['8080']}}]}]}\n";
  for (const char* ports : {"[{port: 80, name: http, targetPort: 8080}]", "[{port: 80, name: http, targetPort: web}]"}) {
    const ImportResult result = importIstio(manifests({service("web", ports) + deployment("web", "labels: {app: web}", "replicas: 1", "containers: [{name: c, ports: [{name: web, containerPort: 8080}]}]") + deny}));
    EXPECT_EQ(importedJson(result)["services"]["web"]["port"], 8080) << ports;
    EXPECT_EQ(valueOf(runImported(result.scenario, {setting("/run/duration", "5s")}), "requests.ok"), 0) << ports;
  }
}

TEST(ImportWorkloads, ThePortThatIsSaidToSpeakHttpIsTheServicesAndTheOthersAreTold) {
  const ImportResult result = importIstio(manifests({service("web", "[{name: metrics, port: 9090}, {name: http-web, port: 80}]") + deployment("web", "labels: {app: web}")}));
  EXPECT_EQ(importedJson(result)["services"]["web"]["port"], 80);
  EXPECT_TRUE(tells(result.notes.not_modelled, {"Service web", "port 9090 (metrics)"}));
}

TEST(ImportWorkloads, HttpsAndTlsAreOpaqueAndServiceEntriesHavePortsToo) {
  const auto entry = [](const std::string& host, const std::string& protocol) {
    return "---\napiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: e-" + protocol + "}\nspec: {hosts: [" + host + "], resolution: DNS, ports: [{number: 443, name: x, protocol: " + protocol + "}]}\n";
  };
  const ImportedJson services =
      importedJson(importIstio(manifests({service("sec", "[{name: HTTPS-web, port: 443, targetPort: 8443}]") + deployment("sec", "labels: {app: sec}") + entry("a.example", "HTTPS") + entry("b.example", "GRPC")})))["services"];
  EXPECT_EQ(services["sec"]["protocol"], "tcp");
  EXPECT_EQ(services["a.example"]["protocol"], "tcp");
  EXPECT_EQ(services["b.example"]["protocol"], "grpc");
  EXPECT_EQ(services["b.example"]["port"], 443);
}

TEST(ImportWorkloads, PodsThatNameNoAccountHaveTheAccountDefault) {
  const std::string allow = "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: p}\nspec: {selector: {matchLabels: {app: api}}, rules: [{from: [{source: {principals: "
                            "['cluster.local/ns/default/sa/default']}}]}]}\n";
  const ImportResult result = importIstio(manifests({service("web") + deployment("web", "labels: {app: web}") + service("api") + deployment("api", "labels: {app: api}") + allow}, "web -> api"));
  EXPECT_EQ(importedJson(result)["services"]["api"]["serviceAccount"], "default");
  EXPECT_EQ(valueOf(runImported(result.scenario, {setting("/run/duration", "5s")}), "requests.failed"), 0);
}

TEST(ImportWorkloads, AFieldThatActsAndIsNotReadIsToldWithPlaceObjectAndPath) {
  const ImportResult result = importIstio(manifests({service("web", "[{port: 80}]", ", sessionAffinity: ClientIP, trafficDistribution: PreferClose, clusterIP: None, internalTrafficPolicy: Cluster") +
                                                     deployment("web", "labels: {app: web}, annotations: {proxy.istio.io/config: 'concurrency: 4'}", "minReadySeconds: 30", "nodeSelector: {zone: a}, containers: [{name: c, livenessProbe: {exec: {}}}]") +
                                                     deployment("two", "labels: {app: two}", "strategy: {type: Recreate}", "containers: [{name: c, livenessProbe: {grpc: {port: 1}}}]")}));
  EXPECT_FALSE(result.scenario.empty());
  const auto& told = result.notes.not_modelled;
  for (const char* field : {"Service web: sessionAffinity", "Service web: trafficDistribution", "Service web: clusterIP (headless", "Deployment web: minReadySeconds", "Deployment web: template.spec.nodeSelector",
                            "Deployment two: strategy.type", "template.metadata.annotations.proxy.istio.io/config"})
    EXPECT_TRUE(tells(told, {"file-1.yaml:", field})) << field;
  EXPECT_TRUE(tells(told, {"Deployment web: template.spec.containers.livenessProbe", "also in two (file-1.yaml:"})) << "one line a field, with every place";
  EXPECT_FALSE(tells(told, {"internalTrafficPolicy"})) << "Cluster is what holds anyhow";
}

TEST(ImportWorkloads, WhatLeavesRequestsAloneIsNotTold) {
  const ImportResult result = importIstio(manifests(
      {service("web") + "status: {loadBalancer: {}}\n" +
       deployment("web", "labels: {app: web}", "revisionHistoryLimit: 3", "volumes: [{name: v}], restartPolicy: Always, containers: [{name: c, image: i, env: [{name: A, value: b}], resources: {limits: {cpu: 1}}, ports: [{containerPort: 80}], readinessProbe: {httpGet: {port: 80}, periodSeconds: 5}}]")}));
  EXPECT_TRUE(result.notes.not_modelled.empty()) << result.notes.not_modelled.front();
}

TEST(ImportWorkloads, AHookThatSleepsIsReadInAllItsForms) {
  const auto termination = [](const std::string& hook) {
    const ImportResult result = importIstio(manifests({service("web") + deployment("web", "labels: {app: web}", "replicas: 1", "containers: [{name: c, lifecycle: {preStop: " + hook + "}}]")}));
    const ImportedJson version = importedJson(result)["services"]["web"]["versions"]["v1"];
    return version.contains("termination") ? version["termination"]["preStop"].get<std::string>() : tells(result.notes.not_modelled, {"web: its preStop hook"}) ? "told" : "";
  };
  EXPECT_EQ(termination("{sleep: {seconds: 7}}"), "7s");
  EXPECT_EQ(termination("{exec: {command: [sleep, '10']}}"), "10s");
  EXPECT_EQ(termination("{exec: {command: [/bin/sh, -c, sleep 15]}}"), "15s");
  EXPECT_EQ(termination("{exec: {command: [/bin/sh, -c, 'sleep 5; nginx -s quit']}}"), "told");
  EXPECT_EQ(termination("{httpGet: {path: /bye, port: 80}}"), "told");
}

TEST(ImportWorkloads, TheDestinationRuleOfTheServicesNamespaceCounts) {
  const auto rule = [](const std::string& name, const std::string& where, const std::string& host, const std::string& balancer, const std::string& more = "") {
    return "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: " + name + ", namespace: " + where + "}\nspec: {host: " + host + more + ", trafficPolicy: {loadBalancer: {simple: " + balancer + "}}}\n";
  };
  const std::string api = service("api", "[{port: 80}]", "", "b") + deployment("api", "labels: {app: api}", "replicas: 1", "", "b");
  const ImportResult both = importIstio(manifests({api + rule("client", "a", "api.b.svc.cluster.local", "RANDOM") + rule("server", "b", "api", "ROUND_ROBIN")}));
  EXPECT_EQ(importedJson(both)["mesh"]["destinationRules"]["api"]["trafficPolicy"]["loadBalancer"]["simple"], "ROUND_ROBIN");
  EXPECT_TRUE(tells(both.notes.not_modelled, {"DestinationRule client"}));
  const ImportResult hidden = importIstio(manifests({api + rule("client", "a", "api.b.svc.cluster.local", "RANDOM", ", exportTo: ['.']")}));
  EXPECT_FALSE(importedJson(hidden).contains("mesh"));
  EXPECT_TRUE(tells(hidden.notes.not_modelled, {"DestinationRule client", "exportTo"}));
  EXPECT_TRUE(tells(importIstio(manifests({api + rule("client", "a", "api.b.svc.cluster.local", "RANDOM")})).notes.guessed, {"DestinationRule client", "callers of its namespace a only"}));
}

TEST(ImportWorkloads, AnAutoscalerOfAVersionWithoutReplicasIsLeftOutAndTheOtherStays) {
  const auto scaler = [](const std::string& name, int most) {
    return "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h-" + name + "}\nspec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: " + name + "}, maxReplicas: " + std::to_string(most) + "}\n";
  };
  const ImportResult result = importIstio(manifests({service("a") + deployment("a-v1", "labels: {app: a, version: v1}", "replicas: 4") + deployment("a-v2", "labels: {app: a, version: v2}", "replicas: 0") + scaler("a-v2", 3) + scaler("a-v1", 8)}));
  EXPECT_EQ(importedJson(result)["autoscalers"]["a"]["maxReplicas"], 8);
  EXPECT_TRUE(tells(result.notes.not_modelled, {"HorizontalPodAutoscaler h-a-v2", "no replicas"}));
}

TEST(ImportWorkloads, AnArgoStepThatDoesSeveralThingsBecomesSteps) {
  const std::string rollout =
      "---\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web}\nspec:\n  replicas: 4\n  selector: {matchLabels: {app: web}}\n  template: {metadata: {labels: {app: web}}, spec: {containers: []}}\n"
      "  strategy: {canary: {trafficRouting: {managedRoutes: [{name: h}], istio: {}}, steps: [{setCanaryScale: {weight: 1}, setHeaderRoute: {name: h, match: [{headerName: trace, headerValue: {exact: debug}}]}}, {pause: {duration: 10}}]}}\n";
  const ImportResult result = importIstio(manifests({service("web") + rollout}));
  const ImportedJson steps = importedJson(result)["rollouts"]["web"]["argo"]["strategy"]["canary"]["steps"];
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_TRUE(steps[0].contains("setCanaryScale") && steps[1].contains("setHeaderRoute") && steps[2].contains("pause")) << steps;
}

TEST(ImportWorkloads, KialisGraphsMayHaveWhatNoManifestHas) {
  IstioInput input = manifests({workloads("web")});
  input.calls = {{{"kiali.json", R"({"elements": {"nodes": [
      {"data": {"id": "1", "nodeType": "app", "namespace": "default", "workload": "web-v1", "app": "web", "version": "v1"}},
      {"data": {"id": "2", "nodeType": "service", "namespace": "unknown", "service": "PassthroughCluster"}}, {"data": {"id": "3", "nodeType": "service", "namespace": "unknown", "service": "api.stripe.com"}}],
    "edges": [{"data": {"source": "1", "target": "2", "traffic": {"rates": {"http": "1.0"}}}}, {"data": {"source": "1", "target": "3", "traffic": {"rates": {"http": "1.0"}}}}]}})"},
                  true}};
  const ImportResult result = importIstio(input);
  EXPECT_EQ(importedJson(result)["services"]["web"]["operations"]["GET /"]["steps"][1]["call"], "api.stripe.com/GET /");
  EXPECT_TRUE(tells(result.notes.not_modelled, {"PassthroughCluster"}));
  EXPECT_TRUE(tells(result.notes.guessed, {"host api.stripe.com", "outside"}));
}

TEST(ImportWorkloads, AFolderMayHoldOtherThings) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(testing::TempDir()) / "meshmall-import-folder";
  fs::remove_all(folder);
  fs::create_directories(folder / ".github");
  const auto write = [&](const std::string& name, const std::string& text) { std::ofstream(folder / name) << text; };
  write("web.yaml", workloads("web"));
  write("kustomization.yaml", "resources: [web.yaml]\n");
  write("full.yaml", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [web.yaml]\n");
  write("package.json", "{\"name\": \"web\"}");
  write(".github/ci.yml", "on: [push\n");
  IstioInput input;
  InputFiles files = readInputFiles({folder.string()}, {".yaml", ".yml", ".json"});
  EXPECT_EQ(files.files.size(), 4u) << "hidden folders are passed by";
  input.files = std::move(files.files);
  const ImportResult result = importIstio(input);
  EXPECT_FALSE(result.scenario.empty()) << problemsOf(result);
  EXPECT_EQ(problemsOf(result).find("kustomization.yaml"), std::string::npos) << "kustomize takes its kind for granted\n" << problemsOf(result);
  EXPECT_TRUE(tells(result.notes.not_modelled, {"package.json:1"}));
  EXPECT_TRUE(tells(result.notes.not_modelled, {"full.yaml:1", "Kustomization"}));
  EXPECT_FALSE(tells(result.notes.not_modelled, {"metadata"}));
  fs::remove_all(folder);
}

const std::string kScaler = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  minReplicas: 3\n  maxReplicas: 9\n"
                            "  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]\n---\n";

std::string bareDeployment(const std::string& name, const std::string& spec) {
  return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name + "}\nspec: {" + spec + "template: {metadata: {labels: {app: " + name + "}}, spec: {containers: [{name: a, image: a}]}}}\n---\n";
}

TEST(ImportWorkloads, WithoutReplicasADeploymentBeginsWithTheLeastOfItsAutoscaler) {
  const ImportResult silent = importIstio(manifests({bareDeployment("web", "") + kScaler}));
  EXPECT_EQ(importedJson(silent)["services"]["web"]["versions"]["v1"]["replicas"], 3);
  EXPECT_TRUE(tells(silent.notes.guessed, {"web says no replicas", "HorizontalPodAutoscaler web, 3"}));
  const ImportedJson said = importedJson(importIstio(manifests({bareDeployment("web", "replicas: 2, ") + kScaler})));
  EXPECT_EQ(said["services"]["web"]["versions"]["v1"].value("replicas", 1), 2) << "what it says is what was applied";
}

TEST(ImportWorkloads, ATargetWithoutANamespaceIsWhereItsCanaryIs) {
  const std::string canary = "apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata: {name: web, namespace: test}\nspec:\n  targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  service: {port: 80}\n"
                             "  analysis: {interval: 30s, threshold: 5, stepWeights: [10, 50]}\n---\n";
  const ImportResult found = importIstio(manifests({bareDeployment("web", "") + canary}));
  EXPECT_TRUE(importedJson(found)["rollouts"].contains("web"));
  EXPECT_TRUE(tells(found.notes.guessed, {"Deployment web", "says no namespace", "Canary web in test"}));
  std::string elsewhere = bareDeployment("web", "");
  elsewhere.insert(elsewhere.find("name: web") + 9, ", namespace: prod");
  const ImportResult none = importIstio(manifests({elsewhere + canary}));
  EXPECT_FALSE(importedJson(none).contains("rollouts")) << "one that says another namespace is another";
  EXPECT_TRUE(tells(none.notes.not_modelled, {"Canary web", "in none of these files"}));
}

TEST(ImportWorkloads, TheServiceOfAnArgoRolloutIsCalledByItsStableOne) {
  const std::string rollout = "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: shop}\nspec:\n  replicas: 2\n  strategy: {canary: {stableService: z-stable, canaryService: a-canary, steps: [{setWeight: 10}, {pause: {duration: 10}}]}}\n"
                              "  template: {metadata: {labels: {app: shop}}, spec: {containers: [{name: a, image: a}]}}\n---\n";
  std::string services;
  for (const char* name : {"a-canary", "z-stable"}) services += std::string("apiVersion: v1\nkind: Service\nmetadata: {name: ") + name + "}\nspec: {selector: {app: shop}, ports: [{port: 80, name: http}]}\n---\n";
  const ImportedJson scenario = importedJson(importIstio(manifests({rollout + services})));
  EXPECT_TRUE(scenario["services"].contains("z-stable")) << scenario["services"].dump();
  EXPECT_TRUE(scenario["rollouts"].contains("z-stable"));
}

TEST(ImportWorkloads, AKustomizationNeedsNoKindAndAnOldIngressIsKnown) {
  IstioInput input = manifests({bareDeployment("web", "") + "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: in}\nspec: {}\n"});
  input.files.push_back({"shop/kustomization.yaml", "resources:\n- web.yaml\n"});
  const ImportResult result = importIstio(std::move(input));
  importedJson(result);
  EXPECT_TRUE(tells(result.notes.not_modelled, {"shop/kustomization.yaml", "Kustomization: what it changes in other files"}));
  EXPECT_NE(problemsOf(result).find("Ingress \"in\" acts on requests, but not in a mall"), std::string::npos) << problemsOf(result);
  EXPECT_EQ(problemsOf(result).find("no Kubernetes object"), std::string::npos);
}

}  // namespace
}  // namespace meshmall::models
