#include "models/importers/cluster.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "models/importers/list_text.h"

namespace meshmall::models {

LabelList labelsOf(const YamlValue* map) {
  LabelList out;
  if (map == nullptr) return out;
  for (const YamlMember& member : map->members)
    if (member.value.isScalar() || member.value.isNull()) out.emplace_back(member.key, member.value.text);
  std::sort(out.begin(), out.end());
  return out;
}

bool hasLabels(const LabelList& labels, const LabelList& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& label) { return std::binary_search(labels.begin(), labels.end(), label); });
}

std::string protocolOfWord(std::string word) {
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); });
  if (word == "kubernetes.io/h2c") return "http2";
  if (word == "kubernetes.io/wss") return "tcp";
  word = word.substr(0, word.find('-'));
  if (word == "grpc" || word == "http2") return word;
  for (const char* opaque : {"tcp", "tls", "https", "udp", "mongo", "mysql", "redis"})
    if (word == opaque) return "tcp";
  return "http1";
}

namespace {

constexpr std::int64_t kMostReplicas = 1'000'000;

struct Workload {
  std::string name, name_space, kind;
  LabelList labels;
  std::int64_t replicas = 1;
  bool replicas_said = true;
  const YamlValue* pod = nullptr;
  bool sidecar = true;
  YamlPlace at;
  std::optional<std::size_t> service;
};

std::string labelOf(const LabelList& labels, std::string_view key) {
  for (const auto& [name, value] : labels)
    if (name == key) return value;
  return "";
}

// What a namespace says to the injector. unknown: there is no manifest of it.
enum class Injection { unknown, silent, on, off, ambient };

Injection injectionOf(const YamlValue* labels) {
  if (labels == nullptr) return Injection::silent;
  if (labels->find("istio-injection") != nullptr) return labels->textOf("istio-injection") == "enabled" ? Injection::on : Injection::off;
  if (labels->find("istio.io/rev") != nullptr) return Injection::on;
  return labels->textOf("istio.io/dataplane-mode") == "ambient" ? Injection::ambient : Injection::silent;
}

// Does the injector give these pods a proxy? Source: Istio, "Installing the sidecar", and its webhook's selectors: never with hostNetwork; not where the namespace or the pod says no;
// else where either says yes. A pod says yes by its label; by an annotation alone it is not even asked. Without a Namespace's manifest pods are taken to have one.
bool injected(const YamlValue* metadata, const YamlValue* pod, Injection name_space) {
  if (pod != nullptr && truthOf(pod->find("hostNetwork"), false)) return false;
  const YamlValue* label = metadata == nullptr ? nullptr : metadata->find({"labels", "sidecar.istio.io/inject"});
  const YamlValue* annotation = metadata == nullptr ? nullptr : metadata->find({"annotations", "sidecar.istio.io/inject"});
  if (name_space == Injection::off || !truthOf(label != nullptr ? label : annotation, true)) return false;
  const bool asked = truthOf(label, false) || (metadata != nullptr && metadata->find({"labels", "istio.io/rev"}) != nullptr);
  return asked || name_space == Injection::on || name_space == Injection::unknown;
}

class Reader {
 public:
  Reader(const std::vector<Manifest>& manifests, ImportContext& context) : manifests_(manifests), context_(context) {}

  std::vector<Workload> workloads() {
    for (const Manifest& m : manifests_)
      if (m.is("", "Namespace")) namespaces_[m.name] = {injectionOf(m.root->find({"metadata", "labels"})), m.at};
    std::vector<Workload> out;
    for (const Manifest& m : manifests_) {
      const bool apps = m.group == "apps" && (m.kind == "Deployment" || m.kind == "StatefulSet" || m.kind == "DaemonSet" || m.kind == "ReplicaSet");
      if (apps && m.kind == "ReplicaSet" && m.root->find({"metadata", "ownerReferences"}) != nullptr) continue;  // its Deployment is there
      const bool rollout = m.is("argoproj.io", "Rollout") && m.spec() != nullptr && m.spec()->find("template") != nullptr;
      if (apps || rollout) out.push_back(ofTemplate(m));
      if (m.is("", "Pod") && m.root->find({"metadata", "ownerReferences"}) == nullptr) out.push_back(ofPod(m));
    }
    tellInjection(out);
    return out;
  }

 private:
  Workload named(const Manifest& m) const {
    Workload out;
    out.name = m.name;
    out.name_space = m.name_space;
    out.kind = m.kind;
    out.at = m.at;
    return out;
  }

