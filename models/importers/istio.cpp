#include <nlohmann/json.hpp>  // before istio_parts.h

#include "models/importers/istio.h"

#include <algorithm>
#include <deque>
#include <set>

#include "models/importers/call_list.h"
#include "models/importers/fit_to_format.h"
#include "models/importers/istio_parts.h"
#include "models/importers/list_text.h"
#include "models/importers/mall_of_cluster.h"
#include "models/importers/traced_services.h"
#include "models/importers/unread_fields.h"
#include "models/importers/yaml_text.h"

namespace meshmall::models {

namespace {

enum class Part { read, no_part, not_built, unknown };

struct KnownKind {
  const char* group;
  const char* kind;
  Part part;
};

// What the importer does with each kind. `no_part`: nothing of it acts on requests. `not_built`: it does, but not here.
constexpr KnownKind kKinds[] = {
    {"", "Service", Part::read},
    {"", "ServiceAccount", Part::read},
    {"", "Namespace", Part::read},
    {"", "Pod", Part::read},
    {"apps", "Deployment", Part::read},
    {"apps", "StatefulSet", Part::read},
    {"apps", "DaemonSet", Part::read},
    {"apps", "ReplicaSet", Part::read},
    {"autoscaling", "HorizontalPodAutoscaler", Part::read},
    {"networking.istio.io", "VirtualService", Part::read},
    {"networking.istio.io", "DestinationRule", Part::read},
    {"networking.istio.io", "Gateway", Part::read},
    {"networking.istio.io", "ServiceEntry", Part::read},
    {"networking.istio.io", "Sidecar", Part::read},
    {"security.istio.io", "PeerAuthentication", Part::read},
    {"security.istio.io", "AuthorizationPolicy", Part::read},
    {"security.istio.io", "RequestAuthentication", Part::read},
    {"gateway.networking.k8s.io", "Gateway", Part::read},
    {"gateway.networking.k8s.io", "HTTPRoute", Part::read},
    {"gateway.networking.k8s.io", "GRPCRoute", Part::read},
    {"flagger.app", "Canary", Part::read},
    {"argoproj.io", "Rollout", Part::read},
    {"argoproj.io", "AnalysisTemplate", Part::read},
    {"argoproj.io", "ClusterAnalysisTemplate", Part::read},
    {"kustomize.config.k8s.io", "Kustomization", Part::no_part},
    {"kustomize.config.k8s.io", "Component", Part::no_part},
    {"", "ConfigMap", Part::no_part},
    {"", "Secret", Part::no_part},
    {"", "PersistentVolumeClaim", Part::no_part},
    {"", "PersistentVolume", Part::no_part},
    {"", "Endpoints", Part::no_part},
    {"", "LimitRange", Part::no_part},
    {"", "ResourceQuota", Part::no_part},
    {"", "Event", Part::no_part},
    {"", "Node", Part::no_part},
    {"discovery.k8s.io", "EndpointSlice", Part::no_part},
    {"rbac.authorization.k8s.io", "Role", Part::no_part},
    {"rbac.authorization.k8s.io", "RoleBinding", Part::no_part},
    {"rbac.authorization.k8s.io", "ClusterRole", Part::no_part},
    {"rbac.authorization.k8s.io", "ClusterRoleBinding", Part::no_part},
    {"apiextensions.k8s.io", "CustomResourceDefinition", Part::no_part},
    {"storage.k8s.io", "StorageClass", Part::no_part},
    {"scheduling.k8s.io", "PriorityClass", Part::no_part},
    {"gateway.networking.k8s.io", "GatewayClass", Part::no_part},
    {"gateway.networking.k8s.io", "ReferenceGrant", Part::no_part},
    {"flagger.app", "AlertProvider", Part::no_part},
    {"batch", "Job", Part::no_part},
    {"batch", "CronJob", Part::no_part},
    {"telemetry.istio.io", "Telemetry", Part::no_part},
    {"flagger.app", "MetricTemplate", Part::not_built},
    {"networking.istio.io", "EnvoyFilter", Part::not_built},
    {"networking.istio.io", "ProxyConfig", Part::not_built},
    {"networking.istio.io", "WorkloadEntry", Part::not_built},
    {"networking.istio.io", "WorkloadGroup", Part::not_built},
    {"extensions.istio.io", "WasmPlugin", Part::not_built},
    {"networking.k8s.io", "NetworkPolicy", Part::not_built},
    {"networking.k8s.io", "Ingress", Part::not_built},
    {"extensions", "Ingress", Part::not_built},  // before Kubernetes 1.22
    {"networking.k8s.io", "IngressClass", Part::no_part},
    {"policy", "PodDisruptionBudget", Part::not_built},
    {"gateway.networking.k8s.io", "TCPRoute", Part::not_built},
    {"gateway.networking.k8s.io", "TLSRoute", Part::not_built},
    {"gateway.networking.k8s.io", "UDPRoute", Part::not_built},
    {"gateway.networking.k8s.io", "BackendTLSPolicy", Part::not_built},
    {"argoproj.io", "Experiment", Part::not_built},
    {"argoproj.io", "AnalysisRun", Part::no_part},
};

Part partOf(const Manifest& m) {
  for (const KnownKind& known : kKinds)
    if (m.is(known.group, known.kind)) return known.part;
  return Part::unknown;
}

std::string counted(const std::map<std::string, int>& kinds) {
  std::string text;
  for (const auto& [kind, count] : kinds) text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + kind;
  return text;
}

void account(const std::vector<Manifest>& manifests, std::size_t files, ImportContext& context) {
  std::map<std::string, int> read, idle;
  std::size_t gateways = 0;
  for (const Manifest& m : manifests) {
    const Part part = partOf(m);
    if (part == Part::read) ++read[m.kind];
    if (m.group == "kustomize.config.k8s.io") context.notModelled(m.at, m.kind + ": what it changes in other files (render them first: kubectl kustomize)");
    else if (part == Part::no_part) ++idle[m.kind];
    if (part == Part::not_built) {
      context.warning(m.at, m.kind + " " + inQuotes(m.name) + " acts on requests, but not in a mall");
      context.notModelled(m.at, m.kind + " " + m.name);
    }
    if (part == Part::unknown) {
      context.warning(m.at, "unknown kind " + inQuotes(m.kind) + " of " + inQuotes(m.root->textOf("apiVersion")) + ": ignored");
      context.notModelled(m.at, m.kind + " " + m.name + " (unknown kind)");
    }
    if (part != Part::read || m.kind != "Gateway") continue;
    ++gateways;
    for (const char* list : {"servers", "listeners"})
      if (const YamlValue* servers = m.spec() == nullptr ? nullptr : m.spec()->find(list); servers != nullptr)
        for (const YamlValue& server : servers->items)
          if (server.find("tls") != nullptr) context.notModelled(server.at, "Gateway " + m.name + ": TLS of the entrance");
  }
  context.notes.read.push_back(counted(read) + " from " + std::to_string(files) + (files == 1 ? " file" : " files"));
  if (!idle.empty()) context.notModelled(counted(idle) + ": nothing of them acts on requests");
  if (gateways > 1) context.guessed(std::to_string(gateways) + " Gateways are one entrance");
}

class Importer {
 public:
  explicit Importer(IstioInput& input) : input_(input), context_(namesOf(input)) {}

