// The result as JSON, keys in the order of the format.
#include "models/observation/decisions_json.h"
#include "models/observation/json_writer.h"
#include "models/observation/result.h"

namespace meshmall::models {

namespace {

void writeMetrics(JsonWriter& w, const Metrics& metrics) {
  w.key("metrics");
  w.beginObject();
  for (std::size_t i = 0; i < kMetrics; ++i) {
    const Metric metric = metricAt(i);
    if (!metrics.has(metric)) continue;
    w.key(info(metric).name);
    if (const std::optional<double> v = metrics.get(metric)) {
      w.value(*v);
    } else {
      w.null();
    }
  }
  w.endObject();
}

void writeNamed(JsonWriter& w, std::string_view key, const std::vector<NamedMetrics>& all) {
  w.key(key);
  w.beginObject();
  for (const NamedMetrics& one : all) {
    w.key(one.name);
    w.beginObject();
    writeMetrics(w, one.metrics);
    w.endObject();
  }
  w.endObject();
}

void writeCounts(JsonWriter& w, std::string_view key, const std::vector<std::pair<std::string, std::uint64_t>>& counts) {
  w.key(key);
  w.beginObject();
  for (const auto& [name, count] : counts) w.member(name, count);
  w.endObject();
}

void writeConfidence(JsonWriter& w, const Result& r) {
  w.key("confidence");
  w.beginObject();
  for (const ConfidenceInterval& c : r.confidence) {
    w.key(info(c.metric).name);
    w.beginObject();
    w.member("low", c.low);
    w.member("high", c.high);
    w.member("level", c.level);
    w.member("method", c.method);
    w.member("fewData", c.few_data);
    if (c.correlated) w.member("correlated", true);
    w.endObject();
  }
  w.endObject();
}

void writeServices(JsonWriter& w, const Result& r) {
  w.key("services");
  w.beginObject();
  for (const ServiceResult& s : r.services) {
    w.key(s.name);
    w.beginObject();
    writeMetrics(w, s.metrics);
    writeNamed(w, "versions", s.versions);
    writeNamed(w, "operations", s.operations);
    w.key("endpoints");
    w.beginArray();
    for (const EndpointResult& e : s.endpoints) {
      w.beginObject();
      w.member("name", e.name);
      w.member("locality", e.locality);
      writeMetrics(w, e.metrics);
      w.endObject();
    }
    w.endArray();
    w.endObject();
  }
  w.endObject();
  w.key("edges");
  w.beginArray();
  for (const EdgeResult& e : r.edges) {
    w.beginObject();
    w.member("from", e.from);
    w.member("to", e.to);
    writeMetrics(w, e.metrics);
    w.endObject();
  }
  w.endArray();
  writeNamed(w, "traffic", r.traffic);
}

void writeTimeline(JsonWriter& w, const Result& r) {
  w.key("timeline");
  w.beginObject();
  w.member("interval", r.timeline.interval);
  w.key("series");
  w.beginObject();
  for (const auto& [name, points] : r.timeline.series) {
    w.key(name);
    w.numbers(points);
  }
  w.endObject();
  w.endObject();
}

void writeSlos(JsonWriter& w, const Result& r) {
  w.key("slos");
  w.beginArray();
  for (const SloVerdict& slo : r.slos) {
    w.beginObject();
    w.member("expr", slo.expr);
    w.member("holds", slo.holds);
    w.key("value");
    if (slo.value) {
      w.value(*slo.value);
    } else {
      w.null();
    }
    w.endObject();
  }
  w.endArray();
}

}  // namespace

std::string toJson(const Result& r) {
  JsonWriter w;
  w.beginObject();
  w.member("meshmall", std::uint64_t{1});
  w.member("scenario", r.scenario);
  w.member("seed", r.seed);
  w.member("replication", r.replication);
  w.member("simulated", r.simulated);
  w.member("warmup", r.warmup);
  if (r.interrupted_at) w.member("interruptedAt", *r.interrupted_at);
  w.member("version", r.version);
  w.member("fingerprint", r.fingerprint);
  writeMetrics(w, r.metrics);
  w.key("failed");
  w.beginObject();
  writeCounts(w, "byFlag", r.failed_by_flag);
  writeCounts(w, "byStatus", r.failed_by_status);
  w.endObject();
  writeConfidence(w, r);
  writeServices(w, r);
  w.key("proxies");
  w.beginObject();
  w.member("time", r.proxy_seconds);
  w.member("handshakes", r.handshakes);
  w.endObject();
  writeTimeline(w, r);
  writeDecisions(w, r);
  if (r.decisions_omitted > 0) w.member("decisionsOmitted", r.decisions_omitted);
  writeSlos(w, r);
  w.key("engine");
  w.beginObject();
  w.member("events", r.events);
  w.endObject();
  w.endObject();
  return w.take();
}

}  // namespace meshmall::models
