#include "models/rollout/prometheus_series.h"

#include <algorithm>

#include "engine/kernel/promise.h"

namespace meshmall::models {

void CounterSeries::scraped(engine::SimTime at, std::span<const std::uint64_t> counts) {
  engine::promise(counts.size() == counters_, "a scrape brings other counters than the series has");
  times_.push_back(at);
  counts_.insert(counts_.end(), counts.begin(), counts.end());
}

void CounterSeries::forget(engine::SimTime now, engine::Duration window) {
  const auto first = std::find_if(times_.begin(), times_.end(), [&](engine::SimTime t) { return t + window > now; });
  const auto gone = first - times_.begin();
  times_.erase(times_.begin(), first);
  counts_.erase(counts_.begin(), counts_.begin() + gone * static_cast<std::ptrdiff_t>(counters_));
}

std::vector<double> CounterSeries::rate(engine::SimTime now, engine::Duration window) const {
  std::size_t first = 0, end = times_.size();
  while (first < end && times_[first] + window <= now) ++first;
  while (end > first && times_[end - 1] > now) --end;
  if (end - first < 2) return {};
  const double sampled = (times_[end - 1] - times_[first]).seconds();
  const double between = sampled / static_cast<double>(end - first - 1);
  const double close = between * 1.1;
  double to_start = (times_[first] + window - now).seconds();  // from the window's start to the first sample
  double to_end = (now - times_[end - 1]).seconds();
  if (to_end >= close) to_end = between / 2;
  std::vector<double> rates;
  for (std::size_t c = 0; c < counters_; ++c) {
    const auto from = static_cast<double>(counts_[first * counters_ + c]);
    const double increase = static_cast<double>(counts_[(end - 1) * counters_ + c]) - from;
    double before = to_start >= close ? between / 2 : to_start;
    if (increase > 0) before = std::min(before, sampled * (from / increase));  // a counter was never below zero
    rates.push_back(increase * ((sampled + before + to_end) / sampled) / window.seconds());
  }
  return rates;
}

std::optional<double> bucketQuantile(double q, std::span<const double> bounds, std::span<const double> rates) {
  engine::promise(rates.size() == bounds.size() + 1, "a histogram has one bucket more than bounds");
  const double all = rates.back();
  if (!(all > 0)) return std::nullopt;
  double rank = q * all;
  const auto bucket = static_cast<std::size_t>(std::lower_bound(rates.begin(), rates.end() - 1, rank) - rates.begin());
  if (bucket == bounds.size()) return bounds.back();
  double from = 0, count = rates[bucket];
  if (bucket > 0) {
    from = bounds[bucket - 1];
    count -= rates[bucket - 1];
    rank -= rates[bucket - 1];
  }
  return from + (bounds[bucket] - from) * (rank / count);
}

}  // namespace meshmall::models
