// MSER-5: where the warm-up of a series ends. In groups of five, the cut d that minimises the squared standard error of what is left,
//   MSER(d) = sum_{i > d} (Y_i - mean_{i > d})^2 / (n - d)^2,   0 <= d <= n / 2.
//
// The smallest d wins a tie. A minimum at the bound, or fewer than two groups, says that the run is too short to tell.
// Not for periodic or scheduled load: there is no warm-up to find. Sources: White 1997; White, Cobb and Spratt 2000; Hoad and Robinson 2011.
#pragma once

#include <cstddef>
#include <vector>

namespace meshmall::engine {

struct Mser5Result {
  std::size_t cut = 0;     // observations to drop from the front, a multiple of 5
  std::size_t groups = 0;  // complete groups of five; what is left over at the end is not looked at
  double statistic = 0;    // MSER at the cut
  bool too_short = true;
};

// O(n). `series`: one value for each time slot (averaged over pilot replications first, where there are any).
Mser5Result mser5(const std::vector<double>& series);

}  // namespace meshmall::engine
