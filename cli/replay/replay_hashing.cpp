// Ring hash, Maglev, their hash functions, hash policies and bounded loads.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/replay/balancing_families.h"
#include "cli/replay/case_cluster.h"
#include "cli/replay/case_reader.h"
#include "models/balancing/hashing.h"
#include "models/balancing/load_balancer.h"

namespace meshmall::cli {

namespace {

using nlohmann::json;
using namespace models;

CaseCluster readCluster(const json& one_case) {
  CaseCluster cluster;
  cluster.hosts = readHosts(one_case);
  const json& config = one_case["config"];
  cluster.use_hostname = config.value("use_hostname_for_hashing", false);
  if (config.value("locality_weighted", false)) {
    cluster.failover.locality = LocalityRule::kWeighted;
    cluster.localitiesAsTheyCome();
    const json weights = config.value("locality_weights", json::object());
    // A locality without hosts keeps its part of the sum of weights (Envoy: normalizeLocalityWeights adds up all of them).
    for (const auto& [name, weight] : weights.items()) {
      if (std::find(cluster.localities.begin(), cluster.localities.end(), name) == cluster.localities.end()) cluster.localities.push_back(name);
    }
    for (const std::string& name : cluster.localities) cluster.locality_weights.push_back(weights.value(name, 0U));
  }
  return cluster;
}

// "N=6000" in the notes of a case that counts picks over evenly spaced keys.
std::optional<std::uint64_t> histogramSize(const json& one_case) {
  const std::string notes = one_case.value("notes", "");
  const std::size_t at = notes.find("N=");
  if (notes.rfind("Histogram", 0) != 0 || at == std::string::npos) return std::nullopt;
  const std::size_t end = notes.find_first_not_of("0123456789", at + 2);
  return unsignedOf(json(notes.substr(at + 2, end == std::string::npos ? end : end - at - 2)));
}

struct HashCase {
  CaseCluster cluster;
  ClusterHosts hosts;
  GivenDraws draws;
  LoadBalancer balancer;

  HashCase(CaseCluster from, const PolicyConfig& config) : cluster(std::move(from)), hosts(cluster.build()), balancer(config, hosts, {}, draws) {}

  const HashBalancer& policy() const { return *balancer.policy<HashBalancer>(); }