  Injection injectionIn(const std::string& name_space) const {
    const auto known = namespaces_.find(name_space);
    return known == namespaces_.end() ? Injection::unknown : known->second.first;
  }

  // What was concluded of proxies from namespaces that do not speak of them.
  void tellInjection(const std::vector<Workload>& workloads) {
    std::vector<std::string> unknown;
    std::set<std::string> told;
    for (const Workload& workload : workloads) {
      if (!told.insert(workload.name_space).second) continue;
      const Injection says = injectionIn(workload.name_space);
      if (says == Injection::unknown) unknown.push_back(workload.name_space);
      if (says == Injection::silent)
        context_.guessed("Namespace " + workload.name_space + " (" + context_.shown(namespaces_.at(workload.name_space).second) +
                         ") has neither label istio-injection nor istio.io/rev: its pods have no proxies unless they ask for one, as Istio's injector has it");
      if (says == Injection::ambient)
        context_.notModelled(namespaces_.at(workload.name_space).second, "Namespace " + workload.name_space + ": ambient mode (ztunnels, waypoints); its pods have no proxies here");
    }
    if (!unknown.empty()) context_.guessed("no manifest says whether the injector acts in namespace " + listText(unknown) + ": pods there are taken to have proxies");
  }

  Workload ofTemplate(const Manifest& m) {
    Workload out = named(m);
    const YamlValue* spec = m.spec();
    const YamlValue* pods = spec == nullptr ? nullptr : spec->find("template");
    out.replicas_said = spec != nullptr && spec->find("replicas") != nullptr;
    if (out.replicas_said) out.replicas = countOf(*spec->find("replicas"), kMostReplicas, context_);
    if (m.kind == "DaemonSet") context_.guessed("DaemonSet " + m.name + ": one endpoint, since the number of nodes is not known");
    if (pods == nullptr && m.kind != "Rollout") context_.warning(m.at, m.kind + " " + inQuotes(m.name) + " has no spec.template: its pods have no labels");
    if (pods != nullptr) out.labels = labelsOf(pods->find({"metadata", "labels"}));
    if (pods != nullptr) out.pod = pods->find("spec");
    out.sidecar = injected(pods == nullptr ? nullptr : pods->find("metadata"), out.pod, injectionIn(m.name_space));
    return out;
  }

  Workload ofPod(const Manifest& m) const {
    Workload out = named(m);
    out.labels = labelsOf(m.root->find({"metadata", "labels"}));
    out.pod = m.spec();
    out.sidecar = injected(m.root->find("metadata"), out.pod, injectionIn(m.name_space));
    return out;
  }

