// VirtualServices: hosts and destinations settled, one list of rules a service and place (gateway, sidecars), as the scenario format has it.
#include <nlohmann/json.hpp>  // before istio_parts.h

#include <algorithm>

#include "models/importers/delegates.h"
#include "models/importers/istio_parts.h"
#include "models/importers/routes_by_host.h"

namespace meshmall::models {

namespace {

std::vector<std::string> textsOf(const YamlValue* list) {
  std::vector<std::string> out;
  if (list == nullptr) return out;
  for (const YamlValue& item : list->items)
    if (item.isScalar()) out.push_back(item.text);
  return out;
}

// A prefix of whole segments is two conditions here ("/a" itself, and what lies below "/a/"), though one to who wrote it.
bool isOnePrefix(const ImportJson& match) {
  const std::string itself = match.size() == 2 ? textIn(match[0], "uri", "exact") : "";
  return !itself.empty() && textIn(match[1], "uri", "prefix") == itself + "/";
}

// Destinations of routes and mirrors in one rule.
void settleRule(ImportJson& rule, const std::string& name_space, const YamlPlace& at, IstioParts& parts) {
  if (!rule.is_object()) return;
  const auto settle = [&](ImportJson& holder) {
    if (holder.is_object() && holder.contains("destination")) parts.settleDestination(holder["destination"], name_space, at);
  };
  if (rule.contains("route") && rule["route"].is_array()) {
    for (ImportJson& each : rule["route"]) settle(each);
    IstioParts::mergeDestinations(rule["route"]);
  }
  if (rule.contains("mirror")) parts.settleDestination(rule["mirror"], name_space, at);
  if (rule.contains("retries") && rule["retries"].is_object() && rule["retries"].contains("backoff") && rule["retries"]["backoff"].is_string()) {
    const ImportJson base = rule["retries"]["backoff"];  // Istio has the first interval only
    rule["retries"]["backoff"] = {{"baseInterval", base}};
  }
  if (rule.contains("mirrors") && rule["mirrors"].is_array())
    for (ImportJson& each : rule["mirrors"]) settle(each);
  if (!rule.contains("match") || !rule["match"].is_array()) return;
  for (const ImportJson& block : rule["match"]) {
    if (!block.is_object() || !block.contains("headers") || !block["headers"].is_object()) continue;
    for (const auto& [name, condition] : block["headers"].items())
      if (condition.is_object() && condition.contains("exact") && condition["exact"].is_string() && name != kPastedTag && name != "host")
        parts.user_headers.insert({name, condition["exact"].get<std::string>()});
  }
}

// The service that a rule is about: that of its first destination.
std::optional<std::size_t> ownerOf(const ImportJson& rule, const IstioParts& parts) {
  if (!rule.is_object() || !rule.contains("route") || !rule["route"].is_array()) return std::nullopt;
  for (const ImportJson& each : rule["route"]) {
    if (!each.is_object() || !each.contains("destination") || !each["destination"].is_object()) continue;
    const std::string key = textIn(each, "destination", "host");
    for (std::size_t s = 0; s < parts.cluster.services.size(); ++s)
      if (parts.cluster.services[s].key == key) return s;
  }
  return std::nullopt;
}

struct Binding {
  bool mesh = false;
  std::vector<std::string> gateways;
};

Binding bindingOf(const YamlValue& spec) {
  Binding out;
  for (std::string& name : textsOf(spec.find("gateways"))) {
    if (name == "mesh") out.mesh = true;
    else if (std::find(out.gateways.begin(), out.gateways.end(), name) == out.gateways.end()) out.gateways.push_back(std::move(name));
  }
  if (!out.mesh && out.gateways.empty()) out.mesh = true;  // Istio's default
  return out;
}

// "*" means the hosts of the gateways that the rules are bound to.
std::vector<std::string> entranceHosts(const Binding& binding, const Manifest& m, const IstioParts& parts) {
  std::vector<std::string> out;
  for (const std::string& gateway : binding.gateways)
    for (std::string& host : parts.gatewayHosts(gateway, m.name_space))
      if (std::find(out.begin(), out.end(), host) == out.end()) out.push_back(std::move(host));
  if (out.empty()) out.push_back("*");
  return out;
}

// A mall's requests at the entrance say which host they want in their header "host" (for Envoy the same as the authority).
void askByHost(ImportJson& rule) {
  if (!rule.is_object() || !rule.contains("match") || !rule["match"].is_array()) return;
  for (ImportJson& block : rule["match"]) {
    if (!block.is_object() || !block.contains("authority") || (block.contains("headers") && !block["headers"].is_object())) continue;
    block["headers"]["host"] = block["authority"];
    block.erase("authority");
  }
}

struct PlacedRule {
  ImportJson rule;
  YamlPlace at;
};

// The rules of an object, those of its delegates in place of the rules that name them.
std::vector<PlacedRule> rulesOf(const Manifest& m, const YamlValue& http, bool mesh, Delegates& delegates, IstioParts& parts) {
  const auto settled = [&](const YamlValue& item, const std::string& name_space) {
    ImportJson rule = parts.context.paste(item);
    if (!mesh) askByHost(rule);
    settleRule(rule, name_space, item.at, parts);
    return rule;
  };
  std::vector<PlacedRule> out;
  for (const YamlValue& item : http.items) {
    const YamlValue* delegate = item.find("delegate");
    if (delegate == nullptr) {
      out.push_back({settled(item, m.name_space), item.at});
      continue;
    }
    const std::string name = "VirtualService " + m.name + ": delegate " + delegate->textOf("name");
    const Manifest* other = delegates.find(m, *delegate);
    if (other == nullptr) {
      parts.context.notModelled(delegate->at, name + " is in none of these files: its rule is left out, as Istio does");
      continue;
    }
    ImportJson root = settled(item, m.name_space);
    root.erase("delegate");
    const YamlValue* rules = other->spec()->find("http");
    if (rules == nullptr || !rules->isList()) continue;
    for (const YamlValue& each : rules->items) {
      if (each.find("delegate") != nullptr) {
        parts.context.notModelled(each.at, name + " has a delegate itself: its rule is left out, as Istio does");
        continue;
      }
      const YamlValue *outer = item.find("match"), *inner = each.find("match");
      if (!delegates.spend(1 + (outer == nullptr ? 1 : outer->items.size()) * (inner == nullptr ? 1 : inner->items.size()))) {
        parts.context.notModelled(item.at, name + ": delegates make more than 20,000 rules; this one's are left out");
        break;
      }
      auto merged = mergedRule(root, settled(each, other->name_space));
      if (merged) out.push_back({std::move(*merged), each.at});
      else parts.context.notModelled(each.at, name + ": the conditions of its rule don't lie within those at " + parts.context.shown(item.at) + ": left out, as Istio does");
    }
  }
  return out;
}

void readVirtualService(const Manifest& m, const YamlValue& spec, Delegates& delegates, IstioParts& parts) {
  for (const char* other : {"tcp", "tls"})
    if (const YamlValue* routes = spec.find(other)) parts.context.notModelled(routes->at, "VirtualService " + m.name + ": " + other + " routes");
  const YamlValue* http = spec.find("http");
  if (http == nullptr || delegates.isNamed(m)) return;  // a delegate's rules stand where they are named
  if (!http->isList()) return parts.context.error(http->at, "http must be a list of rules");
  const Binding binding = bindingOf(spec);
  std::vector<std::size_t> owners;
  std::vector<std::string> others, served = textsOf(spec.find("hosts"));
  if (std::find(served.begin(), served.end(), "*") != served.end()) served = entranceHosts(binding, m, parts);
  for (const std::string& host : textsOf(spec.find("hosts"))) {
    const auto found = parts.cluster.findHost(host, m.name_space);
    if (found && !found->subset.empty()) {
      parts.context.notModelled(m.at, "VirtualService " + m.name + " for host " + host + ", which is a subset of " + parts.cluster.services[found->service].key);
    } else if (found) {
      if (std::find(owners.begin(), owners.end(), found->service) == owners.end()) owners.push_back(found->service);
    } else {
      others.push_back(host);
    }
  }
  if (binding.gateways.empty() && owners.empty())
    return parts.context.notModelled(m.at, "VirtualService " + m.name + ": no host of it is a service of these files" + (spec.find("hosts") == nullptr ? " (a delegate that nobody names)" : ""));
  if (binding.gateways.empty())
    for (const std::string& host : others) parts.context.notModelled(m.at, "VirtualService " + m.name + ": host " + host + " is no service of these files");
  std::map<std::size_t, RouteDocument> made;
  std::vector<std::size_t> order;
  const auto add = [&](std::size_t service, const ImportJson& rule) {
    const auto [it, fresh] = made.emplace(service, RouteDocument{service, binding.mesh, binding.gateways, others, served, {}, m.at, "VirtualService " + (m.name_space == "default" ? "" : m.name_space + "/") + m.name});
    if (fresh) order.push_back(service);
    it->second.rules.push_back(rule);
  };
  std::vector<ImportJson> rules;
  std::vector<YamlPlace> places;
  for (PlacedRule& each : rulesOf(m, *http, binding.mesh, delegates, parts)) {
    rules.push_back(std::move(each.rule));
    places.push_back(each.at);
  }
  std::vector<std::optional<std::size_t>> owner_of;
  std::vector<std::size_t> led_to;  // each once, in the order of the rules
  for (const ImportJson& rule : rules) {
    owner_of.push_back(owners.empty() ? ownerOf(rule, parts) : std::nullopt);
    if (owner_of.back() && std::find(led_to.begin(), led_to.end(), *owner_of.back()) == led_to.end()) led_to.push_back(*owner_of.back());
  }
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (!owners.empty()) {
      for (const std::size_t owner : owners) add(owner, rules[i]);
      continue;
    }
    if (const auto owner = owner_of[i]) {
      add(*owner, rules[i]);
      continue;
    }
    // A redirect or an answer of the gateway itself: before the rules of every service that this object leads to.
    bool placed = false;
    for (const std::size_t any : led_to)
      if (made.count(any) == 0 || made.at(any).rules.empty() || made.at(any).rules.back() != rules[i]) {
        add(any, rules[i]);
        placed = true;
      }
    if (!placed) parts.context.notModelled(places[i], "a rule of VirtualService " + m.name + " that leads to no service");
  }
  for (const std::size_t service : order) {
    if (!binding.gateways.empty())
      for (const ImportJson& rule : made.at(service).rules) parts.addEntry(service, rule, served, m.at);
    parts.documents.push_back(std::move(made.at(service)));
  }
}

// A rule that only holds for these gateways.
ImportJson boundTo(ImportJson rule, const std::vector<std::string>& gateways) {
  if (!rule.is_object()) return rule;
  if (isCatchAll(rule)) {
    rule["match"] = ImportJson::array({ImportJson::object()});
  }
  for (ImportJson& block : rule["match"])
    if (block.is_object() && !block.contains("gateways")) block["gateways"] = gateways;
  // "match" first, as people write it.
  ImportJson out = ImportJson::object();
  for (const char* first : {"name", "match"})
    if (rule.contains(first)) out[first] = rule[first];
  for (const auto& [key, value] : rule.items())
    if (!out.contains(key)) out[key] = value;
  return out;
}

std::vector<std::string> allGateways(const RouteDocument& document) {
  std::vector<std::string> out = document.gateways;
  if (document.mesh) out.push_back("mesh");
  return out;
}

void addUnique(std::vector<std::string>& list, const std::vector<std::string>& more) {
  for (const std::string& each : more)
    if (std::find(list.begin(), list.end(), each) == list.end()) list.push_back(each);
}

int rank(const RouteDocument& d) { return d.gateways.empty() ? 2 : d.mesh ? 1 : 0; }

// One of two objects for the sidecars counts, as in Istio.
std::vector<RouteDocument> keptOf(std::vector<RouteDocument> documents, IstioParts& parts) {
  std::stable_sort(documents.begin(), documents.end(), [&](const RouteDocument& a, const RouteDocument& b) { return rank(a) < rank(b); });
  std::string for_sidecars;  // whose rules they have
  std::vector<RouteDocument> kept;
  for (RouteDocument& document : documents) {
    if (document.mesh && !for_sidecars.empty()) {
      const bool entrance = !document.gateways.empty();
      parts.context.notModelled(document.at, document.name + ": sidecars have the rules of " + for_sidecars + " for " + parts.cluster.services[document.service].key + " already");
      if (!entrance) continue;
      document.mesh = false;
    }
    if (document.mesh) for_sidecars = document.name + " (" + parts.context.shown(document.at) + ")";
    kept.push_back(std::move(document));
  }
  return kept;
}

// Two rules of one group of hosts that take everything: only the first ever acts.
void tellShadowed(const std::vector<const RouteDocument*>& group, IstioParts& parts) {
  const RouteDocument* first = nullptr;
  for (const RouteDocument* document : group) {
    const bool all = std::any_of(document->rules.begin(), document->rules.end(), isCatchAll);
    if (all && first != nullptr && first != document)
      parts.context.notModelled(document->at, document->name + ": its rule for all requests never acts: " + first->name + " (" + parts.context.shown(first->at) + ") has the same hosts and comes first" +
                                                  (first->gateways != document->gateways ? "; all gateways are one entrance" : ""));
    if (all && first == nullptr) first = document;
  }
}

}  // namespace

