#include "models/study/settling.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include "engine/statistics/mser5.h"
#include "models/mall/mall.h"

namespace meshmall::models {
namespace {

constexpr int kPilots = 5;
constexpr int kLongerPilots = 3;
constexpr std::uint64_t kPilotReplications = std::uint64_t{1} << 40;  // far from any that a study uses
constexpr Timeline::Series kSeries[] = {Timeline::kLatencyMean, Timeline::kInFlight};

// Averages of what the pilots say of each interval; an interval without a sample repeats the one before it.
std::vector<double> averaged(const std::vector<std::vector<double>>& pilots) {
  std::size_t length = pilots.front().size();
  for (const auto& pilot : pilots) length = std::min(length, pilot.size());
  std::vector<double> average;
  for (std::size_t i = 0; i < length; ++i) {
    double sum = 0, samples = 0;
    for (const auto& pilot : pilots)
      if (!std::isnan(pilot[i])) sum += pilot[i], samples += 1;
    average.push_back(samples > 0 ? sum / samples : average.empty() ? 0 : average.back());
  }
  return average;
}

struct Cut {
  engine::Duration length;
  bool too_short = false;
  bool stopped = false;
};

Cut cutOf(const Scenario& pilot, std::uint64_t replication, std::uint64_t max_events, const PilotRunner& run) {
  Cut cut;
  const auto plan = makePlan(pilot);
  std::vector<std::vector<double>> series[std::size(kSeries)];
  for (int p = 0; p < kPilots; ++p) {
    RunOptions options;
    options.seed = pilot.run.seed;
    options.replication = kPilotReplications + replication * kPilots + static_cast<std::uint64_t>(p);
    options.max_events = max_events;
    Mall mall(plan, options);
    cut.stopped = !run(mall, p + 1, kPilots);
    if (cut.stopped) return cut;
    const Timeline& timeline = mall.collector().timeline();
    for (std::size_t s = 0; s < std::size(kSeries); ++s) series[s].push_back(timeline.series(kSeries[s]));
    cut.length = timeline.interval();  // of one point, for now
  }
  std::size_t points = 0;
  for (const auto& pilots : series) {
    const engine::Mser5Result found = engine::mser5(averaged(pilots));
    cut.too_short = cut.too_short || found.too_short;
    points = std::max(points, found.cut);
  }
  const auto with_margin = static_cast<std::int64_t>((points * 6 + 4) / 5);  // + 20 %, rounded up
  cut.length = cut.length * with_margin;
  return cut;
}

}  // namespace

Settling findSettling(const Scenario& scenario, std::uint64_t replication, std::uint64_t max_events, const PilotRunner& run) {
  Scenario pilot = scenario;
  pilot.run.warmup = engine::Duration{0};
  pilot.run.drain = false;
  pilot.slos.clear();
  Cut cut;
  for (int i = 0; i <= kLongerPilots; ++i) {
    cut = cutOf(pilot, replication, max_events, run);
    if (cut.stopped || !cut.too_short) break;
    pilot.run.duration = pilot.run.duration * 2;
  }
  return {cut.length, !cut.too_short, cut.stopped};
}

}  // namespace meshmall::models
