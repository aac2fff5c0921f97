// The measured part of a run cut where something changes by the clock, so that traffic equations can be solved for each stretch.
//
// Events with a fixed instant cut exactly (a random length counts with its mean); an event repeated by `every` acts all the time, by the share of the time
// that it is in force (mean of `for` over mean of `every`, at most 1; overlaps of repetitions not counted). Crashed endpoints are away until they have started
// again; new ones are there after their startup. Network delays count with their mean; partitions and losses are left out.
// Limiting case: more than kMostStretches cuts: later ones are dropped, and the prediction says so.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/scenario/scenario.h"

namespace meshmall::models {

inline constexpr std::size_t kMostStretches = 400;

struct AddedFailure {
  double probability = 0;
  std::uint16_t status = 503;
};

struct AddedDelay {  // of hops from one locality to another; absent: any
  std::optional<std::uint32_t> from, to;
  double mean = 0, variance = 0;  // seconds
};

struct Stretch {
  SimTime begin, end;
  std::uint32_t mesh_version = 0;
  std::vector<double> traffic_factor;                            // by traffic entry
  std::vector<std::vector<double>> endpoints;                    // by service, version: how many serve, on average
  std::vector<std::vector<std::vector<double>>> slow;            // by service, version, operation: factor of its work, averaged over endpoints
  std::vector<std::vector<std::vector<AddedFailure>>> failures;  // likewise

  std::vector<AddedDelay> delays;

  double seconds() const { return (end - begin).seconds(); }
};

struct Stretches {
  std::vector<Stretch> parts;  // ascending, without gaps, at least one
  bool complete = true;        // false: there were too many cuts
};

Stretches stretches(const Scenario& scenario);

}  // namespace meshmall::models
