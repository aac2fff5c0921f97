// A trip as JSON: the same tree, whole nanoseconds since the customer's arrival.
#include "models/observation/json_writer.h"
#include "models/observation/trip.h"

namespace meshmall::models {

using engine::Duration;
using engine::kNever;
using engine::SimTime;

namespace {

class Writer {
 public:
  Writer(JsonWriter& w, const Trip& trip) : w_(w), trip_(trip) {}

  void write() {
    w_.beginObject();
    w_.member("customer", trip_.number);
    w_.member("traced", trip_.found);
    if (trip_.found) writeTrip();
    w_.endObject();
  }

 private:
  void instant(std::string_view key, SimTime t) { w_.member(key, static_cast<std::uint64_t>((t - trip_.arrived).ns)); }
  void length(std::string_view key, Duration d) { w_.member(key, static_cast<std::uint64_t>(d.ns)); }
  void span(SimTime from, SimTime to) {  // "length": null while it has not ended
    instant("start", from);
    w_.key("length");
    if (to == kNever) {
      w_.null();
    } else {
      w_.value(static_cast<std::uint64_t>((to - from).ns));
    }
  }
  void outcome(Outcome o) {
    w_.member("status", static_cast<std::uint64_t>(o.status));
    w_.member("flag", name(o.flag));
  }
  void backoff(const TripCall::Backoff& b) {
    w_.beginObject();
    span(b.at, b.at + b.length);
    w_.endObject();
  }

  void writeTrip();
  void writeCall(const TripCall& call);
  void writeRoute(const TripCall& call);
  void writeTry(const TripTry& t);
  void writePick(const TripTry& t);
  void writeViews(const std::vector<TripView>& views);
  void writeStrand(const TripStrand& strand);
  void writeRemarks(const std::vector<TripRemark>& remarks);

