// Confidence intervals of the mall's headline metrics from one run: the measured window is cut into 30 equal slices of time, customers belonging to the slice they
// arrive in. Means and ratios by batch means with the ratio estimator (slices weigh by their customers), quantiles by sectioning (engine/statistics/confidence.h).
// Slices are paired (15 then) where the lag-1 test finds neighbours alike; an interval that is still correlated is given and marked so.
// Limiting cases: a success rate of exactly 0 or 1 has the exact limits of Clopper and Pearson; fewer than 2 slices with samples give no interval.
#pragma once

#include <vector>

#include "models/observation/result.h"

namespace meshmall::models {

// Level 0.95, two-sided. Of a run that was interrupted only the slices that ended before `until` count. `mall`: the metrics the intervals are for.
std::vector<ConfidenceInterval> batchConfidence(const Collector& collector, const Metrics& mall, engine::SimTime until);

}  // namespace meshmall::models
