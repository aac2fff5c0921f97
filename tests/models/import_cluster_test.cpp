// What the manifest importer takes from workloads, Services and namespaces: proxies, accounts, ports, hooks; what it passes over, and what it says of the rest.
#include "tests/models/import_fixture.h"

namespace meshmall::models {
namespace {

std::string inNamespace(const std::string& name, const std::string& metadata, const std::string& pod = "{}") {
  return "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: " + name + "}\nspec: {selector: {app: web}, ports: [{port: 80, name: http}]}\n---\n" +
         "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: " + name + "}\nspec: {template: {metadata: " + metadata + ", spec: " + pod + "}}\n---\n";
}
std::string nameSpace(const std::string& name, const std::string& labels) { return "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + name + ", labels: {" + labels + "}}\n---\n"; }

// Whether the service "web" has a proxy.
bool hasProxy(const std::vector<std::string>& texts) {
  const ImportedJson scenario = importedJson(importIstio(manifests(texts)));
  return scenario["services"]["web"].value("sidecar", true);
}

const std::string kPlain = "{labels: {app: web}}";

TEST(ImportCluster, ProxiesAreWhereIstioInjectsThem) {
  EXPECT_TRUE(hasProxy({inNamespace("n", kPlain)})) << "no manifest of the namespace: taken for injected";
  EXPECT_TRUE(hasProxy({nameSpace("n", "istio-injection: enabled"), inNamespace("n", kPlain)}));
  EXPECT_TRUE(hasProxy({nameSpace("n", "istio.io/rev: stable"), inNamespace("n", kPlain)}));
  EXPECT_FALSE(hasProxy({nameSpace("n", "team: a"), inNamespace("n", kPlain)}));
  EXPECT_TRUE(hasProxy({nameSpace("n", "team: a"), inNamespace("n", "{labels: {app: web, sidecar.istio.io/inject: 'true'}}")}));
  EXPECT_FALSE(hasProxy({nameSpace("n", "istio-injection: disabled"), inNamespace("n", "{labels: {app: web, sidecar.istio.io/inject: 'true'}}")}));
  EXPECT_FALSE(hasProxy({nameSpace("n", "istio.io/dataplane-mode: ambient"), inNamespace("n", kPlain)}));
  EXPECT_FALSE(hasProxy({nameSpace("n", "istio-injection: enabled"), inNamespace("n", kPlain, "{hostNetwork: true}")}));
  EXPECT_TRUE(tells(importIstio(manifests({inNamespace("n", kPlain)})).notes.guessed, {"whether the injector acts in namespace n"}));
  EXPECT_TRUE(tells(importIstio(manifests({nameSpace("n", "team: a"), inNamespace("n", kPlain)})).notes.guessed, {"Namespace n", "has neither label istio-injection"}));
}

TEST(ImportCluster, OneVersionWithoutAProxyDoesNotTakeItFromTheRest) {
  const std::string version = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web-v2}\nspec: {replicas: 1, template: {metadata: {labels: {app: web, version: v2}, annotations: "
                              "{sidecar.istio.io/inject: 'false'}}}}\n";
  const ImportResult result = importIstio(manifests({workloads("web"), version}));
  EXPECT_FALSE(importedJson(result)["services"]["web"].contains("sidecar"));
  EXPECT_TRUE(tells(result.notes.not_modelled, {"Deployment web-v2", "no proxy"}));
}

TEST(ImportCluster, PodsThatNameNoAccountHaveTheDefaultOne) {
  EXPECT_EQ(importedJson(importIstio(manifests({inNamespace("n", kPlain)})))["services"]["web"]["serviceAccount"], "default");
}

TEST(ImportCluster, TheFirstPortThatSaysHttpIsTheServices) {
  const std::string text = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 9090, name: metrics}, {port: 80, name: http-web}]}\n---\n";
  EXPECT_EQ(importedJson(importIstio(manifests({text})))["services"]["web"]["port"], 80);
}

TEST(ImportCluster, ASleepBeforeTheStopCountsHoweverItIsWritten) {
  for (const char* hook : {"{sleep: {seconds: 15}}", "{exec: {command: [sleep, '15']}}", "{exec: {command: [/bin/sh, -c, sleep 15]}}"}) {
    const ImportResult result = importIstio(manifests({inNamespace("n", kPlain, "{containers: [{name: c, lifecycle: {preStop: " + std::string(hook) + "}}]}")}));
    EXPECT_EQ(importedJson(result)["services"]["web"]["versions"]["v1"]["termination"]["preStop"], "15s") << hook;
    EXPECT_FALSE(tells(result.notes.not_modelled, {"preStop"})) << hook;
  }
  const ImportResult other = importIstio(manifests({inNamespace("n", kPlain, "{containers: [{name: c, lifecycle: {preStop: {exec: {command: [/drain]}}}}]}")}));
  EXPECT_TRUE(tells(other.notes.not_modelled, {"web: its preStop hook"}));
}

TEST(ImportCluster, SaysWhichFieldsOfServicesAndPodsActOnRequestsAndAreNotRead) {
  const std::string service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {clusterIP: None, sessionAffinity: ClientIP, internalTrafficPolicy: Local, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}\n---\n";
  const std::string policy = "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: p}\nspec: {selector: {matchLabels: {app: web}}, portLevelMtls: {8080: {mode: STRICT}}}\n---\n";
  const std::string pods = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, livenessProbe: {tcpSocket: {port: 80}}}], nodeSelector: {zone: a}}}}\n---\n";
  const ImportResult result = importIstio(manifests({service, pods, policy}));
  const auto& left = result.notes.not_modelled;
  for (const char* what : {"sessionAffinity", "headless", "internalTrafficPolicy"}) EXPECT_TRUE(tells(left, {what, "Service web", "file-1.yaml:"})) << what;
  EXPECT_TRUE(tells(left, {"livenessProbe", "Deployment web"}));
  EXPECT_TRUE(tells(left, {"nodeSelector", "Deployment web"}));
}

TEST(ImportCluster, OfAFolderWhatIsNoObjectIsPassedOverAndANamedFileIsNot) {
  IstioInput input = manifests({workloads("web"), "name: chart\nversion: 1\n", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n"});
  EXPECT_NE(problemsOf(importIstio(input)).find("is no Kubernetes object"), std::string::npos);
  EXPECT_TRUE(importIstio(input).scenario.empty());
  for (InputFile& file : input.files) file.found = true;
  const ImportResult result = importIstio(input);
  EXPECT_FALSE(result.scenario.empty()) << problemsOf(result);
  EXPECT_NE(problemsOf(result).find("passed over"), std::string::npos);
  EXPECT_TRUE(tells(result.notes.not_modelled, {"Kustomization", "kubectl kustomize"}));
}

}  // namespace
}  // namespace meshmall::models
