#include "models/observation/timeline.h"

#include <limits>

namespace meshmall::models {

using engine::Duration;

Duration timelineInterval(Duration whole_run) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const auto points = [&](std::int64_t interval) { return whole_run.ns / interval + (whole_run.ns % interval != 0 ? 1 : 0); };
  constexpr std::array<std::int64_t, 3> kSteps = {1, 2, 5};
  std::int64_t interval = kSecond;
  if (points(interval) < 100) {  // downwards: 500 ms, 200 ms, 100 ms, ... 1 ns
    for (std::int64_t decade = kSecond / 10; decade >= 1; decade /= 10) {
      for (auto step = kSteps.rbegin(); step != kSteps.rend(); ++step) {
        interval = decade * *step;
        if (points(interval) >= 100) return {interval};
      }
    }
    return {interval};
  }
  for (std::int64_t decade = kSecond;; decade *= 10) {
    for (const std::int64_t step : kSteps) {
      interval = decade * step;
      if (points(interval) <= static_cast<std::int64_t>(kTimelinePoints)) return {interval};
    }
  }
}

std::string_view Timeline::name(Series series) {
  constexpr std::array<std::string_view, kSeriesCount> kNames = {"offered",  "throughput", "failed",       "inFlight",    "attempts",   "retries",
                                                                 "timeouts", "rejected",   "latency.mean", "latency.p50", "latency.p99"};
  return kNames[series];
}

void Timeline::closeInterval() {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  const auto rate = [&](std::uint64_t n) { return static_cast<double>(n) * 1e9 / static_cast<double>(interval_.ns); };
  series_[kOffered].push_back(rate(arrivals_));
  series_[kThroughput].push_back(rate(latency_.count()));
  series_[kFailed].push_back(rate(failed_));
  series_[kInFlight].push_back(static_cast<double>(in_flight_));
  series_[kAttempts].push_back(rate(attempts_));
  series_[kRetries].push_back(rate(retries_));
  series_[kTimeouts].push_back(rate(timeouts_));
  series_[kRejected].push_back(rate(rejected_));
  const std::optional<double> mean = latency_.meanNs();
  series_[kLatencyMean].push_back(mean ? *mean / 1e6 : kNone);
  const auto quantiles = latency_.quantiles({0.50, 0.99});
  const auto inMs = [&](const std::optional<Duration>& value) { return value ? static_cast<double>(value->ns) / 1e6 : kNone; };
  series_[kLatencyP50].push_back(inMs(quantiles[0]));
  series_[kLatencyP99].push_back(inMs(quantiles[1]));
  arrivals_ = failed_ = attempts_ = retries_ = timeouts_ = rejected_ = 0;
  latency_.clear();
}

}  // namespace meshmall::models