  const std::vector<Manifest>& manifests_;
  ImportContext& context_;
  std::map<std::string, std::pair<Injection, YamlPlace>> namespaces_;
};

bool isHeadless(const Manifest& service) { return service.spec() != nullptr && service.spec()->textOf("clusterIP") == "None"; }

struct KubeService {
  const Manifest* manifest = nullptr;
  LabelList selector;
  std::vector<std::size_t> selected;
  bool preferred = false;  // its name is the workloads' app, or that of a rollout's stable version
};

// From a port's appProtocol, else from its name; "": neither says it.
std::string wordOf(const YamlValue& port) {
  const std::string word = port.textOf("appProtocol");
  return word.empty() ? port.textOf("name") : word;
}

bool saysHttp(const std::string& word) {
  const std::string first = word.substr(0, word.find('-'));
  return first == "http" || protocolOfWord(word) == "grpc" || protocolOfWord(word) == "http2";
}

// The port of the pods behind a Service's port: targetPort, which may be the name of a container's.
std::int64_t targetOf(const YamlValue& port, const YamlValue* pod) {
  const std::int64_t own = wholeOf(port.find("port"), 0);
  const YamlValue* target = port.find("targetPort");
  if (target == nullptr) return own;
  if (const std::int64_t number = wholeOf(target, -1); number > 0) return number;
  const YamlValue* containers = pod == nullptr ? nullptr : pod->find("containers");
  if (containers == nullptr) return own;
  for (const YamlValue& container : containers->items)
    if (const YamlValue* ports = container.find("ports"))
      for (const YamlValue& each : ports->items)
        if (each.textOf("name") == target->text) return wholeOf(each.find("containerPort"), own);
  return own;
}

// The first port that is said to speak HTTP, else the first that may.
void readPorts(const Manifest& m, const YamlValue* pod, ClusterService& out, ImportContext& context) {
  const YamlValue* ports = m.spec() == nullptr ? nullptr : m.spec()->find("ports");
  if (ports == nullptr || !ports->isList() || ports->items.empty()) return;
  const auto rank = [](const YamlValue& port) { return saysHttp(wordOf(port)) ? 0 : protocolOfWord(wordOf(port)) == "tcp" ? 2 : 1; };
  const YamlValue* chosen = &ports->items.front();
  for (const YamlValue& port : ports->items)
    if (rank(port) < rank(*chosen)) chosen = &port;
  out.protocol = protocolOfWord(wordOf(*chosen));
  out.port = targetOf(*chosen, pod);
  for (const YamlValue& port : ports->items)
    if (&port != chosen) context.notModelled(port.at, "Service " + m.name + ": port " + port.textOf("port") + (port.textOf("name").empty() ? "" : " (" + port.textOf("name") + ")") + "; a service has one port here, " + chosen->textOf("port"));
}

// Pods that name none have the account "default" (Kubernetes' admission of ServiceAccounts).
std::string accountOf(const YamlValue* pod) {
  if (pod == nullptr) return "default";
  std::string account = pod->textOf("serviceAccountName");
  if (account.empty()) account = pod->textOf("serviceAccount");
  return account.empty() ? "default" : account;
}

ClusterVersion versionOf(const Workload& workload) {
  ClusterVersion out;
  out.labels = workload.labels;
  out.workload = workload.name;
  out.replicas = workload.replicas;
  out.replicas_said = workload.replicas_said;
  out.pod = workload.pod;
  out.at = workload.at;
  return out;
}

// What Argo's Rollouts call their Services: 1 of the stable or active version, -1 of the other.
std::map<std::pair<std::string, std::string>, int> rolloutServices(const std::vector<Manifest>& manifests) {
  std::map<std::pair<std::string, std::string>, int> out;  // (namespace, name)
  for (const Manifest& m : manifests) {
    if (!m.is("argoproj.io", "Rollout") || m.spec() == nullptr) continue;
    for (const auto& [strategy, key, rank] : {std::tuple{"canary", "stableService", 1}, {"canary", "canaryService", -1}, {"blueGreen", "activeService", 1}, {"blueGreen", "previewService", -1}})
      if (const YamlValue* name = m.spec()->find({"strategy", strategy, key})) out[{m.name_space, name->text}] = rank;
  }
  return out;
}

// Services with what they select, those with most workloads first.
std::vector<KubeService> servicesOf(const std::vector<Manifest>& manifests, const std::vector<Workload>& workloads) {
  std::map<std::string, std::vector<std::size_t>> by_namespace;
  for (std::size_t w = 0; w < workloads.size(); ++w) by_namespace[workloads[w].name_space].push_back(w);
  std::vector<KubeService> out;
  const auto of_rollouts = rolloutServices(manifests);
  for (const Manifest& m : manifests) {
    if (!m.is("", "Service")) continue;
    KubeService next;
    next.manifest = &m;
    next.selector = labelsOf(m.spec() == nullptr ? nullptr : m.spec()->find("selector"));
    if (!next.selector.empty())
      for (const std::size_t w : by_namespace[m.name_space])
        if (hasLabels(workloads[w].labels, next.selector)) next.selected.push_back(w);
    for (const std::size_t w : next.selected) {
      const auto& labels = workloads[w].labels;
      next.preferred = next.preferred || labelOf(labels, "app") == m.name || labelOf(labels, "app.kubernetes.io/name") == m.name || workloads[w].name == m.name;
    }
    if (const auto known = of_rollouts.find({m.name_space, m.name}); known != of_rollouts.end()) next.preferred = known->second > 0;
    out.push_back(std::move(next));
  }
  std::stable_sort(out.begin(), out.end(), [](const KubeService& a, const KubeService& b) {
    if (a.selected.size() != b.selected.size()) return a.selected.size() > b.selected.size();
    if (a.preferred != b.preferred) return a.preferred;
    if (isHeadless(*a.manifest) != isHeadless(*b.manifest)) return isHeadless(*b.manifest);
    return std::tie(a.manifest->name_space, a.manifest->name) < std::tie(b.manifest->name_space, b.manifest->name);
  });
  return out;
}

}  // namespace

