// Round robin, least request, random, their schedules and slow start.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/replay/balancing_families.h"
#include "cli/replay/case_cluster.h"
#include "cli/replay/case_reader.h"
#include "models/balancing/load_balancer.h"

namespace meshmall::cli {

namespace {

using nlohmann::json;
using namespace models;
using engine::SimTime;

void addLoads(const ClusterHosts& hosts, json& actual) {
  for (const PriorityShare& share : hosts.shares()) {
    actual["healthy_load"].push_back(share.healthy);
    actual["degraded_load"].push_back(share.degraded);
  }
}

std::uint64_t seedOf(const json& one_case) {
  for (const char* part : {"config", "input"}) {
    if (one_case[part].contains("seed")) return unsignedOf(one_case[part]["seed"]);
  }
  return 0;
}

FailoverConfig failoverOf(const json& config) {
  FailoverConfig failover = envoyFailover();
  failover.panic_threshold = config.value("healthy_panic_threshold", failover.panic_threshold);
  failover.fail_traffic_on_panic = config.value("fail_traffic_on_panic", false);
  return failover;
}

// A balancer over hosts that change step by step.
struct Stepper {
  CaseCluster cluster;
  ClusterHosts hosts;
  GivenDraws seed;
  GivenDraws draws;
  LoadBalancer balancer;
  json picks = json::array();
  std::uint64_t panics = 0;

  Stepper(CaseCluster from, const PolicyConfig& policy, std::uint64_t seed_draw, std::vector<std::uint64_t> random)
      : cluster(std::move(from)), hosts(cluster.build()), seed({seed_draw}), draws(std::move(random)), balancer(policy, hosts, {}, seed) {}

  void pick(std::uint64_t count) {
    for (; count > 0; --count) {
      const Pick pick = balancer.pick(hosts, {}, draws);
      panics += pick.panic ? 1 : 0;
      picks.push_back(addressOf(cluster, pick.host));
    }
  }

  void changed(bool refresh, std::uint32_t priority) {
    const std::uint32_t before = hosts.version();
    cluster.apply(hosts, {});
    if (refresh && hosts.version() == before) hosts.refresh(priority, {});
  }

  void setWeight(const json& step) {
    CaseHost& host = cluster.at(step.at("address").get<std::string>());
    host.weight = step.at("weight").get<std::uint32_t>();
    const auto index = static_cast<HostIndex>(&host - cluster.hosts.data());
    hosts.setWeight(index, host.weight, step.value("refresh", true), {});
  }

  void setHealthy(const json& step) {
    for (CaseHost& host : cluster.hosts) {
      const bool healthy = std::find(step.at("addresses").begin(), step.at("addresses").end(), json(host.address)) != step.at("addresses").end();
      host.flags = healthy ? HostFlags{0} : host.flags != 0 ? host.flags : kFailedActiveCheck;
    }
    changed(true, 0);
  }

  // accept_only: every other host counts as tried.
  void pickFiltered(const json& step) {
    allowKeys(step, {"accept_only", "retry_count", "picks"}, "step");
    std::vector<HostIndex> tried;
    for (HostIndex i = 0; i < cluster.hosts.size(); ++i) {
      if (cluster.hosts[i].address != step["accept_only"]) tried.push_back(i);
    }
    PickContext context;
    context.attempted = tried;
    context.reselection_attempts = step.value("retry_count", 0U);
    for (std::uint64_t count = unsignedOf(step.at("picks")); count > 0; --count) {
      const Pick pick = balancer.pick(hosts, context, draws);
      panics += pick.panic ? 1U + pick.repeats : 0U;  // every attempt is a whole pick (Envoy counts lb_healthy_panic in each)
      picks.push_back(addressOf(cluster, pick.host));
    }
  }

