// Rollouts: the ticks of their controllers, what they see of the mall and do to it, and where their weights send a request.
#include <algorithm>
#include <cmath>

#include "models/mall/mall.h"
#include "models/mall/purposes.h"
#include "models/mall/rollout_notes.h"

namespace meshmall::models {

namespace {

// The longest window that a controller of the rollout asks for.
Duration longestWindow(const Rollout& rollout) {
  Duration longest = rollout.scrape_interval;
  if (const FlaggerRollout* flagger = rollout.flagger())
    for (const FlaggerMetric& metric : flagger->config.metrics) longest = std::max(longest, metric.interval);
  if (const ArgoRollout* argo = rollout.argo())
    for (const ArgoTemplate& analysis : argo->analyses)
      for (const ArgoMeasurement& measurement : analysis.measurements) longest = std::max(longest, measurement.window);
  return longest;
}

ArgoAnalyses analysesOf(const ArgoRollout& rollout) {
  ArgoAnalyses out;
  for (const ArgoTemplate& analysis : rollout.analyses) out.push_back(analysis.metrics);
  return out;
}

}  // namespace

// ---- the beginning ---------------------------------------------------------------------------------------------------------------

void Mall::beginRollouts() {
  rollouts_.resize(plan_->rollouts.size());
  for (std::uint32_t v = 0; v < plan_->versions.size(); ++v) settings_.push_back(v);
  for (std::uint32_t r = 0; r < rollouts_.size(); ++r) {
    const Rollout& rollout = *plan_->rollouts[r].rollout;
    RolloutState& state = rollouts_[r];
    if (const FlaggerRollout* flagger = rollout.flagger()) {
      FlaggerStatus status;
      status.phase = FlaggerPhase::kInitialized;
      status.last_applied = status.last_promoted = 0;
      state.controller = FlaggerController(status);
      if (flagger->affinity) state.users.resize(user_cycles_.size());
    } else if (std::holds_alternative<ArgoCanaryConfig>(rollout.argo()->strategy)) {
      state.controller = ArgoController();
    } else {
      state.controller = ArgoBlueGreenController();
    }
    state.telemetry = WorkloadTelemetry(longestWindow(rollout));
    state.primary.spec = replicasOf(plan_->rollouts[r].primary);
    keepHouse(rollout.at, kRolloutDue, r);
  }
}

void Mall::rolloutDue(std::uint32_t r) {
  RolloutState& state = rollouts_[r];
  state.wake = {};
  if (!state.begun) {
    state.begun = true;
    const std::int64_t every = plan_->rollouts[r].rollout->scrape_interval.ns;
    const auto phase = static_cast<std::int64_t>(addressOf(plan_->rollouts[r].name) % static_cast<std::uint64_t>(every));  // Prometheus spreads its targets so
    keepHouse(SimTime{((now_.ns - phase) / every + 1) * every + phase}, kScrapeDue, r);
  }
  if (plan_->rollouts[r].rollout->flagger() != nullptr) flaggerTick(r);
  else argoReconcile(r);
}

// ---- what controllers measure by --------------------------------------------------------------------------------------------------

void Mall::scrapeDue(std::uint32_t r) {
  RolloutState& state = rollouts_[r];
  if (state.over) return;
  WorkloadTelemetry::Gauges gauges;
  std::vector<WorkloadTelemetry::Pod> pods;
  for (const std::uint32_t e : endpoints_of_version_[plan_->rollouts[r].canary]) {
    const Endpoint& endpoint = endpoints_[e];
    if (endpoint.state == Endpoint::State::gone || endpoint.state == Endpoint::State::down) continue;
    pods.emplace_back(e, endpoint.pod);
    gauges.held += endpoint.held;
    gauges.busy += collector_.endpoints()[e].busy.level();
    gauges.waiting += endpoint.waiting;
    gauges.workers += endpoint.workers;
  }
  std::sort(pods.begin(), pods.end());
  state.telemetry.scrape(now_, pods, gauges);
  keepHouse(now_ + plan_->rollouts[r].rollout->scrape_interval, kScrapeDue, r);
}

void Mall::noteForRollout(const Try& t, Duration latency, Outcome outcome) {
  const Endpoint& endpoint = endpoints_[t.endpoint];
  const std::uint32_t r = plan_->rollout_of[endpoint.service];
  if (r == kNil || endpoint.version != plan_->rollouts[r].canary || rollouts_[r].over) return;
  if (!scenario().services[endpoint.service].sidecar) return;  // nobody there to report
  rollouts_[r].telemetry.answered({t.endpoint, endpoint.pod}, latency, outcome);
}

// ---- replicas ---------------------------------------------------------------------------------------------------------------------

// Pods that discovery lists are available.
ReplicaSetView Mall::replicasAt(std::uint32_t version, std::int64_t spec) const {
  ReplicaSetView view;
  view.spec = spec;
  for (const std::uint32_t e : endpoints_of_version_[version]) {
    if (!endpoints_[e].stays()) continue;
    ++view.created;
    view.available += endpoints_[e].known ? 1 : 0;
  }
  return view;
}

RollingCounts Mall::rollingCounts(std::uint32_t version) const {
  RollingCounts counts;
  for (const std::uint32_t e : endpoints_of_version_[version]) {
    const Endpoint& endpoint = endpoints_[e];
    if (!endpoint.stays()) continue;
    const bool fresh = endpoint.runs == settings_[version];
    ++(fresh ? counts.fresh : counts.old);
    (fresh ? counts.fresh_available : counts.old_available) += endpoint.known ? 1 : 0;
  }
  return counts;
}

DeploymentView Mall::deploymentAt(std::uint32_t version, const DeploymentWatch& watch) const {
  const RollingCounts counts = rollingCounts(version);
  DeploymentView view;
  view.desired = static_cast<int>(watch.spec);
  view.updated = static_cast<int>(counts.fresh);
  view.replicas = static_cast<int>(counts.fresh + counts.old);
  view.available = static_cast<int>(counts.fresh_available + counts.old_available);
  if (watch.short_since) view.unavailable_for = now_ - *watch.short_since;
  return view;
}

void Mall::scaleRollout(std::uint32_t version, DeploymentWatch& watch, std::int64_t replicas, const std::string& by) {
  watch.spec = replicas;
  scaleTo(version, static_cast<std::uint32_t>(replicas), by);
}

// Replicas have come or gone, or been asked for: controllers look at the end of this instant.
void Mall::replicasChanged(std::uint32_t service) {
  const std::uint32_t r = plan_->rollout_of[service];
  if (r == kNil || rollouts_[r].woken || !rollouts_[r].begun) return;
  rollouts_[r].woken = true;
  keepHouse(now_, kRolloutWoken, r);
}

void Mall::rolloutWoken(std::uint32_t r) {
  RolloutState& state = rollouts_[r];
  state.woken = false;
  const auto watch = [&](std::uint32_t version, DeploymentWatch& of) {
    const RollingUpdate bounds = RollingUpdate::of(of.spec);
    const RollingCounts counts = rollingCounts(version);
    const bool enough = counts.fresh_available + counts.old_available >= bounds.desired - bounds.unavailable;
    if (enough) of.short_since.reset();
    else if (!of.short_since) of.short_since = now_;
  };
  watch(plan_->rollouts[r].primary, state.primary);
  watch(plan_->rollouts[r].canary, state.canary);
  if (state.update) advanceUpdate(r);
  if (!state.over && plan_->rollouts[r].rollout->argo() != nullptr) argoReconcile(r);
}

// A promotion: the primary's endpoints are replaced by ones with the canary's settings, a few at a time.
void Mall::startUpdate(std::uint32_t r) {
  const RolloutPlan& plan = plan_->rollouts[r];
  settings_[plan.primary] = plan.canary;
  rollouts_[r].update = RollingUpdate::of(rollouts_[r].primary.spec);
  advanceUpdate(r);
}

void Mall::advanceUpdate(std::uint32_t r) {
  const std::uint32_t version = plan_->rollouts[r].primary;
  RolloutState& state = rollouts_[r];
  for (;;) {
    const RollingCounts counts = rollingCounts(version);
    if (counts.old == 0 && counts.fresh_available >= state.update->desired) {
      state.update.reset();
      return;
    }
    const RollingStep step = rollingStep(*state.update, counts);
    if (step.create == 0 && step.remove == 0) return;
    scaling_ = true;
    for (std::int64_t n = 0; n < step.remove; ++n) retireOld(version);
    for (std::int64_t n = 0; n < step.create; ++n) startOne(version);
    scaling_ = false;
    membershipChanged(plan_->versions[version].service);
  }
}

// One with the settings from before the promotion: those that are not available first, then the highest index.
void Mall::retireOld(std::uint32_t version) {
  std::uint32_t chosen = kNil;
  for (const std::uint32_t e : endpoints_of_version_[version]) {
    const Endpoint& endpoint = endpoints_[e];
    if (!endpoint.stays() || endpoint.runs == settings_[version]) continue;
    if (chosen == kNil || !endpoint.known || endpoints_[chosen].known) chosen = e;
  }
  engine::promise(chosen != kNil, "a rolling update removes more than there are");
  retire(chosen);
}

// ---- Flagger ----------------------------------------------------------------------------------------------------------------------

class Mall::FlaggerEyes final : public FlaggerView {
 public:
  FlaggerEyes(const Mall& mall, std::uint32_t r) : mall_(mall), plan_(mall.plan_->rollouts[r]), state_(mall.rollouts_[r]), rollout_(*plan_.rollout->flagger()) {}
  std::uint64_t targetRevision() override { return 1; }  // before it there was 0
  DeploymentView primary() override { return mall_.deploymentAt(plan_.primary, state_.primary); }
  DeploymentView canary() override { return mall_.deploymentAt(plan_.canary, state_.canary); }
  std::optional<double> metric(std::size_t index) override {
    const FlaggerMetric& metric = rollout_.config.metrics[index];
    const WorkloadTelemetry& telemetry = state_.telemetry;
    if (const auto source = rollout_.sources[index]) return telemetry.metric(*source, mall_.now_, metric.interval);
    if (metric.kind == FlaggerMetricKind::kSuccessRate) return telemetry.successRate(mall_.now_, metric.interval);
    const auto p99 = telemetry.p99(mall_.now_, metric.interval);
    return p99 ? std::optional(std::trunc(*p99)) : std::nullopt;  // Flagger cuts it to whole milliseconds
  }
  bool webhook(std::size_t index, FlaggerPhase) override { return rollout_.answers[index].at(mall_.now_); }

