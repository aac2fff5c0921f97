// argo: the fields of a Rollout and its AnalysisTemplates that act on a mall.
#include <algorithm>
#include <charconv>

#include "models/scenario/decode_parts.h"
#include "models/scenario/nearest_name.h"

namespace meshmall::models {

namespace {

constexpr std::int64_t kMost = 1'000'000;
constexpr std::int64_t kLongestSeconds = 315'360'000;

std::optional<Duration> maybeSeconds(ObjectReader& object, std::string_view key) {
  const auto node = object.get(key);
  if (!node) return std::nullopt;
  const auto seconds = readWhole(*node, 0, kLongestSeconds);
  return seconds ? std::optional(engine::seconds(*seconds)) : std::nullopt;
}

// A number of replicas, or "25%".
CountOrPercent readBound(const Node& node, CountOrPercent fallback) {
  if (node.value().string() != nullptr) {
    const auto bound = countOrPercent(*node.value().string());
    if (bound && bound->value >= 0 && bound->value <= kMost) return *bound;
    node.wrong("a whole number or a percentage such as \"25%\"");
    return fallback;
  }
  return {readWhole(node, 0, kMost).value_or(fallback.value), false};
}

// Numbers may be written as texts there.
std::optional<std::int64_t> maybeCount(ObjectReader& object, std::string_view key, std::int64_t least) {
  const auto node = object.get(key);
  if (!node) return std::nullopt;
  const std::string* text = node->value().string();
  if (text == nullptr) return readWhole(*node, least, kMost);
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (problem != std::errc{} || end != text->data() + text->size() || value < least || value > kMost) {
    node->wrong("a whole number from " + std::to_string(least) + " to 1000000");
    return std::nullopt;
  }
  return value;
}

std::optional<ArgoCondition> maybeCondition(ObjectReader& object, std::string_view key) {
  const auto node = object.get(key);
  if (!node) return std::nullopt;
  const auto text = readText(*node);
  if (!text) return std::nullopt;
  auto parsed = ArgoCondition::parse(*text);
  if (const auto* problem = std::get_if<ArgoConditionProblem>(&parsed)) {
    node->errorInside(problem->at, problem->message);
    return std::nullopt;
  }
  return std::get<ArgoCondition>(std::move(parsed));
}

void readMetric(const Node& node, ArgoTemplate& out) {
  ArgoMetric next;
  ArgoMeasurement what;
  ObjectReader object(node, "argoMetric");
  if (const auto name = object.require("name")) {
    next.name = readName(*name).value_or("");
    const bool twice = std::any_of(out.metrics.begin(), out.metrics.end(), [&](const ArgoMetric& m) { return m.name == next.name; });
    if (twice && !next.name.empty()) name->error("there are two metrics " + inQuotes(next.name));
  }
  if (const auto metric = object.get("metric")) what.metric = readScrapedMetric(*metric).value_or(Metric::success_rate);
  else if (object.isObject() && !object.has("provider")) node.error("needs \"metric\"", "such as \"metric\": \"success.rate\"");
  if (const auto window = object.get("window")) what.window = readPositiveDuration(*window).value_or(what.window);
  if (const auto interval = object.get("interval")) next.interval = readPositiveDuration(*interval);
  next.initial_delay = object.duration("initialDelay", Duration{});
  next.count = maybeCount(object, "count", 0);
  if (next.count.value_or(0) > 1 && !next.interval) object.get("count")->error("needs \"interval\": when to measure again");
  next.failure_limit = maybeCount(object, "failureLimit", -1);
  next.inconclusive_limit = maybeCount(object, "inconclusiveLimit", 0);
  next.consecutive_error_limit = maybeCount(object, "consecutiveErrorLimit", 0);
  next.consecutive_success_limit = maybeCount(object, "consecutiveSuccessLimit", 0);
  what.success = maybeCondition(object, "successCondition");
  what.failure = maybeCondition(object, "failureCondition");
  if (!what.success && !what.failure && object.isObject() && !object.has("successCondition") && !object.has("failureCondition"))
    node.warning("has no condition: every measurement is a success");
  out.metrics.push_back(std::move(next));
  out.measurements.push_back(std::move(what));
}

void readDryRuns(ObjectReader& object, ArgoTemplate& of) {
  const auto node = object.get("dryRun");
  if (!node) return;
  for (const Node& item : items(*node)) {
    ObjectReader entry(item, "argoDryRun");
    const auto metric = entry.require("metricName");
    const auto name = metric ? readName(*metric) : std::nullopt;
    if (!name) continue;
    std::vector<std::string_view> known;
    bool found = *name == ".*" || *name == "*";
    for (ArgoMetric& m : of.metrics) {
      known.push_back(m.name);
      if (!found && m.name != *name) continue;
      m.dry_run = true;
      if (m.name == *name) found = true;
    }
    if (!found) metric->error("there is no metric " + inQuotes(*name), suggestion(*name, known));
  }
}

std::vector<ArgoTemplate> readTemplates(ObjectReader& object) {
  std::vector<ArgoTemplate> out;
  const auto node = object.get("analysisTemplates");
  if (!node) return out;
  for (const Node& item : items(*node)) {
    ArgoTemplate next;
    ObjectReader entry(item, "analysisTemplate");
    if (const auto name = entry.require("name")) {
      next.name = readName(*name).value_or("");
      const bool twice = std::any_of(out.begin(), out.end(), [&](const ArgoTemplate& t) { return t.name == next.name; });
      if (twice && !next.name.empty()) name->error("there are two templates " + inQuotes(next.name));
    }
    if (const auto metrics = entry.require("metrics")) {
      for (const Node& metric : items(*metrics)) readMetric(metric, next);
      if (next.metrics.empty() && metrics->value().items() != nullptr) metrics->error("needs at least one metric");
    }
    readDryRuns(entry, next);
    out.push_back(std::move(next));
  }
  return out;
}

class ArgoReader {
 public:
  ArgoReader(std::vector<ArgoTemplate> templates, ArgoRollout& out) : templates_(std::move(templates)), out_(out) {}