  JsonWriter& w_;
  const Trip& trip_;
};

// What proxies believed when they decided; the key is there only when something was said.
void Writer::writeRemarks(const std::vector<TripRemark>& remarks) {
  if (remarks.empty()) return;
  w_.key("remarks");
  w_.beginArray();
  for (const TripRemark& remark : remarks) {
    w_.beginObject();
    instant("at", remark.at);
    w_.member("text", remark.text);
    w_.endObject();
  }
  w_.endArray();
}

void Writer::writeTrip() {
  w_.member("traffic", trip_.traffic);
  w_.member("arrived", static_cast<std::uint64_t>(trip_.arrived.ns));
  w_.member("ended", trip_.ended);
  length("latency", trip_.latency());
  outcome(trip_.outcome);
  w_.member("abandoned", trip_.abandoned);
  w_.key("calls");
  w_.beginArray();
  for (const std::uint32_t root : trip_.roots) writeCall(trip_.calls[root]);
  w_.endArray();
  w_.key("criticalPath");
  w_.beginArray();
  for (const TripPart& part : trip_.critical_path) {
    w_.beginObject();
    w_.member("kind", name(part.kind));
    w_.member("what", part.what);
    span(part.from, part.to);
    w_.endObject();
  }
  w_.endArray();
}

void Writer::writeRoute(const TripCall& call) {
  if (!call.proxy.empty()) {
    w_.member("proxy", call.proxy);
    w_.member("thread", static_cast<std::uint64_t>(call.thread));
  }
  if (call.rule) w_.member("rule", static_cast<std::uint64_t>(*call.rule));
  if (!call.routed_service.empty()) w_.member("service", call.routed_service);
  if (!call.subset.empty()) w_.member("subset", call.subset);
  if (call.mesh_version) w_.member("meshVersion", static_cast<std::uint64_t>(*call.mesh_version));
  if (call.fault_delay) {
    w_.key("faultDelay");
    backoff(*call.fault_delay);
  }
  if (call.fault_status) w_.member("faultStatus", static_cast<std::uint64_t>(*call.fault_status));
  if (call.no_host) {
    w_.member("noHost", name(*call.no_host));
    writeViews(call.views);
  }
  if (call.timed_out) {
    instant("timedOut", *call.timed_out);
    w_.member("timedOutBy", call.timed_out_by == TimeoutBy::route ? "route" : "application");
  }
}

void Writer::writeCall(const TripCall& call) {
  w_.beginObject();
  w_.member("call", call.to);
  span(call.started, call.ended);
  if (call.ended != kNever) outcome(call.outcome);
  writeRoute(call);
  w_.key("tries");
  w_.beginArray();
  for (const std::uint32_t t : call.tries) writeTry(trip_.tries[t]);
  w_.endArray();
  writeRemarks(call.remarks);
  w_.key("backoffs");
  w_.beginArray();
  for (const TripCall::Backoff& b : call.backoffs) backoff(b);
  w_.endArray();
  w_.endObject();
}

void Writer::writeViews(const std::vector<TripView>& views) {
  if (views.empty()) return;
  w_.key("views");
  w_.beginArray();
  for (const TripView& v : views) {
    w_.beginObject();
    w_.member("endpoint", v.endpoint);
    w_.member("believed", v.believed);
    w_.member("true", v.truth);
    w_.endObject();
  }
  w_.endArray();
}

void Writer::writePick(const TripTry& t) {
  w_.key("pick");
  w_.beginObject();
  w_.member("policy", t.policy);
  w_.key("candidates");
  w_.beginArray();
  for (const TripTry::Candidate& c : t.candidates) {
    w_.beginObject();
    w_.member("endpoint", c.endpoint);
    w_.member("activeBelieved", static_cast<std::uint64_t>(c.active_believed));
    w_.member("activeTrue", static_cast<std::uint64_t>(c.active_true));
    w_.endObject();
  }
  w_.endArray();
  if (!t.source.empty()) w_.member("source", t.source);
  writeViews(t.views);
  w_.key("draws");  // strings: they use all 64 bits, more than a JSON number keeps everywhere
  w_.beginArray();
  for (const std::uint64_t d : t.draws) w_.value(std::string_view(std::to_string(d)));
  w_.endArray();
  w_.endObject();
}

void Writer::writeTry(const TripTry& t) {
  w_.beginObject();
  w_.member("kind", name(t.kind));
  w_.member("endpoint", t.endpoint);
  span(t.started, t.ended);
  if (t.ended != kNever) outcome(t.outcome);
  writePick(t);
  if (t.connected) {
    length("poolWait", t.pool_wait);
    length("handshake", t.handshake);
  }
  if (t.sent) {
    instant("sent", *t.sent);
    length("outbound", t.out_proxy);
    length("hop", t.out_hop);
  }
  if (t.arrived) {
    instant("arrived", *t.arrived);
    length("inbound", t.out_inbound);
  }
  if (t.refused) w_.member("refused", name(*t.refused));
  if (t.answered) {
    instant("answered", *t.answered);
    w_.member("answer", static_cast<std::uint64_t>(t.answer.status));
    length("inboundBack", t.back_inbound);
    length("hopBack", t.back_hop);
    length("outboundBack", t.back_proxy);
  }
  if (t.lost) {
    instant("lost", *t.lost);
    w_.member("lostLeg", t.lost_leg == Leg::request ? "request" : "reply");
  }
  if (t.timed_out) instant("timedOut", *t.timed_out);
  writeRemarks(t.remarks);
  w_.key("work");
  w_.beginArray();
  for (const std::uint32_t s : t.strands) writeStrand(trip_.strands[s]);
  w_.endArray();
  w_.endObject();
}

void Writer::writeStrand(const TripStrand& strand) {
  w_.beginObject();
  w_.member("strand", strand.kind == StrandKind::main ? "main" : strand.kind == StrandKind::branch ? "branch" : "orElse");
  span(strand.started, strand.ended);
  if (strand.ended != kNever) w_.member("status", static_cast<std::uint64_t>(strand.status));
  w_.key("steps");
  w_.beginArray();
  for (const TripStep& step : strand.steps) {
    if (step.kind == TripStep::Kind::call) {
      writeCall(trip_.calls[step.index]);
    } else if (step.kind == TripStep::Kind::strand) {
      writeStrand(trip_.strands[step.index]);
    } else {
      w_.beginObject();
      w_.member("step", step.kind == TripStep::Kind::queue ? "queue" : step.kind == TripStep::Kind::busy ? "busy" : "wait");
      span(step.from, step.to);
      if (step.kind != TripStep::Kind::queue) length("planned", step.planned);
      w_.endObject();
    }
  }
  w_.endArray();
  w_.endObject();
}

}  // namespace

std::string tripJson(const Trip& trip) {
  JsonWriter w;
  Writer(w, trip).write();
  return w.take();
}

std::string tripsJson(const std::vector<Trip>& trips) {
  JsonWriter w;
  w.beginObject();
  w.member("meshmall", std::uint64_t{1});
  w.key("trips");
  w.beginArray();
  for (const Trip& trip : trips) Writer(w, trip).write();
  w.endArray();
  w.endObject();
  return w.take();
}

}  // namespace meshmall::models