  void run(const json& step) {
    if (step.contains("accept_only")) return pickFiltered(step);
    allowKeys(step, {"op", "n", "address", "addresses", "weight", "refresh", "hosts", "priority", "health"}, "step");
    const std::string op = step.at("op").get<std::string>();
    if (op == "pick") {
      pick(unsignedOf(step.at("n")));
    } else if (op == "set_weight") {
      setWeight(step);
    } else if (op == "set_healthy") {
      setHealthy(step);
    } else if (op == "set_health") {
      CaseHost& host = cluster.at(step.at("address").get<std::string>());
      host.flags = flagsOfHealth(step.at("health"));
      changed(true, host.priority);
    } else if (op == "add_host") {
      json host = step;
      host.erase("op");
      host.erase("refresh");
      cluster.hosts.push_back(readHost(host));
      changed(true, cluster.hosts.back().priority);
    } else if (op == "remove_host") {
      std::erase_if(cluster.hosts, [&](const CaseHost& host) { return host.address == step.at("address"); });
      changed(true, 0);
    } else if (op == "set_hosts") {
      cluster.hosts.clear();
      for (const json& host : step.at("hosts")) cluster.hosts.push_back(readHost(host));
      changed(true, 0);
    } else {
      throw Unsupported{"step '" + op + "' is not understood"};
    }
  }
};

// The localities are chosen by the case, so the policy is asked for that source itself.
void replayMockedLocalities(const json& one_case, json& actual) {
  const json& input = one_case["input"];
  CaseCluster cluster;
  cluster.hosts = readHosts(one_case);
  cluster.failover = failoverOf(one_case["config"]);
  cluster.failover.locality = LocalityRule::kWeighted;
  if (input.contains("localities_order")) {
    for (const json& addresses : input["localities_order"]) {
      const bool empty = addresses.is_array() && addresses.empty();
      cluster.localities.push_back(empty ? "empty " + std::to_string(cluster.localities.size()) : cluster.at(addresses.at(0).get<std::string>()).locality);
    }
  } else {
    cluster.localitiesAsTheyCome();
  }
  ClusterHosts hosts = cluster.build();
  RoundRobin policy({}, seedOf(one_case), {});
  for (std::uint32_t priority = 0; priority < hosts.priorities(); ++priority) policy.refresh(hosts, priority, {});
  GivenDraws draws(unsignedListOf(input.value("random", json::array())));
  const std::size_t count = input.contains("mocked_locality_choice") ? input["mocked_locality_choice"].size() : input.value("random", json::array()).size();
  json picks = json::array();
  std::uint64_t panics = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const PriorityChoice choice = choosePriority(draws.next(), hosts.shares());
    HostSource source{choice.priority, choice.degraded ? HostSource::Kind::kDegraded : HostSource::Kind::kHealthy, HostSource::kNoLocality};
    const json locality = input.contains("mocked_locality_choice") ? input["mocked_locality_choice"][i]
                                                                   : input.at(choice.degraded ? "mocked_degraded_locality" : "mocked_healthy_locality");
    if (!locality.is_null()) source.locality = locality.get<std::uint32_t>();
    if (!locality.is_null() && source.locality >= cluster.localities.size()) throw Unsupported{"no such locality"};
    const bool panic = hosts.shares()[choice.priority].panic;  // then all hosts of the priority, whatever their locality
    if (panic) source = {choice.priority, HostSource::Kind::kAll, HostSource::kNoLocality};
    panics += panic ? 1 : 0;
    Pick pick;
    if (!panic || !cluster.failover.fail_traffic_on_panic) policy.pick(hosts, source, {}, pick);
    picks.push_back(addressOf(cluster, pick.host));
  }
  actual["picks"] = picks;
  actual["panic_count"] = panics;
  addLoads(hosts, actual);
}

void replayRoundRobin(const json& one_case, json& actual, ReplayAnswer&) {
  const json& config = one_case["config"];
  const json& input = one_case["input"];
  allowKeys(config, {"seed", "healthy_panic_threshold", "fail_traffic_on_panic", "locality_weighted"}, "config");
  allowKeys(input, {"picks", "steps", "random", "localities_order", "mocked_locality_choice", "mocked_degraded_locality", "mocked_healthy_locality"}, "input");
  if (config.value("locality_weighted", false)) return replayMockedLocalities(one_case, actual);
  CaseCluster cluster;
  cluster.hosts = readHosts(one_case);
  cluster.failover = failoverOf(config);
  Stepper stepper(std::move(cluster), RoundRobinConfig{}, seedOf(one_case), unsignedListOf(input.value("random", json::array())));
  if (input.contains("steps")) {
    for (const json& step : input["steps"]) stepper.run(step);
  } else if (input.contains("picks")) {
    stepper.pick(unsignedOf(input["picks"]));
  } else {
    while (!stepper.draws.usedUp()) stepper.pick(1);
  }
  actual["picks"] = stepper.picks;
  actual["panic_count"] = stepper.panics;
  addLoads(stepper.hosts, actual);
}

void setActive(ClusterHosts& hosts, const json& active) {
  for (HostIndex host = 0; host < hosts.size() && host < active.size(); ++host) {
    const std::uint32_t wanted = active[host].get<std::uint32_t>();
    while (hosts.active(host) < wanted) hosts.requestStarted(host);
    while (hosts.active(host) > wanted) hosts.requestEnded(host);
  }
}

LeastRequestConfig leastRequestOf(const json& config) {
  LeastRequestConfig policy;
  policy.choice_count = config.value("choice_count", policy.choice_count);
  if (policy.choice_count > 1000000) throw Unsupported{"choice_count is too large"};
  const std::string method = config.value("selection_method", "N_CHOICES");
  if (method != "N_CHOICES" && method != "FULL_SCAN") throw Unsupported{"selection_method " + method};
  if (method == "FULL_SCAN") policy.selection = LeastRequestConfig::Selection::kFullScan;
  if (config.contains("active_request_bias")) policy.active_request_bias = config["active_request_bias"].get<double>();
  return policy;
}

void replayLeastRequest(const json& one_case, json& actual, ReplayAnswer&) {
  const json& config = one_case["config"];
  const json& input = one_case["input"];
  allowKeys(config, {"choice_count", "selection_method", "active_request_bias"}, "config");
  allowKeys(input, {"rq_active", "random", "steps", "seed"}, "input");
  CaseCluster cluster;
  cluster.hosts = readHosts(one_case);
  Stepper stepper(std::move(cluster), leastRequestOf(config), seedOf(one_case), unsignedListOf(input.value("random", json::array())));
  if (input.contains("rq_active")) setActive(stepper.hosts, input["rq_active"]);
  if (input.contains("steps")) {
    for (const json& step : input["steps"]) {
      if (!step.contains("rq_active")) {
        stepper.run(step);
        continue;
      }
      allowKeys(step, {"rq_active", "picks"}, "step");
      setActive(stepper.hosts, step["rq_active"]);
      stepper.pick(unsignedOf(step.at("picks")));
    }
  } else {
    do stepper.pick(1);
    while (!stepper.draws.usedUp());
  }
  actual["picks"] = stepper.picks;
  actual["random_consumed"] = stepper.draws.used();
}

void replayRandom(const json& one_case, json& actual, ReplayAnswer&) {
  const json& config = one_case["config"];
  const json& input = one_case["input"];
  allowKeys(config, {"fail_traffic_on_panic", "healthy_panic_threshold"}, "config");
  allowKeys(input, {"random"}, "input");
  CaseCluster cluster;
  cluster.hosts = readHosts(one_case);
  cluster.failover = failoverOf(config);
  Stepper stepper(std::move(cluster), RandomConfig{}, 0, unsignedListOf(input.at("random")));
  while (!stepper.draws.usedUp()) stepper.pick(1);
  actual["picks"] = stepper.picks;
  addLoads(stepper.hosts, actual);
}

void replayLeastRequestWeight(const json& one_case, json& actual, ReplayAnswer&) {
  allowKeys(one_case["config"], {}, "config");
  allowKeys(one_case["input"], {"rows"}, "input");
  json weights = json::array();
  for (const json& row : one_case["input"].at("rows")) {
    allowKeys(row, {"weight", "rq_active", "bias"}, "row");
    weights.push_back(leastRequestWeight(row.at("weight").get<double>(), unsignedOf(row.at("rq_active")), row.at("bias").get<double>()));
  }
  actual["weight"] = weights;
}

void replayEdf(const json& one_case, json& actual, ReplayAnswer&) {
  const json& input = one_case["input"];
  allowKeys(one_case["config"], {}, "config");
  allowKeys(input, {"weights", "picks", "entries", "peeks", "then_picks"}, "input");
  std::vector<double> weights;
  if (input.contains("entries")) {
    const std::uint64_t entries = unsignedOf(input["entries"]);
    if (entries > 1000000) throw Unsupported{"too many entries"};
    weights.assign(entries, input.contains("weights") ? input["weights"].get<double>() : 1.0);
  } else {
    weights = input.at("weights").get<std::vector<double>>();
  }
  const auto weightOf = [&](std::uint32_t entry) { return weights[entry]; };
  const auto toJson = [](std::optional<std::uint32_t> entry) { return entry ? json(*entry) : json(); };
  EdfSchedule schedule;
  for (std::uint32_t i = 0; i < weights.size(); ++i) schedule.add(weights[i], i);
  if (weights.empty()) {
    actual["peek"] = toJson(schedule.peek(weightOf));
    actual["pick"] = toJson(schedule.pick(weightOf));
  }
  for (std::uint64_t i = input.contains("peeks") ? unsignedOf(input["peeks"]) : 0; i > 0; --i) schedule.peek(weightOf);
  std::vector<std::uint64_t> counts(weights.size(), 0);
  json picks = json::array();
  const char* key = input.contains("then_picks") ? "then_picks" : "picks";
  for (std::uint64_t i = input.contains(key) ? unsignedOf(input[key]) : 0; i > 0; --i) {
    const auto entry = schedule.pick(weightOf);
    picks.push_back(toJson(entry));
    if (entry) ++counts[*entry];
  }
  actual["picks"] = picks;
  actual["pick_counts"] = counts;
}

void replayEdfSeeds(const json& one_case, json& actual, ReplayAnswer&) {
  allowKeys(one_case["config"], {}, "config");
  allowKeys(one_case["input"], {"seeds", "picks_each"}, "input");
  CaseCluster cluster;
  cluster.hosts = readHosts(one_case);
  json counts = json::object();
  for (const CaseHost& host : cluster.hosts) counts[host.address] = 0;
  json first = json::array();
  for (const std::uint64_t seed : unsignedListOf(one_case["input"].at("seeds"))) {
    GivenDraws draws({}, seed);
    ClusterHosts hosts = cluster.build();
    LoadBalancer balancer(RoundRobinConfig{}, hosts, {}, draws);
    for (std::uint64_t i = 0; i < unsignedOf(one_case["input"].at("picks_each")); ++i) {
      const json address = addressOf(cluster, balancer.pick(hosts, {}, draws).host);
      if (i == 0) first.push_back(address);
      if (address.is_string()) counts[address.get<std::string>()] = counts[address.get<std::string>()].get<int>() + 1;
    }
  }
  actual["count_by_address"] = counts;
  actual["first_pick_by_seed"] = first;
}

void replaySlowStartFactor(const json& one_case, json& actual, ReplayAnswer&) {
  allowKeys(one_case["config"], {}, "config");
  allowKeys(one_case["input"], {"rows"}, "input");
  json factors = json::array();
  for (const json& row : one_case["input"].at("rows")) {
    allowKeys(row, {"elapsed_ms", "window_ms", "aggression", "min_weight_percent"}, "row");
    SlowStartConfig config;
    config.window = engine::milliseconds(row.at("window_ms").get<std::int64_t>());
    config.aggression = row.value("aggression", config.aggression);
    config.min_weight_percent = row.value("min_weight_percent", config.min_weight_percent);
    factors.push_back(slowStartFactor(engine::milliseconds(row.at("elapsed_ms").get<std::int64_t>()), config));
  }
  actual["factor"] = factors;
}

void replaySlowStartEdf(const json& one_case, json& actual, ReplayAnswer&) {
  const json& input = one_case["input"];
  allowKeys(one_case["config"], {"seed"}, "config");
  allowKeys(input, {"weights_at_build", "weights_at_reinsert", "picks"}, "input");
  const auto at_build = input.at("weights_at_build").get<std::vector<double>>();
  const auto later = input.at("weights_at_reinsert").get<std::vector<double>>();
  if (later.size() != at_build.size()) throw Unsupported{"the weights differ in number"};
  std::vector<std::uint32_t> entries;
  for (std::uint32_t i = 0; i < at_build.size(); ++i) entries.push_back(i);
  EdfSchedule schedule = EdfSchedule::afterPicks(
      entries, [&](std::uint32_t i) { return at_build[i]; }, seedOf(one_case));
  json picks = json::array();
  for (std::uint64_t i = unsignedOf(input.at("picks")); i > 0; --i) {
    const auto entry = schedule.pick([&](std::uint32_t each) { return later[each]; });
    picks.push_back(entry ? json(*entry) : json());
  }
  actual["pick_indexes"] = picks;
}

void replaySlowStart(const json& one_case, json& actual, ReplayAnswer&) {
  const json& config = one_case["config"];
  const json& input = one_case["input"];
  allowKeys(config, {"slow_start_window_ms"}, "config");
  allowKeys(input, {"steps"}, "input");
  RoundRobinConfig policy;
  policy.slow_start.window = engine::milliseconds(config.value("slow_start_window_ms", std::int64_t{0}));
  actual["slow_start_window_ms"] = policy.slow_start.window.ns / 1'000'000;
  actual["min_weight"] = policy.slow_start.min_weight_percent / 100.0;
  actual["enabled"] = policy.slow_start.window.ns > 0;
  CaseCluster cluster;
  ClusterHosts hosts = cluster.build();
  GivenDraws draws;
  LoadBalancer balancer(policy, hosts, {}, draws);
  json latest = json::array();
  for (const json& step : input.value("steps", json::array())) {
    allowKeys(step, {"t_ms", "op", "address"}, "step");
    if (step.at("op") != "add_host") throw Unsupported{"step " + step["op"].dump() + " is not understood"};
    const SimTime now = SimTime{} + engine::milliseconds(step.at("t_ms").get<std::int64_t>());
    cluster.hosts.push_back(readHost({{"address", step.at("address")}}));
    cluster.apply(hosts, now);
    balancer.refresh(hosts, now, draws);
    latest.push_back(balancer.policy<RoundRobin>()->slowStart().latest().ns / 1'000'000);
  }
  actual["latest_host_added_ms"] = latest;
}

}  // namespace

const NamedReplay kPolicyReplays[] = {{"round_robin", replayRoundRobin},
                                      {"least_request", replayLeastRequest},
                                      {"least_request_weight", replayLeastRequestWeight},
                                      {"random", replayRandom},
                                      {"edf", replayEdf},
                                      {"edf_create_with_picks", replayEdfSeeds},
                                      {"slow_start_factor", replaySlowStartFactor},
                                      {"slow_start_edf", replaySlowStartEdf},
                                      {"slow_start", replaySlowStart},
                                      {nullptr, nullptr}};

}  // namespace meshmall::cli
