// Trips as OTLP JSON and as Jaeger JSON: one span a line.
#include <algorithm>
#include <map>

#include "engine/random/keyed_stream.h"
#include "models/exporters/trip_spans.h"
#include "models/observation/json_writer.h"

namespace meshmall::models {

namespace {

std::string hex(std::uint64_t value) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string out(16, '0');
  for (std::size_t i = 16; i-- > 0; value >>= 4) out[i] = kDigits[value & 15];
  return out;
}
std::string traceId(const Trip& trip) { return hex(engine::mixPath(trip.number, 1)) + hex(engine::mixPath(trip.number, 2)); }
std::string spanId(const Trip& trip, std::uint64_t span) { return hex(engine::mixPath(engine::mixPath(trip.number, 3), span)); }

std::int64_t unixNs(engine::SimTime t, TraceClock clock) { return clock.start * 1'000'000'000 + t.ns; }

std::string quoted(std::string_view text) {
  std::string out;
  appendString(out, text);
  return out;
}

std::string kindName(TripSpanKind kind) { return kind == TripSpanKind::server ? "server" : kind == TripSpanKind::client ? "client" : "internal"; }

std::string otlpAttribute(std::string_view key, std::string_view value) { return "{\"key\":" + quoted(key) + ",\"value\":{\"stringValue\":" + quoted(value) + "}}"; }

std::string otlpSpan(const Trip& trip, const TripSpan& span, TraceClock clock) {
  std::string out = "{\"traceId\":\"" + traceId(trip) + "\",\"spanId\":\"" + spanId(trip, span.id) + "\",\"parentSpanId\":\"" + (span.parent == 0 ? "" : spanId(trip, span.parent)) +
                    "\",\"name\":" + quoted(span.name) + ",\"kind\":" + (span.kind == TripSpanKind::server ? "2" : span.kind == TripSpanKind::client ? "3" : "1") +
                    ",\"startTimeUnixNano\":\"" + std::to_string(unixNs(span.start, clock)) + "\",\"endTimeUnixNano\":\"" + std::to_string(unixNs(span.end, clock)) + "\",\"attributes\":[";
  bool first = true;
  if (span.status != 0) {
    out += "{\"key\":\"http.response.status_code\",\"value\":{\"intValue\":\"" + std::to_string(span.status) + "\"}}";
    first = false;
  }
  for (const auto& [key, value] : span.attributes) {
    out += (first ? "" : ",") + otlpAttribute(key, value);
    first = false;
  }
  return out + "],\"status\":{" + (span.failed ? "\"code\":2" : "") + "}}";
}

std::string jaegerTag(std::string_view key, std::string_view value) { return "{\"key\":" + quoted(key) + ",\"type\":\"string\",\"value\":" + quoted(value) + "}"; }

std::string jaegerSpan(const Trip& trip, const TripSpan& span, const std::string& process, TraceClock clock) {
  // Both ends rounded down, so that what is inside stays inside.
  const std::int64_t start = unixNs(span.start, clock) / 1000, end = unixNs(span.end, clock) / 1000;
  std::string out = "{\"traceID\":\"" + traceId(trip) + "\",\"spanID\":\"" + spanId(trip, span.id) + "\",\"operationName\":" + quoted(span.name) + ",\"references\":[";
  if (span.parent != 0) out += "{\"refType\":\"CHILD_OF\",\"traceID\":\"" + traceId(trip) + "\",\"spanID\":\"" + spanId(trip, span.parent) + "\"}";
  out += "],\"startTime\":" + std::to_string(start) + ",\"duration\":" + std::to_string(end - start) + ",\"tags\":[" + jaegerTag("span.kind", kindName(span.kind));
  if (span.status != 0) out += ",{\"key\":\"http.status_code\",\"type\":\"int64\",\"value\":" + std::to_string(span.status) + "}";
  if (span.failed) out += ",{\"key\":\"error\",\"type\":\"bool\",\"value\":true}";
  for (const auto& [key, value] : span.attributes) out += "," + jaegerTag(key, value);
  return out + "],\"logs\":[],\"processID\":\"" + process + "\",\"warnings\":null}";
}

}  // namespace

std::string otlpJson(const std::vector<Trip>& trips, TraceClock clock) {
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> by_source;  // service, pod
  for (const Trip& trip : trips)
    for (const TripSpan& span : spansOf(trip)) by_source[{span.service, span.pod}].push_back(otlpSpan(trip, span, clock));
  std::string out = "{\"resourceSpans\":[";
  bool first = true;
  for (const auto& [source, spans] : by_source) {
    out += std::string(first ? "\n" : ",\n") + "{\"resource\":{\"attributes\":[" + otlpAttribute("service.name", source.first) + "," + otlpAttribute("k8s.pod.name", source.second) + "]}," +
           "\"scopeSpans\":[{\"scope\":{\"name\":\"meshmall\"},\"spans\":[";
    first = false;
    for (std::size_t i = 0; i < spans.size(); ++i) out += (i == 0 ? "\n" : ",\n") + spans[i];
    out += "\n]}]}";
  }
  return out + "\n]}\n";
}

std::string jaegerJson(const std::vector<Trip>& trips, TraceClock clock) {
  std::string out = "{\"data\":[";
  bool first = true;
  for (const Trip& trip : trips) {
    const std::vector<TripSpan> spans = spansOf(trip);
    if (spans.empty()) continue;
    std::map<std::pair<std::string, std::string>, std::string> processes;
    for (const TripSpan& span : spans) processes.try_emplace({span.service, span.pod}, "p" + std::to_string(processes.size() + 1));
    out += std::string(first ? "\n" : ",\n") + "{\"traceID\":\"" + traceId(trip) + "\",\"spans\":[";
    first = false;
    for (std::size_t i = 0; i < spans.size(); ++i) out += (i == 0 ? "\n" : ",\n") + jaegerSpan(trip, spans[i], processes.at({spans[i].service, spans[i].pod}), clock);
    out += "\n],\"processes\":{";
    bool first_process = true;
    for (const auto& [source, id] : processes) {
      out += (first_process ? "\"" : ",\"") + id + "\":{\"serviceName\":" + quoted(source.first) + ",\"tags\":[" + jaegerTag("hostname", source.second) + "]}";
      first_process = false;
    }
    out += "},\"warnings\":null}";
  }
  return out + "\n],\"total\":0,\"limit\":0,\"offset\":0,\"errors\":null}\n";
}

}  // namespace meshmall::models
