#include "models/observation/paired_periods.h"

#include <algorithm>
#include <cmath>

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

std::vector<double> differencesOf(const Figure& figure, const MeasuredPeriods& a, const MeasuredPeriods& b) {
  std::vector<double> out;
  auto other = b.each.begin();
  for (const PeriodValues& period : a.each) {
    while (other != b.each.end() && other->begin < period.begin) ++other;
    if (other == b.each.end() || other->begin != period.begin) continue;
    const std::optional<double> x = figure.value(period), y = figure.value(*other);
    if (x && y) out.push_back(*y - *x);
  }
  return out;
}

// Half the length of the interval of `whole`, of which `sections` are the same in parts. At least 2.
double sectioned(double whole, const std::vector<double>& sections, double level) {
  double squares = 0;
  for (const double d : sections) squares += (d - whole) * (d - whole);
  const auto n = static_cast<double>(sections.size());
  return engine::studentQuantile(0.5 + level / 2, n - 1) * std::sqrt(squares / (n * (n - 1)));
}

PairedDifference compared(const Figure& figure, const MeasuredPeriods& a, const MeasuredPeriods& b, double level) {
  PairedDifference out;
  out.metric = figure.metric;
  out.unit = figure.unit;
  out.level = level;
  if (!a.each.empty()) out.a = figure.value(a.whole);
  if (!b.each.empty()) out.b = figure.value(b.whole);
  if (!out.a || !out.b || a.each.size() != b.each.size()) return out;
  out.difference = *out.b - *out.a;
  std::vector<double> differences = differencesOf(figure, a, b);
  out.periods = differences.size();
  if (differences.size() < kFewestPeriods) return out;
  if (out.difference == 0 && std::all_of(differences.begin(), differences.end(), [](double d) { return d == 0; })) {
    out.verdict = PairedDifference::Verdict::identical;
    return out;
  }
  out.correlated = engine::isCorrelated(differences);
  while (out.correlated && differences.size() >= 20) {
    differences = neighboursTogether(differences);
    out.correlated = engine::isCorrelated(differences);
  }
  out.periods = differences.size();
  const double half = sectioned(out.difference, differences, level);
  out.low = out.difference - half;
  out.high = out.difference + half;
  out.verdict = out.low > 0 ? PairedDifference::Verdict::higher : out.high < 0 ? PairedDifference::Verdict::lower : PairedDifference::Verdict::not_clear;
  return out;
}

}  // namespace

namespace {

// What periods and the whole have in common: counts, and the latencies of their ok customers.
struct Counted {
  engine::Histogram ok;
  std::uint64_t failed = 0, ok_in_window = 0, calls = 0, attempts = 0;
};

PeriodValues valuesOf(const Counted& counted, engine::SimTime begin, engine::SimTime end, double seconds) {
  PeriodValues out;
  out.begin = begin;
  out.end = end;
  out.ok = counted.ok.count();
  out.failed = counted.failed;
  out.goodput = seconds > 0 ? static_cast<double>(counted.ok_in_window) / seconds : 0;
  if (out.ok > 0) {
    out.latency_mean = static_cast<double>(counted.ok.sum()) / static_cast<double>(out.ok) / 1e6;
    if (out.ok >= 20) out.p50 = inMs(counted.ok.quantile(0.5));
    if (out.ok >= 1000) out.p99 = inMs(counted.ok.quantile(0.99));
  }
  out.success_rate = ratio(out.ok, out.ok + out.failed);
  out.amplification = ratio(counted.attempts, counted.calls);
  return out;
}

}  // namespace

MeasuredPeriods periodValues(const Collector& collector, engine::SimTime now, bool finished) {
  MeasuredPeriods out;
  const double seconds = collector.batchLength().seconds();
  engine::SimTime begin = collector.window().begin;
  Counted all;
  for (std::size_t i = 0; i < kBatches; ++i) {
    const engine::SimTime end = collector.batchEnd(i);
    if (!finished && (i + 1 < kBatches ? collector.batchEnd(i + 1) : end + collector.batchLength()) > now) break;
    const Collector::Batch& batch = collector.batches()[i];
    out.each.push_back(valuesOf({batch.ok, batch.failed, batch.ok_in_window, batch.calls, batch.attempts}, begin, end, seconds));
    all.ok.merge(batch.ok);
    all.failed += batch.failed;
    all.ok_in_window += batch.ok_in_window;
    all.calls += batch.calls;
    all.attempts += batch.attempts;
    begin = end;
  }
  if (!out.each.empty()) out.whole = valuesOf(all, out.each.front().begin, begin, (begin - out.each.front().begin).seconds());
  return out;
}

std::vector<PairedDifference> pairedDifferences(const MeasuredPeriods& a, const MeasuredPeriods& b, double level) {
  std::vector<PairedDifference> out;
  for (const Figure& figure : kFigures) out.push_back(compared(figure, a, b, level));
  return out;
}

}  // namespace meshmall::models
