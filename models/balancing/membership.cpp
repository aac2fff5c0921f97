#include "models/balancing/membership.h"

#include <algorithm>

#include "models/balancing/grouping.h"

namespace meshmall::models {

namespace {

struct WeightOf {
  const Membership& membership;
  std::span<const std::uint32_t> weights;
  std::uint32_t operator()(HostIndex host) const { return weights.empty() ? membership.hosts[host].weight : weights[host]; }
};

void append(HostList& list, HostIndex host, const WeightOf& weight_of) {
  if (!list.hosts.empty() && weight_of(list.hosts.front()) != weight_of(host)) list.equal_weights = false;
  list.hosts.push_back(host);
}

void seal(HostList& list) { list.by_size = Modulus(list.size()); }

}  // namespace

HostIndex Membership::indexOf(std::uint32_t id) const {
  const auto at = std::lower_bound(by_id.begin(), by_id.end(), id, [](const auto& entry, std::uint32_t wanted) { return entry.first < wanted; });
  return at != by_id.end() && at->first == id ? at->second : kNoHost;
}

std::shared_ptr<const PriorityGroup> groupPriority(const Membership& membership, std::uint32_t priority, std::span<const HostFlags> flags,
                                                   std::span<const std::uint32_t> weights) {
  auto group = std::make_shared<PriorityGroup>();
  group->localities.resize(membership.priorities[priority].localities.size());
  const WeightOf weight_of{membership, weights};
  for (HostIndex host = 0; host < membership.hosts.size(); ++host) {
    const HostConfig& config = membership.hosts[host];
    if (config.priority != priority) continue;
    const HostFlags host_flags = flags.empty() ? HostFlags{0} : flags[host];
    LocalityGroup* locality = group->localities.empty() ? nullptr : &group->localities[config.locality];
    append(group->all, host, weight_of);
    if (locality != nullptr) ++locality->total;
    if (isExcluded(host_flags)) {
      ++group->excluded;
      if (locality != nullptr) ++locality->excluded;
    } else {
      group->counted_weight += weight_of(host);
    }
    const Health health = healthOf(host_flags);
    if (health == Health::kHealthy) {
      append(group->healthy, host, weight_of);
      group->healthy_weight += weight_of(host);
      if (locality != nullptr) append(locality->healthy, host, weight_of);
    } else if (health == Health::kDegraded) {
      append(group->degraded, host, weight_of);
      group->degraded_weight += weight_of(host);
      if (locality != nullptr) append(locality->degraded, host, weight_of);
    }
  }
  seal(group->all);
  seal(group->healthy);
  seal(group->degraded);
  for (LocalityGroup& locality : group->localities) {
    seal(locality.healthy);
    seal(locality.degraded);
  }
  return group;
}

std::shared_ptr<const Membership> makeMembership(std::vector<HostConfig> hosts, std::vector<PriorityConfig> priorities) {
  auto membership = std::make_shared<Membership>();
  std::size_t levels = std::max<std::size_t>(1, priorities.size());
  for (const HostConfig& host : hosts) levels = std::max<std::size_t>(levels, std::size_t{host.priority} + 1);
  priorities.resize(levels);
  membership->priorities = std::move(priorities);
  membership->hosts = std::move(hosts);
  membership->by_id.reserve(membership->hosts.size());
  for (HostIndex index = 0; index < membership->hosts.size(); ++index) {
    HostConfig& host = membership->hosts[index];
    host.weight = std::max<std::uint32_t>(1, host.weight);
    if (host.locality >= membership->priorities[host.priority].localities.size()) host.locality = 0;
    membership->by_id.emplace_back(host.id, index);
  }
  std::sort(membership->by_id.begin(), membership->by_id.end());
  for (std::uint32_t priority = 0; priority < levels; ++priority) membership->pristine.push_back(groupPriority(*membership, priority, {}, {}));
  return membership;
}

}  // namespace meshmall::models
