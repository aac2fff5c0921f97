// Scenarios for the tests of the topology, put together by hand.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "models/scenario/scenario.h"
#include "models/topology/call_graph.h"
#include "models/topology/prediction.h"

namespace meshmall::models::topology_test {

inline Distribution exponential(double seconds) { return Distribution::exponential(seconds); }
inline Step busy(Distribution time) { return {1, Busy{std::move(time)}}; }
inline Step wait(Distribution time) { return {1, Wait{std::move(time)}}; }
inline Step call(OperationRef to, double probability = 1, std::uint32_t times = 1) {
  Call made;
  made.to = to;
  made.times = {{times, 1.0}};
  return {probability, std::move(made)};
}
inline Operation operation(std::string name, Steps steps) {
  Operation made;
  made.name = name;
  made.method = "POST";
  made.path = "/" + name;
  made.steps = std::move(steps);
  return made;
}

// One version "v1" with one endpoint; names have to be given in byte order.
inline Service service(std::string name, std::vector<Operation> operations, std::uint32_t workers = 1, Concurrency concurrency = Concurrency::async) {
  Service made;
  made.name = made.host = name;
  made.operations = operations;
  Version version;
  version.name = "v1";
  version.replicas = {1};
  version.workers = workers;
  version.concurrency = concurrency;
  version.labels = {{"version", "v1"}};
  version.operations = std::move(operations);
  made.versions = {version};
  return made;
}

inline Scenario scenario(std::vector<Service> services, double rate, OperationRef to = {0, 0}) {
  Scenario made;
  made.name = "by hand";
  made.run.duration = engine::seconds(100);
  made.localities = {{"default", "default", "default"}};
  made.gateway.replicas = {1};
  made.services = std::move(services);
  made.mesh_versions.emplace_back();
  Traffic traffic;
  traffic.name = "customers";
  traffic.to = to;
  traffic.arrivals = PoissonArrivals{rate, 1};
  made.traffic = {traffic};
  return made;
}

inline Prediction predicted(const Scenario& scenario) { return predict(scenario, callGraph(scenario)); }

}  // namespace meshmall::models::topology_test
