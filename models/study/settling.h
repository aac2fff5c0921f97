// How long a mall takes to settle, found by MSER-5 on pilot runs: what `"warmup": "auto"` stands for.
//
// Five pilots (replications of their own, never those of a run) without warm-up; their time series of mean latency and of customers inside are averaged,
// cut where MSER-5 says, the later cut counts, plus 20 %, rounded up to a whole interval of the series. When the cut is at the bound the pilots were too short:
// they are made twice as long, up to three times; then the answer is what they gave, and `settled` is false.
// Source: White, Cobb and Spratt 2000; the margin of 20 % is this project's. Not for load that changes by the clock: there is nothing to settle to.
#pragma once

#include <cstdint>
#include <functional>

#include "engine/kernel/time.h"
#include "models/scenario/scenario.h"

namespace meshmall::models {

class Mall;

struct Settling {
  engine::Duration length;
  bool settled = true;
  bool stopped = false;  // by the runner; the rest means nothing then
};

// Runs a pilot to its end; the second number is which one, the third how many there are. False: it was stopped.
using PilotRunner = std::function<bool(Mall& pilot, int number, int pilots)>;

// `scenario.run.warmup` is ignored. `max_events` of each pilot, 0: no limit. Throws as Mall does.
Settling findSettling(const Scenario& scenario, std::uint64_t replication, std::uint64_t max_events, const PilotRunner& run);

}  // namespace meshmall::models
