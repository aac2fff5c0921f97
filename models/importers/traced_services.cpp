#include <nlohmann/json.hpp>  // before istio_parts.h

#include "models/importers/traced_services.h"

#include <algorithm>
#include <set>

#include "models/importers/list_text.h"

namespace meshmall::models {

namespace {

constexpr const char* kNear = "mall";  // where services without slow spells are, as the traces' importer calls it

// "reviews/GET /reviews" -> its service.
std::string serviceIn(const std::string& target) { return target.substr(0, target.find('/')); }

}  // namespace

TracedServices::TracedServices(traces::TraceImport& import, KubernetesCluster& cluster, ImportContext& context) {
  std::set<std::string> names;
  for (const traces::TracedOperation& operation : import.visits.operations) names.insert(operation.service);
  if (import.visits.entrance) names.erase(import.visits.entrance_name);
  for (const std::string& name : names) matches_[name] = match(name, cluster);
  traces::MeshWords words;
  nameVersions(import.visits, cluster, words);
  traces::deriveScenario(import, words, true);
  scenario_ = ImportJson::parse(import.result.scenario);
  for (const auto& [name, traced] : scenario_.at("services").items()) takeService(name, traced, cluster);
  for (auto& entry : scenario_.at("traffic")) {
    const std::string to = entry.at("to").get<std::string>();
    entry["to"] = cluster.services[matches_.at(serviceIn(to)).service].key + to.substr(to.find('/'));
  }
  const ImportNotes& told = import.result.notes;
  context.notes.read.insert(context.notes.read.end(), told.read.begin(), told.read.end());
  for (const std::string& sentence : told.guessed) context.guessed(sentence);
  for (const std::string& sentence : told.not_modelled) context.notModelled(sentence);
  if (!only_traced_.empty()) context.guessed("only the traces know " + listText(only_traced_) + ": one endpoint with a proxy each");
  std::vector<std::string> idle;
  for (std::size_t s = 0; s < cluster.services.size(); ++s)
    if (!cluster.services[s].key.empty() && !knows(s)) idle.push_back(cluster.services[s].key);
  meets_all_ = idle.empty();
  if (only_traced_.size() == names.size()) context.warning({0, 0, 0}, "none of the traced services is among these manifests: " + listText(only_traced_));
  if (!idle.empty()) context.guessed("the traces never meet " + listText(idle) + ": nobody calls there, unless --calls or --load says so");
}

TracedServices::Match TracedServices::match(const std::string& name, KubernetesCluster& cluster) {
  auto found = cluster.findByAnyName(name);
  if (!found) {
    only_traced_.push_back(name);
    return {cluster.addUnknown(name, "default", false, {}), std::nullopt};
  }
  if (cluster.services[found->first].versions.size() == 1) found->second.reset();
  return {found->first, found->second};
}

// A pod belongs to a workload by its name, and a workload is a version of a service.
void TracedServices::nameVersions(const traces::Visits& visits, const KubernetesCluster& cluster, traces::MeshWords& words) const {
  std::map<std::uint32_t, std::size_t> service_of;  // of pods
  for (const traces::Visit& visit : visits.all)
    if (const auto found = matches_.find(visits.operations[visit.operation].service); found != matches_.end()) service_of[visit.pod] = found->second.service;
  for (const auto& [pod, service] : service_of) {
    const ClusterService& of = cluster.services[service];
    const std::string& name = visits.pods.at(pod);
    const auto workload = cluster.findWorkload(traces::serviceOfPod(name), of.name_space);
    words.versions[pod] = of.versions.front().name;
    if (workload && workload->first == service) words.versions[pod] = of.versions[workload->second].name;
    for (const ClusterVersion& version : of.versions)  // "reviews-v2-0", as a run of a mall names its endpoints
      if (!workload && name.rfind(of.key + "-" + version.name + "-", 0) == 0) words.versions[pod] = version.name;
  }
}

void TracedServices::takeService(const std::string& name, const ImportJson& traced, const KubernetesCluster& cluster) {
  const Match& at = matches_.at(name);
  OfService& service = services_[at.service];
  const auto operationsIn = [&](const ImportJson& object) {
    Operations out;
    if (object.contains("operations"))
      for (const auto& [key, operation] : object.at("operations").items()) {
        out[key] = operation;
        renameTargets(out[key], cluster);
      }
    return out;
  };
  Operations operations = operationsIn(traced);
  const auto& versions = cluster.services[at.service].versions;
  for (const auto& [version_name, version] : traced.at("versions").items()) {
    const auto& replicas = version.contains("replicas") ? version.at("replicas") : ImportJson();
    if (replicas.is_object()) service.place = replicas.begin().key();
    std::size_t index = 0;
    while (index < versions.size() && versions[index].name != version_name) ++index;
    if (at.version) index = *at.version;
    if (index == versions.size()) index = 0;
    OfVersion& of_version = service.versions[index];
    of_version.workers = std::max(of_version.workers.value_or(0), version.at("workers").get<std::uint64_t>());
    of_version.operations = at.version ? operations : operationsIn(version);
  }
  service.operations.merge(operations);
}

void TracedServices::renameTargets(ImportJson& value, const KubernetesCluster& cluster) const {
  if (value.is_object())
    if (const auto call = value.find("call"); call != value.end() && call->is_string()) {
      const std::string target = call->get<std::string>();
      if (const auto found = matches_.find(serviceIn(target)); found != matches_.end()) *call = cluster.services[found->second.service].key + target.substr(target.find('/'));
    }
  if (value.is_structured())
    for (ImportJson& member : value) renameTargets(member, cluster);
}

std::vector<std::string> TracedServices::operations(std::size_t service) const {
  std::vector<std::string> out;
  if (const auto found = services_.find(service); found != services_.end())
    for (const auto& [name, operation] : found->second.operations) out.push_back(name);
  return out;
}

const ImportJson* TracedServices::operation(std::size_t service, const std::string& name, std::optional<std::size_t> version) const {
  const auto found = services_.find(service);
  if (found == services_.end()) return nullptr;
  if (version) {
    const auto of_version = found->second.versions.find(*version);
    if (of_version != found->second.versions.end())
      if (const auto own = of_version->second.operations.find(name); own != of_version->second.operations.end()) return &own->second;
  }
  const auto shared = found->second.operations.find(name);
  return shared == found->second.operations.end() ? nullptr : &shared->second;
}

bool TracedServices::differs(std::size_t service, std::size_t version) const {
  const auto found = services_.find(service);
  if (found == services_.end()) return false;
  const auto of_version = found->second.versions.find(version);
  return of_version != found->second.versions.end() && !of_version->second.operations.empty();
}

std::optional<std::uint64_t> TracedServices::workers(std::size_t service, std::size_t version) const {
  const auto found = services_.find(service);
  if (found == services_.end()) return std::nullopt;
  const auto of_version = found->second.versions.find(version);
  if (of_version != found->second.versions.end() && of_version->second.workers) return of_version->second.workers;
  // A version that was not traced: as the others.
  for (const auto& [index, other] : found->second.versions)
    if (other.workers) return other.workers;
  return std::nullopt;
}

ImportJson TracedServices::replicas(std::size_t service, std::int64_t count) const {
  if (!scenario_.contains("localities")) return count;
  const auto found = services_.find(service);
  const std::string place = found == services_.end() || found->second.place.empty() ? kNear : found->second.place;
  return {{place, count}};
}

void TracedServices::addRest(ImportJson& scenario) const {
  for (const char* key : {"run", "localities", "gateway", "network", "events", "traced"})
    if (scenario_.contains(key)) scenario[key] = part(key);
}

}  // namespace meshmall::models
