// Linkerd's breaker in the running mall: a run of failures shuts an endpoint for one proxy; after the penalty one request probes it.
// A shut endpoint is unhealthy in the proxy's view, and so is one whose probe is under way. Nothing caps how many are shut.
#include "models/mall/mall.h"
#include "models/mall/purposes.h"

namespace meshmall::models {

HostBreaker& Mall::breakerOf(const Upstream& upstream, std::uint32_t endpoint) {
  auto& breakers = watches_[upstream.watch].breakers;
  const std::uint32_t slot = endpoints_[endpoint].slot;
  if (breakers.size() <= slot) breakers.resize(std::size_t{slot} + 1);
  return breakers[slot];
}

void Mall::setShut(std::uint32_t index, std::uint32_t endpoint, bool shut) {
  Upstream& upstream = upstreams_[index];
  const HostIndex host = upstream.hosts.membership().indexOf(endpoint);
  if (host != kNoHost) upstream.hosts.setFlags(host, kShutByBreaker, shut, now_);
  tellShares(index);
}

// The try goes off: where the breaker is on probation it is the probe, and no other may go until it is answered.
void Mall::breakerSends(std::uint32_t index) {
  const Try& t = tries_[index];
  Upstream& upstream = upstreams_[t.upstream];
  if (!policyOf(upstream).breaker) return;
  HostBreaker& host = breakerOf(upstream, t.endpoint);
  if (!host.breaker.onSend(now_)) return;
  host.probing = true;
  host.probe = t.path;
  collector_.decision(now_, DecisionKind::probe, Subject::endpoint(t.endpoint), proxies_[upstream.proxy].name);
  setShut(t.upstream, t.endpoint, true);
}

void Mall::breakerHears(std::uint32_t index, AnswerClass answer) {
  const Try& t = tries_[index];
  Upstream& upstream = upstreams_[t.upstream];
  const auto& config = policyOf(upstream).breaker;
  if (!config) return;
  HostBreaker& host = breakerOf(upstream, t.endpoint);
  const bool probe = host.probing && host.probe == t.path;
  if (probe) host.probing = false;
  const std::string& proxy = proxies_[upstream.proxy].name;
  const std::uint64_t path = engine::mixPath(addressOf(endpoints_[t.endpoint].name), host.shuts);
  engine::StreamSource random(key_, {addressOf(proxy), path, purpose::kPenalty});
  const auto tripped = host.breaker.onAnswer(*config, answer, probe, now_, random);
  const std::uint32_t endpoint = t.endpoint, upstream_index = t.upstream;
  if (tripped) {
    ++host.shuts;
    const Duration penalty = host.breaker.shutUntil() - now_;
    host.over = keepHouse(now_ + penalty, kPenaltyOver, upstream_index, endpoints_[endpoint].slot);
    Detail detail;
    if (collector_.keepsDecisions()) {
      detail.emplace_back("type", std::string(*tripped == TripReason::kLowSuccessRate ? "LOW_SUCCESS_RATE" : probe ? "FAILED_PROBE" : "CONSECUTIVE_FAILURES"));
      detail.emplace_back("seconds", static_cast<double>(penalty.ns) / 1e9);
    }
    collector_.decision(now_, DecisionKind::ejection, Subject::endpoint(endpoint), proxy, std::move(detail));
    setShut(upstream_index, endpoint, true);
  } else if (probe) {
    collector_.decision(now_, DecisionKind::uneject, Subject::endpoint(endpoint), proxy);
    setShut(upstream_index, endpoint, false);
  }
}

// The probe will not be answered (its caller left, or it never got a connection): another one may go.
void Mall::probeAbandoned(std::uint32_t index) {
  const Try& t = tries_[index];
  Upstream& upstream = upstreams_[t.upstream];
  if (!policyOf(upstream).breaker) return;
  HostBreaker& host = breakerOf(upstream, t.endpoint);
  if (!host.probing || host.probe != t.path) return;
  host.probing = false;
  host.breaker.onProbeAbandoned();
  setShut(t.upstream, t.endpoint, false);
}

void Mall::penaltyOver(std::uint32_t index, std::uint32_t slot) {
  const Upstream& upstream = upstreams_[index];
  HostBreaker& host = watches_[upstream.watch].breakers[slot];
  host.over = {};
  host.breaker.state(now_);  // on probation now
  setShut(index, endpoints_of_service_[plan_->clusters[upstream.cluster].service][slot], false);
}

}  // namespace meshmall::models
