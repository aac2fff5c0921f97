#include "engine/statistics/histogram.h"

#include <cmath>
#include <utility>

namespace meshmall::engine {

// Calls visit(index, count) for each bucket with samples, ascending, as long as it returns true.
template <class Visit>
void Histogram::visitBuckets(Visit visit) const {
  if (directory_.empty()) {
    std::vector<std::uint16_t> sorted = sparse_;
    std::sort(sorted.begin(), sorted.end());
    for (auto first = sorted.begin(); first != sorted.end();) {
      const auto last = std::upper_bound(first, sorted.end(), *first);
      if (!visit(*first, static_cast<std::uint64_t>(last - first))) return;
      first = last;
    }
    return;
  }
  if (!sparse_.empty()) {
    Histogram counted = *this;
    counted.countPending();
    return counted.visitBuckets(visit);
  }
  for (std::uint32_t part = 0; part < kBlockCount; ++part) {
    const std::uint16_t block = directory_[part];
    if (block == kNoBlock) continue;
    for (std::uint32_t i = 0; i < kBlock; ++i) {
      const std::uint32_t index = part * kBlock + i;
      const std::uint64_t count = (block & kWide) == 0 ? narrowBlock(block)[i] : wideBlock(block)[i] + (carried_.empty() ? 0 : carriedAt(index));
      if (count > 0 && !visit(index, count)) return;
    }
  }
}

void Histogram::addToBucket(std::uint32_t index, std::uint64_t n) {
  if (directory_.empty()) {
    if (n <= kSparseLimit - sparse_.size()) {
      sparse_.insert(sparse_.end(), static_cast<std::size_t>(n), static_cast<std::uint16_t>(index));
      return;
    }
    goDense();
  }
  countFew(index, n);
}

void Histogram::countFew(std::uint32_t index, std::uint64_t n) {
  const std::uint32_t part = index / kBlock;
  if (narrowOrNone(index)) {
    if (directory_[part] == kNoBlock) directory_[part] = addBlock(kNarrowWords);
    std::uint8_t& count = narrowBlock(directory_[part])[index % kBlock];
    if (n <= std::uint64_t{0xFF} - count) {
      count = static_cast<std::uint8_t>(count + n);
      return;
    }
    widen(part);
  }
  std::uint32_t& count = wideBlock(directory_[part])[index % kBlock];
  const std::uint64_t total = count + (n & 0xFFFFFFFF);
  count = static_cast<std::uint32_t>(total);
  for (std::uint64_t carries = (n >> 32) + (total >> 32); carries > 0; --carries) carry(index);
}

// Growth by a quarter instead of doubling: there are tens of thousands of histograms, and blocks are added seldom.
std::uint16_t Histogram::addBlock(std::uint32_t words) {
  const std::size_t start = counts_.size();
  if (counts_.capacity() < start + words) counts_.reserve(start + std::max<std::size_t>(words, start / 4));
  counts_.resize(start + words);
  return static_cast<std::uint16_t>(start / kNarrowWords);
}

void Histogram::widen(std::uint32_t part) {
  const std::uint16_t wide = static_cast<std::uint16_t>(addBlock(kBlock) | kWide), narrow = std::exchange(directory_[part], wide);
  for (std::uint32_t i = 0; i < kBlock; ++i) wideBlock(wide)[i] = std::exchange(narrowBlock(narrow)[i], std::uint8_t{0});
}

void Histogram::goDense() {
  directory_.assign(kBlockCount, kNoBlock);
  for (const std::uint16_t index : sparse_) countFew(index, 1);
  std::vector<std::uint16_t>().swap(sparse_);
  sparse_.reserve(kPending);
}

void Histogram::countPending() {
  for (const std::uint16_t index : sparse_) {
    if (narrowOrNone(index)) [[unlikely]] {
      countFew(index, 1);
    } else if (++wideBlock(directory_[index / kBlock])[index % kBlock] == 0) {
      carry(index);
    }
  }
  sparse_.clear();
}

void Histogram::carry(std::uint32_t index) {
  const auto at = std::lower_bound(carried_.begin(), carried_.end(), index, [](const auto& entry, std::uint32_t i) { return entry.first < i; });
  if (at != carried_.end() && at->first == index) {
    ++at->second;
  } else {
    carried_.insert(at, {index, 1});
  }
}

std::uint64_t Histogram::carriedAt(std::uint32_t index) const {
  for (const auto& [bucket, times] : carried_) {
    if (bucket == index) return times << 32;
  }
  return 0;
}

void Histogram::merge(const Histogram& other) {
  const std::vector<Bucket> added = other.buckets();  // a copy: `other` may be this
  count_ += other.count_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  for (const Bucket& bucket : added) addToBucket(bucket.index, bucket.count);
}

void Histogram::clear() {
  count_ = 0;
  sum_ = 0;
  min_ = std::numeric_limits<std::int64_t>::max();
  max_ = std::numeric_limits<std::int64_t>::min();
  sparse_.clear();
  std::fill(counts_.begin(), counts_.end(), 0);
  carried_.clear();
}

std::optional<double> Histogram::meanNs() const {
  if (count_ == 0) return std::nullopt;
  const auto n = static_cast<Int128>(count_);
  return static_cast<double>(sum_ / n) + static_cast<double>(sum_ % n) / static_cast<double>(count_);
}

std::optional<Duration> Histogram::quantile(double q) const { return quantiles({q}).front(); }

std::vector<std::optional<Duration>> Histogram::quantiles(std::initializer_list<double> ascending) const {
  std::vector<std::optional<Duration>> found(ascending.size());
  if (count_ == 0) return found;
  std::vector<std::uint64_t> ranks;
  for (const double q : ascending) {
    // 0.07 * 100 is a little above 7 in doubles and would ask for the 8th: the product is trusted to 15 digits.
    const double wanted = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_) * (1 - 1e-15));
    const std::uint64_t rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, count_);
    found[ranks.size()] = Duration{rank == 1 ? min_ : max_};
    ranks.push_back(rank);
  }
  std::size_t next = 0;
  const auto exact = [&] { return next < ranks.size() && ranks[next] == 1; };
  while (exact()) ++next;
  std::uint64_t seen = 0;
  visitBuckets([&](std::uint32_t index, std::uint64_t count) {
    seen += count;
    while (next < ranks.size() && ranks[next] <= seen) {
      if (ranks[next] != count_) found[next] = Duration{std::clamp(bucketLow(index).ns + bucketWidth(index).ns / 2, min_, max_)};
      ++next;
    }
    return next < ranks.size();
  });
  return found;
}

