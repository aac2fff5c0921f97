#include "models/exporters/trip_spans.h"

#include <algorithm>

namespace meshmall::models {

using engine::kNever;
using engine::SimTime;

namespace {

std::string serviceOf(const std::string& target) { return target.substr(0, target.find('/')); }
std::string operationOf(const std::string& target) { return target.find('/') == std::string::npos ? target : target.substr(target.find('/') + 1); }

class Writer {
 public:
  explicit Writer(const Trip& trip) : trip_(trip) {}

  std::vector<TripSpan> write() {
    if (!trip_.ended || trip_.roots.empty()) return {};
    const TripCall& first = trip_.calls[trip_.roots.front()];
    const bool gateway = first.proxy.rfind("gateway", 0) == 0;
    TripSpan root = span(0, TripSpanKind::server, gateway ? "istio-ingressgateway" : "customers", first.proxy.empty() ? "customers" : first.proxy, operationOf(first.to));
    root.start = trip_.arrived;
    root.end = trip_.end;
    setStatus(root, trip_.outcome);
    root.attributes.emplace_back("meshmall.customer", std::to_string(trip_.number));
    root.attributes.emplace_back("meshmall.traffic", trip_.traffic);
    if (trip_.abandoned) root.attributes.emplace_back("meshmall.abandoned", "true");
    spans_.push_back(root);
    for (const std::uint32_t call : trip_.roots) writeCall(call, root.id, root.service, root.pod);
    std::stable_sort(spans_.begin(), spans_.end(), [](const TripSpan& a, const TripSpan& b) { return a.start < b.start; });
    return std::move(spans_);
  }

 private:
  TripSpan span(std::uint64_t parent, TripSpanKind kind, std::string service, std::string pod, std::string name) {
    TripSpan out;
    out.id = ++last_;
    out.parent = parent;
    out.kind = kind;
    out.service = std::move(service);
    out.pod = std::move(pod);
    // "GET /bread": whoever groups by route finds it where tracing puts it.
    const std::size_t blank = name.find(" /");
    if (blank != std::string::npos && kind != TripSpanKind::internal) {
      out.attributes.emplace_back("http.request.method", name.substr(0, blank));
      out.attributes.emplace_back("http.route", name.substr(blank + 1));
    }
    out.name = std::move(name);
    return out;
  }

  static void setStatus(TripSpan& span, Outcome outcome) {
    span.status = outcome.status;
    span.failed = outcome.status == 0 || outcome.status >= 500;
    if (outcome.flag != ResponseFlag::kNone) span.attributes.emplace_back("response_flags", std::string(name(outcome.flag)));
  }

  void writeCall(std::uint32_t index, std::uint64_t parent, const std::string& service, const std::string& pod) {
    const TripCall& call = trip_.calls[index];
    TripSpan client = span(parent, TripSpanKind::client, service, pod, operationOf(call.to));
    client.start = call.started;
    client.end = call.ended == kNever ? std::max(trip_.end, call.started) : call.ended;
    if (call.ended != kNever) setStatus(client, call.outcome);
    const std::string to = call.routed_service.empty() ? serviceOf(call.to) : call.routed_service;
    client.attributes.emplace_back("peer.service", to);
    if (!call.subset.empty()) client.attributes.emplace_back("meshmall.subset", call.subset);
    if (call.tries.size() > 1) client.attributes.emplace_back("meshmall.tries", std::to_string(call.tries.size()));
    const std::uint64_t id = client.id;
    spans_.push_back(std::move(client));
    for (const std::uint32_t each : call.tries) writeTry(each, id, to, operationOf(call.to));
  }

  // Only one that reached an endpoint has a span: who is not there records nothing.
  void writeTry(std::uint32_t index, std::uint64_t parent, const std::string& service, const std::string& operation) {
    const TripTry& t = trip_.tries[index];
    if (!t.arrived) return;
    TripSpan server = span(parent, TripSpanKind::server, service, t.endpoint, operation);
    server.start = *t.arrived;
    server.end = t.answered ? *t.answered + t.back_inbound : t.ended != kNever ? std::max(t.ended, *t.arrived) : std::max(trip_.end, *t.arrived);
    setStatus(server, t.answered ? t.answer : t.outcome);
    if (t.kind != TryKind::first) server.attributes.emplace_back("meshmall.try", std::string(name(t.kind)));
    if (t.refused) server.attributes.emplace_back("meshmall.refused", std::string(name(*t.refused)));
    const std::uint64_t id = server.id;
    spans_.push_back(std::move(server));
    for (const std::uint32_t strand : t.strands) writeStrand(strand, id, service, t.endpoint);
  }

  void writeStrand(std::uint32_t index, std::uint64_t parent, const std::string& service, const std::string& pod) {
    for (const TripStep& step : trip_.strands[index].steps) {
      if (step.kind == TripStep::Kind::call) {
        writeCall(step.index, parent, service, pod);
      } else if (step.kind == TripStep::Kind::strand) {
        writeStrand(step.index, parent, service, pod);
      } else if (step.to != kNever && step.to > step.from) {
        const char* name = step.kind == TripStep::Kind::queue ? "queue" : step.kind == TripStep::Kind::busy ? "busy" : "wait";
        TripSpan inside = span(parent, TripSpanKind::internal, service, pod, name);
        inside.start = step.from;
        inside.end = step.to;
        spans_.push_back(std::move(inside));
      }
    }
  }

  const Trip& trip_;
  std::uint64_t last_ = 0;
  std::vector<TripSpan> spans_;
};

}  // namespace

std::vector<TripSpan> spansOf(const Trip& trip) { return Writer(trip).write(); }

}  // namespace meshmall::models
