// The fingerprint of a run: a hash over the events in the order they happened. Equal runs have equal fingerprints, and two runs that
// differ in one event differ in it (but for one chance in 2^64). A copy goes on like the original.
//
// Defined as XXH64 (Yann Collet's xxHash, doc/xxhash_spec.md), seed 0, of 32 bytes per event: time in ns, kind, subject, 0, each a 64-bit
// little-endian integer; so any xxHash tool can recompute it. Result files carry it: a change of this definition needs a line in CHANGELOG.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "engine/kernel/time.h"

namespace meshmall::engine {

class Fingerprint {
 public:
  // Adds an event. About 2 ns.
  void mix(SimTime at, std::uint32_t kind, std::uint64_t subject) {
    lanes_[0] = round(lanes_[0], static_cast<std::uint64_t>(at.ns));
    lanes_[1] = round(lanes_[1], kind);
    lanes_[2] = round(lanes_[2], subject);
    lanes_[3] = round(lanes_[3], 0);
    ++events_;
  }

  std::uint64_t value() const;  // so far; more can be mixed in afterwards
  std::string hex() const;      // value() as 16 lower-case hexadecimal digits
  std::uint64_t events() const { return events_; }

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;

 private:
  static constexpr std::uint64_t kPrime1 = 0x9E3779B185EBCA87;
  static constexpr std::uint64_t kPrime2 = 0xC2B2AE3D27D4EB4F;

  static constexpr std::uint64_t rotate(std::uint64_t x, int by) { return x << by | x >> (64 - by); }
  static constexpr std::uint64_t round(std::uint64_t lane, std::uint64_t word) { return rotate(lane + word * kPrime2, 31) * kPrime1; }

  std::array<std::uint64_t, 4> lanes_{kPrime1 + kPrime2, kPrime2, 0, 0 - kPrime1};
  std::uint64_t events_ = 0;
};

}  // namespace meshmall::engine
