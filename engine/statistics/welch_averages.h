// Welch's moving averages: a series smoothed for the eye, to see from where on it is level. The i-th is the mean of the 2 w + 1 values around it, of fewer at the
// start (as many on either side as there are before it); the last w have none. Values that are not there (NaN) are left out of a mean.
// Source: Welch 1983; Law, Simulation Modeling and Analysis, ch. 9.
#pragma once

#include <cstddef>
#include <vector>

namespace meshmall::engine {

// `window` is w; at most a quarter of the series is taken. As long as the series less w. O(n w).
std::vector<double> welchAverages(const std::vector<double>& series, std::size_t window);

}  // namespace meshmall::engine