  ImportResult go() {
    ImportResult out;
    std::optional<ImportJson> scenario;
    try {
      scenario = build();
      if (scenario && failed()) scenario.reset();
      if (scenario && !fitToFormat(*scenario, context_)) scenario.reset();
    } catch (const ImportJson::exception& error) {
      context_.error({0, 0, 0}, std::string("has a shape that cannot be read: ") + error.what());
      scenario.reset();
    }
    if (scenario) {
      (*scenario)["description"] = "Made by `meshmall import istio`. " + asParagraph(context_.notes);
      out.scenario = withoutTags(*scenario).dump(2, ' ', false, ImportJson::error_handler_t::replace) + "\n";
    }
    out.notes = std::move(context_.notes);
    out.problems = std::move(context_.problems);
    sortProblems(out.problems);
    return out;
  }

 private:
  static std::vector<std::string> namesOf(const IstioInput& input) {
    std::vector<std::string> names;
    for (const InputFile& file : input.files) names.push_back(file.name);
    for (const CallSource& source : input.calls) names.push_back(source.text.name);
    if (input.load) names.push_back(input.load->name);
    return names;
  }

  bool failed() const { return hasErrors(context_.problems); }

  std::optional<ImportJson> build() {
    for (std::size_t i = 0; i < input_.files.size(); ++i)
      for (YamlValue& document : parseYaml(input_.files[i].text, static_cast<std::uint32_t>(i), input_.files[i].name, context_.problems)) documents_.push_back(std::move(document));
    if (failed()) return std::nullopt;
    std::vector<bool> found;
    for (const InputFile& file : input_.files) found.push_back(file.found);
    const std::vector<Manifest> manifests = manifestsOf(documents_, found, context_);
    if (failed()) return std::nullopt;
    account(manifests, input_.files.size(), context_);
    tellUnreadFields(manifests, context_);
    KubernetesCluster cluster(manifests, context_);
    IstioParts parts{context_, cluster, manifests, {}, {}, {}, ImportJson::object(), ImportJson::object(), ImportJson::object(), ImportJson::object(), {}, {}, {}, {}};
    readServiceEntries(parts);
    readRollouts(parts);
    readVirtualServices(parts);
    readGatewayRoutes(parts);
    combineRoutes(parts);
    readDestinationRules(parts);
    readSecurity(parts);
    readAutoscalers(parts);
    if (failed()) return std::nullopt;
    if (cluster.services.empty()) {
      context_.error({0, 0, 0}, "there is no service in these files", "give Services and Deployments too");
      return std::nullopt;
    }
    return scenarioOf(parts);
  }

