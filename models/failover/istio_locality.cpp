#include "models/failover/istio_locality.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace meshmall::models {

namespace {

constexpr std::string_view kNetworkLabel = "topology.istio.io/network";

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

const std::string* find(const LabelPairs& labels, const std::string& key) {
  const auto at = std::find_if(labels.begin(), labels.end(), [&](const auto& label) { return label.first == key; });
  return at == labels.end() ? nullptr : &at->second;
}

std::string nameOf(const std::optional<LocalityName>& locality) { return locality ? toText(*locality) : std::string(); }

// Numbers the localities of each priority in byte order of their names, and adds up their hosts' weights.
void numberLocalities(LocalityArrangement& arrangement, const std::vector<std::string>& names) {
  std::vector<std::map<std::string, std::uint64_t>> weights;
  for (std::size_t i = 0; i < arrangement.hosts.size(); ++i) {
    const HostConfig& host = arrangement.hosts[i];
    if (weights.size() <= host.priority) weights.resize(std::size_t{host.priority} + 1);
    weights[host.priority][names[i]] += host.weight;
  }
  arrangement.priorities.resize(weights.size());
  for (std::size_t p = 0; p < weights.size(); ++p) {
    for (const auto& [name, weight] : weights[p]) {
      arrangement.priorities[p].localities.push_back({name, static_cast<std::uint32_t>(std::min<std::uint64_t>(weight, UINT32_MAX))});
    }
  }
  for (std::size_t i = 0; i < arrangement.hosts.size(); ++i) {
    HostConfig& host = arrangement.hosts[i];
    const auto& in_order = weights[host.priority];
    host.locality = static_cast<std::uint32_t>(std::distance(in_order.begin(), in_order.find(names[i])));
  }
}

// Keeps the hosts of the localities that got a weight; all in priority 0. False if no rule is for this caller.
bool distributeHosts(LocalityArrangement& arrangement, std::vector<std::string>& names, const LocalityName& caller,
                     std::span<const LocalityDistribute> distribute) {
  std::map<std::string, std::uint32_t> sums;
  for (std::size_t i = 0; i < arrangement.hosts.size(); ++i) sums[names[i]] += arrangement.hosts[i].weight;
  std::vector<std::optional<LocalityName>> groups;
  std::vector<std::uint32_t> weights;
  for (const auto& [name, weight] : sums) {
    groups.emplace_back(parseLocality(name));
    weights.push_back(weight);
  }
  const auto answer = distributeWeights(distribute, caller, groups, weights);
  if (!answer) return false;
  std::map<std::string, std::uint32_t> given;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if ((*answer)[g]) given[nameOf(groups[g])] = *(*answer)[g];
  }
  std::vector<HostConfig> kept;
  std::vector<std::string> kept_names;
  for (std::size_t i = 0; i < arrangement.hosts.size(); ++i) {
    if (!given.contains(nameOf(parseLocality(names[i])))) continue;
    kept.push_back(arrangement.hosts[i]);
    kept_names.push_back(nameOf(parseLocality(names[i])));
  }
  arrangement.hosts = std::move(kept);
  names = std::move(kept_names);
  numberLocalities(arrangement, names);
  for (PriorityConfig& priority : arrangement.priorities) {
    for (LocalityConfig& locality : priority.localities) locality.weight = given[locality.name];
  }
  return true;
}

}  // namespace

LocalityName parseLocality(std::string_view text) {
  const auto parts = split(text, '/');
  LocalityName name;
  name.region = parts[0];
  if (parts.size() > 1) name.zone = parts[1];
  if (parts.size() > 2) name.subzone = parts[2];
  return name;
}

std::string toText(const LocalityName& name) { return name.region + "/" + name.zone + "/" + name.subzone; }

bool localityMatches(const LocalityName& name, std::string_view rule) {
  const auto parts = split(rule, '/');
  const std::string_view own[] = {name.region, name.zone, name.subzone};
  for (std::size_t i = 0; i < parts.size() && i < 3; ++i) {
    if (parts[i] == "*") return true;
    if (parts[i] != own[i]) return parts[i].empty() && i > 0;  // an empty tail stands for anything
  }
  return true;
}

std::uint32_t localityPriority(const LocalityName& caller, const std::optional<LocalityName>& endpoint, std::span<const LocalityFailover> failover) {
  const LocalityName other = endpoint.value_or(LocalityName{});
  if (caller.region == other.region) {
    if (caller.zone != other.zone) return 2;
    return caller.subzone == other.subzone ? 0 : 1;
  }
  for (const LocalityFailover& rule : failover) {
    if (rule.from == caller.region) return endpoint && other.region == rule.to ? 3 : 4;
  }
  return 3;
}

