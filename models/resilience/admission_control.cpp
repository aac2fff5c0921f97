#include "models/resilience/admission_control.h"

#include <algorithm>
#include <cmath>

namespace meshmall::models {
namespace {

constexpr std::uint64_t kAccuracy = 10'000;

}  // namespace

double rejectionProbability(const AdmissionControlConfig& config, AdmissionCounts counts) {
  const double threshold = std::min(config.sr_threshold_percent / 100.0, 1.0);
  const double total = static_cast<double>(counts.total);
  double probability = (total - static_cast<double>(counts.success) / threshold) / (total + 1);
  const double aggression = std::max(1.0, config.aggression);
  if (aggression != 1.0) probability = std::pow(probability, 1.0 / aggression);
  if (std::isnan(probability)) return probability;
  return std::min(probability, config.max_rejection_probability_percent / 100.0);
}

AdmissionDecision decideAdmission(const AdmissionControlConfig& config, AdmissionCounts counts, std::uint64_t average_rps, bool health_check,
                                  engine::RandomSource& random) {
  if (health_check) return {true, false};
  if (average_rps < config.rps_threshold) return {true, true};
  const double probability = rejectionProbability(config, counts);
  const auto draw = static_cast<double>(random.next() % kAccuracy);
  const bool reject = !std::isnan(probability) && static_cast<double>(kAccuracy) * std::max(probability, 0.0) > draw;
  return {!reject, !reject};
}

bool isAdmissionGrpcSuccess(int grpc_status) {
  return std::find(kAdmissionGrpcSuccess.begin(), kAdmissionGrpcSuccess.end(), grpc_status) != kAdmissionGrpcSuccess.end();
}

bool countsAsSuccess(const AdmissionControlConfig& config, int http_status, std::optional<int> grpc_status) {
  if (grpc_status) {
    if (!config.grpc_success) return isAdmissionGrpcSuccess(*grpc_status);
    return std::find(config.grpc_success->begin(), config.grpc_success->end(), *grpc_status) != config.grpc_success->end();
  }
  if (!config.http_success) return isAdmissionSuccess(http_status);
  return std::any_of(config.http_success->begin(), config.http_success->end(), [&](const StatusRange& range) { return range.has(http_status); });
}

void AdmissionController::refresh(const AdmissionControlConfig& config, engine::SimTime now) {
  std::size_t stale = 0;
  while (stale < buckets_.size() && now - buckets_[stale].start >= config.sampling_window) {
    sum_.total -= buckets_[stale].counts.total;
    sum_.success -= buckets_[stale].counts.success;
    ++stale;
  }
  buckets_.erase(buckets_.begin(), buckets_.begin() + static_cast<std::ptrdiff_t>(stale));
  if (buckets_.empty() || now - buckets_.back().start >= engine::seconds(1)) buckets_.push_back({now, {}});
}

void AdmissionController::record(const AdmissionControlConfig& config, bool success, engine::SimTime now) {
  refresh(config, now);
  ++buckets_.back().counts.total;
  ++sum_.total;
  if (!success) return;
  ++buckets_.back().counts.success;
  ++sum_.success;
}

AdmissionCounts AdmissionController::counts(const AdmissionControlConfig& config, engine::SimTime now) {
  refresh(config, now);
  return sum_;
}

std::uint64_t AdmissionController::averageRps(const AdmissionControlConfig& config, engine::SimTime now) {
  refresh(config, now);
  const std::int64_t window_s = std::max(config.sampling_window, now - buckets_.front().start).ns / 1'000'000'000;
  return sum_.total / static_cast<std::uint64_t>(std::max<std::int64_t>(window_s, 1));
}

AdmissionDecision AdmissionController::decide(const AdmissionControlConfig& config, bool health_check, engine::SimTime now, engine::RandomSource& random) {
  if (health_check) return {true, false};
  const std::uint64_t rps = averageRps(config, now);
  return decideAdmission(config, sum_, rps, false, random);
}

}  // namespace meshmall::models
