// What the control plane tells the proxies, and when: changes are gathered, pushed, and arrive at each proxy after a delay of its own.
#include <algorithm>
#include <limits>

#include "models/balancing/hash_tables.h"
#include "models/mall/mall.h"
#include "models/mall/purposes.h"

namespace meshmall::models {

namespace {

constexpr Duration kLate = engine::seconds(1);       // after the push: worth a note
constexpr std::uint32_t kLateNoted = 20;             // of one push

}  // namespace

// At the beginning everybody knows everything.
void Mall::meetControlPlane() {
  control_.present.services.resize(scenario().services.size());
  for (std::uint32_t s = 0; s < scenario().services.size(); ++s) listEndpoints(s);
  if (!plan_->discovery) return;
  control_.feeds.resize(proxies_.size());
  for (ControlPlane::Feed& feed : control_.feeds) feed.known = presentKnowledge();
}

// False: the list is the one that was.
bool Mall::listEndpoints(std::uint32_t service) {
  std::vector<std::uint32_t> listed;
  for (std::size_t v = 0; v < scenario().services[service].versions.size(); ++v)
    for (const std::uint32_t e : endpoints_of_version_[plan_->first_version[service] + v])
      if (endpoints_[e].known) listed.push_back(e);
  const auto& before = control_.present.services[service].endpoints;
  if (before && *before == listed) return false;
  control_.present.services[service] = {++control_.listings, std::make_shared<const std::vector<std::uint32_t>>(std::move(listed))};
  control_.snapshot.reset();
  return true;
}

std::shared_ptr<const Knowledge> Mall::presentKnowledge() {
  if (!control_.snapshot) control_.snapshot = std::make_shared<const Knowledge>(control_.present);
  return control_.snapshot;
}

void Mall::publish(Change change) {
  const std::uint32_t mesh_before = control_.present.mesh_version;
  switch (change.kind) {
    case Change::Kind::endpoints:
      if (!listEndpoints(change.subject)) return;
      break;
    case Change::Kind::mesh: control_.present.mesh_version = change.subject; break;
    case Change::Kind::split:
      if (control_.present.splits.size() <= change.subject) control_.present.splits.resize(change.subject + std::size_t{1});
      control_.present.splits[change.subject] = std::move(change.split);
      break;
  }
  control_.snapshot.reset();
  if (!plan_->discovery) {  // everybody has heard it
    if (change.kind == Change::Kind::endpoints) {
      for (std::uint32_t cluster = 0; cluster < plan_->clusters.size(); ++cluster) {
        if (plan_->clusters[cluster].service != change.subject) continue;
        views_[cluster].clear();
        for (const std::uint32_t u : upstreams_of_cluster_[cluster]) updateUpstream(u);
      }
      localClusterChanged(change.subject);
    } else if (change.kind == Change::Kind::mesh) {
      std::vector<std::uint32_t> all_proxies(proxies_.size()), all_upstreams(upstreams_.size());
      for (std::uint32_t p = 0; p < proxies_.size(); ++p) all_proxies[p] = p;
      for (std::uint32_t u = 0; u < upstreams_.size(); ++u) all_upstreams[u] = u;
      adoptMesh(all_proxies, all_upstreams, mesh_before, change.subject);
    }
    return;
  }
  if (control_.debounce.gathered() == 0) control_.first_change = now_;
  control_.last_change = now_;
  const auto answer = control_.debounce.onChange(plan_->discovery->debounce, change.kind == Change::Kind::endpoints, now_);
  if (answer == PushDebounce::Answer::kPushThis) return push();
  if (control_.timer.slot == engine::kNoSlot) control_.timer = keepHouse(*control_.debounce.timerAt(), kPushDue, 0);
}

void Mall::pushDue() {
  control_.timer = {};
  const DebounceConfig& config = plan_->discovery->debounce;
  if (control_.debounce.onTimer(config, now_) == PushDebounce::Answer::kPush) {
    push();
    control_.debounce.onPushEnded(config, now_);  // making it takes no time; what is on the way does not hold up the next one
  }
  if (const auto at = control_.debounce.timerAt()) control_.timer = keepHouse(*at, kPushDue, 0);
}

// A proxy is there to hear: beside an endpoint that runs, or by itself. kube-proxy is there always.
bool Mall::hears(const Proxy& proxy) const {
  if (proxy.kind != Proxy::Kind::sidecar) return true;
  const Endpoint::State state = endpoints_[proxy.endpoint].state;
  return state != Endpoint::State::down && state != Endpoint::State::gone;
}

// What is known goes to every proxy. The propagation counts from the latest change in it, so a lone change takes that long, gathering included; a push cannot
// arrive before it is made.
void Mall::push() {
  ++control_.present.number;
  control_.present.pushed = now_;
  control_.snapshot.reset();
  ControlPlane::OnTheWay made{presentKnowledge(), 0, 0};
  const std::uint64_t number = control_.present.number;
  Duration fastest = Duration{std::numeric_limits<std::int64_t>::max()}, slowest{0};
  for (std::uint32_t p = 0; p < proxies_.size(); ++p) {
    if (!hears(proxies_[p])) continue;
    const Duration delay = draw(plan_->discovery->propagation, addressOf(proxies_[p].name), number, purpose::kPropagation);
    const SimTime arrives = std::max(now_, control_.feeds[p].times.appliesAt(control_.last_change, delay));
    fastest = std::min(fastest, arrives - control_.last_change);
    slowest = std::max(slowest, arrives - control_.last_change);
    ++made.awaited;
    keepHouse(arrives, kPushArrives, p, number);
  }
  Detail detail;
  if (collector_.keepsDecisions()) {
    detail = {{"number", static_cast<double>(number)}, {"proxies", static_cast<double>(made.awaited)}, {"firstChange", static_cast<double>(control_.first_change.ns) / 1e9}};
    if (made.awaited > 0) {
      detail.emplace_back("fastest", static_cast<double>(fastest.ns) / 1e9);
      detail.emplace_back("slowest", static_cast<double>(slowest.ns) / 1e9);
    }
  }
  collector_.decision(now_, DecisionKind::push, Subject::named("mesh"), "control plane", std::move(detail));
  control_.pushes.push_back(std::move(made));
}

void Mall::pushArrives(std::uint32_t proxy, std::uint64_t number) {
  const std::uint64_t first = control_.pushes.front().knowledge->number;
  ControlPlane::OnTheWay& arriving = control_.pushes[number - first];
  const std::shared_ptr<const Knowledge> knowledge = arriving.knowledge;
  --arriving.awaited;
  const bool late = now_ - knowledge->pushed >= kLate && arriving.late++ < kLateNoted;
  while (!control_.pushes.empty() && control_.pushes.front().awaited == 0) {  // all of them have newer lists now
    for (std::uint32_t s = 0; s < knowledge->services.size(); ++s) forgetViews(s, control_.pushes.front().knowledge->services[s].number);
    control_.pushes.erase(control_.pushes.begin());
  }
  if (!hears(proxies_[proxy]) || control_.feeds[proxy].known->number >= number) return;
  adopt(proxy, knowledge);
  if (!late) return;
  Detail detail;
  if (collector_.keepsDecisions()) detail = {{"push", static_cast<double>(number)}, {"seconds", static_cast<double>((now_ - knowledge->pushed).ns) / 1e9}};
  collector_.decision(now_, DecisionKind::adoption, Subject::named(proxies_[proxy].name), "control plane", std::move(detail));
}

// A proxy that starts is told the present state as it connects.
void Mall::connectToControlPlane(std::uint32_t proxy) {
  if (!control_.feeds.empty()) adopt(proxy, presentKnowledge());
}

void Mall::forgetViews(std::uint32_t service, std::uint64_t before) {
  for (std::uint32_t cluster = 0; cluster < plan_->clusters.size(); ++cluster) {
    if (plan_->clusters[cluster].service != service) continue;
    std::erase_if(views_[cluster], [&](const ClusterView& view) { return view.listing < before; });
  }
}

void Mall::adopt(std::uint32_t proxy, const std::shared_ptr<const Knowledge>& knowledge) {
  const std::shared_ptr<const Knowledge> before = std::exchange(control_.feeds[proxy].known, knowledge);
  std::vector<std::uint32_t> own;
  for (const auto& upstream : proxies_[proxy].upstreams) own.push_back(upstream.second);
  const auto heard = [&](std::uint32_t service) { return before->services[service].number != knowledge->services[service].number; };
  for (const std::uint32_t u : own)
    if (heard(plan_->clusters[upstreams_[u].cluster].service)) updateUpstream(u);
  const Proxy& p = proxies_[proxy];
  if (p.endpoint != kNil && heard(endpoints_[p.endpoint].service))
    for (const std::uint32_t u : own) tellLocalCluster(upstreams_[u]);
  if (before->mesh_version == knowledge->mesh_version) return;
  std::sort(own.begin(), own.end());
  adoptMesh({proxy}, own, before->mesh_version, knowledge->mesh_version);
}

// Proxies get a new configuration. Clusters whose policies stay the same keep their state; calls under way keep their route. `upstreams`: all of theirs, ascending.
void Mall::adoptMesh(const std::vector<std::uint32_t>& proxies, const std::vector<std::uint32_t>& upstreams, std::uint32_t from, std::uint32_t to) {
  const auto& clusters_before = plan_->meshes[from].clusters;
  const auto& clusters_now = plan_->meshes[to].clusters;
  for (const std::uint32_t p : proxies) proxies_[p].mesh_version = to;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> of_cluster;  // cluster, upstream: in order of both
  for (const std::uint32_t u : upstreams) {
    Upstream& upstream = upstreams_[u];
    of_cluster.emplace_back(upstream.cluster, u);
    const ClusterPolicy& before = policyOf(upstream);
    const ClusterPolicy& after = clusters_now[upstream.cluster];
    if (proxies_[upstream.proxy].kind == Proxy::Kind::bare || !after.exists) continue;
    upstream.policy = &after;
    if (before.multiplexed != after.multiplexed || (plan_->secured && speaksOtherwise(upstream, from, to))) reopenConnections(u);
    if (before.outlier != after.outlier) {
      forgetEjections(u);
      startDetector(upstream, after);
    }
    if (before.breaker != after.breaker || before.checks != after.checks) endWatch(u);
    const bool moved = !before.sameViews(after);
    if (moved) {
      upstream.view = viewFor(proxies_[upstream.proxy], after);
      updateUpstream(u);
    }
    if (moved || before.failover != after.failover) upstream.hosts.setConfig(failoverOf(upstream, viewOf(upstream)), now_);
    if (moved || before.balancer != after.balancer || before.failover.zone_aware != after.failover.zone_aware)
      for (UpstreamThread& thread : upstream.threads) thread.balancer.reset();
    if (upstream.watch == kNil && after.watches()) startWatch(u, true);
    tellShares(u);
  }
  std::sort(of_cluster.begin(), of_cluster.end());
  for (const auto& [c, u] : of_cluster) {  // subsets with other labels; lists carry the tables of policies that hash
    const bool other_tables = hashConfigOf(clusters_before[c].balancer) != hashConfigOf(clusters_now[c].balancer);
    if (clusters_before[c].versions != clusters_now[c].versions || other_tables) updateUpstream(u);
  }
  for (const std::uint32_t u : upstreams) adoptBalancing(u);
  for (const std::uint32_t p : proxies) openWarmUpstreams(p);
}

// What the proxy has not heard of the service: "" when it is up to date.
std::string Mall::staleness(std::uint32_t proxy, std::uint32_t service) const {
  if (control_.feeds.empty()) return {};
  const Knowledge& known = *control_.feeds[proxy].known;
  const Knowledge& present = control_.present;
  std::string believed, true_now;
  const auto add = [](std::string& to, const std::string& what) { to += (to.empty() ? "" : ", ") + what; };
  if (known.services[service].number != present.services[service].number) {
    constexpr std::size_t kNamed = 5;
    std::size_t gone = 0, came = 0;
    const auto& listed = *known.services[service].endpoints;
    const auto& truth = *present.services[service].endpoints;
    const auto has = [](const std::vector<std::uint32_t>& list, std::uint32_t e) { return std::find(list.begin(), list.end(), e) != list.end(); };
    for (const std::uint32_t e : listed)
      if (!has(truth, e) && ++gone <= kNamed) {
        add(believed, endpoints_[e].name + " is ready");
        add(true_now, endpoints_[e].name + " is " + truthOf(endpoints_[e], kNoEntry) + " and not listed");
      }
    for (const std::uint32_t e : truth)
      if (!has(listed, e) && ++came <= kNamed) {
        add(believed, endpoints_[e].name + " is not there");
        add(true_now, endpoints_[e].name + " is ready");
      }
    if (gone > kNamed || came > kNamed) add(true_now, std::to_string(gone) + " have left and " + std::to_string(came) + " have come");
  }
  if (known.mesh_version != present.mesh_version && proxies_[proxy].kind != Proxy::Kind::bare) {
    add(believed, "policies of version " + std::to_string(known.mesh_version));
    add(true_now, "policies of version " + std::to_string(present.mesh_version));
  }
  if (const std::uint32_t r = plan_->rollout_of.empty() ? kNil : plan_->rollout_of[service]; r != kNil) {
    const auto weight = [&](const Knowledge& k) { return "canary weight " + std::to_string(r < k.splits.size() && k.splits[r] ? k.splits[r]->canary : 0); };
    if (weight(known) != weight(present)) {
      add(believed, weight(known));
      add(true_now, weight(present));
    }
  }
  if (believed.empty()) return {};
  const double ago = (now_ - known.pushed).seconds();
  const auto tenths = static_cast<long>(ago * 10 + 0.5);
  const std::string as_of = known.number == 0 ? "from the beginning" : "as of push " + std::to_string(known.number) + ", " + std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s ago";
  return "believed (" + as_of + "): " + believed + "; true: " + true_now;
}

}  // namespace meshmall::models