std::vector<const Manifest*> oldestFirst(const std::vector<Manifest>& manifests) {
  std::vector<const Manifest*> out;
  for (const Manifest& m : manifests) out.push_back(&m);
  const auto born = [](const Manifest* m) {
    const YamlValue* metadata = m->root->find("metadata");
    const std::string text = metadata == nullptr ? "" : metadata->textOf("creationTimestamp");
    return text.empty() ? std::string("~") : text;
  };
  std::stable_sort(out.begin(), out.end(), [&](const Manifest* a, const Manifest* b) { return born(a) < born(b); });
  return out;
}

namespace {

ImportJson combined(std::vector<RouteDocument> documents, IstioParts& parts) {
  const ClusterService& service = parts.cluster.services[documents.front().service];
  const std::vector<RouteDocument> kept = keptOf(std::move(documents), parts);
  const bool for_sidecars = std::any_of(kept.begin(), kept.end(), [](const RouteDocument& d) { return d.mesh; });
  std::vector<std::string> hosts, gateways;
  std::vector<ImportJson> rules;
  std::vector<const RouteDocument*> entrance;
  for (const RouteDocument& document : kept)
    if (rank(document) != 2) entrance.push_back(&document);
  const bool by_host = differByHost(entrance);
  if (by_host) {
    rules = rulesByHost(entrance, parts);
    for (const RouteDocument* document : entrance)
      for (const ImportJson& rule : document->rules)
        if (ImportJson own = document->mesh ? onlyFor(rule, {"mesh"}, nullptr) : ImportJson(); !own.is_null()) rules.push_back(std::move(own));
    parts.asked_hosts[entrance.front()->service] = sampleHost(entrance.front()->served);
  } else {
    tellShadowed(entrance, parts);
    for (const bool last : {false, true})  // rules that take everything come after the others of a gateway
      for (const RouteDocument* document : entrance)
        for (const ImportJson& rule : document->rules)
          if (kept.size() == 1 ? !last : isCatchAll(rule) == last) rules.push_back(kept.size() == 1 ? rule : boundTo(rule, allGateways(*document)));
  }
  for (const RouteDocument& document : kept) {
    addUnique(hosts, document.hosts);
    addUnique(gateways, document.gateways);
    if (rank(document) == 2)
      for (const ImportJson& rule : document.rules) rules.push_back(kept.size() == 1 ? rule : boundTo(rule, {"mesh"}));
  }
  if (for_sidecars) gateways.push_back("mesh");
  ImportJson out = ImportJson::object();
  if (gateways.size() > 1 || !for_sidecars) {
    ImportJson all = ImportJson::array({service.key});
    for (const std::string& host : hosts) all.push_back(host);
    out["hosts"] = all;
  }
  out["gateways"] = gateways;
  out["http"] = rules;
  return out;
}

}  // namespace

