#include "models/mall/plan.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "engine/kernel/promise.h"
#include "models/mall/pool.h"

namespace meshmall::models {

namespace {

constexpr const char* kEntrance = "gateway";

bool labelsMatch(const Labels& wanted, const std::vector<std::pair<std::string, std::string>>& have) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& label) { return std::find(have.begin(), have.end(), label) != have.end(); });
}

Feedback feedbackOf(const PolicyConfig& policy) {
  if (std::holds_alternative<PeakEwmaConfig>(policy)) return Feedback::latencies;
  if (std::holds_alternative<PrequalConfig>(policy)) return Feedback::probes;
  const bool reports = std::holds_alternative<ClientSideWeightedRoundRobinConfig>(policy) || std::holds_alternative<GrpcWeightedRoundRobinConfig>(policy);
  return reports ? Feedback::reports : Feedback::none;
}

class PlanMaker {
 public:
  explicit PlanMaker(Scenario scenario) : plan_(std::make_shared<Plan>()) { plan_->scenario = std::move(scenario); }

  std::shared_ptr<const Plan> make() {
    layServices();
    layTraffic();
    writePrograms();
    for (std::size_t i = 0; i < scenario().services.size(); ++i) cluster(static_cast<std::uint32_t>(i), "");
    for (const Mesh& mesh : scenario().mesh_versions) nameClusters(mesh);
    layRollouts();
    plan_->connect_timeout_ring = ring(ConnectionPoolConfig{}.connect_timeout);
    secure();
    for (const Mesh& mesh : scenario().mesh_versions) plan_->meshes.push_back(meshPlan(mesh));
    for (const PlanFlow& flow : plan_->flows)
      plan_->layout.flows.push_back({flow.from_traffic, flow.from, plan_->first_operation[flow.service] + flow.operation});
    layWays();
    const auto& discovery = scenario().mesh_versions.front().discovery;
    plan_->discovery = discovery ? &*discovery : nullptr;
    return plan_;
  }

 private:
  const Scenario& scenario() const { return plan_->scenario; }

  std::uint32_t ring(engine::Duration length) {
    auto& rings = plan_->rings;
    const auto found = std::find(rings.begin(), rings.end(), length);
    if (found != rings.end()) return static_cast<std::uint32_t>(found - rings.begin());
    rings.push_back(length);
    return static_cast<std::uint32_t>(rings.size() - 1);
  }
  std::optional<std::uint32_t> ringUnlessZero(engine::Duration length) {
    if (length.ns == 0) return std::nullopt;
    return ring(length);
  }

  void secure() {
    plan_->secured = isSecured(scenario());
    plan_->certified = isCertified(scenario());
    if (!plan_->secured) return;
    plan_->guarded = true;
    for (const Traffic& traffic : scenario().traffic) plan_->tokens.push_back(traffic.token ? authenticated(*traffic.token) : AuthenticatedToken{});
  }

  void layServices() {
    Layout& layout = plan_->layout;
    for (const Locality& locality : scenario().localities) layout.localities.push_back(locality.name);
    for (std::uint32_t s = 0; s < scenario().services.size(); ++s) {
      const Service& service = scenario().services[s];
      layout.services.push_back(service.name);
      plan_->first_version.push_back(static_cast<std::uint32_t>(plan_->versions.size()));
      plan_->first_operation.push_back(static_cast<std::uint32_t>(layout.operations.size()));
      for (std::uint32_t v = 0; v < service.versions.size(); ++v) {
        plan_->versions.push_back({s, v, {}, &service.versions[v], {}});
        layout.versions.push_back({s, service.versions[v].name});
      }
      for (const Operation& operation : service.operations) layout.operations.push_back({s, operation.name});
    }
  }

  void layWays() {
    const Network& network = scenario().network;
    for (const Locality& from : scenario().localities)
      for (const Locality& to : scenario().localities) {
        const bool same_region = from.region == to.region;
        plan_->hops.push_back(same_region && from.zone == to.zone ? &network.same_zone : same_region ? &network.same_region : &network.cross_region);
      }
  }

