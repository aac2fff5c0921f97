#include "models/balancing/hash_tables.h"

namespace meshmall::models {

std::optional<HashConfig> hashConfigOf(const PolicyConfig& policy) {
  if (const auto* ring = std::get_if<RingHashConfig>(&policy)) return *ring;
  if (const auto* maglev = std::get_if<MaglevConfig>(&policy)) return *maglev;
  return std::nullopt;
}

std::shared_ptr<const HashTable> makeHashTable(const ClusterHosts& hosts, std::uint32_t priority, const HashConfig& config) {
  auto table = std::make_shared<HashTable>();
  HashedHosts hashed = hashedHosts(hosts, priority);
  const RingHashConfig* ring = std::get_if<RingHashConfig>(&config);
  if (ring != nullptr) {
    table->ring = HashRing(hosts, hashed, *ring);
  } else {
    table->maglev = MaglevTable(hosts, hashed, std::get<MaglevConfig>(config));
  }
  const std::uint32_t balance_factor = ring != nullptr ? ring->hash_balance_factor : std::get<MaglevConfig>(config).hash_balance_factor;
  if (balance_factor == 0) return table;
  table->position.assign(hosts.size(), 0);
  for (std::uint32_t i = 0; i < hashed.hosts.size(); ++i) table->position[hashed.hosts[i].host] = i;
  table->hashed = std::move(hashed);
  return table;
}

std::shared_ptr<const Membership> withHashTables(std::shared_ptr<const Membership> membership, const PolicyConfig& policy, const FailoverConfig& failover) {
  const std::optional<HashConfig> config = hashConfigOf(policy);
  if (!config) return membership;
  const ClusterHosts hosts(membership, failover, {});
  auto tables = std::make_shared<HashTables>(HashTables{*config, failover.locality, {}});
  for (std::uint32_t priority = 0; priority < hosts.priorities(); ++priority) {
    // A priority that panics although all its hosts are healthy has the same hosts in its table.
    tables->by_priority.push_back(makeHashTable(hosts, priority, *config));
  }
  auto with = std::make_shared<Membership>(*membership);
  with->hash_tables = std::move(tables);
  return with;
}

}  // namespace meshmall::models
