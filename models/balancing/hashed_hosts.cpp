#include "models/balancing/hashed_hosts.h"

#include <algorithm>

namespace meshmall::models {

namespace {

// Adds `list`, whose hosts share `part` by their weights.
void addList(const ClusterHosts& hosts, const std::vector<HostIndex>& list, double part, HashedHosts& answer) {
  double sum = 0.0;
  for (const HostIndex host : list) sum += hosts.weight(host);
  for (const HostIndex host : list) {
    const double weight = hosts.weight(host) * part / sum;
    answer.hosts.push_back({host, weight});
    answer.min_weight = std::min(answer.min_weight, weight);
    answer.max_weight = std::max(answer.max_weight, weight);
  }
}

}  // namespace

HashedHosts hashedHosts(const ClusterHosts& hosts, std::uint32_t priority) {
  HashedHosts answer;
  const PriorityGroup& group = hosts.group(priority);
  const bool panic = hosts.shares()[priority].panic;
  const std::vector<LocalityConfig>& localities = hosts.membership().priorities[priority].localities;
  if (hosts.config().locality != LocalityRule::kWeighted || localities.empty()) {
    addList(hosts, panic ? group.all.hosts : group.healthy.hosts, 1.0, answer);
    return answer;
  }
  double total = 0.0;
  for (const LocalityConfig& locality : localities) total += locality.weight;
  for (std::uint32_t index = 0; index < localities.size(); ++index) {
    if (localities[index].weight == 0) continue;
    const double part = localities[index].weight / total;
    if (!panic) {
      addList(hosts, group.localities[index].healthy.hosts, part, answer);
      continue;
    }
    std::vector<HostIndex> all;
    std::copy_if(group.all.hosts.begin(), group.all.hosts.end(), std::back_inserter(all), [&](HostIndex host) { return hosts.host(host).locality == index; });
    addList(hosts, all, part, answer);
  }
  return answer;
}

}  // namespace meshmall::models
