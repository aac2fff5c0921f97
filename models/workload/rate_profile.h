// The rate of a non-homogeneous Poisson process as a function of time, with its integral and the integral's inverse, both exact.
//
// Before the first point the first rate holds, after the last one the last; with `repeat` the course starts anew each period.
// Cost: a binary search and the points passed; whole periods are passed at once.
#pragma once

#include <optional>
#include <vector>

#include "models/workload/arrival_config.h"

namespace meshmall::models {

class RateProfile {
 public:
  // A broken promise of ProfileArrivals (no points, falling instants, a negative rate, a period before the last point) is a std::invalid_argument.
  explicit RateProfile(const ProfileArrivals& config);

  double rateAt(engine::SimTime t) const;  // at a jump: the later rate
  // Expected arrivals from `from` to `to`, from <= to.
  double expected(engine::SimTime from, engine::SimTime to) const;
  // The first instant with expected(from, instant) >= arrivals, to the nearest nanosecond; kNever when there is none within 126 years.
  engine::SimTime when(engine::SimTime from, double arrivals) const;
  // Expected arrivals per second in the long run.
  double longRunRate() const;

 private:
  struct Piece {  // linear from `rate` on, up to the next piece
    std::int64_t start_ns = 0;
    double rate = 0;
    double slope_per_second = 0;
    double length_seconds = 0;  // the last one of a course without repeat: infinite
  };
  std::size_t pieceAt(std::int64_t offset_ns) const;

  std::vector<Piece> pieces_;
  std::int64_t period_ns_ = 0;  // 0: does not repeat
  double per_period_ = 0;       // arrivals expected in one
};

}  // namespace meshmall::models
