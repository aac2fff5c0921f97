// What a proxy has measured of one host or been told by it: latency estimate and reported load. Kept only for policies that use it.
#pragma once

#include "engine/kernel/time.h"

namespace meshmall::models {

struct HostMeasures {
  double rtt_ns = -1.0;                              // peak EWMA estimate; negative: nothing yet
  engine::SimTime rtt_at;                            // its last update
  double load_weight = 0.0;                          // weight from the last accepted load report; 0: none
  engine::SimTime non_empty_since = engine::kNever;  // start of the blackout; kNever: no report counts
  engine::SimTime last_report;
};

}  // namespace meshmall::models
