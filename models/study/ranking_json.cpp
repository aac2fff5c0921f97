#include "engine/report/escaping.h"
#include "models/observation/json_writer.h"
#include "models/study/ranking.h"

namespace meshmall::models {
namespace {

void interval(JsonWriter& json, const char* key, const std::optional<engine::Interval>& value) {
  json.key(key);
  if (!value) return json.null();
  json.beginObject();
  json.member("low", value->low);
  json.member("high", value->high);
  json.endObject();
}

void number(JsonWriter& json, const char* key, const std::optional<double>& value) {
  json.key(key);
  if (value) {
    json.value(*value);
  } else {
    json.null();
  }
}

void textOrNull(JsonWriter& json, const char* key, const std::string& text) {
  json.key(key);
  if (text.empty()) return json.null();
  json.value(std::string_view(text));
}

std::string_view unitName(MetricUnit unit) {
  constexpr std::string_view kNames[] = {"count", "ratio", "ms", "/s", "factor"};
  return kNames[static_cast<std::size_t>(unit)];
}

void metricTo(JsonWriter& json, Metric metric, bool higher) {
  json.beginObject();
  json.member("name", info(metric).name);
  json.member("unit", unitName(info(metric).unit));
  json.member("better", higher ? "higher" : "lower");
  json.endObject();
}

void variantTo(JsonWriter& json, const RankedVariant& variant, const RankedPoint& point, bool against) {
  json.beginObject();
  json.member("variant", variant.variant);
  json.member("replications", variant.replications);
  json.member("left", variant.left);
  textOrNull(json, "beatenBy", variant.beaten_by ? point.variants[*variant.beaten_by].variant : "");
  textOrNull(json, "withoutValue", variant.without_value);
  number(json, "mean", variant.mean);
  interval(json, "interval", variant.interval);
  json.key("toBestOfOthers");
  if (variant.to_best) {
    json.beginObject();
    json.member("value", *variant.to_best);
    interval(json, "interval", variant.to_best_interval);
    json.endObject();
  } else {
    json.null();
  }
  textOrNull(json, "letters", variant.letters);
  json.member("fewData", variant.few_data);
  if (against) {
    number(json, "against", variant.against);
    json.member("front", variant.front);
  }
  json.key("values");
  json.numbers(variant.values);
  json.endObject();
}

void pointTo(JsonWriter& json, const RankedPoint& point, bool against) {
  json.beginObject();
  json.key("point");
  json.beginObject();
  for (const auto& [pointer, value] : point.point) json.member(pointer, value);
  json.endObject();
  json.member("outcome", name(point.outcome));
  json.key("best");
  json.beginArray();
  for (const std::uint32_t v : point.best) json.value(std::string_view(point.variants[v].variant));
  json.endArray();
  json.member("replications", point.replications);
  number(json, "chance", point.chance);
  json.member("warmup", point.warmup);
  json.key("variants");
  json.beginArray();
  for (const RankedVariant& variant : point.variants) variantTo(json, variant, point, against);
  json.endArray();
  json.endObject();
}

}  // namespace

std::string rankJson(const RankReport& report) {
  const RankSettings& s = report.settings;
  const bool budget = s.procedure == RankProcedure::ocba;
  JsonWriter json;
  json.beginObject();
  json.member("schema", "meshmall.rank/1");
  json.member("version", report.version);
  json.member("study", report.study);
  json.member("fingerprint", report.scenario_fingerprint);
  json.member("seed", report.seed);
  json.key("metric");
  metricTo(json, s.objective.metric, s.higher);
  json.member("scope", s.objective.scope());
  json.key("against");
  if (s.against) {
    metricTo(json, *s.against, info(*s.against).better == Better::higher);
  } else {
    json.null();
  }
  json.key("design");
  json.beginObject();
  json.member("procedure", name(s.procedure));
  json.member("commonRandomNumbers", !budget);
  json.member("indifference", s.indifference.size);
  json.member("relative", s.indifference.relative);
  number(json, "alpha", budget ? std::nullopt : std::optional(s.alpha));
  json.member("first", s.first);
  json.key("most");
  if (budget) {
    json.null();
  } else {
    json.value(s.most);
  }
  json.key("budget");
  if (budget) {
    json.value(s.budget);
  } else {
    json.null();
  }
  json.endObject();
  json.key("points");
  json.beginArray();
  for (const RankedPoint& point : report.points) pointTo(json, point, s.against.has_value());
  json.endArray();
  json.member("command", report.command);
  json.endObject();
  return json.take();
}

std::string rankCsv(const RankReport& report) {
  std::string csv = "variant,point,replication,scope,metric,value\n";
  const std::string measured = engine::csvField(report.settings.objective.scope()) + "," + std::string(info(report.settings.objective.metric).name) + ",";
  for (const RankedPoint& point : report.points) {
    std::string where;
    for (const auto& [pointer, value] : point.point) where += (where.empty() ? "" : " ") + pointer + "=" + value;
    for (const RankedVariant& variant : point.variants) {
      for (std::size_t r = 0; r < variant.values.size(); ++r) {
        csv += engine::csvField(variant.variant) + "," + engine::csvField(where) + "," + std::to_string(r) + "," + measured;
        appendNumber(csv, variant.values[r]);
        csv += "\n";
      }
    }
  }
  return csv;
}

}  // namespace meshmall::models
