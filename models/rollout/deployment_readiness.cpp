#include "models/rollout/deployment_readiness.h"

namespace meshmall::models {

Readiness readiness(const DeploymentView& deployment, int threshold, engine::Duration progress_deadline) {
  if (!deployment.observed) return Readiness::kWait;
  if (deployment.progress_deadline_exceeded) return Readiness::kFailed;
  const float ratio = static_cast<float>(threshold) / 100.0F;
  const int enough = static_cast<int>(static_cast<float>(deployment.updated) * ratio);
  if (deployment.updated >= deployment.desired && deployment.replicas <= deployment.updated && deployment.available >= enough) return Readiness::kReady;
  // Too long without the minimum matters only while something is still awaited.
  return deployment.unavailable_for && *deployment.unavailable_for > progress_deadline ? Readiness::kFailed : Readiness::kWait;
}

}  // namespace meshmall::models
