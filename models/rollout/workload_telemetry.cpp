#include "models/rollout/workload_telemetry.h"

#include <algorithm>

namespace meshmall::models {

namespace {

constexpr double kMs = 1e6;

std::optional<double> inMs(std::optional<engine::Duration> d) {
  if (!d) return std::nullopt;
  return static_cast<double>(d->ns) / kMs;
}

std::optional<double> latencyMetric(Metric metric, Metric mean, const engine::Histogram& h) {
  static constexpr double kQuantiles[] = {0.5, 0.9, 0.95, 0.99, 0.999};
  const std::size_t at = static_cast<std::size_t>(metric) - static_cast<std::size_t>(mean);
  if (at == 0) {
    const auto ns = h.meanNs();
    return ns ? std::optional(*ns / kMs) : std::nullopt;
  }
  return inMs(at <= std::size(kQuantiles) ? h.quantile(kQuantiles[at - 1]) : h.max());
}

bool between(Metric metric, Metric first, Metric last) { return first <= metric && metric <= last; }

}  // namespace

bool scrapable(Metric metric) {
  return between(metric, Metric::latency_mean, Metric::latency_failed_max) || between(metric, Metric::utilization, Metric::queue_max) ||
         metric == Metric::requests_total || metric == Metric::requests_ok || metric == Metric::requests_failed || metric == Metric::success_rate ||
         metric == Metric::throughput || metric == Metric::timeouts_total;
}

void WorkloadTelemetry::answered(Pod pod, engine::Duration latency, Outcome outcome) {
  Code& code = codes_[{pod, outcome.status}];
  const auto ms = static_cast<double>(latency.ns / 1'000'000);  // Istio's proxies report whole milliseconds
  for (std::size_t b = 0; b < kIstioDurationBounds.size(); ++b) code.within[b] += ms <= kIstioDurationBounds[b] ? 1U : 0U;
  ++code.within.back();
  (outcome.ok() ? open_.ok : open_.failed).add(latency);
  open_.timeouts += outcome.flag == ResponseFlag::kUpstreamRequestTimeout ? 1U : 0U;
}

void WorkloadTelemetry::scrape(engine::SimTime now, const std::vector<Pod>& pods, const Gauges& gauges) {
  for (auto at = codes_.begin(); at != codes_.end();) {
    Code& code = at->second;
    const bool there = std::binary_search(pods.begin(), pods.end(), at->first.first);
    code.series.forget(now, keep_);
    if (there) code.series.scraped(now, code.within);
    at = code.series.empty() ? codes_.erase(at) : std::next(at);
  }
  open_.to = now;
  open_.gauges = gauges;
  spans_.push_back(std::move(open_));
  open_ = {};
  open_.from = now;
  while (!spans_.empty() && spans_.front().from + keep_ < now) spans_.pop_front();
}

template <class Visit>
void WorkloadTelemetry::rates(engine::SimTime now, engine::Duration window, Visit visit) const {
  for (const auto& [key, code] : codes_) {
    const std::vector<double> rate = code.series.rate(now, window);
    if (!rate.empty()) visit(key.second, rate);
  }
}

std::optional<double> WorkloadTelemetry::successRate(engine::SimTime now, engine::Duration window) const {
  double good = 0, all = 0;
  bool some_good = false;  // without such a series the query's result is empty, whatever fails
  rates(now, window, [&](std::uint16_t status, const std::vector<double>& rate) {
    all += rate.back();
    if (status / 100 == 5) return;
    some_good = true;
    good += rate.back();
  });
  if (!some_good || !(all > 0)) return std::nullopt;
  return good / all * 100;
}

std::optional<double> WorkloadTelemetry::p99(engine::SimTime now, engine::Duration window) const {
  std::array<double, kCounters> sum{};
  rates(now, window, [&](std::uint16_t, const std::vector<double>& rate) {
    for (std::size_t b = 0; b < kCounters; ++b) sum[b] += rate[b];
  });
  return bucketQuantile(0.99, kIstioDurationBounds, sum);
}

std::optional<double> WorkloadTelemetry::metric(Metric metric, engine::SimTime now, engine::Duration window) const {
  engine::Histogram ok, failed;
  std::uint64_t timeouts = 0;
  double seconds = 0, held = 0, busy = 0, waiting = 0, workers = 0, longest = 0, spans = 0;
  for (const Span& span : spans_) {
    if (span.from + window < now || span.to > now) continue;
    ok.merge(span.ok);
    failed.merge(span.failed);
    timeouts += span.timeouts;
    seconds += (span.to - span.from).seconds();
    held += span.gauges.held;
    busy += span.gauges.busy;
    waiting += span.gauges.waiting;
    workers += span.gauges.workers;
    longest = std::max(longest, span.gauges.waiting);
    ++spans;
  }
  if (spans == 0) return std::nullopt;
  const auto good = static_cast<double>(ok.count()), bad = static_cast<double>(failed.count());
  if (between(metric, Metric::latency_mean, Metric::latency_max)) return latencyMetric(metric, Metric::latency_mean, ok);
  if (between(metric, Metric::latency_failed_mean, Metric::latency_failed_max)) return latencyMetric(metric, Metric::latency_failed_mean, failed);
  switch (metric) {
    case Metric::requests_total: return good + bad;
    case Metric::requests_ok: return good;
    case Metric::requests_failed: return bad;
    case Metric::success_rate: return good + bad > 0 ? std::optional(good / (good + bad)) : std::nullopt;
    case Metric::throughput: return seconds > 0 ? std::optional(good / seconds) : std::nullopt;
    case Metric::timeouts_total: return static_cast<double>(timeouts);
    case Metric::utilization: return workers > 0 ? std::optional(held / workers) : std::nullopt;
    case Metric::cpu: return workers > 0 ? std::optional(busy / workers) : std::nullopt;
    case Metric::queue_mean: return waiting / spans;
    case Metric::queue_max: return longest;
    default: return std::nullopt;
  }
}

}  // namespace meshmall::models
