// A scenario laid out for running: everything resolved to indices, steps flattened to instructions, policies chosen by precedence for every
// cluster (a service or one of its subsets) and every version of the mesh's configuration. Immutable; shared by all copies of a running mall.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/failover/istio_locality.h"
#include "models/mall/plan_security.h"
#include "models/mall/pool.h"
#include "models/mall/program.h"
#include "models/observation/layout.h"
#include "models/resilience/connection_pool.h"
#include "models/resilience/consecutive_failures.h"
#include "models/resilience/health_check.h"
#include "models/resilience/outlier_detection_config.h"
#include "models/resilience/retry_policy.h"
#include "models/resilience/timeouts.h"
#include "models/routing/route_table.h"
#include "models/scenario/scenario.h"

namespace meshmall::models {

struct PlanVersion {
  std::uint32_t service = 0;
  std::uint32_t index_in_service = 0;
  std::vector<std::uint32_t> entries;         // by operation of the service: first instruction
  const Version* settings = nullptr;          // lives in the plan's scenario
  std::vector<std::uint32_t> start_failures;  // by operation: fail point asked when a worker takes the request, or kNil
};

// Who calls what: a traffic entry or a service, and an operation. The same numbering as Layout::flows.
struct PlanFlow {
  bool from_traffic = false;
  std::uint32_t from = 0;       // traffic entry or service
  std::uint32_t service = 0;    // called
  std::uint32_t operation = 0;  // called, index in its service
};

struct RouteDestinationPlan {
  std::uint32_t cluster = 0;
  std::uint32_t weight = 0;
  std::uint32_t position = 0;  // in the rule's list
};

// One rule of a VirtualService, or the default route.
struct RoutePlan {
  const HttpRoute* rule = nullptr;  // lives in the scenario's mesh; nothing: the default route
  std::uint32_t index = 0;          // of the rule
  std::vector<RouteDestinationPlan> destinations;  // of weight > 0
  std::uint64_t total_weight = 0;
  RetryPolicy retries;
  Timeouts timeouts;
  std::optional<std::uint32_t> timeout_ring, per_try_ring;
  bool judges_success = false;  // an answer below 400 is of interest too: it pays into a budget, or may be retried
  bool pays_ahead = false;      // each call pays into the token budget as it starts
  bool hedges = false;
  std::vector<std::string> rewritten;  // by flow: the name of the operation that is asked for; empty: the flow's
  std::vector<std::pair<std::uint32_t, Fraction>> mirrors;  // cluster, share
};

// What a balancer wants to hear beyond whom it may pick: how long each try took, what endpoints report of their load, answers to its probes.
enum class Feedback : std::uint8_t { none, latencies, reports, probes };

struct ClusterPolicy {
  bool exists = false;  // the mesh version names it
  std::vector<std::uint8_t> versions;  // by version of the service: belongs
  PolicyConfig balancer;
  std::optional<HashPolicy> hash;      // what of a request is hashed
  Feedback feedback = Feedback::none;
  bool warms_up = false;               // slow start
  bool passes_through = false;         // kube-proxy chooses; health, place and subset do not matter
  FailoverConfig failover;
  ConnectionPoolConfig pool;
  bool multiplexed = false;  // requests share connections: the service's protocol, or an upgrade
  std::uint32_t connect_timeout_ring = 0;
  std::optional<OutlierDetectionConfig> outlier;
  std::optional<AdmissionControlConfig> admission;
  std::optional<TlsMode> tls;
  std::optional<RetryBudgetConfig> retry_budget;
  LocalityLbSetting locality;
  std::optional<ConsecutiveFailuresConfig> breaker;
  std::optional<HealthCheckConfig> checks;
  std::uint32_t degraded_waiting = 0;  // requests waiting from which an endpoint answers a check as degraded; 0: never

  bool watches() const { return breaker.has_value() || checks.has_value(); }
  // The endpoints' places matter. Istio: localities have priorities where outlier detection is configured.
  bool byPlace() const {
    return failover.locality == LocalityRule::kZoneAware || (locality.enabled && (outlier.has_value() || !locality.distribute.empty()));
  }
  // Callers get the same lists under both.
  bool sameViews(const ClusterPolicy& other) const {
    return byPlace() == other.byPlace() && outlier.has_value() == other.outlier.has_value() && locality == other.locality &&
           failover.locality == other.failover.locality;
  }
};

// What stands at the door of an endpoint, or of the gateway; lives in the scenario's mesh.
struct DoorPolicy {
  const RateLimits* limits = nullptr;
  const AdaptiveConcurrencyConfig* concurrency = nullptr;