HostTarget IstioParts::target(const std::string& host, const std::string& name_space, const YamlPlace& at) {
  if (const auto found = cluster.findHost(host, name_space)) return *found;
  std::string name = host, where = name_space;
  const std::size_t dot = host.find('.');
  const bool local = dot == std::string::npos || host.find(".svc") != std::string::npos;
  if (local && dot != std::string::npos) {
    name = host.substr(0, dot);
    where = host.substr(dot + 1, host.find('.', dot + 1) - dot - 1);
  }
  if (const auto workload = cluster.findWorkload(name, where)) {
    const auto [service, version] = *workload;
    const ClusterVersion& found = cluster.services[service].versions[version];
    context.guessed("there is no Service " + host + " (" + context.shown(at) + "); it is taken for the workload of that name, version " + found.name + " of " + cluster.services[service].key);
    HostTarget out{service, cluster.services[service].versions.size() > 1 ? name : "", found.labels};
    cluster.addHost(name, where, out);
    return out;
  }
  context.guessed("host " + host + " (" + context.shown(at) + ") is in none of these files: " + (local ? "one endpoint" : "one endpoint outside, without a proxy"));
  const std::size_t made = cluster.addUnknown(name, where, !local, at);
  return {made, "", {}};
}

void IstioParts::settleDestination(ImportJson& destination, const std::string& name_space, const YamlPlace& at) {
  if (!destination.is_object() || !destination.contains("host") || !destination["host"].is_string()) return;
  const HostTarget found = target(destination["host"].get<std::string>(), name_space, at);
  const ClusterService& service = cluster.services[found.service];
  destination["host"] = service.key;
  if (service.in_rollout) {
    destination.erase("subset");
    return;
  }
  if (!found.subset.empty()) {
    destination["subset"] = found.subset;
    subsets[found.service][found.subset] = {found.labels, true, at};
  } else if (destination.contains("subset") && destination["subset"].is_string()) {
    subsets[found.service].emplace(destination["subset"].get<std::string>(), NeededSubset{{}, false, at});
  }
}

