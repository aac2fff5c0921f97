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

namespace {

constexpr std::size_t kFewPoints = 4096;
constexpr std::uint32_t kManyInABucket = 64;

// Stable. Hashes are spread evenly, so their first bits put a large ring into buckets of a few points each: linear, where a sort takes n log n.
void sortByHash(std::vector<HashRing::Point>& points) {
  const auto less = [](const HashRing::Point& a, const HashRing::Point& b) { return a.hash < b.hash; };
  if (points.size() < kFewPoints) {
    std::stable_sort(points.begin(), points.end(), less);
    return;
  }
  int bits = 8;
  while (points.size() >> (bits + 4) != 0) ++bits;  // 8 to 16 in a bucket
  const int shift = 64 - bits;
  std::vector<std::uint32_t> ends(std::size_t{1} << bits, 0);
  for (const HashRing::Point& point : points) ++ends[point.hash >> shift];
  std::uint32_t sum = 0;
  for (std::uint32_t& end : ends) {
    const std::uint32_t count = end;
    end = sum;
    sum += count;
  }
  std::vector<HashRing::Point> sorted(points.size());
  for (const HashRing::Point& point : points) sorted[ends[point.hash >> shift]++] = point;  // starts become ends
  std::uint32_t from = 0;
  for (const std::uint32_t to : ends) {
    if (to - from > kManyInABucket) std::stable_sort(sorted.begin() + from, sorted.begin() + to, less);
    for (std::uint32_t i = from + 1; i < to && to - from <= kManyInABucket; ++i) {  // by insertion: buckets are small
      const HashRing::Point point = sorted[i];
      std::uint32_t at = i;
      for (; at > from && less(point, sorted[at - 1]); --at) sorted[at] = sorted[at - 1];
      sorted[at] = point;
    }
    from = to;
  }
  points = std::move(sorted);
}

}  // namespace

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
  sortByHash(points_);
}

HostIndex HashRing::find(std::uint64_t hash, std::uint32_t attempt) const {
  if (points_.empty()) return kNoHost;
  const auto at = std::lower_bound(points_.begin(), points_.end(), hash, [](const Point& point, std::uint64_t wanted) { return point.hash < wanted; });
  const std::size_t first = at == points_.end() ? 0 : static_cast<std::size_t>(at - points_.begin());
  return points_[(first + attempt) % points_.size()].host;
}

}  // namespace meshmall::models