  void layTraffic() {
    for (std::uint32_t t = 0; t < scenario().traffic.size(); ++t) {
      const Traffic& traffic = scenario().traffic[t];
      plan_->layout.traffic.push_back(traffic.name);
      plan_->traffic_flow.push_back(flow(true, t, traffic.to));
      plan_->leave_ring.push_back(traffic.timeout ? std::optional(ring(*traffic.timeout)) : std::nullopt);
      auto& choices = plan_->header_choices.emplace_back();
      for (const auto& header : traffic.headers) choices.push_back(keyChoice(header.second));
      auto& cookie_choices = plan_->cookie_choices.emplace_back();
      for (const auto& cookie : traffic.cookies) cookie_choices.push_back(keyChoice(cookie.second));
    }
  }

  static std::optional<engine::WeightedChoice> keyChoice(const KeyDistribution& keys) {
    std::vector<double> weights;
    if (keys.kind == KeyDistribution::Kind::zipf)
      for (std::uint64_t k = 1; k <= keys.n; ++k) weights.push_back(std::pow(static_cast<double>(k), -keys.s));
    if (keys.kind == KeyDistribution::Kind::weighted)
      for (const auto& key : keys.weighted) weights.push_back(key.second);
    if (weights.empty()) return std::nullopt;
    return engine::WeightedChoice(weights);
  }

  std::uint32_t flow(bool from_traffic, std::uint32_t from, const OperationRef& to) {
    const auto key = std::make_tuple(from_traffic, from, to.service, to.operation);
    const auto [entry, fresh] = flow_ids_.try_emplace(key, static_cast<std::uint32_t>(plan_->flows.size()));
    if (fresh) plan_->flows.push_back({from_traffic, from, to.service, to.operation});
    return entry->second;
  }

  void writePrograms() {
    for (PlanVersion& version : plan_->versions) {
      ProgramWriter writer(
          plan_->program, [&](const OperationRef& to) { return flow(false, version.service, to); }, [&](engine::Duration length) { return ring(length); });
      for (const Operation& operation : scenario().services[version.service].versions[version.index_in_service].operations) {
        const auto written = writer.write(operation);
        version.entries.push_back(written.entry);
        version.start_failures.push_back(written.start_failure);
      }
    }
  }

  std::uint32_t cluster(std::uint32_t service, const std::string& subset) {
    const auto [entry, fresh] = cluster_ids_.try_emplace({service, subset}, static_cast<std::uint32_t>(plan_->clusters.size()));
    if (fresh) plan_->clusters.push_back({service, subset});
    return entry->second;
  }

  std::uint32_t serviceNamed(const std::string& host) const {
    const auto& services = scenario().services;
    const auto found = std::find_if(services.begin(), services.end(), [&](const Service& s) { return s.name == host; });
    engine::promise(found != services.end(), "a route's destination is not a service");
    return static_cast<std::uint32_t>(found - services.begin());
  }
  std::uint32_t clusterOf(const Destination& destination) { return cluster(serviceNamed(destination.host), destination.subset); }

  // Clusters have one number in all versions of the mesh.
  void nameClusters(const Mesh& mesh) {
    for (const DestinationRule& rule : mesh.destination_rules)
      for (const Subset& subset : rule.subsets) cluster(rule.service, subset.name);
    for (const ServiceRules& service : mesh.virtual_services)
      for (const HttpRoute& rule : service.rules.http) {
        for (const RouteDestination& destination : rule.route) clusterOf(destination.destination);
        for (const Mirror& mirror : rule.mirrors) clusterOf(mirror.destination);
      }
  }

