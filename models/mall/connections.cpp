// Connections from a proxy thread to an endpoint, and the line for one. HTTP/1 carries one request at a time and keeps idle connections, the latest used
// first; HTTP/2 and gRPC share one connection up to maxConcurrentStreams. Limits: Envoy's circuit breakers (spec envoy-resilience.md section 4).
#include <algorithm>

#include "models/mall/mall.h"
#include "models/mall/purposes.h"

namespace meshmall::models {

namespace {
bool tooOld(const ConnectionPoolConfig& config, SimTime opened, SimTime now) {
  return config.max_connection_duration.ns > 0 && now - opened >= config.max_connection_duration;
}
}  // namespace

HostIndex Mall::hostOf(const Upstream& upstream, const Try& t) const {
  return upstream.hosts.epoch() == t.epoch ? t.host : upstream.hosts.membership().indexOf(t.endpoint);
}

HostPool& Mall::poolOf(const Try& t) {
  Upstream& upstream = upstreams_[t.upstream];
  UpstreamThread& thread = upstream.threads[t.thread];
  const HostIndex host = hostOf(upstream, t);
  if (host != kNoHost) [[likely]] {
    if (thread.pools.size() <= host) thread.pools.resize(upstream.hosts.size());
    return thread.pools[host];
  }
  for (auto& [endpoint, pool] : thread.retired)
    if (endpoint == t.endpoint) return pool;
  thread.retired.emplace_back(t.endpoint, HostPool{});
  return thread.retired.back().second;
}

// Whether requests share a connection. By the protocol (or its upgrade) alone: the limit of streams may change, and be 1, while connections are open.
bool Mall::multiplexed(const Upstream& upstream) const { return policyOf(upstream).multiplexed; }

std::uint32_t Mall::streamsPerConnection(const Upstream& upstream) const {
  return multiplexed(upstream) ? policyOf(upstream).pool.max_concurrent_streams : 1;
}

// HTTP/2, with nothing on its connections: too old, or idle for too long.
bool Mall::overdue(const ConnectionPoolConfig& config, const HostPool& pool) const {
  const SimTime since = pool.idle.empty() ? pool.opened : pool.idle.back().since;
  return tooOld(config, pool.opened, now_) || (config.idle_timeout.ns > 0 && now_ - since >= config.idle_timeout);
}

// HTTP/2: the last request has left its connections.
void Mall::noteIdle(HostPool& pool) const {
  if (pool.streams == 0) pool.idle.assign(1, {now_, pool.opened, pool.served});
}

// Takes a free place on an open connection.
bool Mall::reuseConnection(std::uint32_t index) {
  Try& t = tries_[index];
  Upstream& upstream = upstreams_[t.upstream];
  HostPool& pool = poolOf(t);
  const ConnectionPoolConfig& config = policyOf(upstream).pool;
  if (!multiplexed(upstream)) {
    while (!pool.idle.empty()) {
      const IdleConnection connection = pool.idle.back();
      pool.idle.pop_back();
      const bool stale = (config.idle_timeout.ns > 0 && now_ - connection.since >= config.idle_timeout) || tooOld(config, connection.opened, now_);
      if (stale) {
        --pool.open;
        upstream.resources.removeConnection();
        continue;
      }
      t.connection_opened = connection.opened;
      t.connection_served = connection.served;
      t.connection = pool.generation;
      ++pool.streams;
      if (plan_->secured) [[unlikely]] shakeHands(index, connection.served == 0);
      return true;
    }
    return false;
  }
  if (pool.open > 0 && pool.streams == 0 && overdue(config, pool)) closeConnections(upstream, pool);
  if (pool.open == 0 || pool.streams >= std::uint64_t{pool.open} * streamsPerConnection(upstream)) return false;
  if (config.max_requests_per_connection > 0 && pool.served >= config.max_requests_per_connection) {
    closeConnections(upstream, pool);  // it serves what it has, and takes no more
    return false;
  }
  ++pool.served;
  if (pool.streams++ == 0) pool.idle.clear();
  t.connection = pool.generation;
  if (plan_->secured) [[unlikely]] shakeHands(index, pool.served == 1);
  return true;
}

void Mall::connect(std::uint32_t index) {
  Try& t = tries_[index];
  Upstream& upstream = upstreams_[t.upstream];
  if (proxies_[upstream.proxy].kind == Proxy::Kind::bare) {
    if (plan_->secured) [[unlikely]] badgeOf(index) = {};
    return attach(index);
  }
  if (reuseConnection(index)) return attachOrOverflow(index);
  const CircuitBreakerConfig& limits = policyOf(upstream).pool.limits;
  HostPool& pool = poolOf(t);
  if (!upstream.resources.canCreatePending(limits)) {
    // Looking for a place may have closed the connection that others, from before a patch of its limits, wait for.
    if (pool.pending_head != kNil && pool.open + pool.connecting == 0) openConnection(pool.pending_head);
    return overflow(index);
  }
  if (pool.pending_tail == kNil) pool.pending_head = index;
  else tries_[pool.pending_tail].next_pending = index;
  pool.pending_tail = index;
  ++pool.pending;
  upstream.resources.addPending();
  const std::uint64_t coming = std::uint64_t{pool.connecting} * streamsPerConnection(upstream);
  const bool allowed = upstream.resources.canCreateConnection(limits) || pool.open + pool.connecting == 0;
  if (pool.pending > coming && allowed) openConnection(index);
}

void Mall::openConnection(std::uint32_t index) {
  const Try& t = tries_[index];
  Upstream& upstream = upstreams_[t.upstream];
  HostPool& pool = poolOf(t);
  if (pool.generation == 0) pool.generation = ++upstream.generations;
  ++pool.connecting;
  upstream.resources.addConnection();
  collector_.handshake();
  const bool encrypted = plan_->secured ? transportTo(upstream, endpoints_[t.endpoint]) != ClientTransport::kPlaintext : scenario().services[endpoints_[t.endpoint].service].sidecar;
  const Duration handshake = encrypted && !scenario().sidecar.handshake.isZero()
                                 ? draw(scenario().sidecar.handshake, customers_pool_[t.customer].who, t.path, purpose::kHandshake)
                                 : Duration{0};
  if (t.traced) trips_.connecting(now_, t.trace, Duration{0}, handshake);
  if (handshake.ns == 0) return connected(t.upstream, t.thread, t.endpoint, static_cast<std::uint16_t>(pool.generation));
  after(handshake, kConnected, t.upstream, std::uint64_t{t.thread} << 48 | std::uint64_t{static_cast<std::uint16_t>(pool.generation)} << 32 | t.endpoint);
}

void Mall::connected(std::uint32_t upstream_index, std::uint32_t thread, std::uint32_t endpoint, std::uint16_t generation) {
  Try probe;  // names the pool
  probe.upstream = upstream_index;
  probe.thread = static_cast<std::uint16_t>(thread);
  probe.endpoint = endpoint;
  probe.epoch = upstreams_[upstream_index].hosts.epoch();
  probe.host = upstreams_[upstream_index].hosts.membership().indexOf(endpoint);
  HostPool& pool = poolOf(probe);
  if (pool.connecting == 0 || static_cast<std::uint16_t>(pool.generation) != generation) return;  // closed meanwhile
  --pool.connecting;
  ++pool.open;
  pool.opened = now_;
  pool.served = 0;
  if (!multiplexed(upstreams_[upstream_index])) pool.idle.push_back({now_, now_, 0});
  serveLine(upstream_index, thread, pool);
}

// Those at the head of the line take the free places.
void Mall::serveLine(std::uint32_t upstream, std::uint32_t, HostPool& pool) {
  while (pool.pending_head != kNil) {
    const std::uint32_t index = pool.pending_head;
    if (!reuseConnection(index)) {  // the connection may just have served its last request: somebody has to open the next one
      if (pool.open + pool.connecting == 0) openConnection(index);
      return;
    }
    pool.pending_head = tries_[index].next_pending;
    if (pool.pending_head == kNil) pool.pending_tail = kNil;
    tries_[index].next_pending = kNil;
    --pool.pending;
    upstreams_[upstream].resources.removePending();
    attachOrOverflow(index);
  }
}

void Mall::attachOrOverflow(std::uint32_t index) {
  Upstream& upstream = upstreams_[tries_[index].upstream];
  if (upstream.resources.canCreateRequest(policyOf(upstream).pool.limits)) return attach(index);
  const Try& t = tries_[index];
  HostPool& pool = poolOf(t);
  --pool.streams;
  if (multiplexed(upstream)) noteIdle(pool);
  else pool.idle.push_back({now_, t.connection_opened, t.connection_served});
  overflow(index);
}

// The breaker is open: told at once, but not inside the call that asked.
void Mall::overflow(std::uint32_t index) {
  Try& t = tries_[index];
  t.stage = Try::Stage::overflowed;
  t.flight = after({0}, kTryOverflowed, index);
}

void Mall::tryOverflowed(std::uint32_t index) {
  Try& t = tries_[index];
  t.flight = {};
  collector_.rejected(Rejection::circuit_breaker, t.kind == TryKind::mirror ? kNoIndex : t.flow, kNoIndex, t.calls_measured);
  tryOver(index, TryOutcome::resetBy(ResetReason::kOverflow, false), ResponseFlag::kUpstreamOverflow, false, true);
}

// A try that was given up while it waited for a connection.
void Mall::leaveLine(std::uint32_t index) {
  HostPool& pool = poolOf(tries_[index]);
  std::uint32_t before = kNil;
  for (std::uint32_t i = pool.pending_head; i != kNil; before = i, i = tries_[i].next_pending) {
    if (i != index) continue;
    const std::uint32_t next = tries_[i].next_pending;
    (before == kNil ? pool.pending_head : tries_[before].next_pending) = next;
    if (pool.pending_tail == index) pool.pending_tail = before;
    --pool.pending;
    upstreams_[tries_[index].upstream].resources.removePending();
    return;
  }
}

void Mall::releaseConnection(std::uint32_t index, bool reusable) {
  const Try& t = tries_[index];
  Upstream& upstream = upstreams_[t.upstream];
  if (proxies_[upstream.proxy].kind == Proxy::Kind::bare) return;
  HostPool& pool = poolOf(t);
  if (pool.generation != t.connection) return;  // closed meanwhile
  --pool.streams;
  if (!multiplexed(upstream)) {
    const ConnectionPoolConfig& config = policyOf(upstream).pool;
    const std::uint32_t served = t.connection_served + 1;
    if (reusable && (config.max_requests_per_connection == 0 || served < config.max_requests_per_connection) && !tooOld(config, t.connection_opened, now_)) {
      pool.idle.push_back({now_, t.connection_opened, served});
    } else {
      --pool.open;
      upstream.resources.removeConnection();
      if (pool.pending_head != kNil && pool.connecting < pool.pending) return openConnection(pool.pending_head);
    }
  } else {
    noteIdle(pool);
  }
  if (pool.pending_head != kNil) return serveLine(t.upstream, t.thread, pool);
  if (pool.streams + pool.connecting == 0 && hostOf(upstream, t) == kNoHost) closeConnections(upstream, pool);  // its endpoint has left
}

void Mall::closeConnections(Upstream& upstream, HostPool& pool) {
  for (std::uint32_t c = pool.open + pool.connecting; c > 0; --c) upstream.resources.removeConnection();
  pool.open = pool.connecting = pool.streams = pool.served = 0;
  pool.idle.clear();
  pool.generation = ++upstream.generations;
}

// Where kube-proxy chooses: the endpoint at the other end of the connection there is. None: the next request opens one, to anybody.
HostIndex Mall::pinnedHost(Upstream& upstream, std::uint32_t index) {
  UpstreamThread& thread = upstream.threads[index];
  if (thread.pinned == kNil) return kNoHost;
  const HostIndex host = upstream.hosts.membership().indexOf(thread.pinned);
  if (host == kNoHost || proxies_[upstream.proxy].kind == Proxy::Kind::bare) return host;
  if (host >= thread.pools.size()) return kNoHost;
  const HostPool& pool = thread.pools[host];
  const ConnectionPoolConfig& config = policyOf(upstream).pool;
  const bool served = config.max_requests_per_connection > 0 && pool.served >= config.max_requests_per_connection;
  if (pool.connecting + pool.pending + pool.streams > 0) return served && multiplexed(upstream) ? kNoHost : host;
  const bool over = pool.open == 0 || served || (multiplexed(upstream) ? overdue(config, pool) : pool.idle.empty() || now_ - pool.idle.back().since >= config.idle_timeout);
  return over ? kNoHost : host;
}

// Connections of another protocol from now on: what runs on the old ones ends there, who waits in line gets a new one.
[[gnu::cold]] void Mall::reopenConnections(std::uint32_t index) {
  const auto reopen = [&](HostPool& pool) {
    closeConnections(upstreams_[index], pool);
    if (pool.pending_head != kNil) openConnection(pool.pending_head);
  };
  for (std::size_t th = 0; th < upstreams_[index].threads.size(); ++th) {
    for (std::size_t p = 0; p < upstreams_[index].threads[th].pools.size(); ++p) reopen(upstreams_[index].threads[th].pools[p]);
    for (std::size_t p = 0; p < upstreams_[index].threads[th].retired.size(); ++p) reopen(upstreams_[index].threads[th].retired[p].second);
  }
}

// The endpoint has crashed: its connections are gone; who waits for one gets a new one, or its failure.
void Mall::endpointConnectionsLost(std::uint32_t endpoint) {
  for (std::uint32_t u = 0; u < upstreams_.size(); ++u) {
    const HostIndex host = upstreams_[u].hosts.membership().indexOf(endpoint);
    for (std::uint32_t th = 0; th < upstreams_[u].threads.size(); ++th) {
      UpstreamThread& thread = upstreams_[u].threads[th];
      if (thread.pinned == endpoint) thread.pinned = kNil;
      std::vector<std::pair<std::uint32_t, std::uint64_t>> waiting;  // with their paths: one's failure may end another one
      const auto lose = [&](HostPool& pool) {
        closeConnections(upstreams_[u], pool);
        for (std::uint32_t i = pool.pending_head; i != kNil; i = tries_[i].next_pending) waiting.emplace_back(i, tries_[i].path);
      };
      if (host != kNoHost && host < thread.pools.size()) lose(thread.pools[host]);
      for (auto& [gone, pool] : thread.retired)
        if (gone == endpoint) lose(pool);
      for (const auto& [index, path] : waiting) {
        if (!tries_[index].live || tries_[index].path != path || tries_[index].stage != Try::Stage::waiting_for_connection) continue;
        leaveLine(index);
        tries_[index].next_pending = kNil;
        tryOver(index, TryOutcome::resetBy(ResetReason::kRemoteConnectionFailure, false), ResponseFlag::kUpstreamConnectionFailure, false, false);
      }
    }
  }
}

}  // namespace meshmall::models
