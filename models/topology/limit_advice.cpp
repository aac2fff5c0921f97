#include <algorithm>
#include <cmath>

#include "models/scenario/reader.h"
#include "models/topology/policy_advice.h"

namespace meshmall::models {

namespace {

std::string rounded(double value) { return shown(std::round(value * 100) / 100); }

std::uint64_t endpointsOf(const Service& service) {
  std::uint64_t sum = 0;
  for (const Version& version : service.versions)
    for (const std::uint32_t n : version.replicas) sum += n;
  return sum;
}

bool anyoneEnters(const Scenario& scenario) {
  return std::any_of(scenario.traffic.begin(), scenario.traffic.end(), [](const Traffic& t) { return t.via == Via::gateway; });
}

// Requests per second that come to a limit's doors, all together.
double rateAt(const AdviceInput& in, const RateLimits& limits) {
  if (limits.service) return in.prediction.services[*limits.service].rate;
  double sum = 0;
  for (std::size_t t = 0; t < in.scenario.traffic.size(); ++t)
    if (in.scenario.traffic[t].via == Via::gateway) sum += in.prediction.traffic[t].rate;
  return sum;
}

void adviseOnLocal(const AdviceInput& in, const RateLimits& limits, const std::string& pointer, std::uint64_t doors, std::vector<Problem>& out) {
  const LocalBucketConfig& bucket = *limits.local->default_bucket;
  const double each = bucket.tokensPerSecond(), together = each * static_cast<double>(doors);
  if (doors > 1) {
    out.push_back(advice(in, pointer + "/local", "local-limit-replicas",
                         "each of " + std::to_string(doors) + " proxies has its own bucket: together they let " + rounded(together) + "/s pass, not " + rounded(each) + "/s",
                         "divide by the number of proxies, or use a global limit"));
  }
  if (static_cast<double>(bucket.max_tokens) < each && bucket.refill == RefillMode::kInterval) {
    out.push_back(advice(in, pointer + "/local", "local-limit-size", "a fill gives more tokens than maxTokens " + std::to_string(bucket.max_tokens) + " holds: the rest is lost", "raise maxTokens"));
  }
}

void adviseOnGlobal(const AdviceInput& in, const RateLimits& limits, const std::string& pointer, std::vector<Problem>& out) {
  const GlobalRateLimit& global = *limits.global;
  if (global.latency.mean() > kRateLimitTimeout.seconds()) {
    out.push_back(advice(in, pointer + "/global", "rate-limit-timeout",
                         std::string("the rate limit service mostly answers too late (the proxy waits 20 ms): requests are ") + (global.fail_open ? "let pass" : "answered 500"), "lower latency"));
  }
  if (global.key.empty()) return;
  const bool carried = std::any_of(in.scenario.traffic.begin(), in.scenario.traffic.end(), [&](const Traffic& t) {
    return std::any_of(t.headers.begin(), t.headers.end(), [&](const auto& header) { return header.first == global.key; });
  });
  if (!carried) out.push_back(advice(in, pointer + "/global/key", "rate-limit-key", "no customer carries the header " + global.key + ": nothing is limited", "give the traffic that header, or leave key out"));
}

void adviseOnRateLimits(const AdviceInput& in, std::vector<Problem>& out) {
  for (const RateLimits& limits : in.mesh().rate_limits) {
    const std::string pointer = "/mesh/rateLimits/" + (limits.service ? in.scenario.services[*limits.service].name : std::string(kEntranceGateway));
    if (limits.service && !in.scenario.services[*limits.service].sidecar) {
      out.push_back(advice(in, pointer, "limit-no-proxy", "the limit never acts: the service has no sidecar that could hold it", "give it a sidecar, or limit at the gateway"));
      continue;
    }
    if (!limits.service && !anyoneEnters(in.scenario)) {
      out.push_back(advice(in, pointer, "limit-no-entrance", "the limit never acts: nobody comes by the gateway", "limit at the service"));
      continue;
    }
    std::uint64_t doors = 0;
    for (const std::uint32_t n : in.scenario.gateway.replicas) doors += n;
    if (limits.service) doors = endpointsOf(in.scenario.services[*limits.service]);
    if (limits.local) adviseOnLocal(in, limits, pointer, doors, out);
    if (limits.global) adviseOnGlobal(in, limits, pointer, out);
    if (!limits.local || !limits.global) continue;
    const double local = limits.local->default_bucket->tokensPerSecond() * static_cast<double>(doors);
    const double global = static_cast<double>(limits.global->limit.requests_per_unit) / static_cast<double>(unitSeconds(limits.global->limit.unit));
    if (limits.global->key.empty() && local <= global && rateAt(in, limits) > local) {
      out.push_back(advice(in, pointer, "global-limit-idle", "the global limit of " + rounded(global) + "/s never acts: the local ones let only " + rounded(local) + "/s come to it",
                           "raise the local limit: it is the coarse one"));
    }
  }
}

// A block of a trafficPolicy, where it stands, and the services it is for.
template <class Block>
struct Given {
  const Block* block;
  std::string pointer;
  std::vector<std::uint32_t> services;
};

template <class Block>
std::vector<Given<Block>> blocksOf(const AdviceInput& in, std::optional<Block> TrafficPolicy::* member, const std::string& key) {
  std::vector<Given<Block>> found;
  std::vector<std::uint32_t> others;
  for (std::uint32_t s = 0; s < in.scenario.services.size(); ++s) others.push_back(s);
  for (const DestinationRule& rule : in.mesh().destination_rules) {
    const std::string pointer = "/mesh/destinationRules/" + in.scenario.services[rule.service].name;
    if (rule.policy.*member) {
      found.push_back({&*(rule.policy.*member), pointer + "/trafficPolicy/" + key, {rule.service}});
      others.erase(std::remove(others.begin(), others.end(), rule.service), others.end());
    }
  }
  if (in.mesh().defaults.*member) found.push_back({&*(in.mesh().defaults.*member), "/mesh/defaults/trafficPolicy/" + key, others});
  return found;
}

void adviseOnConcurrency(const AdviceInput& in, std::vector<Problem>& out) {
  for (const auto& given : blocksOf(in, &TrafficPolicy::adaptive_concurrency, "adaptiveConcurrency")) {
    const AdaptiveConcurrencyConfig& c = *given.block;
    if (!c.enabled) continue;
    for (const std::uint32_t s : given.services) {
      const Service& service = in.scenario.services[s];
      if (!service.sidecar) {
        out.push_back(advice(in, given.pointer, "limit-no-proxy", service.name + " has no sidecar that could limit it", "give it a sidecar"));
        break;
      }
      const auto endpoints = static_cast<double>(endpointsOf(service));
      const double rate = in.prediction.services[s].rate / endpoints, inside = in.prediction.services[s].held / endpoints;
      if (rate > 0 && c.request_count / rate > 0.1 * c.min_rtt_interval.seconds()) {
        out.push_back(advice(in, given.pointer, "adaptive-measuring",
                             service.name + " is held at " + std::to_string(c.min_concurrency) + " requests for about " + rounded(c.request_count / rate) + " s of every " +
                                 rounded(c.min_rtt_interval.seconds()) + " s: so long do " + std::to_string(c.request_count) + " samples take at " + rounded(rate) + "/s an endpoint",
                             "lower requestCount or lengthen minRttInterval"));
        break;
      }
      if (inside > c.min_concurrency) {
        out.push_back(advice(in, given.pointer, "adaptive-min-concurrency",
                             service.name + " has " + rounded(inside) + " requests inside each endpoint on average, and only " + std::to_string(c.min_concurrency) + " are let in while it measures: the others get 503",
                             "raise minConcurrency, or retry 503 elsewhere"));
        break;
      }
    }
  }
}

void adviseOnAdmission(const AdviceInput& in, std::vector<Problem>& out) {
  for (const auto& given : blocksOf(in, &TrafficPolicy::admission_control, "admissionControl")) {
    const AdmissionControlConfig& c = *given.block;
    if (!c.enabled) continue;
    if (c.max_rejection_probability_percent == 0) {
      out.push_back(advice(in, given.pointer, "admission-off", "nothing is ever rejected: maxRejectionProbability is 0", "leave it out (80)"));
      continue;
    }
    for (const std::uint32_t s : given.services) {
      const double rate = in.prediction.services[s].rate;
      if (rate <= 0 || c.rps_threshold == 0 || rate >= c.rps_threshold) continue;
      out.push_back(advice(in, given.pointer, "admission-threshold",
                           "nothing is ever rejected for " + in.scenario.services[s].name + ": it gets " + rounded(rate) + "/s of all proxy threads together, rpsThreshold is " + std::to_string(c.rps_threshold) + " for each",
                           "lower rpsThreshold"));
      break;
    }
  }
}

}  // namespace

void adviseOnLimits(const AdviceInput& in, std::vector<Problem>& out) {
  adviseOnRateLimits(in, out);
  adviseOnConcurrency(in, out);
  adviseOnAdmission(in, out);
}

}  // namespace meshmall::models
