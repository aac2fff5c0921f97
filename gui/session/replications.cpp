#include "gui/session/replications.h"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "engine/experiment/parallel.h"
#include "engine/kernel/limit.h"
#include "gui/charts/enough_samples.h"
#include "gui/session/scenario_file.h"
#include "models/mall/mall.h"
#include "models/scenario/problems.h"
#include "models/study/columns.h"
#include "models/study/mean_interval.h"
#include "models/study/pooled_latency.h"
#include "models/study/study.h"

namespace meshmall::gui {

namespace {

constexpr int kSlice = 4096;                        // events between two looks at whether to stop
constexpr std::uint64_t kMostValues = 100'000'000;  // kept in memory, 16 bytes each
constexpr double kLevel = 0.95;

unsigned workersHere() { return std::thread::hardware_concurrency() >= 4 ? 2 : 1; }

models::Study studyOf(const models::Scenario& scenario, const ReplicationRequest& request) {
  models::Study study;
  study.name = scenario.name;
  study.variants = {"baseline"};
  study.baseline = 0;
  study.points.emplace_back();
  study.replications = request.runs;
  if (request.runs.adaptive()) study.watched = request.watched;
  for (std::size_t m = 0; m < models::kMetrics; ++m) study.metrics.push_back(models::metricAt(m));
  study.groups.push_back({0, 0, scenario, {}});
  study.seed = scenario.run.seed;
  return study;
}

std::string firstError(const ScenarioFile& file) {
  for (const models::Problem& problem : file.problems)
    if (problem.severity == models::Problem::Severity::error) return (problem.pointer.empty() ? "" : problem.pointer + ": ") + problem.message;
  return "the scenario cannot be run";
}

}  // namespace

std::optional<models::Result> runReplication(std::shared_ptr<const models::Plan> plan, std::uint64_t seed, std::uint64_t replication, const std::atomic<bool>& stop,
                                             const std::function<void(double share)>& progress) {
  models::RunOptions options;
  options.seed = seed;
  options.replication = replication;
  models::Mall mall(std::move(plan), options);
  const double end = mall.end().seconds();
  for (;;) {
    bool going = true;
    for (int i = 0; i < kSlice && going; ++i) going = mall.step();
    if (!going) return mall.result();
    if (stop.load(std::memory_order_relaxed)) return std::nullopt;
    progress(end > 0 ? std::clamp(mall.now().seconds() / end, 0.0, 1.0) : 1);
  }
}

// What the threads of one request have in common. Everything but run() is the coordinating thread's.
class Replications::Work {
 public:
  Work(Replications& owner, std::shared_ptr<const models::Plan> plan)
      : owner_(owner),
        plan_(std::move(plan)),
        study_(studyOf(plan_->scenario, owner.request_)),
        columns_(study_),
        table_(columns_.table()),
        schedule_({{0}}, owner.request_.runs, {}),
        watched_(table_.column("mall", models::info(owner.request_.watched).name)) {
    std::map<std::string, std::size_t> ok, failed;  // columns, by scope
    for (std::size_t c = 0; c < table_.columns.size(); ++c) {
      const engine::SampleColumn& column = table_.columns[c];
      if (column.scope == "mall") courses_[column.metric];
      if (column.metric == models::info(models::Metric::requests_ok).name) ok[column.scope] = c;
      if (column.metric == models::info(models::Metric::requests_failed).name) failed[column.scope] = c;
    }
    for (const engine::SampleColumn& column : table_.columns) {
      std::optional<Quantile> quantile;
      const auto metric = models::findMetric(column.metric);
      if (const auto found = metric ? models::quantileOf(*metric) : std::nullopt) {
        const auto& counts = found->failed ? failed : ok;
        if (const auto at = counts.find(column.scope); at != counts.end()) quantile = Quantile{samplesNeeded(found->q), at->second};
      }
      quantiles_.push_back(quantile);
    }
  }

  bool fits() const { return owner_.request_.runs.most * table_.columns.size() <= kMostValues; }
  void make();

 private:
  struct Made {
    engine::SampleRow row;
    RunCurves curves;
  };
  struct Quantile {  // of a column: how many samples a run needs for it, and where their number stands
    std::uint64_t needed = 0;
    std::size_t samples = 0;
  };
  std::optional<Made> run(std::uint64_t replication, const std::atomic<bool>& stop);
  void take(std::uint64_t replication, Made made);
  Estimate estimate(std::size_t column) const;
  void publish();