void IstioParts::mergeDestinations(ImportJson& route) {
  ImportJson out = ImportJson::array();
  for (const ImportJson& each : route) {
    bool merged = false;
    for (ImportJson& known : out) {
      if (!each.is_object() || !known.is_object() || !each.contains("destination") || textIn(each, "destination", "host") != textIn(known, "destination", "host") ||
          textIn(each, "destination", "subset") != textIn(known, "destination", "subset") || each.contains("headers") || known.contains("headers"))
        continue;
      if (each.contains("weight") && known.contains("weight") && each["weight"].is_number_integer() && known["weight"].is_number_integer())
        known["weight"] = known["weight"].get<std::int64_t>() + each["weight"].get<std::int64_t>();
      else known.erase("weight");
      merged = true;
      break;
    }
    if (!merged) out.push_back(each);
  }
  if (out.size() == 1 && route.size() > 1) out[0].erase("weight");
  route = std::move(out);
}

void IstioParts::addEntry(std::size_t service, const ImportJson& rule, const std::vector<std::string>& served, const YamlPlace& at) {
  if (!rule.is_object() || !rule.contains("route")) return;
  const bool grpc = cluster.services[service].protocol == "grpc";
  EntryPoint entry;
  entry.service = service;
  entry.at = at;
  entry.host = sampleHost(served);
  std::string method = grpc ? "POST" : "GET", path;  // a gRPC call is a POST, whatever it is called
  if (rule.contains("match") && rule["match"].is_array() && !rule["match"].empty() && rule["match"][0].is_object()) {
    const ImportJson& block = rule["match"][0];
    const auto exact = [&](const char* key, const char* how) { return block.contains(key) && block[key].is_object() && block[key].contains(how) && block[key][how].is_string(); };
    if (exact("method", "exact")) method = block["method"]["exact"].get<std::string>();
    if (exact("uri", "exact")) path = block["uri"]["exact"].get<std::string>();
    else if (exact("uri", "prefix")) path = block["uri"]["prefix"].get<std::string>();
    else if (block.contains("uri")) return entry_notes.push_back("nobody comes by the rule at " + context.shown(at) + " that asks for a path by a regular expression");
    if (block.contains("headers") && block["headers"].is_object())
      for (const auto& [name, condition] : block["headers"].items())
        if (condition.is_object() && condition.contains("exact") && condition["exact"].is_string() && name != kPastedTag) {
          if (name == "host") entry.host.clear();
          entry.headers.emplace_back(name, condition["exact"].get<std::string>());
        }
    if (rule["match"].size() > 1 && !isOnePrefix(rule["match"]))
      entry_notes.push_back("customers of " + cluster.services[service].key + " ask for " + method + " " + (path.empty() ? "/" : path) + "; nobody comes by the rule's other conditions (" + context.shown(at) + ")");
  }
  if (!path.empty() && path[0] != '/') path = "/" + path;
  entry.operation = grpc && path.empty() ? "call" : method + " " + (path.empty() ? "/" : path);
  const bool known =
      std::any_of(entries.begin(), entries.end(), [&](const EntryPoint& e) { return e.service == service && e.operation == entry.operation && e.headers == entry.headers && e.host == entry.host; });
  if (!known && entries.size() < 200) entries.push_back(std::move(entry));
}

