// What balancers hear beyond whom they may pick: how long tries took, what endpoints report of their load, answers to probes; and when hosts come new to them.
#include <algorithm>

#include "models/mall/mall.h"
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
  upstream.warms_up = !bare && policy.warms_up;
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
  bool lost = endpoint.state != Endpoint::State::up && endpoint.state != Endpoint::State::draining;
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
    bool lost = endpoint.state != Endpoint::State::up && endpoint.state != Endpoint::State::draining;
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
