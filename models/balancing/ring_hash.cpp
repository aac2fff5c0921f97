#include "models/balancing/ring_hash.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "models/balancing/hashing.h"

namespace meshmall::models {

std::string problemOf(const RingHashConfig& config) {
  if (config.minimum_ring_size > kLargestRing || config.maximum_ring_size > kLargestRing) return "a ring has at most 8388608 points";
  if (config.minimum_ring_size > config.maximum_ring_size) return "minimumRingSize is above maximumRingSize";
  return {};
}

HashRing::HashRing(const ClusterHosts& hosts, const HashedHosts& hashed, const RingHashConfig& config) {
  if (hashed.hosts.empty()) return;
  const double scale =
      std::min(std::ceil(hashed.min_weight * static_cast<double>(config.minimum_ring_size)) / hashed.min_weight, static_cast<double>(config.maximum_ring_size));
  size_ = static_cast<std::uint64_t>(std::ceil(scale));
  points_.reserve(size_);
  double current = 0.0;
  double target = 0.0;
  std::string text;
  for (const HashedHost& entry : hashed.hosts) {
    text = hosts.host(entry.host).key;
    text += '_';
    const std::size_t stem = text.size();
    target += scale * entry.weight;
    for (std::uint64_t i = 0; current < target; ++i, current += 1.0) {
      char digits[20];
      const auto end = std::to_chars(digits, digits + sizeof digits, i).ptr;
      text.resize(stem);
      text.append(digits, end);
      points_.push_back({config.hash == RingHashConfig::Hash::kMurmur2 ? murmur2(text) : xxh64(text), entry.host});
    }
  }
  std::stable_sort(points_.begin(), points_.end(), [](const Point& a, const Point& b) { return a.hash < b.hash; });
}

HostIndex HashRing::find(std::uint64_t hash, std::uint32_t attempt) const {
  if (points_.empty()) return kNoHost;
  const auto at = std::lower_bound(points_.begin(), points_.end(), hash, [](const Point& point, std::uint64_t wanted) { return point.hash < wanted; });
  const std::size_t first = at == points_.end() ? 0 : static_cast<std::size_t>(at - points_.begin());
  return points_[(first + attempt) % points_.size()].host;
}

}  // namespace meshmall::models