  // The templates named there as one analysis: its place in `analyses`.
  std::optional<std::size_t> readAnalysis(const Node& node, std::size_t* starting_step) {
    ObjectReader object(node, "argoAnalysis");
    ArgoTemplate merged;
    if (const auto list = object.require("templates")) {
      for (const Node& item : items(*list)) addTemplate(item, merged);
      if (merged.metrics.empty() && list->value().items() != nullptr && list->value().items()->empty()) list->error("needs at least one template");
    }
    readDryRuns(object, merged);
    if (const auto start = object.get("startingStep")) {
      if (starting_step == nullptr) start->keyError("only a background analysis has a \"startingStep\"");
      else *starting_step = static_cast<std::size_t>(readWhole(*start, 0, kMost).value_or(0));
    }
    if (merged.metrics.empty()) return std::nullopt;
    out_.analyses.push_back(std::move(merged));
    return out_.analyses.size() - 1;
  }

  std::optional<std::size_t> maybeAnalysis(ObjectReader& object, std::string_view key) {
    const auto node = object.get(key);
    return node ? readAnalysis(*node, nullptr) : std::nullopt;
  }

 private:
  void addTemplate(const Node& item, ArgoTemplate& merged) {
    ObjectReader entry(item, "argoTemplateRef");
    const auto node = entry.require("templateName");
    const auto name = node ? readName(*node) : std::nullopt;
    if (!name) return;
    std::vector<std::string_view> known;
    for (const ArgoTemplate& t : templates_) known.push_back(t.name);
    const auto found = std::find_if(templates_.begin(), templates_.end(), [&](const ArgoTemplate& t) { return t.name == *name; });
    if (found == templates_.end()) return node->error("there is no analysis template " + inQuotes(*name), suggestion(*name, known));
    merged.name += (merged.name.empty() ? "" : "+") + found->name;
    for (std::size_t m = 0; m < found->metrics.size(); ++m) {
      const bool twice = std::any_of(merged.metrics.begin(), merged.metrics.end(), [&](const ArgoMetric& seen) { return seen.name == found->metrics[m].name; });
      if (twice) {
        node->error("another template has a metric " + inQuotes(found->metrics[m].name) + " too");
        continue;
      }
      merged.metrics.push_back(found->metrics[m]);
      merged.measurements.push_back(found->measurements[m]);
    }
  }

