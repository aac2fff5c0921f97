// What lies between a client's span and its server's: the delay of a hop each way, calls that wait longer than others before they reach anybody, and spells in which
// all calls of a service are slow at once. Nothing here tells proxies from network, since spans don't.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "models/importers/traces/fit.h"
#include "models/importers/traces/visits.h"

namespace meshmall::models::traces {

using Edge = std::pair<std::uint32_t, std::uint32_t>;  // operations: caller, callee

// A wait of the caller before a call, with the probability of one.
struct EdgeWait {
  double probability = 1;
  FittedTime time;
  double mean() const { return probability * time.mean; }
};

// Slow times on the way to a service: as often and as long as they were traced; the share of the time is the share of the calls that met one.
struct Spell {
  std::string service;
  double every = 0, length = 0;       // ms, on average, from start to start
  double delay = 0, delay_cv = 0;     // ms: by which calls inside differ from those outside
  double share = 0;                   // of the calls
  double explained = 0;               // of the spread of the gaps: how much lies between the slots, not within them
};

struct Hops {
  FittedTime near, far;      // one way; far: to services that have spells, outside of these
  std::vector<Spell> spells; // by service
  std::map<Edge, EdgeWait> waits;
  std::uint64_t known = 0;   // calls with both spans
};

// `visits`: of the customers that are fitted. Deterministic; O(calls log calls).
Hops findHops(const Visits& traced, const std::vector<std::uint32_t>& visits, double usual_cv);

}  // namespace meshmall::models::traces