  Replications& owner_;
  const std::shared_ptr<const models::Plan> plan_;
  const models::Study study_;
  const models::StudyColumns columns_;
  engine::SampleTable table_;  // of the runs 0 to rows - 1
  std::vector<std::optional<Quantile>> quantiles_;  // by column
  std::map<std::string, MetricCourse> courses_;
  std::vector<RunCurves> curves_;
  std::map<std::uint64_t, Made> early_;  // runs that ended before one that was begun earlier
  engine::ReplicationPlan schedule_;
  const std::optional<std::size_t> watched_;
};

void Replications::Work::make() {
  publish();
  engine::ParallelWork<engine::RunId, std::optional<Made>> work;
  work.next = [this] { return schedule_.next(); };
  work.work = [this](const engine::RunId& id, const std::atomic<bool>& stop) { return run(id.replication, stop); };
  work.finish = [this](auto&& ended) {
    for (auto& [id, made] : ended) {
      if (!made) continue;
      schedule_.done(id, watched_ ? made->row.values[*watched_] : std::nullopt);
      early_.emplace(id.replication, std::move(*made));
    }
    bool more = false;
    for (auto next = early_.find(table_.groups[0].rows.size()); next != early_.end(); next = early_.find(table_.groups[0].rows.size())) {
      take(next->first, std::move(next->second));
      early_.erase(next);
      more = true;
    }
    if (more) publish();
    return true;
  };
  work.wait = [this] { return !owner_.stop_.load(); };
  engine::runParallel(owner_.request_.workers > 0 ? owner_.request_.workers : workersHere(), work);
}

// On a thread of its own.
std::optional<Replications::Work::Made> Replications::Work::run(std::uint64_t replication, const std::atomic<bool>& stop) {
  const auto progress = [&](double share) {
    if (stop.load(std::memory_order_relaxed)) owner_.stop_ = true;  // another run has failed: this one need not go on
    const std::lock_guard lock(owner_.mutex_);
    owner_.shares_[replication] = share;
  };
  try {
    const auto result = runReplication(plan_, study_.seed, replication, owner_.stop_, progress);
    if (!result) return std::nullopt;
    progress(1);
    return Made{columns_.row(0, *result), curvesOf(*result)};
  } catch (const engine::LimitReached& limit) {
    throw engine::LimitReached(std::string(limit.what()) + " (run " + std::to_string(replication) + ")");
  } catch (const engine::BrokenPromise& broken) {
    throw engine::BrokenPromise(std::string(broken.what()) + " (run " + std::to_string(replication) + ")");
  }
}

Estimate Replications::Work::estimate(std::size_t column) const {
  Estimate out;
  std::vector<double> values;
  for (const engine::SampleRow& row : table_.groups[0].rows) {
    if (!row.values[column]) continue;
    values.push_back(*row.values[column]);
    out.few_data = out.few_data || row.few_data[column];
    if (const auto& quantile = quantiles_[column]; quantile && row.values[quantile->samples].value_or(0) < static_cast<double>(quantile->needed)) out.needed = quantile->needed;
  }
  out.runs = values.size();
  if (!values.empty()) out.mean = engine::sampleMean(values);
  // A proportion that was 0 or 1 has an interval after one run already; of one run nothing is claimed here.
  if (values.size() >= 2) out.interval = models::meanInterval(table_, 0, column, kLevel);
  return out;
}

void Replications::Work::take(std::uint64_t, Made made) {
  table_.groups[0].rows.push_back(std::move(made.row));
  curves_.push_back(std::move(made.curves));
  for (std::size_t c = 0; c < table_.columns.size(); ++c) {
    if (table_.columns[c].scope != "mall") continue;
    MetricCourse& course = courses_[table_.columns[c].metric];
    course.values.push_back(table_.groups[0].rows.back().values[c]);
    course.estimates.push_back(estimate(c));
  }
}

void Replications::Work::publish() {
  auto estimates = std::make_shared<std::vector<EstimatedMetric>>();
  for (std::size_t c = 0; c < table_.columns.size(); ++c)
    if (!table_.groups[0].absent[c]) estimates->push_back({table_.columns[c].scope, table_.columns[c].metric, estimate(c)});
  auto courses = std::make_shared<const std::map<std::string, MetricCourse>>(courses_);
  auto bands = curves_.size() >= 2 ? std::make_shared<const RunBands>(bandsOf(curves_)) : nullptr;
  const std::lock_guard lock(owner_.mutex_);
  ReplicationState& state = owner_.state_;
  state.phase = ReplicationState::Phase::running;
  state.seed = study_.seed;
  state.done = table_.groups[0].rows.size();
  state.wanted = schedule_.runsKnown();
  state.most = schedule_.mostRuns();
  state.precise = schedule_.finished() && study_.replications.adaptive() && watched_ &&
                  engine::preciseEnough(courses_[table_.columns[*watched_].metric].values, study_.replications.relative_half_width);
  state.estimates = std::move(estimates);
  state.courses = std::move(courses);
  state.bands = std::move(bands);
  owner_.shares_.erase(owner_.shares_.begin(), owner_.shares_.lower_bound(state.done));
}

Replications::Replications(ReplicationRequest request) : request_(std::move(request)) {
  state_.wanted = request_.runs.first;
  state_.most = request_.runs.most;
  thread_ = std::thread([this] { work(); });
}

Replications::~Replications() {
  stop_ = true;
  thread_.join();
}

ReplicationState Replications::state() const {
  const std::lock_guard lock(mutex_);
  ReplicationState out = state_;
  for (const auto& [replication, share] : shares_) out.under_way += share;
  return out;
}

void Replications::fail(const std::string& why) {
  const std::lock_guard lock(mutex_);
  state_.phase = ReplicationState::Phase::failed;
  state_.error = why;
  shares_.clear();
}

void Replications::work() {
  using Phase = ReplicationState::Phase;
  try {
    ScenarioFile file = readScenario(request_.text, request_.path, false);
    {
      const std::lock_guard lock(mutex_);
      state_.hash = file.hash;
      if (file.settles) state_.phase = Phase::settling;
    }
    if (!file.sound() && !file.settles) return fail(firstError(file));
    if (file.settles) file = settle(file, stop_);
    if (file.sound()) {
      for (const models::Problem& problem : file.problems)
        if (problem.code == "warmup") {
          const std::lock_guard lock(mutex_);
          state_.remark = problem.message;
        }
      Work all(*this, file.plan);
      if (!all.fits()) return fail("so many runs have more values than can be kept; ask for fewer");
      all.make();
    }
    const std::lock_guard lock(mutex_);
    state_.phase = state_.done > 0 && state_.done == state_.wanted ? Phase::finished : Phase::stopped;
    shares_.clear();
  } catch (const std::bad_alloc&) {
    fail("out of memory");
  } catch (const std::exception& failure) {
    fail(failure.what());
  }
}

}  // namespace meshmall::gui
