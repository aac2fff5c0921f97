// What is told of a pick for those customers whose trip is recorded: why this endpoint, what the proxy believed of the others, and what was true.
#include <algorithm>
#include <charconv>

#include "models/balancing/slow_start.h"
#include "models/mall/mall.h"

namespace meshmall::models {

namespace {

// Hands on a source's numbers and remembers them.
class Remembered final : public engine::RandomSource {
 public:
  Remembered(engine::RandomSource& source, std::vector<std::uint64_t>& draws) : source_(source), draws_(draws) {}
  std::uint64_t next() override { return draws_.emplace_back(source_.next()); }

 private:
  engine::RandomSource& source_;
  std::vector<std::uint64_t>& draws_;
};

}  // namespace

Pick Mall::pickTraced(Upstream& upstream, std::uint32_t thread, const PickContext& context, engine::StreamSource& random, PickTrace& trace) {
  LoadBalancer& balancer = balancerOf(upstream, thread);  // its seed is not of this pick
  draws_.clear();
  Remembered remembered(random, draws_);
  return balancer.pick(upstream.hosts, context, remembered, &trace);
}

namespace {

std::string inPercent(double share) {
  const auto tenths = static_cast<long>(share * 1000 + 0.5);
  std::string text = std::to_string(tenths / 10);
  if (tenths % 10 != 0) text.append(".").append(std::to_string(tenths % 10));
  return text + " %";
}

// Three digits, for people.
std::string brief(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value, value >= 1000 ? std::chars_format::fixed : std::chars_format::general, value >= 1000 ? 0 : 3).ptr;
  return {text, end};
}

}  // namespace

// The proxy's belief: "healthy", or what it holds against the endpoint.
std::string Mall::believed(const Upstream& upstream, HostIndex host) const {
  const HostFlags flags = upstream.hosts.flags(host);
  std::string text;
  const auto add = [&](HostFlags flag, const char* what) {
    if ((flags & flag) == 0) return;
    if (!text.empty()) text += " and ";
    text += what;
  };
  add(kFailedOutlierCheck, "ejected");
  add(kShutByBreaker, "shut by its breaker");
  add(kFailedActiveCheck, "unhealthy by active checks");
  add(kDegradedActiveCheck, "degraded");
  return text.empty() ? "healthy" : text;
}

std::string Mall::crowdAt(std::uint32_t index) const {
  const Endpoint& endpoint = endpoints_[index];
  return std::to_string(endpoint.held) + " of " + std::to_string(endpoint.workers) + " workers busy, " + std::to_string(endpoint.waiting) + " waiting";
}

// What the policy went by beside active requests, and what was true: estimates of latency, answers to probes, reported weights, slow start. Empty: nothing.
std::string Mall::weighed(const Upstream& upstream, const Pick& pick, const PickTrace& trace) const {
  if (proxies_[upstream.proxy].kind == Proxy::Kind::bare) return {};
  const PolicyConfig& policy = policyOf(upstream).balancer;
  const HostConfig& host = upstream.hosts.host(pick.host);
  const std::string truth = "; in truth " + crowdAt(host.id);
  std::string text;
  if (std::holds_alternative<PeakEwmaConfig>(policy) && trace.candidates.size() > 1) {
    for (const PickTrace::Candidate& c : trace.candidates) {
      const std::uint32_t endpoint = upstream.hosts.host(c.host).id;
      text += (text.empty() ? "" : ", against ") + endpoints_[endpoint].name + " at " + brief(c.cost / (c.active + 1.0) / 1e6) + " ms x " + std::to_string(c.active + 1) + " = " +
              brief(c.cost / 1e6) + " (in truth " + crowdAt(endpoint) + ")";
    }
    return "estimates: " + text;
  }
  if (std::holds_alternative<PrequalConfig>(policy)) {
    if (trace.candidates.empty()) return "too few answers to probes: a random endpoint" + truth;
    for (const PickTrace::Candidate& c : trace.candidates) {
      if (c.host != pick.host) continue;
      return "a probe was told, " + brief(c.age.milliseconds()) + " ms ago, " + std::to_string(c.active) + " in flight and " + brief(c.cost / 1e6) + " ms there; in truth " +
             std::to_string(endpoints_[host.id].requests) + " in flight, " + crowdAt(host.id);
    }
    return {};
  }
  const bool reports = std::holds_alternative<ClientSideWeightedRoundRobinConfig>(policy), grpc = std::holds_alternative<GrpcWeightedRoundRobinConfig>(policy);
  if (reports || grpc) {
    const HostMeasures& measures = upstream.hosts.measures(pick.host);
    if (measures.load_weight <= 0) text = "no load report counts yet";
    else text = "its last report, " + brief((now_ - measures.last_report).milliseconds()) + " ms ago, says weight " + brief(measures.load_weight);
    if (reports) text += ", the schedule goes by " + std::to_string(upstream.hosts.weight(pick.host));
  }
  const SlowStartConfig slow_start = slowStartOf(policy);
  const double factor = slowStartFactorOf(upstream.hosts, pick.host, now_, slow_start);
  if (factor < 1) text += (text.empty() ? "" : ", ") + ("slow start gives it " + inPercent(factor) + " of its weight " + std::to_string(upstream.hosts.weight(pick.host)));
  return text.empty() ? text : text + truth;
}

