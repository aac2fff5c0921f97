// The result as a long table: one value a line.
#include <cmath>

#include "models/observation/json_writer.h"
#include "models/observation/result.h"

namespace meshmall::models {

namespace {

// RFC 4180: quoted where a separator, quote or line break is inside.
std::string field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

void appendRow(std::string& out, const std::string& scope, std::string_view metric, std::optional<double> value) {
  out += ',';
  out += scope;
  out += ',';
  out += metric;
  out += ',';
  if (value) appendNumber(out, *value);
  out += '\n';
}

void appendMetrics(std::string& out, std::string_view scope, const Metrics& metrics) {
  const std::string quoted = field(scope);
  for (std::size_t i = 0; i < kMetrics; ++i) {
    if (metrics.has(metricAt(i))) appendRow(out, quoted, info(metricAt(i)).name, metrics.get(metricAt(i)));
  }
}

}  // namespace

std::string metricsCsv(const Result& r) {
  std::string out = "t,scope,metric,value\n";
  appendMetrics(out, "mall", r.metrics);
  for (const ServiceResult& s : r.services) {
    const std::string service = "service=" + s.name;
    appendMetrics(out, service, s.metrics);
    for (const NamedMetrics& v : s.versions) appendMetrics(out, service + " version=" + v.name, v.metrics);
    for (const NamedMetrics& o : s.operations) appendMetrics(out, service + " operation=" + o.name, o.metrics);
    for (const EndpointResult& e : s.endpoints) appendMetrics(out, "endpoint=" + e.name, e.metrics);
  }
  for (const EdgeResult& e : r.edges) appendMetrics(out, "edge=" + e.from + "->" + e.to, e.metrics);
  for (const NamedMetrics& t : r.traffic) appendMetrics(out, "traffic=" + t.name, t.metrics);
  const auto interval = static_cast<std::int64_t>(std::llround(r.timeline.interval * 1e9));
  for (const auto& [name, points] : r.timeline.series) {
    for (std::size_t i = 0; i < points.size(); ++i) {
      appendNumber(out, inSeconds(interval * static_cast<std::int64_t>(i + 1)));
      appendRow(out, "mall", name, std::isnan(points[i]) ? std::nullopt : std::optional<double>(points[i]));
    }
  }
  return out;
}

}  // namespace meshmall::models
