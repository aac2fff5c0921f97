#include "models/rollout/flagger_controller.h"

#include <algorithm>
#include <utility>

namespace meshmall::models {
namespace {

using Kind = FlaggerEventKind;
using Phase = FlaggerPhase;

// One pass over the state machine. Each step answers whether the tick goes on.
class Pass {
 public:
  Pass(const FlaggerConfig& config, FlaggerView& view, FlaggerStatus& status, FlaggerTick& tick)
      : config_(config), view_(view), status_(status), tick_(tick), iterations_(flaggerIterations(config)) {}

  void run() {
    if (config_.suspend) return note(Kind::kSuspended);
    if (!initialize()) return;
    if (!shouldAdvance()) return;
    if (!primaryReady()) return;
    before_ = status_.routes;
    if (!gateOfPhase()) return;
    if (restarted()) return;
    if (!canaryReady()) return;
    if (config_.skip_analysis) return promoteAtOnce();
    if (rollbackAsked()) return rollback();
    if (status_.phase == Phase::kPromoting) return shiftToPrimary();
    if (status_.phase == Phase::kFinalising) return finish();
    if (status_.failed_checks >= threshold()) return rollback();
    if (!analysisPasses()) {
      ++status_.failed_checks;
      return;
    }
    advance();
  }

 private:
  void note(Kind kind, std::size_t index = 0, int number = 0) { tick_.events.push_back({kind, index, number}); }

  int threshold() const { return std::max(config_.threshold, 1); }

  void setRoutes(int primary, int canary, bool mirrored) {
    status_.routes = {primary, canary, mirrored};
    tick_.routes = status_.routes;
  }

  // Entering a phase clears weight and iterations, but for the phases of a running analysis and its promotion.
  void setPhase(Phase phase) {
    status_.phase = phase;
    if (phase != Phase::kProgressing && phase != Phase::kWaiting && phase != Phase::kPromoting) {
      status_.canary_weight = 0;
      status_.iterations = phase == Phase::kWaitingPromotion ? iterations_ - 1 : 0;
    }
    if (phase == Phase::kSucceeded) status_.last_promoted = status_.last_applied;
  }

  // Sets the phase with all counters at zero and remembers the revision it is about.
  void syncStatus(Phase phase, int canary_weight = 0) {
    status_.phase = phase;
    status_.canary_weight = canary_weight;
    status_.failed_checks = 0;
    status_.iterations = 0;
    status_.last_applied = view_.targetRevision();
    if (phase == Phase::kInitialized) status_.last_promoted = status_.last_applied;
  }

  bool targetChanged() const {
    if (!status_.last_applied) return true;
    const std::uint64_t revision = view_.targetRevision();
    // Going back to what the primary runs starts nothing.
    return revision != status_.last_applied && revision != status_.last_promoted;
  }

  // Hooks of one type in list order; the first refusal ends it.
  bool hooksPass(FlaggerHook type, Phase phase) {
    for (std::size_t i = 0; i < config_.webhooks.size(); ++i) {
      if (config_.webhooks[i].type != type) continue;
      if (!view_.webhook(i, phase)) {
        note(Kind::kHookRefused, i);
        return false;
      }
      note(Kind::kHookPassed, i);
    }
    return true;
  }

  bool initialize() {
    if (status_.phase != Phase::kInitializing) return true;
    if (!config_.skip_analysis) {
      const Readiness primary = readiness(view_.primary(), config_.primary_ready_threshold, config_.progress_deadline);
      if (primary != Readiness::kReady) {
        note(Kind::kPrimaryNotReady);
        if (primary == Readiness::kFailed) rollback();
        return false;
      }
    }
    tick_.canary = FlaggerTick::Scale::kToZero;
    setRoutes(kFlaggerTotalWeight, 0, false);
    syncStatus(Phase::kInitialized);
    note(Kind::kInitialized);
    return true;
  }

  bool shouldAdvance() {
    switch (status_.phase) {
      case Phase::kProgressing:
      case Phase::kWaiting:
      case Phase::kWaitingPromotion:
      case Phase::kPromoting:
      case Phase::kFinalising:
        return true;
      default:
        break;
    }
    const bool changed = targetChanged();
    // In Failed the revision is recorded at every tick, after the look at what was recorded before: what has failed does not start again.
    if (status_.phase == Phase::kFailed) status_.last_applied = view_.targetRevision();
    return changed;
  }

  bool primaryReady() {
    if (config_.skip_analysis) return true;
    const Readiness primary = readiness(view_.primary(), config_.primary_ready_threshold, config_.progress_deadline);
    if (primary == Readiness::kReady) return true;
    note(Kind::kPrimaryNotReady);
    if (primary == Readiness::kFailed) {
      if (status_.phase == Phase::kPromoting || status_.phase == Phase::kFinalising)
        halt();
      else
        rollback();
    }
    return false;
  }

