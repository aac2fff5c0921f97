#include "models/study/pooled_latency.h"

#include "models/observation/result.h"

namespace meshmall::models {

std::optional<LatencyQuantile> quantileOf(Metric metric) {
  constexpr double kQuantiles[] = {0.5, 0.9, 0.95, 0.99, 0.999};
  const auto between = [&](Metric first, Metric last, bool failed) -> std::optional<LatencyQuantile> {
    if (metric < first || metric > last) return std::nullopt;
    return LatencyQuantile{kQuantiles[static_cast<std::size_t>(metric) - static_cast<std::size_t>(first)], failed};
  };
  if (const auto ok = between(Metric::latency_p50, Metric::latency_p999, false)) return ok;
  return between(Metric::latency_failed_p50, Metric::latency_failed_p999, true);
}

void PooledLatency::add(const Collector& collector) {
  const Layout& layout = collector.layout();
  Pool& mall = pools_["mall"];
  for (std::size_t t = 0; t < collector.traffic().size(); ++t) {
    const Collector::Answers& answers = collector.traffic()[t].answers;
    Pool& pool = pools_["traffic=" + layout.traffic[t]];
    pool.ok.merge(answers.ok);
    pool.failed.merge(answers.failed);
    mall.ok.merge(answers.ok);
    mall.failed.merge(answers.failed);
  }
  for (std::size_t f = 0; f < layout.flows.size(); ++f) {
    const Collector::Answers& answers = collector.flows()[f].answers;
    Pool& pool = pools_["service=" + layout.services[layout.operations[layout.flows[f].operation].service]];
    pool.ok.merge(answers.ok);
    pool.failed.merge(answers.failed);
  }
}

void PooledLatency::merge(const PooledLatency& other) {
  for (const auto& [scope, pool] : other.pools_) {
    pools_[scope].ok.merge(pool.ok);
    pools_[scope].failed.merge(pool.failed);
  }
}

std::optional<double> PooledLatency::value(const std::string& scope, Metric metric) const {
  const auto found = pools_.find(scope);
  if (found == pools_.end()) return std::nullopt;
  if (metric == Metric::latency_mean || metric == Metric::latency_failed_mean) {
    const auto mean = (metric == Metric::latency_mean ? found->second.ok : found->second.failed).meanNs();
    return mean ? std::optional(*mean / 1e6) : std::nullopt;
  }
  const auto which = quantileOf(metric);
  if (!which) return std::nullopt;
  const auto value = (which->failed ? found->second.failed : found->second.ok).quantile(which->q);
  return value ? std::optional(inMilliseconds(value->ns)) : std::nullopt;
}

std::uint64_t PooledLatency::samples(const std::string& scope, bool failed) const {
  const auto found = pools_.find(scope);
  if (found == pools_.end()) return 0;
  return (failed ? found->second.failed : found->second.ok).count();
}

std::vector<double> PooledLatency::curve(const std::vector<double>& probabilities) const {
  std::vector<double> values;
  const auto mall = pools_.find("mall");
  if (mall == pools_.end() || mall->second.ok.count() == 0) return values;
  for (const double p : probabilities) values.push_back(inMilliseconds(mall->second.ok.quantile(p)->ns));
  return values;
}

}  // namespace meshmall::models
