// flagger: the fields of a Canary that act on a mall.
#include <algorithm>

#include "models/rollout/workload_telemetry.h"
#include "models/scenario/decode_parts.h"
#include "models/scenario/nearest_name.h"

namespace meshmall::models {

namespace {

constexpr std::size_t kMostMetrics = 1'000;
constexpr std::int64_t kMostIterations = 1'000'000;

std::optional<double> maybeNumber(ObjectReader& object, std::string_view key) {
  const auto node = object.get(key);
  if (!node) return std::nullopt;
  return readNumber(*node, -1e15, 1e15);
}

void readMetric(const Node& node, FlaggerRollout& out) {
  FlaggerMetric next;
  std::optional<Metric> source;
  ObjectReader object(node, "flaggerMetric");
  if (const auto name = object.require("name")) next.name = readName(*name).value_or("");
  const auto metric = object.get("metric");
  const bool duration = next.name == "request-duration", built_in = duration || next.name == "request-success-rate";
  next.kind = duration ? FlaggerMetricKind::kDuration : built_in ? FlaggerMetricKind::kSuccessRate : FlaggerMetricKind::kTemplate;
  if (metric && built_in) metric->keyError(inQuotes(next.name) + " is Flagger's own and takes no \"metric\"", "give it another name");
  if (metric) source = readScrapedMetric(*metric);
  if (!metric && !built_in && !next.name.empty() && object.isObject() && !object.has("query") && !object.has("templateRef")) {
    node.error(inQuotes(next.name) + " is none of Flagger's own (request-success-rate, request-duration) and needs \"metric\"", "such as \"metric\": \"latency.p99\"");
  }
  if (const auto interval = object.get("interval")) next.interval = readPositiveDuration(*interval).value_or(next.interval);
  const auto threshold = object.get("threshold");
  if (threshold) next.threshold = readNumber(*threshold, -1e15, 1e15).value_or(0);
  if (const auto range = object.get("thresholdRange")) {
    ObjectReader bounds(*range, "thresholdRange");
    next.has_range = true;
    next.min = maybeNumber(bounds, "min");
    next.max = maybeNumber(bounds, "max");
    if (next.min && next.max && *next.min > *next.max) range->error("\"min\" is above \"max\": every value fails");
    if (!next.min && !next.max && bounds.isObject()) range->warning("has neither \"min\" nor \"max\": every value passes");
    if (threshold) threshold->warning("has no effect beside \"thresholdRange\"");
  } else if (!threshold && object.isObject()) {
    node.error("needs \"thresholdRange\"", "such as {\"min\": 99}");
  }
  out.config.metrics.push_back(std::move(next));
  out.sources.push_back(source);
}

HookAnswer readPasses(const Node& node) {
  HookAnswer out;
  if (node.value().boolean() != nullptr) {
    out.passes = *node.value().boolean();
    return out;
  }
  if (node.value().members() == nullptr) {
    node.wrong("true, false or {\"from\": ..., \"to\": ...}");
    return out;
  }
  ObjectReader times(node, "hookTimes");
  if (const auto from = times.get("from")) out.from = SimTime{} + readDuration(*from).value_or(Duration{});
  if (const auto to = times.get("to")) {
    out.to = SimTime{} + readDuration(*to).value_or(Duration{});
    if (out.from && *out.to <= *out.from) to->error("must be later than \"from\"");
  }
  return out;
}

void readWebhook(const Node& node, FlaggerRollout& out) {
  FlaggerWebhook next;
  ObjectReader object(node, "flaggerWebhook");
  if (const auto name = object.require("name")) next.name = readName(*name).value_or("");
  if (const auto type = object.get("type")) {
    static const std::vector<std::string_view> kTypes = {"rollout",           "confirm-rollout", "pre-rollout",  "confirm-traffic-increase",
                                                         "confirm-promotion", "rollback",        "post-rollout", "event"};
    if (const auto index = readChoice(*type, kTypes)) next.type = *flaggerHook(kTypes[*index]);
  }
  HookAnswer answer;
  // A rollback hook that passes rolls back: no answer means it does not.
  answer.passes = next.type != FlaggerHook::kRollback;
  if (const auto passes = object.get("passes")) answer = readPasses(*passes);
  out.config.webhooks.push_back(std::move(next));
  out.answers.push_back(answer);
}

SessionAffinityConfig readAffinity(const Node& node) {
  SessionAffinityConfig out;
  ObjectReader object(node, "sessionAffinity");
  if (const auto name = object.require("cookieName")) out.cookie_name = readName(*name).value_or("");
  out.max_age = engine::seconds(object.whole("maxAge", 86'400, 1, 315'360'000));
  if (const auto name = object.get("primaryCookieName")) {
    out.primary_cookie_name = readName(*name).value_or("");
    if (out.primary_cookie_name == out.cookie_name) name->error("must be another name than \"cookieName\"");
  }
  return out;
}

template <class Read>
void readList(ObjectReader& object, std::string_view key, Read read) {
  const auto node = object.get(key);
  if (!node) return;
  const auto entries = items(*node);
  if (entries.size() > kMostMetrics) return node->error("must be at most 1,000 (got " + std::to_string(entries.size()) + ")");
  for (const Node& item : entries) read(item);
}

void readWeights(ObjectReader& object, FlaggerConfig& config) {
  config.max_weight = static_cast<int>(object.whole("maxWeight", 0, 0, kFlaggerTotalWeight));
  config.step_weight = static_cast<int>(object.whole("stepWeight", 0, 0, kFlaggerTotalWeight));
  config.step_weight_promotion = static_cast<int>(object.whole("stepWeightPromotion", 0, 0, kFlaggerTotalWeight));
  readList(object, "stepWeights", [&](const Node& item) {
    if (const auto weight = readWhole(item, 1, kFlaggerTotalWeight)) config.step_weights.push_back(static_cast<int>(*weight));
  });
}

void checkSteps(const Node& node, ObjectReader& object, const FlaggerRollout& out) {
  const FlaggerConfig& config = out.config;
  if (flaggerStrategy(config) != FlaggerStrategy::kCanary || config.skip_analysis) return;
  if (const auto step = object.get("stepWeight"); step && config.step_weight == 0) {
    const std::int64_t* given = step->value().integer();
    if (given == nullptr || *given != 0) return;  // wrong, and told so
  }
  if (flaggerNextStep(config, 0) <= 0) return node.error("needs \"stepWeight\", \"stepWeights\" or \"iterations\": the canary would never get anything");
  if (!config.step_weights.empty() && config.step_weight > 0) object.get("stepWeights")->warning("only its last weight counts beside \"stepWeight\", as the most");
  if (config.step_weight > 0 || std::is_sorted(config.step_weights.begin(), config.step_weights.end())) return;
  object.get("stepWeights")->warning("falls: the canary stays at a weight after which a lower one comes, for ever");
}

void readAnalysis(const Node& node, FlaggerRollout& out) {
  FlaggerConfig& config = out.config;
  ObjectReader object(node, "flaggerAnalysis");
  if (const auto interval = object.get("interval")) {
    config.interval = readPositiveDuration(*interval).value_or(config.interval);
    if (config.interval < engine::seconds(10)) {
      interval->warning("is shorter than 10s, which Flagger makes of it");
      config.interval = engine::seconds(10);
    }
  }
  config.threshold = static_cast<int>(object.whole("threshold", 1, 0, kMostIterations));
  readWeights(object, config);
  config.iterations = static_cast<int>(object.whole("iterations", 0, 0, kMostIterations));
  config.mirror = object.flag("mirror", false);
  if (const auto weight = object.get("mirrorWeight")) {
    out.mirror_percent = static_cast<std::uint32_t>(readWhole(*weight, 0, 100).value_or(100));
    if (!config.mirror) weight->warning("has no effect without \"mirror\": true");
  }
  readList(object, "match", [&](const Node& item) { out.match.push_back(readHttpMatch(item)); });
  config.match = !out.match.empty();
  readList(object, "metrics", [&](const Node& item) { readMetric(item, out); });
  readList(object, "webhooks", [&](const Node& item) { readWebhook(item, out); });
  config.primary_ready_threshold = static_cast<int>(object.whole("primaryReadyThreshold", 100, 0, 100));
  config.canary_ready_threshold = static_cast<int>(object.whole("canaryReadyThreshold", 100, 0, 100));
  if (const auto affinity = object.get("sessionAffinity")) out.affinity = readAffinity(*affinity);
  if (object.isObject()) checkSteps(node, object, out);
}

}  // namespace

std::optional<Metric> readScrapedMetric(const Node& node) {
  const auto name = readText(node);
  if (!name) return std::nullopt;
  std::vector<std::string_view> known;
  for (std::size_t i = 0; i < kMetrics; ++i)
    if (scrapable(metricAt(i))) known.push_back(info(metricAt(i)).name);
  const auto found = findMetric(*name);
  if (found && scrapable(*found)) return found;
  if (found) node.error(inQuotes(*name) + " is not measured for a version of a service by its proxies", suggestion(*name, known));
  else node.error("there is no metric " + inQuotes(*name), suggestion(*name, known));
  return std::nullopt;
}

FlaggerRollout readFlagger(const Node& node) {
  FlaggerRollout out;
  ObjectReader object(node, "flagger");
  if (const auto provider = object.get("provider")) {
    if (readChoice(*provider, {"istio", "kubernetes"}).value_or(0) == 1) out.config.provider = FlaggerProvider::kKubernetes;
  }
  out.config.progress_deadline = engine::seconds(object.whole("progressDeadlineSeconds", 600, 1, 315'360'000));
  out.config.skip_analysis = object.flag("skipAnalysis", false);
  out.config.suspend = object.flag("suspend", false);
  if (const auto analysis = object.require("analysis")) readAnalysis(*analysis, out);
  if (out.config.provider == FlaggerProvider::kKubernetes) out.match.clear();
  return out;
}

}  // namespace meshmall::models