  // Both sides of a rollout that the proxies route by are clusters of their own, with the policies of the whole service.
  void layRollouts() {
    if (!scenario().rollouts.empty()) plan_->rollout_of.assign(scenario().services.size(), kNil);
    for (const Rollout& rollout : scenario().rollouts) {
      plan_->rollout_of[rollout.service] = static_cast<std::uint32_t>(plan_->rollouts.size());
      RolloutPlan& made = plan_->rollouts.emplace_back();
      const Service& service = scenario().services[rollout.service];
      made.rollout = &rollout;
      made.name = service.name + "-" + service.versions[rollout.canary].name;
      made.primary = plan_->first_version[rollout.service] + rollout.primary;
      made.canary = plan_->first_version[rollout.service] + rollout.canary;
      if (rollout.routes()) {
        made.primary_cluster = cluster(rollout.service, "the rollout's primary");
        made.canary_cluster = cluster(rollout.service, "the rollout's canary");
      }
      if (const FlaggerRollout* flagger = rollout.flagger()) made.conditions.push_back(condition(flagger->match));
      if (const ArgoRollout* argo = rollout.argo()) {
        for (const std::optional<ArgoManagedRoute>& route : argo->routes) {
          made.condition_of_step.push_back(static_cast<std::uint32_t>(made.conditions.size()));
          if (route) made.conditions.push_back(condition(route->match));
        }
      }
    }
  }

  RouteCondition condition(const std::vector<HttpMatch>& match) {
    VirtualService rules;
    rules.http.emplace_back().match = match;
    RouteCondition made;
    for (const PlanFlow& flow : plan_->flows) made.push_back(flowRoutes(flow, rules));
    return made;
  }

  void addRolloutClusters(const Mesh& mesh, MeshPlan& made) {
    for (const RolloutPlan& rollout : plan_->rollouts) {
      if (rollout.primary_cluster == kNil) continue;
      const std::uint32_t service = rollout.rollout->service;
      for (const auto& [cluster_index, version] : {std::pair(rollout.primary_cluster, rollout.rollout->primary), std::pair(rollout.canary_cluster, rollout.rollout->canary)}) {
        ClusterPolicy& c = made.clusters[cluster_index] = policy(nullptr, ruleFor(mesh, service), mesh.defaults);
        setProtocol(c, service);
        c.versions.assign(scenario().services[service].versions.size(), 0);
        c.versions[version] = 1;
      }
    }
  }

  ClusterPolicy policy(const TrafficPolicy* subset, const TrafficPolicy* rule, const TrafficPolicy& defaults) {
    const auto first = [&](auto field) -> const TrafficPolicy* {
      if (subset && subset->*field) return subset;
      if (rule && rule->*field) return rule;
      return defaults.*field ? &defaults : nullptr;
    };
    ClusterPolicy made;
    made.exists = true;
    const TrafficPolicy* balancing = first(&TrafficPolicy::load_balancer);
    const LoadBalancerSettings settings = balancing ? *balancing->load_balancer : LoadBalancerSettings{};
    made.balancer = settings.policy;
    made.hash = settings.hash;
    made.feedback = feedbackOf(made.balancer);
    made.warms_up = slowStartOf(made.balancer).window.ns > 0;
    made.failover = settings.failover;
    plan_->endpoints_report = plan_->endpoints_report || made.feedback == Feedback::reports || made.feedback == Feedback::probes;
    if (const TrafficPolicy* pool = first(&TrafficPolicy::connection_pool)) made.pool = *pool->connection_pool;
    made.connect_timeout_ring = ring(made.pool.connect_timeout);
    made.locality = settings.locality;
    if (const TrafficPolicy* breaker = first(&TrafficPolicy::consecutive_failures)) made.breaker = breaker->consecutive_failures;
    if (const TrafficPolicy* checks = first(&TrafficPolicy::health_checks)) {
      made.checks = checks->health_checks->proxy;
      made.degraded_waiting = checks->health_checks->degraded_waiting;
    }
    if (const TrafficPolicy* outlier = first(&TrafficPolicy::outlier_detection)) {
      made.outlier = outlier->outlier_detection;
      if (outlier->min_health_percent) made.failover.panic_threshold = *outlier->min_health_percent;
    }
    if (const TrafficPolicy* tls = first(&TrafficPolicy::tls)) made.tls = tls->tls;
    if (const TrafficPolicy* budget = first(&TrafficPolicy::retry_budget)) made.retry_budget = budget->retry_budget;
    if (const TrafficPolicy* admission = first(&TrafficPolicy::admission_control); admission && (*admission).admission_control->enabled) {
      made.admission = admission->admission_control;
      plan_->guarded = true;
    }
    if (settings.passes_through) {  // the virtual address stands for all of them
      made.passes_through = true;
      made.failover = {};
      made.locality.enabled = false;
      made.locality.distribute.clear();
      made.outlier.reset();
      made.breaker.reset();
      made.checks.reset();
    }
    return made;
  }

