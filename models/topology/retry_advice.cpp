#include <algorithm>
#include <cmath>

#include "models/scenario/reader.h"
#include "models/topology/policy_advice.h"

namespace meshmall::models {

namespace {

constexpr double kHighLoad = 0.5;  // of a service that retries can drive over its capacity

// A retries block, whom it is for, and the route's timeout.
struct RetryPlace {
  const RetryPolicy* retries = nullptr;
  std::string pointer;
  std::optional<std::uint32_t> service;  // nothing: the default of all
  Duration timeout{0};
  const HttpRoute* rule = nullptr;
};

std::vector<RetryPlace> placesOf(const AdviceInput& in) {
  std::vector<RetryPlace> places;
  if (in.mesh().default_retries) places.push_back({&*in.mesh().default_retries, "/mesh/defaults/retries", std::nullopt, {}, nullptr});
  for (const ServiceRules& rules : in.mesh().virtual_services) {
    for (std::size_t i = 0; i < rules.rules.http.size(); ++i) {
      const HttpRoute& rule = rules.rules.http[i];
      const std::string pointer = "/mesh/virtualServices/" + in.scenario.services[rules.service].name + "/http/" + std::to_string(i);
      const RetryPolicy* retries = rule.retries ? &*rule.retries : in.mesh().default_retries ? &*in.mesh().default_retries : nullptr;
      if (retries != nullptr) places.push_back({retries, pointer + (rule.retries ? "/retries" : ""), rules.service, rule.timeout, &rule});
    }
  }
  return places;
}

// The services whose calls a place's retries are for.
std::vector<std::uint32_t> servicesOf(const AdviceInput& in, const RetryPlace& place) {
  std::vector<std::uint32_t> services;
  for (std::uint32_t s = 0; s < in.scenario.services.size(); ++s) {
    const auto& all = in.mesh().virtual_services;
    const bool ruled = std::any_of(all.begin(), all.end(), [&](const ServiceRules& rules) { return rules.service == s; });
    if (place.service ? *place.service == s : !ruled) services.push_back(s);
  }
  return services;
}

// By the route's own budget, or the cluster's.
bool hasBudget(const AdviceInput& in, const RetryPolicy& retries, std::uint32_t service) {
  if (retries.budget || retries.token_budget || retries.throttle) return true;
  for (const DestinationRule& rule : in.mesh().destination_rules)
    if (rule.service == service && rule.policy.retry_budget) return true;
  return in.mesh().defaults.retry_budget.has_value();
}

bool hashes(const AdviceInput& in, std::uint32_t service) {
  for (const DestinationRule& rule : in.mesh().destination_rules) {
    if (rule.service != service) continue;
    if (rule.policy.load_balancer) return rule.policy.load_balancer->hash.has_value();
    for (const Subset& subset : rule.subsets)
      if (subset.policy.load_balancer && subset.policy.load_balancer->hash) return true;
  }
  return in.mesh().defaults.load_balancer && in.mesh().defaults.load_balancer->hash;
}

void adviseOnTimes(const AdviceInput& in, const RetryPlace& place, std::vector<Problem>& out) {
  const RetryPolicy& retries = *place.retries;
  if (place.rule != nullptr && place.rule->fault && place.rule->fault->delay && place.rule->fault->delay->percentage.numerator > 0 && place.timeout.ns > 0) {
    out.push_back(advice(in, place.pointer.substr(0, place.pointer.find("/retries")), "fault-timeout", "the injected delay comes before the route: its timeout does not cover it",
                         "judge the delay by the caller's own timeout"));
  }
  if (retries.attempts == 0 || retries.per_try_timeout.ns == 0 || place.timeout.ns == 0) return;
  const std::string times = shown(retries.per_try_timeout.seconds()) + " s per try, " + shown(place.timeout.seconds()) + " s for the route";
  if (retries.per_try_timeout >= place.timeout) {
    out.push_back(advice(in, place.pointer, "per-try-off", "perTryTimeout is switched off, as it is not below the route's timeout (" + times + "), so a slow try is never made again",
                         "lower perTryTimeout or raise the route's timeout"));
    return;
  }
  const std::int64_t fit = place.timeout.ns / retries.per_try_timeout.ns;
  if (fit >= std::int64_t{retries.attempts} + 1) return;
  out.push_back(advice(in, place.pointer, "retry-timeout",
                       "of " + std::to_string(retries.attempts + 1) + " tries only " + std::to_string(fit) + " can run into their own timeout before the route's ends them (" + times + ")",
                       "lower attempts or perTryTimeout, or raise the route's timeout"));
}

void adviseOnConditions(const AdviceInput& in, const RetryPlace& place, std::vector<Problem>& out) {
  const RetryPolicy& retries = *place.retries;
  if (retries.attempts == 0) return;
  constexpr RetryOn kGrpc = kRetryOnGrpcCancelled | kRetryOnGrpcDeadlineExceeded | kRetryOnGrpcResourceExhausted | kRetryOnGrpcUnavailable | kRetryOnGrpcInternal;
  constexpr RetryOn kHttp = kRetryOn5xx | kRetryOnGatewayError | kRetryOnRetriable4xx;
  const bool by_http = (retries.on & kHttp) != 0 || !retries.status_codes.empty();
  if (by_http && (retries.on & kGrpc) == 0) {
    for (const std::uint32_t s : servicesOf(in, place)) {
      if (in.scenario.services[s].protocol != Protocol::grpc) continue;
      out.push_back(advice(in, place.pointer, "retry-http-on-grpc",
                           "failures of " + in.scenario.services[s].name + " are gRPC statuses in an HTTP 200: retryOn has no condition that meets them", "add unavailable, or the like, to retryOn"));
      break;
    }
  }
  if ((retries.on & kRetryOnRetriableHeaders) != 0 && retries.retriable_headers.empty()) {
    out.push_back(advice(in, place.pointer, "retry-headers", "retriable-headers meets nothing: there is no field that names the headers", "use status codes or other conditions"));
  }
  if (!retries.rate_limited_backoff.reset_headers.empty() && (retries.on & kRetryOnEnvoyRateLimited) == 0) {
    out.push_back(advice(in, place.pointer, "rate-limited-backoff", "answers of rate limits are not retried, so their headers are never asked", "add envoy-ratelimited to retryOn"));
  }
  if (retries.previous_priorities_frequency > retries.attempts) {
    out.push_back(advice(in, place.pointer, "retry-priority",
                         "retries never leave a priority: that takes " + std::to_string(retries.previous_priorities_frequency) + " failed tries before a retry, and attempts is " + std::to_string(retries.attempts),
                         "raise attempts to at least " + std::to_string(retries.previous_priorities_frequency)));
  }
  if (retries.previous_priorities_frequency > 0) {
    for (const std::uint32_t s : servicesOf(in, place)) {
      if (!hashes(in, s)) continue;
      out.push_back(advice(in, place.pointer, "retry-priority-hash", "retries of " + in.scenario.services[s].name + " never leave a priority: its balancer hashes, and the hash alone decides the priority",
                           "leave it out, or take another balancer"));
      break;
    }
  }
  if (retries.previous_priorities_frequency > 0 && in.scenario.localities.size() == 1) {
    out.push_back(advice(in, place.pointer, "retry-one-locality", "retries have no other locality to go to: there is one", "name localities, or leave it out"));
  }
}

void adviseOnBudgets(const AdviceInput& in, const RetryPlace& place, std::vector<Problem>& out) {
  const RetryPolicy& retries = *place.retries;
  if (!retries.enabled()) return;
  if (retries.token_budget && retries.token_budget->deposit == TokenDeposit::kNonRetryable && retries.token_budget->ratio > 0 && retries.token_budget->ratio <= 1) {
    const double acts_as = 1 / std::trunc(1 / static_cast<double>(retries.token_budget->ratio));
    if (acts_as > 1.05 * static_cast<double>(retries.token_budget->ratio)) {
      out.push_back(advice(in, place.pointer, "token-ratio", "ratio acts as " + shown(std::round(acts_as * 1e4) / 1e4) + ": a retry costs whole deposits, 1/ratio cut to a whole number",
                           "choose 1, 0.5, 0.33, 0.25, 0.2, ..."));
    }
  }
  constexpr RetryOn kOnOverload = kRetryOn5xx | kRetryOnGatewayError | kRetryOnReset | kRetryOnGrpcUnavailable;
  const auto& codes = retries.status_codes;
  const bool on_overload = (retries.on & kOnOverload) != 0 || std::find(codes.begin(), codes.end(), 503U) != codes.end() || retries.hedge_on_per_try_timeout;
  if (!on_overload) return;
  for (const std::uint32_t s : servicesOf(in, place)) {
    const ServicePrediction& predicted = in.prediction.services[s];
    const double load = predicted.workers > 0 ? predicted.held / predicted.workers : 0;
    const bool grpc_only = (retries.on & (kOnOverload & ~kRetryOnGrpcUnavailable)) == 0 && codes.empty() && !retries.hedge_on_per_try_timeout;
    if (hasBudget(in, retries, s)) continue;
    if (grpc_only && in.scenario.services[s].protocol != Protocol::grpc) continue;
    if (load < kHighLoad || load * (1.0 + retries.attempts) < 1) continue;
    out.push_back(advice(in, place.pointer, "retry-no-budget",
                         in.scenario.services[s].name + " is at " + shown(std::round(100 * load)) + " % and may get " + std::to_string(retries.attempts + 1) +
                             " times the tries when it fails: retries alone can keep it overloaded",
                         "give retries a budget ({\"percent\": 20})"));
    return;
  }
}

bool mayNotBeRepeated(const Operation& operation) { return operation.name.rfind("POST ", 0) == 0 || operation.name.rfind("PATCH ", 0) == 0; }

void adviseOnHedges(const AdviceInput& in, const RetryPlace& place, std::vector<Problem>& out) {
  if (!place.retries->hedge_on_per_try_timeout) return;
  if (place.retries->attempts == 0) {
    out.push_back(advice(in, place.pointer, "hedge-no-attempts", "there is no hedge: each one is a retry, and attempts is 0", "set attempts to at least 1"));
    return;
  }
  bool unsafe = false, loaded = false;
  for (const std::uint32_t s : servicesOf(in, place)) {
    for (const Operation& operation : in.scenario.services[s].operations) {
      if (unsafe || !mayNotBeRepeated(operation)) continue;
      unsafe = true;
      out.push_back(advice(in, place.pointer, "hedge-not-idempotent", in.scenario.services[s].name + "/" + operation.name + " is done twice when it is slow: POST and PATCH are not idempotent",
                           "hedge a route of its own for GET, by match.method"));
    }
    const ServicePrediction& predicted = in.prediction.services[s];
    const double load = predicted.workers > 0 ? predicted.held / predicted.workers : 0;
    if (loaded || load < 0.7) continue;
    loaded = true;
    out.push_back(advice(in, place.pointer, "hedge-load", in.scenario.services[s].name + " is at " + shown(std::round(100 * load)) + " %: hedges add work where queues are the reason for slowness",
                         "hedge later (perTryTimeout at p95 or above), or add endpoints"));
  }
}

// ---- faults --------------------------------------------------------------------------------------------------------------------------

void adviseOnFaults(const AdviceInput& in, std::vector<Problem>& out) {
  for (const ServiceRules& rules : in.mesh().virtual_services) {
    for (std::size_t i = 0; i < rules.rules.http.size(); ++i) {
      const auto& fault = rules.rules.http[i].fault;
      if (!fault) continue;
      const bool delay = fault->delay && fault->delay->exponential, abort = fault->abort && fault->abort->http2_error >= 0;
      if (!delay && !abort) continue;
      const std::string pointer = "/mesh/virtualServices/" + in.scenario.services[rules.service].name + "/http/" + std::to_string(i) + "/fault";
      out.push_back(advice(in, pointer, "fault-not-in-istio",
                           std::string("Istio's own proxies leave a fault with ") + (delay ? "exponentialDelay" : "http2Error") + " out; here it acts",
                           delay ? "use fixedDelay to hold the run beside Istio" : "use httpStatus or grpcStatus to hold the run beside Istio"));
    }
  }
}

// ---- layers ------------------------------------------------------------------------------------------------------------------------

// How many tries a failing call of a service can become at its caller's proxy; a budget holds it near 1.
std::uint64_t triesOf(const AdviceInput& in, std::uint32_t service, bool caller_has_proxy) {
  if (!caller_has_proxy) return 1;
  std::uint64_t most = 1;
  const auto consider = [&](const RetryPolicy& retries) {
    const bool grpc = in.scenario.services[service].protocol == Protocol::grpc;
    const auto& codes = retries.status_codes;
    const bool on = grpc ? (retries.on & kRetryOnGrpcUnavailable) != 0
                         : (retries.on & (kRetryOn5xx | kRetryOnGatewayError)) != 0 || std::find(codes.begin(), codes.end(), 503U) != codes.end();
    if (on && !hasBudget(in, retries, service)) most = std::max<std::uint64_t>(most, std::uint64_t{retries.attempts} + 1);
  };
  static const RetryPolicy kDefault = istioDefaultRetryPolicy();
  const RetryPolicy& fallback = in.mesh().default_retries ? *in.mesh().default_retries : kDefault;
  const auto& all = in.mesh().virtual_services;
  const auto rules = std::find_if(all.begin(), all.end(), [&](const ServiceRules& r) { return r.service == service; });
  if (rules == all.end()) {
    consider(fallback);
  } else {
    for (const HttpRoute& rule : rules->rules.http) consider(rule.retries ? *rule.retries : fallback);
  }
  return most;
}

struct Chain {
  double product = 1;
  std::uint32_t layers = 0;  // that multiply
  std::uint32_t next = ~std::uint32_t{0};
};

void adviseOnLayers(const AdviceInput& in, std::vector<Problem>& out) {
  const CallGraph& graph = in.graph;
  std::vector<Chain> below(graph.nodes.size());
  const auto longer = [](const Chain& a, const Chain& b) { return a.product > b.product; };
  for (auto node = graph.order.rbegin(); node != graph.order.rend(); ++node) {
    for (const CallGraph::Edge& edge : graph.callees[*node]) {
      const OperationRef to = graph.nodes[edge.to];
      const std::uint64_t tries = triesOf(in, to.service, in.scenario.services[graph.nodes[*node].service].sidecar);
      const Chain chain{static_cast<double>(tries) * below[edge.to].product, below[edge.to].layers + (tries > 1 ? 1U : 0U), edge.to};
      if (longer(chain, below[*node])) below[*node] = chain;
    }
  }
  Chain worst;
  const Traffic* from = nullptr;
  for (const Traffic& traffic : in.scenario.traffic) {
    const std::uint32_t node = graph.node(traffic.to);
    const std::uint64_t tries = triesOf(in, traffic.to.service, traffic.via != Via::direct);
    const Chain chain{static_cast<double>(tries) * below[node].product, below[node].layers + (tries > 1 ? 1U : 0U), node};
    if (chain.layers >= 2 && longer(chain, worst)) {
      worst = chain;
      from = &traffic;
    }
  }
  if (from == nullptr) return;
  std::string names = from->name;
  std::uint32_t last = worst.next;
  for (std::uint32_t node = worst.next; node != ~std::uint32_t{0}; node = below[node].next) {
    names += " -> " + operationName(in.scenario, graph.nodes[node]);
    last = node;
  }
  out.push_back(advice(in, "/mesh", "retry-layers",
                       "retries of " + std::to_string(worst.layers) + " layers multiply: " + names + " makes up to " + shown(worst.product) + " tries of " +
                           operationName(in.scenario, graph.nodes[last]) + " for one customer when it fails",
                       "retry at one layer only, the lowest, or give every layer a budget"));
}

}  // namespace

void adviseOnRetries(const AdviceInput& in, std::vector<Problem>& out) {
  for (const RetryPlace& place : placesOf(in)) {
    adviseOnTimes(in, place, out);
    if (place.rule != nullptr && !place.rule->retries) continue;  // the rest is said of the default itself
    adviseOnConditions(in, place, out);
    adviseOnBudgets(in, place, out);
    adviseOnHedges(in, place, out);
  }
  adviseOnFaults(in, out);
  adviseOnLayers(in, out);
}

}  // namespace meshmall::models
