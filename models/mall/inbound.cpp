// The callee's proxy, inbound side: a request arrives, or the news that its caller has given up.
#include "models/mall/mall.h"
#include "models/mall/purposes.h"

namespace meshmall::models {

void Mall::requestArrives(std::uint32_t index) {
  Try& t = tries_[index];
  t.flight = {};
  Endpoint& endpoint = endpoints_[t.endpoint];
  if (!endpoint.accepts()) return refuseConnection(index);
  if (plan_->secured && !connectionAccepted(index)) [[unlikely]] return;
  const Version& version = versionOf(endpoint);
  if (t.told && version.on_cancel != OnCancel::finish) {  // the news overtook it
    t.server_side = false;
    leaveDrained(t.endpoint);
    return releaseTry(index);
  }
  if (t.call != kNil) calls_[t.call].bytes_sent = true;
  t.arrived = now_;
  t.stage = Try::Stage::inbound;
  ++endpoint.requests;
  collector_.endpointTryArrived(t.endpoint, t.measured);
  if (!meters_.empty()) noteArrived(index);
  const Duration inbound = proxyTime(t, 1, scenario().sidecar.inbound, scenario().services[endpoint.service].sidecar);
  if (t.traced) trips_.arrived(now_, t.trace, inbound);
  if (inbound.ns == 0) return inboundDone(index);
  t.flight = after(inbound, kInboundDone, index);
}

void Mall::inboundDone(std::uint32_t index) {
  Try& t = tries_[index];
  t.flight = {};
  if (plan_->guarded) [[unlikely]] return atDoor(index);
  t.stage = Try::Stage::at_endpoint;
  reach(index);
}

// Nobody listens there: the refusal takes the way back.
void Mall::refuseConnection(std::uint32_t index) {
  Try& t = tries_[index];
  t.server_side = false;
  if (t.call == kNil) return releaseTry(index);
  t.reset = ResetReason::kRemoteConnectionFailure;
  t.flag = ResponseFlag::kUpstreamConnectionFailure;
  bool lost = false;
  const Duration way = hop(endpoints_[t.endpoint].locality, proxies_[upstreams_[t.upstream].proxy].locality, t, 1, lost);
  if (lost) return loseRequest(index);
  if (t.traced) trips_.answered(now_, t.trace, {0, t.flag}, Duration{0}, way, Duration{0});
  t.stage = Try::Stage::answer_flying;
  t.flight = after(way, kAnswerArrives, index);
}

void Mall::cancelArrives(std::uint32_t index) {
  Try& t = tries_[index];
  t.cancel = {};
  t.told = true;
  if (t.stage == Try::Stage::request_flying) return;  // decided when it arrives
  const Version& version = versionOf(endpoints_[t.endpoint]);
  if (version.on_cancel == OnCancel::finish) return;
  if (version.on_cancel == OnCancel::drop_queued && t.started) return;
  drop(t.flight);
  t.status = 499;  // client closed request
  t.flag = ResponseFlag::kDownstreamConnectionTermination;
  stopWork(index);
}

}  // namespace meshmall::models
