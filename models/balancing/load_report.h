// Load that endpoints report with their answers (ORCA), and the weights that clients make of it.
//
// weight = requests/s over (utilisation + penalty x errors/s over requests/s). A weight counts after a blackout since the first report
// and until it expires; hosts without a valid weight get what the others have: Envoy the median, gRPC the mean (grpc_weighted_round_robin.h).
// Source: Envoy orca_weight_manager, gRFC A51 and A58; docs/reference/balancing.md#load-reports
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "models/balancing/hosts.h"
#include "models/balancing/load_balancer_config.h"

namespace meshmall::models {

struct LoadReport {
  double requests_per_second = 0.0;
  double errors_per_second = 0.0;
  double application_utilization = 0.0;
  double cpu_utilization = 0.0;
  std::vector<std::pair<std::string, double>> named_metrics;
};

// Envoy: the first positive of the largest configured named metric, application, CPU; else 0. A name reads "named_metrics.foo".
double reportedUtilization(const LoadReport& report, std::span<const std::string> metric_names);
// Envoy: a whole number of at most 2^32-1; nothing when the report is rejected (no requests, or no positive utilisation).
std::optional<std::uint32_t> envoyWeight(const LoadReport& report, std::span<const std::string> metric_names, double error_penalty);
// gRPC: application utilisation if not 0, else CPU; nothing when requests/s or utilisation are 0.
std::optional<double> grpcWeight(const LoadReport& report, double error_penalty);

// Takes an accepted weight into the host's measures.
void acceptWeight(HostMeasures& measures, double weight, engine::SimTime now);
// Envoy: the weight if the blackout is over and it has not expired; expiry starts a new blackout. Instants as Envoy compares them:
// non_empty_since <= latest_start and last_report >= earliest_report.
std::optional<double> validWeight(HostMeasures& measures, engine::SimTime latest_start, engine::SimTime earliest_report);
// gRPC: the same with its comparisons (expires at exactly the period, valid at exactly the blackout's end); 0 when not valid.
double grpcValidWeight(HostMeasures& measures, engine::SimTime now, engine::Duration blackout, engine::Duration expiration);

// Envoy: weights for all hosts: the valid ones, and for the others their median (even number: mean of the middle two, rounded down),
// or 1 when none is valid.
std::vector<std::uint32_t> fillWithMedian(std::span<const std::optional<double>> valid);

// One periodic update: sets the hosts' weights; the lists, and so the schedules, of a priority are rebuilt when one changed.
void updateWeightsFromReports(ClusterHosts& hosts, engine::SimTime now, const ClientSideWeightedRoundRobinConfig& config);

}  // namespace meshmall::models
