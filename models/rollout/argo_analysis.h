// Argo's AnalysisRun: metrics measured at their intervals, counted, and assessed until the run has a result.
//
// Errors do not add to a metric's count. All limits are passed by more than they say. After an error the next measurement is 10 s later, else an
// interval after the end of the last. The holder calls onDue() at nextDue(); measurements end at once. No draws.
// Source: Argo Rollouts analysis/analysis.go, utils/evaluate, utils/analysis; spec rollout-traffic-security.md 1.2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kernel/time.h"

namespace meshmall::models {

enum class AnalysisPhase : std::uint8_t { kPending, kRunning, kSuccessful, kInconclusive, kError, kFailed };
std::string_view name(AnalysisPhase phase);  // "Pending", ...
std::optional<AnalysisPhase> analysisPhase(std::string_view name);

constexpr bool completed(AnalysisPhase phase) { return phase != AnalysisPhase::kPending && phase != AnalysisPhase::kRunning; }
// Best to worst: Successful, Running, Pending, Inconclusive, Error, Failed.
bool isWorse(AnalysisPhase current, AnalysisPhase other);
AnalysisPhase worst(AnalysisPhase a, AnalysisPhase b);

struct ArgoMetric {
  std::string name;
  std::optional<engine::Duration> interval;  // nothing: measured once
  engine::Duration initial_delay{0};
  std::optional<std::int64_t> count;                      // 0 as if absent
  std::optional<std::int64_t> failure_limit;              // default 0; negative: off
  std::optional<std::int64_t> inconclusive_limit;         // default 0
  std::optional<std::int64_t> consecutive_error_limit;    // default 4
  std::optional<std::int64_t> consecutive_success_limit;  // above 0: so many in a row are a success
  bool dry_run = false;                                   // measured, but without effect on the run
};

// What the conditions say of one value: whether each is given and, if so, whether it holds (nothing: it could not be evaluated).
struct ConditionAnswers {
  bool has_success = false, has_failure = false;
  std::optional<bool> success, failure;
};
AnalysisPhase measurementPhase(const ConditionAnswers& answers);

struct MetricCounts {
  bool measured = false;  // at least once
  std::int64_t count = 0, successful = 0, failed = 0, inconclusive = 0, error = 0;
  std::int64_t consecutive_error = 0, consecutive_success = 0;

  void add(AnalysisPhase measurement);  // a completed one
};

// Nothing: no end.
std::optional<std::int64_t> effectiveCount(const ArgoMetric& metric);
// The status of a metric that has none yet.
AnalysisPhase assessMetric(const ArgoMetric& metric, const MetricCounts& counts, bool terminating);

// Takes a measurement of a metric of the run.
class AnalysisSource {
 public:
  virtual ~AnalysisSource() = default;
  virtual ConditionAnswers measure(std::size_t metric) = 0;
};

class AnalysisRun {
 public:
  AnalysisRun() = default;
  AnalysisRun(const std::vector<ArgoMetric>& metrics, engine::SimTime start);

  // When something is due next; never when the run is over.
  engine::SimTime nextDue(const std::vector<ArgoMetric>& metrics) const;
  // Measures what is due at `now` and assesses the run.
  AnalysisPhase onDue(const std::vector<ArgoMetric>& metrics, AnalysisSource& source, engine::SimTime now);
  // Stops it: what has nothing bad so far is successful.
  AnalysisPhase terminate(const std::vector<ArgoMetric>& metrics);

  AnalysisPhase phase() const { return phase_; }
  const MetricCounts& counts(std::size_t metric) const { return results_[metric].counts; }
  AnalysisPhase status(std::size_t metric) const { return results_[metric].status; }

 private:
  struct Result {
    MetricCounts counts;
    AnalysisPhase status = AnalysisPhase::kPending;
    engine::SimTime last_end{0};
    bool last_was_error = false;
  };
  engine::SimTime dueAt(const ArgoMetric& metric, const Result& result) const;
  void assess(const std::vector<ArgoMetric>& metrics);

  std::vector<Result> results_;
  engine::SimTime start_{0};
  AnalysisPhase phase_ = AnalysisPhase::kPending;
  bool terminating_ = false;
};

}  // namespace meshmall::models
