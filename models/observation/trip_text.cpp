// A trip as an aligned tree for reading, times in milliseconds to the nanosecond.
#include <algorithm>

#include "models/observation/trip.h"

namespace meshmall::models {

using engine::Duration;
using engine::kNever;
using engine::SimTime;

namespace {

// 12345678 ns is "12.345678"; exact, by integers.
std::string inMs(std::int64_t ns) {
  const bool negative = ns < 0;
  const std::uint64_t magnitude = negative ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  const std::string fraction = std::to_string(magnitude % 1'000'000);
  return (negative ? "-" : "") + std::to_string(magnitude / 1'000'000) + "." + std::string(6 - fraction.size(), '0') + fraction;
}

std::string padded(const std::string& text, std::size_t width) { return text.size() >= width ? text : std::string(width - text.size(), ' ') + text; }

std::string outcomeText(Outcome outcome) {
  std::string text = outcome.status == 0 ? "no answer" : std::to_string(outcome.status);
  if (outcome.flag != ResponseFlag::kNone) text += " " + std::string(name(outcome.flag));
  return text;
}

std::string count(std::size_t n, const char* what) { return std::to_string(n) + " " + what + (n == 1 ? "" : "s"); }

class Writer {
 public:
  explicit Writer(const Trip& trip) : trip_(trip) {}

  std::string write() {
    if (!trip_.found) return "customer " + std::to_string(trip_.number) + " was not traced\n";
    const std::string seconds = inMs(trip_.arrived.ns / 1000);  // microseconds as if nanoseconds: seconds with six digits
    out_ = "customer " + std::to_string(trip_.number) + " of " + trip_.traffic + ": arrived at " + seconds + " s, ";
    if (!trip_.ended) {
      out_ += "still there " + inMs(trip_.latency().ns) + " ms later\n";
    } else if (trip_.abandoned) {
      out_ += "left without an answer after " + inMs(trip_.latency().ns) + " ms\n";
    } else {
      out_ += "answered " + outcomeText(trip_.outcome) + " after " + inMs(trip_.latency().ns) + " ms\n";
    }
    out_ += "\n    start ms    length ms\n";
    for (const std::uint32_t root : trip_.roots) writeCall(trip_.calls[root], 0);
    writePath();
    return std::move(out_);
  }

 private:
  // One line of the tree. An end of kNever: it has none.
  void line(SimTime from, SimTime to, std::size_t depth, const std::string& text) {
    out_ += padded(inMs((from - trip_.arrived).ns), 12) + " " + padded(to == kNever ? "-" : inMs((to - from).ns), 12) + "  ";
    out_.append(2 * depth, ' ');
    out_ += text + "\n";
  }
  void line(SimTime from, Duration length, std::size_t depth, const std::string& text) {
    if (length.ns > 0) line(from, from + length, depth, text);
  }

  void writeCall(const TripCall& call, std::size_t depth);
  void writeTry(const TripCall& call, std::uint32_t index, std::size_t number, std::size_t depth);
  void writeStrand(const TripStrand& strand, std::size_t depth);
  void writePath();
  static std::string pickText(const TripTry& t);
  void writeViews(const std::vector<TripView>& views, const std::string& proxy, SimTime at, std::size_t depth);

