// Flagger's state machine for one canary: what happens at one tick of the analysis interval, in its order of work.
//
// One tick makes at most one transition; the first thing that fails ends it. Failed checks are counted over the whole analysis and never taken back;
// a rollback comes one tick after the check that reached the threshold. Waiting for replicas or for a confirmation counts nothing.
// The holder calls tick() every interval and carries out what it answers; metrics and hooks are asked only when the tick comes to them. No draws.
// Source: Flagger pkg/controller/scheduler.go, scheduler_hooks.go, pkg/canary/status.go, spec.go; spec rollout-traffic-security.md 1.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "models/rollout/deployment_readiness.h"
#include "models/rollout/flagger_config.h"

namespace meshmall::models {

enum class FlaggerPhase : std::uint8_t {
  kInitializing,
  kInitialized,
  kWaiting,
  kProgressing,
  kWaitingPromotion,
  kPromoting,
  kFinalising,
  kSucceeded,
  kFailed,
};
std::string_view name(FlaggerPhase phase);  // "Initializing", ...

struct FlaggerRoutes {
  int primary = kFlaggerTotalWeight;
  int canary = 0;
  bool mirrored = false;
  friend bool operator==(const FlaggerRoutes&, const FlaggerRoutes&) = default;
};

// What a tick may ask about the world outside.
class FlaggerView {
 public:
  virtual ~FlaggerView() = default;
  virtual std::uint64_t targetRevision() = 0;  // of the target's spec and tracked configs: another number, another revision
  virtual DeploymentView primary() = 0;
  virtual DeploymentView canary() = 0;
  virtual std::optional<double> metric(std::size_t index) = 0;      // of the config's list; nothing: no data, or the query failed
  virtual bool webhook(std::size_t index, FlaggerPhase phase) = 0;  // whether it answered with a status that passes
};

enum class FlaggerEventKind : std::uint8_t {
  kSuspended,
  kInitialized,
  kNewRevision,  // the canary is scaled up
  kRestarted,    // another revision during the analysis
  kPrimaryNotReady,
  kCanaryNotReady,
  kHookPassed,      // index: the hook
  kHookRefused,     // index: the hook
  kStarting,        // pre-rollout: no traffic at the canary yet
  kMetricFailed,    // index, value
  kAdvancedWeight,  // number: the canary's weight
  kMirroring,
  kAdvancedIteration,  // number
  kRoutedToCanary,
  kCopying,  // the canary's spec goes to the primary
  kRoutedToPrimary,
  kAdvancedPrimary,  // number: the primary's weight
  kSucceeded,
  kThresholdReached,  // number: failed checks
  kRolledBack,
  kPromotionFailed,
};
std::string_view name(FlaggerEventKind kind);  // "advanced weight", ...

struct FlaggerEvent {
  FlaggerEventKind kind;
  std::size_t index = 0;
  int number = 0;
};

struct FlaggerReading {
  std::size_t metric = 0;
  std::optional<double> value;
  bool passed = false;
};

struct FlaggerStatus {
  FlaggerPhase phase = FlaggerPhase::kInitializing;
  int canary_weight = 0;  // as reported; the routes are what is in force
  int failed_checks = 0;
  int iterations = 0;
  std::optional<std::uint64_t> last_applied, last_promoted;
  FlaggerRoutes routes;
};

struct FlaggerTick {
  FlaggerPhase before = FlaggerPhase::kInitializing;
  FlaggerPhase after = FlaggerPhase::kInitializing;
  std::vector<FlaggerReading> readings;  // metrics that were asked, in that order
  std::vector<FlaggerEvent> events;
  std::optional<FlaggerRoutes> routes;  // to be set
  enum class Scale : std::uint8_t { kKeep, kUp, kToZero };
  Scale canary = Scale::kKeep;
  bool promote = false;  // copy the canary's spec to the primary
};

class FlaggerController {
 public:
  FlaggerController() = default;
  explicit FlaggerController(const FlaggerStatus& status) : status_(status) {}

  FlaggerTick tick(const FlaggerConfig& config, FlaggerView& view);
  const FlaggerStatus& status() const { return status_; }

 private:
  FlaggerStatus status_;
};

}  // namespace meshmall::models
