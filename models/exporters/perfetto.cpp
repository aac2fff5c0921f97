// Trips as Chrome's trace events. Slices of one thread must nest, so what runs beside something else gets a thread of its own.
// Source: "Trace Event Format" (Chromium): complete events "X" with ts and dur in microseconds, metadata events "M".
#include <algorithm>
#include <map>

#include "models/exporters/trip_spans.h"
#include "models/observation/json_writer.h"

namespace meshmall::models {

namespace {

constexpr std::uint64_t kPathThread = 1, kFirstTreeThread = 2;

// Whole nanoseconds as microseconds: "12.345".
std::string microseconds(std::int64_t ns) {
  std::string part = std::to_string(ns % 1000);
  return std::to_string(ns / 1000) + "." + std::string(3 - part.size(), '0') + part;
}

std::string quoted(std::string_view text) {
  std::string out;
  appendString(out, text);
  return out;
}

class TripEvents {
 public:
  TripEvents(const Trip& trip, std::string& out) : trip_(trip), out_(out) {}

  void write(bool& first) {
    const std::vector<TripSpan> spans = spansOf(trip_);
    if (spans.empty()) return;
    first_ = &first;
    metadata("process_name", 0, "customer " + std::to_string(trip_.number) + " (" + trip_.traffic + ")");
    metadata("thread_name", kPathThread, "critical path");
    for (const TripPart& part : trip_.critical_path)
      slice(kPathThread, std::string(name(part.kind)) + (part.what.empty() ? "" : " " + part.what), "critical path", part.from, part.to, "{}");
    placeSpans(spans);
    for (std::uint64_t thread = kFirstTreeThread; thread < next_thread_; ++thread) metadata("thread_name", thread, "trip " + std::to_string(thread - kFirstTreeThread + 1));
  }

 private:
  struct Open {
    engine::SimTime end;
    std::uint64_t id;
  };

  // A span goes where its parent is if it lies inside of it and nothing else is under way there; else to the first thread that has room, with nothing open.
  void placeSpans(const std::vector<TripSpan>& spans) {
    std::map<std::uint64_t, std::uint64_t> thread_of;
    std::map<std::uint64_t, std::vector<Open>> open;
    for (const TripSpan& span : spans) {
      for (auto& [thread, stack] : open)
        while (!stack.empty() && stack.back().end <= span.start) stack.pop_back();
      std::uint64_t thread = 0;
      const auto parent = thread_of.find(span.parent);
      if (parent != thread_of.end()) {
        const std::vector<Open>& stack = open[parent->second];
        if (!stack.empty() && stack.back().id == span.parent && span.end <= stack.back().end) thread = parent->second;
      }
      for (std::uint64_t t = kFirstTreeThread; thread == 0 && t < next_thread_; ++t)
        if (open[t].empty()) thread = t;
      if (thread == 0) thread = next_thread_++;
      thread_of[span.id] = thread;
      open[thread].push_back({span.end, span.id});
      slice(thread, span.name, kindOf(span), span.start, span.end, arguments(span));
    }
  }

  static const char* kindOf(const TripSpan& span) { return span.kind == TripSpanKind::server ? "server" : span.kind == TripSpanKind::client ? "client" : "work"; }

  static std::string arguments(const TripSpan& span) {
    std::string out = "{\"service\":" + quoted(span.service) + ",\"pod\":" + quoted(span.pod) + ",\"id\":" + std::to_string(span.id) + ",\"parent\":" + std::to_string(span.parent);
    if (span.status != 0) out += ",\"status\":" + std::to_string(span.status);
    for (const auto& [key, value] : span.attributes) out += "," + quoted(key) + ":" + quoted(value);
    return out + "}";
  }

  void event(const std::string& text) {
    out_ += (*first_ ? "\n" : ",\n") + text;
    *first_ = false;
  }
  void metadata(const char* what, std::uint64_t thread, const std::string& value) {
    event("{\"ph\":\"M\",\"pid\":" + std::to_string(trip_.number) + ",\"tid\":" + std::to_string(thread) + ",\"name\":\"" + what + "\",\"args\":{\"name\":" + quoted(value) + "}}");
  }
  void slice(std::uint64_t thread, const std::string& name, const char* category, engine::SimTime from, engine::SimTime to, const std::string& arguments) {
    event("{\"ph\":\"X\",\"pid\":" + std::to_string(trip_.number) + ",\"tid\":" + std::to_string(thread) + ",\"ts\":" + microseconds(from.ns) + ",\"dur\":" + microseconds((to - from).ns) +
          ",\"cat\":\"" + category + "\",\"name\":" + quoted(name) + ",\"args\":" + arguments + "}");
  }

  const Trip& trip_;
  std::string& out_;
  bool* first_ = nullptr;
  std::uint64_t next_thread_ = kFirstTreeThread;
};

}  // namespace

std::string perfettoJson(const std::vector<Trip>& trips) {
  std::string out = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[";
  bool first = true;
  for (const Trip& trip : trips) TripEvents(trip, out).write(first);
  return out + "\n]}\n";
}

}  // namespace meshmall::models
