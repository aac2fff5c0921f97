#include "models/importers/cluster.h"

#include <algorithm>
#include <set>
#include <tuple>

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

namespace {

constexpr std::int64_t kMostReplicas = 1'000'000;

struct Workload {
  std::string name, name_space, kind;
  LabelList labels;
  std::int64_t replicas = 1;
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

// What a namespace says of proxies. `unsaid`: its manifest has no label of the kind; `unknown`: there is no manifest.
enum class Injection { unknown, unsaid, enabled, disabled, ambient };

Injection injectionOf(const Manifest& name_space) {
  const YamlValue* labels = name_space.root->find({"metadata", "labels"});
  if (labels == nullptr) return Injection::unsaid;
  if (labels->textOf("istio.io/dataplane-mode") == "ambient") return Injection::ambient;
  if (const YamlValue* injection = labels->find("istio-injection")) return injection->text == "enabled" ? Injection::enabled : injection->text == "disabled" ? Injection::disabled : Injection::unsaid;
  return labels->find("istio.io/rev") != nullptr ? Injection::enabled : Injection::unsaid;
}

// Does the injector give these pods a proxy? Not on the node's own network, nor where namespace or pod say no; else where one of the two says yes. Where no manifest of the namespace
// tells, pods are taken to have one. Source: Istio, "Installing the Sidecar".
bool injected(const YamlValue* metadata, const YamlValue* pod, Injection of_namespace) {
  if (pod != nullptr && truthOf(pod->find("hostNetwork"), false)) return false;
  if (of_namespace == Injection::disabled || of_namespace == Injection::ambient) return false;
  const bool by_namespace = of_namespace != Injection::unsaid;
  if (metadata == nullptr) return by_namespace;
  for (const char* where : {"labels", "annotations"}) {
    const YamlValue* values = metadata->find(where);
    if (values != nullptr && values->find("sidecar.istio.io/inject") != nullptr) return truthOf(values->find("sidecar.istio.io/inject"), true);
  }
  return by_namespace;
}

class Reader {
 public:
  Reader(const std::vector<Manifest>& manifests, ImportContext& context) : manifests_(manifests), context_(context) {}

  std::vector<Workload> workloads() {
    for (const Manifest& m : manifests_)
      if (m.is("", "Namespace")) readNamespace(m);
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
  void readNamespace(const Manifest& m) {
    namespaces_[m.name] = injectionOf(m);
    if (namespaces_[m.name] == Injection::ambient) context_.notModelled(m.at, "Namespace " + m.name + ": ambient mode; its pods have no proxies here (sidecar.preset ambient: what Istio's cost)");
  }

  Injection injectionAt(const std::string& name_space) const {
    const auto known = namespaces_.find(name_space);
    return known == namespaces_.end() ? Injection::unknown : known->second;
  }

  void tellInjection(const std::vector<Workload>& workloads) {
    std::set<std::string> unknown, unsaid;
    for (const Workload& w : workloads) {
      if (injectionAt(w.name_space) == Injection::unknown && w.sidecar) unknown.insert(w.name_space);
      if (injectionAt(w.name_space) == Injection::unsaid && !w.sidecar) unsaid.insert(w.name_space);
    }
    for (const std::string& name : unsaid) context_.guessed("Namespace " + name + " has no label istio-injection: its pods have no proxies, as Istio's default is");
    if (!unknown.empty())
      context_.guessed("pods have proxies: no Namespace among the files says otherwise of " + *unknown.begin() + (unknown.size() > 1 ? " and " + std::to_string(unknown.size() - 1) + " more" : ""));
  }

  Workload named(const Manifest& m) const {
    Workload out;
    out.name = m.name;
    out.name_space = m.name_space;
    out.kind = m.kind;
    out.at = m.at;
    out.sidecar = injected(nullptr, nullptr, injectionAt(m.name_space));
    return out;
  }

  Workload ofTemplate(const Manifest& m) {
    Workload out = named(m);
    const YamlValue* spec = m.spec();
    const YamlValue* pods = spec == nullptr ? nullptr : spec->find("template");
    if (spec != nullptr && spec->find("replicas") != nullptr) out.replicas = countOf(*spec->find("replicas"), kMostReplicas, context_);
    if (m.kind == "DaemonSet") context_.guessed("DaemonSet " + m.name + ": one endpoint, since the number of nodes is not known");
    if (pods == nullptr && m.kind != "Rollout") context_.warning(m.at, m.kind + " " + inQuotes(m.name) + " has no spec.template: its pods have no labels");
    if (pods == nullptr) return out;
    out.labels = labelsOf(pods->find({"metadata", "labels"}));
    out.pod = pods->find("spec");
    out.sidecar = injected(pods->find("metadata"), out.pod, injectionAt(m.name_space));
    return out;
  }

  Workload ofPod(const Manifest& m) const {
    Workload out = named(m);
    out.labels = labelsOf(m.root->find({"metadata", "labels"}));
    out.pod = m.spec();
    out.sidecar = injected(m.root->find("metadata"), out.pod, injectionAt(m.name_space));
    return out;
  }

  const std::vector<Manifest>& manifests_;
  ImportContext& context_;
  std::map<std::string, Injection> namespaces_;
};

struct KubeService {
  const Manifest* manifest = nullptr;
  LabelList selector;
  std::vector<std::size_t> selected;
  bool preferred = false;  // its name is the workloads' app
};

// What a port says it speaks: its appProtocol, else its name up to the first "-", in small letters.
std::string wordOf(const YamlValue* port) {
  std::string word = port == nullptr ? "" : port->textOf("appProtocol");
  if (word.empty() && port != nullptr) word = port->textOf("name");
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); });
  if (word == "kubernetes.io/h2c") return "http2";
  return word.substr(0, word.find('-'));
}

