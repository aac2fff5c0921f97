// How endpoints come and go: readiness probes, and Kubernetes' order of the end: off the list, preStop, TERM, KILL.
#include "models/mall/mall.h"
#include "models/mall/purposes.h"

namespace meshmall::models {

// Discovery lists the endpoint, or no longer does.
void Mall::setListed(std::uint32_t index, bool listed) {
  Endpoint& endpoint = endpoints_[index];
  if (endpoint.known == listed) return;
  endpoint.known = listed;
  lives_[index].ready_changed = now_;
  membershipChanged(endpoint.service);
}

// ---- readiness -------------------------------------------------------------------------------------------------------------------

// The container starts now; `ready`: as at the beginning of the mall.
void Mall::startLife(std::uint32_t index, bool ready) {
  Life& life = lives_[index];
  life.started = now_;
  life.by_the_clock = false;
  dropHouse(life.probe_due);
  const auto& config = versionOf(endpoints_[index]).readiness_probe;
  if (!config) return;
  life.probe = ReadinessProbe(ready);
  engine::StreamSource none(key_, {});  // no draw: the node's agent has not restarted
  life.probe_due = keepHouse(now_ + firstProbeAfter(*config, false, none), kProbeDue, index);
}

// The agent on the endpoint's own node asks, so the network has no part in it. Bad: nobody answers yet, or a `fail` event (of all operations) does.
void Mall::probeDue(std::uint32_t index) {
  Endpoint& endpoint = endpoints_[index];
  Life& life = lives_[index];
  life.probe_due = {};
  if (endpoint.state != Endpoint::State::up && endpoint.state != Endpoint::State::starting) return;  // begins again with the container
  const ReadinessProbeConfig& config = *versionOf(endpoint).readiness_probe;
  life.probe_due = keepHouse(now_ + config.period, kProbeDue, index);
  bool good = endpoint.state == Endpoint::State::up;
  const std::uint64_t who = addressOf(endpoint.name), number = ++life.probes;
  for (const std::uint32_t e : fails_) {
    const auto& fail = std::get<Fail>(timed(e).what);
    if (fail.target.operation || !matches(fail.target, endpoint)) continue;
    if (coin(fail.probability, who, number, purpose::kReadiness + e)) good = false;
  }
  if (!life.probe.onAnswer(config, good)) return;
  Detail detail;
  if (collector_.keepsDecisions()) detail = {{"state", std::string(life.probe.ready() ? "ready" : "not ready")}, {"probe", static_cast<double>(number)}};
  collector_.decision(now_, DecisionKind::health, Subject::endpoint(index), "readiness probe", std::move(detail));
  setListed(index, life.probe.ready());
}

// ---- the end ---------------------------------------------------------------------------------------------------------------------

// How the endpoint ends; nothing: as soon as its work is done. Where changes take time to get about, ends have Kubernetes' order unless told otherwise.
const TerminationConfig* Mall::terminationOf(const Endpoint& endpoint) const {
  static constexpr TerminationConfig kKubernetes;
  const auto& own = versionOf(endpoint).termination;
  return own ? &*own : plan_->discovery ? &kKubernetes : nullptr;
}

// An endpoint that is up is deleted: it goes on serving until TERM, takes nothing new from then on, and what is left at KILL (with a proxy: when that has
// drained) is reset. The caller takes it off the list.
void Mall::deleteByTheClock(std::uint32_t index, const TerminationConfig& config) {
  Endpoint& endpoint = endpoints_[index];
  Life& life = lives_[index];
  const TerminationTimes times = terminationTimes(config, now_);
  const SimTime end = scenario().services[endpoint.service].sidecar ? times.drained : times.kill;
  endpoint.state = Endpoint::State::draining;
  life.by_the_clock = true;
  dropHouse(life.probe_due);
  life.kill = queue_.schedule(end, {kKillComes, index, 0});
  life.term = {};
  if (times.term < end) life.term = keepHouse(times.term, kTermComes, index);
}

void Mall::termComes(std::uint32_t index) {
  lives_[index].term = {};
  if (endpoints_[index].state != Endpoint::State::draining) return;
  endpoints_[index].state = Endpoint::State::terminating;
  leaveDrained(index);
}

void Mall::killComes(std::uint32_t index) {
  lives_[index].kill = {};
  const Endpoint::State state = endpoints_[index].state;
  if (state != Endpoint::State::draining && state != Endpoint::State::terminating) return;
  endpoints_[index].state = Endpoint::State::gone;
  const std::uint32_t left = endpoints_[index].requests;
  resetRequestsAt(index);
  gone(index);
  if (left == 0) return;
  Detail detail;
  if (collector_.keepsDecisions()) detail = {{"requests", static_cast<double>(left)}};
  collector_.decision(now_, DecisionKind::kill, Subject::endpoint(index), "kubelet", std::move(detail));
}

void Mall::gone(std::uint32_t index) {
  endpoints_[index].state = Endpoint::State::gone;
  collector_.capacity(index, now_, 0);
  Life& life = lives_[index];
  life.by_the_clock = false;
  dropHouse(life.term);
  drop(life.kill);
}

void Mall::leaveDrained(std::uint32_t index) {
  const Endpoint::State state = endpoints_[index].state;
  if (state == Endpoint::State::terminating ? endpoints_[index].requests > 0 : state != Endpoint::State::draining || lives_[index].by_the_clock || awaited(index)) return;
  gone(index);
}

// What is there and on its way in: its connections break.
void Mall::resetRequestsAt(std::uint32_t index) {
  endpointConnectionsLost(index);
  for (std::uint32_t i = 0; i < tries_.slots(); ++i) {
    Try& t = tries_[i];
    if (!t.live || t.endpoint != index || (t.stage != Try::Stage::inbound && t.stage != Try::Stage::at_endpoint)) continue;
    drop(t.flight);
    t.status = 503;
    t.flag = ResponseFlag::kUpstreamConnectionTermination;
    t.reset = ResetReason::kConnectionTermination;
    stopWork(i);
  }
}

}  // namespace meshmall::models
