#include "models/mall/mall.h"

#include <algorithm>
#include <utility>

#include "engine/kernel/limit.h"
#include "models/mall/purposes.h"

namespace meshmall::models {

namespace {

Window windowOf(const Plan& plan) { return {plan.windowBegin(), plan.windowEnd()}; }

}  // namespace

Mall::Mall(std::shared_ptr<const Plan> plan, RunOptions options)
    : plan_(std::move(plan)),
      options_(options),
      key_{options.seed, options.replication},
      collector_(plan_->layout, windowOf(*plan_), timelineInterval(plan_->windowEnd() - SimTime{})),
      end_(plan_->windowEnd()) {
  if (options.trace_request != 0) trips_.traceCustomer(options.trace_request);
  trips_.traceFirst(options.trace_first);
  if (options.count_arrivals) collector_.countArrivals();
  build();
}

void Mall::build() {
  for (const Duration length : plan_->rings) queue_.timeoutRing(length);
  upstreams_of_cluster_.resize(plan_->clusters.size());
  views_.resize(plan_->clusters.size());
  parked_users_.resize(scenario().traffic.size());
  endpoints_of_version_.resize(plan_->versions.size());
  header_sets_.take();  // 0: none
  for (std::uint32_t v = 0; v < plan_->versions.size(); ++v) {
    const Service& service = scenario().services[plan_->versions[v].service];
    std::uint32_t ordinal = 0;
    const auto& replicas = service.versions[plan_->versions[v].index_in_service].replicas;
    const std::uint32_t rollout = plan_->rollout_of.empty() ? kNil : plan_->rollout_of[plan_->versions[v].service];
    if (rollout != kNil && plan_->rollouts[rollout].canary == v) continue;  // comes with its rollout
    for (std::uint32_t l = 0; l < replicas.size(); ++l)
      for (std::uint32_t r = 0; r < replicas[l]; ++r) addEndpoint(v, l, ordinal++, Endpoint::State::up);
  }
  buildEntrances();
  meetControlPlane();
  if (plan_->certified) for (std::uint32_t p = 0; p < proxies_.size(); ++p) certify(p);
  for (std::uint32_t p = 0; p < proxies_.size(); ++p) openWarmUpstreams(p);
  for (std::uint32_t t = 0; t < scenario().traffic.size(); ++t) {
    const Traffic& traffic = scenario().traffic[t];
    arrivals_.emplace_back(traffic.arrivals, key_, t);
    arrived_.push_back(0);
    traffic_factor_.push_back(1);
    next_arrival_.push_back({});
    first_user_.push_back(static_cast<std::uint32_t>(user_cycles_.size()));
    if (const auto* closed = std::get_if<ClosedArrivals>(&traffic.arrivals)) {
      user_cycles_.resize(user_cycles_.size() + closed->users, 0);
      for (std::uint32_t u = 0; u < closed->users; ++u) userThinks(t, u);
    } else {
      scheduleArrival(t);
    }
  }
  if (!plan_->rollouts.empty()) beginRollouts();
  timeline_ = std::shared_ptr<const std::vector<TimedEvent>>(plan_, &plan_->scenario.events);
  for (std::uint32_t e = 0; e < timeline_->size(); ++e) scheduleEffect(e, 0, timed(e).at);
  later_place_ = queue_.reserve(kLaterEvents);
  later_end_ = later_place_ + kLaterEvents;
  startAutoscalers();
}

std::uint32_t Mall::addProxy(Proxy proxy, std::uint32_t threads) {
  proxy.threads = threads;
  proxy.first_thread = static_cast<std::uint32_t>(threads_.size());
  proxy.mesh_version = control_.present.mesh_version;
  const std::uint64_t who = addressOf(proxy.name);
  for (std::uint32_t t = 0; t < threads; ++t) threads_.emplace_back(key_, engine::Address{who, t, purpose::kProxyStream});
  proxies_.push_back(std::move(proxy));
  if (!control_.feeds.empty()) control_.feeds.push_back({{}, presentKnowledge()});
  return static_cast<std::uint32_t>(proxies_.size() - 1);
}

// The gateway's replicas serve all who come by it; a client inside the cluster stands alone in each locality it may be in.
void Mall::buildEntrances() {
  std::vector<std::vector<std::uint32_t>> gateways(scenario().localities.size());
  const bool used = std::any_of(scenario().traffic.begin(), scenario().traffic.end(), [](const Traffic& t) { return t.via == Via::gateway; });
  for (std::uint32_t l = 0, n = 0; used && l < scenario().gateway.replicas.size(); ++l)
    for (std::uint32_t r = 0; r < scenario().gateway.replicas[l]; ++r, ++n) {
      Proxy proxy;
      proxy.kind = Proxy::Kind::gateway;
      proxy.name = "gateway-" + std::to_string(n);
      proxy.locality = l;
      gateways[l].push_back(addProxy(proxy, scenario().gateway.concurrency));
    }
  for (const Traffic& traffic : scenario().traffic) {
    std::vector<std::uint32_t> ways;
    for (std::uint32_t l = 0; l < scenario().localities.size(); ++l) {
      if (traffic.locality && *traffic.locality != l) continue;
      if (traffic.via == Via::gateway) {
        ways.insert(ways.end(), gateways[l].begin(), gateways[l].end());
        continue;
      }
      Proxy proxy;
      proxy.kind = traffic.via == Via::sidecar ? Proxy::Kind::client : Proxy::Kind::bare;
      proxy.name = "client " + traffic.name + "@" + scenario().localities[l].name;
      proxy.locality = l;
      ways.push_back(addProxy(proxy, traffic.via == Via::sidecar ? scenario().sidecar.concurrency : 1));
    }
    entrances_.push_back(std::move(ways));
  }
}

namespace {

[[noreturn, gnu::cold]] void eventLimitReached(std::uint64_t limit, SimTime now) {
  engine::limitReached(("after " + std::to_string(limit) + " events (--max-events), at " + std::to_string(now.seconds()) + " s of simulated time").c_str());
}

constexpr SimTime kEndOfTime{4'000'000'000'000'000'000};  // ns, 127 years: one more of the longest samples still fits in the clock

}  // namespace

bool Mall::step() {
  if (finished_) return false;
  const bool draining = scenario().run.drain && (now_ >= end_ || queue_.nextTime() >= end_);
  const SimTime last = scenario().run.drain ? engine::kNever : SimTime{end_.ns - 1};
  engine::Event event;
  SimTime at;
  const bool idle = draining && nothingMoves();
  if (idle || !queue_.popUntil(last, at, event)) {
    finished_ = true;
    if (!scenario().run.drain || now_ < end_) now_ = end_;
    collector_.advanceTo(now_);
    return false;
  }
  at_this_instant_ = at == now_ ? at_this_instant_ + 1 : 1;
  if (at_this_instant_ > options_.max_events_at_once)
    engine::limitReached("time stands still: too many events at one instant (closed users who neither think nor take any time to serve?)");
  if (at > kEndOfTime) engine::limitReached("a drain of more than a hundred years (work or waits that hardly end?)");
  now_ = at;
  collector_.advanceTo(now_);
  ++events_;
  if (options_.max_events != 0 && events_ > options_.max_events) eventLimitReached(options_.max_events, now_);
  fingerprint_.mix(at, event.kind, event.subject);
  dispatch(event);
  return true;
}

void Mall::runUntil(SimTime until) {
  if (until == engine::kNever) {
    while (step()) {
    }
    return;
  }
  while (!finished_ && queue_.nextTime() <= until) {
    if (!step()) return;
  }
  if (finished_) return;
  if (until >= end_ && !scenario().run.drain) {
    step();
  }
}

// Nobody is there, or whoever is there waits for something that will never come.
bool Mall::nothingMoves() const {
  const bool empty = calls_.live() == 0 && tries_.live() == 0 && customers_pool_.live() == 0 && outside_ == 0;
  return empty || queue_.size() == housekeeping_;
}

Result Mall::result() const {
  RunFacts facts;
  facts.scenario = scenario().name;
  facts.seed = options_.seed;
  facts.replication = options_.replication;
  facts.fingerprint = fingerprint_.hex();
  facts.events = events_;
  if (!finished_) facts.interrupted_at = now_;
  for (const Slo& slo : scenario().slos) facts.slos.push_back(slo.text);
  return makeResult(collector_, facts);
}

Duration Mall::draw(const Distribution& distribution, std::uint64_t who, std::uint64_t path, std::uint64_t purpose) const {
  if (distribution.isConstant()) {
    engine::Substream none(key_, {});
    return distribution.sample(none);
  }
  engine::Substream stream(key_, {who, path, purpose});
  return distribution.sample(stream);
}

bool Mall::coin(double probability, std::uint64_t who, std::uint64_t path, std::uint64_t purpose) const {
  if (probability <= 0) return false;
  if (probability >= 1) return true;
  return engine::uniform01(engine::firstBlock(key_, {who, path, purpose})[0]) < probability;
}

void Mall::dispatch(const engine::Event& event) {
  const std::uint32_t subject = event.subject;
  switch (event.kind) {
    case kRequestArrives: return requestArrives(subject);
    case kWorkDone: return workDone(subject);
    case kAnswerArrives: return answerArrives(subject);
    case kCustomerArrives: return customerArrives(subject);
    case kPerTryTimeout: return perTryTimeout(subject);
    case kBackoffOver: return backoffOver(subject);
    case kWaitDone: return waitDone(subject);
    case kShareDone: return shareDone(subject);
    case kInboundDone: return inboundDone(subject);
    case kCancelArrives: return cancelArrives(subject);
    case kRouteTimeout: return routeTimeout(subject);
    case kCallerTimeout: return callerTimeout(subject);
    case kLocalReply: return localReply(subject);
    case kFaultDelayOver: return faultDelayOver(subject);
    case kConnected:
      return connected(subject, static_cast<std::uint32_t>(event.detail >> 48), static_cast<std::uint32_t>(event.detail), static_cast<std::uint16_t>(event.detail >> 32));
    case kConnectTimeout: return connectTimeout(subject);
    case kTryOverflowed: return tryOverflowed(subject);
    case kCustomerLeaves: return customerLeaves(subject);
    case kCustomerReturns: return customerReturns(subject);
    case kUserReturns: return userReturns(static_cast<std::uint32_t>(event.detail), subject);
    case kOutlierTick: return outlierTick(subject);
    case kEffectStarts: return --housekeeping_, effectStarts(subject, static_cast<std::uint32_t>(event.detail));
    case kEffectEnds: return --housekeeping_, effectEnds(subject, static_cast<std::uint32_t>(event.detail));
    case kEndpointReady: return --housekeeping_, endpointReady(subject, event.detail);
    case kCrashNoticed: return --housekeeping_, crashNoticed(subject, event.detail);
    case kProbeArrives: return --housekeeping_, probeArrives(subject);
    case kProbeAnswered: return --housekeeping_, probeAnswered(subject);
    case kReportsDue: return --housekeeping_, reportsDue(subject);
    case kReportArrives: return --housekeeping_, reportArrives(subject);
    case kLimitCounted: return limitCounted(subject);
    case kLimitAnswered: return limitAnswered(subject);
    case kEntranceCounted: return entranceCounted(subject);
    case kEntranceAnswered: return entranceAnswered(subject);
    case kRenewalDue: return --housekeeping_, renewalDue(subject);
    case kDoorTimer: return --housekeeping_, doorTimer(subject);
    case kWarmUpOver: return --housekeeping_, warmUpOver(subject);
    case kPenaltyOver: return --housekeeping_, penaltyOver(subject, static_cast<std::uint32_t>(event.detail));
    case kCheckDue: return --housekeeping_, checkDue(subject, static_cast<std::uint32_t>(event.detail));
    case kCheckArrives: return --housekeeping_, checkArrives(subject, static_cast<std::uint32_t>(event.detail));
    case kCheckAnswered: return --housekeeping_, checkEnded(subject, static_cast<std::uint32_t>(event.detail), false);
    case kCheckTimeout: return --housekeeping_, checkEnded(subject, static_cast<std::uint32_t>(event.detail), true);
    case kTermComes: return --housekeeping_, termComes(subject);
    case kKillComes: return killComes(subject);
    case kProbeDue: return --housekeeping_, probeDue(subject);
    case kScalersSync: return --housekeeping_, scalersSync();
    case kPushDue: return --housekeeping_, pushDue();
    case kPushArrives: return --housekeeping_, pushArrives(subject, event.detail);
    case kRolloutDue: return --housekeeping_, rolloutDue(subject);
    case kRolloutWoken: return --housekeeping_, rolloutWoken(subject);
    case kScrapeDue: return --housekeeping_, scrapeDue(subject);
    default: engine::brokenPromise("an event of no known kind");
  }
}

}  // namespace meshmall::models
