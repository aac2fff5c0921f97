// Rollouts as the scenario gives them: who is let in beside whom, when, and by which controller; checked, names resolved, defaults filled in.
// The controllers' own fields are beside their algorithms (rollout/). What stands here is the mall's part: where a metric is read, what a hook answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "models/observation/metrics.h"
#include "models/rollout/argo_analysis.h"
#include "models/rollout/argo_condition.h"
#include "models/rollout/argo_config.h"
#include "models/rollout/flagger_config.h"
#include "models/rollout/session_affinity.h"
#include "models/routing/route.h"

namespace meshmall::models {

// A webhook's answer by the clock.
struct HookAnswer {
  bool passes = true;
  std::optional<engine::SimTime> from, to;  // passes in [from, to) only, where they are given

  bool at(engine::SimTime now) const { return passes && (!from || now >= *from) && (!to || now < *to); }
};

struct FlaggerRollout {
  FlaggerConfig config;
  std::vector<HttpMatch> match;                // whom it concerns; all others get the primary
  std::vector<std::optional<Metric>> sources;  // by metric of the config: of the results; nothing: built-in
  std::vector<HookAnswer> answers;             // by webhook of the config
  std::uint32_t mirror_percent = 100;
  std::optional<SessionAffinityConfig> affinity;
};

// A metric of an analysis and what is asked of it.
struct ArgoMeasurement {
  Metric metric{};
  engine::Duration window = engine::seconds(60);
  std::optional<ArgoCondition> success, failure;
};
struct ArgoTemplate {
  std::string name;
  std::vector<ArgoMetric> metrics;
  std::vector<ArgoMeasurement> measurements;  // by metric
};
// A header or mirror route of the steps. `match`: empty takes it away.
struct ArgoManagedRoute {
  std::string name;
  std::vector<HttpMatch> match;
  std::uint32_t mirror_percent = 0;
  bool mirrors = false;
};
struct ArgoRollout {
  std::variant<ArgoCanaryConfig, ArgoBlueGreenConfig> strategy;
  std::vector<ArgoTemplate> analyses;              // as steps name them: templates of one step are one
  std::vector<std::optional<ArgoManagedRoute>> routes;  // by step of a canary
};

struct Rollout {
  std::uint32_t service = 0;
  std::uint32_t primary = 0, canary = 0;  // versions of the service
  engine::SimTime at;
  engine::Duration scrape_interval = engine::seconds(15);
  std::variant<FlaggerRollout, ArgoRollout> how;

  const FlaggerRollout* flagger() const { return std::get_if<FlaggerRollout>(&how); }
  const ArgoRollout* argo() const { return std::get_if<ArgoRollout>(&how); }
  // The proxies know primary and canary apart. (Argo without a router: the number of endpoints is the share.)
  bool routes() const {
    if (flagger() != nullptr) return true;
    const auto* canary_config = std::get_if<ArgoCanaryConfig>(&argo()->strategy);
    return canary_config == nullptr || canary_config->traffic_routing;
  }
};

}  // namespace meshmall::models