  ImportJson scenarioOf(IstioParts& parts) {
    std::optional<TracedServices> traced;
    if (input_.traces) traced.emplace(*input_.traces, parts.cluster, context_);
    MallOfCluster mall(parts, traced ? &*traced : nullptr);
    addCalls(mall);
    addLoad(mall);
    const ImportJson traffic = mall.traffic();
    const ImportJson services = mall.services();
    if (!traced || !traced->meetsAll())
      context_.guessed(std::string(traced ? "without traces, each request keeps" : "each request keeps") +
                       " a worker busy for 2 ms (lognormal, cv 1), calls come one after another in the order they are known, a failed call fails the caller; 2 workers an endpoint");
    if (traced) context_.guessed("what the traces measured between client and server holds the proxies: they take no time of their own (sidecar.preset none)");
    else context_.guessed("a hop takes 0.25 ms; proxies cost what Istio publishes (sidecar.preset)");
    if (traced && !input_.load && !parts.user_headers.empty()) context_.guessed("traced requests carry no headers: rules that ask for one see nobody (--load says who has it)");
    ImportJson out = {{"meshmall", 1}, {"name", input_.name.empty() ? "imported" : input_.name}, {"description", ""}};
    const bool slow = !parts.rollouts.empty() || !parts.autoscalers.empty();
    out["run"] = {{"duration", slow ? "1200s" : "60s"}, {"warmup", "5s"}, {"seed", 1}};
    if (!traced) out["network"] = {{"sameZone", "250us"}};  // without clients' spans a hop is part of the caller's traced time
    out["sidecar"] = {{"preset", traced ? "none" : "sidecar"}};
    if (traced) traced->addRest(out);
    if (traced && slow) out["run"]["duration"] = "1200s";
    out["services"] = services;
    out["traffic"] = traffic;
    ImportJson mesh = ImportJson::object();
    ImportJson rules = ImportJson::object();
    for (auto& [service, rule] : parts.destination_rules) rules[parts.cluster.services[service].key] = rule;
    if (!rules.empty()) mesh["destinationRules"] = rules;
    if (!parts.virtual_services.empty()) mesh["virtualServices"] = parts.virtual_services;
    for (const auto& [key, block] : parts.security.items()) mesh[key] = block;
    if (!mesh.empty()) out["mesh"] = mesh;
    if (!parts.rollouts.empty()) out["rollouts"] = parts.rollouts;
    if (!parts.autoscalers.empty()) out["autoscalers"] = parts.autoscalers;
    return out;
  }

  void addCalls(MallOfCluster& mall) {
    for (std::size_t i = 0; i < input_.calls.size(); ++i) {
      const CallSource& source = input_.calls[i];
      const auto file = static_cast<std::uint32_t>(input_.files.size() + i);
      const auto calls = source.file ? callsOfFile(source.text.text, file, source.text.name, context_) : callsOfText(source.text.text, {file, 0, 0}, context_);
      const std::size_t first = source.text.text.find_first_not_of(" \t\r\n");
      mall.addCalls(calls, source.file && first != std::string::npos && source.text.text[first] == '{');  // Kiali's
      context_.notes.read.push_back(std::to_string(calls.size()) + (calls.size() == 1 ? " call from " : " calls from ") + source.text.name);
    }
  }

  void addLoad(MallOfCluster& mall) {
    if (!input_.load) return;
    const auto file = static_cast<std::uint32_t>(input_.files.size() + input_.calls.size());
    for (YamlValue& document : parseYaml(input_.load->text, file, input_.load->name, context_.problems)) documents_.push_back(std::move(document));
    if (failed()) return;
    const YamlValue& root = documents_.back();
    const YamlValue* list = root.isList() ? &root : root.find("traffic");
    if (root.at.file != file || list == nullptr) return context_.error({file, 1, 1}, "has no list \"traffic\"");
    mall.setLoad(*list);
    context_.notes.read.push_back("customers from " + input_.load->name);
  }

  IstioInput& input_;
  ImportContext context_;
  std::deque<YamlValue> documents_;  // what is pasted points into these
};

}  // namespace

ImportResult importIstio(IstioInput input) { return Importer(input).go(); }

}  // namespace meshmall::models
