// One of n things with given weights, by inversion: the choice grows with the uniform number, so that common random numbers
// stay in step when weights change a little. O(1) on average by a guide table; immutable once built.
//
// Limiting cases: one thing is always 0; a weight of 0 is never chosen.
// Source: cutpoint method, Chen and Asau 1974 (Law, Simulation Modeling and Analysis, ch. 8).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace meshmall::engine {

class WeightedChoice {
 public:
  // Weights are finite, at least 0, and their sum is above 0 (std::invalid_argument otherwise).
  explicit WeightedChoice(const std::vector<double>& weights);

  // `u` in [0, 1). The first index whose share, added to those before it, exceeds u.
  std::size_t pick(double u) const {
    const auto cell = static_cast<std::size_t>(u * static_cast<double>(guide_.size()));
    std::size_t i = guide_[cell];
    while (cumulative_[i] <= u) ++i;
    return i;
  }

  std::size_t size() const { return cumulative_.size(); }
  double probability(std::size_t i) const { return i == 0 ? cumulative_[0] : cumulative_[i] - cumulative_[i - 1]; }

 private:
  std::vector<double> cumulative_;    // from the last positive weight on: 1
  std::vector<std::uint32_t> guide_;  // guide_[c]: where u = c / size starts
};

}  // namespace meshmall::engine
