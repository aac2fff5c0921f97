// The caller's proxy, outbound side: route, injected fault, split, cluster, breaker, balancer, and off on the network.
#include <algorithm>

#include "models/mall/mall.h"
#include "models/mall/purposes.h"
#include "models/resilience/fault_injection.h"

namespace meshmall::models {

std::uint32_t Mall::startCall(std::uint32_t customer, std::uint32_t strand, std::uint32_t flow, std::uint32_t proxy, std::uint64_t path,
                              std::uint32_t headers, bool measured) {
  const std::uint32_t index = calls_.take();
  PendingCall& call = calls_[index];
  Customer& c = customers_pool_[customer];
  ++c.holders;
  holdHeaders(headers);
  call.path = path;
  call.started = now_;
  call.customer = customer;
  call.strand = strand;
  call.flow = flow;
  call.proxy = proxy;
  call.headers = headers;
  call.measured = measured;
  call.traced = c.traced;
  const Proxy& p = proxies_[proxy];
  call.mesh_version = static_cast<std::uint16_t>(p.mesh_version);
  if (p.threads > 1) {
    const double u = engine::uniform01(engine::firstBlock(key_, {c.who, path, purpose::kCall})[0]);
    call.thread = static_cast<std::uint16_t>(u * static_cast<double>(p.threads));
  }
  collector_.callStarted(flow, measured);
  if (call.traced) {
    call.trace = newTrace();
    trips_.callStarted(now_, call.trace, strand == kNil ? kNoId : strands_[strand].trace, c.number, flow, trips_.nameIndex(p.name), call.thread);
  }
  route(index);
  return index;
}

const RoutePlan& Mall::routeOf(const PendingCall& call) const {
  const ServiceRoutes& routes = plan_->meshes[call.mesh_version].services[plan_->flows[call.flow].service];
  return call.rule == kNil ? routes.fallback : routes.rules[call.rule];
}

// What the callee is asked for: the call's operation, or the one whose path its rule makes of it.
std::uint32_t Mall::rewrittenOperation(const PendingCall& call, std::uint32_t service) const {
  const bool bare = proxies_[call.proxy].kind == Proxy::Kind::bare;
  const RoutePlan& route = routeOf(call);
  return bare || route.rewritten.empty() ? plan_->operationAt(call.flow, service) : plan_->operationNamed(route.rewritten[call.flow], service);
}

// The rule that takes the call; nothing when there are rules and none matches.
const RoutePlan* Mall::matchRoute(std::uint32_t index) {
  PendingCall& call = calls_[index];
  const MeshPlan& mesh = plan_->meshes[call.mesh_version];
  const ServiceRoutes& routes = mesh.services[plan_->flows[call.flow].service];
  if (!routes.has_rules) return &routes.fallback;
  const FlowRoutes& flow = mesh.flow_routes[call.flow][proxies_[call.proxy].caller_class];
  std::optional<std::uint32_t> rule = flow.rule;
  if (!flow.settled) {
    std::vector<HeaderField> view;
    for (const auto& [name, value] : header_sets_[call.headers].headers) view.push_back({name, value});
    rule = flow.table.match(flow.candidates, view);
  }
  if (!rule) return nullptr;
  call.rule = *rule;
  return &routes.rules[*rule];
}

void Mall::route(std::uint32_t index) {
  const Proxy::Kind kind = proxies_[calls_[index].proxy].kind;
  if (kind == Proxy::Kind::bare) return toCluster(index);
  if (plan_->entrance_guarded && kind == Proxy::Kind::gateway && !passEntrance(index)) [[unlikely]] return;
  takeRoute(index);
}

void Mall::takeRoute(std::uint32_t index) {
  const RoutePlan* plan = matchRoute(index);
  PendingCall& call = calls_[index];
  if (plan == nullptr) return replyLocally(index, {404, ResponseFlag::kNoRouteFound});
  call.retry = RetryState(plan->retries);
  if (plan->rule == nullptr) return toCluster(index);
  const HttpRoute& rule = *plan->rule;
  if (!rule.headers.request.empty()) setHeaders(call.headers, rule.headers.request);
  if (rule.fault && rule.fault->enabled()) {
    engine::StreamSource random(key_, {customers_pool_[call.customer].who, call.path, purpose::kFault});
    const Duration delay = injectDelay(*rule.fault, random);
    if (delay.ns > 0) {
      if (call.traced) trips_.faultDelay(now_, call.trace, delay);
      call.pause = after(delay, kFaultDelayOver, index);
      return;
    }
  }
  faultDelayOver(index);
}

void Mall::faultDelayOver(std::uint32_t index) {
  PendingCall& call = calls_[index];
  call.pause = {};
  const HttpRoute& rule = *routeOf(call).rule;
  if (rule.fault && rule.fault->enabled()) {
    engine::StreamSource random(key_, {customers_pool_[call.customer].who, call.path, purpose::kFault + purpose::kSecondGate});
    if (const AbortDecision abort = injectAbort(*rule.fault, random)) {
      const bool grpc = scenario().services[plan_->flows[call.flow].service].protocol == Protocol::grpc && abort.grpc_status > 0;
      const auto status = static_cast<std::uint16_t>(grpc ? httpStatusOfGrpc(abort.grpc_status) : abort.http_status);
      if (call.traced) trips_.faultAborted(now_, call.trace, status);
      return replyLocally(index, {status, ResponseFlag::kFaultInjected});
    }
  }
  if (rule.direct_response) return replyLocally(index, {static_cast<std::uint16_t>(rule.direct_response->status), ResponseFlag::kNone});
  toCluster(index);
}

void Mall::toCluster(std::uint32_t index) {
  PendingCall& call = calls_[index];
  const RoutePlan& plan = routeOf(call);
  const bool bare = proxies_[call.proxy].kind == Proxy::Kind::bare;
  std::uint32_t cluster = plan_->flows[call.flow].service;
  if (!bare) {
    if (plan.total_weight == 0) return replyLocally(index, {503, ResponseFlag::kNoClusterFound});
    std::uint32_t chosen = 0;
    if (plan.destinations.size() > 1) {  // one draw for the call, whatever happens to its tries
      std::uint64_t share = engine::firstBlock(key_, {customers_pool_[call.customer].who, call.path, purpose::kCall})[1] % plan.total_weight;
      while (share >= plan.destinations[chosen].weight) share -= plan.destinations[chosen++].weight;
    }
    cluster = plan.destinations[chosen].cluster;
    if (plan.rule != nullptr && chosen < plan.rule->route.size()) {
      const HeaderOperations& own = plan.rule->route[plan.destinations[chosen].position].headers.request;
      if (!own.empty()) setHeaders(call.headers, own);
    }
    if (!plan_->rollouts.empty()) [[unlikely]] cluster = splitCluster(index, cluster);
    if (!plan_->meshes[call.mesh_version].clusters[cluster].exists) return replyLocally(index, {503, ResponseFlag::kNoClusterFound});
    if (plan.timeout_ring) call.route_timeout = timer(*plan.timeout_ring, kRouteTimeout, index);
  } else if (!plan_->rollouts.empty()) [[unlikely]] {
    cluster = splitCluster(index, cluster);
  }
  const std::uint32_t upstream = upstreamOf(call.proxy, cluster);
  calls_[index].upstream = upstream;
  if (calls_[index].traced)
    trips_.routed(calls_[index].trace, calls_[index].rule, plan_->clusters[cluster].service,
                  plan_->clusters[cluster].subset.empty() ? kNoIndex : trips_.nameIndex(plan_->clusters[cluster].subset), calls_[index].mesh_version);
  if (plan_->guarded && !bare) [[unlikely]] {
    if (policyOf(upstreams_[upstream]).admission && !admit(index)) return;
    if (plan.pays_ahead) payAhead(index);
  }
  if (!plan.mirrors.empty() && !bare && !calls_[index].mirrored) mirror(index, plan);
  if (!plan_->rollouts.empty() && !bare) [[unlikely]] mirrorToCanary(index, cluster);
  startTry(index, calls_[index].mirrored ? TryKind::mirror : TryKind::first);
}

// Copies that nobody waits for; each is a call of its own, with one try, outside the counts of calls.
void Mall::mirror(std::uint32_t index, const RoutePlan& plan) {
  const std::uint64_t path = calls_[index].path;
  engine::StreamSource random(key_, {customers_pool_[calls_[index].customer].who, path, purpose::kMirror});
  for (std::size_t m = 0; m < plan.mirrors.size(); ++m) {
    const auto& [cluster, share] = plan.mirrors[m];
    if (share.roll(random) && plan_->meshes[calls_[index].mesh_version].clusters[cluster].exists) sendCopy(index, cluster, m);
  }
}

void Mall::sendCopy(std::uint32_t index, std::uint32_t cluster, std::uint64_t number) {
  const std::uint32_t copy = calls_.take();
  const PendingCall& original = calls_[index];
  PendingCall& call = calls_[copy];
  ++customers_pool_[original.customer].holders;
  holdHeaders(original.headers);
  call.path = engine::mixPath(original.path, (1ULL << 40) + number);
  call.started = now_;
  call.customer = original.customer;
  call.flow = original.flow;
  call.proxy = original.proxy;
  call.headers = original.headers;
  call.thread = original.thread;
  call.rule = original.rule;
  call.mesh_version = original.mesh_version;
  call.measured = original.measured;
  call.mirrored = true;
  const std::uint32_t upstream = upstreamOf(call.proxy, cluster);
  calls_[copy].upstream = upstream;
  const RoutePlan& plan = routeOf(calls_[copy]);
  if (plan.timeout_ring) calls_[copy].route_timeout = timer(*plan.timeout_ring, kRouteTimeout, copy);
  startTry(copy, TryKind::mirror);
}

// What the proxy answers itself comes at the same instant, but never inside the call that asked: chains of such answers must not nest.
void Mall::replyLocally(std::uint32_t index, Outcome outcome) {
  PendingCall& call = calls_[index];
  call.outcome = outcome;
  call.ended = true;
  call.pause = after({0}, kLocalReply, index);
}

void Mall::localReply(std::uint32_t index) {
  calls_[index].pause = {};
  finishCall(index, calls_[index].outcome);
}

void Mall::setHeaders(std::uint32_t& headers, const HeaderOperations& operations) {
  const std::uint32_t set = header_sets_.take();
  auto fields = header_sets_[headers].headers;
  const auto erase = [&](const std::string& name) { std::erase_if(fields, [&](const auto& f) { return equalsIgnoringCase(f.first, name); }); };
  for (const std::string& name : operations.remove) erase(name);
  for (const auto& [name, value] : operations.set) {
    erase(name);
    fields.emplace_back(name, value);
  }
  for (const auto& field : operations.add) fields.push_back(field);
  header_sets_[set].headers = std::move(fields);
  header_sets_[set].holders = 1;
  dropHeaders(headers);
  headers = set;
}

// ---- what a proxy knows of a cluster ------------------------------------------------------------------------------------------

std::uint32_t Mall::upstreamOf(std::uint32_t proxy, std::uint32_t cluster) {
  Proxy& p = proxies_[proxy];
  if (p.upstreams.size() <= 8) [[likely]] {  // a few are found faster one by one
    for (const auto& [known, its] : p.upstreams)
      if (known == cluster) return its;
  }
  const auto at = std::lower_bound(p.upstreams.begin(), p.upstreams.end(), std::pair(cluster, std::uint32_t{0}));
  if (at != p.upstreams.end() && at->first == cluster) return at->second;
  const auto index = static_cast<std::uint32_t>(upstreams_.size());
  p.upstreams.insert(at, {cluster, index});
  Upstream upstream;
  upstream.proxy = proxy;
  upstream.cluster = cluster;
  const bool bare = p.kind == Proxy::Kind::bare;
  const ClusterPolicy& policy = plan_->meshes[p.mesh_version].clusters[cluster];
  upstream.policy = &policy;
  upstream.view = bare ? kPlainView : viewFor(p, policy);
  const ClusterView& view = viewOf(upstream);
  upstream.hosts = ClusterHosts(view.list, bare ? FailoverConfig{} : failoverOf(upstream, view), now_);
  upstream.told.assign(upstream.hosts.shares().begin(), upstream.hosts.shares().end());
  upstream.threads.resize(p.threads);
  upstreams_.push_back(std::move(upstream));
  if (!bare) startDetector(upstreams_.back(), policy);
  upstreams_of_cluster_[cluster].push_back(index);
  adoptBalancing(index);
  if (!bare && policy.watches()) startWatch(index, true);  // a proxy uses a cluster once it has checked it
  return index;
}

LoadBalancer& Mall::balancerOf(Upstream& upstream, std::uint32_t thread) {
  std::optional<LoadBalancer>& balancer = upstream.threads[thread].balancer;
  if (!balancer) [[unlikely]] {
    const Proxy& proxy = proxies_[upstream.proxy];
    const PolicyConfig config = proxy.kind == Proxy::Kind::bare ? PolicyConfig(RandomConfig{}) : policyOf(upstream).balancer;
    balancer.emplace(config, upstream.hosts, now_, threads_[proxy.first_thread + thread]);
    if (upstream.hosts.config().locality == LocalityRule::kZoneAware) balancer->setLocalCluster(localClusterOf(upstream.proxy), upstream.hosts);
  }
  return *balancer;
}

// ---- one try --------------------------------------------------------------------------------------------------------------

Pick Mall::choose(std::uint32_t index, Upstream& upstream, TryKind kind, PickTrace* trace) {
  const PendingCall& call = calls_[index];
  const Proxy& proxy = proxies_[call.proxy];
  if (proxy.kind == Proxy::Kind::bare || upstream.passes_through) [[unlikely]] return pickPinned(index, upstream, trace);
  PickContext context;
  context.now = now_;
  std::vector<HostIndex> tried;
  if (upstream.hashes) context.hash = hashOf(call, *policyOf(upstream).hash);
  if (kind == TryKind::retry || kind == TryKind::hedge) {
    const RetryPolicy& policy = routeOf(call).retries;
    if (upstream.hashes ? policy.avoid_when_hashing : policy.avoid_previous_hosts) {  // hashed: the same host again, unless told otherwise

      addHostsTried(call, upstream, tried);
      context.attempted = tried;
      context.reselection_attempts = policy.host_selection_attempts;
    }
    if (policy.previous_priorities_frequency > 0 && upstream.hosts.priorities() > 1 && !upstream.hashes) {  // the hash alone decides
      context.shares = sharesForRetry(index, upstream, policy.previous_priorities_frequency);
    }
  }
  if (trace != nullptr) [[unlikely]] {
    const Pick pick = pickTraced(upstream, call.thread, context, threads_[proxy.first_thread + call.thread], *trace);
    if (upstream.hashes && upstream.tables_told != upstream.hosts.version()) noteTables(upstream, call.thread);
    return pick;
  }
  const Pick pick = balancerOf(upstream, call.thread).pick(upstream.hosts, context, threads_[proxy.first_thread + call.thread]);
  if (upstream.hashes && upstream.tables_told != upstream.hosts.version()) [[unlikely]] noteTables(upstream, call.thread);
  return pick;
}

// Where kube-proxy chooses: a random endpoint for each request over HTTP/1, for each connection else.
Pick Mall::pickPinned(std::uint32_t index, Upstream& upstream, PickTrace* trace) {
  const PendingCall& call = calls_[index];
  const Proxy& proxy = proxies_[call.proxy];
  UpstreamThread& thread = upstream.threads[call.thread];
  const Protocol protocol = scenario().services[plan_->clusters[upstream.cluster].service].protocol;
  const bool lasts = protocol != Protocol::http1 || (upstream.passes_through && multiplexed(upstream));
  Pick pick;
  if (lasts) pick.host = pinnedHost(upstream, call.thread);
  pick.reason = PickReason::kSticky;
  if (pick.host != kNoHost) return pick;
  PickContext context;
  context.now = now_;
  engine::StreamSource& random = threads_[proxy.first_thread + call.thread];
  pick = trace != nullptr ? pickTraced(upstream, call.thread, context, random, *trace) : balancerOf(upstream, call.thread).pick(upstream.hosts, context, random);
  if (lasts) thread.pinned = pick.found() ? upstream.hosts.host(pick.host).id : kNil;
  return pick;
}

void Mall::startTry(std::uint32_t call_index, TryKind kind) {
  PickTrace trace;
  const bool traced = calls_[call_index].traced;
  const std::uint32_t upstream_index = calls_[call_index].upstream;
  const Pick pick = choose(call_index, upstreams_[upstream_index], kind, traced ? &trace : nullptr);
  PendingCall& call = calls_[call_index];
  Upstream& upstream = upstreams_[upstream_index];
  if (!pick.found()) {
    collector_.rejected(Rejection::no_healthy_upstream, call.mirrored ? kNoIndex : call.flow, kNoIndex, call.measured);
    if (traced) traceNoHost(call_index, pick);
    return replyLocally(call_index, {503, ResponseFlag::kNoHealthyUpstream});
  }
  const std::uint32_t index = tries_.take();
  Try& t = tries_[index];
  const Customer& customer = customers_pool_[call.customer];
  ++customers_pool_[call.customer].holders;
  if (plan_->guarded && routeOf(call).hedges) [[unlikely]] startOnBoard(call_index);
  t.ordinal = call.tries;
  t.path = engine::mixPath(call.path, call.tries++);
  t.lanes = engine::firstBlock(key_, {customer.who, t.path, purpose::kTry});
  t.call = call_index;
  t.customer = call.customer;
  t.flow = call.flow;
  t.operation = plan_->operationAt(call.flow, plan_->clusters[upstream.cluster].service);
  if (plan_->rewrites) [[unlikely]] t.operation = rewrittenOperation(call, plan_->clusters[upstream.cluster].service);
  t.upstream = upstream_index;
  t.host = pick.host;
  t.epoch = upstream.hosts.epoch();
  t.endpoint = upstream.hosts.host(pick.host).id;
  t.thread = call.thread;
  t.kind = kind;
  t.measured = customer.measured;
  t.calls_measured = call.measured;
  t.headers = call.headers;
  holdHeaders(t.headers);
  t.next_of_call = call.first_try;
  if (call.first_try != kNil) tries_[call.first_try].previous_of_call = index;
  call.first_try = index;
  t.traced = traced;
  if (upstream.feedback == Feedback::probes) sendProbes(call_index, upstream_index);
  collector_.tryStarted(t.flow, kind, t.calls_measured);
  if (traced) {
    t.trace = newTrace();
    traceTry(index, pick, trace);
  }
  if (upstream.watch != kNil) [[unlikely]] breakerSends(index);
  connect(index);
}

// The try has its connection: it counts as active and goes off.
void Mall::attach(std::uint32_t index) {
  Try& t = tries_[index];
  Upstream& upstream = upstreams_[t.upstream];
  t.attached = true;
  t.host = hostOf(upstream, t);
  t.epoch = upstream.hosts.epoch();
  t.counted = t.host != kNoHost;  // else the endpoint left the list while the try waited
  if (t.counted) upstream.hosts.requestStarted(t.host);
  upstream.resources.addRequest();
  if (upstream.feedback != Feedback::none) noteSent(index);
  const PendingCall& call = calls_[t.call];
  if (proxies_[call.proxy].kind != Proxy::Kind::bare) {
    const RoutePlan& plan = routeOf(call);
    if (plan.per_try_ring && !call.mirrored) t.per_try_timeout = timer(*plan.per_try_ring, kPerTryTimeout, index);
  }
  send(index);
}

void Mall::send(std::uint32_t index) {
  Try& t = tries_[index];
  const Proxy& proxy = proxies_[upstreams_[t.upstream].proxy];
  t.server_side = true;
  const Duration outbound = proxyTime(t, 0, scenario().sidecar.outbound, proxy.kind != Proxy::Kind::bare);
  bool lost = false;
  const std::uint32_t here = proxy.locality;
  const std::uint32_t there = endpoints_[t.endpoint].locality;
  const Duration way = hop(here, there, t, 0, lost);
  if (t.traced) trips_.sent(now_, t.trace, outbound, way);
  if (lost) return loseRequest(index);
  t.stage = Try::Stage::request_flying;
  t.flight = after(outbound + way, kRequestArrives, index);
}

// The caller's connection attempt never hears back.
void Mall::loseRequest(std::uint32_t index) {
  Try& t = tries_[index];
  t.stage = Try::Stage::request_lost;
  t.server_side = false;
  leaveDrained(t.endpoint);
  if (t.traced) trips_.lost(now_, t.trace, Leg::request);
  if (t.call == kNil) return releaseTry(index);
  const Upstream& upstream = upstreams_[t.upstream];
  const bool bare = proxies_[upstream.proxy].kind == Proxy::Kind::bare;
  t.flight = timer(bare ? plan_->connect_timeout_ring : policyOf(upstream).connect_timeout_ring, kConnectTimeout, index);
}

Duration Mall::drawProxyTime(const Try& t, unsigned lane, const Distribution& time) {
  const engine::Address address{customers_pool_[t.customer].who, t.path, purpose::kProxyTimes};
  Duration spent;
  if (time.isConstant()) {
    engine::Lane none(key_, address, lane, 0);
    spent = time.sample(none);
  } else {
    engine::Lane engine(key_, address, lane, engine::firstBlock(key_, address)[lane]);
    spent = time.sample(engine);
  }
  collector_.proxyTime(spent);
  return spent;
}

// One way over the network. lane: 0 the request's, 1 the answer's. lost: by chance or because the way is cut.
Duration Mall::hop(std::uint32_t from, std::uint32_t to, const Try& t, unsigned lane, bool& lost) {
  return hopOf(customers_pool_[t.customer].who, t.path, t.lanes, from, to, lane, lost);
}

// The same of any message; `lanes` are the first block of its address with purpose kTry.
Duration Mall::hopOf(std::uint64_t who, std::uint64_t path, const std::array<std::uint64_t, 4>& lanes, std::uint32_t from, std::uint32_t to, unsigned lane,
                     bool& lost) {
  const Network& network = scenario().network;
  const Distribution& time = plan_->hop(from, to);
  engine::Lane engine(key_, {who, path, purpose::kTry}, lane, lanes[lane]);
  Duration way = time.sample(engine);
  if (network.loss > 0) lost = lost || engine::uniform01(engine::firstBlock(key_, {who, path, purpose::kLoss})[lane]) < network.loss;
  for (const std::uint32_t e : networks_) {
    const auto& change = std::get<NetworkChange>(timed(e).what);
    if ((change.from && *change.from != from) || (change.to && *change.to != to)) continue;
    engine::Substream stream(key_, {who, engine::mixPath(path, lane), purpose::kEventNetwork + e});
    const double u = engine::uniform01(stream());
    way = way + change.delay.sample(stream);
    lost = lost || u < change.loss;
  }
  for (const std::uint32_t e : partitions_) {
    const auto& cut = std::get<Partition>(timed(e).what);
    lost = lost || (cut.a == from && cut.b == to) || (cut.a == to && cut.b == from);
  }
  return way;
}

}  // namespace meshmall::models