  // The given attempt of a request with this hash.
  HostIndex pick(std::uint64_t hash, std::uint32_t attempt) {
    if (attempt == 0) {
      PickContext context;
      context.hash = hash;
      return balancer.pick(hosts, context, draws).host;
    }
    Pick pick;
    pick.priority = choosePriority(hash, hosts.shares()).priority;
    policy().pick(hosts, hash, attempt, pick, nullptr);
    return pick.host;
  }
};

void addKeyPicks(HashCase& state, const json& input, json& actual) {
  json picks = json::array();
  const json keys = input.value("hash_keys", json::array());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    json pick = {{"hash", keys[i]}};
    std::uint32_t attempt = 0;
    if (input.contains("attempts")) {
      attempt = input["attempts"].at(i).get<std::uint32_t>();
      pick["attempt"] = attempt;
    }
    pick["address"] = addressOf(state.cluster, state.pick(unsignedOf(keys[i]), attempt));
    picks.push_back(pick);
  }
  actual["picks"] = picks;
}

void addHistogram(HashCase& state, const json& one_case, json& actual) {
  const auto size = histogramSize(one_case);
  if (!size || *size == 0) return;
  std::map<std::string, std::uint64_t> counts;
  for (const CaseHost& host : state.cluster.hosts) counts[host.address] = 0;
  for (std::uint64_t i = 0; i < *size; ++i) {
    const HostIndex host = state.pick(i * (~std::uint64_t{0} / *size), 0);
    if (host != kNoHost) ++counts[state.cluster.hosts[host].address];
  }
  actual["histogram"] = counts;
}

// Entries in a table of each host that took part (those of weighted localities only).
std::map<HostIndex, std::uint64_t> participants(const ClusterHosts& hosts) {
  std::map<HostIndex, std::uint64_t> counts;
  for (const HashedHost& host : hashedHosts(hosts, 0).hosts) counts[host.host] = 0;
  return counts;
}

std::pair<std::uint64_t, std::uint64_t> extremes(const std::map<HostIndex, std::uint64_t>& counts) {
  const auto less = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto [low, high] = std::minmax_element(counts.begin(), counts.end(), less);
  return {low->second, high->second};
}

void ringSteps(HashCase& state, const json& input, json& actual) {
  json picks = json::array();
  for (const json& step : input["steps"]) {
    allowKeys(step, {"hosts_p0", "random"}, "step");
    if (step.contains("hosts_p0")) {
      std::vector<CaseHost> hosts;
      for (const json& host : step["hosts_p0"]) hosts.push_back(readHost(host));
      for (const CaseHost& host : state.cluster.hosts) {
        if (host.priority != 0) hosts.push_back(host);
      }
      state.cluster.hosts = std::move(hosts);
      if (!state.cluster.localities.empty()) state.cluster.localitiesAsTheyCome();  // one not named before weighs nothing
      state.cluster.apply(state.hosts, {});
    }
    GivenDraws draws(unsignedListOf(step.value("random", json::array())));
    do {
      picks.push_back(addressOf(state.cluster, state.balancer.pick(state.hosts, {}, draws).host));
    } while (!draws.usedUp());
  }
  actual["picks"] = picks;
}

void replayRing(const json& one_case, json& actual, ReplayAnswer&) {
  const json& config = one_case["config"];
  const json& input = one_case["input"];
  allowKeys(config, {"hash_function", "minimum_ring_size", "maximum_ring_size", "use_hostname_for_hashing", "locality_weighted", "locality_weights"}, "config");
  allowKeys(input, {"hash_keys", "attempts", "steps"}, "input");
  RingHashConfig ring;
  ring.minimum_ring_size = config.value("minimum_ring_size", ring.minimum_ring_size);
  ring.maximum_ring_size = config.value("maximum_ring_size", ring.maximum_ring_size);
  const std::string function = config.value("hash_function", "XX_HASH");
  if (function != "XX_HASH" && function != "DEFAULT_HASH" && function != "MURMUR_HASH_2") throw Unsupported{"hash_function " + function};
  ring.hash = function == "MURMUR_HASH_2" ? RingHashConfig::Hash::kMurmur2 : RingHashConfig::Hash::kXxh64;
  if (!problemOf(ring).empty()) {
    actual["error"] = true;
    return;
  }
  HashCase state(readCluster(one_case), ring);
  if (input.contains("steps")) {
    ringSteps(state, input, actual);
  } else {
    addKeyPicks(state, input, actual);
    addHistogram(state, one_case, actual);
  }
  const HashRing& built = *state.policy().ring(0);
  actual["ring_size"] = built.size();
  json points = json::array();
  auto counts = participants(state.hosts);
  for (const HashRing::Point& point : built.points()) {
    points.push_back({{"hash", std::to_string(point.hash)}, {"address", addressOf(state.cluster, point.host)}});
    ++counts[point.host];
  }
  actual["ring"] = points;
  if (counts.empty()) return;
  std::tie(actual["min_hashes_per_host"], actual["max_hashes_per_host"]) = extremes(counts);
  actual["hosts_without_traffic"] = std::count_if(counts.begin(), counts.end(), [](const auto& entry) { return entry.second == 0; });
}

void addMaglevCounts(const HashCase& state, const std::map<HostIndex, std::uint64_t>& counts, json& actual) {
  const auto [low, high] = extremes(counts);
  actual["min_entries_per_host"] = low;
  actual["max_entries_per_host"] = high;
  json by_weight = json::object();
  json by_host = json::object();
  std::optional<std::uint64_t> others;
  bool others_agree = true;
  bool passed_highest = false;
  for (const auto& [host, count] : counts) {
    by_host[state.cluster.hosts[host].address] = count;
    json& of_weight = by_weight[std::to_string(state.cluster.hosts[host].weight)];
    of_weight = of_weight.is_null() ? count : of_weight.get<std::uint64_t>() + count;
    if (count == high && !passed_highest) {
      passed_highest = true;
      continue;
    }
    others_agree = others_agree && (!others || *others == count);
    others = count;
  }
  actual["entries_of"] = by_host;
  actual["entry_counts_by_weight"] = by_weight;
  if (others && others_agree) actual["entries_of_every_other_host"] = *others;
}

void replayMaglev(const json& one_case, json& actual, ReplayAnswer&) {
  const json& config = one_case["config"];
  const json& input = one_case["input"];
  allowKeys(config, {"table_size", "use_hostname_for_hashing", "locality_weighted", "locality_weights"}, "config");
  allowKeys(input, {"hash_keys", "attempts"}, "input");
  MaglevConfig maglev;
  maglev.table_size = config.value("table_size", maglev.table_size);
  if (!problemOf(maglev).empty()) {
    actual["error"] = true;
    return;
  }
  HashCase state(readCluster(one_case), maglev);
  addKeyPicks(state, input, actual);
  addHistogram(state, one_case, actual);
  json table = json::array();
  auto counts = participants(state.hosts);
  for (const HostIndex host : state.policy().maglev(0)->slots()) {
    table.push_back(addressOf(state.cluster, host));
    ++counts[host];
  }
  actual["table"] = table;
  if (!counts.empty()) addMaglevCounts(state, counts, actual);
}

void replayXxh64(const json& one_case, json& actual, ReplayAnswer&) {
  allowKeys(one_case["config"], {}, "config");
  allowKeys(one_case["input"], {"strings"}, "input");
  json hashes = json::array();
  for (const json& entry : one_case["input"].at("strings")) {
    allowKeys(entry, {"string", "seed"}, "string");
    hashes.push_back(std::to_string(xxh64(entry.at("string").get<std::string>(), entry.contains("seed") ? unsignedOf(entry["seed"]) : 0)));
  }
  actual["xxh64"] = hashes;
}

void replayMurmur2(const json& one_case, json& actual, ReplayAnswer&) {
  allowKeys(one_case["config"], {"seed"}, "config");
  allowKeys(one_case["input"], {"strings"}, "input");
  const std::uint64_t seed = one_case["config"].contains("seed") ? unsignedOf(one_case["config"]["seed"]) : kMurmurSeed;
  json hashes = json::array();
  for (const json& entry : one_case["input"].at("strings")) {
    allowKeys(entry, {"string", "seed"}, "string");
    hashes.push_back(std::to_string(murmur2(entry.at("string").get<std::string>(), entry.contains("seed") ? unsignedOf(entry["seed"]) : seed)));
  }
  actual["murmur2"] = hashes;
}

void replayHashPolicy(const json& one_case, json& actual, ReplayAnswer&) {
  allowKeys(one_case["config"], {}, "config");
  allowKeys(one_case["input"], {"header_values"}, "input");
  json hashes = json::array();
  for (const json& values : one_case["input"].at("header_values")) {
    std::vector<HashPolicy> policies;
    std::vector<std::string> texts;
    for (const json& value : values) {
      policies.push_back({HashPolicy::Kind::kHeader, std::to_string(texts.size()), false});
      texts.push_back(value.get<std::string>());
    }
    const auto hash = requestHash(policies, [&](const HashPolicy& policy) { return std::optional<std::string_view>(texts[std::stoul(policy.name)]); });
    hashes.push_back(hash ? json(std::to_string(*hash)) : json());
  }
  actual["hash"] = hashes;
}

std::vector<std::uint32_t> shuffleOf(std::uint64_t seed, std::uint32_t count) {
  HashShuffle shuffle(seed, count);
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < count; ++i) order.push_back(shuffle.next());
  return order;
}

