// What a Flagger Canary says about its analysis, in the names of its fields, with its defaults.
//
// Limits: total weight is always 100. Metric kinds exclude each other (Flagger would check a built-in metric that also carries a query twice).
// Source: Flagger pkg/apis/flagger/v1beta1/canary.go; spec rollout-traffic-security.md 1.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kernel/time.h"

namespace meshmall::models {

inline constexpr int kFlaggerTotalWeight = 100;

enum class FlaggerMetricKind : std::uint8_t {
  kSuccessRate,  // request-success-rate, percent
  kDuration,     // request-duration, P99 in milliseconds
  kQuery,        // inline query
  kTemplate,     // metric template: checked after all others
  kNone,         // neither built-in, inline nor template: always fails
};

struct FlaggerMetric {
  std::string name;
  FlaggerMetricKind kind = FlaggerMetricKind::kSuccessRate;
  bool has_range = false;                           // thresholdRange is given (even empty); threshold is then not looked at
  std::optional<double> min, max;                   // inclusive
  double threshold = 0;                             // legacy: least success rate, or most of anything else
  engine::Duration interval = engine::seconds(60);  // window of the query
};

enum class FlaggerHook : std::uint8_t {
  kConfirmRollout,
  kPreRollout,
  kRollout,
  kConfirmTrafficIncrease,
  kConfirmPromotion,
  kRollback,
  kPostRollout,
  kEvent,  // notified only: decides nothing
};
// "confirm-rollout", ...; the empty type is rollout. Nothing for another word.
std::optional<FlaggerHook> flaggerHook(std::string_view type);
std::string_view name(FlaggerHook hook);

struct FlaggerWebhook {
  std::string name;
  FlaggerHook type = FlaggerHook::kRollout;
};

// Whether an HTTP answer lets a hook pass: up to 202, so 203 and 204 fail.
constexpr bool flaggerWebhookPasses(int status) { return status <= 202; }

enum class FlaggerProvider : std::uint8_t { kMesh, kKubernetes };
enum class FlaggerStrategy : std::uint8_t { kCanary, kAbTesting, kBlueGreen };

struct FlaggerConfig {
  engine::Duration interval = engine::seconds(60);
  int threshold = 1;  // failed checks before a rollback; 0 and less act as 1
  int max_weight = 0;
  int step_weight = 0;
  std::vector<int> step_weights;
  int step_weight_promotion = 0;
  int iterations = 0;
  bool match = false;  // match conditions are given: A/B with iterations
  bool mirror = false;
  bool skip_analysis = false;
  bool suspend = false;
  int primary_ready_threshold = 100;  // percent
  int canary_ready_threshold = 100;   // percent
  engine::Duration progress_deadline = engine::seconds(600);
  FlaggerProvider provider = FlaggerProvider::kMesh;
  std::vector<FlaggerMetric> metrics;
  std::vector<FlaggerWebhook> webhooks;
};

// Length of a tick from the text of `interval`: 60 s if it cannot be read, 10 s if it is shorter.
engine::Duration flaggerInterval(std::string_view text);

// Iterations decide between canary and the others. The Kubernetes provider cannot route: always blue/green, of 10 iterations unless given.
FlaggerStrategy flaggerStrategy(const FlaggerConfig& config);
int flaggerIterations(const FlaggerConfig& config);

// min(100, last of step_weights), else max_weight, else 100.
int flaggerMaxWeight(const FlaggerConfig& config);
// By how much the weight grows from `current`; 0 or less: the canary stays where it is, for ever.
int flaggerNextStep(const FlaggerConfig& config, int current);

// Whether the value of a metric's window passes; nothing (no data, or the query failed) does not. Bounds of a duration are whole milliseconds.
bool flaggerMetricPasses(const FlaggerMetric& metric, std::optional<double> value);

}  // namespace meshmall::models
