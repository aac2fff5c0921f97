// Adaptive concurrency of one inbound proxy: how many requests may be inside at once, found by comparing the latency now with the lowest there is.
//
// Measuring: the limit goes down to min_concurrency until request_count samples give the lowest round-trip time (minRTT). Between measurements the limit is
// multiplied, every update interval, by the gradient (minRTT + buffer) / sample, clamped to 0.5..2, and gets sqrt(limit) of headroom for probing.
// Five updates in a row at the minimum start a new measurement. Draws: one when minRTT was measured, none without jitter.
// Percentiles come from a histogram of two significant decimal digits, interpolated within a bin, as the proxy's do: up to a few percent off.
// Source: Envoy gradient_controller.cc; spec envoy-resilience.md section 10.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/kernel/time.h"
#include "engine/random/random_source.h"

namespace meshmall::models {

struct AdaptiveConcurrencyConfig {
  std::uint32_t max_concurrency_limit = 1000;
  std::uint32_t request_count = 50;  // samples of a measurement
  double sample_aggregate_percentile = 0.5;
  std::uint32_t min_concurrency = 3;
  double jitter = 0.15;                                                      // of the measurement's interval
  double buffer = 0.25;                                                      // of minRTT, added to it
  engine::Duration concurrency_update_interval = engine::milliseconds(100);  // required in the proxy
  engine::Duration min_rtt_interval = engine::seconds(60);                   // required; between measurements
  std::optional<engine::Duration> fixed_min_rtt;                             // given: minRTT is that, and never measured
  std::uint16_t exceeded_status = 503;                                       // of the answer to who is turned away; below 400 acts as 503
  bool enabled = true;                                                       // asked by the holder

  friend bool operator==(const AdaptiveConcurrencyConfig&, const AdaptiveConcurrencyConfig&) = default;
};

// Latencies in bins of two significant decimal digits. Whole microseconds; copyable; as large as the number of bins used.
class LatencyBins {
 public:
  void add(std::uint64_t us);
  std::uint64_t count() const { return count_; }
  void clear();
  // Interpolated within the bin; 0 when empty.
  double quantile(double q) const;

 private:
  struct Bin {
    std::uint64_t left = 0, width = 1;
    std::uint32_t count = 0;
  };
  std::vector<Bin> bins_;  // by left edge
  std::uint64_t count_ = 0;
};

double concurrencyGradient(std::uint64_t min_rtt_us, std::uint64_t sample_rtt_us, double buffer);
// The limit after an update: clamp(trunc(L + sqrt(L))) with L = limit x gradient.
std::uint32_t nextConcurrencyLimit(const AdaptiveConcurrencyConfig& config, std::uint32_t limit, double gradient);
// Until the next measurement: interval + random % ceil(interval x jitter), in ms.
engine::Duration nextMeasurement(const AdaptiveConcurrencyConfig& config, engine::RandomSource& random);

class GradientController {
 public:
  // Starts with a measurement, unless minRTT is given.
  GradientController(const AdaptiveConcurrencyConfig& config, engine::SimTime now);

  // May a request enter? Counts it in when it may; otherwise it is answered 503.
  bool tryForward();
  // An admitted request has been answered. sent: when it was admitted.
  void onAnswer(const AdaptiveConcurrencyConfig& config, engine::SimTime sent, engine::SimTime now, engine::RandomSource& random);
  // An admitted request ended without an answer: no sample.
  void onCancel();

  // When onTimer has something to do next (kNever while measuring); to be asked again after every call above.
  engine::SimTime nextTimer() const { return measuring_ ? engine::kNever : std::min(next_update_, next_measurement_); }
  void onTimer(const AdaptiveConcurrencyConfig& config, engine::SimTime now);

  std::uint32_t limit() const { return limit_; }
  std::uint32_t outstanding() const { return outstanding_; }
  bool measuring() const { return measuring_; }
  std::uint64_t minRttMicroseconds() const { return min_rtt_us_; }

  // An update of the limit outside a measurement; true when it is the fifth in a row from minimum to minimum, which starts a new measurement.
  bool setLimit(const AdaptiveConcurrencyConfig& config, std::uint32_t limit, engine::SimTime now);

 private:
  void startMeasuring(const AdaptiveConcurrencyConfig& config, engine::SimTime now);
  void finishMeasuring(const AdaptiveConcurrencyConfig& config, engine::SimTime now, engine::RandomSource& random);
  std::uint64_t percentileAndClear(const AdaptiveConcurrencyConfig& config);

  LatencyBins samples_;
  engine::SimTime epoch_;  // samples of requests sent before it do not count
  engine::SimTime next_update_ = engine::kNever, next_measurement_ = engine::kNever;
  std::uint64_t min_rtt_us_ = 0;
  std::uint32_t limit_ = 0, saved_limit_ = 0, outstanding_ = 0, updates_at_minimum_ = 0;
  bool measuring_ = false;
};

}  // namespace meshmall::models
