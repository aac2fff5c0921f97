#include <nlohmann/json.hpp>

#include "cli/replay/rollout_cases.h"
#include "models/rollout/deployment_readiness.h"
#include "models/rollout/flagger_config.h"
#include "models/rollout/flagger_controller.h"

namespace meshmall::cli {
namespace {

using nlohmann::json;
using namespace models;

constexpr int kMostTicks = 1000;  // no list of weights takes as many

int wholeOf(CaseFields& fields, const char* key, int otherwise) { return static_cast<int>(fields.integer(key, otherwise)); }

// A world in which replicas are ready and every check passes; the target is a revision that the primary does not have.
class PassingView final : public FlaggerView {
 public:
  std::uint64_t targetRevision() override { return 1; }
  DeploymentView primary() override { return {}; }
  DeploymentView canary() override { return {}; }
  std::optional<double> metric(std::size_t) override { return {}; }
  bool webhook(std::size_t, FlaggerPhase) override { return true; }
};

json weightSequence(CaseFields& config, CaseFields& input) {
  FlaggerConfig flagger;
  flagger.max_weight = wholeOf(config, "maxWeight", 0);
  flagger.step_weight = wholeOf(config, "stepWeight", 0);
  for (const json& weight : config.list("stepWeights")) flagger.step_weights.push_back(weight.get<int>());
  if (input.text("all_checks", "pass") != "pass") throw UnsupportedCase{"only passing checks have a sequence of weights"};
  FlaggerStatus status;
  status.phase = FlaggerPhase::kProgressing;
  status.last_applied = 1;
  status.last_promoted = 0;
  FlaggerController controller(status);
  PassingView view;
  json weights = json::array();
  std::string after = "stuck";
  for (int i = 0; i < kMostTicks; ++i) {
    const FlaggerTick tick = controller.tick(flagger, view);
    if (tick.after == FlaggerPhase::kPromoting) after = "promote";
    if (!tick.routes || tick.after != FlaggerPhase::kProgressing) break;  // nothing moved: no later tick is another
    weights.push_back(tick.routes->canary);
  }
  const std::size_t ticks = weights.size();
  return {{"canary_weights", std::move(weights)}, {"after_last_step", after}, {"ticks_at_weight_steps", ticks}};
}

std::optional<double> numberOrNone(CaseFields& fields, const char* key) {
  if (!fields.has(key)) return {};
  return fields.number(key);
}

json thresholdRange(CaseFields& config, CaseFields& input) {
  FlaggerMetric metric;
  metric.kind = FlaggerMetricKind::kQuery;
  metric.has_range = true;
  metric.min = numberOrNone(config, "min");
  metric.max = numberOrNone(config, "max");
  const bool passes = flaggerMetricPasses(metric, numberOrNone(input, "value"));
  return {{"passes", passes}, {"increments_failed_checks", !passes}};
}

json legacyThreshold(CaseFields& config, CaseFields& input) {
  FlaggerMetric metric;
  metric.name = config.text("metric");
  metric.kind = metric.name == "request-success-rate" ? FlaggerMetricKind::kSuccessRate
                : metric.name == "request-duration"   ? FlaggerMetricKind::kDuration
                                                      : FlaggerMetricKind::kQuery;
  metric.threshold = config.number("threshold", 0);
  return {{"passes", flaggerMetricPasses(metric, numberOrNone(input, "value"))}};
}

json webhookStatus(CaseFields&, CaseFields& input) { return {{"success", flaggerWebhookPasses(static_cast<int>(input.integer("status")))}}; }

json readinessThreshold(CaseFields& config, CaseFields& input) {
  DeploymentView deployment;
  deployment.updated = wholeOf(input, "updated", 0);
  deployment.desired = deployment.replicas = deployment.updated;
  deployment.available = wholeOf(input, "available", 0);
  return {{"ready", readiness(deployment, wholeOf(config, "readyThreshold", 100), FlaggerConfig().progress_deadline) == Readiness::kReady}};
}

json analysisInterval(CaseFields& config, CaseFields&) {
  const engine::Duration interval = flaggerInterval(config.text("interval", ""));
  if (interval.ns % engine::seconds(1).ns != 0) return {{"seconds", interval.seconds()}};
  return {{"seconds", interval.ns / engine::seconds(1).ns}};
}

}  // namespace

std::vector<CaseAdapter> flaggerAdapters() {
  return {{"flagger.weight_sequence", weightSequence}, {"flagger.threshold_range", thresholdRange},         {"flagger.legacy_threshold", legacyThreshold},
          {"flagger.webhook_status", webhookStatus},   {"flagger.readiness_threshold", readinessThreshold}, {"flagger.analysis_interval", analysisInterval}};
}

}  // namespace meshmall::cli
