// Load reports (Envoy's and gRPC's weighted round robin), peak EWMA and Prequal.
#include <map>
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

SimTime atSeconds(const json& value) { return SimTime{} + engine::fromSeconds(value.get<double>()); }

LoadReport readReport(const json& input) {
  LoadReport report;
  report.requests_per_second = input.value("rps_fractional", 0.0);
  report.errors_per_second = input.value("eps", 0.0);
  report.application_utilization = input.value("application_utilization", 0.0);
  report.cpu_utilization = input.value("cpu_utilization", 0.0);
  const json named = input.value("named_metrics", json::object());
  for (const auto& [name, value] : named.items()) report.named_metrics.emplace_back(name, value.get<double>());
  return report;
}

std::vector<std::string> metricNames(const json& config) { return config.value("metric_names_for_computing_utilization", std::vector<std::string>{}); }

void replayEnvoyWeight(const json& one_case, json& actual, ReplayAnswer&) {
  const json& config = one_case["config"];
  allowKeys(config, {"error_utilization_penalty", "metric_names_for_computing_utilization"}, "config");
  allowKeys(one_case["input"], {"rps_fractional", "eps", "application_utilization", "cpu_utilization", "named_metrics"}, "input");
  const auto weight = envoyWeight(readReport(one_case["input"]), metricNames(config), config.value("error_utilization_penalty", 0.0));
  actual["weight"] = weight ? json(*weight) : json("error");
}

void replayUtilization(const json& one_case, json& actual, ReplayAnswer&) {
  allowKeys(one_case["config"], {"metric_names_for_computing_utilization"}, "config");
  allowKeys(one_case["input"], {"application_utilization", "cpu_utilization", "named_metrics"}, "input");
  actual["utilization"] = reportedUtilization(readReport(one_case["input"]), metricNames(one_case["config"]));
}

void replayWeightUpdate(const json& one_case, json& actual, ReplayAnswer&) {
  const json& config = one_case["config"];
  const json& input = one_case["input"];
  allowKeys(config, {"blackout_period_s", "weight_expiration_period_s"}, "config");
  allowKeys(input, {"now_s", "hosts"}, "input");
  ClientSideWeightedRoundRobinConfig policy;
  if (config.contains("blackout_period_s")) policy.blackout_period = engine::fromSeconds(config["blackout_period_s"].get<double>());
  if (config.contains("weight_expiration_period_s")) policy.weight_expiration_period = engine::fromSeconds(config["weight_expiration_period_s"].get<double>());
  std::vector<HostConfig> configs;
  for (std::uint32_t i = 0; i < input.at("hosts").size(); ++i) configs.push_back({i, "", 1, 0, 0});
  ClusterHosts hosts(makeMembership(configs), {}, {});
  hosts.keepMeasures();
  for (HostIndex i = 0; i < hosts.size(); ++i) {
    const json& host = input["hosts"][i];
    if (host.is_null()) continue;
    allowKeys(host, {"weight", "non_empty_since_s", "last_update_s"}, "host");
    hosts.measures(i).load_weight = host.at("weight").get<double>();
    hosts.measures(i).non_empty_since = atSeconds(host.at("non_empty_since_s"));
    hosts.measures(i).last_report = atSeconds(host.at("last_update_s"));
  }
  actual["weights"] = json::array();
  updateWeightsFromReports(hosts, atSeconds(input.at("now_s")), policy);
  for (HostIndex i = 0; i < hosts.size(); ++i) actual["weights"].push_back(hosts.weight(i));
}

void replayValidity(const json& one_case, json& actual, ReplayAnswer&) {
  const json& input = one_case["input"];
  allowKeys(one_case["config"], {}, "config");
  allowKeys(input, {"weight", "non_empty_since_s", "last_update_s", "max_non_empty_since_s", "min_last_update_s"}, "input");
  HostMeasures measures;
  measures.load_weight = input.at("weight").get<double>();
  measures.non_empty_since = atSeconds(input.at("non_empty_since_s"));
  measures.last_report = atSeconds(input.at("last_update_s"));
  const auto weight = validWeight(measures, atSeconds(input.at("max_non_empty_since_s")), atSeconds(input.at("min_last_update_s")));
  actual["weight"] = weight ? json(static_cast<std::uint64_t>(*weight)) : json();
  actual["non_empty_since_reset"] = measures.non_empty_since == engine::kNever;
}

// --- gRPC ---------------------------------------------------------------------------------------------------------------------------------

void replayGrpcWeight(const json& one_case, json& actual, ReplayAnswer&) {
  const json& input = one_case["input"];
  allowKeys(one_case["config"], {"errorUtilizationPenalty"}, "config");
  allowKeys(input, {"qps", "eps", "utilization"}, "input");
  LoadReport report;
  report.requests_per_second = input.at("qps").get<double>();
  report.errors_per_second = input.value("eps", 0.0);
  report.application_utilization = input.at("utilization").get<double>();
  actual["weight"] = grpcWeight(report, one_case["config"].value("errorUtilizationPenalty", 1.0)).value_or(0.0);
}

