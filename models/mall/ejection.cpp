// Outlier detection in the running mall: what the detector hears, and what its decisions change in the proxy's view. Also: notes of failover and panic.
#include "models/mall/mall.h"

namespace meshmall::models {

void Mall::startDetector(Upstream& upstream, const ClusterPolicy& policy) {
  upstream.detector.reset();
  if (!policy.outlier) return;
  upstream.detector.emplace();
  if (collector_.keepsDecisions()) upstream.detector->keepNotes();
}

void Mall::reportToDetector(std::uint32_t index, const Try& t, const TryOutcome& outcome, bool timed_out) {
  Upstream& upstream = upstreams_[index];
  if (!upstream.detector || outcome.reset == ResetReason::kOverflow) return;
  const auto& config = policyOf(upstream).outlier;
  if (!config || hostOf(upstream, t) == kNoHost) return;
  const Proxy& proxy = proxies_[upstream.proxy];
  if (t.attached && !isConnectFailure(outcome.reset)) upstream.detector->onPoolReady(*config, endpoints_[t.endpoint].slot);  // matters where errors are split
  upstream.detector->onTryEnd(*config, endpoints_[t.endpoint].slot, outcome, timed_out, now_, upstream.hosts.size(), threads_[proxy.first_thread], ejections_);
  if (!ejections_.empty()) applyEjections(index);
  if (upstream.detector->hasNotes()) noteEjections(index);
  if (upstream.tick.slot == engine::kNoSlot && config->interval.ns > 0) {
    const std::int64_t next = (now_.ns / config->interval.ns + 1) * config->interval.ns;  // the detector has ticked since time 0
    upstream.tick = keepHouse({next}, kOutlierTick, index);
  }
}

void Mall::applyEjections(std::uint32_t index) {
  Upstream& upstream = upstreams_[index];
  const std::uint32_t service = plan_->clusters[upstream.cluster].service;
  for (const OutlierDecision& decision : ejections_) {
    if (!decision.enforced) continue;
    const std::uint32_t endpoint = endpoints_of_service_[service][decision.host];
    const HostIndex host = upstream.hosts.membership().indexOf(endpoint);
    if (host != kNoHost) upstream.hosts.setEjected(host, decision.eject, now_);
    Detail detail;
    if (collector_.keepsDecisions()) {
      if (decision.eject) {
        detail.emplace_back("type", std::string(name(decision.type)));
        detail.emplace_back("seconds", static_cast<double>((decision.until - now_).ns) / 1e9);
      }
      detail.emplace_back("multiplier", static_cast<double>(decision.multiplier));
    }
    const DecisionKind kind = decision.eject ? DecisionKind::ejection : DecisionKind::uneject;
    collector_.decision(now_, kind, Subject::endpoint(endpoint), proxies_[upstream.proxy].name, std::move(detail));
  }
  ejections_.clear();
  tellShares(index);
}

void Mall::noteEjections(std::uint32_t index) {
  Upstream& upstream = upstreams_[index];
  const std::uint32_t service = plan_->clusters[upstream.cluster].service;
  for (const OutlierNote& note : upstream.detector->takeNotes()) {
    const bool decay = note.kind == OutlierNote::Kind::kDecay;
    Detail detail;
    if (decay) {
      detail.emplace_back("multiplier", static_cast<double>(note.multiplier));
    } else {
      detail.emplace_back("type", std::string(name(note.type)));
      detail.emplace_back("ejected", static_cast<double>(upstream.detector->ejectedCount()));
      detail.emplace_back("endpoints", static_cast<double>(upstream.hosts.size()));
    }
    collector_.decision(now_, decay ? DecisionKind::ejection_decay : DecisionKind::ejection_denied, Subject::endpoint(endpoints_of_service_[service][note.host]),
                        proxies_[upstream.proxy].name, std::move(detail));
  }
}

void Mall::outlierTick(std::uint32_t index) {
  Upstream& upstream = upstreams_[index];
  upstream.tick = {};
  --housekeeping_;
  const auto& config = policyOf(upstream).outlier;
  if (!config || !upstream.detector) return;
  upstream.detector->onInterval(*config, now_, upstream.hosts.size(), threads_[proxies_[upstream.proxy].first_thread], ejections_);
  applyEjections(index);
  if (upstream.detector->hasNotes()) noteEjections(index);
  if (upstream.detector->quiet()) return;  // the next report starts the ticks again
  upstream.tick = keepHouse(now_ + config->interval, kOutlierTick, index);
}

// The proxy's belief has changed: balancers that go by the clock notice it, and what it means for the shares of the priorities is noted, and who panics.
void Mall::tellShares(std::uint32_t index) {
  Upstream& upstream = upstreams_[index];
  if (upstream.warms_up) {
    noticeHosts(upstream);
    if (upstream.warm != kNil) noteWarmUps(index);
  }
  const auto shares = upstream.hosts.shares();
  const bool same = std::equal(shares.begin(), shares.end(), upstream.told.begin(), upstream.told.end());
  if (same) return;
  const std::vector<PriorityShare> before(shares.begin(), shares.end());
  const std::vector<PriorityShare> told = std::exchange(upstream.told, before);
  if (!collector_.keepsDecisions()) return;
  const Cluster& cluster = plan_->clusters[upstream.cluster];
  const auto say = [&](DecisionKind kind, Detail detail) {
    if (!cluster.subset.empty()) detail.emplace_back("subset", cluster.subset);
    collector_.decision(now_, kind, Subject::service(cluster.service), proxies_[upstream.proxy].name, std::move(detail));
  };
  bool moved = shares.size() > 1 && told.size() != shares.size();
  for (std::size_t p = 0; p < shares.size(); ++p) {
    const PriorityShare old = p < told.size() ? told[p] : PriorityShare{};
    moved = moved || (shares.size() > 1 && (old.healthy != shares[p].healthy || old.degraded != shares[p].degraded));
    if (old.panic == shares[p].panic) continue;
    const PrioritySummary summary = upstream.hosts.summary(static_cast<std::uint32_t>(p));
    Detail detail;
    detail.emplace_back("priority", static_cast<double>(p));
    detail.emplace_back("healthy", static_cast<double>(summary.healthy));
    detail.emplace_back("endpoints", static_cast<double>(summary.total));
    say(shares[p].panic ? DecisionKind::panic : DecisionKind::panic_over, std::move(detail));
  }
  if (!moved) return;
  Detail detail;
  for (std::size_t p = 0; p < shares.size(); ++p) {
    const std::string number = std::to_string(p);
    detail.emplace_back(std::string("priority").append(number), static_cast<double>(shares[p].healthy));
    if (shares[p].degraded > 0) detail.emplace_back(std::string("degraded").append(number), static_cast<double>(shares[p].degraded));
  }
  say(DecisionKind::failover, std::move(detail));
}

}  // namespace meshmall::models
