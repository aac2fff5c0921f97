// Advice about autoscalers, and about endpoints that leave before their callers have heard of it.
#include "models/scenario/decode_parts.h"

#include <algorithm>
#include <numeric>

namespace meshmall::models {

namespace {

std::uint32_t replicasOf(const Version& version) { return std::accumulate(version.replicas.begin(), version.replicas.end(), std::uint32_t{0}); }

void adviseOnAutoscaler(const Node& node, const AutoscalerSettings& scaler, const Scenario& scenario) {
  const Service& service = scenario.services[scaler.service];
  const Version& version = service.versions[scaler.version];
  const std::uint32_t replicas = replicasOf(version);
  const ReplicaRange range = scaler.config.range;
  if (replicas < range.min || replicas > range.max) {
    node.advise("autoscaler-range", "version " + inQuotes(version.name) + " begins with " + std::to_string(replicas) + " replicas, outside the autoscaler's range: it corrects that within 15 s, whatever the load",
                "let \"replicas\" lie between minReplicas and maxReplicas");
  }
  if (version.startup.mean() > 60 && scaler.config.behavior && scaler.config.behavior->up.stabilization_window.ns > 0) {
    node.advise("autoscaler-late", "scaling up waits for stabilizationWindowSeconds and then for a start of a minute or more: the rush may be over by then",
                "leave scaleUp.stabilizationWindowSeconds at 0");
  }
}

// Versions that lose endpoints in the course of a run: by a `scale` event, or by an autoscaler.
bool shrinks(const Scenario& scenario, std::uint32_t service, std::uint32_t version) {
  const std::uint32_t replicas = replicasOf(scenario.services[service].versions[version]);
  for (const TimedEvent& event : scenario.events) {
    const auto* scale = std::get_if<Scale>(&event.what);
    if (scale != nullptr && scale->service == service && scale->version == version && (scale->replicas < replicas || event.lasts)) return true;
  }
  return std::any_of(scenario.autoscalers.begin(), scenario.autoscalers.end(), [&](const AutoscalerSettings& a) {
    return a.service == service && a.version == version && a.config.range.min < std::max(a.config.range.max, replicas);
  });
}

}  // namespace

void adviseOnScaling(ObjectReader& root, const Scenario& scenario) {
  if (const JsonMember* scalers = root.node().value().find("autoscalers")) {
    const Node list(root.node(), *scalers);
    std::size_t i = 0;
    for (const JsonMember* member : sortedMembers(list))
      if (i < scenario.autoscalers.size()) adviseOnAutoscaler(Node(list, *member), scenario.autoscalers[i++], scenario);
  }
  const auto& discovery = scenario.mesh_versions.front().discovery;
  const JsonMember* services = root.node().value().find("services");
  if (!discovery || services == nullptr) return;
  const double delay = std::max(discovery->propagation.mean(), discovery->debounce.after.seconds());
  const Node list(root.node(), *services);
  const auto members = sortedMembers(list);
  for (std::uint32_t s = 0; s < scenario.services.size() && s < members.size(); ++s) {
    for (std::uint32_t v = 0; v < scenario.services[s].versions.size(); ++v) {
      const Version& version = scenario.services[s].versions[v];
      const double pre_stop = version.termination ? version.termination->pre_stop.seconds() : 0;
      if (pre_stop >= delay || !shrinks(scenario, s, v)) continue;
      Node(list, *members[s]).advise("stale-endpoints", "callers hear after " + shown(delay) + " s on average that an endpoint of version " + inQuotes(version.name) + " leaves, but it takes no new requests after " + shown(pre_stop) +
                                         " s (termination.preStop): those sent in between fail",
                                     "set termination.preStop to the longest time that a change takes to get about");
    }
  }
}

}  // namespace meshmall::models
