// The workloads and Services of a cluster as a mall's services and versions, and what a host name means there.
// A mall's service owns its versions; Kubernetes' Services may overlap. So Services are taken from the one with most workloads down; one whose pods another has already becomes
// another name for it, or for a subset of it (`reviews-v1` beside `reviews`). Workloads that no Service selects are grouped by their label `app`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/importers/manifest.h"

namespace meshmall::models {

using LabelList = std::vector<std::pair<std::string, std::string>>;  // sorted

struct ClusterVersion {
  std::string name;
  LabelList labels;
  std::string workload;  // "reviews-v2"
  std::int64_t replicas = 1;
  const YamlValue* pod = nullptr;  // its spec; nullptr: not known
  bool copied = false;             // made for a rollout, no object of the cluster
  YamlPlace at = {};               // of its workload
  bool replicas_said = true;
};

struct ClusterService {
  std::string key;  // in the scenario: the name, or "name.namespace" where two have it
  std::string name, name_space, account;
  std::string protocol = "http1";
  std::int64_t port = 0;  // the workloads', which Istio's policies mean
  bool sidecar = true, external = false;
  bool in_rollout = false;  // routes name it as a whole: the rollout's weights choose the version
  std::vector<ClusterVersion> versions;
  YamlPlace at;
};

// What a host stands for: a service, or a subset of it that has no name of its own yet.
struct HostTarget {
  std::size_t service = 0;
  std::string subset;  // empty: all of it
  LabelList labels;    // of that subset
  bool other_name = false, headless = false;  // a further Service over the same pods; its clusterIP is None
};

class KubernetesCluster {
 public:
  KubernetesCluster(const std::vector<Manifest>& manifests, ImportContext& context);

  std::vector<ClusterService> services;

  // "reviews", "reviews.prod", "reviews.prod.svc.cluster.local", a host of a ServiceEntry; a name without dots is looked up in `name_space`.
  std::optional<HostTarget> findHost(const std::string& host, const std::string& name_space) const;
  // A workload's name: its service and version.
  std::optional<std::pair<std::size_t, std::size_t>> findWorkload(const std::string& name, const std::string& name_space) const;
  // By key, host, or (a version of it) by workload: what people write. In the namespace first, where one is given, else in any. The version is set when a workload or a
  // subset was named.
  std::optional<std::pair<std::size_t, std::optional<std::size_t>>> findByAnyName(const std::string& name, const std::string& name_space = {}) const;

  // A service that only a route, a call or a ServiceEntry knows. `host` is its name.
  std::size_t addUnknown(const std::string& host, const std::string& name_space, bool external, const YamlPlace& at);
  // All that `from` has becomes part of `into`; `from` is gone (its key is empty).
  void merge(std::size_t from, std::size_t into);
  void addHost(const std::string& host, const std::string& name_space, HostTarget target) { hosts_[{host, name_space}] = std::move(target); }
  void addWorkload(const std::string& name, const std::string& name_space, std::size_t service, std::size_t version) { workloads_[{name, name_space}] = {service, version}; }

 private:
  void nameVersions();
  void chooseKeys();
  std::string freeKey(const std::string& wanted) const;

  std::map<std::pair<std::string, std::string>, HostTarget> hosts_;                                // (name, namespace)
  std::map<std::pair<std::string, std::string>, std::pair<std::size_t, std::size_t>> workloads_;  // (name, namespace)
};

// http1 | http2 | grpc | tcp, of a word as ports have it: "grpc-web", "http2", "tcp-mysql", "HTTPS". As Istio reads it; what it cannot look into (HTTPS, TLS) is tcp.
std::string protocolOfWord(std::string word);

bool hasLabels(const LabelList& labels, const LabelList& wanted);
LabelList labelsOf(const YamlValue* map);

}  // namespace meshmall::models
