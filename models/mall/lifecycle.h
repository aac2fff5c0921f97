// What the mall keeps of an endpoint's coming and going: its container's start, its readiness and the probe behind it, and the clock of its end.
#pragma once

#include <cstdint>

#include "engine/kernel/event_queue.h"
#include "models/discovery/readiness_probe.h"

namespace meshmall::models {

struct Life {
  engine::SimTime started;        // of the container
  engine::SimTime ready_changed;  // when discovery last listed it or took it off the list
  ReadinessProbe probe{true};
  std::uint32_t probes = 0;       // so far; addresses their draws
  engine::TimerId probe_due;
  engine::TimerId term, kill;     // of its end, where that goes by Kubernetes' clock
  bool by_the_clock = false;      // it leaves at TERM, not as soon as its work is done
};

}  // namespace meshmall::models