 private:
  const Mall& mall_;
  const RolloutPlan& plan_;
  const RolloutState& state_;
  const FlaggerRollout& rollout_;
};

void Mall::flaggerTick(std::uint32_t r) {
  const RolloutPlan& plan = plan_->rollouts[r];
  const FlaggerRollout& rollout = *plan.rollout->flagger();
  RolloutState& state = rollouts_[r];
  auto& controller = std::get<FlaggerController>(state.controller);
  if (!state.update) state.primary.spec = replicasOf(plan.primary);  // an autoscaler's or an event's
  FlaggerEyes eyes(*this, r);
  const FlaggerTick tick = controller.tick(rollout.config, eyes);
  ++state.ticks;
  const FlaggerStatus& status = controller.status();
  const auto decide = [&](Detail detail) { collector_.decision(now_, DecisionKind::rollout, Subject::service(plan.rollout->service), "flagger", std::move(detail)); };
  decide(collector_.keepsDecisions() ? flaggerNote(rollout, tick, status, state.ticks) : Detail{});
  if (tick.routes && plan.primary_cluster != kNil) {
    Split split;
    split.primary = static_cast<std::uint32_t>(tick.routes->primary);
    split.canary = static_cast<std::uint32_t>(tick.routes->canary);
    split.mirror_percent = tick.routes->mirrored ? rollout.mirror_percent : 0;
    split.only_matching = !rollout.match.empty();
    setSplit(r, std::move(split));
  }
  const Version& canary = *plan_->versions[plan.canary].settings;
  std::int64_t full = 0;
  for (const std::uint32_t n : canary.replicas) full += n;
  if (tick.canary == FlaggerTick::Scale::kUp) scaleRollout(plan.canary, state.canary, full, "flagger");
  if (tick.promote) startUpdate(r);
  if (tick.canary == FlaggerTick::Scale::kToZero) scaleRollout(plan.canary, state.canary, 0, "flagger");
  state.over = status.phase == FlaggerPhase::kSucceeded || status.phase == FlaggerPhase::kFailed || rollout.config.suspend;
  if (!state.over) keepHouse(now_ + rollout.config.interval, kRolloutDue, r);
}

void Mall::setSplit(std::uint32_t r, Split split) {
  if (split == rollouts_[r].split) return;
  rollouts_[r].split = split;
  publish(Change::splitOf(r, std::move(split)));
}

// ---- Argo -------------------------------------------------------------------------------------------------------------------------

class Mall::ArgoHands final : public ArgoView {
 public:
  ArgoHands(Mall& mall, std::uint32_t r) : mall_(mall), r_(r), plan_(mall.plan_->rollouts[r]), rollout_(*plan_.rollout->argo()) {}
  ReplicaSetView canary() override { return mall_.replicasAt(plan_.canary, state().canary.spec); }
  ReplicaSetView stable() override { return mall_.replicasAt(plan_.primary, state().primary.spec); }
  ConditionAnswers measure(std::size_t analysis, std::size_t metric) override {
    const ArgoMeasurement& measurement = rollout_.analyses[analysis].measurements[metric];
    const auto value = state().telemetry.metric(measurement.metric, mall_.now_, measurement.window);
    readings.push_back({value});
    ConditionAnswers answers{measurement.success.has_value(), measurement.failure.has_value(), std::nullopt, std::nullopt};
    if (measurement.success) answers.success = measurement.success->holds(value);
    if (measurement.failure) answers.failure = measurement.failure->holds(value);
    return answers;
  }
  void scaleCanary(std::int64_t replicas) override { mall_.scaleRollout(plan_.canary, state().canary, replicas, "argo"); }
  void scaleStable(std::int64_t replicas) override { mall_.scaleRollout(plan_.primary, state().primary, replicas, "argo"); }
  void setWeight(std::int64_t canary) override { weight = canary; }

