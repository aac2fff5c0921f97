// A cluster's endpoints as one kind of callers gets them: by place (Istio's localityLbSetting), by zone, or as they are. And the callers' own fleet.
#include <algorithm>
#include <map>

#include "models/mall/mall.h"

namespace meshmall::models {

namespace {

constexpr std::uint64_t kNoLabels = 0;  // of a caller that is no endpoint, or whose labels do not matter

}  // namespace

// Which list a proxy gets: by its locality; where labels decide (failoverPriority), by its version too.
std::uint64_t Mall::viewFor(const Proxy& proxy, const ClusterPolicy& policy) const {
  if (!policy.byPlace()) return kPlainView;
  const bool labels = !policy.locality.failover_priority.empty() && proxy.endpoint != kNil;
  const std::uint64_t version = labels ? endpoints_[proxy.endpoint].version + std::uint64_t{1} : kNoLabels;
  return version << 32 | proxy.locality;
}

// Where something stands: region and zone, and its labels, which tell both as Kubernetes' nodes do.
Place Mall::placeOf(std::uint32_t locality, std::uint32_t version) const {
  const Locality& l = scenario().localities[locality];
  Place place{LocalityName{l.region, l.zone, {}}, {}};
  if (version != kNil) place.labels = plan_->versions[version].settings->labels;
  place.labels.emplace_back("topology.kubernetes.io/region", l.region);
  place.labels.emplace_back("topology.kubernetes.io/zone", l.zone);
  return place;
}

ClusterView Mall::arrange(const ClusterPolicy& policy, std::vector<HostConfig> hosts, std::uint64_t key) const {
  const auto version = static_cast<std::uint32_t>(key >> 32);
  const Place caller = placeOf(static_cast<std::uint32_t>(key), version == kNoLabels ? kNil : version - 1);
  std::vector<Place> places;
  for (const HostConfig& host : hosts) places.push_back(placeOf(endpoints_[host.id].locality, endpoints_[host.id].version));
  LocalityArrangement made = policy.failover.locality == LocalityRule::kZoneAware
                                 ? arrangeByZone(std::move(hosts), places, caller)
                                 : arrangeByLocality(std::move(hosts), places, caller, policy.locality, policy.outlier.has_value());
  ClusterView view;
  view.list = makeMembership(std::move(made.hosts), std::move(made.priorities));
  view.rule = made.rule;
  return view;
}

FailoverConfig Mall::failoverOf(const Upstream& upstream, const ClusterView& view) const {
  FailoverConfig config = policyOf(upstream).failover;
  config.locality = view.rule;
  return config;
}

// Those that call as this proxy does: the endpoints of its service, the gateway's replicas, or it alone. All that discovery lists are healthy.
std::shared_ptr<const LocalCluster> Mall::localClusterOf(std::uint32_t index) const {
  const Proxy& proxy = proxies_[index];
  std::map<std::string, std::uint32_t> others;
  LocalCluster local;
  const auto zoneOf = [&](std::uint32_t locality) { return toText(*placeOf(locality, kNil).locality); };
  ZoneHosts own{zoneOf(proxy.locality), 0};
  const auto add = [&](std::uint32_t locality) {
    const std::string zone = zoneOf(locality);
    if (zone == own.zone) ++own.healthy;
    else ++others[zone];
    ++local.hosts;
  };
  if (proxy.endpoint != kNil) {
    for (const std::uint32_t e : *knowledgeOf(index).services[endpoints_[proxy.endpoint].service].endpoints) add(endpoints_[e].locality);
  } else if (proxy.kind == Proxy::Kind::gateway) {
    for (const Proxy& other : proxies_)
      if (other.kind == Proxy::Kind::gateway) add(other.locality);
  } else {
    add(proxy.locality);
  }
  local.healthy = local.hosts;
  local.has_own_zone = own.healthy > 0;
  if (local.has_own_zone) local.zones.push_back(own);
  for (const auto& [zone, healthy] : others) local.zones.push_back({zone, healthy});
  return std::make_shared<const LocalCluster>(std::move(local));
}

// The fleet of the service's proxies is another one.
void Mall::localClusterChanged(std::uint32_t service) {
  for (Upstream& upstream : upstreams_) {
    const Proxy& proxy = proxies_[upstream.proxy];
    if (proxy.endpoint != kNil && endpoints_[proxy.endpoint].service == service) tellLocalCluster(upstream);
  }
}

void Mall::tellLocalCluster(Upstream& upstream) {
  if (upstream.hosts.config().locality != LocalityRule::kZoneAware) return;
  const auto local = localClusterOf(upstream.proxy);
  for (UpstreamThread& thread : upstream.threads)
    if (thread.balancer) thread.balancer->setLocalCluster(local, upstream.hosts);
}

}  // namespace meshmall::models
