// What balancers hear beyond whom they may pick: how long tries took, what endpoints report of their load, answers to probes; and when hosts come new to them.
#include <algorithm>
#include <cmath>

#include "models/mall/mall.h"
#include "models/balancing/slow_start.h"
#include "models/mall/purposes.h"

namespace meshmall::models {

namespace {

// The period of reports out of band, where the policy asks for them.
std::optional<Duration> outOfBandPeriod(const PolicyConfig& policy) {
  if (const auto* c = std::get_if<ClientSideWeightedRoundRobinConfig>(&policy); c != nullptr && c->out_of_band) return c->out_of_band_period;
  if (const auto* c = std::get_if<GrpcWeightedRoundRobinConfig>(&policy); c != nullptr && c->out_of_band) return c->out_of_band_period;
  return std::nullopt;
}

}  // namespace

// The upstream's policy is new: what its balancer goes by and wants to hear.
void Mall::adoptBalancing(std::uint32_t index) {
  Upstream& upstream = upstreams_[index];
  const Proxy& proxy = proxies_[upstream.proxy];
  const ClusterPolicy& policy = policyOf(upstream);
  const bool bare = proxy.kind == Proxy::Kind::bare;
  upstream.hashes = !bare && policy.hash.has_value();
  if (upstream.passes_through != (!bare && policy.passes_through)) {
    upstream.passes_through = !bare && policy.passes_through;
    for (UpstreamThread& thread : upstream.threads) thread.pinned = kNil;
  }
  upstream.warms_up = !bare && policy.warms_up;
  if (!upstream.warms_up && upstream.warm != kNil) {
    dropHouse(warm_ups_[upstream.warm].over);
    warm_ups_[upstream.warm] = {};
  }
  upstream.feedback = bare ? Feedback::none : policy.feedback;
  const bool asks = upstream.feedback == Feedback::reports || upstream.feedback == Feedback::probes;
  if (asks && upstream.listener == kNil) {
    upstream.listener = static_cast<std::uint32_t>(listeners_.size());
    Listener& listener = listeners_.emplace_back();
    for (std::uint32_t t = 0; t < proxy.threads; ++t)
      listener.random.emplace_back(key_, engine::Address{addressOf(proxy.name), engine::mixPath(upstream.cluster, t), purpose::kListener});
  }
  if (upstream.listener == kNil) return;
  Listener& listener = listeners_[upstream.listener];
  const bool due = asks && outOfBandPeriod(policy.balancer);
  if (due && listener.tick.slot == engine::kNoSlot) listener.tick = keepHouse(now_, kReportsDue, index);
}

// Clusters with slow start are known to a proxy from its beginning, whenever it first uses them: their hosts' clocks run from then.
void Mall::openWarmUpstreams(std::uint32_t index) {
  const Proxy::Kind kind = proxies_[index].kind;
  const std::uint32_t mesh_version = proxies_[index].mesh_version;
  const MeshPlan& mesh = plan_->meshes[mesh_version];
  if ((!mesh.warms_up && !mesh.checks) || kind == Proxy::Kind::bare) return;
  const auto open = [&](std::uint32_t cluster) {
    if (mesh.clusters[cluster].checks) upstreamOf(index, cluster);  // its endpoints are checked before they are asked
    if (!mesh.clusters[cluster].warms_up) return;
    Upstream& upstream = upstreams_[upstreamOf(index, cluster)];
    for (std::uint32_t t = 0; t < upstream.threads.size(); ++t) balancerOf(upstream, t);
    noteWarmUps(upstreamOf(index, cluster));
  };
  const auto calls = [&](const PlanFlow& flow) {
    if (kind == Proxy::Kind::sidecar) return !flow.from_traffic && flow.from == endpoints_[proxies_[index].endpoint].service;
    if (!flow.from_traffic) return false;
    const auto& ways = entrances_[flow.from];
    return std::find(ways.begin(), ways.end(), index) != ways.end();
  };
  for (const PlanFlow& flow : plan_->flows) {
    if (!calls(flow)) continue;
    const ServiceRoutes& routes = mesh.services[flow.service];
    if (!routes.has_rules) open(flow.service);
    for (const RoutePlan& rule : routes.rules) {
      for (const RouteDestinationPlan& destination : rule.destinations) open(destination.cluster);
      for (const auto& mirrored : rule.mirrors) open(mirrored.first);
    }
  }
}

// Schedules whose weights depend on the time are made anew when the hosts change, not when the next request comes.
void Mall::noticeHosts(Upstream& upstream) {
  const std::uint32_t first = proxies_[upstream.proxy].first_thread;
  for (std::uint32_t t = 0; t < upstream.threads.size(); ++t)
    if (upstream.threads[t].balancer) upstream.threads[t].balancer->refresh(upstream.hosts, now_, threads_[first + t]);
}

// Who has begun to warm up in this proxy's view since the last look: those of one instant together.
void Mall::noteWarmUps(std::uint32_t index) {
  Upstream& upstream = upstreams_[index];
  if (upstream.warm == kNil) {
    upstream.warm = static_cast<std::uint32_t>(warm_ups_.size());
    warm_ups_.emplace_back();
  }
  WarmUps& warm = warm_ups_[upstream.warm];
  const SlowStartConfig config = slowStartOf(policyOf(upstream).balancer);
  std::vector<WarmUps::One> present;
  std::vector<std::uint32_t> fresh;
  SimTime first = engine::kNever;
  for (HostIndex h = 0; h < upstream.hosts.size(); ++h) {
    const SimTime since = upstream.hosts.inServiceSince(h);
    if (since == engine::kNever || upstream.hosts.health(h) != Health::kHealthy || now_ - since >= config.window) continue;
    const WarmUps::One one{upstream.hosts.host(h).id, since};
    const auto known = std::lower_bound(warm.under_way.begin(), warm.under_way.end(), one);
    if (known == warm.under_way.end() || known->endpoint != one.endpoint || known->since != since) fresh.push_back(one.endpoint);
    present.push_back(one);
    first = std::min(first, since);
  }
  std::sort(present.begin(), present.end());
  warm.under_way = std::move(present);
  dropHouse(warm.over);
  if (first != engine::kNever) warm.over = keepHouse(first + config.window, kWarmUpOver, index);
  if (fresh.empty()) return;
  Detail detail;
  if (collector_.keepsDecisions()) {
    detail.emplace_back("weight", std::round(100 * slowStartFactor(Duration{0}, config)));
    detail.emplace_back("seconds", static_cast<double>(config.window.ns) / 1e9);
    if (fresh.size() > 1) detail.emplace_back("endpoints", static_cast<double>(fresh.size()));
  }
  const Subject subject = fresh.size() == 1 ? Subject::endpoint(fresh.front()) : Subject::service(plan_->clusters[upstream.cluster].service);
  collector_.decision(now_, DecisionKind::warm_up, subject, proxies_[upstream.proxy].name, std::move(detail));
}

void Mall::warmUpOver(std::uint32_t index) {
  const Upstream& upstream = upstreams_[index];
  WarmUps& warm = warm_ups_[upstream.warm];
  warm.over = {};
  const Duration window = slowStartOf(policyOf(upstream).balancer).window;
  std::vector<std::uint32_t> ready;
  for (const WarmUps::One& one : warm.under_way)
    if (now_ - one.since >= window) ready.push_back(one.endpoint);
  Detail detail;
  if (collector_.keepsDecisions()) {
    detail.emplace_back("weight", 100.0);
    if (ready.size() > 1) detail.emplace_back("endpoints", static_cast<double>(ready.size()));
  }
  const Subject subject = ready.size() == 1 ? Subject::endpoint(ready.front()) : Subject::service(plan_->clusters[upstream.cluster].service);
  if (!ready.empty()) collector_.decision(now_, DecisionKind::warm_up_over, subject, proxies_[upstream.proxy].name, std::move(detail));
  noteWarmUps(index);
}

// The first pick since the hosts changed has made the tables of a policy that hashes anew. The first tables of all are no news.
void Mall::noteTables(Upstream& upstream, std::uint32_t thread) {
  const bool first = upstream.tables_told == 0;
  upstream.tables_told = upstream.hosts.version();
  if (first) return;
  Detail detail;
  if (collector_.keepsDecisions()) {
    const HashBalancer* policy = balancerOf(upstream, thread).policy<HashBalancer>();
    for (std::uint32_t p = 0; p < upstream.hosts.priorities(); ++p) {
      const std::string suffix = p == 0 ? std::string() : std::to_string(p);
      const PriorityGroup& group = upstream.hosts.group(p);
      detail.emplace_back("endpoints" + suffix, static_cast<double>(upstream.hosts.shares()[p].panic ? group.all.size() : group.healthy.size()));
      if (const HashRing* ring = policy->ring(p)) detail.emplace_back("points" + suffix, static_cast<double>(ring->points().size()));
      if (const MaglevTable* table = policy->maglev(p)) detail.emplace_back("slots" + suffix, static_cast<double>(table->slots().size()));
    }
    const Cluster& cluster = plan_->clusters[upstream.cluster];
    if (!cluster.subset.empty()) detail.emplace_back("subset", cluster.subset);
  }
  collector_.decision(now_, DecisionKind::hash_table, Subject::service(plan_->clusters[upstream.cluster].service), proxies_[upstream.proxy].name, std::move(detail));
}

// ---- with the tries --------------------------------------------------------------------------------------------------------------

void Mall::noteSent(std::uint32_t index) {
  if (try_notes_.size() <= index) try_notes_.resize(tries_.slots());
  try_notes_[index] = {now_, 0, false, {}};
}

void Mall::noteArrived(std::uint32_t index) {
  if (try_notes_.size() <= index) try_notes_.resize(tries_.slots());
  try_notes_[index].in_flight = endpoints_[tries_[index].endpoint].requests;
}

// The endpoint has answered: it counts that, and tells the caller of its load where the caller wants to know.
void Mall::noteAnswer(std::uint32_t index) {
  const Try& t = tries_[index];
  if (t.reset != ResetReason::kNone) return;
  EndpointMeter& meter = meters_[t.endpoint];
  TryNote& note = try_notes_[index];
  meter.load.answered(now_, t.status >= 500);
  meter.replica.finished(note.in_flight, static_cast<double>((now_ - t.arrived).ns));
  const Upstream& upstream = upstreams_[t.upstream];
  if (upstream.feedback != Feedback::reports || outOfBandPeriod(policyOf(upstream).balancer)) return;
  note.report = reportOf(t.endpoint);
  note.reported = true;
}

// A try whose balancer listens has ended for the caller's proxy, by an answer or otherwise; `latency` as the proxy saw it.
void Mall::hear(std::uint32_t index) {
  const Try& t = tries_[index];
  Upstream& upstream = upstreams_[t.upstream];
  const HostIndex host = hostOf(upstream, t);
  auto& balancer = upstream.threads[t.thread].balancer;
  if (host == kNoHost || !balancer) return;
  const TryNote& note = try_notes_[index];
  if (upstream.feedback == Feedback::latencies) balancer->finished(upstream.hosts, host, now_, now_ - note.sent);
  if (upstream.feedback == Feedback::reports && note.reported) balancer->reported(upstream.hosts, host, now_, note.report);
}

LoadReport Mall::reportOf(std::uint32_t index) {
  const Endpoint& endpoint = endpoints_[index];
  const LoadMeter::Load load = meters_[index].load.load(now_);
  const double workers = endpoint.workers;
  LoadReport report;
  report.requests_per_second = load.requests_per_second;
  report.errors_per_second = load.errors_per_second;
  report.application_utilization = load.held / workers;
  report.named_metrics = {{"queue", endpoint.waiting / workers}, {"inFlight", endpoint.requests / workers}};
  return report;
}

// ---- probes -----------------------------------------------------------------------------------------------------------------------

// They travel the network like requests, without the proxies' time, and are answered at once.
void Mall::sendProbes(std::uint32_t call, std::uint32_t index) {
  Upstream& upstream = upstreams_[index];
  const std::uint32_t thread = calls_[call].thread;
  const Proxy& proxy = proxies_[upstream.proxy];
  Listener& listener = listeners_[upstream.listener];
  for (const HostIndex host : balancerOf(upstream, thread).probesFor(upstream.hosts, listener.random[thread])) {
    LoadMessage message;
    message.upstream = index;
    message.thread = thread;
    message.endpoint = upstream.hosts.host(host).id;
    message.path = engine::mixPath(engine::mixPath(upstream.cluster, purpose::kListener), listener.sent++);
    message.sent = now_;
    message.live = true;
    const std::uint64_t who = addressOf(proxy.name);
    bool lost = false;
    const Duration way = hopOf(who, message.path, engine::firstBlock(key_, {who, message.path, purpose::kTry}), proxy.locality,
                               endpoints_[message.endpoint].locality, 0, lost);
    if (lost) continue;
    const std::uint32_t slot = messages_.take();
    messages_[slot] = std::move(message);
    keepHouse(now_ + way, kProbeArrives, slot);
  }
}

void Mall::probeArrives(std::uint32_t slot) {
  LoadMessage& message = messages_[slot];
  const Endpoint& endpoint = endpoints_[message.endpoint];
  const Proxy& proxy = proxies_[upstreams_[message.upstream].proxy];
  const std::uint64_t who = addressOf(proxy.name);
  bool lost = !endpoint.accepts();
  const Duration way =
      hopOf(who, message.path, engine::firstBlock(key_, {who, message.path, purpose::kTry}), endpoint.locality, proxy.locality, 1, lost);
  if (lost) return messages_.give(slot);
  message.in_flight = endpoint.requests;
  message.latency_ns = meters_[message.endpoint].replica.latencyAt(endpoint.requests);
  keepHouse(now_ + way, kProbeAnswered, slot);
}

void Mall::probeAnswered(std::uint32_t slot) {
  const LoadMessage& message = messages_[slot];
  Upstream& upstream = upstreams_[message.upstream];
  const HostIndex host = upstream.hosts.membership().indexOf(message.endpoint);
  const auto* config = std::get_if<PrequalConfig>(&policyOf(upstream).balancer);
  auto& balancer = upstream.threads[message.thread].balancer;
  if (config != nullptr && balancer && host != kNoHost && now_ - message.sent <= config->probe_timeout) {
    balancer->probed(upstream.hosts, host, now_, message.in_flight, message.latency_ns, listeners_[upstream.listener].random[message.thread]);
  }
  messages_.give(slot);
}

// ---- reports out of band ----------------------------------------------------------------------------------------------------------

// Every endpoint of the list sends what it knows of its load now.
void Mall::reportsDue(std::uint32_t index) {
  Upstream& upstream = upstreams_[index];
  Listener& listener = listeners_[upstream.listener];
  listener.tick = {};
  const auto period = outOfBandPeriod(policyOf(upstream).balancer);
  if (!period || upstream.feedback != Feedback::reports) return;
  listener.tick = keepHouse(now_ + *period, kReportsDue, index);
  const Proxy& proxy = proxies_[upstream.proxy];
  const std::uint64_t who = addressOf(proxy.name);
  for (const HostConfig& host : upstream.hosts.membership().hosts) {
    const Endpoint& endpoint = endpoints_[host.id];
    bool lost = !endpoint.accepts();
    const std::uint64_t path = engine::mixPath(engine::mixPath(upstream.cluster, purpose::kListener), listener.sent++);
    const Duration way = hopOf(who, path, engine::firstBlock(key_, {who, path, purpose::kTry}), endpoint.locality, proxy.locality, 1, lost);
    if (lost) continue;
    const std::uint32_t slot = messages_.take();
    messages_[slot].upstream = index;
    messages_[slot].endpoint = host.id;
    messages_[slot].report = reportOf(host.id);
    keepHouse(now_ + way, kReportArrives, slot);
  }
}

// For all threads of the proxy: weights are of the hosts, which they share.
void Mall::reportArrives(std::uint32_t slot) {
  const LoadMessage& message = messages_[slot];
  Upstream& upstream = upstreams_[message.upstream];
  const HostIndex host = upstream.hosts.membership().indexOf(message.endpoint);
  for (UpstreamThread& thread : upstream.threads) {
    if (host == kNoHost || !thread.balancer) continue;
    thread.balancer->reported(upstream.hosts, host, now_, message.report);
    break;
  }
  messages_.give(slot);
}

}  // namespace meshmall::models
