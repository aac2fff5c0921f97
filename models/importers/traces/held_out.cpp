#include "models/importers/traces/held_out.h"

#include <algorithm>
#include <cmath>

#include "engine/kernel/limit.h"
#include "engine/random/keyed_stream.h"
#include "models/importers/traces/fit.h"
#include "models/importers/traces/keep_apart.h"
#include "models/importers/traces/time_json.h"
#include "models/mall/mall.h"
#include "models/scenario/decode_scenario.h"

namespace meshmall::models::traces {

namespace {

constexpr int kResamples = 400;
constexpr std::size_t kBlocks = 100, kEvery = 10;
constexpr double kCustomers = 20'000, kCalls = 1'000'000;
constexpr std::uint64_t kMostEvents = 60'000'000;
constexpr double kMs = 1e-6;

struct Figure {
  const char* name;
  double q;
};
constexpr Figure kFigures[] = {{"mean", -1}, {"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}};

// Of the requests that succeeded, as a run's latencies are.
std::vector<double> timesOf(const Visits& traced, const std::vector<std::uint32_t>& roots) {
  std::vector<double> out;
  for (const std::uint32_t root : roots)
    if (!traced.all[root].failed) out.push_back(static_cast<double>(traced.all[root].length()) * kMs);
  std::sort(out.begin(), out.end());
  return out;
}

double figureOf(const std::vector<double>& sorted, double q) { return q < 0 ? meanOf(sorted) : quantileOf(sorted, q); }

TracedFigure figure(const std::vector<double>& sorted, double q) {
  const Bounds bounds = bootstrap(sorted, q, 0.95);
  const auto ns = [](double ms) { return engine::Duration{std::llround(ms * 1e6)}; };
  return {ns(figureOf(sorted, q)), ns(bounds.low), ns(bounds.high)};
}

// So long that enough customers come for the 95th percentile to be steady.
std::string pilotDuration(const Visits& traced, const std::vector<std::uint32_t>& roots) {
  const double calls = static_cast<double>(traced.all.size()) / static_cast<double>(std::max<std::size_t>(1, traced.roots.size()));
  const double customers = std::clamp(kCalls / calls, 500.0, kCustomers);
  const double window = static_cast<double>(traced.all[roots.back()].start - traced.all[roots.front()].start) * kMs;
  const double gap = std::max(window / static_cast<double>(roots.size()), 1e-3);
  return durationText(std::clamp(customers * gap, 1000.0, 3e11));
}

}  // namespace

Bounds bootstrap(const std::vector<double>& sorted, double q, double level) {
  const std::size_t n = sorted.size();
  engine::StreamSource random({1, 0}, {0, 0, 0});
  std::vector<double> found;
  std::vector<std::uint32_t> counts(n);
  for (int r = 0; r < kResamples; ++r) {
    std::fill(counts.begin(), counts.end(), 0U);
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const auto drawn = static_cast<std::size_t>((static_cast<engine::Int128>(random.next() >> 1) * static_cast<engine::Int128>(n)) >> 63);
      ++counts[drawn];
      sum += sorted[drawn];
    }
    if (q < 0) {
      found.push_back(sum / static_cast<double>(n));
      continue;
    }
    const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(q * static_cast<double>(n) - 1e-9)));
    std::size_t seen = 0, i = 0;
    for (; i + 1 < n && seen + counts[i] < rank; ++i) seen += counts[i];
    found.push_back(sorted[i]);
  }
  std::sort(found.begin(), found.end());
  return {quantileOf(found, (1 - level) / 2), quantileOf(found, (1 + level) / 2)};
}

TracedFigures figuresOf(const Visits& traced, const std::vector<std::uint32_t>& roots) {
  TracedFigures out;
  const std::vector<double> sorted = timesOf(traced, roots);
  out.requests = sorted.size();
  if (sorted.empty()) return out;
  out.mean = figure(sorted, -1);
  out.p50 = figure(sorted, 0.5);
  out.p90 = figure(sorted, 0.9);
  out.p95 = figure(sorted, 0.95);
  out.p99 = figure(sorted, 0.99);
  return out;
}

Simulated simulateMesh(const std::string& scenario, const std::vector<double>& quantiles) {
  Simulated out;
  const DecodeResult decoded = decodeScenario(scenario, "the fitted mall", "");
  if (!decoded.scenario) {
    out.trouble = decoded.problems.empty() ? "the scenario is not sound" : textOf(decoded.problems.front());
    return out;
  }
  RunOptions options;
  options.max_events = kMostEvents;
  try {
    Mall mall(makePlan(*decoded.scenario), options);
    mall.run();
    engine::Histogram all;
    for (const auto& traffic : mall.collector().traffic()) all.merge(traffic.answers.ok);
    if (all.count() == 0) {
      out.trouble = "no request of the fitted mall succeeds";
      return out;
    }
    for (const double q : quantiles) out.values.push_back(q < 0 ? *all.meanNs() * kMs : static_cast<double>(all.quantile(q)->ns) * kMs);
  } catch (const engine::LimitReached& limit) {
    out.trouble = limit.what();
  }
  return out;
}

HeldOut predictHeldOut(Visits& traced, const MeshWords& words) {
  HeldOut out;
  const std::size_t n = traced.roots.size();
  if (n < kLeastToHoldOut) {
    out.trouble = "too few requests to hold some out";
    return out;
  }
  const std::size_t block = std::max<std::size_t>(1, n / kBlocks);
  std::vector<std::uint32_t> fitted, held;
  for (std::size_t i = 0; i < n; ++i) (i / block % kEvery == kEvery - 1 ? held : fitted).push_back(traced.roots[i]);
  out.requests = held.size();
  out.fitted = fitted.size();
  if (held.empty()) {
    out.trouble = "too few requests to hold some out";
    return out;
  }
  keepApart(traced, fitted);
  MeshWords pilot = words;
  pilot.slos.clear();
  pilot.duration = pilotDuration(traced, fitted);
  std::vector<double> quantiles;
  for (const Figure& each : kFigures) quantiles.push_back(each.q);
  const Simulated simulated = simulateMesh(meshFromVisits(traced, fitted, pilot, nullptr), quantiles);
  out.trouble = simulated.trouble;
  if (!out.trouble.empty()) return out;
  const std::vector<double> sorted = timesOf(traced, held);
  if (sorted.empty()) {
    out.trouble = "none of the requests held out succeeded";
    return out;
  }
  for (std::size_t i = 0; i < std::size(kFigures); ++i) {
    const Bounds bounds = bootstrap(sorted, kFigures[i].q, 0.95);
    // The slowest of them stands for every quantile beyond the last but one: resampled it can only become less.
    const bool known = kFigures[i].q < 0 || static_cast<double>(sorted.size()) * (1 - kFigures[i].q) >= 1 - 1e-9;
    out.predictions.push_back({kFigures[i].name, figureOf(sorted, kFigures[i].q), bounds.low, bounds.high, simulated.values[i], known});
  }
  return out;
}

}  // namespace meshmall::models::traces
