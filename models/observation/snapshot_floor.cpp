// What stands and moves on the floor at an instant: endpoints, the staff at their doors, attempts, controllers, faults in force.
#include <algorithm>
#include <array>

#include "models/mall/mall.h"
#include "models/observation/floor_marks.h"
#include "models/observation/snapshot.h"

namespace meshmall::models {

void SnapshotTaker::addEndpoints(const Mall& mall, Snapshot& out) const {
  for (const Endpoint& e : mall.endpoints_) {
    EndpointState state;
    state.name = e.name;
    state.version = e.version;
    state.service = e.service;
    state.locality = e.locality;
    state.ordinal = e.ordinal;
    state.state = static_cast<EndpointState::State>(e.state);
    state.listed = e.known;
    state.workers = e.workers;
    state.held = e.held;
    state.waiting = e.waiting;
    state.requests = e.requests;
    state.proxy = e.proxy == kNil ? kNoIndex : e.proxy;
    if (!mall.slows_.empty()) state.slow = mall.slowFactor(e, kNoIndex);
    double passes = 1;
    for (const std::uint32_t event : mall.fails_) {
      const auto& fail = std::get<Fail>(mall.timed(event).what);
      if (mall.matches(fail.target, e)) passes *= 1 - fail.probability;
    }
    state.fails = 1 - passes;
    out.endpoints.push_back(std::move(state));
  }
  for (const Upstream& u : mall.upstreams_) {
    for (HostIndex h = 0; h < u.hosts.size(); ++h) {
      EndpointState& state = out.endpoints[u.hosts.host(h).id];
      ++state.known_to;
      state.ejected_by += (u.hosts.flags(h) & (kUnhealthyFlags & ~kDraining)) != 0 ? 1U : 0U;
    }
  }
  if (!mall.control_.feeds.empty()) addOldMaps(mall, out);
}

// Whom each proxy that calls a service believes to be there, beside whom the control plane lists. Only proxies that are behind cost anything.
void SnapshotTaker::addOldMaps(const Mall& mall, Snapshot& out) const {
  std::vector<std::uint8_t> on_list(out.endpoints.size());
  std::vector<std::uint32_t> seen;
  for (std::uint32_t p = 0; p < mall.proxies_.size() && p < mall.control_.feeds.size(); ++p) {
    if (mall.proxies_[p].kind == Proxy::Kind::bare) continue;
    const Knowledge& known = *mall.control_.feeds[p].known;
    seen.clear();  // a service may be behind several clusters of a proxy
    for (const auto& [cluster, upstream] : mall.proxies_[p].upstreams) {
      const std::uint32_t service = mall.plan().clusters[cluster].service;
      const Listing &believed = known.services[service], &listed = mall.control_.present.services[service];
      if (believed.number == listed.number || !believed.endpoints || !listed.endpoints || std::find(seen.begin(), seen.end(), service) != seen.end()) continue;
      seen.push_back(service);
      for (const std::uint32_t e : *believed.endpoints) on_list[e] |= 1U;
      for (const std::uint32_t e : *listed.endpoints) on_list[e] |= 2U;
      for (const auto* list : {believed.endpoints.get(), listed.endpoints.get()})
        for (const std::uint32_t e : *list) {
          out.endpoints[e].on_old_maps += on_list[e] == 1U ? 1U : 0U;
          out.endpoints[e].not_on_maps += on_list[e] == 2U ? 1U : 0U;
          on_list[e] = 0;
        }
    }
  }
}

void SnapshotTaker::addSums(Snapshot& out) const {
  out.services = services_;
  out.versions.resize(floor_->versions.size());
  out.edges = edges_;
  for (std::size_t v = 0; v < out.versions.size(); ++v) out.versions[v].share = version_shares_[v];
  for (const EndpointState& e : out.endpoints) {
    if (!e.there()) continue;
    const auto add = [&](auto& sum) {
      ++sum.replicas;
      sum.up += e.state == EndpointState::State::up ? 1U : 0U;
      sum.workers += e.workers;
      sum.held += e.held;
      sum.waiting += e.waiting;
    };
    add(out.services[e.service]);
    add(out.versions[e.version]);
    out.services[e.service].requests += e.requests;
    out.services[e.service].ejected += e.ejected_by > 0 ? 1U : 0U;
  }
}

SidecarState SnapshotTaker::sidecarOf(const Mall& mall, std::uint32_t index) const {
  const Proxy& proxy = mall.proxies_[index];
  SidecarState state;
  state.name = proxy.name;
  state.kind = static_cast<SidecarState::Kind>(proxy.kind);
  state.endpoint = proxy.endpoint == kNil ? kNoIndex : proxy.endpoint;
  if (proxy.endpoint != kNil) state.service = mall.endpoints_[proxy.endpoint].service;
  state.locality = proxy.locality;
  state.mesh_version = proxy.mesh_version;
  for (const auto& [cluster, upstream] : proxy.upstreams) {
    const Upstream& u = mall.upstreams_[upstream];
    for (HostIndex h = 0; h < u.hosts.size(); ++h) {
      const HostFlags flags = u.hosts.flags(h);
      state.ejected += (flags & kFailedOutlierCheck) != 0 ? 1U : 0U;
      state.shut += (flags & kShutByBreaker) != 0 ? 1U : 0U;
      state.unhealthy += (flags & kFailedActiveCheck) != 0 ? 1U : 0U;
    }
    for (const PriorityShare& share : u.hosts.shares()) state.panics = state.panics || share.panic;
    state.requests += u.resources.requests();
    state.waiting_for_connection += u.resources.pending();
    state.retries += u.resources.retries();
    if (u.policy == nullptr) continue;
    const CircuitBreakerConfig& limits = u.policy->pool.limits;
    const bool full = !u.resources.canCreateRequest(limits) || !u.resources.canCreatePending(limits) ||
                      (!u.resources.canCreateRetry(limits, u.policy->retry_budget) && u.resources.retries() > 0);
    state.full += full ? 1U : 0U;
    const std::uint64_t allowed = u.resources.retryLimit(limits, u.policy->retry_budget);
    if (allowed < kUnlimited) state.retry_limit += allowed;
  }
  if (!mall.control_.feeds.empty()) {
    const Knowledge& known = *mall.control_.feeds[index].known;
    const Knowledge& present = mall.control_.present;
    state.stale = proxy.kind != Proxy::Kind::bare && known.mesh_version != present.mesh_version;
    for (std::size_t r = 0; r < known.splits.size() && r < present.splits.size(); ++r) state.stale = state.stale || known.splits[r] != present.splits[r];
    for (const auto& [cluster, upstream] : proxy.upstreams) {
      const std::uint32_t service = mall.plan().clusters[cluster].service;
      state.stale = state.stale || known.services[service].number != present.services[service].number;
    }
    if (state.stale) state.age = (mall.now_ - known.pushed).seconds();
  }
  const std::vector<Door>& doors = proxy.endpoint == kNil ? mall.entrance_doors_ : mall.doors_;
  const std::uint32_t door = proxy.endpoint == kNil ? index : proxy.endpoint;
  if (door < doors.size() && doors[door].concurrency) state.concurrency_limit = doors[door].concurrency->limit();
  return state;
}

void SnapshotTaker::addSidecars(const Mall& mall, Snapshot& out) const {
  out.sidecars.reserve(mall.proxies_.size());
  for (std::uint32_t p = 0; p < mall.proxies_.size(); ++p) out.sidecars.push_back(sidecarOf(mall, p));
}

namespace {

std::uint64_t identity(std::uint64_t path, std::uint64_t number, std::uint32_t slot) {
  return (path ^ (number * 0x9E3779B97F4A7C15ULL)) + (std::uint64_t{slot} << 1U);
}

bool isFailure(const Try& t) { return t.stage == Try::Stage::answer_lost || t.reset != ResetReason{} || t.status == 0 || t.status >= 400; }

}  // namespace

void SnapshotTaker::addDots(const Mall& mall, Snapshot& out) {
  out.tries = mall.tries_.live();
  const bool draw = out.tries + mall.calls_.live() <= 2 * kDots && out.tries <= kDots;
  if (!draw) seen_.clear();
  else if (seen_.size() < mall.tries_.slots()) seen_.resize(mall.tries_.slots());
  for (std::uint32_t i = 0; i < mall.tries_.slots(); ++i) {
    const Try& t = mall.tries_[i];
    if (!t.live) continue;
    EdgeState& edge = out.edges[edge_of_flow_[t.flow]];
    edge.retries += t.kind == TryKind::retry ? 1U : 0U;
    edge.hedges += t.kind == TryKind::hedge ? 1U : 0U;
    edge.requests_flying += t.stage == Try::Stage::request_flying ? 1U : 0U;
    edge.answers_flying += t.stage == Try::Stage::answer_flying ? 1U : 0U;
    if (!draw) continue;
    Dot dot;
    dot.customer = t.customer == kNil ? 0 : mall.customers_pool_[t.customer].number;
    dot.id = identity(t.path, dot.customer, i);
    dot.edge = edge_of_flow_[t.flow];
    dot.endpoint = t.endpoint == kNil ? kNoIndex : t.endpoint;
    dot.mark = static_cast<Dot::Mark>(t.kind);
    dot.caller_left = t.call == kNil && t.kind != TryKind::mirror;
    switch (t.stage) {
      case Try::Stage::waiting_for_connection:
      case Try::Stage::overflowed: dot.place = Dot::Place::at_caller; break;
      case Try::Stage::request_flying: dot.place = Dot::Place::on_the_way; break;
      case Try::Stage::request_lost:
        dot.place = Dot::Place::on_the_way;
        dot.failed = true;
        break;
      case Try::Stage::inbound: dot.place = Dot::Place::at_door; break;
      case Try::Stage::at_endpoint: {
        bool works = false, queues = !t.started;
        for (std::uint32_t s = t.strands; s != kNil; s = mall.strands_[s].next_of_try) {
          using State = Strand::State;
          const State state = mall.strands_[s].state;
          works = works || state == State::busy || state == State::sharing || state == State::waiting;
          queues = queues || state == State::queued;
        }
        dot.place = works ? Dot::Place::at_counter : queues ? Dot::Place::in_queue : Dot::Place::waiting_for_others;
        break;
      }
      case Try::Stage::answer_flying:
      case Try::Stage::answer_lost:
        dot.place = Dot::Place::on_the_way_back;
        dot.status = t.status;
        dot.failed = isFailure(t);
        break;
    }
    Seen& seen = seen_[i];
    if (seen.id != dot.id || seen.place != static_cast<std::uint8_t>(dot.place)) seen = {dot.id, static_cast<std::uint8_t>(dot.place), mall.now_};
    if (dot.place == Dot::Place::on_the_way || dot.place == Dot::Place::on_the_way_back) {
      const std::uint32_t from = mall.proxies_[mall.upstreams_[t.upstream].proxy].locality;
      const std::uint32_t to = t.endpoint == kNil ? from : mall.endpoints_[t.endpoint].locality;
      const SidecarSettings& proxies = mall.plan().scenario.sidecar;
      const double expected = mall.plan().hop(from, to).mean() + proxies.outbound.mean() + proxies.inbound.mean();
      dot.progress = static_cast<float>(expected > 0 ? std::min(0.98, (mall.now_ - seen.since).seconds() / expected) : 0.5);
    }
    out.dots.push_back(dot);
  }
  if (draw) addWaitingCalls(mall, out);
}

// Calls that have no try on its way: a back-off before the next one, an injected delay.
void SnapshotTaker::addWaitingCalls(const Mall& mall, Snapshot& out) const {
  for (std::uint32_t i = 0; i < mall.calls_.slots(); ++i) {
    const PendingCall& call = mall.calls_[i];
    if (!call.live || call.ended || call.first_try != kNil || call.mirrored) continue;
    Dot dot;
    dot.customer = call.customer == kNil ? 0 : mall.customers_pool_[call.customer].number;
    dot.id = ~identity(call.path, dot.customer, i);
    dot.edge = edge_of_flow_[call.flow];
    dot.place = Dot::Place::at_caller;
    dot.mark = call.tries > 0 ? Dot::Mark::retry : Dot::Mark::first;
    out.dots.push_back(dot);
  }
}

void SnapshotTaker::addControllers(const Mall& mall, Snapshot& out) const {
  for (std::size_t r = 0; r < mall.rollouts_.size(); ++r) {
    const RolloutPlan& plan = mall.plan().rollouts[r];
    const RolloutState& state = mall.rollouts_[r];
    RolloutView view;
    view.name = plan.name;
    view.service = plan.rollout->service;
    view.primary = plan.primary;
    view.canary = plan.canary;
    view.primary_share = state.split.primary;
    view.canary_share = state.split.canary;
    view.mirrored = state.split.mirror_percent;
    view.begun = state.begun;
    view.over = state.over;
    view.controller = plan.rollout->flagger() != nullptr ? "Flagger" : "Argo Rollouts";
    if (const auto* flagger = std::get_if<FlaggerController>(&state.controller)) {
      view.phase = name(flagger->status().phase);
      view.step = state.ticks;
      view.failed_checks = flagger->status().failed_checks;
    } else if (const auto* argo = std::get_if<ArgoController>(&state.controller)) {
      view.phase = name(argo->phase());
      view.step = static_cast<std::int64_t>(argo->step());
    } else if (const auto* blue_green = std::get_if<ArgoBlueGreenController>(&state.controller)) {
      view.phase = name(blue_green->phase());
    }
    out.rollouts.push_back(std::move(view));
  }
  const std::vector<AutoscalerSettings>& settings = mall.plan().scenario.autoscalers;
  for (std::size_t a = 0; a < mall.scalers_.size() && a < settings.size(); ++a) {
    AutoscalerView view;
    view.version = mall.plan().first_version[settings[a].service] + settings[a].version;
    view.current = mall.replicasOf(view.version);
    view.desired = mall.scalers_[a].syncs > 0 ? mall.scalers_[a].last.replicas : view.current;
    view.least = settings[a].config.range.min;
    view.most = settings[a].config.range.max;
    out.autoscalers.push_back(view);
  }
}

void SnapshotTaker::addFaults(const Mall& mall, Snapshot& out) const {
  std::vector<std::uint32_t> in_force;
  for (const Mall::Effect& effect : mall.effects_) in_force.push_back(effect.event);
  for (const auto* events : {&mall.slows_, &mall.fails_, &mall.networks_, &mall.partitions_, &mall.badges_.renewals_stopped})
    in_force.insert(in_force.end(), events->begin(), events->end());
  std::sort(in_force.begin(), in_force.end());
  in_force.erase(std::unique(in_force.begin(), in_force.end()), in_force.end());
  const Scenario& scenario = mall.plan().scenario;
  for (const std::uint32_t index : in_force) {
    const TimedEvent& event = mall.timed(index);
    FaultView view;
    view.event = index;
    view.kind = kindOf(event);
    view.text = eventText(scenario, event);
    view.note = event.note;
    view.service = serviceOf(event).value_or(kNoIndex);
    if (event.lasts && event.lasts->isConstant() && !event.every) view.until = event.at + engine::fromSeconds(event.lasts->mean());
    out.faults.push_back(std::move(view));
  }
}

}  // namespace meshmall::models
