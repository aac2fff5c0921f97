#include "models/rollout/kayenta_judge.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <charconv>
#include <cmath>
#include <numeric>

#include "engine/random/keyed_stream.h"
#include "models/rollout/mann_whitney_interval.h"

namespace meshmall::models {
namespace {

constexpr double kNoiseScale = 1e-5;
constexpr double kNodataPercent = 50;

bool constant(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [&](double value) { return value == values.front(); });
}

void prepare(const KayentaMetric& metric, std::vector<double>& values) {
  if (metric.nan_strategy == NanStrategy::kRemove) {
    values.erase(std::remove_if(values.begin(), values.end(), [](double value) { return std::isnan(value); }), values.end());
  } else {
    for (double& value : values) value = std::isnan(value) ? 0 : value;
  }
  if (!metric.remove_outliers) return;
  const std::vector<bool> outliers = iqrOutliers(values, metric.outlier_factor, true);
  std::vector<double> kept;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!outliers[i]) kept.push_back(values[i]);
  }
  values = std::move(kept);
}

// What an empty side comes to.
MetricResult withoutData(const KayentaMetric& metric) {
  if (metric.nan_strategy == NanStrategy::kReplace) return {MetricClass::kPass, false, {}};
  if (metric.must_have_data && !metric.critical) return {MetricClass::kNodataFail, false, {}};
  return {MetricClass::kNodata, metric.critical, {}};
}

void addNoise(std::vector<double>& values, engine::RandomSource& random) {
  const double deviation = std::abs(values.front()) * kNoiseScale;
  for (double& value : values) value += deviation * boost::math::quantile(boost::math::normal(), engine::uniform01(random.next()));
}

bool reaches(std::optional<double> effect, double bound, bool upwards) { return !effect || (upwards ? *effect >= bound : *effect <= bound); }

// Half up on the shortest decimal text of the number, which is what is printed of it.
double roundedToCents(double value) {
  char text[400];
  const std::to_chars_result end = std::to_chars(text, text + sizeof text, std::abs(value), std::chars_format::fixed);
  char* const point = std::find(text, end.ptr, '.');
  if (end.ptr - point <= 3) return value;
  double rounded = 0;
  std::from_chars(text, point + 3, rounded);
  if (point[3] >= '5') rounded = std::round(rounded * 100 + 1) / 100;
  return value < 0 ? -rounded : rounded;
}

}  // namespace

std::string_view name(MetricClass label) {
  static constexpr std::string_view kNames[] = {"Pass", "High", "Low", "Nodata", "NodataFailMetric", "Error"};
  return kNames[static_cast<std::size_t>(label)];
}

std::string_view name(JudgeVerdict verdict) {
  static constexpr std::string_view kNames[] = {"Pass", "Marginal", "Fail"};
  return kNames[static_cast<std::size_t>(verdict)];
}

MetricResult classifyMetric(const KayentaMetric& metric, const MannWhitneyConfig& config, std::vector<double> experiment, std::vector<double> control,
                            engine::RandomSource& random) {
  prepare(metric, experiment);
  prepare(metric, control);
  if (experiment.empty() || control.empty()) return withoutData(metric);
  std::vector<double> sorted_e = experiment, sorted_c = control;
  std::sort(sorted_e.begin(), sorted_e.end());
  std::sort(sorted_c.begin(), sorted_c.end());
  const bool degenerate = constant(experiment) && constant(control);
  if (sorted_e == sorted_c || (degenerate && experiment.front() == control.front())) return {};
  if (degenerate) {
    addNoise(experiment, random);
    addNoise(control, random);
  }
  const std::optional<ShiftInterval> shift = mannWhitneyShift(experiment, control, config.confidence);
  if (!shift) return {MetricClass::kError, false, {}};
  const std::optional<double> effect = effectSize(metric.measure, experiment, control);
  const double band = config.tolerance * std::abs(shift->estimate);
  const double neutral = metric.measure == EffectMeasure::kCles ? 0.5 : 1.0;
  if (metric.direction != MetricDirection::kDecrease && shift->low > band && reaches(effect, metric.allowed_increase.value_or(neutral), true)) {
    return {MetricClass::kHigh, metric.critical && reaches(effect, metric.critical_increase.value_or(neutral), true), effect};
  }
  if (metric.direction != MetricDirection::kIncrease && shift->high < -band && reaches(effect, metric.allowed_decrease.value_or(neutral), false)) {
    return {MetricClass::kLow, metric.critical && reaches(effect, metric.critical_decrease.value_or(neutral), false), effect};
  }
  return {MetricClass::kPass, false, effect};
}

