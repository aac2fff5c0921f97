#include "engine/kernel/fingerprint.h"

#include <charconv>

namespace meshmall::engine {

std::uint64_t Fingerprint::value() const {
  constexpr std::uint64_t kPrime3 = 0x165667B19E3779F9;
  constexpr std::uint64_t kPrime4 = 0x85EBCA77C2B2AE63;
  constexpr std::uint64_t kPrime5 = 0x27D4EB2F165667C5;
  std::uint64_t h = kPrime5;
  if (events_ > 0) {
    h = rotate(lanes_[0], 1) + rotate(lanes_[1], 7) + rotate(lanes_[2], 12) + rotate(lanes_[3], 18);
    for (const std::uint64_t lane : lanes_) h = (h ^ round(0, lane)) * kPrime1 + kPrime4;
  }
  h += events_ * 32;
  h = (h ^ h >> 33) * kPrime2;
  h = (h ^ h >> 29) * kPrime3;
  return h ^ h >> 32;
}

std::string Fingerprint::hex() const {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value(), 16).ptr;
  const auto length = static_cast<std::size_t>(end - digits.data());
  return std::string(digits.size() - length, '0').append(digits.data(), length);
}

}  // namespace meshmall::engine
