#include "models/rollout/argo_controller.h"

#include <algorithm>
#include <utility>

namespace meshmall::models {

namespace {

constexpr engine::Duration kScaleDownDelay = engine::seconds(30);
constexpr int kMostPasses = 10'000;  // of one reconciliation: far more than any list of steps needs

}  // namespace

std::string_view name(ArgoPhase phase) {
  static constexpr std::string_view kNames[] = {"Healthy", "Progressing", "Paused", "Degraded"};
  return kNames[static_cast<std::size_t>(phase)];
}

// ---- analyses ------------------------------------------------------------------------------------------------------------------

void ArgoAnalysisStage::start(const ArgoAnalyses& analyses, std::size_t analysis, engine::SimTime now, std::vector<ArgoEvent>& events) {
  started_ = true;
  analysis_ = analysis;
  run_ = AnalysisRun(analyses[analysis], now);
  events.push_back({ArgoEventKind::kAnalysisStarted, analysis});
}

bool ArgoAnalysisStage::advance(const ArgoAnalyses& analyses, ArgoView& view, engine::SimTime now, std::vector<ArgoEvent>& events) {
  if (!running() || run_.nextDue(analyses[analysis_]) > now) return false;
  struct Source final : AnalysisSource {
    Source(ArgoView& its_view, std::size_t its_analysis, std::vector<ArgoEvent>& its_events) : view(its_view), analysis(its_analysis), events(its_events) {}
    ConditionAnswers measure(std::size_t metric) override {
      const ConditionAnswers answers = view.measure(analysis, metric);
      events.push_back({ArgoEventKind::kMeasured, analysis, 0, metric, measurementPhase(answers)});
      return answers;
    }
    ArgoView& view;
    std::size_t analysis;
    std::vector<ArgoEvent>& events;
  };
  Source source(view, analysis_, events);
  if (!completed(run_.onDue(analyses[analysis_], source, now))) return false;
  events.push_back({ArgoEventKind::kAnalysisEnded, analysis_, 0, 0, run_.phase()});
  return true;
}

void ArgoAnalysisStage::stop(const ArgoAnalyses& analyses, std::vector<ArgoEvent>& events) {
  if (!running()) return;
  run_.terminate(analyses[analysis_]);
  events.push_back({ArgoEventKind::kAnalysisEnded, analysis_, 0, 0, run_.phase()});
}

engine::SimTime ArgoAnalysisStage::nextDue(const ArgoAnalyses& analyses) const { return running() ? run_.nextDue(analyses[analysis_]) : engine::kNever; }

// ---- the steps --------------------------------------------------------------------------------------------------------------------

const ArgoStep* ArgoController::current(const ArgoCanaryConfig& config) const {
  return at_.aborted || promoted_ || at_.step >= config.steps.size() ? nullptr : &config.steps[at_.step];
}

CanaryCounts ArgoController::desiredCounts(const ArgoCanaryConfig& config, ArgoView& view) const {
  const ArgoReplicaSets sets{view.canary(), view.stable(), {}};
  if (!config.traffic_routing) return basicCanaryCounts(config, at_, sets);
  std::optional<TrafficWeights> actual;
  if (weight_) actual = TrafficWeights{*weight_, config.max_weight - *weight_};
  return trafficRoutedCounts(config, at_, sets, actual);
}

// What steps and the router wait for.
bool ArgoController::atDesiredCounts(const ArgoCanaryConfig& config, ArgoView& view) const {
  const CanaryCounts desired = desiredCounts(config, view);
  const ReplicaSetView canary = view.canary(), stable = view.stable();
  if (!progressThresholdMet(config.progress_threshold, canary, desired.canary)) return false;
  if (config.traffic_routing && config.dynamic_stable_scale) return true;
  return stable.spec == desired.stable && stable.available == desired.stable;
}

void ArgoController::route(const ArgoCanaryConfig& config, ArgoView& view) {
  if (!config.traffic_routing || promoted_) return;
  std::int64_t wanted = 0;
  if (at_.aborted) {
    wanted = desiredCanaryWeight(config, at_, {view.canary(), view.stable(), {}});
    if (weight_) wanted = std::min(wanted, *weight_);  // never up again
  } else if (view.canary().available > 0) {
    wanted = currentSetWeight(config, at_);
    if (!atDesiredCounts(config, view)) {  // not ready for a new weight: that of the steps before
      wanted = 0;
      for (std::size_t i = std::min(at_.step, config.steps.size()); i-- > 0;) {
        if (config.steps[i].kind != ArgoStep::Kind::kSetWeight) continue;
        wanted = config.steps[i].weight;
        break;
      }
    }
  }
  if (weight_.value_or(0) != wanted) events_.push_back({ArgoEventKind::kWeightSet, 0, wanted});
  if (weight_ != wanted) view.setWeight(wanted);
  weight_ = wanted;
}

void ArgoController::judge(const ArgoAnalysisStage& stage, const ArgoAnalyses& analyses, engine::SimTime now) {
  if (stage.phase() == AnalysisPhase::kFailed || stage.phase() == AnalysisPhase::kError) abort(analyses, now);
  if (stage.phase() == AnalysisPhase::kInconclusive) held_ = true;
}

void ArgoController::analyse(const ArgoCanaryConfig& config, const ArgoAnalyses& analyses, ArgoView& view, engine::SimTime now) {
  if (at_.aborted || promoted_) return;
  const bool steps_left = at_.step < config.steps.size();
  if (config.background_analysis && !background_.started() && steps_left && at_.step >= config.background_starting_step)
    background_.start(analyses, *config.background_analysis, now, events_);
  const ArgoStep* step = current(config);
  if (step != nullptr && step->kind == ArgoStep::Kind::kAnalysis && !step_run_.started()) step_run_.start(analyses, step->analysis, now, events_);
  if (background_.advance(analyses, view, now, events_)) judge(background_, analyses, now);
  if (!at_.aborted && step_run_.advance(analyses, view, now, events_)) judge(step_run_, analyses, now);
}

void ArgoController::abort(const ArgoAnalyses& analyses, engine::SimTime now) {
  at_.aborted = true;
  at_.step = 0;
  aborted_at_ = now;
  events_.push_back({ArgoEventKind::kAborted});
  background_.stop(analyses, events_);
  step_run_.stop(analyses, events_);
}

// True: something was changed, and the rest waits for the next pass.
bool ArgoController::scale(const ArgoCanaryConfig& config, ArgoView& view, engine::SimTime now) {
  const std::int64_t canary = view.canary().spec, stable = view.stable().spec;
  CanaryCounts wanted{canary, stable};
  if (promoted_) {  // the old revision goes after a while, for those who have not heard
    wanted.canary = config.replicas;
    const engine::Duration delay = config.scale_down_delay.value_or(config.traffic_routing ? kScaleDownDelay : engine::Duration{0});
    if (now >= *promoted_at_ + delay) wanted.stable = 0;
  } else {
    wanted = desiredCounts(config, view);
    const bool follows = config.dynamic_stable_scale && !config.abort_scale_down_delay;
    if (at_.aborted && config.traffic_routing && !follows) {
      const engine::Duration delay = config.abort_scale_down_delay.value_or(kScaleDownDelay);
      if (delay.ns == 0 || now < *aborted_at_ + delay) wanted.canary = std::max(wanted.canary, canary);
    }
  }
  if (wanted.stable != stable) view.scaleStable(wanted.stable);
  if (wanted.canary != canary) view.scaleCanary(wanted.canary);
  const bool gone = (promoted_ && wanted.stable == 0 && stable > 0) || (at_.aborted && wanted.canary == 0 && canary > 0);
  if (gone) events_.push_back({ArgoEventKind::kScaledDown});
  return wanted.stable != stable || wanted.canary != canary;
}

bool ArgoController::stepDone(const ArgoCanaryConfig& config, ArgoView& view, engine::SimTime now) {
  const ArgoStep& step = *current(config);
  switch (step.kind) {
    case ArgoStep::Kind::kSetWeight:
    case ArgoStep::Kind::kSetCanaryScale: return atDesiredCounts(config, view);
    case ArgoStep::Kind::kPause:
      if (!pause_since_) {
        pause_since_ = now;
        events_.push_back({ArgoEventKind::kPaused, at_.step, step.duration ? 0 : 1});
      }
      return step.duration && now >= *pause_since_ + *step.duration;
    case ArgoStep::Kind::kAnalysis: return step_run_.successful();
    case ArgoStep::Kind::kSetHeaderRoute:
    case ArgoStep::Kind::kSetMirrorRoute: return true;
  }
  return false;
}

// True: another pass may find more to do.
bool ArgoController::pass(const ArgoCanaryConfig& config, const ArgoAnalyses& analyses, ArgoView& view, engine::SimTime now) {
  route(config, view);
  const bool was_aborted = at_.aborted;
  analyse(config, analyses, view, now);
  if (at_.aborted != was_aborted) return true;
  if (scale(config, view, now)) return true;
  if (at_.aborted || promoted_) return false;
  if (held_) return false;
  if (current(config) != nullptr) {
    if (!stepDone(config, view, now)) return false;
    ++at_.step;
    pause_since_.reset();
    step_run_ = {};
    events_.push_back({ArgoEventKind::kStepStarted, at_.step});
    return true;
  }
  if (view.canary().available != config.replicas) return false;
  promoted_ = true;
  promoted_at_ = now;
  events_.push_back({ArgoEventKind::kPromoted});
  background_.stop(analyses, events_);
  return true;
}

std::vector<ArgoEvent> ArgoController::reconcile(const ArgoCanaryConfig& config, const ArgoAnalyses& analyses, ArgoView& view, engine::SimTime now) {
  if (!begun_) events_.push_back({ArgoEventKind::kStepStarted, 0});
  begun_ = true;
  for (int passes = 0; pass(config, analyses, view, now) && passes < kMostPasses;) ++passes;
  const ArgoStep* step = current(config);
  const bool waits = step != nullptr && step->kind == ArgoStep::Kind::kPause && pause_since_;
  phase_ = at_.aborted ? ArgoPhase::kDegraded : promoted_ ? ArgoPhase::kHealthy : held_ || waits ? ArgoPhase::kPaused : ArgoPhase::kProgressing;
  return std::exchange(events_, {});
}

engine::SimTime ArgoController::wakeAt(const ArgoCanaryConfig& config, const ArgoAnalyses& analyses) const {
  engine::SimTime at = engine::kNever;
  if (promoted_) return *promoted_at_ + config.scale_down_delay.value_or(config.traffic_routing ? kScaleDownDelay : engine::Duration{0});
  if (at_.aborted) {
    const engine::Duration delay = config.abort_scale_down_delay.value_or(kScaleDownDelay);
    return config.traffic_routing && delay.ns > 0 ? *aborted_at_ + delay : at;
  }
  const ArgoStep* step = current(config);
  if (!held_ && step != nullptr && step->kind == ArgoStep::Kind::kPause && pause_since_ && step->duration) at = *pause_since_ + *step->duration;
  return std::min({at, background_.nextDue(analyses), step_run_.nextDue(analyses)});
}

}  // namespace meshmall::models
