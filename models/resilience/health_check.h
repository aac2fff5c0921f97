// Active health checks of one endpoint by one proxy: what a check's result changes, and when the next check is due.
//
// A hard failure (an unexpected status) counts at once; network failures, timeouts and retriable statuses count up to unhealthy_threshold.
// The very first result decides alone when it is a success. The next interval runs from the end of a check.
// Draws: 0, 1 or 2 for each result (percent jitter, then fixed jitter).
// Source: Envoy health_checker_base_impl.cc; spec envoy-resilience.md section 7.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/kernel/time.h"
#include "engine/random/random_source.h"
#include "models/resilience/status_range.h"

namespace meshmall::models {

struct HealthCheckConfig {
  engine::Duration timeout = engine::seconds(1);    // required in the proxy
  engine::Duration interval = engine::seconds(10);  // required
  std::uint32_t unhealthy_threshold = 3;            // required, at least 1
  std::uint32_t healthy_threshold = 3;              // required, at least 1
  engine::Duration initial_jitter{0};               // longest wait before the first check
  engine::Duration interval_jitter{0};
  std::uint32_t interval_jitter_percent = 0;
  engine::Duration no_traffic_interval = engine::seconds(60);   // while the cluster never had a connection
  std::optional<engine::Duration> no_traffic_healthy_interval;  // default no_traffic_interval
  std::optional<engine::Duration> unhealthy_interval;           // default interval
  std::optional<engine::Duration> unhealthy_edge_interval;      // default unhealthy_interval; while it is about to become unhealthy
  std::optional<engine::Duration> healthy_edge_interval;        // default interval; while it is about to become healthy
  std::vector<StatusRange> expected_statuses;                   // default exactly 200
  std::vector<StatusRange> retriable_statuses;
  // Bounds of the proxy's runtime on the next interval.
  engine::Duration min_interval = engine::milliseconds(1);
  engine::Duration max_interval = engine::Duration{INT64_MAX};

  friend bool operator==(const HealthCheckConfig&, const HealthCheckConfig&) = default;
};

struct CheckResult {
  enum class Kind : std::uint8_t { kAnswer, kTimeout, kNetworkFailure };
  Kind kind = Kind::kAnswer;
  int status = 200;             // of an answer
  bool degraded = false;        // answer with x-envoy-degraded
  bool immediate_fail = false;  // answer with x-envoy-immediate-health-check-fail
};

enum class HealthTransition : std::uint8_t { kUnchanged, kChanged, kChangePending };
std::string_view name(HealthTransition transition);  // "Unchanged", ...

class HealthChecker {
 public:
  HealthChecker() = default;
  // failed: as which the endpoint starts (new hosts: failed, until the first check).
  explicit HealthChecker(bool failed) : failed_(failed) {}

  struct Step {
    HealthTransition transition = HealthTransition::kUnchanged;
    engine::Duration next_interval{0};
    bool success = false;  // of this check
  };
  // The end of a check. had_traffic: the proxy has ever opened a connection to the cluster.
  Step onResult(const HealthCheckConfig& config, const CheckResult& result, bool had_traffic, engine::RandomSource& random);
  // Real traffic carried x-envoy-immediate-health-check-fail: a hard failure without a check.
  HealthTransition onPassiveFailure();

  bool failed() const { return failed_; }
  bool degraded() const { return degraded_; }
  bool timedOut() const { return timed_out_; }  // failed, the last failure being a timeout
  bool excluded() const { return excluded_; }   // failed by the immediate-fail header: left out of panic's count

 private:
  HealthTransition onSuccess(const HealthCheckConfig& config, bool degraded);
  HealthTransition onFailure(const HealthCheckConfig& config, bool hard, bool timeout);

  std::uint32_t healthy_run_ = 0, unhealthy_run_ = 0;
  bool failed_ = false, degraded_ = false, timed_out_ = false, excluded_ = false, first_ = true;
};

// Wait before the first check: none without initial_jitter, else random % initial_jitter, at least 1 ms. One draw with jitter.
engine::Duration firstCheckDelay(const HealthCheckConfig& config, engine::RandomSource& random);

}  // namespace meshmall::models
