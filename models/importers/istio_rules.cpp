// DestinationRules, with the subsets that routes name and no rule defines, and ServiceEntries.
#include <nlohmann/json.hpp>  // before istio_parts.h

#include <algorithm>
#include <set>

#include "models/importers/istio_parts.h"

namespace meshmall::models {

namespace {

// Fields of older Istio releases under the names they have now.
void modernize(ImportJson& policy, const YamlPlace& at, ImportContext& context) {
  if (!policy.is_object() || !policy.contains("loadBalancer") || !policy["loadBalancer"].is_object()) return;
  ImportJson& balancer = policy["loadBalancer"];
  if (balancer.contains("simple") && balancer["simple"] == "LEAST_CONN") balancer["simple"] = "LEAST_REQUEST";
  if (balancer.contains("simple") && balancer["simple"] == "UNSPECIFIED") balancer.erase("simple");
  if (balancer.contains("warmupDurationSecs")) {
    balancer["warmup"] = {{"duration", balancer["warmupDurationSecs"]}};
    balancer.erase("warmupDurationSecs");
  }
  if (balancer.size() == 1 && balancer.contains(kPastedTag)) policy.erase("loadBalancer");
  // Istio accepts localityLbSetting alone; the format wants a balancer beside it, which is Istio's own default then.
  const bool chooses = balancer.is_object() && (balancer.contains("simple") || balancer.contains("consistentHash") || balancer.contains("policy"));
  if (policy.contains("loadBalancer") && !chooses) balancer["simple"] = "LEAST_REQUEST";
  (void)at;
  (void)context;
}

std::vector<std::size_t> servicesOf(const std::string& host, const Manifest& m, IstioParts& parts) {
  std::vector<std::size_t> out;
  if (host.empty() || host[0] != '*') return out;
  // "*", "*.local", "*.prod.svc.cluster.local"
  const std::string end = host.substr(1);
  for (std::size_t s = 0; s < parts.cluster.services.size(); ++s) {
    const ClusterService& service = parts.cluster.services[s];
    const std::string full = service.external ? service.name : service.name + "." + service.name_space + ".svc.cluster.local";
    const bool fits = full.size() >= end.size() && full.compare(full.size() - end.size(), end.size(), end) == 0;
    if (fits && parts.destination_rules.count(s) == 0) out.push_back(s);
  }
  if (out.empty()) parts.context.notModelled(m.at, "DestinationRule " + m.name + ": every service that " + host + " fits has a rule of its own");
  return out;
}

void addSubsets(ImportJson& rule, const ImportJson& more, const Manifest& m, IstioParts& parts) {
  if (!more.is_array()) return;
  ImportJson& known = rule["subsets"];
  if (!known.is_array()) known = ImportJson::array();
  for (const ImportJson& subset : more) {
    const bool twice = subset.is_object() && std::any_of(known.begin(), known.end(), [&](const ImportJson& k) { return k.is_object() && textIn(k, "name") == textIn(subset, "name"); });
    if (twice && m.root != nullptr && rule.contains("~of") && rule["~of"] != m.name) parts.context.notModelled(m.at, "DestinationRule " + m.name + ": another rule has a subset " + textIn(subset, "name"));
    else known.push_back(subset);
  }
}

void addRule(std::size_t service, ImportJson pasted, const Manifest& m, IstioParts& parts) {
  pasted.erase("host");
  if (pasted.contains("trafficPolicy")) modernize(pasted["trafficPolicy"], m.at, parts.context);
  if (pasted.contains("subsets") && pasted["subsets"].is_array()) {
    for (ImportJson& subset : pasted["subsets"])
      if (subset.is_object() && subset.contains("trafficPolicy")) modernize(subset["trafficPolicy"], m.at, parts.context);
    if (parts.cluster.services[service].in_rollout) pasted.erase("subsets");
  }
  const auto known = parts.destination_rules.find(service);
  if (known == parts.destination_rules.end()) {
    pasted["~of"] = m.name;
    parts.destination_rules[service] = std::move(pasted);
    return;
  }
  if (pasted.contains("subsets")) addSubsets(known->second, pasted["subsets"], m, parts);
  if (!pasted.contains("trafficPolicy")) return;
  if (!known->second.contains("trafficPolicy")) known->second["trafficPolicy"] = pasted["trafficPolicy"];
  else parts.context.notModelled(m.at, "DestinationRule " + m.name + ": another rule has a trafficPolicy for " + parts.cluster.services[service].key);
}

enum class Near { with_the_service, for_the_mesh, elsewhere };

// Where a rule stands. Istio asks the client's namespace, then the service's, then the root; here a service has one rule for all its callers.
Near nearness(const Manifest& m, const ClusterService& service) {
  if (m.name_space == service.name_space || service.external || service.name_space.empty()) return Near::with_the_service;
  return m.name_space == "istio-system" ? Near::for_the_mesh : Near::elsewhere;
}

// False: its rule is not seen outside of its namespace, and the service is.
bool seen(const Manifest& m, const ClusterService& service, IstioParts& parts) {
  const YamlValue* to = m.spec()->find("exportTo");
  const bool all = to == nullptr || !to->isList() || to->items.empty() || std::any_of(to->items.begin(), to->items.end(), [](const YamlValue& each) { return each.text == "*"; });
  const bool near = nearness(m, service) == Near::with_the_service;
  const std::string what = "DestinationRule " + m.name + ": ";
  if (!all && !near) parts.context.notModelled(to->at, what + "exportTo: for callers of some namespaces only, so " + service.key + " is left without it");
  if (!all && near) parts.context.notModelled(to->at, what + "exportTo: for callers of some namespaces only; here for all");
  return all || near;
}

// Istio's rules are of hosts, a mall's of services: who asks by the other name is not known. A headless Service is for peers who ask for one pod; and a rule of the service's own name is nearer.
bool holdsForAll(const Manifest& m, const std::string& host, const HostTarget& target, const std::set<std::size_t>& ruled, IstioParts& parts) {
  const ClusterService& service = parts.cluster.services[target.service];
  if (service.in_rollout) return true;
  const std::string what = "DestinationRule " + m.name + " (host " + host + ", another name for " + service.key + "): ";
  const bool own = ruled.count(target.service) == 1;
  if (target.headless || own) parts.context.notModelled(m.at, what + (own ? service.key + " has a rule of its own" : "a headless Service, so callers of " + service.key + " are left without it"));
  else parts.context.guessed(what + "it holds for all callers of " + service.key + " here (" + parts.context.shown(m.at) + ")");
  return !target.headless && !own;
}

// Services with a rule by their own name.
std::set<std::size_t> ruledServices(const IstioParts& parts) {
  std::set<std::size_t> out;
  for (const Manifest& m : parts.manifests) {
    if (!m.is("networking.istio.io", "DestinationRule") || m.spec() == nullptr) continue;
    const auto found = parts.cluster.findHost(m.spec()->textOf("host"), m.name_space);
    if (found && !found->other_name && found->subset.empty()) out.insert(found->service);
  }
  return out;
}

void readRule(const Manifest& m, const std::set<std::size_t>& ruled, IstioParts& parts, bool wildcards, Near wanted = Near::with_the_service) {
  const YamlValue* spec = m.spec();
  if (spec == nullptr || spec->textOf("host").empty()) {
    if (!wildcards && wanted == Near::with_the_service) parts.context.error(m.at, "DestinationRule " + inQuotes(m.name) + " has no spec.host");
    return;
  }
  const std::string host = spec->textOf("host");
  if ((host[0] == '*') != wildcards) return;
  if (wildcards) {
    for (const std::size_t service : servicesOf(host, m, parts)) addRule(service, parts.context.paste(*spec), m, parts);
    return;
  }
  const auto found = parts.cluster.findHost(host, m.name_space);
  if (!found && wanted == Near::with_the_service) parts.context.notModelled(m.at, "DestinationRule " + m.name + ": host " + host + " is no service of these files");
  if (!found || nearness(m, parts.cluster.services[found->service]) != wanted || !seen(m, parts.cluster.services[found->service], parts)) return;
  if (found->other_name && !holdsForAll(m, host, *found, ruled, parts)) return;
  if (wanted == Near::elsewhere && parts.destination_rules.count(found->service) == 0)
    parts.context.guessed("DestinationRule " + m.name + " (" + parts.context.shown(m.at) + ") acts on callers of its namespace " + m.name_space + " only; here on all callers of " + parts.cluster.services[found->service].key);
  if (found->subset.empty()) return addRule(found->service, parts.context.paste(*spec), m, parts);
  // A rule for a Service that is a subset here: its policy is that subset's.
  ImportJson subset = {{"name", found->subset}, {"labels", ImportJson::object()}};
  for (const auto& [key, value] : found->labels) subset["labels"][key] = value;
  if (const YamlValue* policy = spec->find("trafficPolicy")) subset["trafficPolicy"] = parts.context.paste(*policy);
  if (spec->find("subsets") != nullptr) parts.context.notModelled(m.at, "DestinationRule " + m.name + ": subsets of " + host + ", which is a subset itself");
  parts.subsets[found->service].erase(found->subset);
  addRule(found->service, {{"subsets", ImportJson::array({subset})}}, m, parts);
}

// Subsets that routes name and no rule defines. Istio would answer 503; what is meant is the version of that name.
void addNeeded(std::size_t service, const std::string& name, const NeededSubset& needed, IstioParts& parts) {
  const ClusterService& owner = parts.cluster.services[service];
  ImportJson& rule = parts.destination_rules[service];
  if (!rule.is_object()) rule = ImportJson::object();
  if (rule.contains("subsets"))
    for (const ImportJson& known : rule["subsets"])
      if (known.is_object() && textIn(known, "name") == name) return;
  ImportJson labels = ImportJson::object();
  if (needed.labelled) {
    for (const auto& [key, value] : needed.labels) labels[key] = value;
  } else {
    labels["version"] = name;
    const bool there = std::any_of(owner.versions.begin(), owner.versions.end(), [&](const ClusterVersion& v) { return hasLabels(v.labels, {{"version", name}}); });
    parts.context.guessed("subset " + name + " of " + owner.key + " (" + parts.context.shown(needed.at) + ") is in no DestinationRule, for which Istio answers 503: taken for the label version: " + name +
                          (there ? "" : ", which no workload has"));
  }
  if (!rule.contains("subsets")) rule["subsets"] = ImportJson::array();
  rule["subsets"].push_back({{"name", name}, {"labels", labels}});
}

}  // namespace

void readDestinationRules(IstioParts& parts) {
  const std::vector<const Manifest*> all = oldestFirst(parts.manifests);
  const std::set<std::size_t> ruled = ruledServices(parts);
  for (const Near near : {Near::with_the_service, Near::for_the_mesh, Near::elsewhere})
    for (const Manifest* m : all)
      if (m->is("networking.istio.io", "DestinationRule")) readRule(*m, ruled, parts, false, near);
  for (const Manifest* m : all)
    if (m->is("networking.istio.io", "DestinationRule")) readRule(*m, ruled, parts, true);
  for (const auto& [service, names] : parts.subsets)
    for (const auto& [name, needed] : names) addNeeded(service, name, needed, parts);
  for (auto& [service, rule] : parts.destination_rules) rule.erase("~of");
}

namespace {

// The first port, HTTP's before others.
void readPort(const YamlValue& spec, ClusterService& out) {
  const YamlValue* ports = spec.find("ports");
  if (ports == nullptr || !ports->isList() || ports->items.empty()) return;
  const YamlValue* chosen = &ports->items.front();
  for (const YamlValue& port : ports->items)
    if (protocolOfWord(chosen->textOf("protocol")) == "tcp" && protocolOfWord(port.textOf("protocol")) != "tcp") chosen = &port;
  out.protocol = protocolOfWord(chosen->textOf("protocol"));
  out.port = wholeOf(chosen->find("targetPort"), wholeOf(chosen->find("number"), 0));
}

}  // namespace

void readServiceEntries(IstioParts& parts) {
  for (const Manifest& m : parts.manifests) {
    if (!m.is("networking.istio.io", "ServiceEntry")) continue;
    const YamlValue* spec = m.spec();
    const YamlValue* hosts = spec == nullptr ? nullptr : spec->find("hosts");
    if (hosts == nullptr || !hosts->isList() || hosts->items.empty()) {
      parts.context.error(m.at, "ServiceEntry " + inQuotes(m.name) + " has no spec.hosts");
      continue;
    }
    const YamlValue* endpoints = spec->find("endpoints");
    const std::size_t count = endpoints != nullptr && endpoints->isList() && !endpoints->items.empty() ? endpoints->items.size() : 1;
    const bool inside = spec->textOf("location") == "MESH_INTERNAL";
    for (const YamlValue& host : hosts->items) {
      if (!host.isScalar() || host.text.empty()) continue;
      if (host.text[0] == '*') {
        parts.context.notModelled(host.at, "ServiceEntry " + m.name + ": the wildcard " + host.text);
        continue;
      }
      if (parts.cluster.findHost(host.text, m.name_space)) continue;
      const std::size_t made = parts.cluster.addUnknown(host.text, m.name_space, true, m.at);
      parts.cluster.services[made].versions[0].replicas = static_cast<std::int64_t>(count);
      parts.cluster.services[made].sidecar = inside;
      readPort(*spec, parts.cluster.services[made]);
      parts.context.guessed("ServiceEntry " + m.name + ": " + host.text + " answers after 20 ms" + (inside ? "" : ", outside, without a proxy"));
    }
  }
}

}  // namespace meshmall::models
