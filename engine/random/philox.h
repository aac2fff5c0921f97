// Philox 4x64-10: a keyed bijection of 256-bit counters whose values pass as random numbers, so that any draw of any stream
// can be computed from its address alone, in any order, without state.
//
// Not for secrets. A block of four numbers costs about 7 ns.
// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011); known answers in the tests.
#pragma once

#include <array>
#include <cstdint>

namespace meshmall::engine {

namespace philox_detail {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t kMultiplier0 = 0xD2E7470EE14C6C93;
constexpr std::uint64_t kMultiplier1 = 0xCA5A826395121157;
constexpr std::uint64_t kWeyl0 = 0x9E3779B97F4A7C15;  // golden ratio
constexpr std::uint64_t kWeyl1 = 0xBB67AE8584CAA73B;  // sqrt(3) - 1
constexpr int kRounds = 10;

}  // namespace philox_detail

// The four numbers at `counter` (word 0 first) under `key`. Pure; 20 multiplications.
constexpr std::array<std::uint64_t, 4> philox(std::array<std::uint64_t, 4> counter, std::array<std::uint64_t, 2> key) {
  using philox_detail::Wide;
  std::uint64_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
  std::uint64_t k0 = key[0], k1 = key[1];
#pragma GCC unroll 10
  for (int round = 0; round < philox_detail::kRounds; ++round) {
    const Wide product0 = static_cast<Wide>(philox_detail::kMultiplier0) * c0;
    const Wide product1 = static_cast<Wide>(philox_detail::kMultiplier1) * c2;
    c0 = static_cast<std::uint64_t>(product1 >> 64) ^ c1 ^ k0;
    c1 = static_cast<std::uint64_t>(product1);
    c2 = static_cast<std::uint64_t>(product0 >> 64) ^ c3 ^ k1;
    c3 = static_cast<std::uint64_t>(product0);
    k0 += philox_detail::kWeyl0;
    k1 += philox_detail::kWeyl1;
  }
  return {c0, c1, c2, c3};
}

}  // namespace meshmall::engine
