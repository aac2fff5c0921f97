// What traffic equations say of a mall before it runs: calls per customer, offered load, utilisation, bottleneck, stable or not.
//
// Exact by expectation (for the long run of each stretch between events): rates, calls per customer, offered load, `cpu`, and the utilisation of `async`
// and `ps` versions. Approximate: the utilisation of `thread` versions, whose workers wait for their callees: those callees' queues are M/G/c queues with Poisson
// arrivals (waiting.h), made shorter for round robin and least request as fitted to simulations; the rates of closed traffic, which follow from response times.
// Not counted: retries after timeouts, crashes or overload (those after failures that the scenario states are), full queues, breakers, ejections, abandoned work.
// Work that a stretch cannot do is carried on to the next. Source: Jackson networks' traffic equations, x = b + P'x, solved by Eigen in calling order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/scenario/scenario.h"
#include "models/topology/call_graph.h"

namespace meshmall::models {

struct VersionPrediction {
  std::string name;
  double rate = 0;                  // tries per second, mirrored copies included
  double offered = 0;               // Erlangs: workers that `busy` alone would keep busy, on average
  double held = 0;                  // Erlangs: workers that would be held, on average, were there enough
  double workers = 0;               // on average
  double cpu = 0, utilization = 0;  // of the workers, 0..1, as the results' metrics of these names
  double peak = 0;                  // the highest held / workers of any stretch at its highest rate; may exceed 1
  double waiting = 0;               // seconds in the queue, each time, on average; infinite when overloaded
};

struct ServicePrediction {
  std::string name;
  double calls_per_customer = 0;                                                            // retries merged, mirrored copies not counted
  double rate = 0, offered = 0, held = 0, workers = 0, cpu = 0, utilization = 0, peak = 0;  // of all versions
  double response = 0;                                                                      // seconds a try spends there, nobody else about; by calls
  bool thread = false;                                                                      // some version's workers are held while they wait for callees
  bool overloaded = false;                                                                  // some version has more work than workers, over the whole run
  std::vector<VersionPrediction> versions;
};

struct PathPart {
  OperationRef of;
  double response = 0;  // seconds from the call to the answer, nobody else about
  double share = 0;     // of the customer's time that is spent in it, calls included
};

struct TrafficPrediction {
  std::string name;
  double rate = 0, peak = 0;  // customers per second in the measured window, returning ones included
  bool closed = false;
  double success = 1;              // by the failures that the scenario states
  double calls = 0;                // per customer
  double unloaded = 0;             // seconds to the answer, nobody else about, no events
  double response = 0;             // about, with the queues; infinite when overloaded
  std::vector<PathPart> critical;  // from the entrance down, always the call that costs most time
};

struct Overload {  // a stretch that brings more work than a service can do
  std::uint32_t service = 0;
  SimTime begin, end;
  double load = 0;  // held / workers, > 1
};

struct Prediction {
  std::vector<ServicePrediction> services;  // as in the scenario
  std::vector<TrafficPrediction> traffic;
  std::uint32_t bottleneck = 0;     // the service with the highest load; of equals the first
  double load = 0;                  // its held / workers over the whole run
  bool stable = true;               // no service is overloaded over the whole run
  std::vector<Overload> overloads;  // where a stretch alone is too much, neighbours joined; by time, then service
  std::uint32_t depth = 0;          // of the call graph: the longest chain of calls a customer can cause
  bool complete = true;             // false: more stretches than kMostStretches
};

// `graph` without problems (no cycles). O(stretches x iterations x steps).
Prediction predict(const Scenario& scenario, const CallGraph& graph);

}  // namespace meshmall::models
