// mesh: defaults, destination rules, virtual services.
#include "models/scenario/decode_distribution.h"
#include "models/scenario/decode_parts.h"
#include "models/scenario/nearest_name.h"

#include <algorithm>

namespace meshmall::models {

namespace {

constexpr std::size_t kMaxSubsets = 256;

// The service that a key of destinationRules or virtualServices names; noted when there is none, or when another key named it before.
std::optional<std::uint32_t> ownerOf(const Node& node, const Decoding& decoding, std::vector<bool>& taken) {
  const auto service = decoding.names.findHost(node.key(), "default");
  if (!service) {
    std::vector<std::string_view> known;
    if (!node.document().full()) {
      for (std::size_t i = 0; i < decoding.names.services().size() && i < 2000; ++i) known.push_back(decoding.names.services()[i].key);
    }
    node.keyError("there is no service " + inQuotes(node.key()), suggestion(node.key(), known));
    return std::nullopt;
  }
  taken.resize(decoding.names.services().size());
  if (taken[*service]) {
    node.keyError("service " + inQuotes(decoding.names.services()[*service].key) + " is named by two keys");
    return std::nullopt;
  }
  taken[*service] = true;
  return service;
}

bool agrees(const std::string& host, const Decoding& decoding, std::uint32_t service) {
  return decoding.names.findHost(host, decoding.names.services()[service].name_space) == service;
}

void checkHost(const Node& node, const Decoding& decoding, std::uint32_t service) {
  const auto host = readText(node);
  if (host && !agrees(*host, decoding, service)) node.error("must agree with the key (got " + inQuotes(*host) + ")");
}

std::vector<Subset> readSubsets(const Node& node) {
  std::vector<Subset> out;
  std::vector<std::string> names;
  const auto entries = items(node);
  if (entries.size() > kMaxSubsets) {
    node.error("must be at most 256 subsets (got " + std::to_string(entries.size()) + ")");
    return out;
  }
  for (const Node& item : entries) {
    Subset next;
    ObjectReader object(item, "subset");
    if (const auto name = object.require("name")) {
      next.name = readName(*name).value_or("");
      if (!next.name.empty() && std::find(names.begin(), names.end(), next.name) != names.end()) name->error("there are two subsets " + inQuotes(next.name));
      names.push_back(next.name);
    }
    if (const auto labels = object.get("labels")) next.labels = readLabels(*labels);
    if (const auto policy = object.get("trafficPolicy")) next.policy = readTrafficPolicy(*policy);
    out.push_back(std::move(next));
  }
  return out;
}

std::vector<DestinationRule> readDestinationRules(const Node& node, const Decoding& decoding) {
  std::vector<DestinationRule> out;
  std::vector<bool> taken;
  for (const JsonMember* member : sortedMembers(node)) {
    const Node entry(node, *member);
    const auto service = ownerOf(entry, decoding, taken);
    DestinationRule next;
    next.service = service.value_or(0);
    next.key = std::string(entry.key());
    ObjectReader object(entry, "destinationRule");
    if (const auto host = object.get("host"); host && service) checkHost(*host, decoding, *service);
    if (const auto policy = object.get("trafficPolicy")) next.policy = readTrafficPolicy(*policy);
    if (const auto subsets = object.get("subsets")) next.subsets = readSubsets(*subsets);
    if (service) out.push_back(std::move(next));
  }
  std::sort(out.begin(), out.end(), [](const DestinationRule& a, const DestinationRule& b) { return a.service < b.service; });
  return out;
}

bool hasLabels(const Version& version, const Labels& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& label) { return std::binary_search(version.labels.begin(), version.labels.end(), label); });
}

