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

bool needsMeasures(const PolicyConfig& config) {
  return std::holds_alternative<PeakEwmaConfig>(config) || std::holds_alternative<ClientSideWeightedRoundRobinConfig>(config) ||
         std::holds_alternative<GrpcWeightedRoundRobinConfig>(config);
}

// Envoy's policies draw for the priority at every pick; the clients that know no priorities only where it matters.
bool drawsPriorityAlways(const PolicyConfig& config) {
  return !std::holds_alternative<PeakEwmaConfig>(config) && !std::holds_alternative<PrequalConfig>(config) &&
         !std::holds_alternative<GrpcWeightedRoundRobinConfig>(config) && !std::holds_alternative<PickFirstConfig>(config);
}

PriorityChoice priorityFor(std::uint64_t draw, const ClusterHosts& hosts, const PickContext& context) {
  if (!context.shares.empty()) return choosePriority(draw, context.shares);
  return hosts.allToFirst() ? PriorityChoice{} : choosePriority(draw, hosts.shares());
}

bool wasTried(const PickContext& context, HostIndex host) {
  return std::find(context.attempted.begin(), context.attempted.end(), host) != context.attempted.end();
}

}  // namespace

LoadBalancer::LoadBalancer(const PolicyConfig& config, ClusterHosts& hosts, engine::SimTime now, engine::RandomSource& random)
    : policy_(RandomPick()), draws_priority_always_(drawsPriorityAlways(config)) {
  if (slowStartOf(config).window.ns > 0) hosts.keepClocks(now);
  if (needsMeasures(config)) hosts.keepMeasures();
  if (const auto* reports = std::get_if<ClientSideWeightedRoundRobinConfig>(&config); reports != nullptr && hosts.nextWeightUpdate() == engine::kNever) {
    hosts.nextWeightUpdate() = now + std::max(reports->weight_update_period, engine::milliseconds(100));
  }
  const bool hashes = std::holds_alternative<RingHashConfig>(config) || std::holds_alternative<MaglevConfig>(config);
  if (hosts.config().locality != LocalityRule::kNone && !hashes) {
    localities_.emplace();
    for (std::uint32_t priority = 0; priority < hosts.priorities(); ++priority) localities_->refresh(hosts, priority, random);
  }
  policy_ = makePolicy(config, now, random);
  plain_ = !localities_ && (std::holds_alternative<RoundRobin>(policy_) || std::holds_alternative<LeastRequest>(policy_) || std::holds_alternative<RandomPick>(policy_));
  seen_version_ = hosts.version();
  for (std::uint32_t priority = 0; priority < hosts.priorities(); ++priority) {
    seen_.push_back(hosts.version(priority));
    refreshPolicy(hosts, priority, now);
  }
}

LoadBalancer::Policy LoadBalancer::makePolicy(const PolicyConfig& config, engine::SimTime now, engine::RandomSource& random) {
  return std::visit(
      Overloaded{[&](const RoundRobinConfig& c) -> Policy { return RoundRobin(c, random.next(), now); },
                 [&](const LeastRequestConfig& c) -> Policy { return LeastRequest(c, random.next(), now); },
                 [&](const RandomConfig&) -> Policy { return RandomPick(); }, [&](const RingHashConfig& c) -> Policy { return HashBalancer(c); },
                 [&](const MaglevConfig& c) -> Policy { return HashBalancer(c); }, [&](const PeakEwmaConfig& c) -> Policy { return PeakEwmaBalancer(c); },
                 [&](const PrequalConfig& c) -> Policy { return Prequal(c); },
                 [&](const ClientSideWeightedRoundRobinConfig& c) -> Policy {
                   return WeightedByReports{RoundRobin({c.slow_start}, random.next(), now), c};
                 },
                 [&](const GrpcWeightedRoundRobinConfig& c) -> Policy { return GrpcWeightedRoundRobin(c, random.next(), now); },
                 [&](const PickFirstConfig&) -> Policy { return PickFirst(); }},
      config);
}

