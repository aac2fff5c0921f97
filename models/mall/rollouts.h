// A rollout under way in the mall: its controller, what is scraped of the canary, the rolling restart of a promotion. By rollout of the plan; a plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/kernel/event_queue.h"
#include "models/mall/control_plane.h"
#include "models/rollout/argo_blue_green.h"
#include "models/rollout/argo_controller.h"
#include "models/rollout/flagger_controller.h"
#include "models/rollout/rolling_update.h"
#include "models/rollout/workload_telemetry.h"

namespace meshmall::models {

// A deployment that lacks replicas, and since when.
struct DeploymentWatch {
  std::int64_t spec = 0;
  std::optional<engine::SimTime> short_since;
};

// What a closed user's browser keeps of one rollout, and who serves the visit under way.
struct UserCookies {
  AffinityCookies cookies;
  std::optional<Side> weighted;  // the weights decided: the answer may set a cookie
};

struct RolloutState {
  std::variant<FlaggerController, ArgoController, ArgoBlueGreenController> controller;
  WorkloadTelemetry telemetry;
  Split split;               // as last published
  bool begun = false;        // the new revision has been seen
  bool over = false;         // promoted or given up: nothing will change any more
  bool woken = false;        // replicas have changed at this instant, and it will look
  engine::TimerId wake;      // Argo: when time alone changes something
  std::uint32_t ticks = 0;   // Flagger: with the one that saw the new revision
  DeploymentWatch primary, canary;
  std::optional<RollingUpdate> update;  // of the primary's endpoints
  std::vector<UserCookies> users;       // with session affinity: by closed user
};

}  // namespace meshmall::models
