// `"warmup": "auto"`: how long a mall takes to settle, found by MSER-5 on pilot runs before the run itself.
//
// Five pilots (replications of their own, never those of the run) without warm-up; their time series of mean latency and of customers inside are averaged,
// cut where MSER-5 says, the later cut counts, plus 20 %, rounded up to a whole interval of the series. When the cut is at the bound the pilots were too short:
// they are made twice as long, up to three times; then the answer is what they gave, and `settled` is false.
// Source: White, Cobb and Spratt 2000; the margin of 20 % is this project's. Not for load that changes by the clock: there is nothing to settle to.
#pragma once

#include "cli/options.h"
#include "engine/kernel/time.h"
#include "models/scenario/scenario.h"

namespace meshmall::cli {

struct Warmup {
  engine::Duration length;
  bool settled = true;
  int signal = 0;  // interrupted by it; the rest means nothing then
};

// `scenario.run.warmup` is ignored. Throws as Mall does.
Warmup findWarmup(const models::Scenario& scenario, std::uint64_t replication, const Limits& limits, bool progress);

}  // namespace meshmall::cli