std::vector<std::string> IstioParts::gatewayHosts(const std::string& gateway, const std::string& name_space, const std::string& section) const {
  const std::size_t slash = gateway.find('/');
  const std::string name = slash == std::string::npos ? gateway : gateway.substr(slash + 1), where = slash == std::string::npos ? name_space : gateway.substr(0, slash);
  std::vector<std::string> out;
  for (const Manifest& m : manifests) {
    if (m.kind != "Gateway" || m.name != name || m.name_space != where || m.spec() == nullptr) continue;
    if (const YamlValue* servers = m.spec()->find("servers"))
      for (const YamlValue& server : servers->items)
        for (const std::string& host : textsOf(server.find("hosts"))) out.push_back(host.substr(host.find('/') == std::string::npos ? 0 : host.find('/') + 1));
    if (const YamlValue* listeners = m.spec()->find("listeners"))
      for (const YamlValue& listener : listeners->items)
        if (section.empty() || listener.textOf("name") == section) out.push_back(listener.textOf("hostname").empty() ? "*" : listener.textOf("hostname"));
  }
  if (out.empty() || std::find(out.begin(), out.end(), "*") != out.end()) return {"*"};
  return out;
}

void readVirtualServices(IstioParts& parts) {
  Delegates delegates(parts.manifests);
  for (const Manifest* each : oldestFirst(parts.manifests)) {
    const Manifest& m = *each;
    if (!m.is("networking.istio.io", "VirtualService")) continue;
    if (m.spec() == nullptr) parts.context.error(m.at, "VirtualService " + inQuotes(m.name) + " has no spec");
    else readVirtualService(m, *m.spec(), delegates, parts);
  }
}

void combineRoutes(IstioParts& parts) {
  std::map<std::size_t, std::vector<RouteDocument>> by_service;
  for (RouteDocument& document : parts.documents) by_service[document.service].push_back(std::move(document));
  parts.documents.clear();
  for (auto& [service, documents] : by_service)
    if (ImportJson made = combined(std::move(documents), parts); !made["http"].empty()) parts.virtual_services[parts.cluster.services[service].key] = std::move(made);
  std::vector<EntryPoint> entries;
  for (EntryPoint& entry : parts.entries) {
    if (parts.asked_hosts.count(entry.service) == 0) entry.host.clear();  // nobody asks for it
    const bool known =
        std::any_of(entries.begin(), entries.end(), [&](const EntryPoint& e) { return e.service == entry.service && e.operation == entry.operation && e.headers == entry.headers && e.host == entry.host; });
    if (!known) entries.push_back(std::move(entry));
  }
  parts.entries = std::move(entries);
}

}  // namespace meshmall::models
