#include "engine/random/weighted_choice.h"

#include <cmath>
#include <stdexcept>

namespace meshmall::engine {

WeightedChoice::WeightedChoice(const std::vector<double>& weights) : cumulative_(weights.size()), guide_(weights.size()) {
  double total = 0;
  std::size_t last_positive = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!(weights[i] >= 0) || !std::isfinite(weights[i])) throw std::invalid_argument("a weight must be finite and at least 0");
    if (weights[i] > 0) last_positive = i;
    total += weights[i];
    cumulative_[i] = total;
  }
  if (!(total > 0) || !std::isfinite(total)) throw std::invalid_argument("the weights must add up to more than 0");
  for (std::size_t i = 0; i < cumulative_.size(); ++i) cumulative_[i] = i >= last_positive ? 1.0 : cumulative_[i] / total;
  std::size_t i = 0;
  for (std::size_t cell = 0; cell < guide_.size(); ++cell) {
    while (cumulative_[i] <= static_cast<double>(cell) / static_cast<double>(guide_.size())) ++i;
    guide_[cell] = static_cast<std::uint32_t>(i);
  }
}

}  // namespace meshmall::engine
