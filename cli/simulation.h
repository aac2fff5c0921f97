// Drives a mall to its end, or to where it has to stop: an interrupt, a limit. Shows how far it is on stderr, where that is a terminal.
// Nothing here changes what happens in the mall: it is stepped in slices of events, and looked at between them.
#pragma once

#include <string>

#include "cli/options.h"
#include "models/exporters/istio_metrics.h"
#include "models/mall/mall.h"

namespace meshmall::cli {

struct DriveOptions {
  Limits limits;
  bool progress = false;  // show it, if stderr is a terminal
  std::string label;      // what is shown before the progress
  models::IstioMetrics* metrics = nullptr;  // sampled on the way
};

// 0: it came to its end; else the signal that stopped it. Throws engine::LimitReached and engine::BrokenPromise.
int drive(models::Mall& mall, const DriveOptions& options);

// Sets a hard limit for allocations, somewhat above the limit, so that one huge allocation is refused too.
void limitMemory(const Limits& limits);

// Bytes of memory in use now; 0 where the system does not say.
std::uint64_t memoryInUse();

}  // namespace meshmall::cli
