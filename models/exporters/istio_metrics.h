// What Prometheus would have scraped from the proxies of a running mall: Istio's standard metrics with their names and labels, in simulated time.
// istio_requests_total and istio_request_duration_milliseconds of the customers of the measured window, as both ends' proxies tell them. reporter="source": the caller's, calls with
// their retries merged. reporter="destination": the callee's, each try (a mirrored one too) that reached an endpoint with a proxy, timed there, by version; of what was turned away
// before, there is none. Destinations are told only where the mall counts them (RunOptions::count_arrivals).
// Sampled while the mall runs; at most 240 instants, fewer where there are thousands of kinds of calls.
// Source: Istio, "Istio Standard Metrics"; Prometheus, "Exposition formats"; OpenMetrics 1.0.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/kernel/time.h"
#include "models/observation/collector.h"
#include "models/scenario/scenario.h"

namespace meshmall::models {

enum class MetricsForm : std::uint8_t { prometheus, open_metrics };

class IstioMetrics {
 public:
  // `run`: from start to end, warm-up included. The interval is 1, 2 or 5 times a power of ten.
  IstioMetrics(const Layout& layout, engine::Duration run);

  engine::Duration interval() const { return interval_; }
  // When to sample next: at the first event at or after it. kNever after the last.
  engine::SimTime next() const { return next_; }
  // Takes the counters as they are now; `now` is the instant they are written under, rounded down to the interval.
  void sample(const Collector& collector, engine::SimTime now);

  // The exposition, one sample a series and instant, with timestamps: seconds since 1970 of the mall's time 0 are `start`. For Prometheus in milliseconds, without the end mark.
  std::string text(const Scenario& scenario, MetricsForm form, std::int64_t start) const;

 private:
  struct Series {  // of one row at one instant
    std::vector<Collector::FailedCalls> failed;
    std::uint64_t ok = 0, failed_calls = 0;
    double ok_sum = 0, failed_sum = 0;                    // ms
    std::vector<std::uint64_t> ok_buckets, failed_buckets;  // cumulative
  };
  struct Row {  // what is counted together: a flow as its callers see it (version: kNoIndex), or as the endpoints of one version do
    std::uint32_t flow = 0, version = kNoIndex;
  };
  struct Instant {
    engine::SimTime at;
    std::vector<Series> rows;  // those known by then
  };
  struct Exposition;

  std::size_t rowOf(std::uint32_t flow, std::uint32_t version);
  std::map<std::string, std::vector<std::size_t>> rowsByLabels(const Scenario& scenario) const;
  void writeRequests(const std::string& labels, const std::vector<std::size_t>& rows, Exposition& to) const;
  void writeDurations(const std::string& labels, const std::vector<std::size_t>& rows, bool failed, Exposition& to) const;

  Layout layout_;
  engine::Duration interval_;
  engine::SimTime next_;
  engine::SimTime end_;
  std::vector<Row> rows_;  // the flows first
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> arrival_rows_;  // by flow and version
  std::vector<Instant> instants_;
};

}  // namespace meshmall::models
