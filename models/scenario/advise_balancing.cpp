// What `check` says about balancing that cannot act, or that hurts: a code, the reason, the cure. Codes: docs/reference/balancing.md#warnings.
// Judged for each version of the mesh by the endpoints that the scenario starts with, and what its customers carry.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/balancing/hash_tables.h"
#include "models/scenario/decode_parts.h"

namespace meshmall::models {

namespace {

// A loadBalancer block, and the cluster with the most endpoints among those that take it.
struct Place {
  const Node& node;
  const LoadBalancerSettings& settings;
  const Scenario& scenario;
  const Mesh& mesh;
  std::vector<std::uint32_t> services;  // that take it; never empty
  std::uint32_t endpoints = 0;          // of the largest
};

std::uint32_t endpointsOf(const Service& service) {
  std::uint32_t n = 0;
  for (const Version& version : service.versions) n = std::accumulate(version.replicas.begin(), version.replicas.end(), n);
  return n;
}

std::string number(double n) { return shown(n); }

constexpr std::uint64_t kCostlyRing = 500'000;
constexpr double kRingSeconds = 1e-7;  // for each point: measured 0.9 s for 8,388,608

// ---- hashing: who carries the key ------------------------------------------------------------------------------------------------

bool setsHeader(const HeaderOperations& operations, const std::string& name) {
  const auto is = [&](const auto& field) { return std::equal(field.first.begin(), field.first.end(), name.begin(), name.end(), [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; }); };
  return std::any_of(operations.set.begin(), operations.set.end(), is) || std::any_of(operations.add.begin(), operations.add.end(), is);
}

bool someRouteSets(const Mesh& mesh, const std::string& name) {
  for (const ServiceRules& rules : mesh.virtual_services)
    for (const HttpRoute& route : rules.rules.http) {
      if (setsHeader(route.headers.request, name)) return true;
      for (const RouteDestination& destination : route.route)
        if (setsHeader(destination.headers.request, name)) return true;
    }
  return false;
}

bool mayCarry(const Traffic& traffic, const HashPolicy& key) {
  const bool header = key.kind == HashPolicy::Kind::kHeader;
  for (const auto& [name, values] : traffic.headers) {
    if (header && name == key.name) return true;
    if (header || name != "cookie") continue;
    const auto names = [&](const std::string& line) { return line.find(key.name + "=") != std::string::npos; };
    if (names(values.constant)) return true;
    for (const auto& value : values.weighted)
      if (names(value.first)) return true;
  }
  if (header) return key.name == "cookie" && !traffic.cookies.empty();
  return std::any_of(traffic.cookies.begin(), traffic.cookies.end(), [&](const auto& cookie) { return cookie.first == key.name; });
}

bool pathNames(const Service& service, const std::string& parameter) {
  return std::any_of(service.operations.begin(), service.operations.end(), [&](const Operation& o) {
    return o.path.find("?" + parameter) != std::string::npos || o.path.find("&" + parameter) != std::string::npos;
  });
}

void adviseOnKey(const Place& place) {
  const HashPolicy& key = *place.settings.hash;
  const Scenario& scenario = place.scenario;
  const auto nobody = [&](const std::string& what, const std::string& cure) {
    place.node.advise("hash-key-missing", "no request carries the " + what + " " + inQuotes(key.name) + ", so each goes to a random endpoint", cure);
  };
  if (key.kind == HashPolicy::Kind::kQueryParameter) {
    const bool named = std::any_of(place.services.begin(), place.services.end(), [&](std::uint32_t s) { return pathNames(scenario.services[s], key.name); });
    if (!named) nobody("query parameter", "name it in an operation's path: \"GET /x?" + key.name + "=1\"");
  } else if (key.kind != HashPolicy::Kind::kSource && !key.generated) {
    const bool header = key.kind == HashPolicy::Kind::kHeader;
    const bool carried = std::any_of(scenario.traffic.begin(), scenario.traffic.end(), [&](const Traffic& t) { return mayCarry(t, key); });
    if (!carried && !someRouteSets(place.mesh, header ? key.name : "cookie")) {
      nobody(header ? "header" : "cookie", header ? "give the traffic \"headers\": {\"" + key.name + "\": {\"uniform\": {\"n\": 1000}}}"
                                                  : "give the traffic \"cookies\": {\"" + key.name + "\": {\"uniform\": {\"n\": 1000}}}, or the cookie a ttl");
    }
  }
  if (key.kind != HashPolicy::Kind::kSource) return;
  const bool from_outside = std::any_of(scenario.traffic.begin(), scenario.traffic.end(), [&](const Traffic& t) {
    return t.via == Via::gateway && std::find(place.services.begin(), place.services.end(), t.to.service) != place.services.end();
  });
  if (!from_outside && place.endpoints > 1) {
    place.node.advise("hash-source-few", "behind the entrance the source is the calling endpoint, so a caller sends all it has to one endpoint", "hash a header or cookie of the customer");
  }
}

void adviseOnTable(const Place& place) {
  const double hosts = place.endpoints;
  if (const auto* ring = std::get_if<RingHashConfig>(&place.settings.policy); ring != nullptr && hosts > 1) {
    const double points = static_cast<double>(std::min(ring->minimum_ring_size, ring->maximum_ring_size)) / hosts;
    if (points < 1) {
      place.node.advise("ring-too-small", "the ring has " + number(static_cast<double>(ring->maximum_ring_size)) + " points at most for " + number(hosts) + " endpoints: some get nothing",
                        "raise maximumRingSize to at least " + number(100 * hosts));
    } else if (points < 20) {
      place.node.advise("ring-too-small", "the ring has about " + number(std::round(points)) + " points for each of " + number(hosts) + " endpoints: the busiest gets about twice its share, or more",
                        "raise ringHash.minimumRingSize to " + number(100 * hosts) + ", or take maglev");
    }
  }
  if (const auto* maglev = std::get_if<MaglevConfig>(&place.settings.policy); maglev != nullptr && static_cast<double>(maglev->table_size) < 100 * hosts) {
    place.node.advise("maglev-too-small", "the table has fewer than 100 slots for each of " + number(hosts) + " endpoints: shares differ by more than 1 %",
                      "raise tableSize to a prime above " + number(100 * hosts));
  }
}

// ---- policies that act like another one ------------------------------------------------------------------------------------------

void adviseOnLeastRequest(const Place& place, const LeastRequestConfig& c) {
  const bool scheduled = c.active_request_bias.has_value();
  if (scheduled && *c.active_request_bias == 0) {
    place.node.advise("least-request-bias", "with activeRequestBias 0 it does not look at active requests: it acts like ROUND_ROBIN", "take ROUND_ROBIN, or a bias above 0");
  } else if (!scheduled && c.selection == LeastRequestConfig::Selection::kChoices && c.choice_count == 1) {
    place.node.advise("least-request-choices", "with choiceCount 1 it acts like RANDOM", "set choiceCount to 2 or more");
  } else if (!scheduled && c.selection == LeastRequestConfig::Selection::kChoices && !c.replacement && c.choice_count >= place.endpoints && place.endpoints > 2) {
    place.node.advise("least-request-choices", "choiceCount " + number(c.choice_count) + " without replacement looks at all " + number(place.endpoints) + " endpoints: it acts like full_scan",
                      "say \"selection\": \"full_scan\", or lower choiceCount");
  }
}

void adviseOnReports(const Place& place, Duration blackout, Duration expiration, bool out_of_band, Duration period) {
  const Duration length = place.scenario.run.warmup.value_or(Duration{0}) + place.scenario.run.duration;
  if (blackout >= length) {
    place.node.advise("reports-never-count", "the run ends before blackoutPeriod does: no weight ever counts, and it acts like ROUND_ROBIN", "shorten blackoutPeriod or lengthen the run");
  } else if (out_of_band && period > expiration) {
    place.node.advise("reports-never-count", "a weight expires before the next report comes (weightExpirationPeriod is shorter than oobReportingPeriod)", "report more often");
  }
}

void adviseOnProbes(const Place& place, const PrequalConfig& c) {
  const double way = 2 * place.scenario.network.same_zone.mean();  // to the nearest
  if (c.probe_rate <= 0) {
    place.node.advise("probes-useless", "without probes it acts like RANDOM", "set probeRate to 3");
  } else if (way > c.probe_timeout.seconds()) {
    place.node.advise("probes-useless", "a probe takes " + number(way * 1e3) + " ms there and back and is dropped after " + number(c.probe_timeout.seconds() * 1e3) + " ms: it acts like RANDOM",
                      "raise probeTimeout");
  } else if (c.probe_rate <= c.remove_rate) {
    place.node.advise("probes-useless", "as many answers are dropped as come in, so the pool stays too small and it acts like RANDOM", "keep probeRate above removeRate");
  }
}

void adviseOnWeights(const Place& place) {
  const PolicyConfig& policy = place.settings.policy;
  const bool knows = std::holds_alternative<RoundRobinConfig>(policy) || std::holds_alternative<LeastRequestConfig>(policy) || hashConfigOf(policy).has_value();
  if (knows) return;
  for (const std::uint32_t s : place.services) {
    for (const Version& version : place.scenario.services[s].versions) {
      if (version.weight == place.scenario.services[s].versions.front().weight) continue;
      place.node.advise("weights-ignored", "this balancer does not look at the versions' weights (" + inQuotes(place.scenario.services[s].name) + ")", "take ROUND_ROBIN, LEAST_REQUEST or a consistentHash");
      return;
    }
  }
}

// A ring this large is made anew, by every proxy with a belief of its own, whenever an endpoint's health changes.
void adviseOnCost(const Place& place, bool health_changes) {
  const auto* ring = std::get_if<RingHashConfig>(&place.settings.policy);
  if (ring == nullptr || !health_changes || ring->minimum_ring_size < kCostlyRing) return;
  const auto points = static_cast<double>(ring->minimum_ring_size);
  place.node.advise("ring-cost", "each change of an endpoint's health makes each proxy that sees it sort " + number(points) + " points anew (about " + number(std::ceil(points * kRingSeconds * 100) / 100) + " s and " +
                                     number(std::ceil(points * 16 / 1e6)) + " MB, shared by proxies of the same belief)",
                    "100 points an endpoint are enough: ringHash.minimumRingSize " + number(100 * place.endpoints) + ", or take maglev");
}

// PASSTHROUGH: the proxy sends to the service's address, and kube-proxy chooses.
void adviseOnPassthrough(const Place& place, const TrafficPolicy& policy) {
  if (!place.settings.passes_through) return;
  std::string idle;
  const auto add = [&](bool given, const char* what) {
    if (given) idle += (idle.empty() ? "" : ", ") + std::string(what);
  };
  add(policy.outlier_detection.has_value(), "outlierDetection");
  add(policy.health_checks.has_value(), "healthChecks");
  add(policy.consecutive_failures.has_value(), "consecutiveFailures");
  const LocalityLbSetting& l = place.settings.locality;
  add(l.enabled && (!l.distribute.empty() || !l.failover.empty() || !l.failover_priority.empty()), "localityLbSetting");
  add(place.settings.failover.locality == LocalityRule::kZoneAware, "zoneAware");
  add(place.settings.failover.panic_threshold > 0, "panicThreshold");
  if (idle.empty()) return;
  place.node.advise("passthrough-blind", "with PASSTHROUGH the proxy sees one address, not endpoints: " + idle + " and labels of subsets do nothing", "take another balancer, or leave them out");
}

void adviseOn(const Place& place) {
  if (place.settings.hash) adviseOnKey(place);
  adviseOnTable(place);
  adviseOnWeights(place);
  const PolicyConfig& policy = place.settings.policy;
  if (const auto* least = std::get_if<LeastRequestConfig>(&policy)) adviseOnLeastRequest(place, *least);
  if (const auto* c = std::get_if<ClientSideWeightedRoundRobinConfig>(&policy)) {
    adviseOnReports(place, c->blackout_period, c->weight_expiration_period, c->out_of_band, c->out_of_band_period);
  }
  if (const auto* c = std::get_if<GrpcWeightedRoundRobinConfig>(&policy)) {
    adviseOnReports(place, c->blackout_period, c->weight_expiration_period, c->out_of_band, c->out_of_band_period);
  }
  if (const auto* prequal = std::get_if<PrequalConfig>(&policy)) adviseOnProbes(place, *prequal);
}

void adviseOn(const Node& policy_node, const TrafficPolicy& policy, const Scenario& scenario, const Mesh& mesh, std::vector<std::uint32_t> services) {
  const JsonMember* member = policy_node.value().find("loadBalancer");
  if (member == nullptr || !policy.load_balancer || services.empty()) return;
  std::uint32_t endpoints = 0;
  for (const std::uint32_t s : services) endpoints = std::max(endpoints, endpointsOf(scenario.services[s]));
  const Place place{Node(policy_node, *member), *policy.load_balancer, scenario, mesh, std::move(services), endpoints};
  adviseOn(place);
  adviseOnCost(place, policy.outlier_detection || policy.health_checks || policy.consecutive_failures);
  adviseOnPassthrough(place, policy);
}

void adviseOnRule(const Node& rule_node, const DestinationRule& rule, const Scenario& scenario, const Mesh& mesh) {
  if (const JsonMember* policy = rule_node.value().find("trafficPolicy")) adviseOn(Node(rule_node, *policy), rule.policy, scenario, mesh, {rule.service});
  const JsonMember* subsets = rule_node.value().find("subsets");
  if (subsets == nullptr || subsets->value.items() == nullptr) return;
  const Node list(rule_node, *subsets);
  for (std::size_t i = 0; i < rule.subsets.size() && i < subsets->value.items()->size(); ++i) {
    const Node subset(list, i, (*subsets->value.items())[i]);
    if (const JsonMember* policy = subset.value().find("trafficPolicy")) adviseOn(Node(subset, *policy), rule.subsets[i].policy, scenario, mesh, {rule.service});
  }
}

}  // namespace

void adviseOnBalancing(const Node& mesh_node, const Scenario& scenario, const Mesh& mesh, const NameIndex& names) {
  std::vector<bool> own(scenario.services.size(), false);
  for (const DestinationRule& rule : mesh.destination_rules) own[rule.service] = rule.policy.load_balancer.has_value();
  std::vector<std::uint32_t> by_default;
  for (std::uint32_t s = 0; s < own.size(); ++s)
    if (!own[s]) by_default.push_back(s);
  if (const JsonMember* defaults = mesh_node.value().find("defaults")) {
    const Node node(mesh_node, *defaults);
    if (const JsonMember* policy = defaults->value.find("trafficPolicy")) adviseOn(Node(node, *policy), mesh.defaults, scenario, mesh, by_default);
  }
  const JsonMember* rules = mesh_node.value().find("destinationRules");
  if (rules == nullptr || rules->value.members() == nullptr) return;
  const Node rules_node(mesh_node, *rules);
  for (const JsonMember& entry : *rules->value.members()) {
    const auto service = names.findHost(entry.key, "default");
    const auto rule = std::find_if(mesh.destination_rules.begin(), mesh.destination_rules.end(), [&](const DestinationRule& r) { return service && r.service == *service; });
    if (rule != mesh.destination_rules.end()) adviseOnRule(Node(rules_node, entry), *rule, scenario, mesh);
  }
}

}  // namespace meshmall::models
