#include "engine/kernel/time.h"

#include <cmath>

namespace meshmall::engine {

Duration fromSeconds(double s) {
  const double ns = s * 1e9;
  constexpr double kLongest = 9.1e18;
  if (!(ns > 0)) return {0};
  return {ns >= kLongest ? static_cast<std::int64_t>(kLongest) : std::llrint(ns)};
}

}  // namespace meshmall::engine
