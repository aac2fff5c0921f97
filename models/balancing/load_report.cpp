#include "models/balancing/load_report.h"

#include <algorithm>

namespace meshmall::models {

namespace {

constexpr std::string_view kNamedPrefix = "named_metrics.";
constexpr std::string_view kAllNamed = "*";
constexpr double kLargestWeight = 4294967295.0;

}  // namespace

double reportedUtilization(const LoadReport& report, std::span<const std::string> metric_names) {
  double named = 0.0;
  for (const std::string& name : metric_names) {
    // Envoy orca_load_metrics.cc, scanOrcaLoadReport: fields of the report go by their own names, "*" is every named metric.
    if (name == "application_utilization") named = std::max(named, report.application_utilization);
    if (name == "cpu_utilization") named = std::max(named, report.cpu_utilization);
    if (name.rfind(kNamedPrefix, 0) != 0) continue;
    const std::string_view wanted = std::string_view(name).substr(kNamedPrefix.size());
    for (const auto& [metric, value] : report.named_metrics) {
      if (wanted == kAllNamed || wanted == metric) named = std::max(named, value);
    }
  }
  if (named > 0.0) return named;
  if (report.application_utilization > 0.0) return report.application_utilization;
  return report.cpu_utilization > 0.0 ? report.cpu_utilization : 0.0;
}

std::optional<std::uint32_t> envoyWeight(const LoadReport& report, std::span<const std::string> metric_names, double error_penalty) {
  if (!(report.requests_per_second > 0.0)) return std::nullopt;
  const double utilization = reportedUtilization(report, metric_names) + error_penalty * report.errors_per_second / report.requests_per_second;
  if (!(utilization > 0.0)) return std::nullopt;
  return static_cast<std::uint32_t>(std::min(report.requests_per_second / utilization, kLargestWeight));
}

std::optional<double> grpcWeight(const LoadReport& report, double error_penalty) {
  const double utilization = report.application_utilization != 0.0 ? report.application_utilization : report.cpu_utilization;
  if (report.requests_per_second == 0.0 || utilization == 0.0) return std::nullopt;
  return report.requests_per_second / (utilization + report.errors_per_second / report.requests_per_second * error_penalty);
}

void acceptWeight(HostMeasures& measures, double weight, engine::SimTime now) {
  measures.load_weight = weight;
  measures.last_report = now;
  if (measures.non_empty_since == engine::kNever) measures.non_empty_since = now;
}

std::optional<double> validWeight(HostMeasures& measures, engine::SimTime latest_start, engine::SimTime earliest_report) {
  if (measures.non_empty_since > latest_start) return std::nullopt;
  if (measures.last_report < earliest_report) {
    measures.non_empty_since = engine::kNever;
    return std::nullopt;
  }
  return measures.load_weight;
}

double grpcValidWeight(HostMeasures& measures, engine::SimTime now, engine::Duration blackout, engine::Duration expiration) {
  if (measures.non_empty_since == engine::kNever) return 0.0;
  if (now - measures.last_report >= expiration) {
    measures.non_empty_since = engine::kNever;
    return 0.0;
  }
  return now - measures.non_empty_since < blackout ? 0.0 : measures.load_weight;
}

std::vector<std::uint32_t> fillWithMedian(std::span<const std::optional<double>> valid) {
  std::vector<std::uint64_t> sorted;
  for (const auto& weight : valid) {
    if (weight) sorted.push_back(static_cast<std::uint64_t>(*weight));
  }
  std::sort(sorted.begin(), sorted.end());
  std::uint64_t median = 1;
  if (!sorted.empty()) {
    const std::size_t half = sorted.size() / 2;
    median = sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }
  std::vector<std::uint32_t> weights;
  for (const auto& weight : valid) weights.push_back(weight ? static_cast<std::uint32_t>(*weight) : static_cast<std::uint32_t>(median));
  return weights;
}

void updateWeightsFromReports(ClusterHosts& hosts, engine::SimTime now, const ClientSideWeightedRoundRobinConfig& config) {
  for (std::uint32_t priority = 0; priority < hosts.priorities(); ++priority) {
    const std::vector<HostIndex> list = hosts.group(priority).all.hosts;
    std::vector<std::optional<double>> valid;
    for (const HostIndex host : list) {
      valid.push_back(validWeight(hosts.measures(host), now - config.blackout_period, now - config.weight_expiration_period));
    }
    const std::vector<std::uint32_t> weights = fillWithMedian(valid);
    bool changed = false;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::uint32_t weight = std::max<std::uint32_t>(1, weights[i]);
      if (hosts.weight(list[i]) == weight) continue;
      hosts.setWeight(list[i], weight, false, now);
      changed = true;
    }
    if (changed) hosts.refresh(priority, now);
  }
}

}  // namespace meshmall::models
