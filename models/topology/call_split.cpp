#include "models/topology/call_split.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/topology/call_graph.h"

namespace meshmall::models {
namespace {

constexpr const char* kEntrance = "gateway";

Moments momentsOf(const Distribution& d) {
  const double variance = d.variance();
  return {d.mean(), std::isfinite(variance) ? variance : 0};
}
Moments twice(const Moments& m) { return m + m; }

bool carries(const Version& version, const Labels& wanted) {
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](const auto& label) { return std::find(version.labels.begin(), version.labels.end(), label) != version.labels.end(); });
}

std::string keyAt(const KeyDistribution& keys, double u, const std::vector<double>& cumulative) {
  switch (keys.kind) {
    case KeyDistribution::Kind::constant:
      return keys.constant;
    case KeyDistribution::Kind::uniform:
      return std::to_string(static_cast<std::uint64_t>(u * static_cast<double>(keys.n)));
    case KeyDistribution::Kind::zipf:
    case KeyDistribution::Kind::weighted:
      break;
  }
  const auto at = std::upper_bound(cumulative.begin(), cumulative.end(), u * cumulative.back());
  const auto index = static_cast<std::size_t>(std::min(at, cumulative.end() - 1) - cumulative.begin());
  return keys.kind == KeyDistribution::Kind::zipf ? std::to_string(index) : keys.weighted[index].first;
}

std::vector<double> cumulativeOf(const KeyDistribution& keys) {
  std::vector<double> sums;
  double sum = 0;
  if (keys.kind == KeyDistribution::Kind::zipf)
    for (std::uint64_t k = 1; k <= keys.n; ++k) sums.push_back(sum += std::pow(static_cast<double>(k), -keys.s));
  for (const auto& key : keys.weighted) sums.push_back(sum += key.second);
  return sums;
}

const DestinationRule* ruleFor(const Mesh& mesh, std::uint32_t service) {
  const auto found = std::find_if(mesh.destination_rules.begin(), mesh.destination_rules.end(), [&](const DestinationRule& r) { return r.service == service; });
  return found == mesh.destination_rules.end() ? nullptr : &*found;
}

// A block of a traffic policy by precedence: subset, rule, defaults; taken whole.
template <class Field>
const TrafficPolicy* firstWith(Field field, const Subset* subset, const DestinationRule* rule, const Mesh& mesh) {
  if (subset != nullptr && subset->policy.*field) return &subset->policy;
  if (rule != nullptr && rule->policy.*field) return &rule->policy;
  return mesh.defaults.*field ? &mesh.defaults : nullptr;
}

}  // namespace

std::vector<SampledHeaders> sampleHeaders(const Traffic& traffic) {
  std::vector<std::vector<double>> cumulative;
  bool varies = false;
  for (const auto& header : traffic.headers) {
    cumulative.push_back(cumulativeOf(header.second));
    varies = varies || header.second.kind != KeyDistribution::Kind::constant;
  }
  std::vector<SampledHeaders> customers(varies ? kHeaderSamples : 1);
  for (std::size_t i = 0; i < customers.size(); ++i)
    for (std::size_t h = 0; h < traffic.headers.size(); ++h) {
      // An additive sequence for each header, by powers of the plastic number: evenly spread in any number of dimensions.
      const double step = std::pow(0.75487766624669276, static_cast<double>(h + 1));
      const double u = std::fmod(0.5 + static_cast<double>(i) * step, 1.0);
      customers[i].emplace_back(traffic.headers[h].first, keyAt(traffic.headers[h].second, u, cumulative[h]));
    }
  return customers;
}

bool CallSplitter::hasProxy(const Caller& caller) const {
  if (caller.traffic) return scenario_.traffic[*caller.traffic].via != Via::direct;
  return scenario_.services[caller.service].sidecar;
}

double CallSplitter::endpointsAt(std::uint32_t service, std::uint32_t version, std::uint32_t locality) const {
  const auto& replicas = scenario_.services[service].versions[version].replicas;
  const double now = stretch_.endpoints[service][version];
  const double planned = std::accumulate(replicas.begin(), replicas.end(), 0.0);
  if (planned <= 0) return now / static_cast<double>(replicas.size());
  return now * replicas[locality] / planned;
}

std::vector<CallSplitter::Place> CallSplitter::placesOf(const Caller& caller) const {
  std::vector<Place> places;
  double sum = 0;
  const auto add = [&](std::uint32_t locality, double share) {
    if (share > 0) places.push_back({locality, share});
    sum += std::max(0.0, share);
  };
  for (std::uint32_t l = 0; l < scenario_.localities.size(); ++l) {
    if (!caller.traffic) {
      add(l, endpointsAt(caller.service, caller.version, l));
    } else if (const auto& only = scenario_.traffic[*caller.traffic].locality) {
      add(l, *only == l ? 1 : 0);
    } else if (scenario_.traffic[*caller.traffic].via == Via::gateway) {
      add(l, l < scenario_.gateway.replicas.size() ? scenario_.gateway.replicas[l] : 0);
    } else {
      add(l, 1);
    }
  }
  if (places.empty()) return {{0, 1}};
  for (Place& place : places) place.share /= sum;
  return places;
}

