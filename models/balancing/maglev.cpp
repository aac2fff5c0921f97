#include "models/balancing/maglev.h"

#include <algorithm>

#include "models/balancing/hashing.h"

namespace meshmall::models {

namespace {

constexpr std::uint64_t kLargestTable = 5000011;

bool isPrime(std::uint64_t n) {
  if (n < 2) return false;
  for (std::uint64_t d = 2; d * d <= n; ++d) {
    if (n % d == 0) return false;
  }
  return true;
}

struct Builder {
  HostIndex host;
  double weight;
  std::uint64_t slot;  // the next of its permutation
  std::uint64_t skip;
  double target = 0.0;
};

}  // namespace

std::string problemOf(const MaglevConfig& config) {
  if (config.table_size > kLargestTable) return "a Maglev table has at most 5000011 slots";
  if (!isPrime(config.table_size)) return "the size of a Maglev table must be a prime";
  return {};
}

MaglevTable::MaglevTable(const ClusterHosts& hosts, const HashedHosts& hashed, const MaglevConfig& config) {
  if (hashed.hosts.empty()) return;
  const std::uint64_t size = config.table_size;
  std::vector<HashedHost> in_order(hashed.hosts);
  std::stable_sort(in_order.begin(), in_order.end(), [&](const HashedHost& a, const HashedHost& b) { return hosts.host(a.host).key < hosts.host(b.host).key; });
  std::vector<Builder> builders;
  for (const HashedHost& entry : in_order) {
    const std::string& key = hosts.host(entry.host).key;
    builders.push_back({entry.host, entry.weight, xxh64(key, 0) % size, xxh64(key, 1) % (size - 1) + 1});
  }
  slots_.assign(size, kNoHost);
  by_size_ = Modulus(static_cast<std::uint32_t>(size));
  std::uint64_t filled = 0;
  for (std::uint64_t iteration = 1; filled < size; ++iteration) {
    for (std::size_t i = 0; i < builders.size() && filled < size; ++i) {
      Builder& builder = builders[i];
      if (static_cast<double>(iteration) * builder.weight < builder.target) continue;
      builder.target += hashed.max_weight;
      const auto advance = [&] {
        builder.slot += builder.skip;
        if (builder.slot >= size) builder.slot -= size;
      };
      while (slots_[builder.slot] != kNoHost) advance();
      slots_[builder.slot] = builder.host;
      advance();
      ++filled;
    }
  }
}

}  // namespace meshmall::models
