// What `check` says about ejection, failover, breakers and active checks that cannot act, or that hurt: a code, the reason, the cure.
// Codes: docs/reference/failover.md#warnings and resilience.md#warnings. Judged by the endpoints that the scenario starts with.
#include <algorithm>
#include <set>

#include "models/scenario/decode_parts.h"

namespace meshmall::models {

namespace {

// A cluster that a block of policies acts on.
struct Target {
  std::string name;             // "bakery" or "bakery, subset v1"
  std::uint32_t endpoints = 0;  // at the start
  std::vector<std::uint32_t> by_locality;
  const TrafficPolicy* policies[3] = {};  // subset, rule, defaults: the first that has a block gives it

  template <class Block>
  const TrafficPolicy* giver(Block block) const {
    for (const TrafficPolicy* policy : policies)
      if (policy != nullptr && policy->*block) return policy;
    return nullptr;
  }
};

bool hasLabels(const Version& version, const Labels& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& label) { return std::find(version.labels.begin(), version.labels.end(), label) != version.labels.end(); });
}

std::string number(std::uint64_t n) { return std::to_string(n); }

std::string seconds(engine::Duration d) { return shown(d.seconds()) + " s"; }

// The advices of one block; each is given once, for the first target that it is about, with the number of the others.
class Advices {
 public:
  explicit Advices(const Node& node) : node_(node) {}
  void add(const std::string& code, const std::string& target, std::string reason, std::string cure) {
    for (auto& each : given_) {
      if (each.code != code) continue;
      ++each.others;
      return;
    }
    given_.push_back({code, target, std::move(reason), std::move(cure), 0});
  }
  ~Advices() {
    for (const auto& each : given_) {
      const std::string others = each.others == 0 ? "" : " (and " + number(each.others) + (each.others == 1 ? " other" : " others") + ")";
      node_.advise(each.code, each.target + others + ": " + each.reason, each.cure);
    }
  }
  Advices(const Advices&) = delete;
  Advices& operator=(const Advices&) = delete;

 private:
  struct Given {
    std::string code, target, reason, cure;
    std::size_t others;
  };
  const Node& node_;
  std::vector<Given> given_;
};

bool mayEject(const OutlierDetectionConfig& c) {
  return c.enforcing_consecutive_5xx + c.enforcing_consecutive_gateway_failure + c.enforcing_success_rate + c.enforcing_failure_percentage > 0 ||
         (c.split_external_local_origin_errors &&
          c.enforcing_consecutive_local_origin_failure + c.enforcing_local_origin_success_rate + c.enforcing_failure_percentage_local_origin > 0);
}

void adviseOnCap(const OutlierDetectionConfig& c, const Target& target, Advices& out) {
  if (target.endpoints == 0 || c.always_eject_one_host) return;
  const std::uint64_t needed = (100 + target.endpoints - 1) / target.endpoints;  // percent that one of them is, rounded up
  if (100.0 / target.endpoints <= c.max_ejection_percent) return;
  out.add("ejection-cap", target.name,
          "nothing is ever ejected: one of " + number(target.endpoints) + " endpoints is more than maxEjectionPercent " + number(c.max_ejection_percent),
          "set maxEjectionPercent to at least " + number(needed) + ", or alwaysEjectOneHost");
}

void adviseOnRates(const OutlierDetectionConfig& c, const Target& target, Advices& out) {
  const bool success = c.enforcing_success_rate > 0 || (c.split_external_local_origin_errors && c.enforcing_local_origin_success_rate > 0);
  if (success && target.endpoints < c.success_rate_minimum_hosts) {
    out.add("success-rate-hosts", target.name,
            "success rates are never compared: " + number(target.endpoints) + " endpoints are fewer than successRateMinimumHosts " + number(c.success_rate_minimum_hosts),
            "lower successRateMinimumHosts, or use consecutive errors");
  }
  const bool failures = c.enforcing_failure_percentage > 0 || (c.split_external_local_origin_errors && c.enforcing_failure_percentage_local_origin > 0);
  if (failures && target.endpoints < c.failure_percentage_minimum_hosts) {
    out.add("failure-percentage-hosts", target.name,
            "failure percentages are never judged: " + number(target.endpoints) + " endpoints are fewer than failurePercentageMinimumHosts " +
                number(c.failure_percentage_minimum_hosts),
            "lower failurePercentageMinimumHosts");
  }
}

void adviseOnTimes(const OutlierDetectionConfig& c, const Target& target, const Scenario& scenario, Advices& out) {
  const engine::Duration end = scenario.run.warmup.value_or(engine::Duration{0}) + scenario.run.duration;
  if (c.interval >= end) {
    out.add("ejection-interval", target.name,
            "ejections never end and rates are never judged: the first sweep comes after " + seconds(c.interval) + ", the run ends at " + seconds(end),
            "shorten interval or lengthen the run");
  } else if (c.base_ejection_time < c.interval) {
    out.add("ejection-rounding", target.name, "an ejection lasts until a sweep, so baseEjectionTime " + seconds(c.base_ejection_time) + " acts as up to " + seconds(c.interval),
            "set interval to at most baseEjectionTime");
  }
}

