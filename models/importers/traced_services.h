// What traces say of a cluster's services: operations, times, calls, customers, network. The other half of a scenario whose policies and replicas come from manifests.
// A traced service is matched by name: a service's, a host's or a workload's (then it is that version). Pods tell the versions apart, each with its own operations.
// Limiting cases: what only the traces know becomes a service of one endpoint; a service without traces is left to its defaults.
// As istio_parts.h: whoever includes this includes <nlohmann/json.hpp> before it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/importers/istio_parts.h"
#include "models/importers/traces/import_traces.h"

namespace meshmall::models {

class TracedServices {
 public:
  // Fits the traces; may add services to the cluster. What was read, guessed and left out goes to the context.
  TracedServices(traces::TraceImport& import, KubernetesCluster& cluster, ImportContext& context);

  bool knows(std::size_t service) const { return services_.count(service) == 1; }
  bool meetsAll() const { return meets_all_; }  // no service of the cluster is without traces
  // The names of the traced operations, in byte order.
  std::vector<std::string> operations(std::size_t service) const;
  // Of all versions together, or of one where it was traced by itself; nullptr: the traces have none by that name.
  const ImportJson* operation(std::size_t service, const std::string& name, std::optional<std::size_t> version) const;
  bool differs(std::size_t service, std::size_t version) const;  // the version has operations of its own
  std::optional<std::uint64_t> workers(std::size_t service, std::size_t version) const;
  // So many endpoints, placed as the scenario needs it: 3, or {"mall": 3} where slow spells on the way to some services make places of them.
  ImportJson replicas(std::size_t service, std::int64_t count) const;
  ImportJson traffic() const { return part("traffic"); }
  // What of `run`, `localities`, `gateway`, `network`, `events` and `traced` the traces tell.
  void addRest(ImportJson& scenario) const;

 private:
  using Operations = std::map<std::string, ImportJson>;
  struct OfVersion {
    std::optional<std::uint64_t> workers;
    Operations operations;
  };
  struct OfService {
    Operations operations;
    std::map<std::size_t, OfVersion> versions;
    std::string place;
  };
  struct Match {
    std::size_t service = 0;
    std::optional<std::size_t> version;  // the traces' name was a workload's
  };

  Match match(const std::string& name, KubernetesCluster& cluster);
  void nameVersions(const traces::Visits& visits, const KubernetesCluster& cluster, traces::MeshWords& words) const;
  void takeService(const std::string& name, const ImportJson& traced, const KubernetesCluster& cluster);
  void renameTargets(ImportJson& value, const KubernetesCluster& cluster) const;
  ImportJson part(const char* key) const { return scenario_.contains(key) ? scenario_.at(key) : ImportJson(); }

  std::map<std::string, Match> matches_;  // by the traces' names
  std::map<std::size_t, OfService> services_;
  std::vector<std::string> only_traced_;
  bool meets_all_ = true;
  ImportJson scenario_;
};

}  // namespace meshmall::models
