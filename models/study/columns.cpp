#include "models/study/columns.h"

#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <tuple>

namespace meshmall::models {

namespace {

constexpr double kEnough = 100;

struct Named {
  ScopeKind kind;
  std::string first, second, text;
};

// In the order of metrics.csv.
std::vector<Named> scopesOf(const Scenario& scenario) {
  std::vector<Named> scopes{{ScopeKind::mall, "", "", "mall"}};
  for (const Service& service : scenario.services) {
    const std::string text = "service=" + service.name;
    scopes.push_back({ScopeKind::service, service.name, "", text});
    for (const Version& version : service.versions) scopes.push_back({ScopeKind::version, service.name, version.name, text + " version=" + version.name});
    for (const Operation& operation : service.operations)
      scopes.push_back({ScopeKind::operation, service.name, operation.name, text + " operation=" + operation.name});
  }
  const auto plan = makePlan(scenario);
  std::set<std::tuple<bool, std::string, std::string>> edges;
  const Layout& layout = plan->layout;
  for (const Layout::FlowInfo& flow : layout.flows)
    edges.insert({!flow.from_traffic, flow.from_traffic ? layout.traffic[flow.from] : layout.services[flow.from], layout.services[layout.operations[flow.operation].service]});
  for (const auto& [later, from, to] : edges) scopes.push_back({ScopeKind::edge, from, to, "edge=" + from + "->" + to});
  for (const Traffic& traffic : scenario.traffic) scopes.push_back({ScopeKind::traffic, traffic.name, "", "traffic=" + traffic.name});
  return scopes;
}

bool isQuotient(Metric metric) { return metric == Metric::success_rate || metric == Metric::retries_amplification; }

engine::Counts countsOf(const Metrics& metrics, Metric metric) {
  const auto count = [&](Metric m) { return static_cast<std::uint64_t>(metrics.get(m).value_or(0)); };
  if (metric == Metric::success_rate) return {count(Metric::requests_ok), count(Metric::requests_ok) + count(Metric::requests_failed)};
  return {count(Metric::attempts_total), count(Metric::calls_total)};
}

// Of the samples of a latency metric, the share beyond its quantile; 1 for a mean or an extreme. Nothing: it is no latency metric.
std::optional<double> tailOf(Metric metric) {
  switch (metric) {
    case Metric::latency_mean:
    case Metric::latency_max:
    case Metric::latency_failed_mean:
    case Metric::latency_failed_max:
      return 1;
    case Metric::latency_p50:
    case Metric::latency_failed_p50:
      return 0.5;
    case Metric::latency_p90:
    case Metric::latency_failed_p90:
      return 0.1;
    case Metric::latency_p95:
    case Metric::latency_failed_p95:
      return 0.05;
    case Metric::latency_p99:
    case Metric::latency_failed_p99:
      return 0.01;
    case Metric::latency_p999:
    case Metric::latency_failed_p999:
      return 0.001;
    default:
      return std::nullopt;
  }
}

}  // namespace

bool fewData(const Metrics& metrics, Metric metric) {
  if (!metrics.get(metric)) return false;
  if (const auto tail = tailOf(metric)) {
    const bool of_ok = metric <= Metric::latency_max;
    // Not `samples x tail < 100`: 10,000 x 0.01 must be enough, whatever 0.01 is in binary.
    return metrics.get(of_ok ? Metric::requests_ok : Metric::requests_failed).value_or(0) < std::round(kEnough / *tail);
  }
  if (isQuotient(metric)) return static_cast<double>(countsOf(metrics, metric).whole) < kEnough;
  return metric == Metric::throughput && metrics.get(Metric::requests_ok).value_or(0) < kEnough;
}

StudyColumns::StudyColumns(const Study& study) {
  std::map<std::pair<std::string, Metric>, std::uint32_t> known;
  for (const StudyGroup& group : study.groups) {
    std::vector<Scope> scopes;
    for (Named& named : scopesOf(group.scenario)) {
      Scope scope{named.kind, std::move(named.first), std::move(named.second), {}};
      for (const Metric metric : study.metrics) {
        if (!info(metric).measuredFor(scope.kind)) continue;
        const auto [found, fresh] = known.try_emplace({named.text, metric}, static_cast<std::uint32_t>(table_.columns.size()));
        if (fresh) {
          std::optional<std::uint32_t> counts;
          if (isQuotient(metric) && (metric == Metric::success_rate || info(Metric::calls_total).measuredFor(scope.kind))) counts = table_.counted++;
          table_.columns.push_back({named.text, std::string(info(metric).name), counts});
        }
        scope.metrics.emplace_back(metric, found->second);
      }
      if (!scope.metrics.empty()) scopes.push_back(std::move(scope));
    }
    scopes_.push_back(std::move(scopes));
    table_.groups.push_back({study.variants[group.variant], study.points[group.point], {}, {}});
  }
  for (std::size_t g = 0; g < scopes_.size(); ++g) {
    table_.groups[g].absent.assign(table_.columns.size(), true);
    for (const Scope& scope : scopes_[g])
      for (const auto& [metric, column] : scope.metrics) table_.groups[g].absent[column] = false;
  }
}

engine::SampleRow StudyColumns::row(std::uint32_t group, const Result& result) const {
  engine::SampleRow row;
  row.replication = result.replication;
  row.fingerprint = result.fingerprint;
  row.values.resize(table_.columns.size());
  row.few_data.resize(table_.columns.size());
  row.counts.resize(table_.counted);
  for (const Scope& scope : scopes_[group]) {
    const Metrics* metrics = result.find(scope.kind, scope.first, scope.second);
    if (metrics == nullptr) continue;
    for (const auto& [metric, column] : scope.metrics) {
      row.values[column] = metrics->get(metric);
      row.few_data[column] = fewData(*metrics, metric);
      if (const auto counts = table_.columns[column].counts) row.counts[*counts] = countsOf(*metrics, metric);
    }
  }
  return row;
}

}  // namespace meshmall::models
