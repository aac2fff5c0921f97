// The two hash functions of the consistent-hashing policies, and how the hash of a request comes about.
//
// XXH64 (from libxxhash) for hosts and requests; 64-bit MurmurHash2 as libstdc++'s std::hash has it, for rings that ask for it.
// Source: Envoy hash.{h,cc}, hash_policy.cc; docs/reference/balancing.md#hashing
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace meshmall::models {

inline constexpr std::uint64_t kMurmurSeed = 0xc70f6907ULL;  // libstdc++'s, and Envoy's

std::uint64_t xxh64(std::string_view bytes, std::uint64_t seed = 0);
std::uint64_t murmur2(std::string_view bytes, std::uint64_t seed = kMurmurSeed);

// One part of a route's hash policy (Istio's consistentHash has exactly one).
struct HashPolicy {
  enum class Kind : std::uint8_t { kHeader, kCookie, kSource, kQueryParameter };
  Kind kind = Kind::kHeader;
  std::string name;       // of the header, cookie or parameter; empty for the source
  bool terminal = false;  // stop here once there is a hash
  bool generated = false;  // a cookie that is missing is made up from the client's address (Envoy: where a ttl is given)

  friend bool operator==(const HashPolicy&, const HashPolicy&) = default;
};

// The hash of a header's values: of one value XXH64; several are taken in byte order, each seeded with the hash of those before.
std::uint64_t hashOfValues(std::span<std::string_view> values);

// The hash so far joined with one more value: the first value's hash as it is, then rotate left by 1, XOR the next.
std::uint64_t joinHash(std::optional<std::uint64_t> so_far, std::string_view value);

// The hash of a request: valueOf(policy) gives each part's value or nothing. Nothing when no part has a value; a balancer then draws.
template <class ValueOf>
std::optional<std::uint64_t> requestHash(std::span<const HashPolicy> policies, ValueOf&& valueOf) {
  std::optional<std::uint64_t> hash;
  for (const HashPolicy& policy : policies) {
    if (const std::optional<std::string_view> value = valueOf(policy)) hash = joinHash(hash, *value);
    if (policy.terminal && hash) break;
  }
  return hash;
}

}  // namespace meshmall::models