// Subsets that a route sends to, and that no version's labels fit: their requests find no endpoint.
void warnOfEmptySubsets(const Node& node, const Mesh& mesh, const Decoding& decoding, const std::vector<Service>& services) {
  std::vector<std::pair<std::uint32_t, std::string>> empty;  // ascending: as the rules are, then sorted by name
  for (const DestinationRule& rule : mesh.destination_rules) {
    if (rule.service >= services.size()) continue;
    const auto& versions = services[rule.service].versions;
    for (const Subset& subset : rule.subsets) {
      const bool fits = std::any_of(versions.begin(), versions.end(), [&](const Version& v) { return hasLabels(v, subset.labels); });
      if (!fits) empty.emplace_back(rule.service, subset.name);
    }
  }
  if (empty.empty()) return;
  std::sort(empty.begin(), empty.end());
  for (const ServiceRules& rules : mesh.virtual_services) {
    for (const HttpRoute& route : rules.rules.http) {
      for (const RouteDestination& each : route.route) {
        const auto service = decoding.names.findService(each.destination.host);
        if (!service || (route.route.size() > 1 && each.weight == 0)) continue;
        if (!std::binary_search(empty.begin(), empty.end(), std::make_pair(*service, each.destination.subset))) continue;
        node.warning("the rules of " + inQuotes(decoding.names.services()[rules.service].key) + " send to subset " + inQuotes(each.destination.subset) + " of " +
                     inQuotes(each.destination.host) + ", whose labels no version has");
      }
    }
  }
}

void readHosts(const Node& node, const Decoding& decoding, std::uint32_t service, VirtualService& out) {
  bool found = false;
  for (const Node& item : items(node)) {
    auto host = readText(item);
    if (!host) continue;
    found = found || *host == "*" || agrees(*host, decoding, service);
    out.hosts.push_back(std::move(*host));
  }
  if (!found) node.error("one of the hosts must agree with the key");
}

void readVirtualServices(const Node& node, const Decoding& decoding, Mesh& out) {
  std::vector<bool> taken;
  for (const JsonMember* member : sortedMembers(node)) {
    const Node entry(node, *member);
    const auto service = ownerOf(entry, decoding, taken);
    ServiceRules next;
    next.service = service.value_or(0);
    ObjectReader object(entry, "virtualService");
    if (const auto hosts = object.get("hosts"); hosts && service) readHosts(*hosts, decoding, *service, next.rules);
    next.rules.gateways = gatewaysOf({kMeshGateway, kEntranceGateway});
    if (const auto gateways = object.get("gateways")) {
      std::vector<std::string> names;
      for (const Node& item : items(*gateways)) names.push_back(readName(item).value_or(kMeshGateway));
      if (!names.empty()) next.rules.gateways = gatewaysOf(std::move(names));
    }
    const auto http = object.require("http");
    if (!service) continue;
    if (http) next.rules.http = readHttpRoutes(*http, decoding, out.destination_rules, *service);
    out.virtual_services.push_back(std::move(next));
  }
  std::sort(out.virtual_services.begin(), out.virtual_services.end(), [](const ServiceRules& a, const ServiceRules& b) { return a.service < b.service; });
}

DiscoverySettings readDiscovery(const Node& node, const Decoding& decoding) {
  DiscoverySettings out;
  ObjectReader object(node, "discovery");
  out.propagation = readDistribution(object, "propagation", decoding.folder);
  out.debounce.after = object.duration("debounceAfter", out.debounce.after);
  out.debounce.max = object.duration("debounceMax", out.debounce.max);
  if (out.debounce.max < out.debounce.after) node.error("debounceMax must be at least debounceAfter");
  return out;
}

}  // namespace

Mesh readMesh(const Node& node, const Decoding& decoding, const std::vector<Service>& services) {
  Mesh out;
  ObjectReader object(node, "mesh");
  if (const auto defaults_node = object.get("defaults")) {
    ObjectReader defaults(*defaults_node, "meshDefaults");
    if (const auto policy = defaults.get("trafficPolicy")) out.defaults = readTrafficPolicy(*policy);
    if (const auto retries = defaults.get("retries")) out.default_retries = readRetries(*retries);
  }
  if (const auto rules = object.get("destinationRules")) out.destination_rules = readDestinationRules(*rules, decoding);
  if (const auto rules = object.get("virtualServices")) readVirtualServices(*rules, decoding, out);
  if (const auto limits = object.get("rateLimits")) out.rate_limits = readRateLimits(*limits, decoding);
  if (const auto discovery = object.get("discovery")) out.discovery = readDiscovery(*discovery, decoding);
  out.security = readSecurity(object);
  warnOfEmptySubsets(node, out, decoding, services);
  return out;
}

}  // namespace meshmall::models