std::uint64_t Histogram::countAbove(Duration limit) const {
  if (count_ == 0 || limit.ns >= max_) return 0;
  if (limit.ns < min_) return count_;
  const std::uint32_t own = indexOf(std::max<std::int64_t>(0, limit.ns));
  std::uint64_t above = count_;
  visitBuckets([&](std::uint32_t index, std::uint64_t count) {
    if (index > own) return false;
    above -= count;
    return true;
  });
  return above;
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
  std::vector<Bucket> result;
  visitBuckets([&](std::uint32_t index, std::uint64_t count) {
    result.push_back({static_cast<std::uint16_t>(index), count});
    return true;
  });
  return result;
}

Duration Histogram::bucketLow(std::uint32_t index) {
  if (index < (2u << kSubBits)) return {static_cast<std::int64_t>(index)};
  const std::uint32_t shift = (index >> kSubBits) - 1;
  return {static_cast<std::int64_t>(index - (shift << kSubBits)) << shift};
}

Duration Histogram::bucketWidth(std::uint32_t index) {
  if (index < (2u << kSubBits)) return {1};
  return {std::int64_t{1} << ((index >> kSubBits) - 1)};
}

Histogram Histogram::restore(const std::vector<Bucket>& buckets, Int128 sum, Duration min, Duration max) {
  Histogram histogram;
  for (const Bucket& bucket : buckets) {
    histogram.count_ += bucket.count;
    histogram.addToBucket(bucket.index, bucket.count);
  }
  if (histogram.count_ == 0) return histogram;
  histogram.sum_ = sum;
  histogram.min_ = min.ns;
  histogram.max_ = max.ns;
  return histogram;
}

std::size_t Histogram::memoryBytes() const {
  return sparse_.capacity() * sizeof(std::uint16_t) + directory_.capacity() * sizeof(std::uint16_t) + counts_.capacity() * sizeof(std::uint32_t) +
         carried_.capacity() * sizeof(carried_[0]);
}

bool operator==(const Histogram& a, const Histogram& b) {
  return a.count_ == b.count_ && a.sum_ == b.sum_ && a.min_ == b.min_ && a.max_ == b.max_ && a.buckets() == b.buckets();
}

}  // namespace meshmall::engine
