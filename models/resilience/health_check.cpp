#include "models/resilience/health_check.h"

#include <algorithm>

namespace meshmall::models {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

bool contains(const std::vector<StatusRange>& ranges, int status) {
  return std::any_of(ranges.begin(), ranges.end(), [status](StatusRange range) { return status >= range.start && status < range.end; });
}

bool expected(const HealthCheckConfig& config, int status) {
  return config.expected_statuses.empty() ? status == 200 : contains(config.expected_statuses, status);
}

engine::Duration nextInterval(const HealthCheckConfig& config, bool success, bool pending, bool had_traffic, engine::RandomSource& random) {
  const engine::Duration unhealthy = config.unhealthy_interval.value_or(config.interval);
  engine::Duration base;
  if (!had_traffic) {
    base = success && !pending ? config.no_traffic_healthy_interval.value_or(config.no_traffic_interval) : config.no_traffic_interval;
  } else if (success) {
    base = pending ? config.healthy_edge_interval.value_or(config.interval) : config.interval;
  } else {
    base = pending ? config.unhealthy_edge_interval.value_or(unhealthy) : unhealthy;
  }
  // Whole milliseconds, as the proxy's timers.
  std::int64_t ms = base.ns / kMillisecond;
  const std::int64_t share = static_cast<std::int64_t>(config.interval_jitter_percent) * ms / 100;
  if (share > 0) ms += static_cast<std::int64_t>(random.next() % static_cast<std::uint64_t>(share));
  const std::int64_t jitter = config.interval_jitter.ns / kMillisecond;
  if (jitter > 0) ms += static_cast<std::int64_t>(random.next() % static_cast<std::uint64_t>(jitter));
  ms = std::max(std::min(ms, config.max_interval.ns / kMillisecond), config.min_interval.ns / kMillisecond);
  return engine::milliseconds(std::max<std::int64_t>(ms, 1));
}

}  // namespace

std::string_view name(HealthTransition transition) {
  switch (transition) {
    case HealthTransition::kUnchanged:
      return "Unchanged";
    case HealthTransition::kChanged:
      return "Changed";
    case HealthTransition::kChangePending:
      return "ChangePending";
  }
  return "?";
}

HealthTransition HealthChecker::onSuccess(const HealthCheckConfig& config, bool degraded) {
  HealthTransition transition = HealthTransition::kUnchanged;
  unhealthy_run_ = 0;
  if (failed_) {
    if (first_ || ++healthy_run_ == config.healthy_threshold) {
      failed_ = excluded_ = timed_out_ = false;
      transition = HealthTransition::kChanged;
    } else {
      transition = HealthTransition::kChangePending;
    }
  }
  if (degraded != degraded_) {
    degraded_ = degraded;
    if (transition == HealthTransition::kUnchanged) transition = HealthTransition::kChanged;
  }
  return transition;
}

HealthTransition HealthChecker::onFailure(const HealthCheckConfig& config, bool hard, bool timeout) {
  HealthTransition transition = HealthTransition::kUnchanged;
  healthy_run_ = 0;
  if (!failed_) {
    ++unhealthy_run_;
    if (hard || unhealthy_run_ == config.unhealthy_threshold) {
      failed_ = true;
      transition = HealthTransition::kChanged;
    } else {
      transition = HealthTransition::kChangePending;
    }
  }
  timed_out_ = timeout && failed_;
  return transition;
}

HealthChecker::Step HealthChecker::onResult(const HealthCheckConfig& config, const CheckResult& result, bool had_traffic, engine::RandomSource& random) {
  const bool answered = result.kind == CheckResult::Kind::kAnswer;
  const bool success = answered && expected(config, result.status);
  Step step;
  step.success = success;
  if (success) {
    step.transition = onSuccess(config, result.degraded);
  } else {
    const bool hard = answered && !contains(config.retriable_statuses, result.status);
    step.transition = onFailure(config, hard, result.kind == CheckResult::Kind::kTimeout);
    if (answered && result.immediate_fail) excluded_ = true;
  }
  first_ = false;
  step.next_interval = nextInterval(config, success, step.transition == HealthTransition::kChangePending, had_traffic, random);
  return step;
}

HealthTransition HealthChecker::onPassiveFailure() {
  const HealthTransition transition = failed_ ? HealthTransition::kUnchanged : HealthTransition::kChanged;
  healthy_run_ = 0;
  failed_ = true;
  excluded_ = true;
  timed_out_ = false;
  first_ = false;
  return transition;
}

engine::Duration firstCheckDelay(const HealthCheckConfig& config, engine::RandomSource& random) {
  const std::int64_t jitter = config.initial_jitter.ns / kMillisecond;
  if (jitter <= 0) return {0};
  return engine::milliseconds(std::max<std::int64_t>(1, static_cast<std::int64_t>(random.next() % static_cast<std::uint64_t>(jitter))));
}

}  // namespace meshmall::models
