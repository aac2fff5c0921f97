// A mergeable histogram of durations: 1024 buckets an octave, so a bucket is at most 0.1 % wide and a value reported by its middle is
// at most 0.05 % off; below 2048 ns every value has its own bucket. Counts are integers, merging is addition, count, sum, least and
// greatest are exact: the order of samples and of merges never shows.
//
// Small while it has few samples, and of about the same size from then on: up to 256 it keeps their bucket numbers only (512 bytes); then blocks of 128 counts
// where samples fall, of a byte each (an octave: 1 KiB) until one of them passes 255, which takes 128 thousand samples in an octave spread evenly; then of four.
// Source: the layout of HdrHistogram (Tene), with powers of two in place of decimal digits.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "engine/kernel/time.h"
#include "engine/statistics/tally.h"

namespace meshmall::engine {

class Histogram {
 public:
  struct Bucket {
    std::uint16_t index = 0;
    std::uint64_t count = 0;
    friend bool operator==(const Bucket&, const Bucket&) = default;
  };

  static constexpr double kResolution = 1.0 / 1024;  // greatest width of a bucket relative to its values

  // A negative value counts as 0. About 3 ns when warm, no allocation then.
  void add(Duration value) {
    const std::int64_t ns = std::max<std::int64_t>(0, value.ns);
    ++count_;
    sum_ += ns;
    min_ = std::min(min_, ns);
    max_ = std::max(max_, ns);
    const std::uint32_t index = indexOf(ns);
    if (directory_.empty()) [[unlikely]] return addToBucket(index, 1);
    sparse_.push_back(static_cast<std::uint16_t>(index));
    if (sparse_.size() == kPending) [[unlikely]] countPending();
  }

  void merge(const Histogram& other);
  void clear();  // no samples; memory is kept for the next ones

  std::uint64_t count() const { return count_; }
  Int128 sum() const { return sum_; }
  std::optional<double> meanNs() const;                   // exact sum over count
  std::optional<Duration> min() const { return count_ == 0 ? std::nullopt : std::optional(Duration{min_}); }
  std::optional<Duration> max() const { return count_ == 0 ? std::nullopt : std::optional(Duration{max_}); }

  // The k-th smallest sample, k = ceil(q n) but at least 1 (nearest rank: no interpolation): the middle of its bucket, kept within the
  // exact extremes; the first and the last rank are exact. 0 <= q <= 1. Nothing without samples.
  std::optional<Duration> quantile(double q) const;

  // The same for several at once, ascending, in one pass; results in the same order.
  std::vector<std::optional<Duration>> quantiles(std::initializer_list<double> ascending) const;

  // Samples above `limit`; those in the bucket of `limit` itself count as not above, unless the extremes tell.
  std::uint64_t countAbove(Duration limit) const;

  // The buckets with samples, ascending.
  std::vector<Bucket> buckets() const;
  static Duration bucketLow(std::uint32_t index);    // least value of a bucket
  static Duration bucketWidth(std::uint32_t index);  // its values are low .. low + width - 1
  // What buckets(), sum(), min() and max() gave, put together again (a result file read back). Ascending, counts above 0.
  static Histogram restore(const std::vector<Bucket>& buckets, Int128 sum, Duration min, Duration max);

  std::size_t memoryBytes() const;  // on the heap

  // The same samples, as far as a histogram tells; however they came in.
  friend bool operator==(const Histogram& a, const Histogram& b);

 private:
  static constexpr std::uint32_t kSubBits = 10;
  static constexpr std::uint32_t kBlock = 128;
  static constexpr std::uint32_t kIndexEnd = ((62 - kSubBits) << kSubBits) + (2u << kSubBits);
  static constexpr std::uint32_t kBlockCount = (kIndexEnd + kBlock - 1) / kBlock;
  static constexpr std::uint16_t kNoBlock = 0xFFFF, kWide = 0x8000;  // where a block starts in counts_, in units of a narrow one; with kWide: of four bytes a count
  static constexpr std::uint32_t kNarrowWords = kBlock / sizeof(std::uint32_t);
  static constexpr std::size_t kSparseLimit = 256;
  static constexpr std::size_t kPending = 64;  // counted together: their cache misses overlap instead of stalling one caller each

  // 0 .. 2047 for themselves; from 2^11 on the top eleven bits and how far they were shifted. Contiguous, ascending.
  static std::uint32_t indexOf(std::int64_t ns) {
    const auto v = static_cast<std::uint64_t>(ns);
    const auto exponent = static_cast<std::uint32_t>(63 - std::countl_zero(v | (std::uint64_t{1} << kSubBits)));
    const std::uint32_t shift = exponent - kSubBits;
    return (shift << kSubBits) + static_cast<std::uint32_t>(v >> shift);
  }

  [[gnu::noinline]] void addToBucket(std::uint32_t index, std::uint64_t n);
  [[gnu::noinline]] void countFew(std::uint32_t index, std::uint64_t n);  // in a narrow block, or one that is not there yet, when it fits
  [[gnu::noinline]] void carry(std::uint32_t index);
  [[gnu::noinline]] void countPending();
  template <class Visit>
  void visitBuckets(Visit visit) const;
  bool narrowOrNone(std::uint32_t index) const { return directory_[index / kBlock] == kNoBlock || (directory_[index / kBlock] & kWide) == 0; }
  std::uint8_t* narrowBlock(std::uint16_t block) { return reinterpret_cast<std::uint8_t*>(counts_.data() + block * kNarrowWords); }
  const std::uint8_t* narrowBlock(std::uint16_t block) const { return reinterpret_cast<const std::uint8_t*>(counts_.data() + block * kNarrowWords); }
  std::uint32_t* wideBlock(std::uint16_t block) { return counts_.data() + (block ^ kWide) * kNarrowWords; }
  const std::uint32_t* wideBlock(std::uint16_t block) const { return counts_.data() + (block ^ kWide) * kNarrowWords; }
  std::uint16_t addBlock(std::uint32_t words);
  void widen(std::uint32_t part);
  void goDense();
  std::uint64_t carriedAt(std::uint32_t index) const;

  std::uint64_t count_ = 0;
  std::int64_t min_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t max_ = std::numeric_limits<std::int64_t>::min();
  Int128 sum_ = 0;
  std::vector<std::uint16_t> sparse_;     // bucket of each sample not counted yet, in the order they came: all while directory_ is empty, then the latest few
  std::vector<std::uint16_t> directory_;  // for each 128 buckets: their block, or kNoBlock
  std::vector<std::uint32_t> counts_;     // blocks; those that a wide one took over from stay, all zero
  std::vector<std::pair<std::uint32_t, std::uint64_t>> carried_;  // bucket, times 2^32 on top of its count
};

}  // namespace meshmall::engine
