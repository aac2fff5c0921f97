#include "models/mall/rollout_notes.h"

#include <algorithm>
#include <cmath>

#include "models/observation/json_writer.h"

namespace meshmall::models {

namespace {

using Kind = FlaggerEventKind;

// Two decimals are enough to read; the value itself stands beside it.
std::string number(double value) {
  std::string out;
  appendNumber(out, std::abs(value) < 1e12 ? std::round(value * 100) / 100 : value);
  return out;
}

std::string boundsText(const FlaggerMetric& metric, double value) {
  if (!metric.has_range) return number(value) + (metric.kind == FlaggerMetricKind::kSuccessRate ? " < " : " > ") + number(metric.threshold);
  if (metric.min && value < *metric.min) return number(value) + " < " + number(*metric.min);
  return number(value) + " > " + (metric.max ? number(*metric.max) : std::string("?"));
}

std::string metricText(const FlaggerConfig& config, const FlaggerTick& tick, std::size_t metric) {
  const FlaggerMetric& m = config.metrics[metric];
  for (const FlaggerReading& reading : tick.readings)
    if (reading.metric == metric && reading.value) return "halts at " + m.name + " " + boundsText(m, *reading.value);
  return "halts: " + m.name + " has no value, the canary may get no requests";
}

std::string eventText(const FlaggerConfig& config, const FlaggerTick& tick, const FlaggerEvent& event) {
  const auto hook = [&] { return config.webhooks[event.index].name + " (" + std::string(name(config.webhooks[event.index].type)) + ")"; };
  switch (event.kind) {
    case Kind::kNewRevision: return "new revision: the canary is scaled up";
    case Kind::kPrimaryNotReady: return "waits for the primary's replicas";
    case Kind::kCanaryNotReady: return "waits for the canary's replicas";
    case Kind::kHookPassed: return "hook " + hook() + " passes";
    case Kind::kHookRefused: return "hook " + hook() + " refuses";
    case Kind::kStarting: return "analysis starts";
    case Kind::kMetricFailed: return metricText(config, tick, event.index);
    case Kind::kAdvancedWeight: return "canary weight " + std::to_string(event.number);
    case Kind::kMirroring: return "requests are mirrored to the canary";
    case Kind::kAdvancedIteration: return "iteration " + std::to_string(event.number) + " of " + std::to_string(flaggerIterations(config));
    case Kind::kRoutedToCanary: return "all traffic to the canary";
    case Kind::kCopying: return "the primary takes the canary's settings";
    case Kind::kRoutedToPrimary: return "all traffic to the primary";
    case Kind::kAdvancedPrimary: return "primary weight " + std::to_string(event.number);
    case Kind::kSucceeded: return "promotion complete: the canary is scaled down";
    case Kind::kThresholdReached: return "failed checks reach the threshold: " + std::to_string(event.number);
    case Kind::kRolledBack: return "rolls back: all traffic to the primary, the canary is scaled down";
    case Kind::kPromotionFailed: return "the primary broke while it was promoted: all traffic to the canary";
    default: return std::string(name(event.kind));
  }
}

std::string verdictOf(const FlaggerTick& tick, bool check_failed) {
  const auto has = [&](Kind kind) { return std::any_of(tick.events.begin(), tick.events.end(), [&](const FlaggerEvent& e) { return e.kind == kind; }); };
  if (has(Kind::kRolledBack)) return "rollback";
  if (has(Kind::kPromotionFailed)) return "halt";
  if (has(Kind::kSucceeded)) return "succeeded";
  if (check_failed) return "failed";
  if (has(Kind::kNewRevision)) return "new revision";
  if (has(Kind::kPrimaryNotReady) || has(Kind::kCanaryNotReady)) return "wait";
  if (tick.promote) return "promote";
  if (has(Kind::kHookRefused)) return "wait";
  return "passed";
}

}  // namespace

Detail flaggerNote(const FlaggerRollout& rollout, const FlaggerTick& tick, const FlaggerStatus& status, std::uint32_t ticks) {
  const FlaggerConfig& config = rollout.config;
  Detail detail = {{"tick", static_cast<double>(ticks)},
                   {"phase", std::string(name(tick.after))},
                   {"weight", static_cast<double>(status.routes.canary)},
                   {"failedChecks", static_cast<double>(status.failed_checks)}};
  for (const FlaggerReading& reading : tick.readings) {
    if (reading.value) detail.emplace_back(config.metrics[reading.metric].name, *reading.value);
    else detail.emplace_back(config.metrics[reading.metric].name, std::string("no value"));
  }
  const auto failed = [&](const FlaggerEvent& e) {
    if (e.kind == Kind::kMetricFailed) return true;
    if (e.kind != Kind::kHookRefused) return false;
    const FlaggerHook type = config.webhooks[e.index].type;
    return type == FlaggerHook::kRollout || type == FlaggerHook::kPreRollout;
  };
  detail.emplace_back("verdict", verdictOf(tick, std::any_of(tick.events.begin(), tick.events.end(), failed)));
  std::string text;
  for (const FlaggerEvent& event : tick.events) text += (text.empty() ? "" : "; ") + eventText(config, tick, event);
  if (text.empty()) text = tick.after == FlaggerPhase::kFinalising ? "the canary is about to be scaled down" : "nothing to do";
  detail.emplace_back("event", std::move(text));
  return detail;
}

Detail argoNote(const ArgoRollout& rollout, const ArgoEvent& event, ArgoPhase phase, std::int64_t weight, const ArgoReading* reading) {
  const auto* canary = std::get_if<ArgoCanaryConfig>(&rollout.strategy);
  const auto analysis = [&] { return rollout.analyses[event.index].name; };
  std::string text;
  Detail detail = {{"phase", std::string(name(phase))}, {"weight", static_cast<double>(weight)}};
  switch (event.kind) {
    case ArgoEventKind::kStepStarted:
      detail.emplace_back("step", static_cast<double>(event.index));
      text = canary != nullptr && event.index >= canary->steps.size() ? "all steps are done" : "step " + std::to_string(event.index);
      break;
    case ArgoEventKind::kWeightSet: text = "canary weight " + std::to_string(event.number); break;
    case ArgoEventKind::kPaused: text = event.number == 1 ? "pauses until a person goes on" : "pauses"; break;
    case ArgoEventKind::kAnalysisStarted: text = "analysis " + analysis() + " starts"; break;
    case ArgoEventKind::kMeasured: {
      const std::string& metric = rollout.analyses[event.index].metrics[event.metric].name;
      if (reading != nullptr && reading->value) detail.emplace_back(metric, *reading->value);
      else detail.emplace_back(metric, std::string("no value"));
      text = "measured " + metric;
      detail.emplace_back("verdict", std::string(name(event.phase)));
      break;
    }
    case ArgoEventKind::kAnalysisEnded:
      text = "analysis " + analysis() + " ends";
      detail.emplace_back("verdict", std::string(name(event.phase)));
      break;
    case ArgoEventKind::kAborted: text = "aborts: all traffic to the stable revision"; break;
    case ArgoEventKind::kPromoted: text = "the new revision is the stable one"; break;
    case ArgoEventKind::kScaledDown: text = phase == ArgoPhase::kDegraded ? "the canary is scaled down" : "the old revision is scaled down"; break;
    case ArgoEventKind::kSwitched: text = event.number == 1 ? "all traffic to the new revision" : "all traffic back to the old revision"; break;
  }
  detail.emplace_back("event", std::move(text));
  return detail;
}

}  // namespace meshmall::models