void LoadBalancer::refreshChanged(ClusterHosts& hosts, engine::SimTime now, engine::RandomSource& random) {
  seen_version_ = hosts.version();
  seen_.resize(hosts.priorities(), 0);
  for (std::uint32_t priority = 0; priority < hosts.priorities(); ++priority) {
    if (seen_[priority] == hosts.version(priority)) continue;
    seen_[priority] = hosts.version(priority);
    if (localities_) localities_->refresh(hosts, priority, random);
    refreshPolicy(hosts, priority, now);
  }
}

void LoadBalancer::refreshPolicy(ClusterHosts& hosts, std::uint32_t priority, engine::SimTime now) {
  std::visit(Overloaded{[&](RoundRobin& p) { p.refresh(hosts, priority, now); }, [&](LeastRequest& p) { p.refresh(hosts, priority, now); },
                        [&](HashBalancer& p) { p.refresh(hosts); }, [&](PeakEwmaBalancer& p) { p.refresh(hosts, now); },
                        [&](WeightedByReports& p) { p.round_robin.refresh(hosts, priority, now); }, [&](GrpcWeightedRoundRobin& p) { p.refresh(hosts, now); },
                        [](auto&) {}},
             policy_);
}

void LoadBalancer::setLocalCluster(std::shared_ptr<const LocalCluster> local, const ClusterHosts& hosts) {
  if (localities_) localities_->setLocalCluster(std::move(local), hosts);
}

Pick LoadBalancer::pick(ClusterHosts& hosts, const PickContext& context, engine::RandomSource& random, PickTrace* trace) {
  if (plain_ && context.attempted.empty() && context.shares.empty()) [[likely]] {
    refresh(hosts, context.now, random);
    if (hosts.allToFirst()) [[likely]] return pickPlainly(hosts, context, random, trace);
  }
  updateWeights(hosts, context.now);
  refresh(hosts, context.now, random);
  if (std::holds_alternative<HashBalancer>(policy_)) return pickByHash(hosts, context, random, trace);
  Pick pick = pickOnce(hosts, context, random, trace);
  if (context.attempted.empty()) return pick;
  for (std::uint32_t again = 1; again <= context.reselection_attempts && pick.found() && wasTried(context, pick.host); ++again) {
    pick = pickOnce(hosts, context, random, trace);
    pick.repeats = static_cast<std::uint8_t>(std::min<std::uint32_t>(again, 255));
  }
  return pick;
}

