// Admission control of one proxy thread (client-side throttling): rejects a share of the requests as their recent success rate falls below a threshold.
//
// The share is ((total - success/threshold) / (total + 1)) ^ (1/aggression), at most max_rejection_probability. Rejected requests are answered 503 and
// not recorded. One draw for each request that is evaluated, also when the share is 0 or less. Limiting case: below rps_threshold all pass.
// Source: Envoy admission_control.cc, thread_local_controller.cc; spec envoy-resilience.md section 9.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/kernel/time.h"
#include "engine/random/random_source.h"
#include "models/resilience/status_range.h"

namespace meshmall::models {

struct AdmissionControlConfig {
  double aggression = 1.0;  // below 1 acts as 1
  double sr_threshold_percent = 95.0;
  double max_rejection_probability_percent = 80.0;
  std::uint32_t rps_threshold = 0;
  engine::Duration sampling_window = engine::seconds(30);  // whole seconds
  bool enabled = true;                                      // asked by the holder
  std::optional<std::vector<StatusRange>> http_success;     // of answers over HTTP; not given: below 500
  std::optional<std::vector<int>> grpc_success;             // grpc-status; not given: kAdmissionGrpcSuccess

  friend bool operator==(const AdmissionControlConfig&, const AdmissionControlConfig&) = default;
};

struct AdmissionCounts {
  std::uint64_t total = 0, success = 0;
};

// Chance of rejection for these counts; not a number for aggression above 1 while the success rate is above the threshold (never rejects).
double rejectionProbability(const AdmissionControlConfig& config, AdmissionCounts counts);

struct AdmissionDecision {
  bool admitted = true;
  bool record = true;  // the answer's success is to be recorded when it is known
};
// One draw unless it is a health check or below rps_threshold.
AdmissionDecision decideAdmission(const AdmissionControlConfig& config, AdmissionCounts counts, std::uint64_t average_rps, bool health_check,
                                  engine::RandomSource& random);

// Default success criteria: HTTP below 500; gRPC codes that are not the server's fault.
constexpr bool isAdmissionSuccess(int http_status) { return http_status < 500; }
// cancelled, unknown, invalid argument, not found, already exists, unauthenticated, failed precondition, out of range, unimplemented; and ok
inline constexpr std::array<int, 10> kAdmissionGrpcSuccess = {0, 1, 2, 3, 5, 6, 16, 9, 11, 12};
bool isAdmissionGrpcSuccess(int grpc_status);
// By the configuration's own criteria, where it has any. grpc_status: of an answer over gRPC, which goes by that alone.
bool countsAsSuccess(const AdmissionControlConfig& config, int http_status, std::optional<int> grpc_status);

// The sliding window of outcomes in buckets of one second, and the decision over it.
class AdmissionController {
 public:
  AdmissionDecision decide(const AdmissionControlConfig& config, bool health_check, engine::SimTime now, engine::RandomSource& random);
  void record(const AdmissionControlConfig& config, bool success, engine::SimTime now);

  AdmissionCounts counts(const AdmissionControlConfig& config, engine::SimTime now);
  // Requests per second over the whole window (from its start on, even when it is not full yet), truncated.
  std::uint64_t averageRps(const AdmissionControlConfig& config, engine::SimTime now);

 private:
  struct Bucket {
    engine::SimTime start;
    AdmissionCounts counts;
  };
  void refresh(const AdmissionControlConfig& config, engine::SimTime now);

  std::vector<Bucket> buckets_;  // oldest first
  AdmissionCounts sum_;
};

}  // namespace meshmall::models
