#include "models/observation/batch_confidence.h"

#include <algorithm>
#include <cmath>

#include "engine/statistics/batch_means.h"
#include "engine/statistics/confidence.h"

namespace meshmall::models {

namespace {

constexpr double kLevel = 0.95;
constexpr std::uint64_t kEnoughInTail = 100;
constexpr std::size_t kFewestBatches = 10;

using Batch = Collector::Batch;
using engine::Interval;

std::vector<Batch> paired(const std::vector<Batch>& batches) {
  std::vector<Batch> result;
  for (std::size_t i = batches.size() % 2; i + 1 < batches.size(); i += 2) {
    Batch sum = batches[i];
    const Batch& next = batches[i + 1];
    sum.ok.merge(next.ok);
    sum.failed += next.failed;
    sum.ok_in_window += next.ok_in_window;
    sum.calls += next.calls;
    sum.attempts += next.attempts;
    result.push_back(std::move(sum));
  }
  return result;
}

// `value` of each batch that has one. Pairs the batches while the values are correlated and there are enough of them.
template <typename Value>
std::pair<std::vector<Batch>, bool> decorrelated(std::vector<Batch> batches, Value value) {
  for (;;) {
    std::vector<double> values;
    for (const Batch& b : batches) {
      if (const std::optional<double> v = value(b)) values.push_back(*v);
    }
    const bool correlated = values.size() >= 3 && engine::isCorrelated(values);
    if (!correlated || batches.size() / 2 < kFewestBatches) return {std::move(batches), correlated};
    batches = paired(batches);
  }
}

class Maker {
 public:
  Maker(std::vector<Batch> batches, const Metrics& mall) : batches_(std::move(batches)), mall_(mall) {}

  // A metric that is sum(numerator) / sum(denominator): its value +- t s / sqrt(B) of numerator - value x denominator, over the mean denominator.
  // None of them can be negative, so the limits are not either.
  template <typename Numerator, typename Denominator>
  void ratio(Metric metric, double scale, Numerator numerator, Denominator denominator, std::uint64_t samples) {
    const auto value = [&](const Batch& b) -> std::optional<double> {
      const double d = denominator(b);
      return d > 0 ? std::optional(numerator(b) / d) : std::nullopt;
    };
    const auto [batches, correlated] = decorrelated(batches_, value);
    const std::optional<double> point = mall_.get(metric);
    double numerators = 0, denominators = 0;
    for (const Batch& b : batches) {
      numerators += numerator(b);
      denominators += denominator(b);
    }
    if (!point || batches.size() < 2 || denominators <= 0) return;
    const double mean = numerators / denominators;
    std::vector<double> residuals;
    for (const Batch& b : batches) {
      residuals.push_back((numerator(b) - mean * denominator(b)) / (denominators / static_cast<double>(batches.size())));
    }
    const std::optional<Interval> around = engine::meanInterval(residuals, kLevel);
    if (!around) return;
    const double half = (around->high - around->low) / 2 * scale;
    result.push_back({metric, std::max(0.0, *point - half), *point + half, kLevel, "batch means", samples < kEnoughInTail, correlated});
  }

  void quantile(Metric metric, double q, std::uint64_t samples) {
    const auto value = [&](const Batch& b) -> std::optional<double> {
      const std::optional<engine::Duration> v = b.ok.quantile(q);
      return v ? std::optional(inMilliseconds(v->ns)) : std::nullopt;
    };
    const auto [batches, correlated] = decorrelated(batches_, value);
    const std::optional<double> point = mall_.get(metric);
    std::vector<double> sections;
    for (const Batch& b : batches) {
      if (const std::optional<double> v = value(b)) sections.push_back(*v);
    }
    if (!point || sections.size() < 2) return;
    const std::optional<Interval> interval = engine::sectioningInterval(*point, sections, kLevel);
    if (!interval) return;
    const bool few = static_cast<double>(samples) * (1 - q) < static_cast<double>(kEnoughInTail) * (1 - 1e-12);
    result.push_back({metric, interval->low, interval->high, kLevel, "sectioning", few, correlated});
  }

  std::vector<ConfidenceInterval> result;

 private:
  std::vector<Batch> batches_;
  const Metrics& mall_;
};

double count(std::uint64_t n) { return static_cast<double>(n); }

}  // namespace

std::vector<ConfidenceInterval> batchConfidence(const Collector& collector, const Metrics& mall, engine::SimTime until) {
  std::vector<Batch> batches;
  for (std::size_t i = 0; i < kBatches; ++i) {
    if (collector.batchEnd(i) <= until) batches.push_back(collector.batches()[i]);
  }
  const auto whole = [&](Metric m) { return static_cast<std::uint64_t>(mall.get(m).value_or(0)); };
  const std::uint64_t ok = whole(Metric::requests_ok), failed = whole(Metric::requests_failed);
  const double batch_seconds = collector.batchLength().seconds();

  Maker make(std::move(batches), mall);
  const auto answered = [](const Batch& b) { return count(b.ok.count() + b.failed); };
  if (ok + failed > 0 && (ok == 0 || failed == 0)) {
    if (const std::optional<Interval> exact = engine::proportionInterval(ok, ok + failed, kLevel)) {
      make.result.push_back({Metric::success_rate, exact->low, exact->high, kLevel, "Clopper-Pearson", ok + failed < kEnoughInTail, false});
    }
  } else {
    make.ratio(
        Metric::success_rate, 1, [](const Batch& b) { return count(b.ok.count()); }, answered, ok + failed);
    if (!make.result.empty()) make.result.back().high = std::min(1.0, make.result.back().high);
  }
  make.ratio(
      Metric::throughput, 1, [](const Batch& b) { return count(b.ok_in_window); }, [&](const Batch&) { return batch_seconds; }, ok);
  make.ratio(
      Metric::latency_mean, 1e-6, [](const Batch& b) { return static_cast<double>(b.ok.sum()); }, [](const Batch& b) { return count(b.ok.count()); }, ok);
  make.quantile(Metric::latency_p50, 0.50, ok);
  make.quantile(Metric::latency_p90, 0.90, ok);
  make.quantile(Metric::latency_p95, 0.95, ok);
  make.quantile(Metric::latency_p99, 0.99, ok);
  make.quantile(Metric::latency_p999, 0.999, ok);
  make.ratio(
      Metric::retries_amplification, 1, [](const Batch& b) { return count(b.attempts); }, [](const Batch& b) { return count(b.calls); },
      whole(Metric::calls_total));
  return std::move(make.result);
}

}  // namespace meshmall::models