void replayStride(const json& one_case, json& actual, ReplayAnswer&) {
  const json& config = one_case["config"];
  const json& input = one_case["input"];
  allowKeys(config, {"maxWeight", "offset"}, "config");
  allowKeys(input, {"weights", "sequence_start", "picks"}, "input");
  if (config.value("maxWeight", 65535) != 65535 || config.value("offset", 32767) != 32767) throw Unsupported{"another largest weight or offset than gRPC's"};
  const auto weights = input.at("weights").get<std::vector<double>>();
  if (weights.empty()) throw Unsupported{"no endpoints"};
  const StaticStride stride{std::span<const double>(weights)};
  actual["mode"] = stride.isRoundRobin() ? "round_robin" : "static_stride";
  if (!stride.isRoundRobin()) actual["scaled"] = stride.scaled();
  std::uint32_t sequence = static_cast<std::uint32_t>(unsignedOf(input.at("sequence_start")));
  for (std::uint64_t i = unsignedOf(input.at("picks")); i > 0; --i) actual["picks"].push_back(stride.next(sequence));
}

void replayGrpcWindow(const json& one_case, json& actual, ReplayAnswer&) {
  const json& config = one_case["config"];
  const json& input = one_case["input"];
  allowKeys(config, {"blackout_s", "expiration_s"}, "config");
  allowKeys(input, {"now_s", "last_updated_s", "non_empty_since_s", "reported_weight"}, "input");
  HostMeasures measures;
  measures.load_weight = input.at("reported_weight").get<double>();
  measures.non_empty_since = atSeconds(input.at("non_empty_since_s"));
  measures.last_report = atSeconds(input.at("last_updated_s"));
  actual["weight"] = grpcValidWeight(measures, atSeconds(input.at("now_s")), engine::fromSeconds(config.at("blackout_s").get<double>()),
                                     engine::fromSeconds(config.at("expiration_s").get<double>()));
}

// --- peak EWMA ----------------------------------------------------------------------------------------------------------------------------

SimTime atMilliseconds(const json& value) { return SimTime{} + engine::fromSeconds(value.get<double>() / 1000.0); }

void replayPeakEwma(const json& one_case, json& actual, ReplayAnswer&) {
  const json& config = one_case["config"];
  const json& input = one_case["input"];
  allowKeys(config, {"default_rtt_ms", "decay_ms"}, "config");
  allowKeys(input, {"load_at_ms", "events", "pending", "at_ms"}, "input");
  const engine::Duration decay = engine::fromSeconds(config.at("decay_ms").get<double>() / 1000.0);
  HostMeasures start;
  start.rtt_ns = config.at("default_rtt_ms").get<double>() * 1e6;
  HostMeasures measures = start;
  json loads = json::array();
  for (const json& at : input.value("load_at_ms", json::array())) loads.push_back(PeakEwma::load(measures, atMilliseconds(at), 0, decay));
  std::map<std::string, SimTime> calls;
  for (const json& event : input.value("events", json::array())) {
    const std::string what = event.at(0).get<std::string>();
    const SimTime now = atMilliseconds(event.at(1));
    if (what == "load") {
      loads.push_back(PeakEwma::load(measures, now, static_cast<std::uint32_t>(calls.size()), decay));
    } else if (what.rfind("call ", 0) == 0) {
      calls[what.substr(5)] = now;
    } else if (what.rfind("complete ", 0) == 0 && calls.contains(what.substr(9))) {
      PeakEwma::observe(measures, now, static_cast<double>((now - calls[what.substr(9)]).ns), decay);
      calls.erase(what.substr(9));
    } else {
      throw Unsupported{"event '" + what + "' is not understood"};
    }
  }
  for (const json& pending : input.value("pending", json::array())) {
    HostMeasures fresh = start;
    loads.push_back(PeakEwma::load(fresh, atMilliseconds(input.at("at_ms")), pending.get<std::uint32_t>(), decay));
  }
  actual["load_ns"] = loads;
}

void replayTwoChoices(const json& one_case, json& actual, ReplayAnswer&) {
  const json& input = one_case["input"];
  allowKeys(one_case["config"], {}, "config");
  allowKeys(input, {"first_sampled_load", "second_sampled_load", "ready_endpoints"}, "input");
  if (input.contains("first_sampled_load")) {
    const bool first = firstIsChosen(input["first_sampled_load"].get<double>(), input.at("second_sampled_load").get<double>());
    actual["chosen"] = first ? "first_sampled" : "second_sampled";
  }
  if (!input.contains("ready_endpoints")) return;
  const std::uint64_t count = unsignedOf(input["ready_endpoints"]);
  if (count > 100000) throw Unsupported{"too many endpoints"};
  std::vector<HostConfig> configs;
  for (std::uint32_t i = 0; i < count; ++i) configs.push_back({i, "", 1, 0, 0});
  ClusterHosts hosts(makeMembership(configs), {}, {});
  GivenDraws draws;
  LoadBalancer balancer(PeakEwmaConfig{}, hosts, {}, draws);
  const Pick pick = balancer.pick(hosts, {}, draws);
  actual["chosen_index"] = pick.found() ? json(pick.host) : json();
  actual["random_numbers_used"] = draws.used();
}