  bool open() const { return limits == nullptr && concurrency == nullptr; }
};

// The rules for the calls of one flow from one class of callers (a version of the calling service).
struct FlowRoutes {
  RouteTable table;
  RouteTable::Candidates candidates;
  bool settled = true;                  // `rule` is the answer for every request
  std::optional<std::uint32_t> rule;
};

struct ServiceRoutes {
  bool has_rules = false;         // a VirtualService exists
  std::vector<RoutePlan> rules;
  RoutePlan fallback;             // without a VirtualService
};

struct MeshPlan {
  bool checks = false;                                // some cluster has active health checks
  std::vector<ClusterPolicy> clusters;                // by cluster
  std::vector<ServiceRoutes> services;                // by service
  std::vector<std::vector<FlowRoutes>> flow_routes;   // by flow, by caller class; empty where the called service has no rules
  bool warms_up = false;                              // some cluster does
  std::vector<DoorPolicy> doors;                      // by version (plan's numbering)
  DoorPolicy entrance;
  SecurityPlan security;                              // empty unless the plan is secured
};

struct Cluster {
  std::uint32_t service = 0;
  std::string subset;  // empty: the whole service
};

// Requests that meet a condition, by flow and class of callers.
using RouteCondition = std::vector<std::vector<FlowRoutes>>;

struct RolloutPlan {
  const Rollout* rollout = nullptr;           // lives in the plan's scenario
  std::string name;                           // of the canary's workload: "bakery-v2"
  std::uint32_t primary = 0, canary = 0;      // versions, in the plan's numbering
  std::uint32_t primary_cluster = kNil, canary_cluster = kNil;  // nothing: the proxies' routes know nothing of the rollout
  std::vector<RouteCondition> conditions;     // Flagger: the first one is its match
  std::vector<std::uint32_t> condition_of_step;  // Argo: of header and mirror routes
};

struct Plan {
  Scenario scenario;
  Layout layout;
  Program program;
  std::vector<PlanVersion> versions;        // all services' versions, services in order
  std::vector<std::uint32_t> first_version; // by service
  std::vector<std::uint32_t> first_operation;  // by service, in the layout's numbering
  std::vector<PlanFlow> flows;
  std::vector<std::uint32_t> traffic_flow;  // by traffic entry
  std::vector<Cluster> clusters;            // the first ones: service s is cluster s
  std::vector<MeshPlan> meshes;             // by mesh version
  std::vector<RolloutPlan> rollouts;
  std::vector<std::uint32_t> rollout_of;    // by service, or kNil; empty without rollouts
  std::vector<engine::Duration> rings;      // lengths of timers; ring i of the event queue
  std::vector<std::optional<std::uint32_t>> leave_ring;  // by traffic entry: the customers' own timeout
  std::vector<std::vector<std::optional<engine::WeightedChoice>>> header_choices;  // by traffic entry and header; of zipf and weighted keys
  std::vector<std::vector<std::optional<engine::WeightedChoice>>> cookie_choices;  // the same of cookies
  std::uint32_t connect_timeout_ring = 0;   // the default, for callers without a proxy
  const DiscoverySettings* discovery = nullptr;  // lives in the scenario; none: everybody knows everything at once
  bool rewrites = false;                    // some rule changes the path
  bool endpoints_report = false;            // some balancer in some version of the mesh asks endpoints for their load
  bool guarded = false;                     // some version of the mesh has a policy at a door, admission control, a hedge, or a retry that looks at successes
  bool secured = false;                     // some version of the mesh may refuse a connection, a request or a certificate
  bool certified = false;                   // certificates are given, or their renewal stops
  std::vector<AuthenticatedToken> tokens;   // by traffic entry: what a good one shows; empty unless the plan is secured
  bool entrance_guarded = false;            // the gateway's has
  std::vector<const engine::Distribution*> hops;  // by from x localities + to: time of one way

  // What a call of the flow asks of `service`, which a route may name instead of the one called: its operation of the same name, or kNoEntry.
  std::uint32_t operationAt(std::uint32_t flow, std::uint32_t service) const;
  std::uint32_t operationNamed(const std::string& name, std::uint32_t service) const;

  const engine::Distribution& hop(std::uint32_t from, std::uint32_t to) const { return *hops[from * scenario.localities.size() + to]; }

  engine::SimTime windowBegin() const { return engine::SimTime{} + scenario.run.warmup.value_or(engine::Duration{0}); }
  engine::SimTime windowEnd() const { return windowBegin() + scenario.run.duration; }
};

// Takes a scenario that the decoder and the call graph (topology/call_graph.h) found sound.
std::shared_ptr<const Plan> makePlan(Scenario scenario);

}  // namespace meshmall::models