  std::vector<ArgoReading> readings;
  std::optional<std::int64_t> weight;

 private:
  RolloutState& state() { return mall_.rollouts_[r_]; }
  Mall& mall_;
  std::uint32_t r_;
  const RolloutPlan& plan_;
  const ArgoRollout& rollout_;
};

// The routes that the steps done so far have set: the last of each name.
void Mall::addManagedRoutes(const RolloutPlan& plan, std::size_t steps, Split& split) const {
  const auto& routes = plan.rollout->argo()->routes;
  for (std::size_t i = 0; i < std::min(steps, routes.size()); ++i) {
    if (!routes[i]) continue;
    const auto later = [&](const std::optional<ArgoManagedRoute>& other) { return other && other->name == routes[i]->name; };
    const auto end = routes.begin() + static_cast<std::ptrdiff_t>(std::min(steps, routes.size()));
    if (std::any_of(routes.begin() + static_cast<std::ptrdiff_t>(i) + 1, end, later) || routes[i]->match.empty()) continue;
    const std::uint32_t condition = plan.condition_of_step[i];
    if (!routes[i]->mirrors) {
      split.to_canary.push_back(condition);
    } else if (routes[i]->mirror_percent > 0) {
      split.mirror_percent = routes[i]->mirror_percent;
      split.mirrored.push_back(condition);
    }
  }
}

void Mall::argoReconcile(std::uint32_t r) {
  const RolloutPlan& plan = plan_->rollouts[r];
  const ArgoRollout& rollout = *plan.rollout->argo();
  const ArgoAnalyses analyses = analysesOf(rollout);
  ArgoHands hands(*this, r);
  std::vector<ArgoEvent> events;
  ArgoPhase phase{};
  SimTime next = engine::kNever;
  std::int64_t weight = 0;
  Split split = rollouts_[r].split;
  if (auto* controller = std::get_if<ArgoController>(&rollouts_[r].controller)) {
    const auto& config = std::get<ArgoCanaryConfig>(rollout.strategy);
    events = controller->reconcile(config, analyses, hands, now_);
    phase = controller->phase();
    next = controller->wakeAt(config, analyses);
    weight = config.traffic_routing ? controller->weight() : currentSetWeight(config, {controller->step(), controller->aborted(), controller->promoted()});
    split.to_canary.clear();
    split.mirrored.clear();
    split.mirror_percent = 0;
    if (!controller->aborted() && !controller->promoted()) addManagedRoutes(plan, controller->step(), split);
    split.service = controller->promoted() ? Side::canary : Side::primary;
  } else {
    auto& blue_green = std::get<ArgoBlueGreenController>(rollouts_[r].controller);
    const auto& config = std::get<ArgoBlueGreenConfig>(rollout.strategy);
    events = blue_green.reconcile(config, analyses, hands, now_);
    phase = blue_green.phase();
    next = blue_green.wakeAt(config, analyses);
    weight = blue_green.switched() ? 100 : 0;
    split.service = blue_green.switched() ? Side::canary : Side::primary;
  }
  std::size_t reading = 0;
  for (const ArgoEvent& event : events) {
    const ArgoReading* its = event.kind == ArgoEventKind::kMeasured ? &hands.readings[reading++] : nullptr;
    Detail detail;
    if (collector_.keepsDecisions()) detail = argoNote(rollout, event, phase, weight, its);
    collector_.decision(now_, DecisionKind::rollout, Subject::service(plan.rollout->service), "argo", std::move(detail));
  }
  split.canary = static_cast<std::uint32_t>(weight);
  split.primary = 100 - split.canary;
  if (plan.primary_cluster != kNil) setSplit(r, std::move(split));
  RolloutState& state = rollouts_[r];
  dropHouse(state.wake);
  if (next > now_ && next != engine::kNever) state.wake = keepHouse(next, kRolloutDue, r);
  state.over = (phase == ArgoPhase::kHealthy || phase == ArgoPhase::kDegraded) && state.wake.slot == engine::kNoSlot && steady(r);
}

// Every replica that is wanted is there, and no more.
bool Mall::steady(std::uint32_t r) const {
  const auto right = [&](std::uint32_t version, const DeploymentWatch& watch) {
    const ReplicaSetView view = replicasAt(version, watch.spec);
    return view.created == view.spec && view.available == view.spec;
  };
  return right(plan_->rollouts[r].primary, rollouts_[r].primary) && right(plan_->rollouts[r].canary, rollouts_[r].canary);
}

// ---- where a request goes -----------------------------------------------------------------------------------------------------------

bool Mall::meets(const PendingCall& call, const RolloutPlan& plan, std::uint32_t condition) const {
  const auto& classes = plan.conditions[condition][call.flow];
  const FlowRoutes& routes = classes[std::min<std::size_t>(proxies_[call.proxy].caller_class, classes.size() - 1)];
  if (routes.settled) return routes.rule.has_value();
  std::vector<HeaderField> view;
  for (const auto& [name, value] : header_sets_[call.headers].headers) view.push_back({name, value});
  return routes.table.match(routes.candidates, view).has_value();
}

// A call for a service in a rollout: the cluster of its primary or of its canary, as the caller's proxy has heard. One draw for the call.
std::uint32_t Mall::splitCluster(std::uint32_t index, std::uint32_t cluster) {
  const std::uint32_t r = cluster < plan_->rollout_of.size() ? plan_->rollout_of[cluster] : kNil;
  if (r == kNil || plan_->rollouts[r].primary_cluster == kNil) return cluster;
  const RolloutPlan& plan = plan_->rollouts[r];
  const auto clusterAt = [&](Side side) { return side == Side::canary ? plan.canary_cluster : plan.primary_cluster; };
  const PendingCall& call = calls_[index];
  const auto& splits = knowledgeOf(call.proxy).splits;
  if (splits.size() <= r || !splits[r]) return plan.primary_cluster;
  const Split& split = *splits[r];
  if (proxies_[call.proxy].kind == Proxy::Kind::bare) return clusterAt(split.service);
  for (const std::uint32_t condition : split.to_canary)
    if (meets(call, plan, condition)) return plan.canary_cluster;
  if (split.only_matching && !meets(call, plan, 0)) return plan.primary_cluster;
  const Customer& customer = customers_pool_[call.customer];
  UserCookies* browser = nullptr;
  if (call.strand == kNil && customer.user != kNil && !rollouts_[r].users.empty()) browser = &rollouts_[r].users[first_user_[customer.traffic] + customer.user];
  if (browser != nullptr)
    if (const auto side = heldBy(browser->cookies, kAnalysisRun, split.canary, now_)) return clusterAt(*side);
  const std::uint64_t all = std::uint64_t{split.primary} + split.canary;
  const std::uint64_t draw = engine::firstBlock(key_, {customer.who, call.path, purpose::kCall})[2] % all;
  const Side side = draw < split.canary ? Side::canary : Side::primary;
  if (browser != nullptr) browser->weighted = side;
  return clusterAt(side);
}

// Copies of what goes to the primary, for the canary.
void Mall::mirrorToCanary(std::uint32_t index, std::uint32_t cluster) {
  const std::uint32_t service = plan_->clusters[cluster].service;
  const std::uint32_t r = plan_->rollout_of[service];
  if (r == kNil || plan_->rollouts[r].primary_cluster != cluster) return;
  const RolloutPlan& plan = plan_->rollouts[r];
  const PendingCall& call = calls_[index];
  const auto& splits = knowledgeOf(call.proxy).splits;
  if (splits.size() <= r || !splits[r] || splits[r]->mirror_percent == 0) return;
  const Split& split = *splits[r];
  if (split.only_matching && !meets(call, plan, 0)) return;
  const auto fits = [&](std::uint32_t condition) { return meets(call, plan, condition); };
  if (!split.mirrored.empty() && std::none_of(split.mirrored.begin(), split.mirrored.end(), fits)) return;
  const std::uint64_t draw = engine::firstBlock(key_, {customers_pool_[call.customer].who, call.path, purpose::kCall})[3] % 100;
  if (draw < split.mirror_percent) sendCopy(index, plan.canary_cluster, kCopyForCanary);
}

// The answer of a closed user's visit brings the cookies of those rollouts whose weights chose who served it.
void Mall::cookiesArrive(const Customer& customer, bool answered_at_all) {
  if (customer.user == kNil) return;
  for (std::uint32_t r = 0; r < rollouts_.size(); ++r) {
    if (rollouts_[r].users.empty()) continue;
    UserCookies& browser = rollouts_[r].users[first_user_[customer.traffic] + customer.user];
    if (!browser.weighted) continue;
    const FlaggerRollout& rollout = *plan_->rollouts[r].rollout->flagger();
    if (answered_at_all) answered(browser.cookies, *rollout.affinity, rollout.config.interval, kAnalysisRun, rollouts_[r].split.canary, *browser.weighted, now_);
    browser.weighted.reset();
  }
}

}  // namespace meshmall::models
