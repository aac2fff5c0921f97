#include "cli/batch_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "cli/number_text.h"
#include "cli/text_table.h"
#include "engine/statistics/confidence.h"
#include "models/scenario/problems.h"
#include "models/study/mean_interval.h"

namespace meshmall::cli {
namespace {

constexpr std::size_t kMostColumns = 6;  // of metrics
constexpr std::size_t kMostRows = 200;
constexpr double kLevel = 0.95;

std::string valueText(double value, models::MetricUnit unit) {
  switch (unit) {
    case models::MetricUnit::milliseconds:
      return milliseconds(value);
    case models::MetricUnit::ratio:
      return percent(value);
    case models::MetricUnit::per_second:
      return plain(value) + "/s";
    case models::MetricUnit::count:
      return amount(value);
    case models::MetricUnit::factor:
      return plain(value, 4);
  }
  return {};
}

// Of the widths: as a share of the mean, or in points where the mean is a ratio.
std::string spreadText(double half, double mean, models::MetricUnit unit) {
  if (unit == models::MetricUnit::ratio) return "±" + trimmed(half * 100) + " pp";
  return mean == 0 ? (half == 0 ? "±0 %" : "") : "±" + share(half / std::abs(mean));
}

std::string cell(const engine::SampleTable& table, std::size_t at, std::size_t column, models::MetricUnit unit) {
  std::vector<double> x;
  bool few = false;
  for (const engine::SampleRow& row : table.groups[at].rows) {
    if (row.values[column]) x.push_back(*row.values[column]);
    few = few || row.few_data[column];
  }
  if (x.empty()) return "-";
  const double mean = engine::sampleMean(x);
  std::string text = valueText(mean, unit) + (few ? "?" : "");
  if (const auto interval = models::meanInterval(table, at, column, kLevel)) text += " " + spreadText((interval->high - interval->low) / 2, mean, unit);
  return text;
}

// The metrics to show: those of the study where it names a few, else the usual ones.
std::vector<models::Metric> headline(const models::StudyResults& results) {
  std::vector<models::Metric> metrics;
  const bool named = results.facts.metrics.size() <= kMostColumns;
  for (const std::string& name : results.facts.metrics) {
    const auto metric = models::findMetric(name);
    const bool usual = name == "latency.mean" || name == "latency.p50" || name == "latency.p99" || name == "success.rate" || name == "throughput";
    if (metric && models::info(*metric).measuredFor(models::ScopeKind::mall) && (named || usual)) metrics.push_back(*metric);
  }
  return metrics;
}

}  // namespace

std::string batchTable(const models::StudyResults& results, const Palette& palette) {
  const auto metrics = headline(results);
  std::vector<std::string> headings{"variant"};
  const bool swept = std::any_of(results.table.groups.begin(), results.table.groups.end(), [](const auto& g) { return !g.point.empty(); });
  if (swept) headings.emplace_back("point");
  headings.emplace_back("runs");
  for (const models::Metric metric : metrics) headings.emplace_back(models::info(metric).name);
  TextTable table(headings);
  if (swept) table.alignLeft(1);
  bool few = false;
  std::size_t rows = 0;
  for (std::size_t g = 0; g < results.table.groups.size(); ++g) {
    const engine::SampleGroup& group = results.table.groups[g];
    if (++rows > kMostRows) break;
    std::vector<std::string> cells{models::printable(group.variant, 60)};
    if (swept) cells.push_back(models::printable(group.pointName(), 80));
    cells.push_back(std::to_string(group.rows.size()));
    for (const models::Metric metric : metrics) {
      const auto column = results.table.column("mall", models::info(metric).name);
      cells.push_back(column ? cell(results.table, g, *column, models::info(metric).unit) : "-");
      few = few || cells.back().find('?') != std::string::npos;
    }
    table.add(std::move(cells));
  }
  std::string text = "\n" + table.text(2, palette.dim, palette.plain);
  if (rows > kMostRows) text += "  ... " + std::to_string(results.table.groups.size() - kMostRows) + " more in results.csv\n";
  text += "\n  means over replications, ± half their 95 % interval";
  if (few) text += "; ?: fewer than 100 samples in the tail of a run";
  return text + "\n";
}

}  // namespace meshmall::cli