void replayBoundedShuffle(const json& one_case, json& actual, ReplayAnswer&) {
  allowKeys(one_case["config"], {}, "config");
  allowKeys(one_case["input"], {"seed_and_n"}, "input");
  json orders = json::array();
  for (const json& entry : one_case["input"].at("seed_and_n")) orders.push_back(shuffleOf(unsignedOf(entry.at(0)), entry.at(1).get<std::uint32_t>()));
  actual["order"] = orders;
}

void replayBoundedFactor(const json& one_case, json& actual, ReplayAnswer&) {
  allowKeys(one_case["config"], {}, "config");
  allowKeys(one_case["input"], {"rows"}, "input");
  json factors = json::array();
  for (const json& row : one_case["input"].at("rows")) {
    allowKeys(row, {"cluster_rq_active", "host_rq_active", "normalized_weight", "hash_balance_factor"}, "row");
    factors.push_back(overloadFactor(unsignedOf(row.at("cluster_rq_active")), unsignedOf(row.at("host_rq_active")), row.at("normalized_weight").get<double>(),
                                     row.at("hash_balance_factor").get<std::uint32_t>()));
  }
  actual["overload_factor"] = factors;
}

// In the list that is hashed (healthy hosts, or all of a panicking priority), which is what gets shuffled.
std::uint32_t positionOf(const CaseCluster& cluster, const HashedHosts& hashed, const std::string& address) {
  for (std::uint32_t i = 0; i < hashed.hosts.size(); ++i) {
    if (cluster.hosts[hashed.hosts[i].host].address == address) return i;
  }
  throw Unsupported{"no usable host " + address};
}