Moments CallSplitter::hop(std::uint32_t from, std::uint32_t to) const {
  const Locality& a = scenario_.localities[from];
  const Locality& b = scenario_.localities[to];
  const Network& network = scenario_.network;
  Moments way = momentsOf(a.region != b.region ? network.cross_region : a.zone == b.zone ? network.same_zone : network.same_region);
  for (const AddedDelay& delay : stretch_.delays)
    if ((!delay.from || *delay.from == from) && (!delay.to || *delay.to == to)) way = way + Moments{delay.mean, delay.variance};
  return way;
}

namespace {

// What an endpoint of the version counts for. Those who hear of latency or load give each what it can serve; some know no weights.
double weightIn(const PolicyConfig& policy, const Version& version) {
  const bool by_load = std::holds_alternative<PeakEwmaConfig>(policy) || std::holds_alternative<PrequalConfig>(policy) ||
                       std::holds_alternative<ClientSideWeightedRoundRobinConfig>(policy) || std::holds_alternative<GrpcWeightedRoundRobinConfig>(policy);
  if (by_load) return version.workers * version.speed;
  return std::holds_alternative<RandomConfig>(policy) || std::holds_alternative<PickFirstConfig>(policy) ? 1 : version.weight;
}

}  // namespace

// Spreads `share` of the calls over the endpoints of a cluster: from each place of the callers, by weight.
void CallSplitter::addCluster(const Caller& caller, OperationRef called, const Destination& destination, double share, std::vector<SplitPart>& parts) const {
  const auto to = servedAt(scenario_, called, destination.host);
  if (!to || share <= 0) return;
  const Service& service = scenario_.services[to->service];
  const DestinationRule* rule = ruleFor(mesh(), to->service);
  const Subset* subset = nullptr;
  if (!destination.subset.empty() && rule != nullptr)
    for (const Subset& s : rule->subsets)
      if (s.name == destination.subset) subset = &s;
  if (!destination.subset.empty() && subset == nullptr) return;
  const bool proxy = hasProxy(caller);
  const TrafficPolicy* balancing = firstWith(&TrafficPolicy::load_balancer, subset, rule, mesh());
  const PolicyConfig policy = balancing != nullptr ? balancing->load_balancer->policy : PolicyConfig(LeastRequestConfig{});
  const bool nearest = proxy && firstWith(&TrafficPolicy::outlier_detection, subset, rule, mesh()) != nullptr;
  const auto distance = [&](std::uint32_t from, std::uint32_t at) {
    const Locality &a = scenario_.localities[from], &b = scenario_.localities[at];
    return a.region != b.region ? 2 : a.zone != b.zone ? 1 : 0;
  };
  const Moments proxies =
      twice((proxy ? momentsOf(scenario_.sidecar.outbound) : Moments{}) + (service.sidecar ? momentsOf(scenario_.sidecar.inbound) : Moments{}));
  for (const Place& from : placesOf(caller)) {
    int best = 3;
    for (std::uint32_t v = 0; v < service.versions.size(); ++v)
      for (std::uint32_t l = 0; nearest && l < scenario_.localities.size(); ++l)
        if ((subset == nullptr || carries(service.versions[v], subset->labels)) && endpointsAt(to->service, v, l) > 0)
          best = std::min(best, distance(from.locality, l));
    std::vector<SplitPart> here;
    double sum = 0;
    for (std::uint32_t v = 0; v < service.versions.size(); ++v) {
      if (subset != nullptr && !carries(service.versions[v], subset->labels)) continue;
      for (std::uint32_t l = 0; l < scenario_.localities.size(); ++l) {
        const double weight = endpointsAt(to->service, v, l) * (proxy ? weightIn(policy, service.versions[v]) : 1);
        if (weight <= 0 || (nearest && distance(from.locality, l) != best)) continue;
        here.push_back({to->service, v, to->operation, weight, proxies + hop(from.locality, l) + hop(l, from.locality)});
        sum += weight;
      }
    }
    for (SplitPart part : here) {
      part.share *= share * from.share / sum;
      parts.push_back(part);
    }
  }
}

namespace {

double total(const std::vector<SplitPart>& parts) {
  double sum = 0;
  for (const SplitPart& part : parts) sum += part.share;
  return sum;
}

}  // namespace

RuleSplit CallSplitter::plain(const Caller& caller, OperationRef called) const {
  RuleSplit split;
  addCluster(caller, called, {scenario_.services[called.service].name, "", 0}, 1, split.parts);
  split.unserved = std::max(0.0, 1 - total(split.parts));
  split.retried = hasProxy(caller);
  split.retries = mesh().default_retries ? *mesh().default_retries : istioDefaultRetryPolicy();
  return split;
}