void replayBiaser(const json& one_case, json& actual, ReplayAnswer&) {
  const json& config = one_case["config"];
  const json& input = one_case["input"];
  allowKeys(config, {"penalty_ms", "decay_s"}, "config");
  allowKeys(input, {"observe", "load_after_s", "pending"}, "input");
  allowKeys(input.at("observe"), {"status", "retry_after"}, "observe");
  const int status = input["observe"].at("status").get<int>();
  if (status != 429 && status < 500) throw Unsupported{"the status carries no penalty, and the case gives no latency"};
  const json hint = input["observe"].value("retry_after", json());
  PeakEwmaConfig policy;
  policy.default_rtt = {0};
  policy.decay = engine::fromSeconds(config.at("decay_s").get<double>());
  ClusterHosts hosts(makeMembership({{0, "", 1, 0, 0}}), {}, {});
  hosts.keepMeasures();
  hosts.measures(0).rtt_ns = 0.0;
  PeakEwmaBalancer(policy).finishedWithPenalty(hosts, 0, {}, {}, engine::fromSeconds(config.at("penalty_ms").get<double>() / 1000.0),
                                               hint.is_number() ? engine::fromSeconds(hint.get<double>()) : engine::Duration{});
  actual["effective_rtt_s"] = PeakEwma::load(hosts.measures(0), atSeconds(input.at("load_after_s")), input.value("pending", 0U), policy.decay) * 1e-9;
}

// --- Prequal --------------------------------------------------------------------------------------------------------------------------------

struct ProbePool {
  std::vector<std::string> names;
  std::vector<ProbeResult> results;
};

ProbePool readPool(const json& one_case) {
  allowKeys(one_case["config"], {"rif_threshold"}, "config");
  allowKeys(one_case["input"], {"pool"}, "input");
  ProbePool pool;
  for (const json& entry : one_case["input"].at("pool")) {
    allowKeys(entry, {"id", "rif", "latency"}, "result");
    pool.results.push_back({static_cast<std::uint32_t>(pool.names.size()), entry.at("rif").get<std::uint32_t>(), entry.at("latency").get<double>(), {}, 1.0});
    pool.names.push_back(entry.at("id").get<std::string>());
  }
  return pool;
}

void replayHotCold(const json& one_case, json& actual, ReplayAnswer&) {
  const ProbePool pool = readPool(one_case);
  const auto chosen = selectHotCold(pool.results, one_case["config"].at("rif_threshold").get<double>());
  actual["choice"] = chosen ? json(pool.names[*chosen]) : json();
}

void replayRemoveWorst(const json& one_case, json& actual, ReplayAnswer&) {
  const ProbePool pool = readPool(one_case);
  const auto removed = worstResult(pool.results, one_case["config"].at("rif_threshold").get<double>());
  actual["removed"] = removed ? json(pool.names[*removed]) : json();
}

void replayReuse(const json& one_case, json& actual, ReplayAnswer&) {
  const json& config = one_case["config"];
  allowKeys(config, {"pool", "replicas", "probe_rate", "remove_rate", "delta"}, "config");
  allowKeys(one_case["input"], {}, "input");
  const auto budget = reuseBudget(config.at("pool").get<double>(), config.at("replicas").get<double>(), config.at("probe_rate").get<double>(),
                                  config.at("remove_rate").get<double>(), config.value("delta", 1.0));
  actual["b_reuse"] = budget ? json(*budget) : json();
}

}  // namespace

const NamedReplay kReportReplays[] = {{"client_side_wrr_weight", replayEnvoyWeight},
                                      {"client_side_wrr_utilization", replayUtilization},
                                      {"client_side_wrr_update", replayWeightUpdate},
                                      {"client_side_wrr_validity", replayValidity},
                                      {"grpc.wrr_endpoint_weight", replayGrpcWeight},
                                      {"grpc.static_stride_scheduler", replayStride},
                                      {"grpc.wrr_blackout_expiration", replayGrpcWindow},
                                      {"tower.peak_ewma", replayPeakEwma},
                                      {"tower.p2c_compare", replayTwoChoices},
                                      {"linkerd.load_biaser", replayBiaser},
                                      {"prequal.hot_cold_select", replayHotCold},
                                      {"prequal.remove_worst", replayRemoveWorst},
                                      {"prequal.reuse_budget", replayReuse},
                                      {nullptr, nullptr}};

}  // namespace meshmall::cli