// The table inside is given (or the hosts in order), so the choice among overloaded hosts is what is replayed.
void replayBoundedLoad(const json& one_case, json& actual, ReplayAnswer&) {
  const json& config = one_case["config"];
  const json& input = one_case["input"];
  allowKeys(config, {"hash_balance_factor"}, "config");
  allowKeys(input, {"inner_table", "hash", "overload_factors", "shuffle", "cluster_rq_active", "steps"}, "input");
  CaseCluster cluster;
  cluster.hosts = readHosts(one_case);
  const ClusterHosts hosts = cluster.build();
  const HashedHosts hashed = hashedHosts(hosts, 0);
  const std::uint32_t count = static_cast<std::uint32_t>(hashed.hosts.size());
  const auto addressAt = [&](std::uint32_t i) -> const std::string& { return cluster.hosts[hashed.hosts[i].host].address; };
  const std::uint64_t hash = unsignedOf(input.at("hash"));
  std::vector<std::uint32_t> table;
  if (input.contains("inner_table")) {
    for (const json& address : input["inner_table"]) table.push_back(positionOf(cluster, hashed, address.get<std::string>()));
  } else {
    for (std::uint32_t i = 0; i < count; ++i) table.push_back(i);
  }
  if (table.empty()) throw Unsupported{"an empty table"};
  if (input.contains("shuffle") && input["shuffle"].get<std::vector<std::uint32_t>>() != shuffleOf(hash, count)) {
    throw Unsupported{"the given shuffle is not the one of this hash"};
  }
  const std::uint32_t original = table[hash % table.size()];
  if (input.contains("overload_factors")) {
    const std::uint32_t chosen = chooseBounded(original, count, hash, [&](std::uint32_t i) { return input["overload_factors"].value(addressAt(i), 0.5); });
    actual["address"] = addressAt(chosen);
    return;
  }
  json picks = json::array();
  for (const json& step : input.at("steps")) {
    allowKeys(step, {"rq_active"}, "step");
    const auto factorOf = [&](std::uint32_t i) {
      const std::uint64_t active = step.at("rq_active").value(addressAt(i), std::uint64_t{0});
      return overloadFactor(unsignedOf(input.at("cluster_rq_active")), active, hashed.hosts[i].weight, config.at("hash_balance_factor").get<std::uint32_t>());
    };
    picks.push_back(addressAt(chooseBounded(original, count, hash, factorOf)));
    actual["overload_factor"] = factorOf(original);
  }
  actual["picks"] = picks;
}

}  // namespace

const NamedReplay kHashingReplays[] = {{"ring_hash", replayRing},
                                       {"maglev", replayMaglev},
                                       {"xxh64", replayXxh64},
                                       {"murmur2", replayMurmur2},
                                       {"hash_policy", replayHashPolicy},
                                       {"bounded_load", replayBoundedLoad},
                                       {"bounded_load_factor", replayBoundedFactor},
                                       {"bounded_load_shuffle", replayBoundedShuffle},
                                       {nullptr, nullptr}};

}  // namespace meshmall::cli
