#include "models/resilience/fraction.h"

namespace meshmall::models {

Fraction Fraction::ofPercent(double p) {
  if (!(p > 0)) return {0, 1'000'000};
  if (p >= 100) return {1'000'000, 1'000'000};
  return {static_cast<std::uint32_t>(p * 10'000), 1'000'000};
}

}  // namespace meshmall::models
