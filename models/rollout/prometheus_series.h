// A counter as Prometheus has it, scraped now and then, and what rate() makes of it; and the quantile of a histogram whose buckets are such rates.
//
// rate(window) looks at the samples in (now - window, now]: fewer than two give nothing; the increase between the first and the last is stretched to the
// window's ends where samples come close enough, never below zero. What a series counted before its first sample is lost, as there. No draws.
// Source: Prometheus promql/functions.go (extrapolatedRate, version 3), promql/quantile.go (bucketQuantile).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/kernel/time.h"

namespace meshmall::models {

// Several counters that are always scraped together: a histogram's buckets and its count.
class CounterSeries {
 public:
  explicit CounterSeries(std::size_t counters = 1) : counters_(counters) {}

  // Counts never decrease; one for each counter. Times increase.
  void scraped(engine::SimTime at, std::span<const std::uint64_t> counts);
  // Per second, one for each counter; empty without two samples.
  std::vector<double> rate(engine::SimTime now, engine::Duration window) const;
  // Drops what no query of this window can see any more.
  void forget(engine::SimTime now, engine::Duration window);
  bool empty() const { return times_.empty(); }

 private:
  std::size_t counters_;
  std::vector<engine::SimTime> times_;
  std::vector<std::uint64_t> counts_;  // by sample, then by counter
};

// rates: of the buckets up to each bound, ascending and cumulative; the last one is without bound. Interpolates within a bucket; in the last one answers
// the highest bound. Nothing when all are 0 (Prometheus: NaN).
std::optional<double> bucketQuantile(double q, std::span<const double> bounds, std::span<const double> rates);

}  // namespace meshmall::models
