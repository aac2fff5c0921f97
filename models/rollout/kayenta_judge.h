// Kayenta's judge: each metric of the canary against the same metric of the baseline, then one score and a verdict.
//
// A metric is classified by Mann-Whitney (the interval of the shift must clear a band of tolerance x |estimate|) and an effect size.
// Draws: one for each value of both sides, only where each side is constant and they differ (the judge adds noise then).
// Source: Kayenta NetflixACAJudge, MannWhitneyClassifier, WeightedSumScorer, ThresholdScoreClassifier; spec rollout-traffic-security.md 1.3.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/random/random_source.h"
#include "models/rollout/kayenta_statistics.h"

namespace meshmall::models {

enum class MetricClass : std::uint8_t { kPass, kHigh, kLow, kNodata, kNodataFail, kError };
std::string_view name(MetricClass label);  // "Pass", "High", "Low", "Nodata", "NodataFailMetric", "Error"

enum class MetricDirection : std::uint8_t { kEither, kIncrease, kDecrease };
enum class NanStrategy : std::uint8_t { kRemove, kReplace };  // replace: by 0

struct KayentaMetric {
  std::string name;
  std::vector<std::string> groups = {};
  MetricDirection direction = MetricDirection::kEither;
  NanStrategy nan_strategy = NanStrategy::kRemove;
  bool remove_outliers = false;
  double outlier_factor = 3.0;
  bool critical = false, must_have_data = false, muted = false;
  EffectMeasure measure = EffectMeasure::kMeanRatio;
  // Least effect that matters; default 1 (0.5 for CLES).
  std::optional<double> allowed_increase = {}, allowed_decrease = {}, critical_increase = {}, critical_decrease = {};
};

struct MannWhitneyConfig {
  double tolerance = 0.25;
  double confidence = 0.98;
};

struct MetricResult {
  MetricClass label = MetricClass::kPass;
  bool critical = false;
  std::optional<double> effect;  // of the measure, where the test was made
};

// Values that are NaN are removed or replaced, outliers removed if asked; then the samples are compared.
MetricResult classifyMetric(const KayentaMetric& metric, const MannWhitneyConfig& config, std::vector<double> experiment, std::vector<double> control,
                            engine::RandomSource& random);
// Compares the means alone (a benchmark of the judge's authors).
MetricResult classifyByMeans(const KayentaMetric& metric, std::vector<double> experiment, std::vector<double> control);

struct ScoredMetric {
  std::vector<std::string> groups;
  MetricClass label = MetricClass::kPass;
  bool critical = false;
};
struct JudgeScore {
  double summary = 0;                    // 0..100, two decimals
  std::map<std::string, double> groups;  // 0 for a group without data, which counts 100 in the summary
  enum class Failure : std::uint8_t { kNone, kCritical, kNodata };
  Failure failure = Failure::kNone;  // why the summary is 0 whatever the groups say
};
// Weights in percent; groups without one share what is left to 100. Muted metrics must be left out by the caller.
JudgeScore weightedScore(const std::map<std::string, double>& group_weights, const std::vector<ScoredMetric>& metrics);

enum class JudgeVerdict : std::uint8_t { kPass, kMarginal, kFail };
std::string_view name(JudgeVerdict verdict);  // "Pass", "Marginal", "Fail"
JudgeVerdict thresholdVerdict(double score, double pass, double marginal);

struct JudgeConfig {
  std::vector<KayentaMetric> metrics;
  std::map<std::string, double> group_weights;
  double pass = 95, marginal = 75;
  MannWhitneyConfig test;
};
struct MetricPair {
  std::vector<double> experiment, control;
};
struct Judgement {
  std::vector<MetricResult> metrics;  // one for each of the config
  JudgeScore score;
  JudgeVerdict verdict = JudgeVerdict::kFail;
};
// pairs: one for each metric of the config; one that is not there has no data.
Judgement judge(const JudgeConfig& config, const std::vector<MetricPair>& pairs, engine::RandomSource& random);

}  // namespace meshmall::models
