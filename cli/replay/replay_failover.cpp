// Priorities, panic, health classes, localities by weight and by zone, and Istio's locality settings.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/replay/balancing_families.h"
#include "cli/replay/case_cluster.h"
#include "cli/replay/case_reader.h"
#include "models/balancing/load_balancer.h"
#include "models/failover/istio_locality.h"

namespace meshmall::cli {

namespace {

using nlohmann::json;
using namespace models;

void replayPriorityLoad(const json& one_case, json& actual, ReplayAnswer&) {
  const json& config = one_case["config"];
  allowKeys(config, {"healthy_panic_threshold"}, "config");
  allowKeys(one_case["input"], {"priorities"}, "input");
  std::vector<PrioritySummary> summaries;
  for (const json& p : one_case["input"].at("priorities")) {
    allowKeys(p, {"total", "healthy", "degraded", "excluded", "overprovisioning_factor", "healthy_weight", "degraded_weight", "total_weight"}, "priority");
    PrioritySummary summary;
    summary.total = p.at("total").get<std::uint32_t>();
    summary.healthy = p.value("healthy", 0U);
    summary.degraded = p.value("degraded", 0U);
    summary.excluded = p.value("excluded", 0U);
    summary.overprovisioning_factor = p.value("overprovisioning_factor", summary.overprovisioning_factor);
    summary.weighted = p.contains("total_weight") || p.contains("healthy_weight");
    summary.healthy_weight = p.value("healthy_weight", std::uint64_t{0});
    summary.degraded_weight = p.value("degraded_weight", std::uint64_t{0});
    summary.counted_weight = p.value("total_weight", std::uint64_t{0});
    summaries.push_back(summary);
  }
  std::vector<PriorityShare> shares;
  actual["normalized_total_availability"] = updatePriorityShares(summaries, config.value("healthy_panic_threshold", 50U), shares);
  for (const char* key : {"healthy_load", "degraded_load", "panic"}) actual[key] = json::array();
  for (const PriorityShare& share : shares) {
    actual["healthy_load"].push_back(share.healthy);
    actual["degraded_load"].push_back(share.degraded);
    actual["panic"].push_back(share.panic);
  }
}

void replayChoosePriority(const json& one_case, json& actual, ReplayAnswer&) {
  const json& input = one_case["input"];
  allowKeys(one_case["config"], {}, "config");
  allowKeys(input, {"healthy_load", "degraded_load", "hash"}, "input");
  std::vector<PriorityShare> shares;
  for (std::size_t p = 0; p < input.at("healthy_load").size(); ++p) {
    shares.push_back({input["healthy_load"][p].get<std::uint32_t>(), input.at("degraded_load").at(p).get<std::uint32_t>(), false});
  }
  for (const char* key : {"priority", "availability"}) actual[key] = json::array();
  for (const std::uint64_t hash : unsignedListOf(input.at("hash"))) {
    const PriorityChoice choice = choosePriority(hash, shares);
    actual["priority"].push_back(choice.priority);
    actual["availability"].push_back(choice.degraded ? "degraded" : "healthy");
  }
}

HostFlags flagOf(const std::string& name) {
  static const std::pair<const char*, HostFlags> names[] = {
      {"FAILED_ACTIVE_HC", kFailedActiveCheck},     {"FAILED_OUTLIER_CHECK", kFailedOutlierCheck},
      {"FAILED_EDS_HEALTH", kFailedDiscovery},      {"EDS_STATUS_DRAINING", kDraining},
      {"DEGRADED_ACTIVE_HC", kDegradedActiveCheck}, {"DEGRADED_EDS_HEALTH", kDegradedDiscovery},
      {"PENDING_ACTIVE_HC", kPendingActiveCheck},   {"EXCLUDED_VIA_IMMEDIATE_HC_FAIL", kExcludedByImmediateFail},
      {"PENDING_DYNAMIC_REMOVAL", kPendingRemoval}};
  for (const auto& [known, flag] : names) {
    if (name == known) return flag;
  }
  throw Unsupported{"flag " + name + " is not understood"};
}

void replayHostHealth(const json& one_case, json& actual, ReplayAnswer&) {
  allowKeys(one_case["config"], {}, "config");
  allowKeys(one_case["input"], {"flags"}, "input");
  static const char* const names[] = {"healthy", "degraded", "unhealthy"};
  for (const char* key : {"coarse", "excluded"}) actual[key] = json::array();
  for (const json& list : one_case["input"].at("flags")) {
    HostFlags flags = 0;
    for (const json& name : list) flags = static_cast<HostFlags>(flags | flagOf(name.get<std::string>()));
    actual["coarse"].push_back(names[static_cast<int>(healthOf(flags))]);
    actual["excluded"].push_back(isExcluded(flags));
  }
}

std::vector<LocalityCounts> localityCounts(const json& localities) {
  std::vector<LocalityCounts> counts;
  for (const json& locality : localities) {
    allowKeys(locality, {"total", "eligible", "excluded", "weight"}, "locality");
    counts.push_back({locality.value("weight", 0U), locality.at("total").get<std::uint32_t>(), locality.at("eligible").get<std::uint32_t>(),
                      locality.value("excluded", 0U)});
  }
  return counts;
}

void replayLocalityWeights(const json& one_case, json& actual, ReplayAnswer&) {
  allowKeys(one_case["config"], {"overprovisioning_factor"}, "config");
  allowKeys(one_case["input"], {"localities"}, "input");
  const std::uint32_t factor = one_case["config"].value("overprovisioning_factor", 140U);
  actual["effective_weights"] = json::array();
  for (const LocalityCounts& locality : localityCounts(one_case["input"].at("localities"))) {
    actual["effective_weights"].push_back(effectiveLocalityWeight(locality, factor));
  }
}

void replayLocalitySchedule(const json& one_case, json& actual, ReplayAnswer&) {
  const json& config = one_case["config"];
  const json& input = one_case["input"];
  allowKeys(config, {"overprovisioning_factor", "seed"}, "config");
  allowKeys(input, {"localities", "picks", "seeds", "picks_each"}, "input");
  const auto localities = localityCounts(input.at("localities"));
  const std::uint32_t factor = config.value("overprovisioning_factor", 140U);
  std::vector<std::uint64_t> seeds{config.contains("seed") ? unsignedOf(config["seed"]) : 0};
  if (input.contains("seeds")) seeds = unsignedListOf(input["seeds"]);
  const std::uint64_t count = unsignedOf(input.at(input.contains("seeds") ? "picks_each" : "picks"));
  std::vector<std::uint64_t> counts(localities.size(), 0);
  actual[input.contains("seeds") ? "first_pick_by_seed" : "locality_picks"] = json::array();
  for (const std::uint64_t seed : seeds) {
    LocalitySchedule schedule(localities, factor, seed);
    actual["effective_weights"] = schedule.effectiveWeights();
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto locality = schedule.pick();
      const json picked = locality ? json(*locality) : json();
      if (locality) ++counts[*locality];
      if (input.contains("seeds")) {
        if (i == 0) actual["first_pick_by_seed"].push_back(picked);
      } else {
        actual["locality_picks"].push_back(picked);
      }
    }
  }
  actual["pick_counts"] = counts;
}

// --- zone aware ---------------------------------------------------------------------------------------------------------------------------

struct ZoneCase {
  CaseCluster cluster;
  std::vector<ZoneHosts> upstream;
  LocalCluster local;
  bool hosts_given = true;
};

ZoneCase readZones(const json& one_case) {
  const json& input = one_case["input"];
  ZoneCase zones;
  zones.cluster.hosts = readHosts(one_case);
  zones.cluster.failover.locality = LocalityRule::kZoneAware;
  zones.cluster.has_local_locality = input.value("local_zone_is_first_locality", true);
  if (input.contains("upstream_localities")) {
    std::vector<CaseHost> in_order;
    for (const json& locality : input["upstream_localities"]) {
      allowKeys(locality, {"zone", "hosts", "count"}, "locality");
      const std::string name = locality.at("zone").get<std::string>();
      zones.cluster.localities.push_back(name);
      zones.hosts_given = zones.hosts_given && locality.contains("hosts");
      const std::uint32_t hosts = locality.contains("hosts") ? static_cast<std::uint32_t>(locality["hosts"].size()) : locality.at("count").get<std::uint32_t>();
      zones.upstream.push_back({name, hosts});
    }
  } else {
    zones.cluster.localitiesAsTheyCome();
  }
  const json members = input.value("local_cluster_hosts_per_zone", json::object());
  for (const auto& [zone, hosts] : members.items()) {
    zones.local.zones.push_back({zone, hosts.get<std::uint32_t>()});
    zones.local.hosts += hosts.get<std::uint32_t>();
  }
  zones.local.healthy = zones.local.hosts;
  if (input.contains("local_cluster_flat_host_list")) {
    zones.local.hosts = zones.local.healthy = static_cast<std::uint32_t>(input["local_cluster_flat_host_list"].size());
  }
  zones.local.has_own_zone = input.value("local_cluster_has_local_locality", true);
  return zones;
}

void addZoneState(const ZoneRouting& routing, bool panics, json& actual) {
  if (routing.state == ZoneRouting::State::kNone || panics) {
    actual["state"] = "none";
    return;
  }
  actual["state"] = routing.state == ZoneRouting::State::kDirect ? "direct" : "residual";
  for (const ZoneRouting::Percent& percent : routing.percents) actual["local_and_upstream_percent_x100"].push_back({percent.local, percent.upstream});
  actual["local_percent_to_route_x100"] = routing.route_locally;
  actual["residual_capacity"] = routing.residual;
}

// Draws that show all of a routing, for a case that gives none: the first and the last of those that lead to each place, in order, and the first beyond.
std::vector<std::vector<std::uint64_t>> drawsAtTheEdges(const ZoneRouting& routing) {
  constexpr std::uint64_t kAll = 10000;
  std::vector<std::vector<std::uint64_t>> draws;  // priority, whether it stays, zone
  if (routing.route_locally > 0) draws = {{0, 0}, {0, std::min(routing.route_locally, kAll) - 1}};
  if (routing.route_locally >= kAll) return draws;
  const std::uint64_t leaves = routing.route_locally > 0 ? kAll - 1 : 0;
  const std::uint64_t total = routing.residual.back();
  if (total == 0) {
    for (std::uint64_t zone = 0; zone < routing.residual.size(); ++zone) draws.push_back({0, leaves, zone});
    return draws;
  }
  std::uint64_t begin = 0;
  for (const std::uint64_t end : routing.residual) {
    if (end == begin) continue;
    draws.push_back({0, leaves, begin});
    if (end - 1 > begin) draws.push_back({0, leaves, end - 1});
    begin = end;
  }
  draws.push_back({0, leaves, total});
  return draws;
}

void replayZoneAware(const json& one_case, json& actual, ReplayAnswer& answer) {
  const json& config = one_case["config"];
  const json& input = one_case["input"];
  allowKeys(config, {"min_cluster_size", "routing_enabled", "healthy_panic_threshold", "fail_traffic_on_panic"}, "config");
  allowKeys(input,
            {"local_zone_is_first_locality", "local_cluster_hosts_per_zone", "upstream_localities", "local_cluster_has_local_locality",
             "local_cluster_flat_host_list", "random"},
            "input");
  ZoneCase zones = readZones(one_case);
  FailoverConfig& failover = zones.cluster.failover;
  failover.zone_aware.min_cluster_size = config.value("min_cluster_size", failover.zone_aware.min_cluster_size);
  failover.zone_aware.routing_enabled = config.value("routing_enabled", failover.zone_aware.routing_enabled);
  failover.panic_threshold = config.value("healthy_panic_threshold", failover.panic_threshold);
  failover.fail_traffic_on_panic = config.value("fail_traffic_on_panic", false);
  if (!zones.hosts_given) {
    const ZoneRouting routing = routeByZone(zones.upstream, zones.cluster.has_local_locality, zones.local, failover.zone_aware);
    addZoneState(routing, false, actual);
    if (input.contains("local_zone_is_first_locality")) throw Unsupported{"the case gives neither the hosts nor the draws of its picks"};
    return;
  }
  ClusterHosts hosts = zones.cluster.build();
  GivenDraws seed;
  LoadBalancer balancer(RoundRobinConfig{}, hosts, {}, seed);
  balancer.setLocalCluster(std::make_shared<const LocalCluster>(zones.local), hosts);
  const ZoneRouting& routing = balancer.localities()->zoneRouting();
  const bool panics = localClusterPanics(zones.local, failover.panic_threshold);
  addZoneState(routing, panics, actual);
  const bool draws_decide = routing.state == ZoneRouting::State::kResidual && !panics;
  std::vector<std::vector<std::uint64_t>> random;
  if (input.contains("random")) {
    for (const json& draws : input["random"]) random.push_back(unsignedListOf(draws));
  } else {
    answer.open_lists.push_back("picks");
    answer.draws_chosen = draws_decide;
    random = draws_decide ? drawsAtTheEdges(routing) : decltype(random)(std::max<std::size_t>(2, zones.cluster.hosts.size()));
  }
  json picks = json::array();
  for (const std::vector<std::uint64_t>& given : random) {
    GivenDraws draws(given);
    const Pick pick = balancer.pick(hosts, {}, draws);
    json one = {{"address", addressOf(zones.cluster, pick.host)}};
    if (!given.empty()) one["random"] = given;
    if (pick.locality != HostSource::kNoLocality) one["locality_index"] = pick.locality;
    picks.push_back(one);
  }
  actual["picks"] = picks;
}

// --- Istio ----------------------------------------------------------------------------------------------------------------------------------

std::optional<LocalityName> localityOf(const json& text) {
  return text.is_null() ? std::nullopt : std::optional<LocalityName>(parseLocality(text.get<std::string>()));
}

void replayLocalityFailover(const json& one_case, json& actual, ReplayAnswer&) {
  const json& config = one_case["config"];
  const json& input = one_case["input"];
  allowKeys(config, {"failover", "outlierDetection_set"}, "config");
  allowKeys(input, {"proxy", "endpoint_groups"}, "input");
  LocalityLbSetting setting;
  for (const json& rule : config.value("failover", json::array())) setting.failover.push_back({rule.at(0).get<std::string>(), rule.at(1).get<std::string>()});
  std::vector<HostConfig> hosts;
  std::vector<Place> places;
  for (const json& group : input.at("endpoint_groups")) {
    hosts.push_back({static_cast<std::uint32_t>(hosts.size()), "", 1, 0, 0});
    places.push_back({localityOf(group), {}});
  }
  const LocalityArrangement arrangement =
      arrangeByLocality(hosts, places, {localityOf(input.at("proxy")), {}}, setting, config.value("outlierDetection_set", true));
  for (const HostConfig& host : arrangement.hosts) actual["priorities"].push_back(host.priority);
}

void replayDistribute(const json& one_case, json& actual, ReplayAnswer&) {
  const json& config = one_case["config"];
  const json& input = one_case["input"];
  allowKeys(config, {"distribute"}, "config");
  allowKeys(input, {"proxy", "endpoint_groups"}, "input");
  std::vector<LocalityDistribute> rules;
  for (const json& rule : config.at("distribute")) {
    allowKeys(rule, {"from", "to"}, "distribute");
    rules.push_back({rule.at("from").get<std::string>(), {}});
    for (const auto& [to, weight] : rule.at("to").items()) rules.back().to.emplace_back(to, weight.get<std::uint32_t>());
  }
  std::vector<std::optional<LocalityName>> groups;
  for (const json& group : input.at("endpoint_groups")) groups.push_back(localityOf(group));
  const std::vector<std::uint32_t> weights(groups.size(), 1);
  const auto given = distributeWeights(rules, parseLocality(input.at("proxy").get<std::string>()), groups, weights);
  actual["weights"] = json::array();
  actual["groups_emptied"] = json::array();
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const bool emptied = given && !(*given)[g];
    actual["weights"].push_back(!given ? weights[g] : (*given)[g].value_or(0));
    if (emptied) actual["groups_emptied"].push_back(g);
  }
}

