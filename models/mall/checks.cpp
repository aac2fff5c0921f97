// Active health checks: each proxy asks each endpoint of the clusters that have them, by a small request over the mall's network and the endpoint's own
// proxy. The endpoint answers beside its line, without a clerk: 200, what `fail` events on the whole service say, or nothing when it is down.
// Endpoints that stand at time 0, or when the checks are configured, count as checked; later ones are unhealthy until their first check.
#include "models/mall/mall.h"
#include "models/mall/purposes.h"

namespace meshmall::models {

namespace {

constexpr HostFlags kCheckFlags = kFailedActiveCheck | kDegradedActiveCheck | kExcludedByImmediateFail;

const char* stateOf(const HealthChecker& checker) { return checker.failed() ? "unhealthy" : checker.degraded() ? "degraded" : "healthy"; }

std::string causeOf(const CheckResult& result) {
  if (result.kind == CheckResult::Kind::kTimeout) return "timeout";
  if (result.kind == CheckResult::Kind::kNetworkFailure) return "no connection";
  return std::string("status ").append(std::to_string(result.status));
}

}  // namespace

void Mall::startWatch(std::uint32_t index, bool warm) {
  upstreams_[index].watch = static_cast<std::uint32_t>(watches_.size());
  watches_.emplace_back();
  followWatch(index, warm);
}

// Other breakers or checks are configured: what the present ones believed is forgotten.
void Mall::endWatch(std::uint32_t index) {
  Upstream& upstream = upstreams_[index];
  if (upstream.watch == kNil) return;
  Watch& watch = watches_[upstream.watch];
  for (HostBreaker& host : watch.breakers) dropHouse(host.over);
  for (HostCheck& check : watch.checks) stopCheck(check);
  watch = {};
  upstream.watch = kNil;
  for (HostIndex h = 0; h < upstream.hosts.size(); ++h) {
    const HostFlags flags = upstream.hosts.flags(h);
    const Subject subject = Subject::endpoint(upstream.hosts.host(h).id);
    const std::string& proxy = proxies_[upstream.proxy].name;
    if ((flags & kShutByBreaker) != 0) collector_.decision(now_, DecisionKind::uneject, subject, proxy, {{"cause", std::string("patch")}});
    if ((flags & kCheckFlags) != 0) collector_.decision(now_, DecisionKind::health, subject, proxy, {{"state", std::string("healthy")}, {"cause", std::string("patch")}});
    upstream.hosts.setFlags(h, kCheckFlags | kShutByBreaker, false, now_);
  }
}

// The list has changed: those who left are forgotten, those who came are checked. warm: the latter count as healthy until a check says otherwise.
void Mall::followWatch(std::uint32_t index, bool warm) {
  Upstream& upstream = upstreams_[index];
  Watch& watch = watches_[upstream.watch];
  const auto& of_service = endpoints_of_service_[plan_->clusters[upstream.cluster].service];
  const auto& config = policyOf(upstream).checks;
  if (config) watch.checks.resize(of_service.size());
  for (std::uint32_t slot = 0; slot < of_service.size(); ++slot) {
    const HostIndex host = upstream.hosts.membership().indexOf(of_service[slot]);
    if (host == kNoHost && slot < watch.breakers.size()) {
      dropHouse(watch.breakers[slot].over);
      watch.breakers[slot] = {};
    }
    if (!config) continue;
    HostCheck& check = watch.checks[slot];
    if (host == kNoHost) {
      stopCheck(check);
    } else if (!check.on) {
      check.on = true;
      check.checker = HealthChecker(!warm);
      upstream.hosts.setFlags(host, kFailedActiveCheck, !warm, now_);
      const std::uint64_t path = checkPath(endpoints_[of_service[slot]], check.number);
      engine::StreamSource random(key_, {addressOf(proxies_[upstream.proxy].name), path, purpose::kCheckWait});
      check.event = keepHouse(now_ + firstCheckDelay(*config, random), kCheckDue, index, slot);
    }
  }
}

void Mall::stopCheck(HostCheck& check) {
  dropHouse(check.event);
  dropHouse(check.timeout);
  check.stage = HostCheck::Stage::idle;
  check.on = false;
}

std::uint64_t Mall::checkPath(const Endpoint& endpoint, std::uint32_t number) const { return engine::mixPath(addressOf(endpoint.name), number); }

void Mall::checkDue(std::uint32_t index, std::uint32_t slot) {
  const Upstream& upstream = upstreams_[index];
  const HealthCheckConfig& config = *policyOf(upstream).checks;
  const Proxy& proxy = proxies_[upstream.proxy];
  HostCheck& check = watches_[upstream.watch].checks[slot];
  if (proxy.endpoint != kNil && endpoints_[proxy.endpoint].state != Endpoint::State::up) {  // the proxy is down with its endpoint
    check.event = keepHouse(now_ + config.interval, kCheckDue, index, slot);
    return;
  }
  const Endpoint& endpoint = endpoints_[endpoints_of_service_[plan_->clusters[upstream.cluster].service][slot]];
  const std::uint64_t who = addressOf(proxy.name), path = checkPath(endpoint, ++check.number);
  check.result = {CheckResult::Kind::kNetworkFailure, 0, false, false};
  check.event = {};
  check.timeout = keepHouse(now_ + config.timeout, kCheckTimeout, index, slot);
  bool lost = false;
  const Duration there = hopOf(who, path, engine::firstBlock(key_, {who, path, purpose::kTry}), proxy.locality, endpoint.locality, 0, lost);
  check.stage = lost ? HostCheck::Stage::lost : HostCheck::Stage::request_flying;
  if (!lost) check.event = keepHouse(now_ + there, kCheckArrives, index, slot);
}

// What an endpoint that is up answers.
CheckResult Mall::answerToCheck(const Upstream& upstream, const Endpoint& endpoint, std::uint64_t who, std::uint64_t path) const {
  CheckResult answer{CheckResult::Kind::kAnswer, 200, false, false};
  const std::uint32_t from = policyOf(upstream).degraded_waiting;
  answer.degraded = from > 0 && endpoint.waiting >= from;
  for (const std::uint32_t e : fails_) {
    const auto& fail = std::get<Fail>(timed(e).what);
    if (fail.target.operation || !matches(fail.target, endpoint) || !coin(fail.probability, who, path, purpose::kEventFail + e)) continue;
    answer.status = fail.status;
  }
  return answer;
}

Duration Mall::checkProxyTime(const Endpoint& endpoint, std::uint64_t who, std::uint64_t path, unsigned lane) {
  const Distribution& time = scenario().sidecar.inbound;
  if (!scenario().services[endpoint.service].sidecar || time.isZero()) return {0};
  const engine::Address address{who, path, purpose::kCheckTimes};
  engine::Lane engine(key_, address, lane, engine::firstBlock(key_, address)[lane]);
  const Duration spent = time.sample(engine);
  collector_.proxyTime(spent);
  return spent;
}

void Mall::checkArrives(std::uint32_t index, std::uint32_t slot) {
  const Upstream& upstream = upstreams_[index];
  const Proxy& proxy = proxies_[upstream.proxy];
  HostCheck& check = watches_[upstream.watch].checks[slot];
  const Endpoint& endpoint = endpoints_[endpoints_of_service_[plan_->clusters[upstream.cluster].service][slot]];
  const std::uint64_t who = addressOf(proxy.name), path = checkPath(endpoint, check.number);
  Duration inside{0};
  if (endpoint.accepts()) {
    check.result = answerToCheck(upstream, endpoint, who, path);
    inside = checkProxyTime(endpoint, who, path, 0) + checkProxyTime(endpoint, who, path, 1);
  }
  bool lost = false;
  const Duration back = hopOf(who, path, engine::firstBlock(key_, {who, path, purpose::kTry}), endpoint.locality, proxy.locality, 1, lost);
  check.event = {};
  check.stage = lost ? HostCheck::Stage::lost : HostCheck::Stage::answer_flying;
  if (!lost) check.event = keepHouse(now_ + inside + back, kCheckAnswered, index, slot);
}

void Mall::checkEnded(std::uint32_t index, std::uint32_t slot, bool timeout) {
  Upstream& upstream = upstreams_[index];
  const ClusterPolicy& policy = policyOf(upstream);
  const std::string& proxy = proxies_[upstream.proxy].name;
  HostCheck& check = watches_[upstream.watch].checks[slot];
  const std::uint32_t endpoint = endpoints_of_service_[plan_->clusters[upstream.cluster].service][slot];
  (timeout ? check.timeout : check.event) = {};
  dropHouse(timeout ? check.event : check.timeout);
  if (timeout) check.result = {CheckResult::Kind::kTimeout, 0, false, false};
  check.stage = HostCheck::Stage::idle;
  engine::StreamSource random(key_, {addressOf(proxy), checkPath(endpoints_[endpoint], check.number), purpose::kCheckWait});
  const bool had_traffic = upstream.generations > 0;
  const HealthChecker::Step step = check.checker.onResult(*policy.checks, check.result, had_traffic, random);
  check.event = keepHouse(now_ + step.next_interval, kCheckDue, index, slot);
  if (step.transition == HealthTransition::kChanged) {
    Detail detail;
    if (collector_.keepsDecisions()) detail = {{"state", std::string(stateOf(check.checker))}, {"cause", causeOf(check.result)}};
    collector_.decision(now_, DecisionKind::health, Subject::endpoint(endpoint), proxy, std::move(detail));
    const HostIndex host = upstream.hosts.membership().indexOf(endpoint);
    HostFlags flags = upstream.hosts.flags(host) & static_cast<HostFlags>(~kCheckFlags);
    if (check.checker.failed()) flags |= kFailedActiveCheck;
    if (check.checker.degraded()) flags |= kDegradedActiveCheck;
    if (check.checker.excluded()) flags |= kExcludedByImmediateFail;
    const std::pair<HostIndex, HostFlags> change{host, flags};
    upstream.hosts.replaceFlags({&change, 1}, now_);
    tellShares(index);
  }
  if (!step.success || check.checker.failed() || !upstream.detector) return;
  upstream.detector->onActiveHealthCheckSuccess(*policy.outlier, slot, now_, ejections_);
  if (!ejections_.empty()) applyEjections(index);
}

// The way between two localities is cut: checks that are on it are lost.
void Mall::cutChecks(std::uint32_t a, std::uint32_t b) {
  for (const Upstream& upstream : upstreams_) {
    if (upstream.watch == kNil) continue;
    const std::uint32_t here = proxies_[upstream.proxy].locality;
    const auto& of_service = endpoints_of_service_[plan_->clusters[upstream.cluster].service];
    auto& checks = watches_[upstream.watch].checks;
    for (std::size_t slot = 0; slot < checks.size(); ++slot) {
      const std::uint32_t there = endpoints_[of_service[slot]].locality;
      const bool flying = checks[slot].stage == HostCheck::Stage::request_flying || checks[slot].stage == HostCheck::Stage::answer_flying;
      if (!flying || !((here == a && there == b) || (here == b && there == a))) continue;
      dropHouse(checks[slot].event);
      checks[slot].stage = HostCheck::Stage::lost;
    }
  }
}

}  // namespace meshmall::models
