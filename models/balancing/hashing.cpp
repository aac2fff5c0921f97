#include "models/balancing/hashing.h"

#include <algorithm>

#include <bit>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace meshmall::models {

namespace {

// The eight (or fewer) bytes as a little-endian number.
std::uint64_t littleEndian(const char* bytes, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = (value << 8U) | static_cast<unsigned char>(bytes[i]);
  return value;
}

}  // namespace

std::uint64_t xxh64(std::string_view bytes, std::uint64_t seed) { return XXH64(bytes.data(), bytes.size(), seed); }

std::uint64_t murmur2(std::string_view bytes, std::uint64_t seed) {
  constexpr std::uint64_t kMultiplier = 0xc6a4a7935bd1e995ULL;
  constexpr unsigned kShift = 47;
  const auto mixed = [](std::uint64_t x) { return x ^ (x >> kShift); };
  std::uint64_t hash = seed ^ (bytes.size() * kMultiplier);
  const std::size_t whole = bytes.size() & ~std::size_t{7};
  for (std::size_t i = 0; i < whole; i += 8) {
    hash ^= mixed(littleEndian(bytes.data() + i, 8) * kMultiplier) * kMultiplier;
    hash *= kMultiplier;
  }
  if (whole != bytes.size()) {
    hash ^= littleEndian(bytes.data() + whole, bytes.size() - whole);
    hash *= kMultiplier;
  }
  return mixed(mixed(hash) * kMultiplier);
}

std::uint64_t hashOfValues(std::span<std::string_view> values) {
  std::sort(values.begin(), values.end());
  std::uint64_t hash = 0;
  for (const std::string_view value : values) hash = xxh64(value, hash);
  return hash;
}

std::uint64_t joinHash(std::optional<std::uint64_t> so_far, std::string_view value) { return so_far ? std::rotl(*so_far, 1) ^ xxh64(value) : xxh64(value); }

}  // namespace meshmall::models