MetricResult classifyByMeans(const KayentaMetric& metric, std::vector<double> experiment, std::vector<double> control) {
  prepare(metric, experiment);
  prepare(metric, control);
  if (experiment.empty() || control.empty()) return withoutData(metric);
  const auto mean = [](const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()); };
  const double mean_e = mean(experiment), mean_c = mean(control);
  const std::optional<double> ratio = mean_c == 0 ? std::nullopt : std::optional<double>(mean_e / mean_c);
  if (metric.direction != MetricDirection::kDecrease && mean_e > mean_c) return {MetricClass::kHigh, metric.critical, ratio};
  if (metric.direction != MetricDirection::kIncrease && mean_e < mean_c) return {MetricClass::kLow, metric.critical, ratio};
  return {};
}

JudgeScore weightedScore(const std::map<std::string, double>& group_weights, const std::vector<ScoredMetric>& metrics) {
  struct Group {
    int passed = 0, counted = 0;
  };
  std::map<std::string, Group> groups;
  double nodata = 0;
  JudgeScore score;
  for (const ScoredMetric& metric : metrics) {
    nodata += metric.label == MetricClass::kNodata ? 1 : 0;
    if (metric.critical && metric.label != MetricClass::kPass) score.failure = JudgeScore::Failure::kCritical;
    for (const std::string& each : metric.groups) {
      Group& group = groups[each];
      group.passed += metric.label == MetricClass::kPass ? 1 : 0;
      group.counted += metric.label == MetricClass::kNodata || metric.label == MetricClass::kError ? 0 : 1;
    }
  }
  double given = 0;
  for (const auto& [group, weight] : group_weights) given += weight;
  const auto without = std::count_if(groups.begin(), groups.end(), [&](const auto& each) { return group_weights.count(each.first) == 0; });
  const double shared = without == 0 ? 0 : (100 - given) / static_cast<double>(without);
  double summary = 0;
  for (const auto& [name_of_group, group] : groups) {
    score.groups[name_of_group] = group.counted == 0 ? 0 : static_cast<double>(group.passed) / group.counted * 100;
    const auto weight = group_weights.find(name_of_group);
    summary += (group.counted == 0 ? 100 : score.groups[name_of_group]) * ((weight == group_weights.end() ? shared : weight->second) / 100);
  }
  if (score.failure == JudgeScore::Failure::kNone && !metrics.empty() && nodata / static_cast<double>(metrics.size()) * 100 >= kNodataPercent) {
    score.failure = JudgeScore::Failure::kNodata;
  }
  if (score.failure == JudgeScore::Failure::kNone) score.summary = roundedToCents(summary);
  return score;
}

JudgeVerdict thresholdVerdict(double score, double pass, double marginal) {
  return score >= pass ? JudgeVerdict::kPass : score >= marginal ? JudgeVerdict::kMarginal : JudgeVerdict::kFail;
}

Judgement judge(const JudgeConfig& config, const std::vector<MetricPair>& pairs, engine::RandomSource& random) {
  Judgement judgement;
  std::vector<ScoredMetric> scored;
  for (std::size_t i = 0; i < config.metrics.size(); ++i) {
    const KayentaMetric& metric = config.metrics[i];
    const MetricPair pair = i < pairs.size() ? pairs[i] : MetricPair{};
    judgement.metrics.push_back(classifyMetric(metric, config.test, pair.experiment, pair.control, random));
    const MetricResult& result = judgement.metrics.back();
    if (!metric.muted) scored.push_back({metric.groups, result.label, result.critical});
  }
  judgement.score = weightedScore(config.group_weights, scored);
  judgement.verdict = thresholdVerdict(judgement.score.summary, config.pass, config.marginal);
  return judgement;
}

}  // namespace meshmall::models
