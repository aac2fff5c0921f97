// The shift between two samples by Mann-Whitney: its estimate and confidence interval, found as Kayenta finds them.
//
// g(mu) = (U(x - mu, y) - mn/2 - sign/2) / sigma with tie-corrected sigma; roots by Brent's method with an absolute tolerance of 1e-4, so that the
// shift of a metric of tiny scale is coarse: this is the judge's own behaviour and the reason not to use the exact quantiles of engine/statistics.
// Source: Kayenta MannWhitney.scala, BrentSolver.java; Bauer 1972; spec rollout-traffic-security.md 1.3.
#pragma once

#include <optional>
#include <vector>

namespace meshmall::models {

struct ShiftInterval {
  double low = 0, high = 0, estimate = 0;
};

// Of x against y, neither empty; 0 < confidence < 1. Nothing when at some shift that is tried all observations are tied: the test cannot be made.
std::optional<ShiftInterval> mannWhitneyShift(const std::vector<double>& x, const std::vector<double>& y, double confidence);

}  // namespace meshmall::models
