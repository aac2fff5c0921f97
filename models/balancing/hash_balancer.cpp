#include "models/balancing/hash_balancer.h"

namespace meshmall::models {

void HashBalancer::refresh(const ClusterHosts& hosts) {
  tables_.resize(hosts.priorities());
  for (std::uint32_t priority = 0; priority < tables_.size(); ++priority) {
    Table& table = tables_[priority];
    const bool panic = hosts.shares()[priority].panic;
    if (table.version == hosts.version(priority) && table.panic == panic) continue;
    HashedHosts hashed = hashedHosts(hosts, priority);
    table = {hosts.version(priority), panic, nullptr, nullptr, nullptr, nullptr};
    if (const RingHashConfig* ring = std::get_if<RingHashConfig>(&config_)) {
      table.ring = std::make_shared<const HashRing>(hosts, hashed, *ring);
    } else {
      table.maglev = std::make_shared<const MaglevTable>(hosts, hashed, std::get<MaglevConfig>(config_));
    }
    if (balance_factor_ == 0) continue;
    auto position = std::make_shared<std::vector<std::uint32_t>>(hosts.size(), 0);
    for (std::uint32_t i = 0; i < hashed.hosts.size(); ++i) (*position)[hashed.hosts[i].host] = i;
    table.position = std::move(position);
    table.hashed = std::make_shared<const HashedHosts>(std::move(hashed));
  }
}

void HashBalancer::pick(const ClusterHosts& hosts, std::uint64_t hash, std::uint32_t attempt, Pick& pick, PickTrace* trace) const {
  const Table& table = tables_[pick.priority];
  const HostIndex first = table.ring ? table.ring->find(hash, attempt) : table.maglev->find(hash, attempt);
  if (trace != nullptr) trace->hash = hash;
  if (first == kNoHost) return;
  pick.reason = PickReason::kHash;
  pick.host = first;
  const auto overload = [&](HostIndex host, double weight) {
    const double factor = overloadFactor(hosts.clusterActive(), hosts.active(host), weight, balance_factor_);
    if (trace != nullptr) trace->candidates.push_back({host, hosts.active(host), factor});
    return factor;
  };
  if (balance_factor_ == 0) {
    if (trace != nullptr) trace->candidates.push_back({first, hosts.active(first), 0.0});
    return;
  }
  const std::vector<HashedHost>& list = table.hashed->hosts;
  const std::uint32_t chosen = chooseBounded((*table.position)[first], static_cast<std::uint32_t>(list.size()), hash,
                                             [&](std::uint32_t position) { return overload(list[position].host, list[position].weight); });
  pick.host = list[chosen].host;
  if (pick.host != first) pick.reason = PickReason::kHashBounded;
}

const HashRing* HashBalancer::ring(std::uint32_t priority) const { return priority < tables_.size() ? tables_[priority].ring.get() : nullptr; }
const MaglevTable* HashBalancer::maglev(std::uint32_t priority) const { return priority < tables_.size() ? tables_[priority].maglev.get() : nullptr; }

}  // namespace meshmall::models
