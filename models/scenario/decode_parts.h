// The decoder's parts: one function for each block of the scenario format, JSON -> the types of scenario.h. Each notes what is wrong and returns something usable.
#pragma once

#include <string>
#include <vector>

#include "models/scenario/name_index.h"
#include "models/scenario/scenario.h"

namespace meshmall::models {

struct Decoding {
  const NameIndex& names;
  const std::string& folder;  // of files beside the scenario; empty: none may be read
};

// Refused by arithmetic, before anything is allocated for them.
inline constexpr std::int64_t kMaxServices = 10'000;
inline constexpr std::int64_t kMaxEndpoints = 1'000'000;

// ---- decode_places.cpp
RunSettings readRun(ObjectReader& root);
std::vector<Locality> readLocalities(ObjectReader& root, const Decoding& decoding);
Network readNetwork(ObjectReader& root, const Decoding& decoding);
SidecarSettings readSidecar(ObjectReader& root, const Decoding& decoding);
GatewaySettings readGateway(ObjectReader& root, const Decoding& decoding);
// By locality: a number is spread evenly, the remainder to the first ones; an object names localities. Nothing when it is not there or wrong.
// At least one in all; at most kMaxEndpoints.
std::optional<std::vector<std::uint32_t>> readReplicas(ObjectReader& object, const Decoding& decoding);
std::vector<std::uint32_t> spreadReplicas(std::uint32_t total, std::size_t localities);
std::vector<std::pair<std::string, std::string>> readLabels(const Node& node);  // byte order of keys

// ---- decode_services.cpp
std::vector<Service> readServices(ObjectReader& root, const Decoding& decoding, bool sidecars);

// ---- decode_steps.cpp
Steps readSteps(const Node& node, const Decoding& decoding);
Failure readFailure(const Node& node);

// ---- decode_traffic.cpp
std::vector<Traffic> readTraffic(ObjectReader& root, const Decoding& decoding);

// ---- decode_policies.cpp
TrafficPolicy readTrafficPolicy(const Node& node);

// ---- decode_retries.cpp
RetryBudgetConfig readClusterRetryBudget(const Node& node);  // trafficPolicy.retryBudget
RetryPolicy readRetries(const Node& node);

// ---- decode_limits.cpp
AdmissionControlConfig readAdmissionControl(const Node& node);
AdaptiveConcurrencyConfig readAdaptiveConcurrency(const Node& node);
// By service, the gateway's first (under the key "gateway", unless a service has that name).
std::vector<RateLimits> readRateLimits(const Node& node, const Decoding& decoding);

// ---- decode_security.cpp
TlsMode readClientTls(const Node& node);  // trafficPolicy.tls
Token readToken(const Node& node);        // of traffic
// Of a mesh: peerAuthentications, authorizationPolicies, requestAuthentications, certificates.
MeshSecurity readSecurity(ObjectReader& mesh);
// Policies are as old as the first of the versions, in a row to this one, that has them. Of those that a patch adds, the older ones go on to count.
void agePeerAuthentications(std::vector<Mesh>& versions);
// Istio's published costs (sidecar.preset), for what has no number of its own.
void applyCostPreset(const Node& preset, SidecarSettings& out);

// ---- decode_health.cpp: what takes endpoints out
OutlierDetectionConfig readOutlierDetection(const Node& node, std::optional<std::uint32_t>& min_health_percent);
ConsecutiveFailuresConfig readConsecutiveFailures(const Node& node);
HealthCheckSettings readHealthChecks(const Node& node);
std::vector<StatusRange> readStatusRanges(const Node& node);  // [{"start", "end"}], half open, within 100..600

// ---- decode_failover.cpp: where the traffic of a cluster goes first
// Of a loadBalancer block: localityLbSetting and zoneAware.
void readLocalitySettings(ObjectReader& balancer, LoadBalancerSettings& out);

// ---- advise_health.cpp
// Warnings (code, reason, cure) about policies of a version of the mesh that cannot act, or that hurt. `mesh`: where it stands; `decoded`: what it says.
void adviseOnHealth(const Node& mesh, const Scenario& scenario, const Mesh& decoded);

// ---- decode_routes.cpp
// Istio's gateways as the mall has them: "mesh" are the sidecars, any other name is the entrance. Sorted.
std::vector<std::string> gatewaysOf(std::vector<std::string> given);
HttpMatch readHttpMatch(const Node& node);
StringMatch readStringCondition(const Node& node);  // {"exact" | "prefix" | "regex": ...}
// The rules of a virtual service of `owner`; subsets that destinations name must be among those of `rules`.
std::vector<HttpRoute> readHttpRoutes(const Node& node, const Decoding& decoding, const std::vector<DestinationRule>& rules, std::uint32_t owner);

// ---- decode_mesh.cpp
// `services`: their versions' labels tell which subsets have endpoints.
Mesh readMesh(const Node& node, const Decoding& decoding, const std::vector<Service>& services);

// ---- decode_rollouts.cpp (with decode_flagger.cpp, decode_argo.cpp)
// `scenario`: services, traffic and run are read; advice goes to `rollouts` of a document without errors.
std::vector<Rollout> readRollouts(ObjectReader& root, const Decoding& decoding, const Scenario& scenario);
FlaggerRollout readFlagger(const Node& node);
// replicas: of the primary, in all.
ArgoRollout readArgo(const Node& node, std::uint32_t replicas);
// One of the results' metrics that scrapes of a version can answer.
std::optional<Metric> readScrapedMetric(const Node& node);

// ---- advise_balancing.cpp
// `mesh_node`: the value of `mesh`, of a document without errors.
void adviseOnBalancing(const Node& mesh_node, const Scenario& scenario, const Mesh& mesh, const NameIndex& names);

// ---- decode_autoscalers.cpp
// By service: HorizontalPodAutoscalers, their fields as in Kubernetes autoscaling/v2.
std::vector<AutoscalerSettings> readAutoscalers(ObjectReader& root, const Decoding& decoding, const std::vector<Service>& services);

// ---- advise_scaling.cpp
// Warnings about autoscalers, and about endpoints that leave before their callers have heard of it; of a document without errors.
void adviseOnScaling(ObjectReader& root, const Scenario& scenario);

// ---- decode_traced.cpp
std::optional<TracedFigures> readTraced(ObjectReader& root);

// ---- decode_events.cpp
// Patch::mesh_version is 0 here; `patches` gets each patch's value with its event.
struct PatchEvent {
  std::size_t event = 0;             // index
  const JsonValue* mesh = nullptr;   // the patch of `mesh`; nullptr: it was not readable
};
std::vector<TimedEvent> readEvents(ObjectReader& root, const Decoding& decoding, std::vector<PatchEvent>& patches);

}  // namespace meshmall::models
