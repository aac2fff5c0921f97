#include "models/rollout/argo_blue_green.h"

#include <utility>

namespace meshmall::models {

namespace {

constexpr engine::Duration kScaleDownDelay = engine::seconds(30);
constexpr std::int64_t kAll = 100;

}  // namespace

bool ArgoBlueGreenController::toStage(Stage stage, engine::SimTime now) {
  stage_ = stage;
  since_ = now;
  run_ = {};
  return true;
}

void ArgoBlueGreenController::switchTo(bool fresh, ArgoView& view) {
  if (switched_ == fresh) return;
  switched_ = fresh;
  events_.push_back({ArgoEventKind::kSwitched, 0, fresh ? 1 : 0});
  view.setWeight(fresh ? kAll : 0);
}

bool ArgoBlueGreenController::scaleCanary(std::int64_t replicas, ArgoView& view) {
  if (view.canary().spec == replicas) return false;
  view.scaleCanary(replicas);
  return true;
}

// True: there was none, or it is successful. A bad end aborts, and takes the traffic back if it had been switched.
bool ArgoBlueGreenController::analysed(const std::optional<std::size_t>& analysis, const ArgoAnalyses& analyses, ArgoView& view, engine::SimTime now) {
  if (!analysis || run_.successful()) return true;
  if (!run_.started()) run_.start(analyses, *analysis, now, events_);
  if (!run_.advance(analyses, view, now, events_)) return false;
  if (run_.phase() == AnalysisPhase::kSuccessful) return true;
  if (run_.phase() == AnalysisPhase::kInconclusive) {
    held_ = true;
    return false;
  }
  switchTo(false, view);
  events_.push_back({ArgoEventKind::kAborted});
  toStage(Stage::aborted, now);
  return false;
}

// True: another pass may find more to do.
bool ArgoBlueGreenController::pass(const ArgoBlueGreenConfig& config, const ArgoAnalyses& analyses, ArgoView& view, engine::SimTime now) {
  if (held_) return false;
  const std::int64_t preview = config.preview_replica_count.value_or(config.replicas);
  switch (stage_) {
    case Stage::preview:
      if (scaleCanary(preview, view)) return true;
      return view.canary().available >= preview && toStage(Stage::before, now);
    case Stage::before: {
      const bool good = analysed(config.pre_promotion_analysis, analyses, view, now);
      return good ? toStage(Stage::pause, now) : stage_ == Stage::aborted;
    }
    case Stage::pause: {
      if (config.auto_promotion_enabled && now >= since_ + config.auto_promotion_delay) return toStage(Stage::growing, now);
      if (!paused_) events_.push_back({ArgoEventKind::kPaused, 0, config.auto_promotion_enabled ? 0 : 1});
      paused_ = true;
      return false;
    }
    case Stage::growing:
      if (scaleCanary(config.replicas, view)) return true;
      if (view.canary().available < config.replicas) return false;
      switchTo(true, view);
      return toStage(Stage::after, now);
    case Stage::after: {
      const bool good = analysed(config.post_promotion_analysis, analyses, view, now);
      if (!good) return stage_ == Stage::aborted;
      events_.push_back({ArgoEventKind::kPromoted});
      return toStage(Stage::stable, now);
    }
    case Stage::stable:
      if (now < since_ + config.scale_down_delay.value_or(kScaleDownDelay) || view.stable().spec == 0) return false;
      view.scaleStable(0);
      events_.push_back({ArgoEventKind::kScaledDown});
      return false;
    case Stage::aborted: {
      const engine::Duration delay = config.abort_scale_down_delay.value_or(kScaleDownDelay);
      if (delay.ns == 0 || now < since_ + delay || !scaleCanary(0, view)) return false;
      events_.push_back({ArgoEventKind::kScaledDown});
      return false;
    }
  }
  return false;
}

std::vector<ArgoEvent> ArgoBlueGreenController::reconcile(const ArgoBlueGreenConfig& config, const ArgoAnalyses& analyses, ArgoView& view, engine::SimTime now) {
  while (pass(config, analyses, view, now)) {
  }
  phase_ = stage_ == Stage::stable      ? ArgoPhase::kHealthy
           : stage_ == Stage::aborted   ? ArgoPhase::kDegraded
           : held_ || stage_ == Stage::pause ? ArgoPhase::kPaused
                                             : ArgoPhase::kProgressing;
  return std::exchange(events_, {});
}

engine::SimTime ArgoBlueGreenController::wakeAt(const ArgoBlueGreenConfig& config, const ArgoAnalyses& analyses) const {
  if (held_) return engine::kNever;
  switch (stage_) {
    case Stage::before:
    case Stage::after: return run_.nextDue(analyses);
    case Stage::pause: return config.auto_promotion_enabled ? since_ + config.auto_promotion_delay : engine::kNever;
    case Stage::stable: return since_ + config.scale_down_delay.value_or(kScaleDownDelay);
    case Stage::aborted: {
      const engine::Duration delay = config.abort_scale_down_delay.value_or(kScaleDownDelay);
      return delay.ns > 0 ? since_ + delay : engine::kNever;
    }
    default: return engine::kNever;
  }
}

}  // namespace meshmall::models
