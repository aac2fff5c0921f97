#include "engine/experiment/comparison.h"

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <limits>

#include "engine/statistics/normality.h"
#include "engine/statistics/rank_tests.h"
#include "engine/statistics/sign_flip.h"

namespace meshmall::engine {
namespace {

constexpr std::size_t kEnoughForShape = 10;
constexpr double kShapiroLimit = 0.001, kDeviationLimit = 8;
constexpr double kRounding = 64 * std::numeric_limits<double>::epsilon();  // of some operations on values, as a share of the greatest

bool allPositive(const std::vector<double>& x) {
  return std::all_of(x.begin(), x.end(), [](double v) { return v > 0 && std::isfinite(v); });
}

std::vector<double> logarithms(std::vector<double> x) {
  for (double& v : x) v = std::log(v);
  return x;
}

std::vector<double> scaled(std::vector<double> x, double factor, double offset = 0) {
  for (double& v : x) v = v * factor + offset;
  return x;
}

// Of numbers that are subtracted from each other.
double greatestOf(const std::vector<double>& x) {
  double greatest = 0;
  for (const double v : x) greatest = std::max(greatest, std::abs(v));
  return greatest;
}

// Without what only rounding has put there: 0.999 against a limit of 99.9 % lies on it, and 105 / 100 on a margin of 5 %, every time. `size`: of what was subtracted.
MeanDifference withoutRounding(MeanDifference d, double size, double n) {
  if (d.standard_error * std::sqrt(n) > kRounding * size) return d;
  d.standard_error = 0;
  if (std::abs(d.estimate) <= kRounding * size) d.estimate = 0;
  return d;
}

bool onTheBound(const MeanDifference& d) { return d.standard_error == 0 && d.estimate == 0; }

// What is sure to lie on the bound is no matter of chance.
void decideOnTheBound(Finding& f, bool strict) {
  f.p_broken = strict ? 0 : 1;
  f.p_held = strict ? 1 : 0;
}

// What is above what by the statement: worse - better > 0 breaks it.
struct Sides {
  std::vector<double> worse, better;
  std::vector<double> differences() const {
    std::vector<double> d(worse.size());
    for (std::size_t i = 0; i < d.size(); ++i) d[i] = worse[i] - better[i];
    return d;
  }
};

class ChangeTest {
 public:
  ChangeTest(const std::vector<double>& baseline, const std::vector<double>& candidate, const Statement& statement, bool paired)
      : b_(baseline), c_(candidate), s_(statement), paired_(paired) {
    if (!s_.relative) {
      scale = Scale::difference;
    } else if (allPositive(b_) && allPositive(c_) && (!s_.decrease || s_.bound < 1)) {
      scale = Scale::logarithm;
      b_ = logarithms(b_);
      c_ = logarithms(c_);
    } else {
      scale = Scale::share;
    }
  }

  // Both sides with the bound `margin` worked in, so that "worse" is above "better" in the mean where the change of the statement's direction exceeds it.
  Sides at(double margin) const {
    const std::vector<double>& grown = s_.decrease ? b_ : c_;
    const std::vector<double>& base = s_.decrease ? c_ : b_;
    if (scale == Scale::difference) return {grown, scaled(base, 1, margin)};
    if (scale == Scale::logarithm) return {grown, scaled(base, 1, s_.decrease ? -std::log1p(-margin) : std::log1p(margin))};
    if (s_.decrease) return {scaled(b_, 1 - margin), c_};
    return {c_, scaled(b_, 1 + margin)};
  }
  // The margin of the same size in the other direction, on the scale of the test: x 1.05 is mirrored by / 1.05.
  Sides mirrored() const {
    if (scale == Scale::difference) return at(-s_.bound);
    return at(s_.decrease ? 1 - 1 / (1 - s_.bound) : 1 / (1 + s_.bound) - 1);
  }