void adviseOnOutliers(const TrafficPolicy& own, const Target& target, const Scenario& scenario, Advices& out) {
  const OutlierDetectionConfig& c = *own.outlier_detection;
  if (!mayEject(c)) {
    out.add("no-detector", target.name, "nothing is ever ejected: every detector is off or not enforced", "set consecutive5xxErrors above 0, or an enforcing... field");
    return;
  }
  adviseOnCap(c, target, out);
  adviseOnRates(c, target, out);
  adviseOnTimes(c, target, scenario, out);
  if (!c.split_external_local_origin_errors && c.consecutive_local_origin_failure != OutlierDetectionConfig{}.consecutive_local_origin_failure) {
    out.add("local-origin-unsplit", target.name, "consecutiveLocalOriginFailures does nothing: such failures count as 503 and 504", "set splitExternalLocalOriginErrors");
  }
  const TrafficPolicy* balancing = target.giver(&TrafficPolicy::load_balancer);
  const std::uint32_t panic = own.min_health_percent.value_or(balancing != nullptr ? balancing->load_balancer->failover.panic_threshold : 0);
  if (panic == 0 && c.max_ejection_percent >= 100 && target.endpoints > 0) {
    out.add("no-panic", target.name, "when all " + number(target.endpoints) + " endpoints are ejected every request is answered 503 (UH): the panic threshold is 0, as in Istio",
            "set minHealthPercent, or a lower maxEjectionPercent");
  }
}

void adviseOnZones(const LoadBalancerSettings& s, const Target& target, Advices& out) {
  if (s.hash) {
    out.add("zone-aware-hash", target.name, "zoneAware does nothing: a balancer that hashes looks at no zones, nor at failTrafficOnPanic", "leave it out, or take another balancer");
    return;
  }
  const auto zones = std::count_if(target.by_locality.begin(), target.by_locality.end(), [](std::uint32_t n) { return n > 0; });
  const std::uint32_t least = s.failover.zone_aware.min_cluster_size;
  if (target.endpoints < least) {
    out.add("zone-aware-size", target.name, "zones never matter: " + number(target.endpoints) + " endpoints are fewer than minClusterSize " + number(least),
            "lower minClusterSize");
  } else if (zones < 2) {
    out.add("zone-aware-zones", target.name, "zones never matter: all endpoints are in one zone", "spread the replicas over localities");
  }
}

bool covers(const std::string& rule, const Scenario& scenario) {
  return std::any_of(scenario.localities.begin(), scenario.localities.end(), [&](const Locality& l) { return localityMatches({l.region, l.zone, ""}, rule); });
}

void adviseOnPlaces(const LoadBalancerSettings& s, const Target& target, const Scenario& scenario, Advices& out) {
  if (s.failover.locality == LocalityRule::kZoneAware) return adviseOnZones(s, target, out);
  const LocalityLbSetting& setting = s.locality;
  if (!setting.enabled) return;
  const bool fails_over = !setting.failover.empty() || !setting.failover_priority.empty();
  if (fails_over && target.giver(&TrafficPolicy::outlier_detection) == nullptr) {
    out.add("failover-without-outlier-detection", target.name, "failover never acts: Istio arranges endpoints by place only where outlierDetection is set",
            "add an outlierDetection block");
  }
  for (const LocalityDistribute& rule : setting.distribute) {
    if (!covers(rule.from, scenario)) out.add("distribute-from", target.name, "no locality is " + inQuotes(rule.from), "name one as \"region/zone/*\"");
    for (const auto& [to, weight] : rule.to) {
      if (covers(to, scenario)) continue;
      out.add("distribute-to", target.name, inQuotes(to) + " has weight " + number(weight) + " and no locality", "name one as \"region/zone/*\"");
    }
  }
  for (const LocalityFailover& rule : setting.failover) {
    for (const std::string& region : {rule.from, rule.to}) {
      const bool there = std::any_of(scenario.localities.begin(), scenario.localities.end(), [&](const Locality& l) { return l.region == region; });
      if (!there) out.add("failover-region", target.name, "failover names " + inQuotes(region) + ", which is the region of no locality", "name a region of localities");
    }
  }
}

void adviseOnChecks(const HealthCheckConfig& c, const Target& target, const Scenario& scenario, Advices& out) {
  if (c.timeout > c.interval) {
    out.add("check-timeout", target.name,
            "a check that hangs holds up the next one: timeout " + seconds(c.timeout) + " is longer than interval " + seconds(c.interval) + ", so a dead endpoint is found after " +
                seconds((c.timeout + c.unhealthy_edge_interval.value_or(c.unhealthy_interval.value_or(c.interval))) * std::int64_t{c.unhealthy_threshold}),
            "set timeout below interval");
  }
  const engine::Duration end = scenario.run.warmup.value_or(engine::Duration{0}) + scenario.run.duration;
  if (c.interval >= end) {
    out.add("check-interval", target.name, "only the first check of each endpoint happens: interval " + seconds(c.interval) + ", the run ends at " + seconds(end),
            "shorten interval or lengthen the run");
  }
}

