#include "models/balancing/hash_tables.h"

namespace meshmall::models {

std::optional<HashConfig> hashConfigOf(const PolicyConfig& policy) {
  if (const auto* ring = std::get_if<RingHashConfig>(&policy)) return *ring;
  if (const auto* maglev = std::get_if<MaglevConfig>(&policy)) return *maglev;
  return std::nullopt;
}

namespace {

std::shared_ptr<const HashTable> tableOf(const ClusterHosts& hosts, HashedHosts hashed, const HashConfig& config) {
  auto table = std::make_shared<HashTable>();
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

}  // namespace

std::shared_ptr<const HashTable> makeHashTable(const ClusterHosts& hosts, std::uint32_t priority, const HashConfig& config) {
  return tableOf(hosts, hashedHosts(hosts, priority), config);
}

std::shared_ptr<const HashTable> HashTables::tableFor(const ClusterHosts& hosts, std::uint32_t priority) const {
  HashedHosts hashed = hashedHosts(hosts, priority);
  const std::lock_guard<std::mutex> lock(guard_);
  for (const Known& known : known_) {
    if (known.priority != priority || known.hosts != hashed.hosts) continue;
    if (auto table = known.table.lock()) return table;
  }
  std::erase_if(known_, [](const Known& known) { return known.table.expired(); });
  Known made{priority, hashed.hosts, {}, nullptr};
  auto table = tableOf(hosts, std::move(hashed), config_);
  made.table = table;
  if (&hosts.group(priority) == hosts.membership().pristine[priority].get()) made.kept = table;
  known_.push_back(std::move(made));
  return table;
}

std::shared_ptr<const Membership> withHashTables(std::shared_ptr<const Membership> membership, const PolicyConfig& policy, const FailoverConfig& failover) {
  const std::optional<HashConfig> config = hashConfigOf(policy);
  if (!config) return membership;
  auto with = std::make_shared<Membership>(*membership);
  with->hash_tables = std::make_shared<const HashTables>(*config, failover.locality);
  return with;
}

}  // namespace meshmall::models
