// How often a call step calls, by expectation: the mean of its `times`.
// Limiting case: weights that are all 0 count as no call (the decoder refuses them).
#pragma once

#include "models/scenario/scenario.h"

namespace meshmall::models {

inline double meanTimes(const Call& call) {
  double weights = 0, sum = 0;
  for (const auto& [times, weight] : call.times) {
    weights += weight;
    sum += weight * static_cast<double>(times);
  }
  return weights > 0 ? sum / weights : 0;
}

}  // namespace meshmall::models