// ---- which blocks act on which clusters --------------------------------------------------------------------------------------------

Target targetOf(const Scenario& scenario, const Mesh& mesh, std::uint32_t service, const Subset* subset, const TrafficPolicy* rule) {
  Target target;
  const Service& s = scenario.services[service];
  target.name = s.name + (subset != nullptr ? ", subset " + subset->name : "");
  target.by_locality.assign(scenario.localities.size(), 0);
  for (const Version& version : s.versions) {
    if (subset != nullptr && !hasLabels(version, subset->labels)) continue;
    for (std::size_t l = 0; l < version.replicas.size(); ++l) {
      target.endpoints += version.replicas[l];
      target.by_locality[l] += version.replicas[l];
    }
  }
  target.policies[0] = subset != nullptr ? &subset->policy : nullptr;
  target.policies[1] = rule;
  target.policies[2] = &mesh.defaults;
  return target;
}

std::vector<Target> allTargets(const Scenario& scenario, const Mesh& mesh) {
  std::vector<Target> out;
  for (std::uint32_t s = 0; s < scenario.services.size(); ++s) {
    const auto rule = std::find_if(mesh.destination_rules.begin(), mesh.destination_rules.end(), [&](const DestinationRule& r) { return r.service == s; });
    const bool given = rule != mesh.destination_rules.end();
    out.push_back(targetOf(scenario, mesh, s, nullptr, given ? &rule->policy : nullptr));
    if (!given) continue;
    for (const Subset& subset : rule->subsets) out.push_back(targetOf(scenario, mesh, s, &subset, &rule->policy));
  }
  return out;
}

// One trafficPolicy: each of its blocks with the clusters that get it from here.
void adviseOnPolicy(const Node& node, const TrafficPolicy& policy, const std::vector<Target>& targets, const Scenario& scenario) {
  const auto block = [&](std::string_view key, auto field, auto advise) {
    const JsonMember* const* found = nullptr;
    const auto members = sortedMembers(node);
    for (const auto& member : members)
      if (member->key == key) found = &member;
    if (found == nullptr || !(policy.*field)) return;
    const Node at(node, **found);
    Advices advices(at);
    for (const Target& target : targets)
      if (target.giver(field) == &policy) advise(target, advices);
  };
  block("outlierDetection", &TrafficPolicy::outlier_detection, [&](const Target& t, Advices& out) { adviseOnOutliers(policy, t, scenario, out); });
  block("loadBalancer", &TrafficPolicy::load_balancer, [&](const Target& t, Advices& out) { adviseOnPlaces(*policy.load_balancer, t, scenario, out); });
  block("healthChecks", &TrafficPolicy::health_checks, [&](const Target& t, Advices& out) { adviseOnChecks(policy.health_checks->proxy, t, scenario, out); });
}

const JsonMember* member(const Node& node, std::string_view key) { return node.value().find(key); }

}  // namespace

void adviseOnHealth(const Node& mesh, const Scenario& scenario, const Mesh& decoded) {
  const std::vector<Target> targets = allTargets(scenario, decoded);
  if (const JsonMember* defaults = member(mesh, "defaults")) {
    const Node at(mesh, *defaults);
    if (const JsonMember* policy = member(at, "trafficPolicy")) adviseOnPolicy(Node(at, *policy), decoded.defaults, targets, scenario);
  }
  const JsonMember* rules = member(mesh, "destinationRules");
  if (rules == nullptr) return;
  const Node rules_node(mesh, *rules);
  for (const JsonMember* entry : sortedMembers(rules_node)) {
    const Node at(rules_node, *entry);
    const auto rule = std::find_if(decoded.destination_rules.begin(), decoded.destination_rules.end(), [&](const DestinationRule& r) { return r.key == entry->key; });
    if (rule == decoded.destination_rules.end()) continue;
    if (const JsonMember* policy = member(at, "trafficPolicy")) adviseOnPolicy(Node(at, *policy), rule->policy, targets, scenario);
    const JsonMember* subsets = member(at, "subsets");
    if (subsets == nullptr) continue;
    const Node list(at, *subsets);
    for (std::size_t i = 0; i < rule->subsets.size(); ++i) {
      const Node subset(list, i, (*subsets->value.items())[i]);
      if (const JsonMember* policy = member(subset, "trafficPolicy")) adviseOnPolicy(Node(subset, *policy), rule->subsets[i].policy, targets, scenario);
    }
  }
}

}  // namespace meshmall::models
