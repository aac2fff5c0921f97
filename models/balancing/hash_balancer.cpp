#include "models/balancing/hash_balancer.h"

namespace meshmall::models {

void HashBalancer::refresh(const ClusterHosts& hosts) {
  tables_.resize(hosts.priorities());
  const Membership& membership = hosts.membership();
  const HashTables* shared = membership.hash_tables.get();
  if (shared != nullptr && !shared->isFor(config_, hosts.config().locality)) shared = nullptr;
  for (std::uint32_t priority = 0; priority < tables_.size(); ++priority) {
    Table& table = tables_[priority];
    const bool panic = hosts.shares()[priority].panic;
    if (table.version == hosts.version(priority) && table.panic == panic) continue;
    table = {hosts.version(priority), panic, nullptr};  // the old one goes first: two large rings need not stand beside each other
    table.of = shared != nullptr ? shared->tableFor(hosts, priority) : makeHashTable(hosts, priority, config_);
  }
}

void HashBalancer::pick(const ClusterHosts& hosts, std::uint64_t hash, std::uint32_t attempt, Pick& pick, PickTrace* trace) const {
  const Table& table = tables_[pick.priority];
  const bool is_ring = std::holds_alternative<RingHashConfig>(config_);
  const HostIndex first = is_ring ? table.of->ring.find(hash, attempt) : table.of->maglev.find(hash, attempt);
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
  const std::vector<HashedHost>& list = table.of->hashed.hosts;
  const std::uint32_t chosen = chooseBounded(table.of->position[first], static_cast<std::uint32_t>(list.size()), hash,
                                             [&](std::uint32_t position) { return overload(list[position].host, list[position].weight); });
  pick.host = list[chosen].host;
  if (pick.host != first) pick.reason = PickReason::kHashBounded;
}

const HashRing* HashBalancer::ring(std::uint32_t priority) const {
  return priority < tables_.size() && std::holds_alternative<RingHashConfig>(config_) ? &tables_[priority].of->ring : nullptr;
}
const MaglevTable* HashBalancer::maglev(std::uint32_t priority) const {
  return priority < tables_.size() && std::holds_alternative<MaglevConfig>(config_) ? &tables_[priority].of->maglev : nullptr;
}

}  // namespace meshmall::models
