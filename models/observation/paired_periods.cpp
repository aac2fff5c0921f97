#include "models/observation/paired_periods.h"

#include <algorithm>

#include "engine/statistics/batch_means.h"
#include "engine/statistics/confidence.h"
#include "models/observation/collector.h"

namespace meshmall::models {

namespace {

using Value = std::optional<double> (*)(const PeriodValues&);

struct Figure {
  const char* metric;
  const char* unit;
  Value value;
};

constexpr Figure kFigures[] = {
    {"goodput", "/s", [](const PeriodValues& p) { return std::optional(p.goodput); }},
    {"success.rate", "ratio", [](const PeriodValues& p) { return p.success_rate; }},
    {"latency.mean", "ms", [](const PeriodValues& p) { return p.latency_mean; }},
    {"latency.p50", "ms", [](const PeriodValues& p) { return p.p50; }},
    {"latency.p99", "ms", [](const PeriodValues& p) { return p.p99; }},
    {"retries.amplification", "factor", [](const PeriodValues& p) { return p.amplification; }},
};

std::optional<double> ratio(std::uint64_t part, std::uint64_t whole) {
  return whole > 0 ? std::optional(static_cast<double>(part) / static_cast<double>(whole)) : std::nullopt;
}

std::optional<double> inMs(const std::optional<engine::Duration>& value) {
  return value ? std::optional(static_cast<double>(value->ns) / 1e6) : std::nullopt;
}

std::vector<double> neighboursTogether(const std::vector<double>& values) {
  std::vector<double> out;
  for (std::size_t i = values.size() % 2; i + 1 < values.size(); i += 2) out.push_back((values[i] + values[i + 1]) / 2);
  return out;
}

PairedDifference compared(const Figure& figure, const std::vector<PeriodValues>& a, const std::vector<PeriodValues>& b, double level) {
  PairedDifference out;
  out.metric = figure.metric;
  out.unit = figure.unit;
  out.level = level;
  std::vector<double> differences, of_a, of_b;
  auto other = b.begin();
  for (const PeriodValues& period : a) {
    while (other != b.end() && other->begin < period.begin) ++other;
    if (other == b.end() || other->begin != period.begin) continue;
    const std::optional<double> x = figure.value(period), y = figure.value(*other);
    if (!x || !y) continue;
    of_a.push_back(*x);
    of_b.push_back(*y);
    differences.push_back(*y - *x);
  }
  out.periods = differences.size();
  if (differences.empty()) return out;
  out.a = engine::sampleMean(of_a);
  out.b = engine::sampleMean(of_b);
  out.difference = engine::sampleMean(differences);
  if (differences.size() < kFewestPeriods) return out;
  if (std::all_of(differences.begin(), differences.end(), [](double d) { return d == 0; })) {
    out.verdict = PairedDifference::Verdict::identical;
    return out;
  }
  out.correlated = engine::isCorrelated(differences);
  while (out.correlated && differences.size() >= 20) {
    differences = neighboursTogether(differences);
    out.correlated = engine::isCorrelated(differences);
  }
  out.periods = differences.size();
  const std::optional<engine::Interval> around = engine::meanInterval(differences, level);
  if (!around) return out;
  // Where an odd number was put together the first period is left out of the interval, not of the estimate.
  const double half = (around->high - around->low) / 2;
  out.low = out.difference - half;
  out.high = out.difference + half;
  out.verdict = out.low > 0 ? PairedDifference::Verdict::higher : out.high < 0 ? PairedDifference::Verdict::lower : PairedDifference::Verdict::not_clear;
  return out;
}

}  // namespace

std::vector<PeriodValues> periodValues(const Collector& collector, engine::SimTime now, bool finished) {
  std::vector<PeriodValues> out;
  const double seconds = collector.batchLength().seconds();
  engine::SimTime begin = collector.window().begin;
  for (std::size_t i = 0; i < kBatches; ++i) {
    const engine::SimTime end = collector.batchEnd(i);
    if (!finished && (i + 1 < kBatches ? collector.batchEnd(i + 1) : end + collector.batchLength()) > now) break;
    const Collector::Batch& batch = collector.batches()[i];
    PeriodValues period;
    period.begin = begin;
    period.end = end;
    period.ok = batch.ok.count();
    period.failed = batch.failed;
    period.goodput = seconds > 0 ? static_cast<double>(batch.ok_in_window) / seconds : 0;
    if (period.ok > 0) {
      period.latency_mean = static_cast<double>(batch.ok.sum()) / static_cast<double>(period.ok) / 1e6;
      period.p50 = inMs(batch.ok.quantile(0.5));
      // Below 1,000 answers the slowest hundredth is fewer than ten customers.
      if (period.ok >= 1000) period.p99 = inMs(batch.ok.quantile(0.99));
    }
    period.success_rate = ratio(period.ok, period.ok + period.failed);
    period.amplification = ratio(batch.attempts, batch.calls);
    out.push_back(period);
    begin = end;
  }
  return out;
}

std::vector<PairedDifference> pairedDifferences(const std::vector<PeriodValues>& a, const std::vector<PeriodValues>& b, double level) {
  std::vector<PairedDifference> out;
  for (const Figure& figure : kFigures) out.push_back(compared(figure, a, b, level));
  return out;
}

}  // namespace meshmall::models
