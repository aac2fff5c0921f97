#include "models/study/mean_interval.h"

#include <vector>

#include "models/observation/metrics.h"

namespace meshmall::models {

std::optional<engine::Interval> meanInterval(const engine::SampleTable& table, std::size_t group, std::size_t column, double level) {
  const engine::SampleColumn& what = table.columns[column];
  const auto metric = findMetric(what.metric);
  const bool proportion = what.counts && metric && info(*metric).unit == MetricUnit::ratio;
  std::vector<double> values;
  std::uint64_t part = 0, whole = 0;
  for (const engine::SampleRow& row : table.groups[group].rows) {
    if (!row.values[column]) continue;
    values.push_back(*row.values[column]);
    if (!proportion) continue;
    part += row.counts[*what.counts].part;
    whole += row.counts[*what.counts].whole;
  }
  if (whole > 0 && (part == 0 || part == whole)) return engine::proportionInterval(part, whole, level);
  return engine::meanInterval(values, level);
}

}  // namespace meshmall::models
