// Kubernetes' probes and Istio's gathering of changes before a push.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/replay/mesh_policies_cases.h"
#include "models/discovery/push_debounce.h"
#include "models/discovery/readiness_probe.h"

namespace meshmall::cli {
namespace {

using nlohmann::json;
using namespace models;

json readinessProbe(CaseFields& config, CaseFields& input) {
  ReadinessProbeConfig probe_config;
  probe_config.success_threshold = config.count("successThreshold", probe_config.success_threshold);
  probe_config.failure_threshold = config.count("failureThreshold", probe_config.failure_threshold);
  ReadinessProbe probe(config.boolean("initially_ready", false));
  json ready = json::array();
  for (const json& result : input.list("results")) {
    probe.onAnswer(probe_config, result.is_boolean() ? result.get<bool>() : result.get<int>() != 0);
    ready.push_back(probe.ready());
  }
  return {{"ready_after", ready}};
}

json xdsDebounce(CaseFields& config, CaseFields& input) {
  DebounceConfig debounce_config;
  debounce_config.after = config.milliseconds("debounceAfter_ms", 100);
  debounce_config.max = config.milliseconds("debounceMax_ms", 10'000);
  const engine::Duration push_time = config.milliseconds("push_duration_ms", 0);
  std::vector<engine::SimTime> changes;
  for (const json& at : input.list("event_times_ms")) changes.push_back(engine::SimTime{engine::fromSeconds(at.get<double>() / 1000).ns});
  PushDebounce debounce;
  std::optional<engine::SimTime> push_ends;
  json pushes = json::array();
  for (std::size_t next = 0;;) {
    const engine::SimTime change = next < changes.size() ? changes[next] : engine::kNever;
    const engine::SimTime timer = debounce.timerAt().value_or(engine::kNever);
    const engine::SimTime ended = push_ends.value_or(engine::kNever);
    const engine::SimTime now = std::min({change, timer, ended});
    if (now == engine::kNever) break;
    PushDebounce::Answer answer{};
    if (ended == now) {
      push_ends.reset();
      answer = debounce.onPushEnded(debounce_config, now);
    } else if (change == now) {
      ++next;
      answer = debounce.onChange(debounce_config, false, now);
    } else {
      answer = debounce.onTimer(debounce_config, now);
    }
    if (answer == PushDebounce::Answer::kPush) {
      push_ends = now + push_time;
      const std::int64_t ns = now.ns;
      pushes.push_back(ns % 1'000'000 == 0 ? json(ns / 1'000'000) : json(static_cast<double>(ns) * 1e-6));
    }
  }
  return {{"push_start_ms", pushes}};
}

}  // namespace

std::vector<CaseAdapter> discoveryAdapters() { return {{"k8s.readiness_probe", readinessProbe}, {"istio.xds_debounce", xdsDebounce}}; }

}  // namespace meshmall::cli