bool saysHttp(const YamlValue& port) {
  const std::string word = wordOf(&port);
  return word == "http" || word == "http2" || word == "grpc" || word == "grpcweb";
}

// http1 | http2 | grpc | tcp, as Istio reads a port ("grpc-web", "http2", "tcp-mysql").
std::string protocolOf(const YamlValue* port) {
  const std::string word = wordOf(port);
  if (word == "grpc" || word == "http2" || word == "tcp") return word;
  if (word == "mongo" || word == "mysql" || word == "redis" || word == "tls" || word == "udp") return "tcp";
  return "http1";
}

void readPorts(const YamlValue* spec, ClusterService& out) {
  const YamlValue* ports = spec == nullptr ? nullptr : spec->find("ports");
  if (ports == nullptr || !ports->isList() || ports->items.empty()) return;
  const YamlValue* chosen = &ports->items.front();
  const auto rank = [](const YamlValue& port) { return protocolOf(&port) == "tcp" ? 2 : saysHttp(port) ? 0 : 1; };
  for (const YamlValue& port : ports->items)  // the first that says it speaks HTTP, else the first that may
    if (rank(port) < rank(*chosen)) chosen = &port;
  out.protocol = protocolOf(chosen);
  out.port = wholeOf(chosen->find("port"), 0);
}

std::string accountOf(const YamlValue* pod) {
  if (pod == nullptr) return "";
  for (const char* key : {"serviceAccountName", "serviceAccount"})
    if (const std::string account = pod->textOf(key); !account.empty()) return account;
  return "default";  // Kubernetes gives it to pods that name none
}

ClusterVersion versionOf(const Workload& workload) {
  ClusterVersion out;
  out.labels = workload.labels;
  out.workload = workload.name;
  out.replicas = workload.replicas;
  out.pod = workload.pod;
  return out;
}

// Services with what they select, those with most workloads first.
std::vector<KubeService> servicesOf(const std::vector<Manifest>& manifests, const std::vector<Workload>& workloads) {
  std::map<std::string, std::vector<std::size_t>> by_namespace;
  for (std::size_t w = 0; w < workloads.size(); ++w) by_namespace[workloads[w].name_space].push_back(w);
  std::vector<KubeService> out;
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
    out.push_back(std::move(next));
  }
  std::stable_sort(out.begin(), out.end(), [](const KubeService& a, const KubeService& b) {
    if (a.selected.size() != b.selected.size()) return a.selected.size() > b.selected.size();
    if (a.preferred != b.preferred) return a.preferred;
    return std::tie(a.manifest->name_space, a.manifest->name) < std::tie(b.manifest->name_space, b.manifest->name);
  });
  return out;
}

}  // namespace

KubernetesCluster::KubernetesCluster(const std::vector<Manifest>& manifests, ImportContext& context) {
  std::vector<Workload> workloads = Reader(manifests, context).workloads();
  std::map<std::size_t, std::int64_t> proxied, bare;  // replicas, by service
  const auto take = [&](std::size_t service, std::size_t w) {
    workloads[w].service = service;
    services[service].versions.push_back(versionOf(workloads[w]));
    (workloads[w].sidecar ? proxied : bare)[service] += std::max<std::int64_t>(workloads[w].replicas, 0);
    if (services[service].account.empty()) services[service].account = accountOf(workloads[w].pod);
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
      hosts_[{m.name, m.name_space}] = all ? HostTarget{owner, "", {}} : HostTarget{owner, m.name, each.selector};
      context.guessed("Service " + m.name + " is another name for " + (all ? "" : "a subset of ") + services[owner].name + ": the same pods");
      continue;
    }
    if (!owners.empty()) context.notModelled(m.at, "Service " + m.name + " shares pods with " + services[*owners.begin()].name + "; they count there");
    ClusterService next;
    next.name = m.name;
    next.name_space = m.name_space;
    next.at = m.at;
    readPorts(spec, next);
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
  for (const Workload& w : workloads) {
    if (!w.service) continue;
    ClusterService& service = services[*w.service];
    const std::int64_t with = proxied[*w.service], without = bare[*w.service];
    service.sidecar = !service.external && (with + without == 0 ? service.sidecar && w.sidecar : with >= without);
    if (w.replicas > 0 && w.sidecar != service.sidecar)
      context.notModelled(w.at, w.kind + " " + w.name + " has " + (w.sidecar ? "a proxy" : "no proxy") + ": a service's versions are alike here, and most pods of " + service.name + (service.sidecar ? " have one" : " have none"));
  }
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
