#include <nlohmann/json.hpp>

#include "cli/replay/rollout_cases.h"
#include "models/rollout/argo_analysis.h"
#include "models/rollout/argo_replica_counts.h"
#include "models/rollout/go_duration.h"

namespace meshmall::cli {
namespace {

using nlohmann::json;
using namespace models;

json countsOf(const CanaryCounts& counts) { return {{"canary", counts.canary}, {"stable", counts.stable}}; }

std::optional<std::int64_t> integerOrNone(CaseFields& fields, const char* key) {
  if (!fields.has(key)) return {};
  return fields.integer(key);
}

json approximate(CaseFields& config, CaseFields& input) {
  const std::int64_t max_weight = config.integer("maxWeight", 100);
  if (max_weight <= 0) throw UnsupportedCase{"maxWeight must be above 0"};
  return countsOf(approximateCounts(input.integer("replicas"), input.integer("weight"), max_weight, config.integer("maxSurge", 0)));
}

json weightReplicas(CaseFields& config, CaseFields& input) {
  const std::int64_t max_weight = config.integer("maxWeight", 100);
  if (max_weight <= 0) throw UnsupportedCase{"maxWeight must be above 0"};
  return {{"count", weightToReplicas(input.integer("replicas"), input.integer("weight"), max_weight)}};
}

void readBound(CaseFields& config, const char* key, CountOrPercent& bound) {
  const json* given = config.find(key);
  if (given == nullptr) return;
  if (!given->is_string()) {
    bound = {config.integer(key), false};
    return;
  }
  const std::optional<CountOrPercent> read = countOrPercent(given->get_ref<const std::string&>());
  if (!read) throw UnsupportedCase{std::string("config.") + key + " is neither a number nor a percentage"};
  bound = *read;
}

ReplicaSetView replicaSet(CaseFields fields) {
  ReplicaSetView set;
  set.spec = fields.integer("spec", 0);
  set.available = fields.integer("available", set.spec);
  set.created = set.spec;
  fields.finish();
  return set;
}

// Steps of a case: its setWeight, and its setCanaryScale after it. The rollout stands at the last.
void readSteps(CaseFields& config, ArgoCanaryConfig& canary) {
  ArgoStep weight;
  weight.weight = config.integer("setWeight", 0);
  canary.steps.push_back(weight);
  if (!config.has("setCanaryScale")) return;
  CaseFields scale = config.object("setCanaryScale");
  ArgoStep step;
  step.kind = ArgoStep::Kind::kSetCanaryScale;
  step.scale = {integerOrNone(scale, "replicas"), integerOrNone(scale, "weight"), scale.boolean("matchTrafficWeight", false)};
  scale.finish();
  canary.steps.push_back(step);
}

json canaryCounts(CaseFields& config, CaseFields& input) {
  ArgoCanaryConfig canary;
  canary.replicas = config.integer("specReplicas", 1);
  readBound(config, "maxSurge", canary.max_surge);
  readBound(config, "maxUnavailable", canary.max_unavailable);
  canary.traffic_routing = config.boolean("trafficRouting", false);
  canary.min_pods_per_replica_set = integerOrNone(config, "minPodsPerReplicaSet");
  if (config.has("abortScaleDownDelaySeconds")) canary.abort_scale_down_delay = engine::seconds(config.integer("abortScaleDownDelaySeconds"));
  readSteps(config, canary);
  ArgoProgress at;
  at.step = canary.steps.size() - 1;
  at.aborted = config.boolean("aborted", false);
  at.promote_full = config.boolean("promoteFull", false);
  ArgoReplicaSets sets;
  if (input.has("canary")) sets.canary = replicaSet(input.object("canary"));
  if (input.has("stable")) sets.stable = replicaSet(input.object("stable"));
  sets.older = replicaSet(input.object("older"));
  return countsOf(canary.traffic_routing ? trafficRoutedCounts(canary, at, sets, {}) : basicCanaryCounts(canary, at, sets));
}

json dynamicStableScale(CaseFields& config, CaseFields& input) {
  ArgoCanaryConfig canary;
  canary.replicas = config.integer("replicas");
  canary.traffic_routing = canary.dynamic_stable_scale = true;
  const std::int64_t current = config.integer("currentStepWeight");
  ArgoProgress at;
  bool found = false;
  for (const json& weight : config.list("steps_setWeight")) {
    ArgoStep step;
    step.weight = weight.get<std::int64_t>();
    if (!found && step.weight == current) {
      at.step = canary.steps.size();
      found = true;
    }
    canary.steps.push_back(step);
  }
  if (!found) throw UnsupportedCase{"currentStepWeight is none of steps_setWeight"};
  at.aborted = config.boolean("aborted", false);
  ArgoReplicaSets sets;
  const auto available = [&](const char* key) -> std::optional<ReplicaSetView> {
    const std::optional<std::int64_t> pods = integerOrNone(input, key);
    if (!pods) return {};
    return ReplicaSetView{*pods, *pods, *pods};
  };
  sets.canary = available("canary_available");
  sets.stable = available("stable_available");
  const TrafficWeights actual{input.integer("actual_canary_weight"), input.integer("actual_stable_weight")};
  return countsOf(trafficRoutedCounts(canary, at, sets, actual));
}

json replicaProgress(CaseFields& config, CaseFields& input) {
  std::optional<ReplicaProgressThreshold> threshold;
  if (config.has("type")) {
    const std::string type = config.text("type");
    if (type != "Percentage" && type != "Pod" && type != "Pods") throw UnsupportedCase{"config.type " + type + " is not understood"};
    threshold = {type == "Percentage" ? ReplicaProgressThreshold::Type::kPercentage : ReplicaProgressThreshold::Type::kPods, config.integer("value")};
  } else {
    config.understood("value");
  }
  const std::int64_t desired = input.integer("desired");
  const ReplicaSetView set{input.integer("spec", desired), input.integer("available"), 0};
  return {{"met", progressThresholdMet(threshold, set, desired)}};
}

json assessMetricStatus(CaseFields& config, CaseFields& input) {
  ArgoMetric metric;
  if (config.has("interval")) {
    metric.interval = goDuration(config.text("interval"));
    if (!metric.interval) throw UnsupportedCase{"config.interval is no duration"};
  }
  metric.count = integerOrNone(config, "count");
  metric.failure_limit = integerOrNone(config, "failureLimit");
  metric.inconclusive_limit = integerOrNone(config, "inconclusiveLimit");
  metric.consecutive_success_limit = integerOrNone(config, "consecutiveSuccessLimit");
  MetricCounts counts;
  counts.failed = input.integer("failed", 0);
  counts.count = input.integer("count", 0);
  counts.inconclusive = input.integer("inconclusive", 0);
  counts.successful = input.integer("successful", 0);
  counts.consecutive_error = input.integer("consecutiveError", 0);
  counts.consecutive_success = input.integer("consecutiveSuccess", 0);
  counts.measured = counts.failed + counts.count + counts.inconclusive + counts.successful + counts.consecutive_error + counts.consecutive_success > 0;
  return {{"running_run", name(assessMetric(metric, counts, false))}, {"terminating_run", name(assessMetric(metric, counts, true))}};
}

json condition(CaseFields& config, CaseFields& input) {
  ConditionAnswers answers;
  answers.has_success = config.boolean("hasSuccessCondition", false);
  answers.has_failure = config.boolean("hasFailureCondition", false);
  if (input.has("successTrue")) answers.success = input.boolean("successTrue");
  if (input.has("failureTrue")) answers.failure = input.boolean("failureTrue");
  return {{"phase", name(measurementPhase(answers))}};
}

AnalysisPhase phaseOf(CaseFields& input, const char* key) {
  const std::string text = input.text(key);
  const std::optional<AnalysisPhase> phase = analysisPhase(text);
  if (!phase) throw UnsupportedCase{"phase " + text + " is not understood"};
  return *phase;
}

json worstPhase(CaseFields&, CaseFields& input) {
  const AnalysisPhase a = phaseOf(input, "a");
  return {{"worst", name(worst(a, phaseOf(input, "b")))}};
}

}  // namespace

std::vector<CaseAdapter> argoAdapters() {
  return {{"argo.approximate_weighted_counts", approximate},
          {"argo.basic_canary_counts", canaryCounts},
          {"argo.traffic_routed_counts", canaryCounts},
          {"argo.traffic_weight_to_replicas", weightReplicas},
          {"argo.dynamic_stable_scale", dynamicStableScale},
          {"argo.replica_progress_threshold", replicaProgress},
          {"argo.assess_metric_status", assessMetricStatus},
          {"argo.measurement_condition", condition},
          {"argo.worst_phase", worstPhase}};
}

}  // namespace meshmall::cli
