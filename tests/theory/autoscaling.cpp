#include <algorithm>
#include <cmath>
#include <string>

#include "families.h"
#include "quantities.h"

namespace meshmall::theory {

// A run a case: as many requests, evenly spaced, as give each of `current` endpoints the metric, and an autoscaler on requests a second for each endpoint. What it decides at
// its first look, at 15 s, is read before the second one: later looks still see a part of the minute before.
void autoscaled(TheoryCase& out, const Json& model, const Json& expect) {
  if (model.value("tolerance", 0.1) != 0.1) throw NotExpressible("a `tolerance` of one's own is not supported yet");
  for (std::size_t i = 0; i < model["cases"].size(); ++i) {
    const Json& one = model["cases"][i];
    const double current = one["current"], metric = one["metric"], target = one["target"];
    const auto most = static_cast<std::uint64_t>(std::max(current, 2 * std::ceil(current * metric / target)) + 10);
    ScenarioText text(1'000'000'000);
    Json& version = ScenarioText::version(text.counter("s", Json::array()));
    version["replicas"] = one["current"];
    version["concurrency"] = "async";
    text.root()["sidecar"] = Json::object();
    text.traffic("s/serve", {{"constant", {{"rate", text.rate(current * metric)}}}})["via"] = "gateway";
    const Json freely = {{"stabilizationWindowSeconds", 0}, {"policies", {{{"type", "Pods"}, {"value", most}, {"periodSeconds", 15}}}}};
    text.root()["autoscalers"]["s"] = {
        {"minReplicas", 1},
        {"maxReplicas", most},
        {"metrics", {{{"type", "Pods"}, {"pods", {{"metric", {{"name", "requests.total"}}}, {"target", {{"type", "AverageValue"}, {"averageValue", one["target"]}}}}}}}},
        {"behavior", {{"scaleUp", freely}, {"scaleDown", freely}}}};
    Run run;
    run.label = "case " + std::to_string(i);
    run.observe.unit_ns = text.unit();
    run.observe.services = {"s"};
    run.observe.replicas_at = 20;
    run.observe.warmup = 120;
    add(run, "desired[" + std::to_string(i) + "]", expect["desired"][i], [](const Sums& s) { return s[kReplicasAt] / s[kTime]; });
    run.scenario = text.text();
    out.runs.push_back(std::move(run));
  }
}

}  // namespace meshmall::theory