// The common case of pickOnce: one priority takes it all, by a policy that needs no more than its healthy hosts. The same draws in the same order.
Pick LoadBalancer::pickPlainly(ClusterHosts& hosts, const PickContext& context, engine::RandomSource& random, PickTrace* trace) {
  const std::uint64_t draw = random.next();
  const HostSource source;
  Pick pick;
  if (trace != nullptr) [[unlikely]] {
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

Pick LoadBalancer::pickByHash(ClusterHosts& hosts, const PickContext& context, engine::RandomSource& random, PickTrace* trace) {
  const std::uint64_t hash = context.hash ? *context.hash : random.next();
  const PriorityChoice choice = priorityFor(hash, hosts, context);
  Pick pick;
  pick.priority = choice.priority;  // the tag is ignored: tables hold healthy hosts only
  pick.panic = hosts.shares()[choice.priority].panic;
  const HashBalancer& policy = std::get<HashBalancer>(policy_);
  for (std::uint32_t attempt = 0; attempt <= context.reselection_attempts; ++attempt) {
    if (trace != nullptr) {
      trace->candidates.clear();
      const PriorityGroup& group = hosts.group(choice.priority);
      trace->eligible = pick.panic ? group.all.size() : group.healthy.size();
    }
    pick.host = kNoHost;
    policy.pick(hosts, hash, attempt, pick, trace);
    pick.repeats = static_cast<std::uint8_t>(std::min<std::uint32_t>(attempt, 255));
    if (!pick.found() || !wasTried(context, pick.host)) break;
  }
  return pick;
}

Pick LoadBalancer::pickOnce(ClusterHosts& hosts, const PickContext& context, engine::RandomSource& random, PickTrace* trace) {
  const std::uint64_t draw = draws_priority_always_ || !hosts.allToFirst() ? random.next() : 0;
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
  } else if (localities_ && !localities_->narrow(hosts, source, random)) {
    return pick;
  }
  pick.locality = source.locality;
  if (trace != nullptr) {
    trace->candidates.clear();
    trace->eligible = listOf(hosts, source).size();
  }
  if (LeastRequest* least_request = std::get_if<LeastRequest>(&policy_)) {
    least_request->pick(hosts, source, context.now, random, pick, trace);
  } else if (RoundRobin* round_robin = std::get_if<RoundRobin>(&policy_)) {
    round_robin->pick(hosts, source, context.now, pick);
  } else if (RandomPick* random_pick = std::get_if<RandomPick>(&policy_)) {
    random_pick->pick(hosts, source, draw, pick);
  } else {
    pickRare(hosts, source, context.now, random, pick, trace);
  }
  return pick;
}

void LoadBalancer::pickRare(ClusterHosts& hosts, const HostSource& source, engine::SimTime now, engine::RandomSource& random, Pick& pick, PickTrace* trace) {
  std::visit(Overloaded{[&](PeakEwmaBalancer& p) { p.pick(hosts, source, now, random, pick, trace); },
                        [&](Prequal& p) { p.pick(hosts, source, now, random, pick, trace); },
                        [&](WeightedByReports& p) { p.round_robin.pick(hosts, source, now, pick); },
                        [&](GrpcWeightedRoundRobin& p) { p.pick(hosts, source, now, pick); }, [&](PickFirst& p) { p.pick(hosts, source, pick); }, [](auto&) {}},
             policy_);
}

void LoadBalancer::updateWeights(ClusterHosts& hosts, engine::SimTime now) {
  const WeightedByReports* reports = std::get_if<WeightedByReports>(&policy_);
  if (reports == nullptr) return;
  const engine::Duration period = std::max(reports->config.weight_update_period, engine::milliseconds(100));
  while (hosts.nextWeightUpdate() <= now) {  // every update that fell due since, as it would have been made then
    updateWeightsFromReports(hosts, hosts.nextWeightUpdate(), reports->config);
    hosts.nextWeightUpdate() = hosts.nextWeightUpdate() + period;
  }
}

void LoadBalancer::finished(ClusterHosts& hosts, HostIndex host, engine::SimTime now, engine::Duration latency) {
  if (const PeakEwmaBalancer* policy = std::get_if<PeakEwmaBalancer>(&policy_)) policy->finished(hosts, host, now, latency);
}

void LoadBalancer::reported(ClusterHosts& hosts, HostIndex host, engine::SimTime now, const LoadReport& report) {
  if (const WeightedByReports* reports = std::get_if<WeightedByReports>(&policy_)) {
    updateWeights(hosts, now);  // an update that was due before this report must not see it
    if (const auto weight = envoyWeight(report, reports->config.metric_names, reports->config.error_utilization_penalty)) {
      acceptWeight(hosts.measures(host), *weight, now);
    }
  } else if (const GrpcWeightedRoundRobin* policy = std::get_if<GrpcWeightedRoundRobin>(&policy_)) {
    if (const auto weight = grpcWeight(report, policy->config().error_utilization_penalty)) acceptWeight(hosts.measures(host), *weight, now);
  }
}

std::vector<HostIndex> LoadBalancer::probesFor(const ClusterHosts& hosts, engine::RandomSource& random) const {
  const Prequal* policy = std::get_if<Prequal>(&policy_);
  if (policy == nullptr) return {};
  std::uint32_t first = 0;  // the first priority with traffic
  while (first + 1 < hosts.priorities() && hosts.shares()[first].healthy == 0) ++first;
  return policy->probesFor(hosts, {first, HostSource::Kind::kHealthy, HostSource::kNoLocality}, random);
}

void LoadBalancer::probed(const ClusterHosts& hosts, HostIndex host, engine::SimTime now, std::uint32_t rif, double latency, engine::RandomSource& random) {
  if (Prequal* policy = std::get_if<Prequal>(&policy_)) policy->answered(hosts, host, now, rif, latency, random);
}

}  // namespace meshmall::models
