#include <limits>
#include <nlohmann/json.hpp>

#include "cli/replay/rollout_cases.h"
#include "engine/random/keyed_stream.h"
#include "models/rollout/kayenta_judge.h"

namespace meshmall::cli {
namespace {

using nlohmann::json;
using namespace models;

// No case gives the judge's noise: any numbers will do, the same ones each time.
class NoiseDraws final : public engine::RandomSource {
 public:
  std::uint64_t next() override { return stream_(); }

 private:
  engine::Substream stream_{{1, 0}, {}};
};

std::vector<double> valuesOf(const json& list) {
  std::vector<double> values;
  for (const json& value : list) values.push_back(value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>());
  return values;
}

MetricDirection directionOf(CaseFields& config) {
  const std::string text = config.text("direction", "either");
  if (text == "either") return MetricDirection::kEither;
  if (text == "increase") return MetricDirection::kIncrease;
  if (text == "decrease") return MetricDirection::kDecrease;
  throw UnsupportedCase{"direction " + text + " is not understood"};
}

EffectMeasure measureOf(const std::string& text) {
  if (text == "meanRatio") return EffectMeasure::kMeanRatio;
  if (text == "cles") return EffectMeasure::kCles;
  if (text == "cohenD") return EffectMeasure::kCohenD;
  throw UnsupportedCase{"effect size " + text + " is not understood"};
}

// [low, high] as (decrease, increase).
void readThresholds(CaseFields& config, const char* key, std::optional<double>& decrease, std::optional<double>& increase) {
  if (!config.has(key)) return;
  const json& pair = config.list(key);
  if (pair.size() != 2) throw UnsupportedCase{std::string("config.") + key + " has not two values"};
  decrease = pair[0].get<double>();
  increase = pair[1].get<double>();
}

json classifierCase(CaseFields& config, CaseFields& input) {
  KayentaMetric metric;
  MannWhitneyConfig test;
  test.tolerance = config.number("tolerance", test.tolerance);
  test.confidence = config.number("confLevel", test.confidence);
  metric.direction = directionOf(config);
  readThresholds(config, "effectSizeThresholds_low_high", metric.allowed_decrease, metric.allowed_increase);
  readThresholds(config, "criticalThresholds_low_high", metric.critical_decrease, metric.critical_increase);
  metric.measure = measureOf(config.text("effectSizeMeasure", "meanRatio"));
  const std::string nan = config.text("nanStrategy", "remove");
  if (nan != "remove" && nan != "replace") throw UnsupportedCase{"nanStrategy " + nan + " is not understood"};
  metric.nan_strategy = nan == "remove" ? NanStrategy::kRemove : NanStrategy::kReplace;
  metric.critical = config.boolean("critical", false);
  metric.must_have_data = config.boolean("mustHaveData", false);
  NoiseDraws noise;
  const MetricResult result = classifyMetric(metric, test, valuesOf(input.list("experiment")), valuesOf(input.list("control")), noise);
  return {{"classification", name(result.label)}, {"critical", result.critical}};
}

json meanInequality(CaseFields& config, CaseFields& input) {
  KayentaMetric metric;
  metric.direction = directionOf(config);
  return {{"classification", name(classifyByMeans(metric, valuesOf(input.list("experiment")), valuesOf(input.list("control"))).label)}};
}

MetricClass classOf(const std::string& text) {
  for (const MetricClass label :
       {MetricClass::kPass, MetricClass::kHigh, MetricClass::kLow, MetricClass::kNodata, MetricClass::kNodataFail, MetricClass::kError}) {
    if (name(label) == text) return label;
  }
  throw UnsupportedCase{"classification " + text + " is not understood"};
}

json scorer(CaseFields& config, CaseFields& input) {
  std::map<std::string, double> weights;
  CaseFields given = config.object("groupWeights");
  for (const std::string& group : given.keys()) weights[group] = given.number(group);
  given.finish();
  std::vector<ScoredMetric> metrics;
  for (const json& entry : input.list("metrics")) {
    CaseFields fields(entry, "metrics[]");
    ScoredMetric metric;
    metric.groups = {fields.text("group")};
    metric.label = classOf(fields.text("classification"));
    metric.critical = fields.boolean("critical", false);
    fields.finish();
    metrics.push_back(metric);
  }
  return {{"summaryScore", weightedScore(weights, metrics).summary}};
}

json thresholdScore(CaseFields& config, CaseFields& input) {
  return {{"classification", name(thresholdVerdict(input.number("score"), config.number("pass"), config.number("marginal")))}};
}

json percentile(CaseFields& config, CaseFields& input) {
  const std::string estimation = config.text("estimation", "R7");
  if (estimation.rfind("R7", 0) != 0 && estimation.rfind("R-7", 0) != 0) throw UnsupportedCase{"estimation " + estimation + " is not understood"};
  const std::optional<double> value = kayentaPercentile(valuesOf(input.list("values")), input.number("p"));
  return {{"value", value ? json(*value) : json(nullptr)}};
}

json iqr(CaseFields& config, CaseFields& input) { return {{"outlier", iqrOutliers(valuesOf(input.list("values")), config.number("factor", 1.5), false)}}; }

json kSigma(CaseFields& config, CaseFields& input) { return {{"outlier", kSigmaOutliers(valuesOf(input.list("values")), config.number("k", 3))}}; }

json effect(CaseFields& config, CaseFields& input) {
  const std::optional<double> value =
      effectSize(measureOf(config.text("measure", "meanRatio")), valuesOf(input.list("experiment")), valuesOf(input.list("control")));
  return {{"value", value ? json(*value) : json(nullptr)}};
}

}  // namespace

std::vector<CaseAdapter> kayentaAdapters() {
  return {{"kayenta.mann_whitney_classifier", classifierCase},
          {"kayenta.mean_inequality", meanInequality},
          {"kayenta.weighted_sum_scorer", scorer},
          {"kayenta.threshold_score", thresholdScore},
          {"kayenta.percentile_r7", percentile},
          {"kayenta.iqr_outliers", iqr},
          {"kayenta.ksigma_outliers", kSigma},
          {"kayenta.effect_size", effect}};
}

}  // namespace meshmall::cli