LabelPairs labelsOf(const json& labels) {
  LabelPairs pairs;
  for (const auto& [key, value] : labels.items()) pairs.emplace_back(key, value.get<std::string>());
  return pairs;
}

void replayFailoverLabels(const json& one_case, json& actual, ReplayAnswer&) {
  allowKeys(one_case["config"], {"failoverPriority"}, "config");
  allowKeys(one_case["input"], {"proxyLabels", "endpointLabels"}, "input");
  const auto labels = one_case["config"].at("failoverPriority").get<std::vector<std::string>>();
  actual["priority"] = labelPriority(labels, labelsOf(one_case["input"].at("proxyLabels")), labelsOf(one_case["input"].at("endpointLabels")));
}

}  // namespace

const NamedReplay kFailoverReplays[] = {{"priority_load", replayPriorityLoad},
                                        {"choose_priority", replayChoosePriority},
                                        {"host_health", replayHostHealth},
                                        {"locality_effective_weight", replayLocalityWeights},
                                        {"locality_wrr", replayLocalitySchedule},
                                        {"zone_aware", replayZoneAware},
                                        {"istio.locality_failover_priority", replayLocalityFailover},
                                        {"istio.locality_distribute", replayDistribute},
                                        {"istio.failover_priority_labels", replayFailoverLabels},
                                        {nullptr, nullptr}};

}  // namespace meshmall::cli
