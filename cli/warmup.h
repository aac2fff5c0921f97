// `"warmup": "auto"`: how long a mall takes to settle, found on pilot runs before the run itself (models/study/settling.h), with progress, limits and interrupts.
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
