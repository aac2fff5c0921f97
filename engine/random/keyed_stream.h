// Random draws addressed by what they mean, not by when they are made: who draws, at which place of the call tree, for what.
// A policy that draws more shifts nobody else's numbers, so two policies meet the same customers with the same needs.
//
// Philox key = (seed, replication); counter = (block number, who, path, purpose). Purposes are the model's enum, never reused.
// Substream and Lane are engines for Boost.Random; StreamSource is the same stream for algorithms that take raw numbers.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "engine/random/philox.h"
#include "engine/random/random_source.h"

namespace meshmall::engine {

struct StreamKey {
  std::uint64_t seed = 0;
  std::uint64_t replication = 0;
  friend bool operator==(const StreamKey&, const StreamKey&) = default;
};

struct Address {
  std::uint64_t who = 0;      // e.g. the customer's number
  std::uint64_t path = 0;     // e.g. place in the call tree and attempt, by mixPath
  std::uint64_t purpose = 0;  // what the numbers are for
  friend bool operator==(const Address&, const Address&) = default;
};

// Four numbers of an address. Block b of a substream is its draws 4b .. 4b + 3; blocks from 2^63 on belong to the lanes.
// Not inline: one copy of Philox's 600 bytes for all who draw leaves the cache of instructions to the model.
std::array<std::uint64_t, 4> blockAt(StreamKey key, const Address& address, std::uint64_t block);
inline std::array<std::uint64_t, 4> firstBlock(StreamKey key, const Address& address) { return blockAt(key, address, 0); }

// Uniform in the open interval (0, 1) by the upper 53 bits, cell midpoints. In the upper half the midpoint needs a 54th bit and is
// rounded to even, so the last cell would become 1: it is held just below.
inline double uniform01(std::uint64_t draw) {
  return std::min((static_cast<double>(static_cast<std::int64_t>(draw >> 11)) + 0.5) * 0x1p-53, 1 - 0x1p-53);
}

// The address of step `step` below `parent`. For one parent different steps never meet, nor for one step different parents;
// otherwise two paths meet with probability 2^-64.
constexpr std::uint64_t mixPath(std::uint64_t parent, std::uint64_t step) {
  std::uint64_t z = parent * 0x9FB21C651E98DF25 + (step + 1) * 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;  // finaliser of splitmix64 (Steele, Lea, Flood 2014)
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

// All draws of one address in order. A value: a copy goes on to the same numbers.
class Substream {
 public:
  using result_type = std::uint64_t;

  Substream(StreamKey key, Address address) : key_(key), address_(address) {}

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

  result_type operator()() {
    const unsigned place = static_cast<unsigned>(drawn_ & 3);
    if (place == 0) block_ = blockAt(key_, address_, drawn_ >> 2);
    ++drawn_;
    return block_[place];
  }

  std::uint64_t drawn() const { return drawn_; }

 private:
  StreamKey key_;
  Address address_;
  std::uint64_t drawn_ = 0;
  std::array<std::uint64_t, 4> block_{};
};

// One of the four numbers of an address's first block as an engine: the first draw is that number, which the caller has already;
// further ones (seldom: rejections of a ziggurat) come from blocks that belong to this lane alone. So four variates are drawn from
// one block without disturbing each other, whatever each of them needs.
class Lane {
 public:
  using result_type = std::uint64_t;

  // `value` is lane `lane` (0..3) of firstBlock(key, address).
  Lane(StreamKey key, Address address, unsigned lane, std::uint64_t value) : value_(value), key_(key), address_(address), lane_(lane) {}

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

  result_type operator()() {
    if (drawn_ == 0) [[likely]] {
      drawn_ = 1;
      return value_;
    }
    return drawFurther();
  }

 private:
  result_type drawFurther();

  std::uint64_t value_;
  std::uint64_t drawn_ = 0;
  StreamKey key_;
  Address address_;
  unsigned lane_;
};

// The substream of an address for algorithms that take successive 64-bit numbers; four draws a block.
class StreamSource final : public RandomSource {
 public:
  StreamSource(StreamKey key, Address address) : stream_(key, address) {}

  std::uint64_t next() override { return stream_(); }
  std::uint64_t drawn() const { return stream_.drawn(); }

 private:
  Substream stream_;
};

}  // namespace meshmall::engine
