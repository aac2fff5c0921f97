// Who is there: endpoints come, crash, restart and leave, and the proxies' lists follow.
#include <algorithm>

#include "models/balancing/hash_tables.h"
#include "models/mall/mall.h"
#include "models/mall/purposes.h"

namespace meshmall::models {

std::uint32_t Mall::addEndpoint(std::uint32_t version, std::uint32_t locality, std::uint32_t ordinal, Endpoint::State state) {
  const std::uint32_t service = plan_->versions[version].service;
  const Service& s = scenario().services[service];
  const Version& v = s.versions[plan_->versions[version].index_in_service];
  const auto index = static_cast<std::uint32_t>(endpoints_.size());
  endpoints_of_service_.resize(scenario().services.size());
  Endpoint endpoint;
  endpoint.name = s.name + "-" + v.name + "-" + std::to_string(ordinal);
  endpoint.version = version;
  endpoint.runs = settings_.empty() ? version : settings_[version];
  endpoint.service = service;
  endpoint.ordinal = ordinal;
  endpoint.slot = static_cast<std::uint32_t>(endpoints_of_service_[service].size());
  endpoint.locality = locality;
  endpoint.workers = versionOf(endpoint).workers;
  endpoint.state = state;
  endpoint.known = state == Endpoint::State::up;
  Proxy proxy;
  proxy.kind = s.sidecar ? Proxy::Kind::sidecar : Proxy::Kind::bare;
  proxy.name = endpoint.name;
  proxy.caller_class = plan_->versions[version].index_in_service;
  proxy.endpoint = index;
  proxy.locality = locality;
  endpoint.proxy = addProxy(std::move(proxy), s.sidecar ? scenario().sidecar.concurrency : 1);
  const std::uint32_t observed = collector_.addEndpoint({version, endpoint.name, locality, endpoint.workers}, now_);
  engine::promise(observed == index, "the collector numbers endpoints otherwise");
  if (state != Endpoint::State::up) collector_.capacity(index, now_, 0);
  endpoints_of_version_[version].push_back(index);
  endpoints_of_service_[service].push_back(index);
  endpoints_.push_back(std::move(endpoint));
  lives_.emplace_back();
  if (!busy_meters_.empty()) busy_meters_.emplace_back();
  if (!scrapes_.empty()) scrapes_.emplace_back();
  if (state == Endpoint::State::up) startLife(index, true);
  if (plan_->endpoints_report) meters_.emplace_back();
  if (!entrances_.empty()) openWarmUpstreams(endpoints_[index].proxy);  // else the mall is not built yet, which sees to it
  return index;
}

// The list that an upstream's proxy goes by: of what the proxy knows, as its place asks.
const ClusterView& Mall::viewOf(const Upstream& upstream) {
  const std::uint32_t cluster = upstream.cluster;
  const Cluster& c = plan_->clusters[cluster];
  const Listing& listing = knowledgeOf(upstream.proxy).services[c.service];
  const std::uint32_t mesh_version = proxies_[upstream.proxy].mesh_version;
  const ClusterPolicy& policy = plan_->meshes[mesh_version].clusters[cluster];
  const auto same = [&](const ClusterPolicy& other) {
    return &other == &policy || (other.sameViews(policy) && other.versions == policy.versions && hashConfigOf(other.balancer) == hashConfigOf(policy.balancer));
  };
  auto& views = views_[cluster];
  for (const ClusterView& view : views)
    if (view.key == upstream.view && view.listing == listing.number && same(*view.policy)) return view;
  std::vector<HostConfig> hosts;
  for (const std::uint32_t e : *listing.endpoints) {
    const std::uint32_t v = plan_->versions[endpoints_[e].version].index_in_service;
    if (v >= policy.versions.size() || policy.versions[v] == 0) continue;
    HostConfig host;
    host.id = e;
    host.key = endpoints_[e].name;
    host.weight = scenario().services[c.service].versions[v].weight;
    hosts.push_back(std::move(host));
  }
  ClusterView view;
  if (upstream.view == kPlainView) view.list = makeMembership(std::move(hosts));
  else view = arrange(policy, std::move(hosts), upstream.view);
  view.key = upstream.view;
  view.listing = listing.number;
  view.policy = &policy;
  FailoverConfig failover = policy.failover;
  failover.locality = view.rule;
  view.list = withHashTables(std::move(view.list), policy.balancer, failover);
  views.push_back(std::move(view));
  return views.back();
}

void Mall::membershipChanged(std::uint32_t service) {
  if (!rollouts_.empty()) [[unlikely]] replicasChanged(service);
  if (!scaling_) publish(Change::endpoints(service));  // else it is told once, when all have come or left
}

void Mall::updateUpstream(std::uint32_t index) {
  Upstream& upstream = upstreams_[index];
  const auto list = viewOf(upstream).list;
  const Membership& old = upstream.hosts.membership();
  for (UpstreamThread& thread : upstream.threads) {
    std::vector<HostPool> pools;
    std::vector<std::pair<std::uint32_t, HostPool>> retired;
    const auto keep = [&](std::uint32_t endpoint, HostPool& pool) {
      const HostIndex host = list->indexOf(endpoint);
      if (host != kNoHost) {
        if (pools.size() <= host) pools.resize(list->hosts.size());
        pools[host] = std::move(pool);
      } else if (pool.streams + pool.pending + pool.connecting > 0) {
        retired.emplace_back(endpoint, std::move(pool));
      } else {
        closeConnections(upstream, pool);
      }
    };
    for (auto& [endpoint, pool] : thread.retired) keep(endpoint, pool);
    for (std::size_t h = 0; h < thread.pools.size(); ++h) keep(old.hosts[h].id, thread.pools[h]);
    thread.pools = std::move(pools);
    thread.retired = std::move(retired);
  }
  if (upstream.detector)
    for (const HostConfig& host : old.hosts)
      if (list->indexOf(host.id) == kNoHost) upstream.detector->removeHost(endpoints_[host.id].slot);
  upstream.hosts.setMembership(list, now_);
  if (upstream.watch != kNil) followWatch(index, false);
  tellShares(index);
}

// ---- crash and restart -------------------------------------------------------------------------------------------------------------

void Mall::crashEndpoint(std::uint32_t index) {
  Endpoint& endpoint = endpoints_[index];
  ++endpoint.crashes;
  if (endpoint.state == Endpoint::State::down) return;
  endpoint.state = Endpoint::State::down;
  collector_.capacity(index, now_, 0);
  collector_.decision(now_, DecisionKind::crash, Subject::endpoint(index), "scenario");
  resetRequestsAt(index);
}

void Mall::crashNoticed(std::uint32_t index, std::uint64_t start) {
  Endpoint& endpoint = endpoints_[index];
  if (endpoint.starts != start || !endpoint.known || endpoint.state == Endpoint::State::up) return;
  setListed(index, false);
}

void Mall::restartEndpoint(std::uint32_t index) {
  Endpoint& endpoint = endpoints_[index];
  if (endpoint.state != Endpoint::State::down) return;
  if (endpoint.crashes > 0 && --endpoint.crashes > 0) return;  // another crash still holds it down
  endpoint.state = Endpoint::State::starting;
  ++endpoint.starts;
  connectToControlPlane(endpoint.proxy);
  startLife(index, false);
  if (plan_->certified) certify(endpoint.proxy);
  const Duration startup = draw(versionOf(endpoint).startup, addressOf(endpoint.name), endpoint.starts, purpose::kStartup);
  if (startup.ns == 0) return endpointReady(index, endpoint.starts);
  keepHouse(now_ + startup, kEndpointReady, index, endpoint.starts);
}

void Mall::endpointReady(std::uint32_t index, std::uint64_t start) {
  Endpoint& endpoint = endpoints_[index];
  if (endpoint.state != Endpoint::State::starting || endpoint.starts != start) return;  // it went down meanwhile
  endpoint.state = Endpoint::State::up;
  collector_.capacity(index, now_, endpoint.workers);
  collector_.decision(now_, DecisionKind::restart, Subject::endpoint(index), "scenario");
  if (!versionOf(endpoint).readiness_probe) setListed(index, true);  // else the probe's next answers tell
}

// ---- more or fewer -----------------------------------------------------------------------------------------------------------------

std::uint32_t Mall::replicasOf(std::uint32_t version) const {
  std::uint32_t n = 0;
  for (const std::uint32_t e : endpoints_of_version_[version])
    n += endpoints_[e].stays() ? 1U : 0U;
  return n;
}

// Up: those that left come back, lowest index first, then new ones, spread over the localities. Down: the highest indexes leave when their work is done.
void Mall::scaleTo(std::uint32_t version, std::uint32_t replicas, const std::string& by, Detail detail) {
  const std::uint32_t service = plan_->versions[version].service;
  std::uint32_t now = replicasOf(version);
  if (detail.empty()) detail = {{"from", static_cast<double>(now)}, {"to", static_cast<double>(replicas)}};
  collector_.decision(now_, DecisionKind::scale, Subject::version(version), by, std::move(detail));
  scaling_ = true;
  const auto& of = endpoints_of_version_[version];
  for (std::size_t i = of.size(); i-- > 0 && now > replicas;) {
    if (!endpoints_[of[i]].stays()) continue;
    retire(of[i]);
    --now;
  }
  for (; now < replicas; ++now) startOne(version);
  scaling_ = false;
  membershipChanged(service);
}

// Off the list, and gone when its work is done, or by Kubernetes' clock.
void Mall::retire(std::uint32_t index) {
  Endpoint& endpoint = endpoints_[index];
  setListed(index, false);
  const TerminationConfig* config = terminationOf(endpoint);
  if (endpoint.state == Endpoint::State::up && config != nullptr) deleteByTheClock(index, *config);
  else if (endpoint.state == Endpoint::State::up && awaited(index)) endpoint.state = Endpoint::State::draining;
  else gone(index);
}

// One that has left comes back, lowest index first, else a new one.
void Mall::startOne(std::uint32_t version) {
  for (const std::uint32_t e : endpoints_of_version_[version])
    if (endpoints_[e].state == Endpoint::State::gone) return start(e);
  const auto ordinal = static_cast<std::uint32_t>(endpoints_of_version_[version].size());
  start(addEndpoint(version, localityForNew(version), ordinal, Endpoint::State::gone));
}

void Mall::start(std::uint32_t index) {
  Endpoint& endpoint = endpoints_[index];
  endpoint.state = Endpoint::State::down;
  endpoint.crashes = 0;
  ++endpoint.pod;
  if (!settings_.empty()) endpoint.runs = settings_[endpoint.version];
  endpoint.workers = versionOf(endpoint).workers;
  restartEndpoint(index);
}

// Requests are there, or on their way there: whoever sent them had not heard that it leaves. O(tries), asked only of those that leave.
bool Mall::awaited(std::uint32_t index) const {
  if (endpoints_[index].requests > 0) return true;
  for (std::uint32_t i = 0; i < tries_.slots(); ++i)
    if (tries_[i].live && tries_[i].server_side && tries_[i].endpoint == index) return true;
  return false;
}

// The locality of those the version uses that has the fewest of it.
std::uint32_t Mall::localityForNew(std::uint32_t version) const {
  const PlanVersion& v = plan_->versions[version];
  const auto& configured = scenario().services[v.service].versions[v.index_in_service].replicas;
  const bool any = std::any_of(configured.begin(), configured.end(), [](std::uint32_t n) { return n > 0; });
  std::uint32_t best = 0, fewest = kNil;
  for (std::uint32_t l = 0; l < configured.size(); ++l) {
    if (any && configured[l] == 0) continue;
    std::uint32_t have = 0;
    for (const std::uint32_t e : endpoints_of_version_[version])
      have += endpoints_[e].locality == l && endpoints_[e].stays() ? 1U : 0U;
    if (have < fewest) {
      fewest = have;
      best = l;
    }
  }
  return best;
}

// Other rules of ejection are configured: whom the present ones keep out comes in again.
void Mall::forgetEjections(std::uint32_t index) {
  Upstream& upstream = upstreams_[index];
  for (HostIndex h = 0; h < upstream.hosts.size(); ++h) {
    if ((upstream.hosts.flags(h) & kFailedOutlierCheck) == 0) continue;
    upstream.hosts.setEjected(h, false, now_);
    collector_.decision(now_, DecisionKind::uneject, Subject::endpoint(upstream.hosts.host(h).id), proxies_[upstream.proxy].name, {{"cause", std::string("patch")}});
  }
}

}  // namespace meshmall::models
