// Kubernetes' HorizontalPodAutoscaler: metrics to replicas, stabilisation, limits of rate.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/replay/mesh_policies_cases.h"
#include "models/scaling/pod_groups.h"
#include "models/scaling/replica_calculator.h"
#include "models/scaling/scaling_behavior.h"

namespace meshmall::cli {
namespace {

using nlohmann::json;
using namespace models;

// Cases tell ages; this is their "now", far enough from the start of time for any of them.
constexpr engine::SimTime kNow{std::int64_t{1'000'000'000} * 1'000'000'000};

engine::SimTime ago(double seconds) { return kNow - engine::fromSeconds(seconds); }

std::uint32_t countOf(const json& value) {
  if (!value.is_number_integer() || value.get<std::int64_t>() < 0) throw UnsupportedCase{"a number of replicas is a whole number, not " + value.dump()};
  return value.get<std::uint32_t>();
}

CalculatorConfig calculatorOf(CaseFields& config) {
  CalculatorConfig calculator;
  calculator.tolerance = config.number("tolerance", calculator.tolerance);
  if (config.has("cpuInitializationPeriod_s")) calculator.readiness.cpu_initialization_period = engine::seconds(config.integer("cpuInitializationPeriod_s"));
  if (config.has("delayOfInitialReadiness_s")) calculator.readiness.initial_readiness_delay = engine::seconds(config.integer("delayOfInitialReadiness_s"));
  return calculator;
}

PodPhase phaseOf(const std::string& text) {
  if (text == "Running") return PodPhase::kRunning;
  if (text == "Pending") return PodPhase::kPending;
  if (text == "Failed") return PodPhase::kFailed;
  if (text == "Succeeded") return PodPhase::kSucceeded;
  throw UnsupportedCase{"phase " + text + " is not understood"};
}

const json* entryOf(const json& list, std::size_t i) { return i < list.size() && !list[i].is_null() ? &list[i] : nullptr; }

// Pods as the lists of a case tell them, item by item: old ones that run unless told otherwise; an unready one was never ready.
std::vector<ScaledPod> podsOf(CaseFields& input, std::size_t count) {
  std::vector<ScaledPod> pods(count);
  const json &ready = input.list("ready"), &phase = input.list("phase"), &deleting = input.list("deleting"), &start = input.list("cpu_start");
  for (std::size_t i = 0; i < count; ++i) {
    ScaledPod& pod = pods[i];
    pod.started = ago(3600);
    if (const json* value = entryOf(start, i)) {
      if (*value == "hot")
        pod.started = ago(0);
      else if (*value == "cool")
        pod.started = ago(180);
      else
        throw UnsupportedCase{"cpu_start " + value->dump() + " is not understood"};
    }
    pod.ready_changed = *pod.started;
    pod.ready = true;
    if (const json* value = entryOf(ready, i)) pod.ready = value->get<bool>();
    if (const json* value = entryOf(phase, i)) pod.phase = phaseOf(value->get<std::string>());
    if (const json* value = entryOf(deleting, i)) pod.deleting = value->get<bool>();
  }
  return pods;
}

json answer(const std::optional<ReplicaProposal>& proposal, bool utilization) {
  if (!proposal) return {{"replicas", nullptr}, {"error", true}};
  if (utilization) return {{"replicas", proposal->replicas}, {"utilizationPct", proposal->utilization_percent}, {"rawAverageMilli", proposal->value_milli}};
  return {{"replicas", proposal->replicas}, {"reported_milli", proposal->value_milli}};
}

json resourceUtilization(CaseFields& config, CaseFields& input) {
  const CalculatorConfig calculator = calculatorOf(config);
  const std::int64_t containers = config.integer("containersPerPod", 1), target = config.integer("targetUtilizationPct");
  const json& usages = input.list("usage_milli_per_container_by_pod_with_metrics");
  const json& requests = input.list("request_cores_per_container_by_pod");
  std::vector<ScaledPod> pods = podsOf(input, requests.size());
  for (std::size_t i = 0; i < pods.size(); ++i) {
    pods[i].request_milli = static_cast<std::int64_t>(requests[i].get<double>() * 1000 + 0.5) * containers;
    if (i < usages.size()) pods[i].sample = PodSample{usages[i].get<std::int64_t>() * containers, kNow, engine::seconds(60)};
  }
  return answer(proposeByUtilization(calculator, pods, true, input.count("currentReplicas"), target, kNow), true);
}

std::int64_t targetOf(CaseFields& config, std::string_view kind) {
  if (config.text("target_is", std::string(kind)) != kind) throw UnsupportedCase{"config.target_is is not \"" + std::string(kind) + "\""};
  return config.integer("target_milli");
}

json podsMetric(CaseFields& config, CaseFields& input) {
  const CalculatorConfig calculator = calculatorOf(config);
  const std::int64_t target = targetOf(config, "per pod");
  const std::uint32_t current = input.count("currentReplicas");
  const json& values = input.list("values_milli");
  std::vector<ScaledPod> pods = podsOf(input, std::max<std::size_t>(current, values.size()));
  for (std::size_t i = 0; i < values.size(); ++i) pods[i].sample = PodSample{values[i].get<std::int64_t>(), kNow, engine::seconds(60)};
  return answer(proposeByPodAverage(calculator, pods, false, current, target, kNow), false);
}

// An object has one value, an external metric a sum of series.
std::int64_t sumOf(const json& values) {
  std::int64_t sum = 0;
  for (const json& value : values) sum += value.get<std::int64_t>();
  return sum;
}

json valueMetric(CaseFields& config, CaseFields& input) {
  const CalculatorConfig calculator = calculatorOf(config);
  const std::int64_t target = targetOf(config, "total value");
  const std::uint32_t current = input.count("currentReplicas");
  const std::uint32_t ready = readyPods(podsOf(input, current));
  return answer(proposeByValue(calculator, sumOf(input.list("values_milli")), target, current, ready), false);
}

json valuePerPodMetric(CaseFields& config, CaseFields& input) {
  const CalculatorConfig calculator = calculatorOf(config);
  const std::int64_t target = targetOf(config, "per pod");
  const std::uint32_t current = input.count("currentReplicas");
  input.list("ready");  // readiness does not count here
  return answer(proposeByValuePerReplica(calculator, sumOf(input.list("values_milli")), target, current, current), false);
}

json groupPodsCase(CaseFields& config, CaseFields& input) {
  const ReadinessRules rules = calculatorOf(config).readiness;
  const bool cpu = config.text("resource") == "cpu";
  CaseFields ages = input.object("metric_age_s_and_window_s");
  std::vector<ScaledPod> pods;
  std::vector<std::string> names;
  for (const json& given : input.list("pods")) {
    CaseFields fields(given, "input.pods[" + std::to_string(pods.size()) + "]");
    ScaledPod pod;
    names.push_back(fields.text("name"));
    if (fields.has("phase")) pod.phase = phaseOf(fields.text("phase"));
    pod.deleting = fields.boolean("deleting", false);
    if (fields.has("startAgo")) pod.started = ago(fields.number("startAgo"));
    if (fields.has("ready")) pod.ready = fields.boolean("ready");
    if (fields.has("transAgo")) pod.ready_changed = ago(fields.number("transAgo"));
    if (const json* age = ages.find(names.back())) {  // an age, or an age and a window; a minute is the metrics server's
      const bool both = age->is_array() && age->size() == 2;
      pod.sample = PodSample{1, ago((both ? (*age)[0] : *age).get<double>()), both ? engine::fromSeconds((*age)[1].get<double>()) : engine::seconds(60)};
    }
    fields.finish();
    pods.push_back(pod);
  }
  ages.finish();
  const PodGroups groups = groupPods(pods, cpu, rules, kNow);
  const auto named = [&](const std::vector<std::uint32_t>& indexes) {
    json list = json::array();
    for (const std::uint32_t i : indexes) list.push_back(names[i]);
    return list;
  };
  return {{"readyCount", groups.ready.size()}, {"ignored", named(groups.ignored)}, {"missing", named(groups.missing)}};
}

std::vector<ScalingPolicy> policiesOf(CaseFields& config, std::string_view key) {
  std::vector<ScalingPolicy> policies;
  for (const json& given : config.list(key)) {
    CaseFields fields(given, "config." + std::string(key));
    ScalingPolicy policy;
    const std::string type = fields.text("type");
    if (type != "Pods" && type != "Percent") throw UnsupportedCase{"policy type " + type + " is not understood"};
    policy.type = type == "Pods" ? ScalingPolicyType::kPods : ScalingPolicyType::kPercent;
    policy.value = fields.count("value");
    policy.period = engine::seconds(fields.integer("periodSeconds"));
    fields.finish();
    policies.push_back(policy);
  }
  return policies;
}

json rateLimit(CaseFields& config, CaseFields& input) {
  ScalingBehavior behavior = defaultScalingBehavior();
  if (config.has("scaleUp")) behavior.up.policies = policiesOf(config, "scaleUp");
  if (config.has("scaleDown")) behavior.down.policies = policiesOf(config, "scaleDown");
  const std::string select = config.text("selectPolicy", "Max");
  if (select != "Max" && select != "Min" && select != "Disabled") throw UnsupportedCase{"selectPolicy " + select + " is not understood"};
  behavior.up.select = behavior.down.select = select == "Max" ? SelectPolicy::kMax : select == "Min" ? SelectPolicy::kMin : SelectPolicy::kDisabled;
  ScalingHistory history;
  for (const json& event : input.list("scaleUpEvents_change_age_s")) history.added.push_back({countOf(event.at(0)), ago(event.at(1).get<double>())});
  for (const json& event : input.list("scaleDownEvents_change_age_s")) history.removed.push_back({countOf(event.at(0)), ago(event.at(1).get<double>())});
  const ReplicaRange range{config.count("min", 1), config.count("max")};
  const LimitedReplicas limited = limitWithBehavior(behavior, range, input.count("current"), input.count("desired"), history, kNow);
  return {{"replicas", limited.replicas}, {"condition", nameOf(limited.limit)}};
}

json stabilize(CaseFields& config, CaseFields& input) {
  ScalingBehavior behavior = defaultScalingBehavior();
  behavior.up.stabilization_window = engine::seconds(config.integer("scaleUpWindow_s", 0));
  behavior.down.stabilization_window = engine::seconds(config.integer("scaleDownWindow_s", 300));
  std::vector<Recommendation> history;
  for (const json& entry : input.list("history_value_age_s")) history.push_back({countOf(entry.at(0)), ago(entry.at(1).get<double>())});
  const std::uint32_t stabilized = stabilizeWithBehavior(behavior, input.count("current"), input.count("desired"), history, kNow);
  json stored = json::array();
  for (const Recommendation& each : history) stored.push_back(each.replicas);
  return {{"stabilized", stabilized}, {"stored_recommendations", stored}};
}

}  // namespace

std::vector<CaseAdapter> scalingAdapters() {
  return {{"hpa.resource_utilization", resourceUtilization},
          {"hpa.pods_metric", podsMetric},
          {"hpa.object_metric", valueMetric},
          {"hpa.external_metric", valueMetric},
          {"hpa.objectPerPod_metric", valuePerPodMetric},
          {"hpa.externalPerPod_metric", valuePerPodMetric},
          {"hpa.group_pods", groupPodsCase},
          {"hpa.scaling_rules_rate_limit", rateLimit},
          {"hpa.stabilize_with_behaviors", stabilize}};
}

}  // namespace meshmall::cli