  MeanDifference difference(const Sides& sides) const {
    const MeanDifference d = paired_ ? *pairedDifference(sides.differences()) : *welchDifference(sides.worse, sides.better);
    // A logarithm's rounding is that of its argument, however small it is.
    const double size = std::max({scale == Scale::logarithm ? 1.0 : 0.0, greatestOf(sides.worse), greatestOf(sides.better)});
    return withoutRounding(d, size, static_cast<double>(std::min(sides.worse.size(), sides.better.size())));
  }
  // P-value of "worse is at most better", and of the opposite.
  double pAbove(const Sides& sides, bool by_signs) const {
    return by_signs ? signFlipAbove(sides.differences()).p : difference(sides).pAbove(0);
  }
  double pBelow(const Sides& sides, bool by_signs) const {
    return by_signs ? signFlipAbove(scaled(sides.differences(), -1)).p : difference(sides).pBelow(0);
  }

  const std::vector<double>& baseline() const { return b_; }
  const std::vector<double>& candidate() const { return c_; }
  Scale scale = Scale::difference;

 private:
  std::vector<double> b_, c_;  // on the scale of the test
  const Statement& s_;
  bool paired_;
};

Shape shapeOf(const std::vector<double>& differences) {
  Shape shape;
  const auto test = shapiroWilk(differences);
  if (test) shape.shapiro_p = test->p;
  shape.greatest_deviation = greatestDeviation(differences);
  shape.normal = differences.size() < kEnoughForShape || !test || (test->p >= kShapiroLimit && shape.greatest_deviation <= kDeviationLimit);
  return shape;
}

// Candidate to baseline upwards, with its interval.
Estimate changeOf(const ChangeTest& test, bool relative, double level) {
  const std::vector<double>&b = test.baseline(), &c = test.candidate();
  const auto difference = [&](const std::vector<double>& up, const std::vector<double>& down) { return test.difference({up, down}); };
  const double one_sided = 0.5 + level / 2;
  if (test.scale == Scale::logarithm) {
    const MeanDifference d = difference(c, b);
    return {std::expm1(d.estimate), Interval{std::expm1(d.lowerLimit(one_sided)), std::expm1(d.upperLimit(one_sided))}};
  }
  if (!relative) {
    const MeanDifference d = difference(c, b);
    return {d.estimate, Interval{d.lowerLimit(one_sided), d.upperLimit(one_sided)}};
  }
  const double mean_b = sampleMean(b), mean_c = sampleMean(c);
  if (mean_b == 0) return {mean_c == 0 ? 0 : std::copysign(HUGE_VAL, mean_c), std::nullopt};
  const double ratio = mean_c / mean_b;  // of means; its error by the delta method
  const MeanDifference d = difference(scaled(c, 1 / mean_b), scaled(b, ratio / mean_b));
  return {ratio - 1, Interval{ratio - 1 + d.lowerLimit(one_sided) - d.estimate, ratio - 1 + d.upperLimit(one_sided) - d.estimate}};
}

// P(at most k of n) for the probability p.
double binomialAtMost(std::uint64_t k, std::uint64_t n, double p) {
  if (k >= n || p <= 0) return 1;
  if (p >= 1) return 0;
  return boost::math::ibetac(static_cast<double>(k) + 1, static_cast<double>(n - k), p);
}

CountRatio sumOf(const std::vector<CountRatio>& counts) {
  CountRatio sum;
  for (const CountRatio& c : counts) {
    sum.part += c.part;
    sum.whole += c.whole;
  }
  return sum;
}

double quotient(const CountRatio& c) { return static_cast<double>(c.part) / static_cast<double>(c.whole); }

// Around the estimate from all data: what one replication lies off it, on the scale of the test.
struct Around {
  double centre = 0;
  std::vector<double> off;
  bool logarithmic = false;
  double standardError() const {
    double squares = 0;
    for (const double v : off) squares += v * v;
    const double n = static_cast<double>(off.size());
    return std::sqrt(squares / (n - 1) / n);
  }
};

Around aroundEstimate(const Sample& sample, bool want_logarithm) {
  Around around;
  if (!sample.counts.empty()) {  // ratio of sums; residuals by the delta method
    const CountRatio sum = sumOf(sample.counts);
    if (sum.whole > 0) {
      around.centre = quotient(sum);
      const double mean_whole = static_cast<double>(sum.whole) / static_cast<double>(sample.counts.size());
      for (const CountRatio& c : sample.counts)
        around.off.push_back((static_cast<double>(c.part) - around.centre * static_cast<double>(c.whole)) / mean_whole);
      return around;
    }
  }
  around.logarithmic = want_logarithm && allPositive(sample.values) && (!sample.pooled || *sample.pooled > 0);
  const std::vector<double> values = around.logarithmic ? logarithms(sample.values) : sample.values;
  around.centre = sampleMean(values);
  if (sample.pooled) around.centre = around.logarithmic ? std::log(*sample.pooled) : *sample.pooled;
  for (const double v : values) around.off.push_back(v - around.centre);
  return around;
}

bool neverVaried(const Sample& sample) {
  if (sample.counts.empty()) return false;
  const CountRatio sum = sumOf(sample.counts);
  return sum.whole > 0 && (sum.part == 0 || sum.part == sum.whole);
}

}  // namespace

Estimate estimate(const Sample& sample, double level) {
  if (neverVaried(sample)) {
    const CountRatio sum = sumOf(sample.counts);
    return {quotient(sum), proportionInterval(sum.part, sum.whole, level)};
  }
  const Around around = aroundEstimate(sample, sample.pooled.has_value());
  Estimate made{around.logarithmic ? std::exp(around.centre) : around.centre, std::nullopt};
  if (around.off.size() < 2) return made;
  const MeanDifference d{around.centre, around.standardError(), static_cast<double>(around.off.size() - 1)};
  const double one_sided = 0.5 + level / 2;
  Interval interval{d.lowerLimit(one_sided), d.upperLimit(one_sided)};
  if (around.logarithmic) interval = {std::exp(interval.low), std::exp(interval.high)};
  if (!sample.counts.empty()) interval = {std::max(0.0, interval.low), std::min(1.0, interval.high)};
  made.interval = interval;
  return made;
}

bool holdsUnchanged(const Statement& statement) {
  if (statement.bound == 0) return !statement.strict;
  return statement.at_least ? 0 > statement.bound : 0 < statement.bound;
}

Finding compareChange(const Sample& baseline, const Sample& candidate, const Statement& statement, const ComparisonSettings& settings) {
  Finding f;
  f.paired = settings.paired;
  f.level = 1 - settings.alpha;
  f.baseline = estimate(baseline, f.level);
  f.candidate = estimate(candidate, f.level);
  if (settings.paired && baseline.values == candidate.values) {
    f.identical = true;
    f.holds_unchanged = holdsUnchanged(statement);
    f.scale = statement.relative ? Scale::logarithm : Scale::difference;
    f.test = "none";
    return f;
  }
  const ChangeTest test(baseline.values, candidate.values, statement, settings.paired);
  f.scale = test.scale;
  f.change = changeOf(test, statement.relative, f.level);

  const Sides sides = test.at(statement.bound);
  const MeanDifference d = test.difference(sides);
  const double n = static_cast<double>(std::min(baseline.values.size(), candidate.values.size()));
  f.t = d.standard_error > 0 ? d.estimate / d.standard_error : 0;
  f.degrees_of_freedom = d.degrees_of_freedom;
  f.distance = statement.at_least ? -d.estimate : d.estimate;
  f.deviation = d.standard_error * std::sqrt(n);
  f.test = d.standard_error == 0 ? "exact" : settings.paired ? "paired t" : "Welch's t";

  bool by_signs = false;
  if (settings.paired && d.standard_error > 0) {
    const std::vector<double> differences = sides.differences();
    f.shape = shapeOf(differences);
    by_signs = !f.shape.normal;
    if (by_signs) {
      const std::vector<double> breaking = scaled(differences, statement.at_least ? -1 : 1);
      const SignFlip flips = signFlipAbove(breaking);
      f.p_sign_flip = flips.p;
      f.p_t = statement.at_least ? d.pBelow(0) : d.pAbove(0);
      f.test = flips.exact ? "sign flips, exact" : "sign flips, sampled";
    }
    const double own = sampleVariance(test.baseline()) + sampleVariance(test.candidate());
    const MeanDifference plain = test.difference({test.candidate(), test.baseline()});
    if (plain.standard_error > 0) f.variance_reduction = own / (plain.standard_error * plain.standard_error * n);
  }
  const double above = test.pAbove(sides, by_signs), below = test.pBelow(sides, by_signs);
  f.p_broken = statement.at_least ? below : above;
  f.p_held = statement.at_least ? above : below;
  if (onTheBound(d)) decideOnTheBound(f, statement.strict);
  const Sides none = test.at(0);
  f.p_improved = statement.at_least ? test.pAbove(none, by_signs) : test.pBelow(none, by_signs);
  if (statement.bound > 0 && !statement.at_least) f.p_mirrored = test.pAbove(test.mirrored(), by_signs);

  if (settings.paired) {
    const std::vector<double> up = Sides{test.candidate(), test.baseline()}.differences();
    if (const auto ranks = wilcoxonSignedRank(up)) f.rank_p = ranks->p;
    if (up.size() <= 1000 && test.scale != Scale::share) f.shift = test.scale == Scale::logarithm ? std::expm1(hodgesLehmann(up)) : hodgesLehmann(up);
  } else if (const auto ranks = mannWhitney(candidate.values, baseline.values)) {
    f.rank_p = ranks->p;
  }
  return f;
}

Finding compareValue(const Sample& candidate, const Statement& statement, const ComparisonSettings& settings) {
  Finding f;
  f.level = 1 - settings.alpha;
  f.candidate = estimate(candidate, f.level);
  f.scale = Scale::value;
  if (neverVaried(candidate)) {
    const CountRatio sum = sumOf(candidate.counts);
    const double at_most = binomialAtMost(sum.part, sum.whole, statement.bound);  // so few, if it lay on the limit
    const double at_least = sum.part == 0 ? 1 : 1 - binomialAtMost(sum.part - 1, sum.whole, statement.bound);
    f.p_broken = statement.at_least ? at_most : at_least;
    f.p_held = statement.at_least ? at_least : at_most;
    f.distance = (statement.at_least ? -1 : 1) * (quotient(sum) - statement.bound);
    f.test = "Clopper-Pearson";
    return f;
  }
  const bool logarithm = candidate.pooled.has_value() && statement.bound > 0;
  const Around around = aroundEstimate(candidate, logarithm);
  const double limit = around.logarithmic ? std::log(statement.bound) : statement.bound;
  const double n = static_cast<double>(around.off.size()), size = std::max({around.logarithmic ? 1.0 : 0.0, std::abs(around.centre), std::abs(limit)});
  const MeanDifference d = withoutRounding({around.centre - limit, around.standardError(), n - 1}, size, n);  // beyond the limit
  f.test = d.standard_error == 0 ? "exact" : "t";
  f.t = d.standard_error > 0 ? d.statistic(0) : 0;
  f.degrees_of_freedom = d.degrees_of_freedom;
  f.deviation = d.standard_error * std::sqrt(n);
  f.distance = (statement.at_least ? -1 : 1) * d.estimate;
  f.p_broken = statement.at_least ? d.pBelow(0) : d.pAbove(0);
  f.p_held = statement.at_least ? d.pAbove(0) : d.pBelow(0);
  if (onTheBound(d)) decideOnTheBound(f, statement.strict);
  return f;
}

double exploratoryP(const std::vector<double>& baseline, const std::vector<double>& candidate, bool paired) {
  if (paired && baseline == candidate) return 1;
  const Statement any;
  const Statement share{true, false, false, 0};
  const ChangeTest test(baseline, candidate, allPositive(baseline) && allPositive(candidate) ? share : any, paired);
  const MeanDifference d = test.difference(test.at(0));
  return std::min(1.0, 2 * std::min(d.pAbove(0), d.pBelow(0)));
}

}  // namespace meshmall::engine
