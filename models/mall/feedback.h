// What endpoints tell balancers, and what the mall keeps for it. All of it lies beside the tables of the running mall, empty unless some policy asks.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/kernel/event_queue.h"
#include "engine/random/keyed_stream.h"
#include "models/balancing/load_report.h"
#include "models/balancing/prequal.h"
#include "models/mall/load_meter.h"
#include "models/mall/pool.h"

namespace meshmall::models {

// Beside each try: what its balancer will want to hear when it ends.
struct TryNote {
  engine::SimTime sent;            // when it counted as active
  std::uint32_t in_flight = 0;     // requests at the endpoint when it arrived there, itself counted
  bool reported = false;
  LoadReport report;               // that came with the answer
};

// Beside each endpoint.
struct EndpointMeter {
  LoadMeter load;
  PrequalReplica replica;
};

// Beside each upstream that probes, or that gets reports out of band: draws of its own, so that other balancers of the proxy keep theirs.
struct Listener {
  std::vector<engine::StreamSource> random;  // by thread
  std::uint64_t sent = 0;                    // messages so far
  engine::TimerId tick;                      // of reports out of band
};

// A probe or a report on its way.
struct LoadMessage {
  std::uint32_t upstream = kNil;
  std::uint32_t thread = 0;
  std::uint32_t endpoint = kNil;
  std::uint64_t path = 0;            // of its draws
  engine::SimTime sent;
  std::uint32_t in_flight = 0;       // the probe's answer
  double latency_ns = 0;
  LoadReport report;
  bool live = false;
};

}  // namespace meshmall::models
