// What happened interval by interval over the whole run, warm-up included: an interval is finished when the clock passes its end, so memory does not grow with
// the number of customers. At most 1,000 points are kept; an answer belongs to the interval in which it is given.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/kernel/time.h"
#include "engine/statistics/histogram.h"

namespace meshmall::models {

inline constexpr std::size_t kTimelinePoints = 1'000;

// 1 s, or a 1-2-5 fraction of it that gives a short run (under 100 s) at least 100 points, or the smallest 1-2-5 multiple with at most 1,000 points.
engine::Duration timelineInterval(engine::Duration whole_run);

class Timeline {
 public:
  enum Series : std::size_t {
    kOffered,
    kThroughput,
    kFailed,
    kInFlight,
    kAttempts,
    kRetries,
    kTimeouts,
    kRejected,
    kLatencyMean,
    kLatencyP50,
    kLatencyP99,
    kSeriesCount
  };
  static std::string_view name(Series series);  // "offered", "throughput", ...

  explicit Timeline(engine::Duration interval) : interval_{interval.ns > 0 ? interval.ns : 1} {}

  void arrived() {
    ++arrivals_;
    ++in_flight_;
  }
  void answered(engine::Duration latency, bool ok) {
    --in_flight_;
    if (ok)
      latency_.add(latency);
    else
      ++failed_;
  }
  void tried(bool retry) {
    ++attempts_;
    retries_ += retry ? 1U : 0U;
  }
  void timedOut() { ++timeouts_; }
  void rejected() { ++rejected_; }

  engine::Duration interval() const { return interval_; }
  engine::SimTime nextEnd() const { return full() ? engine::kNever : engine::SimTime{interval_.ns * static_cast<std::int64_t>(points() + 1)}; }
  void closeInterval();  // the clock has reached nextEnd()
  std::size_t points() const { return series_[0].size(); }
  // Rates per second, latencies in milliseconds (NaN: no answer in the interval), inFlight at the interval's end.
  const std::vector<double>& series(Series which) const { return series_[which]; }

 private:
  bool full() const { return points() >= kTimelinePoints; }

  engine::Duration interval_;
  std::uint64_t arrivals_ = 0, failed_ = 0, attempts_ = 0, retries_ = 0, timeouts_ = 0, rejected_ = 0;
  std::int64_t in_flight_ = 0;
  engine::Histogram latency_;
  std::array<std::vector<double>, kSeriesCount> series_;
};

}  // namespace meshmall::models
