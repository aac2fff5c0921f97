// Exact remainder of 64-bit draws by a divisor that stays the same for many draws, without a division.
//
// Barrett's method: the estimated quotient is at most one too small, so one conditional subtraction corrects it.
// Limiting cases: divisor 0 is allowed for "empty list" and must not be used; divisor 1 always gives 0.
#pragma once

#include <cstdint>

namespace meshmall::models {

class Modulus {
 public:
  Modulus() = default;
  explicit Modulus(std::uint32_t divisor) : reciprocal_(divisor == 0 ? 0 : ~std::uint64_t{0} / divisor), divisor_(divisor) {}

  std::uint32_t divisor() const { return divisor_; }

  // draw mod divisor, for every 64-bit draw. The divisor must not be 0.
  std::uint32_t operator()(std::uint64_t draw) const {
    const std::uint64_t quotient = highWord(draw, reciprocal_);
    const std::uint64_t rest = draw - quotient * divisor_;
    return static_cast<std::uint32_t>(rest >= divisor_ ? rest - divisor_ : rest);
  }

 private:
  __extension__ using Wide = unsigned __int128;
  static std::uint64_t highWord(std::uint64_t a, std::uint64_t b) { return static_cast<std::uint64_t>((static_cast<Wide>(a) * b) >> 64U); }

  std::uint64_t reciprocal_ = 0;
  std::uint32_t divisor_ = 0;
};

}  // namespace meshmall::models
