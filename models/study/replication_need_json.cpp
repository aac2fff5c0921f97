#include "models/observation/json_writer.h"
#include "models/study/replication_need.h"

namespace meshmall::models {
namespace {

template <typename T>
void maybe(JsonWriter& json, const char* key, const std::optional<T>& value) {
  json.key(key);
  if (value) {
    json.value(*value);
  } else {
    json.null();
  }
}

void neededTo(JsonWriter& json, const char* key, const engine::Needed& needed) {
  json.key(key);
  json.beginObject();
  maybe(json, "replications", needed.replications);
  maybe(json, "safe", needed.safe);
  json.endObject();
}

void questionTo(JsonWriter& json, const SizedQuestion& asked) {
  const engine::ReportQuestion& q = asked.question;
  const engine::Finding& f = q.finding;
  const bool tested = !f.test.empty() && !f.identical;
  json.beginObject();
  json.member("statement", q.statement);
  json.member("metric", q.metric);
  json.member("unit", q.unit);
  json.member("kind", q.absolute ? "limit" : q.decrease ? "decrease" : "increase");
  json.member("relative", q.relative);
  json.member("bound", q.bound);
  json.member("verdict", engine::name(q.verdict.verdict));
  json.key("reason");
  if (q.reason.empty()) {
    json.null();
  } else {
    json.value(std::string_view(q.reason));
  }
  json.member("scale", engine::name(f.scale));
  maybe(json, "estimate", tested ? std::optional(q.absolute ? f.candidate.value : f.change.value) : std::nullopt);
  maybe(json, "spread", tested ? std::optional(f.deviation) : std::nullopt);
  maybe(json, "varianceReduction", f.variance_reduction);
  maybe(json, "shown", asked.sizing.shown);
  maybe(json, "caught", asked.sizing.caught);
  neededTo(json, "toCatch", asked.sizing.to_catch);
  neededTo(json, "toProve", asked.sizing.to_prove);
  neededTo(json, "toTell", asked.sizing.to_tell);
  json.endObject();
}

void metricTo(JsonWriter& json, const SizedMetric& metric) {
  json.beginObject();
  json.member("name", metric.name);
  json.member("metric", metric.metric);
  json.member("unit", metric.unit);
  json.member("mean", metric.mean);
  maybe(json, "halfWidth", metric.half_width);
  json.key("needed");
  json.beginArray();
  for (std::size_t i = 0; i < metric.needed.size(); ++i) {
    json.beginObject();
    json.member("precision", kPrecisions[i]);
    maybe(json, "replications", metric.needed[i]);
    json.endObject();
  }
  json.endArray();
  json.endObject();
}

}  // namespace

std::string planJson(const PlanReport& report) {
  JsonWriter json;
  json.beginObject();
  json.member("schema", "meshmall.plan/1");
  json.member("version", report.version);
  json.member("study", report.study);
  json.member("seed", report.seed);
  json.member("pilot", report.pilot);
  json.member("replications", report.replications);
  json.member("alpha", report.alpha);
  json.member("power", report.power);
  json.member("hypotheses", std::uint64_t{report.hypotheses});
  json.key("pairs");
  json.beginArray();
  for (const SizedPair& pair : report.pairs) {
    json.beginObject();
    json.member("name", pair.name);
    json.key("rules");
    json.beginArray();
    for (const SizedRule& rule : pair.rules) {
      json.beginObject();
      json.member("text", rule.text);
      json.member("scope", rule.scope);
      json.member("severity", engine::name(rule.severity));
      json.key("questions");
      json.beginArray();
      for (const SizedQuestion& question : rule.questions) questionTo(json, question);
      json.endArray();
      json.endObject();
    }
    json.endArray();
    json.endObject();
  }
  json.endArray();
  json.key("precision");
  json.beginArray();
  for (const SizedMetric& metric : report.metrics) metricTo(json, metric);
  json.endArray();
  json.key("all");
  if (report.all) {
    json.beginObject();
    json.member("possible", report.all_possible);
    maybe(json, "replications", report.all->replications);
    maybe(json, "safe", report.all->safe);
    json.endObject();
  } else {
    json.null();
  }
  json.key("time");
  json.beginObject();
  json.member("secondsARun", report.seconds_a_run);
  json.member("groups", report.groups);
  json.member("jobs", std::uint64_t{report.jobs});
  json.member("seconds", report.secondsFor(report.replications));
  maybe(json, "secondsForAll", report.all && report.all->replications ? std::optional(report.secondsFor(*report.all->replications)) : std::nullopt);
  json.endObject();
  json.member("command", report.command);
  json.endObject();
  return json.take();
}

}  // namespace meshmall::models
