// Which percentiles a number of samples can carry: q needs 10 / (1 - q) of them, so that about ten lie beyond it. Fewer would be the luck of a few customers.
// 20 for the median, 1,000 for p99, 10,000 for p99.9. Source: the project's statistics notes (tail samples).
#pragma once

#include <cmath>
#include <cstdint>

namespace meshmall::gui {

// 0 <= quantile < 1.
inline std::uint64_t samplesNeeded(double quantile) { return static_cast<std::uint64_t>(std::ceil(10.0 / (1.0 - quantile) - 1e-6)); }
inline bool enoughSamples(double quantile, std::uint64_t samples) { return samples >= samplesNeeded(quantile); }

}  // namespace meshmall::gui