KubernetesCluster::KubernetesCluster(const std::vector<Manifest>& manifests, ImportContext& context) {
  std::vector<Workload> workloads = Reader(manifests, context).workloads();
  const auto take = [&](std::size_t service, std::size_t w) {
    workloads[w].service = service;
    services[service].versions.push_back(versionOf(workloads[w]));
    const std::string account = accountOf(workloads[w].pod);
    if (services[service].account.empty()) services[service].account = account;
    if (services[service].account != account)
      context.notModelled(workloads[w].at, workloads[w].kind + " " + workloads[w].name + ": its account " + account + "; a service has one here, " + services[service].account);
  };
  // A mall's service has proxies in all its pods or in none: what most pods have.
  const auto settleProxies = [&] {
    std::map<std::size_t, std::pair<std::int64_t, std::int64_t>> pods;  // with, without
    for (const Workload& workload : workloads)
      if (workload.service) (workload.sidecar ? pods[*workload.service].first : pods[*workload.service].second) += workload.replicas;
    for (const Workload& workload : workloads) {
      if (!workload.service) continue;
      ClusterService& service = services[*workload.service];
      const auto& [with, without] = pods[*workload.service];
      if (with + without == 0) service.sidecar = workload.sidecar;
      else service.sidecar = with > 0 && with >= without;
      if (workload.sidecar != service.sidecar && workload.replicas > 0)
        context.notModelled(workload.at, workload.kind + " " + workload.name + ": its pods have " + (workload.sidecar ? "proxies" : "no proxy") + "; here all of service " + service.name + " have " +
                                             (service.sidecar ? "one" : "none") + ", as most have");
    }
  };
  for (const KubeService& each : servicesOf(manifests, workloads)) {
    const Manifest& m = *each.manifest;
    const YamlValue* spec = m.spec();
    std::set<std::size_t> owners;
    std::vector<std::size_t> free;
    for (const std::size_t w : each.selected) {
      if (workloads[w].service) owners.insert(*workloads[w].service);
      else free.push_back(w);
    }
    if (free.empty() && !owners.empty()) {
      const std::size_t owner = *owners.begin();
      if (owners.size() > 1) context.notModelled(m.at, "Service " + m.name + " selects pods of several services; it stands for " + services[owner].name);
      const bool all = each.selected.size() >= services[owner].versions.size();
      hosts_[{m.name, m.name_space}] = all ? HostTarget{owner, "", {}, true, isHeadless(m)} : HostTarget{owner, m.name, each.selector};
      context.guessed("Service " + m.name + " is another name for " + (all ? "" : "a subset of ") + services[owner].name + ": the same pods");
      continue;
    }
    if (!owners.empty()) context.notModelled(m.at, "Service " + m.name + " shares pods with " + services[*owners.begin()].name + "; they count there");
    ClusterService next;
    next.name = m.name;
    next.name_space = m.name_space;
    next.at = m.at;
    readPorts(m, each.selected.empty() ? nullptr : workloads[each.selected.front()].pod, next, context);
    next.external = spec != nullptr && spec->textOf("type") == "ExternalName";
    if (next.external) next.sidecar = false;
    hosts_[{m.name, m.name_space}] = {services.size(), "", {}};
    services.push_back(std::move(next));
    for (const std::size_t w : free) take(services.size() - 1, w);
    if (!free.empty()) continue;
    services.back().versions.push_back({"v1", each.selector, "", 1, nullptr, false});
    if (!services.back().external) context.guessed("Service " + m.name + " selects no workload of these files: one endpoint");
    else context.guessed("Service " + m.name + " (ExternalName) is outside: one endpoint without a proxy");
  }
  for (std::size_t w = 0; w < workloads.size(); ++w) {
    if (workloads[w].service) continue;
    std::string name = labelOf(workloads[w].labels, "app");
    if (name.empty()) name = labelOf(workloads[w].labels, "app.kubernetes.io/name");
    if (name.empty() || (findHost(name, workloads[w].name_space) && services[findHost(name, workloads[w].name_space)->service].at.line != 0)) name = workloads[w].name;
    const auto known = findHost(name, workloads[w].name_space);
    if (known) {
      take(known->service, w);
      continue;
    }
    ClusterService next;
    next.name = name;
    next.name_space = workloads[w].name_space;
    hosts_[{name, next.name_space}] = {services.size(), "", {}};
    services.push_back(std::move(next));
    take(services.size() - 1, w);
    context.guessed(workloads[w].kind + " " + workloads[w].name + " is selected by no Service: it is the service " + name);
  }
  settleProxies();
  nameVersions();
  chooseKeys();
}

