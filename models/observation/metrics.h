// The metrics of a result: their names, units, which direction is better, and for what they are measured. One table (metrics.cpp), used by results, SLOs, gates and docs.
// Times are in milliseconds, rates per second, ratios 0..1. A metric without a sample has no value (null in JSON).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "models/observation/outcome.h"

namespace meshmall::models {

enum class Metric : std::uint8_t {
  requests_total,
  requests_ok,
  requests_failed,
  requests_in_flight,
  success_rate,
  throughput,
  latency_mean,
  latency_p50,
  latency_p90,
  latency_p95,
  latency_p99,
  latency_p999,
  latency_max,
  latency_failed_mean,
  latency_failed_p50,
  latency_failed_p90,
  latency_failed_p95,
  latency_failed_p99,
  latency_failed_p999,
  latency_failed_max,
  calls_total,
  attempts_total,
  retries_total,
  retries_amplification,
  timeouts_total,
  abandoned_total,
  hedges_total,
  mirrored_total,
  ejections_total,
  rejected_local_rate_limit,
  rejected_global_rate_limit,
  rejected_circuit_breaker,
  rejected_admission,
  rejected_adaptive_concurrency,
  rejected_queue_full,
  rejected_queue_timeout,
  rejected_handshake,
  rejected_authentication,
  rejected_authorization,
  missing_token_total,
  no_healthy_upstream_total,
  utilization,
  cpu,
  queue_mean,
  queue_max,
};
inline constexpr std::size_t kMetrics = static_cast<std::size_t>(Metric::queue_max) + 1;

enum class MetricUnit : std::uint8_t { count, ratio, milliseconds, per_second, factor };
enum class Better : std::uint8_t { lower, higher, neither };

enum class ScopeKind : std::uint8_t {
  mall = 1,
  service = 2,
  version = 4,
  operation = 8,
  edge = 16,
  traffic = 32,
  endpoint = 64
};                                      // bits of MetricInfo::scopes
std::string_view name(ScopeKind kind);  // "mall", "service", ...

struct MetricInfo {
  std::string_view name;
  MetricUnit unit;
  Better better;
  std::uint8_t scopes;  // for what it is measured
  std::string_view description;
  bool measuredFor(ScopeKind kind) const { return (scopes & static_cast<std::uint8_t>(kind)) != 0; }
};

const MetricInfo& info(Metric metric);
std::optional<Metric> findMetric(std::string_view name);
std::string_view nearestMetric(std::string_view unknown);                            // the known name that takes the fewest edits; the first of equals
constexpr Metric metricAt(std::size_t index) { return static_cast<Metric>(index); }  // 0 .. kMetrics - 1, the order of results
Metric rejectionMetric(Rejection reason);  // what counts it; rejected_authentication counts missing tokens too

// The metrics of one scope. Those that the scope does not have are no part of it.
class Metrics {
 public:
  explicit Metrics(ScopeKind scope = ScopeKind::mall) : scope_(scope) { values_.fill(std::numeric_limits<double>::quiet_NaN()); }

  ScopeKind scope() const { return scope_; }
  bool has(Metric metric) const { return info(metric).measuredFor(scope_); }
  std::optional<double> get(Metric metric) const {
    const double v = values_[static_cast<std::size_t>(metric)];
    return v == v ? std::optional<double>(v) : std::nullopt;
  }
  void set(Metric metric, double value) { values_[static_cast<std::size_t>(metric)] = value; }
  void set(Metric metric, std::optional<double> value) { set(metric, value.value_or(std::numeric_limits<double>::quiet_NaN())); }

 private:
  ScopeKind scope_;
  std::array<double, kMetrics> values_;
};

}  // namespace meshmall::models
