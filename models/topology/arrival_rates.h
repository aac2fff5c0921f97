// How many customers come: the mean rate of an arrival process over a stretch of time, its peak, and the instants where its rate bends.
//
// A profile and a trace are exact; a renewal process and an MMPP have their long-run rate (an MMPP's states by the time spent in each).
// Closed traffic has no rate of its own: see prediction.h. Limiting cases: an empty stretch has the rate at its instant; a renewal process without a mean
// has rate 0.
#pragma once

#include <vector>

#include "engine/kernel/time.h"
#include "models/workload/arrival_config.h"

namespace meshmall::models {

// Customers per second on average over [begin, end). Closed: 0.
double meanRate(const ArrivalConfig& arrivals, engine::SimTime begin, engine::SimTime end);

// The highest rate that holds for a while within [begin, end): of a profile its highest point, of an MMPP its busiest state; else the mean rate.
double peakRate(const ArrivalConfig& arrivals, engine::SimTime begin, engine::SimTime end);

// Instants within (begin, end) where a profile's rate bends or jumps, ascending, at most `most`; none for the others.
std::vector<engine::SimTime> bends(const ArrivalConfig& arrivals, engine::SimTime begin, engine::SimTime end, std::size_t most);

}  // namespace meshmall::models