std::uint32_t labelPriority(std::span<const std::string> failover_priority, const LabelPairs& caller, const LabelPairs& endpoint) {
  const std::uint32_t labels = static_cast<std::uint32_t>(failover_priority.size());
  std::uint32_t base = 0;
  for (std::uint32_t j = 0; j < labels; ++j) {
    const std::size_t equals = failover_priority[j].find('=');
    const std::string key = failover_priority[j].substr(0, equals);
    const std::string* own = find(caller, key);
    const std::string written = equals == std::string::npos ? std::string() : failover_priority[j].substr(equals + 1);
    if (equals != std::string::npos) own = &written;
    const std::string* other = find(endpoint, key);
    const std::string_view own_value = own == nullptr ? std::string_view() : std::string_view(*own);
    const std::string_view other_value = other == nullptr ? std::string_view() : std::string_view(*other);
    if (own_value == other_value) continue;
    if (j == 0 && key == kNetworkLabel) {
      base = labels;
      continue;
    }
    return base + labels - j;
  }
  return base;
}

void closeUp(std::vector<std::uint32_t>& priorities) {
  std::vector<std::uint32_t> sorted(priorities);
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  for (std::uint32_t& priority : priorities) {
    priority = static_cast<std::uint32_t>(std::lower_bound(sorted.begin(), sorted.end(), priority) - sorted.begin());
  }
}

std::optional<std::vector<std::optional<std::uint32_t>>> distributeWeights(std::span<const LocalityDistribute> distribute, const LocalityName& caller,
                                                                           std::span<const std::optional<LocalityName>> groups,
                                                                           std::span<const std::uint32_t> weights) {
  const auto rule = std::find_if(distribute.begin(), distribute.end(), [&](const LocalityDistribute& d) { return localityMatches(caller, d.from); });
  if (rule == distribute.end()) return std::nullopt;
  std::vector<std::optional<std::uint32_t>> answer(groups.size());
  std::vector<bool> claimed(groups.size(), false);
  for (const auto& [to, weight] : rule->to) {
    std::vector<std::size_t> matching;
    std::uint64_t total = 0;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      if (claimed[g] || !groups[g] || !localityMatches(*groups[g], to)) continue;
      claimed[g] = true;
      matching.push_back(g);
      total += weights[g];
    }
    for (const std::size_t g : matching) {
      const double share = static_cast<double>(std::uint64_t{weights[g]} * weight) / static_cast<double>(total);
      answer[g] = share > 0 ? static_cast<std::uint32_t>(std::ceil(share)) : weights[g];
    }
  }
  return answer;
}

LocalityArrangement arrangeByLocality(std::vector<HostConfig> hosts, std::span<const Place> places, const Place& caller, const LocalityLbSetting& setting,
                                      bool outlier_detection) {
  LocalityArrangement arrangement;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    hosts[i].priority = 0;
    names.push_back(nameOf(places[i].locality));
  }
  arrangement.hosts = std::move(hosts);
  if (setting.enabled && caller.locality && !setting.distribute.empty()) {
    arrangement.rule = LocalityRule::kWeighted;
    if (distributeHosts(arrangement, names, *caller.locality, setting.distribute)) return arrangement;
  } else if (setting.enabled && outlier_detection) {
    const bool by_labels = !setting.failover_priority.empty();
    const bool by_place = caller.locality && (!by_labels || !setting.failover.empty());
    std::vector<std::uint32_t> by_label(arrangement.hosts.size(), 0);
    std::vector<std::uint32_t> priorities(arrangement.hosts.size(), 0);
    for (std::size_t i = 0; i < priorities.size(); ++i) {
      if (by_labels) by_label[i] = labelPriority(setting.failover_priority, caller.labels, places[i].labels);
      if (by_place) priorities[i] = localityPriority(*caller.locality, places[i].locality, setting.failover);
    }
    closeUp(by_label);
    for (std::size_t i = 0; i < priorities.size(); ++i) priorities[i] += 5 * by_label[i];
    closeUp(priorities);
    for (std::size_t i = 0; i < priorities.size(); ++i) arrangement.hosts[i].priority = priorities[i];
    if (by_labels || !setting.failover.empty()) arrangement.rule = LocalityRule::kWeighted;
  }
  numberLocalities(arrangement, names);
  return arrangement;
}

LocalityArrangement arrangeByZone(std::vector<HostConfig> hosts, std::span<const Place> places, const Place& caller) {
  LocalityArrangement arrangement;
  arrangement.rule = LocalityRule::kZoneAware;
  arrangement.priorities.resize(1);
  std::vector<LocalityConfig>& localities = arrangement.priorities[0].localities;
  arrangement.priorities[0].has_local_locality = caller.locality.has_value();
  const std::string own = nameOf(caller.locality);
  if (caller.locality) localities.push_back({own, 0});
  std::map<std::string, std::uint32_t> others;
  for (const Place& place : places) {
    const std::string name = nameOf(place.locality);
    if (!caller.locality || name != own) others.emplace(name, 0);
  }
  for (auto& [name, index] : others) {
    index = static_cast<std::uint32_t>(localities.size());
    localities.push_back({name, 0});
  }
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const auto at = others.find(nameOf(places[i].locality));
    hosts[i].priority = 0;
    hosts[i].locality = at == others.end() ? 0 : at->second;
  }
  arrangement.hosts = std::move(hosts);
  return arrangement;
}

}  // namespace meshmall::models