  // Running analyses go on; others need confirm-rollout, then the canary is scaled up, which ends the tick.
  bool gateOfPhase() {
    switch (status_.phase) {
      case Phase::kProgressing:
      case Phase::kWaitingPromotion:
      case Phase::kPromoting:
      case Phase::kFinalising:
        return true;
      default:
        break;
    }
    if (!hooksPass(FlaggerHook::kConfirmRollout, status_.phase)) {
      if (status_.phase != Phase::kWaiting) setPhase(Phase::kWaiting);
      return false;
    }
    note(Kind::kNewRevision);
    tick_.canary = FlaggerTick::Scale::kUp;
    syncStatus(Phase::kProgressing);
    return false;
  }

  bool restarted() {
    if (status_.phase != Phase::kProgressing && status_.phase != Phase::kWaitingPromotion) return false;
    if (!targetChanged()) return false;
    note(Kind::kRestarted);
    setRoutes(kFlaggerTotalWeight, 0, false);
    syncStatus(Phase::kProgressing);
    return true;
  }

  bool canaryReady() {
    const Readiness canary = readiness(view_.canary(), config_.canary_ready_threshold, config_.progress_deadline);
    if (canary == Readiness::kReady) return true;
    note(Kind::kCanaryNotReady);
    if (canary == Readiness::kFailed) rollback();
    return false;
  }

  void promoteAtOnce() {
    setRoutes(kFlaggerTotalWeight, 0, false);
    note(Kind::kCopying);
    tick_.promote = true;
    finish();
  }

  // A rollback hook that passes asks for one.
  bool rollbackAsked() {
    if (status_.phase != Phase::kProgressing && status_.phase != Phase::kWaitingPromotion) return false;
    for (std::size_t i = 0; i < config_.webhooks.size(); ++i) {
      if (config_.webhooks[i].type != FlaggerHook::kRollback) continue;
      const bool passed = view_.webhook(i, status_.phase);
      note(passed ? Kind::kHookPassed : Kind::kHookRefused, i);
      if (passed) return true;
    }
    return false;
  }

  void rollback() {
    if (status_.failed_checks >= threshold()) note(Kind::kThresholdReached, 0, status_.failed_checks);
    setRoutes(kFlaggerTotalWeight, 0, false);
    tick_.canary = FlaggerTick::Scale::kToZero;
    syncStatus(Phase::kFailed);
    note(Kind::kRolledBack);
    hooksPass(FlaggerHook::kPostRollout, Phase::kFailed);
  }

  // The primary broke while it took the new revision: the canary is the only healthy copy and gets everything.
  void halt() {
    note(Kind::kPromotionFailed);
    setRoutes(0, kFlaggerTotalWeight, false);
    syncStatus(Phase::kFailed, kFlaggerTotalWeight);
    hooksPass(FlaggerHook::kPostRollout, Phase::kFailed);
  }

  void finish() {
    tick_.canary = FlaggerTick::Scale::kToZero;
    setPhase(Phase::kSucceeded);
    hooksPass(FlaggerHook::kPostRollout, Phase::kSucceeded);
    note(Kind::kSucceeded);
  }

  void shiftToPrimary() {
    if (config_.provider == FlaggerProvider::kKubernetes) return setPhase(Phase::kFinalising);
    if (config_.step_weight_promotion == 0) {
      note(Kind::kRoutedToPrimary);
      setRoutes(kFlaggerTotalWeight, 0, false);
      return setPhase(Phase::kFinalising);
    }
    if (before_.canary <= 0) return;
    const int primary = std::min(kFlaggerTotalWeight, before_.primary + config_.step_weight_promotion);
    const int canary = std::max(0, before_.canary - config_.step_weight_promotion);
    setRoutes(primary, canary, false);
    note(Kind::kAdvancedPrimary, 0, primary);
    if (primary == kFlaggerTotalWeight)
      setPhase(Phase::kFinalising);
    else
      status_.canary_weight = canary;
  }

  bool analysisPasses() {
    if (before_.canary == 0 && status_.iterations == 0 && !(config_.mirror && before_.mirrored)) {
      note(Kind::kStarting);
      return hooksPass(FlaggerHook::kPreRollout, Phase::kProgressing);
    }
    return hooksPass(FlaggerHook::kRollout, Phase::kProgressing) && metricsPass(false) && metricsPass(true);
  }

