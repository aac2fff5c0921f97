// A 99.9 % interval of any smooth function of sums, from batches of one long run.
//
// Jackknife over the batches (it removes the first-order bias of ratios), then, where the means of the inputs are known, linear control variates on the
// batches' own arrival rate and work: the pseudo-values are regressed on how far the inputs of each batch were from their known means, and the intercept is
// the estimate. Controls are means of the inputs only, never of anything the queue does. Sources: Efron, The Jackknife (1982); Lavenberg and Welch 1981;
// Asmussen and Glynn, Stochastic Simulation (2007), IV.3 and V.2.
#pragma once

#include <functional>
#include <vector>

#include "observation.h"

namespace meshmall::theory {

using Function = std::function<double(const Sums&)>;

struct Estimate {
  double value = 0;
  double error = 0;       // standard error
  double half_width = 0;  // of the 99.9 % interval
};

Estimate estimate(const std::vector<Sums>& batches, const Function& f, const Observe& known);

Sums total(const std::vector<Sums>& batches);
Sums difference(const Sums& a, const Sums& b);

}  // namespace meshmall::theory
