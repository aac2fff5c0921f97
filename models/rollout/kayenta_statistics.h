// The statistics that Kayenta's judge works with: percentiles, outliers, effect sizes.
//
// Percentile: R-7 (linear interpolation). Effect sizes have no value where the judge has NaN. No draws.
// Source: Kayenta DescriptiveStatistics, EffectSizes, IQRDetector, KSigmaDetector; spec rollout-traffic-security.md 1.3.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace meshmall::models {

// p in percent, 0..100; nothing of no values.
std::optional<double> kayentaPercentile(std::vector<double> values, double p);

// Values outside [Q1 - factor IQR, Q3 + factor IQR]; reduced sensitivity widens the fences to the 1st and 99th percentile. factor > 0.
std::vector<bool> iqrOutliers(const std::vector<double>& values, double factor, bool reduce_sensitivity);
// Values further than k standard deviations (of the population) from the mean. k > 0.
std::vector<bool> kSigmaOutliers(const std::vector<double>& values, double k);

// Ranks from 1, ties share their average.
std::vector<double> averageRanks(const std::vector<double>& values);

enum class EffectMeasure : std::uint8_t { kMeanRatio, kCles, kCohenD };
// Mean ratio: experiment / control, nothing when either mean is 0. CLES: how probably a value of the experiment is the higher. Cohen's d: with the
// pooled standard deviation, nothing without spread or with two values in all. Nothing when a side is empty.
std::optional<double> effectSize(EffectMeasure measure, const std::vector<double>& experiment, const std::vector<double>& control);

}  // namespace meshmall::models