  void setProtocol(ClusterPolicy& policy, std::uint32_t service) const {
    const Protocol protocol = scenario().services[service].protocol;
    policy.multiplexed = protocol == Protocol::http2 || protocol == Protocol::grpc || (protocol == Protocol::http1 && policy.pool.upgrade_to_http2);
    if (protocol == Protocol::tcp) policy.pool.idle_timeout = policy.pool.tcp_idle_timeout;
  }

  MeshPlan meshPlan(const Mesh& mesh) {
    MeshPlan made;
    ClusterPolicy absent;  // of a cluster that only other versions of the mesh name: calls under way there may still need a time
    absent.connect_timeout_ring = plan_->connect_timeout_ring;
    made.clusters.resize(plan_->clusters.size(), absent);
    for (std::size_t c = 0; c < made.clusters.size(); ++c) setProtocol(made.clusters[c], plan_->clusters[c].service);
    for (std::uint32_t s = 0; s < scenario().services.size(); ++s) {
      made.clusters[s] = policy(nullptr, ruleFor(mesh, s), mesh.defaults);
      setProtocol(made.clusters[s], s);
      made.clusters[s].versions.assign(scenario().services[s].versions.size(), 1);
    }
    for (const DestinationRule& rule : mesh.destination_rules)
      for (const Subset& subset : rule.subsets) {
        ClusterPolicy& c = made.clusters[cluster(rule.service, subset.name)] = policy(&subset.policy, &rule.policy, mesh.defaults);
        setProtocol(c, rule.service);
        for (const Version& version : scenario().services[rule.service].versions) c.versions.push_back(c.passes_through || labelsMatch(subset.labels, version.labels) ? std::uint8_t{1} : std::uint8_t{0});
      }
    addRolloutClusters(mesh, made);
    for (const ClusterPolicy& c : made.clusters) made.warms_up = made.warms_up || c.warms_up;
    layDoors(mesh, made);
    made.checks = std::any_of(made.clusters.begin(), made.clusters.end(), [](const ClusterPolicy& c) { return c.checks.has_value(); });
    made.services.resize(scenario().services.size());
    for (std::uint32_t s = 0; s < scenario().services.size(); ++s) made.services[s].fallback = defaultRoute(mesh, s);
    made.flow_routes.resize(plan_->flows.size());
    for (const ServiceRules& service : mesh.virtual_services) {
      ServiceRoutes& routes = made.services[service.service];
      routes.has_rules = true;
      for (std::size_t r = 0; r < service.rules.http.size(); ++r) routes.rules.push_back(routePlan(mesh, service.rules.http[r], static_cast<std::uint32_t>(r)));
      for (std::size_t f = 0; f < plan_->flows.size(); ++f)
        if (plan_->flows[f].service == service.service) made.flow_routes[f] = flowRoutes(plan_->flows[f], service.rules);
    }
    return made;
  }

