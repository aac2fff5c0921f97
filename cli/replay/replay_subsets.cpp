// Subsets by metadata with their fallbacks, and localities within subsets.
#include <nlohmann/json.hpp>

#include "cli/replay/balancing_families.h"
#include "cli/replay/case_cluster.h"
#include "cli/replay/case_reader.h"
#include "models/balancing/subset_balancer.h"
#include "models/failover/locality_schedule.h"

namespace meshmall::cli {

namespace {

using nlohmann::json;
using namespace models;

// Picks of a case that does not say how many.
constexpr int kPicksShown = 9;

MetadataValue valueOf(const json& value) {
  MetadataValue answer;
  answer.is_list = value.is_array();
  if (!answer.is_list) {
    answer.items.push_back(value.is_string() ? value.get<std::string>() : value.dump());
    return answer;
  }
  for (const json& item : value) answer.items.push_back(item.is_string() ? item.get<std::string>() : item.dump());
  return answer;
}

Metadata metadataOf(const json& object) {
  Metadata answer;
  for (const auto& [key, value] : object.items()) answer[key] = valueOf(value);
  return answer;
}

SubsetFallback fallbackOf(const std::string& name) {
  if (name == "NOT_DEFINED") return SubsetFallback::kNotDefined;
  if (name == "NO_FALLBACK") return SubsetFallback::kNone;
  if (name == "ANY_ENDPOINT") return SubsetFallback::kAnyEndpoint;
  if (name == "DEFAULT_SUBSET") return SubsetFallback::kDefaultSubset;
  if (name == "KEYS_SUBSET") return SubsetFallback::kKeysSubset;
  throw Unsupported{"fallback policy " + name + " is not understood"};
}

SubsetConfig subsetConfigOf(const json& config) {
  allowKeys(config,
            {"fallback_policy", "child_policy", "seed", "default_subset", "panic_mode_any", "subset_selectors", "list_as_any", "metadata_fallback_policy",
             "allow_redundant_keys", "locality_weight_aware", "scale_locality_weight", "locality_weighted"},
            "config");
  SubsetConfig answer;
  answer.fallback = fallbackOf(config.value("fallback_policy", "NO_FALLBACK"));
  if (answer.fallback == SubsetFallback::kKeysSubset || answer.fallback == SubsetFallback::kNotDefined) throw Unsupported{"fallback_policy at the top"};
  answer.default_subset = metadataOf(config.value("default_subset", json::object()));
  answer.panic_mode_any = config.value("panic_mode_any", false);
  answer.list_as_any = config.value("list_as_any", false);
  answer.allow_redundant_keys = config.value("allow_redundant_keys", false);
  answer.locality_weight_aware = config.value("locality_weight_aware", false);
  answer.scale_locality_weight = config.value("scale_locality_weight", false);
  const std::string list = config.value("metadata_fallback_policy", "METADATA_NO_FALLBACK");
  if (list != "METADATA_NO_FALLBACK" && list != "FALLBACK_LIST") throw Unsupported{"metadata_fallback_policy " + list};
  answer.fallback_list = list == "FALLBACK_LIST";
  for (const json& selector : config.value("subset_selectors", json::array())) {
    allowKeys(selector, {"keys", "fallback_policy", "fallback_keys_subset"}, "selector");
    SubsetSelector one;
    for (const json& key : selector.at("keys")) one.keys.insert(key.get<std::string>());
    one.fallback = fallbackOf(selector.value("fallback_policy", "NOT_DEFINED"));
    for (const json& key : selector.value("fallback_keys_subset", json::array())) one.fallback_keys.insert(key.get<std::string>());
    answer.selectors.push_back(one);
  }
  return answer;
}

PolicyConfig childPolicy(const json& config) {
  const std::string name = config.value("child_policy", "round_robin");
  if (name == "round_robin") return RoundRobinConfig{};
  if (name == "least_request") return LeastRequestConfig{};
  if (name == "random") return RandomConfig{};
  throw Unsupported{"child_policy " + name + " is not understood"};
}

std::optional<SubsetMatch> matchOf(const json& match, const SubsetConfig& config) {
  if (match.is_null()) return std::nullopt;
  SubsetMatch answer;
  for (const auto& [key, value] : match.items()) {
    if (config.fallback_list && key == "fallback_list") {
      if (!value.is_array()) continue;
      for (const json& alternative : value) answer.alternatives.push_back(alternative.is_object() ? metadataOf(alternative) : Metadata{});
    } else {
      answer.pairs[key] = valueOf(value);
    }
  }
  return answer;
}

void replaySubset(const json& one_case, json& actual, ReplayAnswer&) {
  const json& config = one_case["config"];
  allowKeys(one_case["input"], {"match"}, "input");
  const SubsetConfig subsets = subsetConfigOf(config);
  if (const std::string problem = problemOf(subsets); !problem.empty()) {
    actual["error"] = true;
    return;
  }
  if (config.value("locality_weighted", false)) throw Unsupported{"localities of single subsets"};
  CaseCluster cluster;
  cluster.hosts = readHosts(one_case);
  std::vector<Metadata> metadata;
  for (std::size_t i = 0; i < cluster.hosts.size(); ++i) metadata.push_back(metadataOf(one_case["hosts"].at(i).value("metadata", json::object())));
  const ClusterHosts whole = cluster.build();
  GivenDraws draws({}, config.contains("seed") ? unsignedOf(config["seed"]) : 0);
  SubsetBalancer balancer(subsets, childPolicy(config), cluster.membership(), metadata, cluster.failover, {}, draws);
  for (HostIndex host = 0; host < whole.size(); ++host) balancer.setFlags(host, whole.flags(host), true, {});
  GivenDraws picking;
  json picks = json::array();
  for (const json& match : one_case["input"].at("match")) picks.push_back(addressOf(cluster, balancer.pick(matchOf(match, subsets), {}, picking).host));
  actual["picks"] = picks;
}

void replaySubsetLocality(const json& one_case, json& actual, ReplayAnswer& answer) {
  const json& config = one_case["config"];
  const json& input = one_case["input"];
  SubsetConfig subsets = subsetConfigOf(config);
  allowKeys(input, {"locality_weights", "subset_hosts_per_locality", "all_hosts_per_locality", "picks"}, "input");
  subsets.selectors = {{{"subset"}, SubsetFallback::kNotDefined, {}}};
  CaseCluster cluster;
  cluster.failover.locality = config.value("locality_weighted", false) ? LocalityRule::kWeighted : LocalityRule::kNone;
  for (const char* key : {"scaled_weights", "picks", "locality_picks"}) actual[key] = json::array();
  std::vector<Metadata> metadata;
  for (std::size_t i = 0; i < input.at("locality_weights").size(); ++i) {
    const json& members = input.at("subset_hosts_per_locality").at(i);
    const std::size_t all = input.at("all_hosts_per_locality").at(i).get<std::size_t>();
    if (all < members.size() || all > 100000) throw Unsupported{"a locality with fewer hosts than its subset"};
    cluster.localities.push_back(std::to_string(i));
    cluster.locality_weights.push_back(input["locality_weights"][i].get<std::uint32_t>());
    for (std::size_t h = 0; h < all; ++h) {
      CaseHost host;
      host.address = h < members.size() ? members[h].get<std::string>() : "other " + std::to_string(i) + " " + std::to_string(h);
      host.locality = cluster.localities.back();
      cluster.hosts.push_back(host);
      metadata.push_back(h < members.size() ? Metadata{{"subset", {{"in"}, false}}} : Metadata{});
    }
    const std::uint32_t scaled =
        scaledLocalityWeight(cluster.locality_weights.back(), static_cast<std::uint32_t>(members.size()), static_cast<std::uint32_t>(all));
    actual["scaled_weights"].push_back(!subsets.locality_weight_aware ? 0 : subsets.scale_locality_weight ? scaled : cluster.locality_weights.back());
  }
  GivenDraws draws({}, config.contains("seed") ? unsignedOf(config["seed"]) : 0);
  SubsetBalancer balancer(subsets, childPolicy(config), cluster.membership(), metadata, cluster.failover, {}, draws);
  const SubsetMatch match{{{"subset", {{"in"}, false}}}, {}};
  int count = kPicksShown;
  if (input.contains("picks")) {
    count = input["picks"].get<int>();
  } else {
    answer.open_lists = {"picks", "locality_picks"};
  }
  for (int i = 0; i < count; ++i) {
    const Pick pick = balancer.pick(match, {}, draws);
    actual["picks"].push_back(addressOf(cluster, pick.host));
    actual["locality_picks"].push_back(pick.locality == HostSource::kNoLocality ? json() : json(pick.locality));
  }
}

}  // namespace

const NamedReplay kSubsetReplays[] = {{"subset", replaySubset}, {"subset_locality", replaySubsetLocality}, {nullptr, nullptr}};

}  // namespace meshmall::cli
