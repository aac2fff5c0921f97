#include "cli/compare_runs.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

#include "cli/interrupt.h"
#include "cli/simulation.h"
#include "engine/experiment/parallel.h"
#include "engine/kernel/limit.h"
#include "models/mall/mall.h"
#include "models/study/columns.h"

namespace meshmall::cli {
namespace {

constexpr int kSlice = 4096;
constexpr int kSlicesPerMemoryLook = 64;

struct Run {
  bool candidate = false;
  std::uint64_t replication = 0;
};

struct Found {
  bool whole = false;  // false: stopped on the way
  engine::SampleRow row;
  models::PooledLatency latency;
  models::TimelineResult timeline;
  std::uint64_t requests = 0;
};

models::Study studyOf(const PairPlan& plan) {
  models::Study study;
  study.variants = {"baseline", "candidate"};
  study.points = {{}};
  for (std::size_t m = 0; m < models::kMetrics; ++m) study.metrics.push_back(models::metricAt(m));
  study.groups.resize(2);
  study.groups[0].scenario = plan.baseline;
  study.groups[1].variant = 1;
  study.groups[1].scenario = plan.candidate;
  return study;
}

// Averages by time of one side, filled in the order of replications so that sums are the same each time.
class Averages {
 public:
  void add(const models::TimelineResult& timeline) {
    interval = timeline.interval;
    if (names.empty()) {
      for (const auto& [name, values] : timeline.series) names.push_back(name);
      sums.resize(names.size());
      counts.resize(names.size());
    }
    for (std::size_t s = 0; s < timeline.series.size() && s < names.size(); ++s) {
      const std::vector<double>& values = timeline.series[s].second;
      if (sums[s].size() < values.size()) {
        sums[s].resize(values.size(), 0.0);
        counts[s].resize(values.size(), 0.0);
      }
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (std::isnan(values[i])) continue;
        sums[s][i] += values[i];
        counts[s][i] += 1;
      }
    }
  }
  std::vector<double> mean(std::size_t s) const {
    std::vector<double> values;
    for (std::size_t i = 0; i < sums[s].size(); ++i) values.push_back(counts[s][i] > 0 ? sums[s][i] / counts[s][i] : std::numeric_limits<double>::quiet_NaN());
    return values;
  }

  double interval = 1;
  std::vector<std::string> names;

 private:
  std::vector<std::vector<double>> sums, counts;
};

}  // namespace

class PairRunner::Work {
 public:
  explicit Work(PairPlan plan)
      : plan_(std::move(plan)), columns_(studyOf(plan_)), baseline_(models::makePlan(plan_.baseline)), candidate_(models::makePlan(plan_.candidate)) {
    runs_.table = columns_.table();
  }

  int extend(std::uint64_t replications, RunPlace& failed, const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    if (replications <= made_) return 0;
    failed_ = &failed;
    std::uint64_t handed = 2 * made_;
    done_ = handed;
    for (std::size_t side = 0; side < 2; ++side) {
      runs_.table.groups[side].rows.resize(replications);
      timelines_[side].resize(replications - made_);
    }
    engine::ParallelWork<Run, Found> work;
    work.next = [&]() -> std::optional<Run> {
      if (handed >= 2 * replications) return std::nullopt;
      const Run run{handed % 2 == 1, handed / 2};
      ++handed;
      return run;
    };
    work.work = [this](const Run& run, const std::atomic<bool>& stop) { return simulate(run, stop); };
    work.finish = [this](std::vector<std::pair<Run, Found>>&& ended) { return keep(std::move(ended)); };
    work.wait = [&] {
      progress(done_, 2 * replications);
      return InterruptWatch::signal() == 0;
    };
    engine::runParallel(static_cast<unsigned>(std::min<std::uint64_t>(plan_.jobs, 2 * (replications - made_))), work);
    if (const int signal = InterruptWatch::signal()) return signal;
    putTogether();
    made_ = replications;
    return 0;
  }

  const PairPlan& plan() const { return plan_; }
  const PairRuns& runs() const { return runs_; }

 private:
  Found simulate(const Run& run, const std::atomic<bool>& stop) {
    try {
      models::RunOptions options;
      options.seed = plan_.seed;
      options.replication = run.replication + (run.candidate ? plan_.candidate_first : 0);
      options.max_events = plan_.limits.events;
      models::Mall mall(run.candidate ? candidate_ : baseline_, options);
      Found found;
      for (int slices = 0;; ++slices) {
        for (int i = 0; i < kSlice; ++i) {
          if (!mall.step()) return collect(mall, run, std::move(found));
          if (stop) return found;
        }
        if (plan_.limits.memory_bytes && slices % kSlicesPerMemoryLook == 0 && memoryInUse() > *plan_.limits.memory_bytes)
          engine::limitReached("the limit on memory was reached");
      }
    } catch (...) {
      const std::lock_guard<std::mutex> hold(mutex_);
      if (!any_failed_) *failed_ = {run.candidate, run.replication + (run.candidate ? plan_.candidate_first : 0)};
      any_failed_ = true;
      throw;
    }
  }

  Found collect(const models::Mall& mall, const Run& run, Found found) const {
    const models::Result result = mall.result();
    found.whole = true;
    found.row = columns_.row(run.candidate ? 1 : 0, result);
    found.latency.add(mall.collector());
    found.timeline = result.timeline;
    found.requests = static_cast<std::uint64_t>(result.metrics.get(models::Metric::requests_total).value_or(0));
    return found;
  }

  bool keep(std::vector<std::pair<Run, Found>>&& ended) {
    for (auto& [run, found] : ended) {
      if (!found.whole) return false;
      const std::size_t side = run.candidate ? 1 : 0;
      runs_.table.groups[side].rows[run.replication] = std::move(found.row);
      timelines_[side][run.replication - made_] = std::move(found.timeline);
      (run.candidate ? runs_.candidate : runs_.baseline).merge(found.latency);
      (run.candidate ? runs_.candidate_requests : runs_.baseline_requests) += found.requests;
      ++done_;
    }
    return true;
  }

  // In the order of replications, so that sums are the same however many steps there are.
  void putTogether() {
    for (std::size_t side = 0; side < 2; ++side) {
      for (const models::TimelineResult& timeline : timelines_[side]) averages_[side].add(timeline);
      timelines_[side].clear();
    }
    runs_.series.clear();
    if (averages_[0].interval != averages_[1].interval) return;  // runs of different length: no common axis
    for (std::size_t s = 0; s < averages_[0].names.size(); ++s)
      runs_.series.push_back({averages_[0].names[s], averages_[0].interval, averages_[0].mean(s), averages_[1].mean(s)});
  }

  const PairPlan plan_;
  PairRuns runs_;
  models::StudyColumns columns_;
  std::shared_ptr<const models::Plan> baseline_, candidate_;
  std::vector<models::TimelineResult> timelines_[2];  // of this step
  Averages averages_[2];
  std::uint64_t made_ = 0, done_ = 0;
  RunPlace* failed_ = nullptr;
  std::mutex mutex_;
  bool any_failed_ = false;
};

PairRunner::PairRunner(PairPlan plan) : work_(std::make_unique<Work>(std::move(plan))) {}
PairRunner::~PairRunner() = default;
int PairRunner::extend(std::uint64_t replications, RunPlace& failed, const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  return work_->extend(replications, failed, progress);
}
const PairRuns& PairRunner::runs() const { return work_->runs(); }
const PairPlan& PairRunner::plan() const { return work_->plan(); }

}  // namespace meshmall::cli