  // The inbound proxies' own policies: a version's are those of the first subset that it belongs to and that has any, else the rule's, else the default's.
  void layDoors(const Mesh& mesh, MeshPlan& made) {
    made.doors.resize(plan_->versions.size());
    for (std::size_t v = 0; v < plan_->versions.size(); ++v) {
      const PlanVersion& version = plan_->versions[v];
      if (!scenario().services[version.service].sidecar) continue;
      DoorPolicy& door = made.doors[v];
      for (const RateLimits& limits : mesh.rate_limits)
        if (limits.service == version.service) door.limits = &limits;
      const std::optional<AdaptiveConcurrencyConfig>& concurrency = concurrencyOf(mesh, version);
      if (concurrency && concurrency->enabled) door.concurrency = &*concurrency;
      plan_->guarded = plan_->guarded || !door.open();
    }
    for (const RateLimits& limits : mesh.rate_limits)
      if (!limits.service) made.entrance.limits = &limits;
    if (plan_->secured) made.security = securityPlan(scenario(), mesh, plan_->flows);
    plan_->entrance_guarded = plan_->entrance_guarded || !made.entrance.open() || (plan_->secured && !made.security.gateway().open());
  }

  const std::optional<AdaptiveConcurrencyConfig>& concurrencyOf(const Mesh& mesh, const PlanVersion& version) const {
    for (const DestinationRule& rule : mesh.destination_rules) {
      if (rule.service != version.service) continue;
      for (const Subset& subset : rule.subsets)
        if (subset.policy.adaptive_concurrency && labelsMatch(subset.labels, version.settings->labels)) return subset.policy.adaptive_concurrency;
      if (rule.policy.adaptive_concurrency) return rule.policy.adaptive_concurrency;
    }
    return mesh.defaults.adaptive_concurrency;
  }

  static const TrafficPolicy* ruleFor(const Mesh& mesh, std::uint32_t service) {
    for (const DestinationRule& rule : mesh.destination_rules)
      if (rule.service == service) return &rule.policy;
    return nullptr;
  }

  void setTimes(RoutePlan& route, engine::Duration timeout) {
    route.timeouts = effectiveTimeouts(timeout, route.retries.enabled() ? route.retries.per_try_timeout : engine::Duration{0});
    route.timeout_ring = ringUnlessZero(route.timeouts.global);
    route.per_try_ring = ringUnlessZero(route.timeouts.per_try);
    const RetryPolicy& retries = route.retries;
    const bool pays = (retries.token_budget || retries.throttle) && retries.enabled();
    route.pays_ahead = pays && retries.token_budget && retries.token_budget->deposit == TokenDeposit::kEveryCall;
    route.judges_success = pays || !retries.retriable_headers.empty() ||
                           std::any_of(retries.status_codes.begin(), retries.status_codes.end(), [](std::uint32_t code) { return code < 400; });
    route.hedges = retries.hedge_on_per_try_timeout && retries.enabled() && route.per_try_ring.has_value();
    plan_->guarded = plan_->guarded || pays || route.judges_success || route.hedges;
  }

  RoutePlan defaultRoute(const Mesh& mesh, std::uint32_t service) {
    RoutePlan route;
    route.destinations = {{service, 1, 0}};
    route.total_weight = 1;
    route.retries = mesh.default_retries ? *mesh.default_retries : istioDefaultRetryPolicy();
    setTimes(route, {0});
    return route;
  }

  RoutePlan routePlan(const Mesh& mesh, const HttpRoute& rule, std::uint32_t index) {
    RoutePlan route;
    route.rule = &rule;
    route.index = index;
    for (std::uint32_t d = 0; d < rule.route.size(); ++d) {
      const std::uint32_t weight = rule.route.size() == 1 ? 1 : rule.route[d].weight;  // a single destination's weight is ignored
      if (weight > 0) route.destinations.push_back({clusterOf(rule.route[d].destination), weight, d});
      route.total_weight += weight;
    }
    route.retries = rule.retries ? *rule.retries : mesh.default_retries ? *mesh.default_retries : istioDefaultRetryPolicy();
    setTimes(route, rule.timeout);
    if (rule.rewrite.changesPath()) {
      plan_->rewrites = true;
      for (const PlanFlow& flow : plan_->flows) {
        const Operation& asked = scenario().services[flow.service].operations[flow.operation];
        route.rewritten.push_back(asked.method + " " + rewrittenPath(rule.rewrite, rule.match, asked.path));
      }
    }
    for (const Mirror& mirror : rule.mirrors) route.mirrors.emplace_back(clusterOf(mirror.destination), mirror.percentage);
    return route;
  }

