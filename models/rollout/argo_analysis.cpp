#include "models/rollout/argo_analysis.h"

#include <algorithm>

namespace meshmall::models {
namespace {

constexpr std::string_view kNames[] = {"Pending", "Running", "Successful", "Inconclusive", "Error", "Failed"};
constexpr engine::Duration kAfterError = engine::seconds(10);
constexpr std::int64_t kConsecutiveErrors = 4;

// Place in the order from best to worst.
int badness(AnalysisPhase phase) {
  switch (phase) {
    case AnalysisPhase::kSuccessful:
      return 0;
    case AnalysisPhase::kRunning:
      return 1;
    case AnalysisPhase::kPending:
      return 2;
    case AnalysisPhase::kInconclusive:
      return 3;
    case AnalysisPhase::kError:
      return 4;
    case AnalysisPhase::kFailed:
      return 5;
  }
  return 0;
}

}  // namespace

std::string_view name(AnalysisPhase phase) { return kNames[static_cast<std::size_t>(phase)]; }

std::optional<AnalysisPhase> analysisPhase(std::string_view name) {
  const auto* const found = std::find(std::begin(kNames), std::end(kNames), name);
  if (found == std::end(kNames)) return {};
  return static_cast<AnalysisPhase>(found - std::begin(kNames));
}

bool isWorse(AnalysisPhase current, AnalysisPhase other) { return badness(other) > badness(current); }

AnalysisPhase worst(AnalysisPhase a, AnalysisPhase b) { return isWorse(a, b) ? b : a; }

AnalysisPhase measurementPhase(const ConditionAnswers& answers) {
  if ((answers.has_success && !answers.success) || (answers.has_failure && !answers.failure)) return AnalysisPhase::kError;
  if (!answers.has_success && !answers.has_failure) return AnalysisPhase::kSuccessful;
  const bool failed = answers.has_failure ? *answers.failure : !*answers.success;
  const bool succeeded = answers.has_success ? *answers.success : !failed;
  if (failed) return AnalysisPhase::kFailed;
  return succeeded ? AnalysisPhase::kSuccessful : AnalysisPhase::kInconclusive;
}

void MetricCounts::add(AnalysisPhase measurement) {
  measured = true;
  if (measurement == AnalysisPhase::kError) {
    ++error;
    ++consecutive_error;
    consecutive_success = 0;
    return;
  }
  ++count;
  consecutive_error = 0;
  if (measurement == AnalysisPhase::kSuccessful) {
    ++successful;
    ++consecutive_success;
    return;
  }
  consecutive_success = 0;
  ++(measurement == AnalysisPhase::kFailed ? failed : inconclusive);
}

std::optional<std::int64_t> effectiveCount(const ArgoMetric& metric) {
  if (metric.count.value_or(0) != 0) return metric.count;
  if (!metric.interval) return 1;
  return {};
}

AnalysisPhase assessMetric(const ArgoMetric& metric, const MetricCounts& counts, bool terminating) {
  if (!counts.measured) return terminating ? AnalysisPhase::kSuccessful : AnalysisPhase::kPending;
  const std::int64_t failure_limit = metric.failure_limit.value_or(0);
  // The order says which of several prevails.
  if (counts.consecutive_error > metric.consecutive_error_limit.value_or(kConsecutiveErrors)) return AnalysisPhase::kError;
  if (counts.inconclusive > metric.inconclusive_limit.value_or(0)) return AnalysisPhase::kInconclusive;
  if (failure_limit >= 0 && counts.failed > failure_limit) return AnalysisPhase::kFailed;

  const std::int64_t in_a_row = metric.consecutive_success_limit.value_or(0);
  if (in_a_row > 0 && counts.consecutive_success >= in_a_row) return AnalysisPhase::kSuccessful;
  const std::optional<std::int64_t> enough = effectiveCount(metric);
  if (enough && counts.count >= *enough) {
    if (in_a_row <= 0) return AnalysisPhase::kSuccessful;
    return failure_limit >= 0 ? AnalysisPhase::kInconclusive : AnalysisPhase::kFailed;
  }
  return terminating ? AnalysisPhase::kSuccessful : AnalysisPhase::kRunning;
}

AnalysisRun::AnalysisRun(const std::vector<ArgoMetric>& metrics, engine::SimTime start) : results_(metrics.size()), start_(start) {}

engine::SimTime AnalysisRun::dueAt(const ArgoMetric& metric, const Result& result) const {
  if (completed(result.status) || terminating_) return engine::kNever;
  if (!result.counts.measured) return start_ + metric.initial_delay;
  if (result.last_was_error) return result.last_end + kAfterError;
  return metric.interval ? result.last_end + *metric.interval : engine::kNever;
}

engine::SimTime AnalysisRun::nextDue(const std::vector<ArgoMetric>& metrics) const {
  engine::SimTime next = engine::kNever;
  if (completed(phase_)) return next;
  for (std::size_t i = 0; i < results_.size(); ++i) next = std::min(next, dueAt(metrics[i], results_[i]));
  return next;
}

void AnalysisRun::assess(const std::vector<ArgoMetric>& metrics) {
  // One bad result ends the others, which are then assessed as stopped.
  const auto bad = [&](std::size_t i) { return completed(results_[i].status) && results_[i].status != AnalysisPhase::kSuccessful && !metrics[i].dry_run; };
  for (std::size_t i = 0; i < results_.size(); ++i) {
    if (!completed(results_[i].status)) results_[i].status = assessMetric(metrics[i], results_[i].counts, terminating_);
  }
  for (std::size_t i = 0; i < results_.size() && !terminating_; ++i) terminating_ = bad(i);
  std::optional<AnalysisPhase> found;
  bool all = true;
  for (std::size_t i = 0; i < results_.size(); ++i) {
    if (!completed(results_[i].status)) results_[i].status = assessMetric(metrics[i], results_[i].counts, terminating_);
    if (!completed(results_[i].status)) {
      all = false;
      continue;
    }
    const AnalysisPhase status = metrics[i].dry_run ? AnalysisPhase::kSuccessful : results_[i].status;
    found = found ? worst(*found, status) : status;
  }
  if (terminating_)
    phase_ = found.value_or(AnalysisPhase::kSuccessful);
  else
    phase_ = all && found ? *found : AnalysisPhase::kRunning;
}

AnalysisPhase AnalysisRun::onDue(const std::vector<ArgoMetric>& metrics, AnalysisSource& source, engine::SimTime now) {
  if (completed(phase_)) return phase_;
  for (std::size_t i = 0; i < results_.size(); ++i) {
    Result& result = results_[i];
    if (dueAt(metrics[i], result) > now) continue;
    const AnalysisPhase measured = measurementPhase(source.measure(i));
    result.counts.add(measured);
    result.last_end = now;
    result.last_was_error = measured == AnalysisPhase::kError;
  }
  assess(metrics);
  return phase_;
}

AnalysisPhase AnalysisRun::terminate(const std::vector<ArgoMetric>& metrics) {
  if (completed(phase_)) return phase_;
  terminating_ = true;
  assess(metrics);
  return phase_;
}

}  // namespace meshmall::models
