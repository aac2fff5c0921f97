// autoscalers: HorizontalPodAutoscalers as in Kubernetes autoscaling/v2, each for one version of the service it is keyed by.
#include "models/scenario/decode_parts.h"
#include "models/scenario/nearest_name.h"

#include <algorithm>
#include <cmath>

namespace meshmall::models {

namespace {

constexpr std::int64_t kMaxQuantity = 1'000'000'000'000;  // whole units

// Kubernetes' quantity in thousandths: 500, "500m", "1.5", "2k", "1Gi". Above 0.
std::optional<std::int64_t> readQuantity(const Node& node) {
  static constexpr const char* kExpected = "a quantity above 0, like 10, \"500m\" or \"2k\"";
  double number = 0;
  std::string suffix;
  if (node.value().string() == nullptr) {
    const auto value = readNumber(node, 0, static_cast<double>(kMaxQuantity));
    if (!value) return std::nullopt;
    number = *value;
  } else {
    const auto text = readText(node);
    if (!text) return std::nullopt;
    const std::size_t digits = text->find_first_not_of("0123456789.");
    const std::string value = text->substr(0, digits);
    suffix = digits == std::string::npos ? "" : text->substr(digits);
    if (value.empty() || value == "." || std::count(value.begin(), value.end(), '.') > 1 || value.size() > 20) {
      node.wrong(kExpected);
      return std::nullopt;
    }
    std::uint64_t whole = 0;
    double fraction = 0, place = 0.1;
    bool point = false;
    for (const char c : value) {
      if (c == '.') point = true;
      else if (!point) whole = whole * 10 + static_cast<std::uint64_t>(c - '0');
      else fraction += place * (c - '0'), place /= 10;
    }
    number = static_cast<double>(whole) + fraction;
  }
  constexpr std::pair<const char*, double> kSuffixes[] = {{"", 1}, {"m", 0.001}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"Ki", 1024.0}, {"Mi", 1048576.0}, {"Gi", 1073741824.0}};
  for (const auto& [name, factor] : kSuffixes) {
    if (suffix != name) continue;
    const double milli = number * factor * 1000;
    if (milli >= 0.5 && milli <= static_cast<double>(kMaxQuantity) * 1000) return std::llround(std::ceil(milli - 1e-9));
  }
  node.wrong(kExpected);
  return std::nullopt;
}

// The target of a metric: exactly one of the ways that its kind knows.
void readTarget(const Node& node, const std::vector<std::string_view>& ways, ScalingMetric& out, ScalingMetricType average, ScalingMetricType total) {
  ObjectReader object(node, "metricTarget");
  const auto type = object.get("type");
  std::vector<std::string_view> given;
  bool foreign = false;
  for (const std::string_view way : {"averageUtilization", "averageValue", "value"}) {
    const auto value = object.get(way);
    if (!value) continue;
    if (std::find(ways.begin(), ways.end(), way) == ways.end()) {
      value->keyError(inQuotes(way) + " is no target of this kind of metric");
      foreign = true;
      continue;
    }
    given.push_back(way);
    if (way == "averageUtilization") {
      out.type = ScalingMetricType::kUtilization;
      out.target = readWhole(*value, 1, 100'000).value_or(out.target);
    } else {
      out.type = way == "value" ? total : average;
      out.target = readQuantity(*value).value_or(1000);
    }
  }
  if (given.size() != 1 && !foreign) {
    std::string names;
    for (const std::string_view way : ways) names += (names.empty() ? "" : " or ") + inQuotes(way);
    node.error("needs " + names + (given.size() > 1 ? ", only one of them" : ""));
  }
  if (!type) return;
  const auto said = readChoice(*type, {"Utilization", "AverageValue", "Value"});
  constexpr std::string_view kField[] = {"averageUtilization", "averageValue", "value"};
  if (said && given.size() == 1 && given.front() != kField[*said]) type->error("must agree with the value given, " + inQuotes(given.front()));
}

void readMetricName(ObjectReader& object, ScalerSource& out) {
  const auto metric = object.require("metric");
  if (!metric) return;
  ObjectReader identifier(*metric, "metricIdentifier");
  const auto name = identifier.require("name");
  if (!name) return;
  static const std::vector<std::string_view> kNames = {"cpu", "utilization", "requests.total", "requests.inFlight", "queue.mean"};
  const auto choice = readChoice(*name, kNames);
  out.metric = static_cast<ScalerMetric>(choice.value_or(0));
  out.name = std::string(kNames[choice.value_or(0)]);
}

void readMetric(const Node& node, const Decoding& decoding, AutoscalerSettings& settings) {
  ScalingMetric metric;
  ScalerSource source;
  source.service = settings.service;
  ObjectReader object(node, "scalingMetric");
  static const std::vector<std::string_view> kTypes = {"Resource", "Pods", "Object", "External"}, kKeys = {"resource", "pods", "object", "external"};
  const auto type = object.require("type");
  const auto given = object.exactlyOne(kKeys);
  const auto kind = type ? readChoice(*type, kTypes) : std::nullopt;
  if (given && kind && given->key() != kKeys[*kind]) type->error("must agree with the block given, " + inQuotes(given->key()));
  if (given && given->key() == "resource") {
    ObjectReader resource(*given, "resourceMetric");
    if (const auto name = resource.require("name"); name && readText(*name).value_or("cpu") != "cpu") name->error("must be \"cpu\": an endpoint has no other resource");
    if (const auto target = resource.require("target"))
      readTarget(*target, {"averageUtilization", "averageValue"}, metric, ScalingMetricType::kResourceAverage, ScalingMetricType::kResourceAverage);
  } else if (given && given->key() == "pods") {
    ObjectReader pods(*given, "podsMetric");
    readMetricName(pods, source);
    source.resource = false;
    if (const auto target = pods.require("target")) readTarget(*target, {"averageValue"}, metric, ScalingMetricType::kPodsAverage, ScalingMetricType::kPodsAverage);
  } else if (given) {
    const bool of_object = given->key() == "object";
    ObjectReader values(*given, of_object ? "objectMetric" : "externalMetric");
    readMetricName(values, source);
    source.resource = source.of_pods = false;
    if (const auto described = of_object ? values.require("describedObject") : std::nullopt) {
      ObjectReader reference(*described, "describedObject");
      if (const auto name = reference.require("name")) source.service = decoding.names.host(*name, decoding.names.services()[settings.service].name_space).value_or(0);
    }
    if (const auto target = values.require("target")) readTarget(*target, {"value", "averageValue"}, metric, ScalingMetricType::kValuePerReplica, ScalingMetricType::kValue);
  }
  settings.config.metrics.push_back(metric);
  settings.sources.push_back(std::move(source));
}

void readRules(const Node& node, ScalingRules& out) {
  ObjectReader object(node, "scalingRules");
  out.stabilization_window = engine::seconds(object.whole("stabilizationWindowSeconds", out.stabilization_window.ns / engine::seconds(1).ns, 0, 3600));
  if (const auto select = object.get("selectPolicy")) out.select = static_cast<SelectPolicy>(readChoice(*select, {"Max", "Min", "Disabled"}).value_or(0));
  const auto policies = object.get("policies");
  if (!policies) return;
  out.policies.clear();
  for (const Node& item : items(*policies)) {
    ScalingPolicy policy;
    ObjectReader entry(item, "scalingPolicy");
    if (const auto type = entry.require("type")) policy.type = static_cast<ScalingPolicyType>(readChoice(*type, {"Pods", "Percent"}).value_or(0));
    if (const auto value = entry.require("value")) policy.value = static_cast<std::uint32_t>(readWhole(*value, 1, 1'000'000).value_or(1));
    if (const auto period = entry.require("periodSeconds")) policy.period = engine::seconds(readWhole(*period, 1, 1800).value_or(15));
    out.policies.push_back(policy);
  }
  if (out.policies.empty() && policies->value().items() != nullptr) policies->error("needs at least one policy");
}

AutoscalerSettings readAutoscaler(const Node& node, const Decoding& decoding, std::uint32_t service) {
  AutoscalerSettings out;
  out.service = service;
  ObjectReader object(node, "autoscaler");
  const auto version = object.get("version");
  if (version) out.version = decoding.names.version(*version, service).value_or(0);
  else if (decoding.names.services()[service].versions.size() > 1) node.error("needs \"version\": the service has several");
  out.config.range.min = object.count("minReplicas", 1, 1, static_cast<std::uint32_t>(kMaxEndpoints));
  if (const auto most = object.require("maxReplicas")) out.config.range.max = static_cast<std::uint32_t>(readWhole(*most, 1, kMaxEndpoints).value_or(1));
  if (out.config.range.max < out.config.range.min) node.error("maxReplicas must be at least minReplicas");
  if (const auto metrics = object.get("metrics")) {
    out.config.metrics.clear();
    out.sources.clear();
    for (const Node& item : items(*metrics)) readMetric(item, decoding, out);
    if (out.config.metrics.empty() && metrics->value().items() != nullptr) metrics->error("needs at least one metric; left out it is CPU at 80 %");
  }
  if (const auto behavior = object.get("behavior")) {
    out.config.behavior = defaultScalingBehavior();
    ObjectReader rules(*behavior, "scalingBehavior");
    if (const auto up = rules.get("scaleUp")) readRules(*up, out.config.behavior->up);
    if (const auto down = rules.get("scaleDown")) readRules(*down, out.config.behavior->down);
  }
  return out;
}

}  // namespace

std::vector<AutoscalerSettings> readAutoscalers(ObjectReader& root, const Decoding& decoding, const std::vector<Service>& services) {
  std::vector<AutoscalerSettings> out;
  const auto node = root.get("autoscalers");
  if (!node) return out;
  for (const JsonMember* member : sortedMembers(*node)) {
    const Node entry(*node, *member);
    const auto service = decoding.names.findHost(entry.key(), "default");
    if (!service || *service >= services.size()) {
      std::vector<std::string_view> known;
      for (std::size_t i = 0; i < decoding.names.services().size() && i < 2000; ++i) known.push_back(decoding.names.services()[i].key);
      entry.keyError("there is no service " + inQuotes(entry.key()), suggestion(entry.key(), known));
      continue;
    }
    if (std::any_of(out.begin(), out.end(), [&](const AutoscalerSettings& other) { return other.service == *service; }))
      entry.keyError("service " + inQuotes(services[*service].name) + " is named by two keys");
    out.push_back(readAutoscaler(entry, decoding, *service));
  }
  return out;
}

}  // namespace meshmall::models
