// What the proxies of one workload (a version of a service) report of its answers, what is scraped of that, and what queries make of it.
//
// Flagger's Istio queries: successRate (percent of answers that are no 5xx; an answer that never came has the code 0 and counts as good, as there) and p99
// (histogram_quantile over Istio's buckets of whole milliseconds). Any other metric is one of *Results*, over the answers between the scrapes of the
// window; utilisation, cpu and queue are averages (queue.max: the highest) of what the scrapes saw. No draws. O(pods x codes x scrapes) a query.
// Source: Flagger pkg/metrics/observers/istio.go; Istio's standard metrics; Envoy's default histogram buckets.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "engine/statistics/histogram.h"
#include "models/observation/metrics.h"
#include "models/observation/outcome.h"
#include "models/rollout/prometheus_series.h"

namespace meshmall::models {

inline constexpr std::array<double, 19> kIstioDurationBounds = {0.5,  1,    5,    10,     25,     50,     100,     250,    500,    1000,
                                                                 2500, 5000, 10000, 30000, 60000, 300000, 600000, 1800000, 3600000};  // ms

// Whether scrapes can answer for it.
bool scrapable(Metric metric);

class WorkloadTelemetry {
 public:
  WorkloadTelemetry() = default;
  // keep: the longest window that will be asked for.
  explicit WorkloadTelemetry(engine::Duration keep) : keep_(keep) {}

  struct Gauges {  // of the whole workload, at the instant of a scrape
    double held = 0, busy = 0, waiting = 0, workers = 0;
  };
  using Pod = std::pair<std::uint32_t, std::uint32_t>;  // endpoint, and which of its lives: each has series of its own

  // An answer leaves the inbound proxy; latency from the request's arrival there.
  void answered(Pod pod, engine::Duration latency, Outcome outcome);
  // pods: those that are there to be asked, ascending.
  void scrape(engine::SimTime now, const std::vector<Pod>& pods, const Gauges& gauges);

  std::optional<double> successRate(engine::SimTime now, engine::Duration window) const;  // percent
  std::optional<double> p99(engine::SimTime now, engine::Duration window) const;          // ms
  // In the units of Results. Nothing: no scrapes, or nothing to tell it by.
  std::optional<double> metric(Metric metric, engine::SimTime now, engine::Duration window) const;

 private:
  static constexpr std::size_t kCounters = kIstioDurationBounds.size() + 1;  // the last one: all
  struct Code {
    std::array<std::uint64_t, kCounters> within{};
    CounterSeries series{kCounters};
  };
  struct Span {  // between two scrapes
    engine::SimTime from, to;
    engine::Histogram ok, failed;
    std::uint64_t timeouts = 0;
    Gauges gauges;  // at the end
  };
  template <class Visit>
  void rates(engine::SimTime now, engine::Duration window, Visit visit) const;

  engine::Duration keep_{0};
  std::map<std::pair<Pod, std::uint16_t>, Code> codes_;  // by pod and status
  std::deque<Span> spans_;
  Span open_;
};

}  // namespace meshmall::models