  std::vector<ArgoTemplate> templates_;
  ArgoRollout& out_;
};

ArgoManagedRoute readHeaderRoute(const Node& node) {
  ArgoManagedRoute out;
  ObjectReader object(node, "setHeaderRoute");
  if (const auto name = object.require("name")) out.name = readName(*name).value_or("");
  const auto match = object.get("match");
  if (!match) return out;
  HttpMatch together;  // all of them
  for (const Node& item : items(*match)) {
    ObjectReader entry(item, "headerRouteMatch");
    NamedMatch next;
    if (const auto name = entry.require("headerName")) next.name = readName(*name).value_or("");
    if (const auto value = entry.require("headerValue")) next.match = readStringCondition(*value);
    together.headers.push_back(std::move(next));
  }
  if (!together.headers.empty()) out.match.push_back(std::move(together));
  return out;
}

ArgoManagedRoute readMirrorRoute(const Node& node) {
  ArgoManagedRoute out;
  out.mirrors = true;
  ObjectReader object(node, "setMirrorRoute");
  if (const auto name = object.require("name")) out.name = readName(*name).value_or("");
  out.mirror_percent = static_cast<std::uint32_t>(object.whole("percentage", 100, 0, 100));
  const auto match = object.get("match");
  if (!match) return out;
  for (const Node& item : items(*match)) {
    ObjectReader entry(item, "mirrorRouteMatch");
    HttpMatch next;
    if (const auto method = entry.get("method")) next.method = readStringCondition(*method);
    if (const auto path = entry.get("path")) next.uri = readStringCondition(*path);
    if (const auto headers = entry.get("headers"))
      for (const JsonMember* member : sortedMembers(*headers)) next.headers.push_back({member->key, readStringCondition(Node(*headers, *member))});
    out.match.push_back(std::move(next));
  }
  return out;
}

// "15" is 15 seconds, as the number is; else a duration.
Duration readPause(const Node& node) {
  const std::string* text = node.value().string();
  const bool digits = text != nullptr && !text->empty() && text->size() <= 9 && text->find_first_not_of("0123456789") == std::string::npos;
  if (digits) return engine::seconds(std::min<std::int64_t>(std::stoll(*text), kLongestSeconds));
  return readDuration(node).value_or(Duration{});
}

// One item of the list of steps.
void readStep(const Node& node, ArgoReader& reader, const std::vector<std::string>& managed, ArgoCanaryConfig& config, ArgoRollout& out) {
  ArgoStep step;
  std::optional<ArgoManagedRoute> route;
  ObjectReader object(node, "argoStep");
  const auto kind = object.exactlyOne({"setWeight", "pause", "setCanaryScale", "analysis", "setHeaderRoute", "setMirrorRoute"});
  if (!kind) return;
  const auto is = [&](std::string_view name) { return kind->key() == name; };
  if (is("setWeight")) {
    step.weight = readWhole(*kind, 0, config.max_weight).value_or(0);
  } else if (is("pause")) {
    step.kind = ArgoStep::Kind::kPause;
    ObjectReader pause(*kind, "argoPause");
    if (const auto duration = pause.get("duration")) {
      if (duration->value().integer() != nullptr) step.duration = engine::seconds(readWhole(*duration, 0, kLongestSeconds).value_or(0));
      else step.duration = readPause(*duration);
    } else if (pause.isObject()) {
      kind->warning("has no \"duration\" and waits for a person: the rollout stays there");
    }
  } else if (is("setCanaryScale")) {
    step.kind = ArgoStep::Kind::kSetCanaryScale;
    ObjectReader scale(*kind, "setCanaryScale");
    scale.exactlyOne({"replicas", "weight", "matchTrafficWeight"});
    if (scale.has("replicas")) step.scale.replicas = scale.whole("replicas", 0, 0, kMaxEndpoints);
    if (scale.has("weight")) step.scale.weight = scale.whole("weight", 0, 0, 10'000);
    step.scale.match_traffic_weight = scale.flag("matchTrafficWeight", false);
    if (!config.traffic_routing) kind->warning("has no effect without \"trafficRouting\"");
  } else if (is("analysis")) {
    step.kind = ArgoStep::Kind::kAnalysis;
    step.analysis = reader.readAnalysis(*kind, nullptr).value_or(0);
  } else {
    step.kind = is("setHeaderRoute") ? ArgoStep::Kind::kSetHeaderRoute : ArgoStep::Kind::kSetMirrorRoute;
    route = is("setHeaderRoute") ? readHeaderRoute(*kind) : readMirrorRoute(*kind);
    step.route = route->name;
    if (!config.traffic_routing) kind->error("needs \"trafficRouting\"");
    else if (std::find(managed.begin(), managed.end(), route->name) == managed.end())
      kind->error("the route " + inQuotes(route->name) + " is none of \"managedRoutes\"", "list it there: [{\"name\": " + inQuotes(route->name) + "}]");
  }
  config.steps.push_back(std::move(step));
  out.routes.push_back(std::move(route));
}

void readProgressThreshold(const Node& node, ArgoCanaryConfig& config) {
  ReplicaProgressThreshold threshold;
  ObjectReader object(node, "replicaProgressThreshold");
  if (const auto type = object.require("type")) {
    if (readChoice(*type, {"Percentage", "Pods"}).value_or(0) == 1) threshold.type = ReplicaProgressThreshold::Type::kPods;
  }
  if (const auto value = object.require("value")) threshold.value = readWhole(*value, -1, kMost).value_or(100);
  config.progress_threshold = threshold;
}

std::vector<std::string> readTrafficRouting(const Node& node, ArgoCanaryConfig& config) {
  std::vector<std::string> managed;
  ObjectReader object(node, "trafficRouting");
  config.traffic_routing = true;
  if (const auto istio = object.require("istio")) ObjectReader names(*istio, "argoIstio");
  if (const auto weight = object.get("maxTrafficWeight")) {
    config.max_weight = readWhole(*weight, 1, 1'000'000).value_or(100);
    if (config.max_weight != 100) weight->error("must be 100: Istio's weights add up to that");
  }
  if (const auto routes = object.get("managedRoutes")) {
    for (const Node& item : items(*routes)) {
      ObjectReader entry(item, "managedRoute");
      if (const auto name = entry.require("name")) managed.push_back(readName(*name).value_or(""));
    }
  }
  return managed;
}

ArgoCanaryConfig readCanary(const Node& node, ArgoReader& reader, std::uint32_t replicas, ArgoRollout& out) {
  ArgoCanaryConfig config;
  ObjectReader object(node, "argoCanary");
  config.replicas = replicas;
  std::vector<std::string> managed;
  if (const auto routing = object.get("trafficRouting")) managed = readTrafficRouting(*routing, config);
  if (const auto surge = object.get("maxSurge")) config.max_surge = readBound(*surge, config.max_surge);
  if (const auto unavailable = object.get("maxUnavailable")) config.max_unavailable = readBound(*unavailable, config.max_unavailable);
  config.dynamic_stable_scale = object.flag("dynamicStableScale", false);
  if (config.dynamic_stable_scale && !config.traffic_routing) object.get("dynamicStableScale")->error("needs \"trafficRouting\"");
  if (object.has("minPodsPerReplicaSet")) config.min_pods_per_replica_set = object.whole("minPodsPerReplicaSet", 1, 1, kMaxEndpoints);
  if (const auto threshold = object.get("replicaProgressThreshold")) readProgressThreshold(*threshold, config);
  config.abort_scale_down_delay = maybeSeconds(object, "abortScaleDownDelaySeconds");
  config.scale_down_delay = maybeSeconds(object, "scaleDownDelaySeconds");
  if (const auto steps = object.get("steps")) {
    for (const Node& item : items(*steps)) readStep(item, reader, managed, config, out);
  }
  if (const auto analysis = object.get("analysis")) config.background_analysis = reader.readAnalysis(*analysis, &config.background_starting_step);
  return config;
}

ArgoBlueGreenConfig readBlueGreen(const Node& node, ArgoReader& reader, std::uint32_t replicas) {
  ArgoBlueGreenConfig config;
  ObjectReader object(node, "argoBlueGreen");
  config.replicas = replicas;
  if (object.has("previewReplicaCount")) config.preview_replica_count = object.whole("previewReplicaCount", 1, 1, kMaxEndpoints);
  config.auto_promotion_enabled = object.flag("autoPromotionEnabled", true);
  if (!config.auto_promotion_enabled) object.get("autoPromotionEnabled")->warning("waits for a person before the switch: the rollout stays there");
  config.auto_promotion_delay = maybeSeconds(object, "autoPromotionSeconds").value_or(Duration{});
  config.pre_promotion_analysis = reader.maybeAnalysis(object, "prePromotionAnalysis");
  config.post_promotion_analysis = reader.maybeAnalysis(object, "postPromotionAnalysis");
  config.scale_down_delay = maybeSeconds(object, "scaleDownDelaySeconds");
  config.abort_scale_down_delay = maybeSeconds(object, "abortScaleDownDelaySeconds");
  return config;
}

}  // namespace

ArgoRollout readArgo(const Node& node, std::uint32_t replicas) {
  ArgoRollout out;
  ObjectReader object(node, "argo");
  if (object.has("replicas")) replicas = object.count("replicas", replicas, 1, static_cast<std::uint32_t>(kMaxEndpoints));
  ArgoReader reader(readTemplates(object), out);
  const auto strategy = object.require("strategy");
  if (!strategy) return out;
  ObjectReader kinds(*strategy, "argoStrategy");
  const auto kind = kinds.exactlyOne({"canary", "blueGreen"});
  if (!kind) return out;
  if (kind->key() == "canary") out.strategy = readCanary(*kind, reader, replicas, out);
  else out.strategy = readBlueGreen(*kind, reader, replicas);
  return out;
}

}  // namespace meshmall::models