RuleSplit CallSplitter::byRule(const Caller& caller, OperationRef called, const HttpRoute& rule) const {
  RuleSplit split;
  split.retried = true;
  split.retries = rule.retries ? *rule.retries : mesh().default_retries ? *mesh().default_retries : istioDefaultRetryPolicy();
  if (rule.fault && rule.fault->abort) {
    split.aborted = std::min(1.0, rule.fault->abort->percentage.value());
    const FaultAbort& abort = *rule.fault->abort;
    const bool grpc = scenario_.services[called.service].protocol == Protocol::grpc && abort.grpc_status > 0;
    split.abort_status = grpc ? httpStatusOfGrpc(abort.grpc_status) : abort.http_status;
  }
  if (rule.fault && rule.fault->delay) {
    const double chance = std::min(1.0, rule.fault->delay->percentage.value()), length = rule.fault->delay->fixed_delay.seconds();
    split.delay = {chance * length, chance * (1 - chance) * length * length};
  }
  if (rule.direct_response) {
    split.answered = rule.direct_response->status;
    return split;
  }
  double sum = 0;
  for (const RouteDestination& d : rule.route) sum += d.weight;
  for (const RouteDestination& d : rule.route)
    if (const auto asked = servedAt(scenario_, called, d.destination.host, &rule))
      addCluster(caller, *asked, d.destination, rule.route.size() == 1 ? 1.0 : sum > 0 ? d.weight / sum : 0, split.parts);
  split.unserved = std::max(0.0, 1 - total(split.parts));
  for (const Mirror& mirror : rule.mirrors)
    if (const auto asked = servedAt(scenario_, called, mirror.destination.host, &rule)) addCluster(caller, *asked, mirror.destination, mirror.percentage.value(), split.mirrored);
  return split;
}

// By rule, and in the last place those that none takes.
std::vector<double> CallSplitter::matchShares(const VirtualService& given, const Caller& caller, OperationRef called,
                                              const std::vector<SampledHeaders>& customers) const {
  // There is one entrance: every gateway's name means it. Rules that name none hold there and in the sidecars.
  const auto meant = [](const std::vector<std::string>& named) {
    std::vector<std::string> out;
    for (const std::string& gateway : named) out.push_back(gateway == kMeshGateway ? gateway : kEntrance);
    return out;
  };
  VirtualService rules = given;
  rules.gateways = rules.gateways.empty() ? std::vector<std::string>{kMeshGateway, kEntrance} : meant(rules.gateways);
  for (HttpRoute& rule : rules.http)
    for (HttpMatch& match : rule.match) match.gateways = meant(match.gateways);
  RouteSource source;
  if (caller.traffic && scenario_.traffic[*caller.traffic].via == Via::gateway) {
    source.gateway = kEntrance;
    source.ns = "istio-system";
  } else if (caller.traffic) {
    source.ns = scenario_.traffic[*caller.traffic].source_namespace;
  } else {
    source.labels = scenario_.services[caller.service].versions[caller.version].labels;
    source.ns = scenario_.services[caller.service].name_space;
  }
  const RouteTable table(rules, source);
  const Operation& operation = scenario_.services[called.service].operations[called.operation];
  RequestLine line;
  line.method = operation.method;
  line.path = operation.path;
  line.authority = scenario_.services[called.service].name;
  const auto candidates = table.narrow(line);
  std::vector<double> shares(rules.http.size() + 1, 0);
  const std::size_t samples = table.settled(candidates) ? 1 : customers.size();
  for (std::size_t i = 0; i < samples; ++i) {
    std::vector<HeaderField> headers;
    for (const auto& [name, value] : customers[i]) headers.push_back({name, value});
    shares[table.match(candidates, headers).value_or(static_cast<std::uint32_t>(rules.http.size()))] += 1.0 / static_cast<double>(samples);
  }
  return shares;
}

CallSplit CallSplitter::split(const Caller& caller, OperationRef called, const std::vector<SampledHeaders>& customers) const {
  const auto& services = mesh().virtual_services;
  const auto rules = std::find_if(services.begin(), services.end(), [&](const ServiceRules& r) { return r.service == called.service; });
  if (rules == services.end() || !hasProxy(caller)) return {plain(caller, called)};
  const std::vector<double> shares = matchShares(rules->rules, caller, called, customers);
  CallSplit split;
  for (std::size_t r = 0; r < shares.size(); ++r) {
    if (shares[r] <= 0) continue;
    RuleSplit part;
    if (r < rules->rules.http.size()) {
      part = byRule(caller, called, rules->rules.http[r]);
    } else {
      part.answered = 404;
    }
    part.probability = shares[r];
    split.push_back(std::move(part));
  }
  return split;
}

}  // namespace meshmall::models
