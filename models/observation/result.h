// The result of a run as plain values: what `run` prints, `result.json` holds, SLOs and gates judge. Made from a collector at any time of a run.
// It depends on the scenario, the seed and the replication only: no wall clock, nothing that another build order or thread could change.
// Orders: services, versions, operations and endpoints as in the layout; edges by caller, then callee (customers' own calls first); decisions by time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/kernel/time.h"
#include "models/observation/collector.h"
#include "models/observation/metrics.h"

namespace meshmall::models {

// Quotients, not products with 1e-9: 700,000,000 ns is 0.7, not 0.7000000000000001.
constexpr double inSeconds(std::int64_t ns) { return static_cast<double>(ns) / 1e9; }
constexpr double inMilliseconds(std::int64_t ns) { return static_cast<double>(ns) / 1e6; }

struct RunFacts {  // what the collector can't know
  std::string scenario;
  std::uint64_t seed = 1, replication = 0;
  std::string fingerprint;                        // hexadecimal
  std::uint64_t events = 0;                       // handled by the engine
  std::optional<engine::SimTime> interrupted_at;  // absent: the run is finished; else everything is up to here
  std::vector<std::string> slos;                  // as written; checked before the run (expression.h)
};

struct ConfidenceInterval {
  Metric metric{};
  double low = 0, high = 0, level = 0.95;
  std::string method;       // "batch means", "sectioning", "Clopper-Pearson"
  bool few_data = false;    // fewer than 100 samples in the tail (of a mean or rate: in all)
  bool correlated = false;  // neighbouring batches still resemble each other: the run is short, the interval may be too narrow
};

struct NamedMetrics {
  std::string name;
  Metrics metrics;
};
struct EndpointResult {
  std::string name, locality;
  Metrics metrics;
};
struct ServiceResult {
  std::string name;
  Metrics metrics;
  std::vector<NamedMetrics> versions, operations;
  std::vector<EndpointResult> endpoints;
};
struct EdgeResult {
  std::string from, to;  // from: a service, or the traffic entry whose customers call
  Metrics metrics;
};
struct DecisionResult {
  double t = 0;  // seconds
  std::string kind, subject, by;
  Detail detail;
};
struct SloVerdict {
  std::string expr;
  bool holds = false;
  std::optional<double> value;  // of the comparison that decided; absent: the metric had no sample, and the SLO does not hold
  bool fatal = true;            // "fail:", or no severity: a breach is exit 1; "warn:" and "info:" only tell
};
struct TimelineResult {
  double interval = 1;                                              // seconds
  std::vector<std::pair<std::string, std::vector<double>>> series;  // NaN: no sample in that interval
};

struct Result {
  std::string scenario, version, fingerprint;
  std::uint64_t seed = 1, replication = 0;
  double simulated = 0, warmup = 0;      // seconds measured, seconds before them
  std::optional<double> interrupted_at;  // seconds since the start
  Metrics metrics;
  std::vector<std::pair<std::string, std::uint64_t>> failed_by_flag, failed_by_status;  // most first, then by name; nothing with 0
  std::vector<ConfidenceInterval> confidence;
  std::vector<ServiceResult> services;
  std::vector<EdgeResult> edges;
  std::vector<NamedMetrics> traffic;
  double proxy_seconds = 0;
  std::uint64_t handshakes = 0;
  TimelineResult timeline;
  std::vector<DecisionResult> decisions;
  std::uint64_t decisions_omitted = 0;
  std::vector<SloVerdict> slos;
  std::uint64_t events = 0;

  // Nothing when the metric, the scope or a sample is missing. Names: {} for the mall; {service}; {service, version or operation}; {from, to}; {traffic};
  // {endpoint}.
  std::optional<double> metric(Metric metric, ScopeKind kind = ScopeKind::mall, std::string_view name = {}, std::string_view second = {}) const;
  std::optional<double> metric(std::string_view metric, ScopeKind kind = ScopeKind::mall, std::string_view name = {}, std::string_view second = {}) const;
  const Metrics* find(ScopeKind kind, std::string_view name = {}, std::string_view second = {}) const;
  const ConfidenceInterval* confidenceOf(Metric metric) const;
};

Result makeResult(const Collector& collector, const RunFacts& facts);

// One JSON object, keys in the order of the format, two spaces of indentation, ends with a newline. The same result gives the same bytes.
std::string toJson(const Result& result);
// Long form with the header `t,scope,metric,value`: first the metrics of the window (t empty), then the timeline (t: end of the interval in seconds).
// A value without a sample is empty. Scopes: "mall", "service=bakery", "service=bakery version=v1", "edge=a->b", "traffic=lunch", "endpoint=bakery-v1-0".
std::string metricsCsv(const Result& result);

}  // namespace meshmall::models
