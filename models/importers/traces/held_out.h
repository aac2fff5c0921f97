// How far an import can be trusted: a mall fitted to nine tenths of the traced requests predicts the rest, and the error stands beside the traces' own.
// Every tenth block of consecutive requests is held out (blocks, because neighbours in time resemble each other; 100 blocks or fewer).
// The traces' own error is a bootstrap over the requests: drawn again with replacement 400 times, from random numbers of their own that are always the same.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/importers/traces/mesh_from_visits.h"
#include "models/importers/traces/visits.h"

namespace meshmall::models::traces {

inline constexpr std::size_t kLeastToHoldOut = 30;  // requests: with fewer nothing is held out

struct Bounds {
  double low = 0, high = 0;
};

// Of sorted times in ms: the limits of the q-quantile (nearest rank), or of the mean for q < 0, at a level such as 0.95. Not empty.
Bounds bootstrap(const std::vector<double>& sorted, double q, double level);

// Mean and quantiles of how long the roots took, with limits of 95 %.
TracedFigures figuresOf(const Visits& traced, const std::vector<std::uint32_t>& roots);

struct Prediction {
  std::string figure;                  // "p50"
  double traced = 0, low = 0, high = 0;  // of what was held out, ms; 95 %
  double predicted = 0;
  bool known = true;  // false: so few requests know nothing of so high a quantile, and the limits mean nothing
};

struct HeldOut {
  std::size_t requests = 0, fitted = 0;
  std::vector<Prediction> predictions;
  std::string trouble;  // why there are none
};

// What is kept apart by caller (keep_apart.h) is told by the fitted part alone, and stays so in `traced`.
HeldOut predictHeldOut(Visits& traced, const MeshWords& words);

// What a mall says of its customers' times when so many come: quantiles in ms (q < 0: the mean). Nothing, and why, when it cannot be run.
struct Simulated {
  std::vector<double> values;
  std::string trouble;
};
Simulated simulateMesh(const std::string& scenario, const std::vector<double>& quantiles);

}  // namespace meshmall::models::traces
