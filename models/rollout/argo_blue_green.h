// Argo Rollouts' blue/green controller for one new revision: a preview, an analysis, a pause, the switch of all traffic at once, an analysis after it.
//
// The preview has previewReplicaCount replicas (default: all). Before the switch it is grown to full size. A failed analysis before the switch aborts, one
// after it switches back and aborts; the set that is not needed goes after its delay (30 s; abortScaleDownDelay 0: never). autoPromotionEnabled false, and
// an inconclusive analysis, wait for a person for ever. Called as ArgoController is (argo_controller.h); setWeight gets 0 or 100. No draws.
// Source: Argo Rollouts rollout/bluegreen.go; spec rollout-traffic-security.md 1.2, "blueGreen".
#pragma once

#include "models/rollout/argo_controller.h"

namespace meshmall::models {

class ArgoBlueGreenController {
 public:
  std::vector<ArgoEvent> reconcile(const ArgoBlueGreenConfig& config, const ArgoAnalyses& analyses, ArgoView& view, engine::SimTime now);
  engine::SimTime wakeAt(const ArgoBlueGreenConfig& config, const ArgoAnalyses& analyses) const;

  ArgoPhase phase() const { return phase_; }
  bool promoted() const { return stage_ == Stage::stable; }
  bool switched() const { return switched_; }

 private:
  enum class Stage : std::uint8_t { preview, before, pause, growing, after, stable, aborted };
  bool pass(const ArgoBlueGreenConfig& config, const ArgoAnalyses& analyses, ArgoView& view, engine::SimTime now);
  bool toStage(Stage stage, engine::SimTime now);
  bool analysed(const std::optional<std::size_t>& analysis, const ArgoAnalyses& analyses, ArgoView& view, engine::SimTime now);
  void switchTo(bool fresh, ArgoView& view);
  bool scaleCanary(std::int64_t replicas, ArgoView& view);

  Stage stage_ = Stage::preview;
  ArgoPhase phase_ = ArgoPhase::kProgressing;
  bool switched_ = false, held_ = false, paused_ = false;
  engine::SimTime since_;  // in this stage
  ArgoAnalysisStage run_;
  std::vector<ArgoEvent> events_;
};

}  // namespace meshmall::models
