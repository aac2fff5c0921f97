// Latencies of all replications of one side put together, for the whole mall, each service and each traffic entry: percentiles are never averaged, histograms
// are merged. The order in which replications come does not show. Other scopes (operations, edges) are not kept: their estimates are means over replications.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/statistics/histogram.h"
#include "models/observation/collector.h"
#include "models/observation/metrics.h"

namespace meshmall::models {

// The quantile that a latency metric is (0.99 of latency.p99), with whether it is of the failed ones. Nothing: it is no quantile.
struct LatencyQuantile {
  double q = 0.5;
  bool failed = false;
};
std::optional<LatencyQuantile> quantileOf(Metric metric);

class PooledLatency {
 public:
  void add(const Collector& collector);  // of a run that is over
  void merge(const PooledLatency& other);

  // In milliseconds. Nothing: no such scope here, no quantile or mean of latency, or no sample. `scope` as in metrics.csv.
  std::optional<double> value(const std::string& scope, Metric metric) const;
  std::uint64_t samples(const std::string& scope, bool failed) const;
  // Of the whole mall's ok answers, at each probability; empty without any.
  std::vector<double> curve(const std::vector<double>& probabilities) const;

 private:
  struct Pool {
    engine::Histogram ok, failed;
  };
  std::map<std::string, Pool> pools_;
};

}  // namespace meshmall::models
