#include "models/balancing/subset_balancer.h"

#include <algorithm>

#include "models/failover/locality_schedule.h"

namespace meshmall::models {

namespace {

bool hasKeys(const Metadata& metadata, const std::set<std::string>& keys) {
  return std::all_of(keys.begin(), keys.end(), [&](const std::string& key) { return metadata.contains(key); });
}

bool sameKeys(const Metadata& metadata, const std::set<std::string>& keys) { return metadata.size() == keys.size() && hasKeys(metadata, keys); }

Metadata restricted(const Metadata& metadata, const std::set<std::string>& keys) {
  Metadata answer;
  for (const std::string& key : keys) {
    if (const auto at = metadata.find(key); at != metadata.end()) answer.insert(*at);
  }
  return answer;
}

}  // namespace

std::string problemOf(const SubsetConfig& config) {
  for (const SubsetSelector& selector : config.selectors) {
    if (selector.keys.empty()) return "a subset selector needs keys";
    if (selector.fallback != SubsetFallback::kKeysSubset) {
      if (!selector.fallback_keys.empty()) return "fallback_keys_subset belongs to the policy KEYS_SUBSET";
      continue;
    }
    const bool inside = std::includes(selector.keys.begin(), selector.keys.end(), selector.fallback_keys.begin(), selector.fallback_keys.end());
    if (selector.fallback_keys.empty() || !inside || selector.fallback_keys.size() >= selector.keys.size()) {
      return "fallback_keys_subset must be some of the selector's keys, not all";
    }
  }
  return {};
}

SubsetBalancer::SubsetBalancer(const SubsetConfig& config, const PolicyConfig& child_policy, std::shared_ptr<const Membership> membership,
                               std::vector<Metadata> metadata, FailoverConfig failover, engine::SimTime now, engine::RandomSource& random)
    : config_(config), child_policy_(child_policy), membership_(std::move(membership)), metadata_(std::move(metadata)), failover_(failover) {
  homes_.resize(membership_->hosts.size());
  std::vector<HostIndex> everyone;
  std::vector<HostIndex> defaults;
  for (HostIndex host = 0; host < membership_->hosts.size(); ++host) {
    everyone.push_back(host);
    if (matches(host, config_.default_subset)) defaults.push_back(host);
  }
  const auto wants = [&](SubsetFallback fallback) {
    return config_.fallback == fallback ||
           std::any_of(config_.selectors.begin(), config_.selectors.end(), [&](const SubsetSelector& s) { return s.fallback == fallback; });
  };
  if (wants(SubsetFallback::kAnyEndpoint) || config_.panic_mode_any) any_ = makeChild({}, everyone, now, random);
  if (wants(SubsetFallback::kDefaultSubset)) default_ = makeChild(config_.default_subset, defaults, now, random);
  for (const SubsetSelector& selector : config_.selectors) makeSubsets(selector, now, random);
  by_size_ = config_.selectors;
  std::stable_sort(by_size_.begin(), by_size_.end(), [](const SubsetSelector& a, const SubsetSelector& b) { return a.keys.size() > b.keys.size(); });
}

int SubsetBalancer::makeChild(const Metadata& pairs, const std::vector<HostIndex>& members, engine::SimTime now, engine::RandomSource& random) {
  const int child = static_cast<int>(children_.size());
  std::vector<HostConfig> hosts;
  std::vector<PriorityConfig> priorities = membership_->priorities;
  std::vector<std::vector<std::uint32_t>> kept(priorities.size());
  for (std::size_t p = 0; p < priorities.size(); ++p) kept[p].resize(priorities[p].localities.size());
  for (const HostIndex host : members) {
    homes_[host].emplace_back(child, static_cast<HostIndex>(hosts.size()));
    hosts.push_back(membership_->hosts[host]);
    if (!kept[hosts.back().priority].empty()) ++kept[hosts.back().priority][hosts.back().locality];
  }
  const bool whole = members.size() == membership_->hosts.size();
  for (std::uint32_t p = 0; p < priorities.size() && !whole; ++p) {
    for (std::uint32_t i = 0; i < priorities[p].localities.size(); ++i) {
      std::uint32_t& weight = priorities[p].localities[i].weight;
      const std::uint32_t all = membership_->pristine[p]->localities[i].total;
      weight = !config_.locality_weight_aware ? 0 : config_.scale_locality_weight ? scaledLocalityWeight(weight, kept[p][i], all) : weight;
    }
  }
  children_.push_back({pairs, ClusterHosts(makeMembership(std::move(hosts), std::move(priorities)), failover_, now), {}, members});
  children_.back().balancer.emplace_back(child_policy_, children_.back().hosts, now, random);
  return child;
}

void SubsetBalancer::makeSubsets(const SubsetSelector& selector, engine::SimTime now, engine::RandomSource& random) {
  std::map<Metadata, std::vector<HostIndex>> members;
  for (HostIndex host = 0; host < metadata_.size(); ++host) {
    if (!hasKeys(metadata_[host], selector.keys)) continue;
    std::vector<Metadata> combinations{{}};
    for (const std::string& key : selector.keys) {
      const MetadataValue& value = metadata_[host].at(key);
      std::vector<MetadataValue> choices{value};
      if (config_.list_as_any && value.is_list) {
        choices.clear();
        for (const std::string& item : value.items) choices.push_back({{item}, false});
      }
      std::vector<Metadata> longer;
      for (const Metadata& combination : combinations) {
        for (const MetadataValue& choice : choices) {
          longer.push_back(combination);
          longer.back()[key] = choice;
        }
      }
      combinations = std::move(longer);
    }
    for (const Metadata& combination : combinations) {
      std::vector<HostIndex>& hosts = members[combination];
      if (hosts.empty() || hosts.back() != host) hosts.push_back(host);
    }
  }
  for (const auto& [pairs, hosts] : members) {
    if (!subsets_.contains(pairs)) subsets_[pairs] = makeChild(pairs, hosts, now, random);
  }
}

bool SubsetBalancer::matches(HostIndex host, const Metadata& pairs) const {
  return std::all_of(pairs.begin(), pairs.end(), [&](const auto& pair) {
    const auto at = metadata_[host].find(pair.first);
    if (at == metadata_[host].end()) return false;
    if (at->second == pair.second) return true;
    return config_.list_as_any && at->second.is_list && pair.second.items.size() == 1 &&
           std::find(at->second.items.begin(), at->second.items.end(), pair.second.items[0]) != at->second.items.end();
  });
}

const SubsetSelector* SubsetBalancer::selectorFor(const Metadata& pairs) const {
  for (std::size_t i = 0; i < config_.selectors.size(); ++i) {
    const SubsetSelector& selector = config_.selectors[i];
    if (!sameKeys(pairs, selector.keys)) continue;
    // Envoy keeps selectors in a trie of sorted keys: one whose keys begin an earlier, longer selector's loses its own fallback.
    const bool hidden = std::any_of(config_.selectors.begin(), config_.selectors.begin() + static_cast<std::ptrdiff_t>(i), [&](const SubsetSelector& earlier) {
      return earlier.keys.size() > selector.keys.size() && std::equal(selector.keys.begin(), selector.keys.end(), earlier.keys.begin());
    });
    return hidden ? nullptr : &selector;
  }
  return nullptr;
}

Metadata SubsetBalancer::withoutRedundantKeys(const Metadata& pairs) const {
  for (const SubsetSelector& selector : by_size_) {
    if (hasKeys(pairs, selector.keys)) return restricted(pairs, selector.keys);
  }
  return pairs;
}

Pick SubsetBalancer::pickFrom(int child, const PickContext& context, engine::RandomSource& random) {
  if (child < 0) return {};
  Child& from = children_[static_cast<std::size_t>(child)];
  std::vector<HostIndex> attempted;
  for (const HostIndex host : context.attempted) {
    for (const auto& [home, index] : homes_[host]) {
      if (home == child) attempted.push_back(index);
    }
  }
  PickContext inside = context;
  inside.attempted = attempted;
  Pick pick = from.balancer.front().pick(from.hosts, inside, random);
  if (pick.found()) pick.host = from.to_whole[pick.host];
  return pick;
}

Pick SubsetBalancer::pickByPairs(Metadata pairs, const PickContext& context, engine::RandomSource& random) {
  while (true) {
    if (config_.allow_redundant_keys) pairs = withoutRedundantKeys(pairs);
    if (const auto subset = subsets_.find(pairs); subset != subsets_.end()) return pickFrom(subset->second, context, random);
    const SubsetSelector* selector = selectorFor(pairs);
    if (selector == nullptr || selector->fallback == SubsetFallback::kNotDefined) return pickByFallback(context, random);
    switch (selector->fallback) {
      case SubsetFallback::kAnyEndpoint:
        return pickFrom(any_, context, random);
      case SubsetFallback::kDefaultSubset:
        return pickFrom(default_, context, random);
      case SubsetFallback::kKeysSubset:
        pairs = restricted(pairs, selector->fallback_keys);
        break;
      default:
        return {};
    }
  }
}

Pick SubsetBalancer::pickByFallback(const PickContext& context, engine::RandomSource& random) {
  if (config_.fallback == SubsetFallback::kNone) return {};
  const Pick pick = pickFrom(config_.fallback == SubsetFallback::kAnyEndpoint ? any_ : default_, context, random);
  return !pick.found() && config_.panic_mode_any ? pickFrom(any_, context, random) : pick;
}

Pick SubsetBalancer::pick(const std::optional<SubsetMatch>& match, const PickContext& context, engine::RandomSource& random) {
  if (!match) return pickByFallback(context, random);
  if (!config_.fallback_list || match->alternatives.empty()) return pickByPairs(match->pairs, context, random);
  for (const Metadata& alternative : match->alternatives) {
    Metadata merged = alternative;
    merged.insert(match->pairs.begin(), match->pairs.end());  // the alternative's values win
    const Pick pick = pickByPairs(merged, context, random);
    if (pick.found()) return pick;
  }
  return {};
}

void SubsetBalancer::setFlags(HostIndex host, HostFlags flags, bool on, engine::SimTime now) {
  for (const auto& [child, index] : homes_[host]) children_[static_cast<std::size_t>(child)].hosts.setFlags(index, flags, on, now);
}

void SubsetBalancer::requestStarted(HostIndex host) {
  for (const auto& [child, index] : homes_[host]) children_[static_cast<std::size_t>(child)].hosts.requestStarted(index);
}

void SubsetBalancer::requestEnded(HostIndex host) {
  for (const auto& [child, index] : homes_[host]) children_[static_cast<std::size_t>(child)].hosts.requestEnded(index);
}

}  // namespace meshmall::models
