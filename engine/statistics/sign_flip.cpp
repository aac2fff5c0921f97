#include "engine/statistics/sign_flip.h"

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "engine/random/keyed_stream.h"

namespace meshmall::engine {
namespace {

constexpr std::size_t kExactLimit = 16;
constexpr std::uint64_t kPatterns = 100'000;
constexpr std::uint64_t kPurpose = 0x7369676E666C6970;  // "signflip"

}  // namespace

SignFlip signFlipAbove(const std::vector<double>& differences) {
  const std::size_t n = differences.size();
  if (n == 0) return {1, true};
  double observed = 0, size = 0;
  for (const double d : differences) {
    observed += d;
    size += std::abs(d);
  }
  const double as_large = observed - size * 1e-12;  // sums of the same numbers in another order may differ in their last bits
  const bool exact = n <= kExactLimit;
  const std::uint64_t patterns = exact ? std::uint64_t{1} << n : kPatterns;
  Substream random({0, 0}, {n, 0, kPurpose});
  std::uint64_t count = 0;
  for (std::uint64_t p = 0; p < patterns; ++p) {
    double sum = 0;
    std::uint64_t signs = p;
    for (std::size_t i = 0; i < n; ++i, signs >>= 1) {
      if (!exact && i % 64 == 0) signs = random();
      sum += (signs & 1) != 0 ? -differences[i] : differences[i];
    }
    count += sum >= as_large ? 1U : 0U;
  }
  const auto whole = [](std::uint64_t k) { return static_cast<double>(k); };
  return {exact ? whole(count) / whole(patterns) : (1 + whole(count)) / (1 + whole(patterns)), exact};
}

}  // namespace meshmall::engine