// The endpoint's state, and what happens to requests for the operation there.
std::string Mall::truthOf(const Endpoint& endpoint, std::uint32_t operation) const {
  constexpr const char* kStates[] = {"up", "leaving", "leaving and takes no more requests", "down", "starting", "gone"};
  std::string text = kStates[static_cast<std::size_t>(endpoint.state)];
  if (!endpoint.accepts()) return text;
  double passes = 1;
  for (const std::uint32_t e : fails_) {
    const auto& fail = std::get<Fail>(timed(e).what);
    if (matches(fail.target, endpoint) && (!fail.target.operation || *fail.target.operation == operation)) passes *= 1 - fail.probability;
  }
  if (operation != kNoEntry) {
    const std::uint32_t point = plan_->versions[endpoint.runs].start_failures[operation];
    if (point != kNil) passes *= 1 - plan_->program.fail_points[point].probability;
  }
  if (passes < 1) text.append(" and fails ").append(inPercent(1 - passes));
  const double slow = slowFactor(endpoint, operation);
  if (slow > 1) text.append(" and ").append(std::to_string(static_cast<long>(slow + 0.5))).append(" times as slow");
  return text;
}

PickRecord Mall::recordOf(const Upstream& upstream, const PendingCall& call, const Pick& pick) {
  PickRecord record;
  const std::uint32_t operation = rewrittenOperation(call, plan_->clusters[upstream.cluster].service);
  for (HostIndex h = 0; h < upstream.hosts.size(); ++h) {
    const Endpoint& endpoint = endpoints_[upstream.hosts.host(h).id];
    const std::string belief = believed(upstream, h), truth = truthOf(endpoint, operation);
    if (belief == "healthy" && truth == "up") continue;
    record.views.push_back({upstream.hosts.host(h).id, trips_.nameIndex(belief), trips_.nameIndex(truth)});
  }
  const auto shares = upstream.hosts.shares();
  std::string source;
  const auto add = [&](const std::string& what) {
    if (!source.empty()) source += ", ";
    source += what;
  };
  if (shares.size() > 1) {
    const PriorityShare& share = shares[pick.priority];
    std::string priority = "priority ";
    priority.append(std::to_string(pick.priority)).append(" of ").append(std::to_string(shares.size()));
    add(priority.append(" (").append(std::to_string(pick.degraded ? share.degraded : share.healthy)).append(" % of the traffic)"));
  }
  if (pick.panic) add("panic: all endpoints count");
  if (pick.degraded) add("degraded endpoints");
  if (pick.locality != HostSource::kNoLocality && pick.priority < upstream.hosts.priorities()) {
    const auto& localities = upstream.hosts.membership().priorities[pick.priority].localities;
    if (pick.locality < localities.size()) add(std::string("locality ").append(localities[pick.locality].name));
  }
  if (!source.empty()) record.source = trips_.nameIndex(source);
  return record;
}

void Mall::traceTry(std::uint32_t index, const Pick& pick, const PickTrace& trace) {
  constexpr const char* kReasons[] = {"no host", "next in line", "earliest deadline of the weighted schedule", "random", "fewest requests",
                                      "lowest cost", "hash", "hash, bounded load", "the connection there is"};
  const Try& t = tries_[index];
  const Upstream& upstream = upstreams_[t.upstream];
  PickRecord reason = recordOf(upstream, calls_[t.call], pick);
  reason.policy = trips_.nameIndex(kReasons[static_cast<std::size_t>(pick.reason)]);
  reason.draws = trace.hash ? std::vector<std::uint64_t>{*trace.hash} : draws_;  // whatever decided
  for (const PickTrace::Candidate& candidate : trace.candidates) {
    const std::uint32_t endpoint = upstream.hosts.host(candidate.host).id;
    reason.candidates.push_back({endpoint, candidate.active, endpoints_[endpoint].requests});
  }
  trips_.tried(now_, t.trace, calls_[t.call].trace, t.kind, t.endpoint, reason);
  if (const std::string text = weighed(upstream, pick, trace); !text.empty()) trips_.remarkedOnTry(now_, t.trace, text);
  const std::string stale = staleness(upstream.proxy, plan_->clusters[upstream.cluster].service);
  if (!stale.empty()) trips_.remarkedOnTry(now_, t.trace, stale);
}

void Mall::traceNoHost(std::uint32_t index, const Pick& pick) {
  const PendingCall& call = calls_[index];
  const PickRecord reason = recordOf(upstreams_[call.upstream], call, pick);
  trips_.noHost(now_, call.trace, ResponseFlag::kNoHealthyUpstream, &reason);
  const std::string stale = staleness(call.proxy, plan_->clusters[upstreams_[call.upstream].cluster].service);
  if (!stale.empty()) trips_.remarkedOnCall(now_, call.trace, stale);
}

}  // namespace meshmall::models