// The label `version` where it tells the workloads of a service apart, else their names.
void KubernetesCluster::nameVersions() {
  for (std::size_t s = 0; s < services.size(); ++s) {
    auto& versions = services[s].versions;
    std::set<std::string> labels;
    for (const ClusterVersion& version : versions) labels.insert(labelOf(version.labels, "version"));
    const bool told = labels.size() == versions.size() && labels.count("") == 0;
    for (std::size_t v = 0; v < versions.size(); ++v) {
      ClusterVersion& version = versions[v];
      if (told) version.name = labelOf(version.labels, "version");
      else if (version.name.empty()) version.name = versions.size() == 1 ? "v1" : version.workload;
      if (!version.workload.empty()) workloads_[{version.workload, services[s].name_space}] = {s, v};
    }
  }
}

void KubernetesCluster::chooseKeys() {
  std::map<std::string, int> times;
  for (const ClusterService& service : services) ++times[service.name];
  for (ClusterService& service : services) service.key = times[service.name] > 1 ? service.name + "." + service.name_space : service.name;
}

std::optional<HostTarget> KubernetesCluster::findHost(const std::string& host, const std::string& name_space) const {
  if (const auto found = hosts_.find({host, name_space}); found != hosts_.end()) return found->second;
  if (const auto found = hosts_.find({host, ""}); found != hosts_.end()) return found->second;  // hosts outside belong to no namespace
  const std::size_t dot = host.find('.');
  if (dot == std::string::npos) return std::nullopt;
  std::string rest = host.substr(dot + 1);
  for (const std::string end : {".svc.cluster.local", ".svc"}) {
    if (rest.size() <= end.size() || rest.compare(rest.size() - end.size(), end.size(), end) != 0) continue;
    rest.resize(rest.size() - end.size());
    break;
  }
  const auto found = hosts_.find({host.substr(0, dot), rest});
  return found == hosts_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::pair<std::size_t, std::size_t>> KubernetesCluster::findWorkload(const std::string& name, const std::string& name_space) const {
  const auto found = workloads_.find({name, name_space});
  return found == workloads_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::pair<std::size_t, std::optional<std::size_t>>> KubernetesCluster::findByAnyName(const std::string& name, const std::string& name_space) const {
  using Found = std::pair<std::size_t, std::optional<std::size_t>>;
  // A name for a subset is a name for the version that it stands for.
  const auto of = [&](const HostTarget& target) {
    Found out{target.service, std::nullopt};
    const auto& versions = services[target.service].versions;
    for (std::size_t v = 0; v < versions.size() && !target.subset.empty() && !out.second; ++v)
      if (hasLabels(versions[v].labels, target.labels)) out.second = v;
    return out;
  };
  if (!name_space.empty()) {
    if (const auto host = findHost(name, name_space)) return of(*host);
    if (const auto workload = findWorkload(name, name_space)) return Found{workload->first, workload->second};
  }
  for (std::size_t s = 0; s < services.size(); ++s)
    if (services[s].key == name) return Found{s, std::nullopt};
  if (const auto host = findHost(name, "default")) return of(*host);
  for (const auto& [where, target] : hosts_)
    if (where.first == name) return of(target);
  for (const auto& [where, what] : workloads_)
    if (where.first == name) return Found{what.first, what.second};
  return std::nullopt;
}

std::string KubernetesCluster::freeKey(const std::string& wanted) const {
  const auto taken = [&](const std::string& key) { return std::any_of(services.begin(), services.end(), [&](const ClusterService& s) { return s.key == key; }); };
  return taken(wanted) ? wanted + ".outside" : wanted;
}

void KubernetesCluster::merge(std::size_t from, std::size_t into) {
  if (from == into) return;
  const std::size_t first = services[into].versions.size();
  for (ClusterVersion& version : services[from].versions) services[into].versions.push_back(std::move(version));
  services[from].versions.clear();
  services[from].key.clear();
  for (auto& [where, target] : hosts_)
    if (target.service == from) target = {into, "", {}};
  for (auto& [where, what] : workloads_)
    if (what.first == from) what = {into, what.second + first};
}

std::size_t KubernetesCluster::addUnknown(const std::string& host, const std::string& name_space, bool external, const YamlPlace& at) {
  ClusterService next;
  next.name = host;
  next.key = freeKey(host);
  // A host with dots is its own name: the format reads the namespace from behind the first dot.
  next.name_space = host.find('.') == std::string::npos ? name_space : "";
  next.external = external;
  next.sidecar = !external;
  next.at = at;
  next.versions.push_back({"v1", {}, "", 1, nullptr, false});
  hosts_[{host, external ? "" : name_space}] = {services.size(), "", {}};
  services.push_back(std::move(next));
  return services.size() - 1;
}

}  // namespace meshmall::models