  // There is one entrance: every gateway's name means it. A VirtualService that names none holds there and in the sidecars.
  static std::vector<std::string> gatewaysMeant(const std::vector<std::string>& named) {
    std::vector<std::string> meant;
    for (const std::string& gateway : named) meant.push_back(gateway == kMeshGateway ? gateway : kEntrance);
    return meant;
  }
  static VirtualService asMeant(VirtualService rules) {
    rules.gateways = rules.gateways.empty() ? std::vector<std::string>{kMeshGateway, kEntrance} : gatewaysMeant(rules.gateways);
    for (HttpRoute& rule : rules.http)
      for (HttpMatch& match : rule.match) match.gateways = gatewaysMeant(match.gateways);
    return rules;
  }

  std::vector<FlowRoutes> flowRoutes(const PlanFlow& flow, const VirtualService& given) {
    const VirtualService rules = asMeant(given);
    std::vector<FlowRoutes> classes;
    for (const RouteSource& source : callerClasses(flow)) {
      FlowRoutes routes;
      routes.table = RouteTable(rules, source);
      const Service& called = scenario().services[flow.service];
      const Operation& operation = called.operations[flow.operation];
      RequestLine line;
      line.method = operation.method;
      line.path = operation.path;
      line.authority = called.name;
      routes.candidates = routes.table.narrow(line);
      routes.settled = routes.table.settled(routes.candidates);
      if (routes.settled) routes.rule = routes.table.match(routes.candidates, {});
      classes.push_back(std::move(routes));
    }
    return classes;
  }

  // The kinds of proxies that make the calls of a flow: the versions of the calling service, or the entrance of a traffic entry.
  std::vector<RouteSource> callerClasses(const PlanFlow& flow) const {
    std::vector<RouteSource> classes;
    if (flow.from_traffic) {
      const Traffic& traffic = scenario().traffic[flow.from];
      RouteSource source;
      if (traffic.via == Via::gateway) {
        source.gateway = kEntrance;
        source.ns = "istio-system";
      } else {
        source.ns = traffic.source_namespace;
      }
      classes.push_back(source);
    } else {
      const Service& service = scenario().services[flow.from];
      for (const Version& version : service.versions) {
        RouteSource source;
        source.labels = version.labels;
        source.ns = service.name_space;
        classes.push_back(source);
      }
    }
    return classes;
  }

  std::shared_ptr<Plan> plan_;
  std::map<std::tuple<bool, std::uint32_t, std::uint32_t, std::uint32_t>, std::uint32_t> flow_ids_;
  std::map<std::pair<std::uint32_t, std::string>, std::uint32_t> cluster_ids_;
};

}  // namespace

std::uint32_t Plan::operationAt(std::uint32_t flow, std::uint32_t service) const {
  const PlanFlow& f = flows[flow];
  if (service == f.service) return f.operation;
  return operationNamed(scenario.services[f.service].operations[f.operation].name, service);
}

std::uint32_t Plan::operationNamed(const std::string& name, std::uint32_t service) const {
  const auto& there = scenario.services[service].operations;
  for (std::uint32_t o = 0; o < there.size(); ++o)
    if (there[o].name == name) return o;
  return kNoEntry;
}

std::shared_ptr<const Plan> makePlan(Scenario scenario) { return PlanMaker(std::move(scenario)).make(); }

}  // namespace meshmall::models