  // Built-in metrics and queries in list order; then, in a second round, templates and what is none of these.
  bool metricsPass(bool second_round) {
    for (std::size_t i = 0; i < config_.metrics.size(); ++i) {
      const FlaggerMetric& metric = config_.metrics[i];
      const bool late = metric.kind == FlaggerMetricKind::kTemplate || metric.kind == FlaggerMetricKind::kNone;
      if (late != second_round) continue;
      const std::optional<double> value = metric.kind == FlaggerMetricKind::kNone ? std::nullopt : view_.metric(i);
      const bool passed = flaggerMetricPasses(metric, value);
      tick_.readings.push_back({i, value, passed});
      if (!passed) {
        note(Kind::kMetricFailed, i);
        return false;
      }
    }
    return true;
  }

  void advance() {
    switch (flaggerStrategy(config_)) {
      case FlaggerStrategy::kAbTesting:
        return advanceAb();
      case FlaggerStrategy::kBlueGreen:
        return advanceBlueGreen();
      case FlaggerStrategy::kCanary:
        break;
    }
    if (flaggerNextStep(config_, before_.canary) <= 0) return;
    if (!before_.mirrored && status_.phase == Phase::kProgressing && !hooksPass(FlaggerHook::kConfirmTrafficIncrease, Phase::kProgressing)) return;
    advanceCanary();
  }

  void advanceCanary() {
    if (before_.canary >= flaggerMaxWeight(config_)) {
      if (promotionConfirmed()) promote();
      return;
    }
    const int step = flaggerNextStep(config_, before_.canary);
    if (config_.mirror && before_.canary == 0) {
      if (!before_.mirrored) {
        setRoutes(kFlaggerTotalWeight, 0, true);
        note(Kind::kMirroring);
      } else {
        setRoutes(kFlaggerTotalWeight - step, step, false);
      }
    } else {
      setRoutes(std::max(0, before_.primary - step), std::min(kFlaggerTotalWeight, before_.canary + step), before_.mirrored);
    }
    status_.canary_weight = status_.routes.canary;
    note(Kind::kAdvancedWeight, 0, status_.routes.canary);
  }

  void countIteration() {
    ++status_.iterations;
    note(Kind::kAdvancedIteration, 0, status_.iterations);
  }

  void advanceAb() {
    if (iterations_ > status_.iterations) {
      setRoutes(0, kFlaggerTotalWeight, false);
      return countIteration();
    }
    if (promotionConfirmed() && iterations_ == status_.iterations) promote();
  }

  void advanceBlueGreen() {
    const bool routes = config_.provider != FlaggerProvider::kKubernetes;
    if (iterations_ > status_.iterations) {
      if (routes && config_.mirror && !before_.mirrored) {
        setRoutes(kFlaggerTotalWeight, 0, true);
        note(Kind::kMirroring);
      }
      return countIteration();
    }
    if (!promotionConfirmed()) return;
    if (iterations_ < status_.iterations) return promote();
    if (routes) {
      setRoutes(0, kFlaggerTotalWeight, false);
      note(Kind::kRoutedToCanary);
    }
    ++status_.iterations;
  }

  // A refusal sets the iterations back by one, so that A/B and blue/green ask only at every second tick.
  bool promotionConfirmed() {
    if (hooksPass(FlaggerHook::kConfirmPromotion, Phase::kProgressing)) return true;
    if (status_.phase != Phase::kWaitingPromotion)
      setPhase(Phase::kWaitingPromotion);
    else
      status_.iterations = iterations_ - 1;
    return false;
  }

  void promote() {
    note(Kind::kCopying);
    tick_.promote = true;
    setPhase(Phase::kPromoting);
  }

  const FlaggerConfig& config_;
  FlaggerView& view_;
  FlaggerStatus& status_;
  FlaggerTick& tick_;
  int iterations_;
  FlaggerRoutes before_;  // as the tick found them
};

}  // namespace

std::string_view name(FlaggerPhase phase) {
  static constexpr std::string_view kNames[] = {"Initializing", "Initialized", "Waiting",   "Progressing", "WaitingPromotion",
                                                "Promoting",    "Finalising",  "Succeeded", "Failed"};
  return kNames[static_cast<std::size_t>(phase)];
}

std::string_view name(FlaggerEventKind kind) {
  static constexpr std::string_view kNames[] = {
      "suspended",          "initialized",       "new revision",     "restarted",       "primary not ready", "canary not ready",   "hook passed",
      "hook refused",       "starting analysis", "metric failed",    "advanced weight", "mirroring",         "advanced iteration", "routed to canary",
      "copying to primary", "routed to primary", "advanced primary", "succeeded",       "threshold reached", "rolled back",        "promotion failed"};
  return kNames[static_cast<std::size_t>(kind)];
}

FlaggerTick FlaggerController::tick(const FlaggerConfig& config, FlaggerView& view) {
  FlaggerTick tick;
  tick.before = status_.phase;
  Pass(config, view, status_, tick).run();
  tick.after = status_.phase;
  return tick;
}

}  // namespace meshmall::models
