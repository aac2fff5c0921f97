#include "models/balancing/load_balancer.h"

#include <algorithm>

namespace meshmall::models {

namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

engine::Duration slowStartWindow(const PolicyConfig& config) {
  return std::visit(Overloaded{[](const RoundRobinConfig& c) { return c.slow_start.window; }, [](const LeastRequestConfig& c) { return c.slow_start.window; },
                               [](const auto&) { return engine::Duration{}; }},
                    config);
}

PriorityChoice priorityFor(std::uint64_t draw, const ClusterHosts& hosts, const PickContext& context) {
  if (!context.shares.empty()) return choosePriority(draw, context.shares);
  return hosts.allToFirst() ? PriorityChoice{} : choosePriority(draw, hosts.shares());
}

}  // namespace

LoadBalancer::LoadBalancer(const PolicyConfig& config, ClusterHosts& hosts, engine::SimTime now, engine::RandomSource& random)
    : policy_(makePolicy(config, now, random)) {
  if (slowStartWindow(config).ns > 0) hosts.keepClocks(now);
  refreshChanged(hosts, now, random);
}

LoadBalancer::Policy LoadBalancer::makePolicy(const PolicyConfig& config, engine::SimTime now, engine::RandomSource& random) {
  return std::visit(Overloaded{[&](const RoundRobinConfig& c) -> Policy { return RoundRobin(c, random.next(), now); },
                               [&](const LeastRequestConfig& c) -> Policy { return LeastRequest(c, random.next(), now); },
                               [&](const RandomConfig&) -> Policy { return RandomPick(); }},
                    config);
}

void LoadBalancer::refreshChanged(ClusterHosts& hosts, engine::SimTime now, engine::RandomSource&) {
  seen_version_ = hosts.version();
  seen_.resize(hosts.priorities(), 0);
  for (std::uint32_t priority = 0; priority < hosts.priorities(); ++priority) {
    if (seen_[priority] == hosts.version(priority)) continue;
    seen_[priority] = hosts.version(priority);
    if (RoundRobin* round_robin = std::get_if<RoundRobin>(&policy_)) round_robin->refresh(hosts, priority, now);
    if (LeastRequest* least_request = std::get_if<LeastRequest>(&policy_)) least_request->refresh(hosts, priority, now);
  }
}

Pick LoadBalancer::pick(ClusterHosts& hosts, const PickContext& context, engine::RandomSource& random, PickTrace* trace) {
  refresh(hosts, context.now, random);
  Pick pick = pickOnce(hosts, context, random, trace);
  if (context.attempted.empty()) return pick;
  const auto tried = [&](HostIndex host) { return std::find(context.attempted.begin(), context.attempted.end(), host) != context.attempted.end(); };
  for (std::uint32_t again = 1; again <= context.reselection_attempts && pick.found() && tried(pick.host); ++again) {
    pick = pickOnce(hosts, context, random, trace);
    pick.repeats = static_cast<std::uint8_t>(std::min<std::uint32_t>(again, 255));
  }
  return pick;
}

Pick LoadBalancer::pickOnce(ClusterHosts& hosts, const PickContext& context, engine::RandomSource& random, PickTrace* trace) {
  const std::uint64_t draw = random.next();
  const PriorityChoice choice = priorityFor(draw, hosts, context);
  Pick pick;
  pick.priority = choice.priority;
  pick.degraded = choice.degraded;
  pick.panic = hosts.shares()[choice.priority].panic;
  HostSource source{choice.priority, choice.degraded ? HostSource::Kind::kDegraded : HostSource::Kind::kHealthy, HostSource::kNoLocality};
  if (pick.panic) {
    if (hosts.config().fail_traffic_on_panic) return pick;
    source.kind = HostSource::Kind::kAll;
    pick.degraded = false;
  }
  if (trace != nullptr) {
    trace->candidates.clear();
    trace->eligible = listOf(hosts, source).size();
  }
  if (LeastRequest* least_request = std::get_if<LeastRequest>(&policy_)) {
    least_request->pick(hosts, source, context.now, random, pick, trace);
  } else if (RoundRobin* round_robin = std::get_if<RoundRobin>(&policy_)) {
    round_robin->pick(hosts, source, context.now, pick);
  } else {
    std::get<RandomPick>(policy_).pick(hosts, source, draw, pick);
  }
  return pick;
}

}  // namespace meshmall::models