  const Trip& trip_;
  std::string out_;
};

void Writer::writeCall(const TripCall& call, std::size_t depth) {
  std::string text = "call " + call.to;
  if (!call.proxy.empty()) text += " by " + call.proxy;
  if (call.thread > 0) text += " thread " + std::to_string(call.thread);
  if (call.rule) text += ", rule " + std::to_string(*call.rule);
  if (!call.subset.empty()) text += ", subset " + call.subset;
  if (call.mesh_version && *call.mesh_version > 0) text += ", policies version " + std::to_string(*call.mesh_version);
  if (call.ended != kNever) text += ": " + outcomeText(call.outcome);
  line(call.started, call.ended, depth, text);
  if (call.fault_delay) line(call.fault_delay->at, call.fault_delay->length, depth + 1, "injected delay");
  if (call.fault_status) line(call.started, kNever, depth + 1, "injected answer " + std::to_string(*call.fault_status));
  std::size_t tries = 0, backoffs = 0;
  while (tries < call.tries.size() || backoffs < call.backoffs.size()) {  // by time, a back-off before the try it leads to
    const bool try_first = backoffs == call.backoffs.size() ||
                           (tries < call.tries.size() && trip_.tries[call.tries[tries]].started < call.backoffs[backoffs].at) ||
                           (tries == 0 && !call.tries.empty());
    if (try_first) {
      writeTry(call, call.tries[tries], tries + 1, depth + 1);
      ++tries;
    } else {
      line(call.backoffs[backoffs].at, call.backoffs[backoffs].at + call.backoffs[backoffs].length, depth + 1, "back-off before a retry");
      ++backoffs;
    }
  }
  for (const TripRemark& remark : call.remarks) line(remark.at, kNever, depth + 1, remark.text);
  if (call.no_host) {
    line(call.started, kNever, depth + 1, "no endpoint to send it to (" + std::string(name(*call.no_host)) + ")");
    writeViews(call.views, call.proxy.empty() ? "caller's proxy" : call.proxy, call.started, depth + 2);
  }
  if (call.timed_out) {
    line(*call.timed_out, kNever, depth + 1, call.timed_out_by == TimeoutBy::route ? "the route's timeout ends it" : "the application's timeout ends it");
  }
}

std::string Writer::pickText(const TripTry& t) {
  std::string text;
  if (!t.policy.empty()) text += ", picked by " + t.policy;
  if (!t.source.empty()) text += " in " + t.source;
  constexpr std::size_t kShown = 8;
  for (std::size_t i = 0; i < t.candidates.size() && i < kShown; ++i) {
    const TripTry::Candidate& c = t.candidates[i];
    text += (i == 0 ? " from " : ", ") + c.endpoint + " (" + std::to_string(c.active_believed) + " active";
    text += c.active_true == c.active_believed ? ")" : ", in truth " + std::to_string(c.active_true) + ")";
  }
  if (t.candidates.size() > kShown) text += " and " + count(t.candidates.size() - kShown, "other");
  for (std::size_t i = 0; i < t.draws.size(); ++i) text += (i == 0 ? ", drew " : " ") + std::to_string(t.draws[i]);
  return text;
}

void Writer::writeViews(const std::vector<TripView>& views, const std::string& proxy, SimTime at, std::size_t depth) {
  constexpr std::size_t kShown = 8;
  for (std::size_t i = 0; i < views.size() && i < kShown; ++i)
    line(at, kNever, depth, proxy + " believes " + views[i].endpoint + " " + views[i].believed + ", in truth it is " + views[i].truth);
  if (views.size() > kShown) line(at, kNever, depth, "and " + count(views.size() - kShown, "other endpoint") + " (all in JSON)");
}

void Writer::writeTry(const TripCall& call, std::uint32_t index, std::size_t number, std::size_t depth) {
  const TripTry& t = trip_.tries[index];
  std::string text = "try " + std::to_string(number) + " at " + t.endpoint;
  if (t.kind != TryKind::first) text += " (" + std::string(name(t.kind)) + ")";
  text += pickText(t);
  if (t.ended != kNever) text += ": " + outcomeText(t.outcome);
  line(t.started, t.ended, depth, text);
  const std::size_t inside = depth + 1;
  const std::string proxy = call.proxy.empty() ? "caller's proxy" : call.proxy;
  writeViews(t.views, proxy, t.started, inside);
  if (t.connected) {
    line(t.started, t.pool_wait, inside, "waits for a connection");
    line(t.started + t.pool_wait, t.handshake, inside, "handshake of a new connection");
  }
  if (t.sent) {
    const SimTime ready = t.started + t.pool_wait + t.handshake;
    if (ready < *t.sent) line(ready, *t.sent, inside, "waits for a connection");
    line(*t.sent, t.out_proxy, inside, proxy + ", outbound");
    line(*t.sent + t.out_proxy, t.out_hop, inside, "hop to " + t.endpoint);
  }
  if (t.arrived) line(*t.arrived, t.out_inbound, inside, "inbound proxy of " + t.endpoint);
  for (const TripRemark& remark : t.remarks) line(remark.at, kNever, inside, remark.text);
  if (t.refused) line(t.arrived.value_or(t.started), kNever, inside, "turned away: " + std::string(name(*t.refused)));
  for (const std::uint32_t s : t.strands) writeStrand(trip_.strands[s], inside);
  if (t.answered) {
    line(*t.answered, kNever, inside, "answers " + outcomeText(t.answer));
    line(*t.answered, t.back_inbound, inside, "inbound proxy of " + t.endpoint + ", back");
    line(*t.answered + t.back_inbound, t.back_hop, inside, "hop back");
    line(*t.answered + t.back_inbound + t.back_hop, t.back_proxy, inside, proxy + ", back");
  }
  if (t.lost) line(*t.lost, kNever, inside, t.lost_leg == Leg::request ? "the request is lost" : "the answer is lost");
  if (t.timed_out) line(*t.timed_out, kNever, inside, "the try's timeout ends it");
}

void Writer::writeStrand(const TripStrand& strand, std::size_t depth) {
  for (const TripStep& step : strand.steps) {
    switch (step.kind) {
      case TripStep::Kind::queue:
        line(step.from, step.to, depth, "waits for a worker");
        break;
      case TripStep::Kind::busy:
        line(step.from, step.to, depth, "busy");
        break;
      case TripStep::Kind::wait:
        line(step.from, step.to, depth, "wait");
        break;
      case TripStep::Kind::call:
        writeCall(trip_.calls[step.index], depth);
        break;
      case TripStep::Kind::strand: {
        const TripStrand& child = trip_.strands[step.index];
        line(child.started, child.ended, depth, child.kind == StrandKind::branch ? "branch" : "or else");
        writeStrand(child, depth + 1);
        break;
      }
    }
  }
}

void Writer::writePath() {
  out_ += "\ncritical path\n    start ms    length ms\n";
  std::int64_t sum = 0;
  for (const TripPart& part : trip_.critical_path) {
    sum += part.length().ns;
    const std::string kind(name(part.kind));
    line(part.from, part.to, 0, kind + std::string(kind.size() < 9 ? 9 - kind.size() : 0, ' ') + "  " + part.what);
  }
  out_ += padded("sum", 12) + " " + padded(inMs(sum), 12) + "\n";
}

}  // namespace

std::string tripText(const Trip& trip) { return Writer(trip).write(); }

}  // namespace meshmall::models
