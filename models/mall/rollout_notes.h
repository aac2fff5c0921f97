// What a rollout's controller did, in words and numbers, for the decisions of a result.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/observation/decision.h"
#include "models/rollout/argo_controller.h"
#include "models/rollout/flagger_controller.h"
#include "models/scenario/rollouts.h"

namespace meshmall::models {

// One tick: phase, weight, failed checks, every metric that was asked with its value, the verdict, and what happened.
Detail flaggerNote(const FlaggerRollout& rollout, const FlaggerTick& tick, const FlaggerStatus& status, std::uint32_t ticks);

struct ArgoReading {  // of a measurement of the reconciliation, in order
  std::optional<double> value;
};
// One event of a reconciliation. `reading`: of kMeasured.
Detail argoNote(const ArgoRollout& rollout, const ArgoEvent& event, ArgoPhase phase, std::int64_t weight, const ArgoReading* reading);

}  // namespace meshmall::models
