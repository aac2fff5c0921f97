// Argo Rollouts' canary controller for one new revision: walks the steps, sizes both replica sets, moves the router, runs the analyses.
//
// The holder calls reconcile() when the rollout starts, at wakeAt() and whenever replicas come or go, and carries out what it answers; one call goes on
// until nothing changes at this instant. A step is done in the order: router, analyses, replica sets, pause, next step. A failed or broken analysis
// aborts (weight 0, the canary goes after abortScaleDownDelay); an inconclusive one, and a pause without duration, wait for a person for ever. No draws.
// Source: Argo Rollouts rollout/canary.go, trafficrouting.go, analysis.go, pause.go, utils/replicaset; spec rollout-traffic-security.md 1.2.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "models/rollout/argo_analysis.h"
#include "models/rollout/argo_config.h"
#include "models/rollout/argo_replica_counts.h"

namespace meshmall::models {

enum class ArgoPhase : std::uint8_t { kHealthy, kProgressing, kPaused, kDegraded };  // degraded: aborted
std::string_view name(ArgoPhase phase);                                             // "Healthy", ...

// What a reconciliation may ask about the world outside.
class ArgoView {
 public:
  virtual ~ArgoView() = default;
  virtual ReplicaSetView canary() = 0;  // the new revision's
  virtual ReplicaSetView stable() = 0;  // what ran before
  virtual ConditionAnswers measure(std::size_t analysis, std::size_t metric) = 0;
  // What the controller wants, at once: sizes, and the share of the canary at the router (of max_weight).
  virtual void scaleCanary(std::int64_t replicas) = 0;
  virtual void scaleStable(std::int64_t replicas) = 0;
  virtual void setWeight(std::int64_t canary) = 0;
};

enum class ArgoEventKind : std::uint8_t {
  kStepStarted,     // index: the step; also steps.size(): all are done
  kWeightSet,       // number
  kPaused,          // index: the step; number: 1 if for ever
  kAnalysisStarted, // index: the analysis
  kMeasured,        // index: the analysis; metric, phase
  kAnalysisEnded,   // index: the analysis; phase
  kAborted,
  kPromoted,        // the new revision is the stable one
  kScaledDown,      // what is no longer needed: the canary after an abort, the old revision after the promotion
  kSwitched,        // blue/green: number 1 to the new revision, 0 back
};

struct ArgoEvent {
  ArgoEventKind kind;
  std::size_t index = 0;
  std::int64_t number = 0;
  std::size_t metric = 0;
  AnalysisPhase phase = AnalysisPhase::kPending;
};

using ArgoAnalyses = std::vector<std::vector<ArgoMetric>>;  // the metrics of each analysis

// An analysis of the rollout under way, with the events it makes. Shared by both controllers.
class ArgoAnalysisStage {
 public:
  bool started() const { return started_; }
  bool running() const { return started_ && !completed(run_.phase()); }
  bool successful() const { return started_ && run_.phase() == AnalysisPhase::kSuccessful; }
  AnalysisPhase phase() const { return run_.phase(); }
  std::size_t analysis() const { return analysis_; }
  void start(const ArgoAnalyses& analyses, std::size_t analysis, engine::SimTime now, std::vector<ArgoEvent>& events);
  // Takes what is due. True: it has just ended.
  bool advance(const ArgoAnalyses& analyses, ArgoView& view, engine::SimTime now, std::vector<ArgoEvent>& events);
  void stop(const ArgoAnalyses& analyses, std::vector<ArgoEvent>& events);
  engine::SimTime nextDue(const ArgoAnalyses& analyses) const;

 private:
  AnalysisRun run_;
  std::size_t analysis_ = 0;
  bool started_ = false;
};

class ArgoController {
 public:
  std::vector<ArgoEvent> reconcile(const ArgoCanaryConfig& config, const ArgoAnalyses& analyses, ArgoView& view, engine::SimTime now);
  // When time alone will change something; never when only replicas can.
  engine::SimTime wakeAt(const ArgoCanaryConfig& config, const ArgoAnalyses& analyses) const;

  ArgoPhase phase() const { return phase_; }
  std::size_t step() const { return at_.step; }
  bool aborted() const { return at_.aborted; }
  bool promoted() const { return promoted_; }
  std::int64_t weight() const { return weight_.value_or(0); }  // of the canary, as last set at the router

 private:
  bool pass(const ArgoCanaryConfig& config, const ArgoAnalyses& analyses, ArgoView& view, engine::SimTime now);
  void route(const ArgoCanaryConfig& config, ArgoView& view);
  void analyse(const ArgoCanaryConfig& config, const ArgoAnalyses& analyses, ArgoView& view, engine::SimTime now);
  bool scale(const ArgoCanaryConfig& config, ArgoView& view, engine::SimTime now);
  bool atDesiredCounts(const ArgoCanaryConfig& config, ArgoView& view) const;
  CanaryCounts desiredCounts(const ArgoCanaryConfig& config, ArgoView& view) const;
  bool stepDone(const ArgoCanaryConfig& config, ArgoView& view, engine::SimTime now);
  void judge(const ArgoAnalysisStage& stage, const ArgoAnalyses& analyses, engine::SimTime now);
  void abort(const ArgoAnalyses& analyses, engine::SimTime now);
  const ArgoStep* current(const ArgoCanaryConfig& config) const;

  ArgoProgress at_;
  ArgoPhase phase_ = ArgoPhase::kProgressing;
  bool begun_ = false, promoted_ = false, held_ = false;  // held: an inconclusive analysis, for a person to look at
  std::optional<std::int64_t> weight_;
  std::optional<engine::SimTime> pause_since_, aborted_at_, promoted_at_;
  ArgoAnalysisStage step_run_, background_;
  std::vector<ArgoEvent> events_;  // of the reconciliation under way
};

}  // namespace meshmall::models
