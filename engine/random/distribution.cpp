#include "engine/random/distribution.h"

#include <algorithm>
#include <boost/math/special_functions/gamma.hpp>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace meshmall::engine {
namespace {

constexpr double kNsPerSecond = 1e9;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

void require(bool condition, const char* what) {
  if (!condition) throw std::invalid_argument(what);
}

double standardNormalDensity(double z) { return 0.39894228040143267794 * std::exp(-0.5 * z * z); }
double standardNormalAbove(double z) { return 0.5 * std::erfc(z * 0.70710678118654752440); }

// density / probability above, of the standard normal at z <= 0
double hazard(double z) { return standardNormalDensity(z) / standardNormalAbove(z); }

double gammaCdf(double shape, double x) { return x <= 0 ? 0 : boost::math::gamma_p(shape, x); }

}  // namespace

Distribution Distribution::constant(Duration value) {
  require(value.ns >= 0 && value <= kLongestSample, "constant: from 0 to 126 years");
  Distribution d;
  d.constant_ = value;
  return d;
}

Distribution Distribution::exponential(double mean) {
  require(mean >= 0 && std::isfinite(mean), "exponential: mean >= 0");
  return mean == 0 ? Distribution() : Distribution(Family::kExponential, mean * kNsPerSecond, 0);
}

Distribution Distribution::lognormal(double mean, double cv) {
  require(mean >= 0 && cv >= 0 && std::isfinite(mean) && std::isfinite(cv), "lognormal: mean >= 0, cv >= 0");
  if (mean == 0) return {};
  if (cv == 0) return constant(fromSeconds(mean));
  const double variance_of_log = std::log1p(cv * cv);
  return {Family::kLognormal, std::log(mean * kNsPerSecond) - variance_of_log / 2, std::sqrt(variance_of_log)};
}

Distribution Distribution::erlang(double mean, unsigned k) {
  require(mean >= 0 && std::isfinite(mean) && k >= 1, "erlang: mean >= 0, k >= 1");
  if (k == 1) return exponential(mean);
  return gamma(mean, 1 / std::sqrt(static_cast<double>(k)));
}

Distribution Distribution::gamma(double mean, double cv) {
  require(mean >= 0 && cv >= 0 && std::isfinite(mean) && std::isfinite(cv), "gamma: mean >= 0, cv >= 0");
  if (mean == 0) return {};
  if (cv == 0) return constant(fromSeconds(mean));
  // The rejection sampler loses its digits for shapes far beyond 1e8; there the skewness, 2 cv, is nothing anyone could see.
  if (cv < 1e-4) return truncatedNormal(mean, mean * cv);
  return {Family::kGamma, 1 / (cv * cv), mean * kNsPerSecond * cv * cv};
}

Distribution Distribution::weibull(double mean, double shape) {
  require(mean >= 0 && shape > 0 && std::isfinite(mean) && std::isfinite(shape), "weibull: mean >= 0, shape > 0");
  if (mean == 0) return {};
  return {Family::kWeibull, shape, std::exp(std::log(mean * kNsPerSecond) - boost::math::lgamma(1 + 1 / shape))};
}

Distribution Distribution::pareto(double scale, double shape) {
  require(scale >= 0 && shape > 0 && std::isfinite(scale) && std::isfinite(shape), "pareto: scale >= 0, shape > 0");
  return scale == 0 ? Distribution() : Distribution(Family::kPareto, scale * kNsPerSecond, shape);
}

Distribution Distribution::uniform(double min, double max) {
  require(min >= 0 && min <= max && std::isfinite(max), "uniform: 0 <= min <= max");
  return min == max ? constant(fromSeconds(min)) : Distribution(Family::kUniform, min * kNsPerSecond, max * kNsPerSecond);
}

Distribution Distribution::truncatedNormal(double mean, double sd) {
  require(mean >= 0 && sd >= 0 && std::isfinite(mean) && std::isfinite(sd), "normal: mean >= 0, sd >= 0");
  if (mean == 0 || sd == 0) return constant(fromSeconds(mean));
  return {Family::kTruncatedNormal, mean * kNsPerSecond, sd * kNsPerSecond};
}

Distribution Distribution::hyperexponential(const std::vector<Branch>& branches) {
  std::vector<Component> components;
  for (const Branch& branch : branches) components.push_back({branch.probability, exponential(branch.mean)});
  return mixture(std::move(components));
}

Distribution Distribution::empirical(const std::vector<double>& values, const std::vector<double>& weights) {
  require(!values.empty() && (weights.empty() || weights.size() == values.size()), "empirical: values, and as many weights or none");
  // Sorted, so that a larger uniform number is a longer duration.
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) { return values[x] < values[y]; });
  std::vector<double> sorted_ns, sorted_weights;
  for (const std::size_t i : order) {
    require(values[i] >= 0 && std::isfinite(values[i]), "empirical: values >= 0");
    sorted_ns.push_back(values[i] * kNsPerSecond);
    sorted_weights.push_back(weights.empty() ? 1.0 : weights[i]);
  }
  if (values.size() == 1) return constant(fromSeconds(values[0]));
  Distribution d(Family::kEmpirical, 0, 0);
  d.parts_ = std::make_shared<const Parts>(Parts{WeightedChoice(sorted_weights), std::move(sorted_ns), {}});
  return d;
}

Distribution Distribution::mixture(std::vector<Component> components) {
  require(!components.empty(), "mixture: at least one component");
  std::vector<double> weights;
  std::vector<Distribution> mixed;
  for (Component& component : components) {
    weights.push_back(component.weight);
    mixed.push_back(std::move(component.of));
  }
  Distribution d(Family::kMixture, 0, 0);
  d.parts_ = std::make_shared<const Parts>(Parts{WeightedChoice(weights), {}, std::move(mixed)});
  if (d.parts_->mixed.size() == 1) return Distribution(d.parts_->mixed.front());
  return d;
}

Distribution Distribution::shifted(double by) const {
  require(by >= 0 && std::isfinite(by), "shifted: by >= 0");
  Distribution d = *this;
  if (isConstant()) {
    d.constant_ = std::min(kLongestSample, constant_ + fromSeconds(std::min(by, kLongestSample.seconds())));
  } else {
    d.offset_ns_ += by * kNsPerSecond;
  }
  return d;
}

double Distribution::mean() const { return (meanNs() + offset_ns_) / kNsPerSecond; }
double Distribution::variance() const { return varianceNs() / kNsPerSecond / kNsPerSecond; }
double Distribution::cdf(double seconds) const { return cdfNs(seconds * kNsPerSecond - offset_ns_); }

double Distribution::meanNs() const {
  switch (family_) {
    case Family::kConstant:
      return static_cast<double>(constant_.ns);
    case Family::kExponential:
      return a_;
    case Family::kLognormal:
      return std::exp(a_ + b_ * b_ / 2);
    case Family::kGamma:
      return a_ * b_;
    case Family::kWeibull:
      return b_ * std::exp(boost::math::lgamma(1 + 1 / a_));
    case Family::kPareto:
      return b_ > 1 ? a_ * b_ / (b_ - 1) : kInfinity;
    case Family::kUniform:
      return (a_ + b_) / 2;
    case Family::kTruncatedNormal:
      return a_ + b_ * hazard(-a_ / b_);
    case Family::kEmpirical: {
      double sum = 0;
      for (std::size_t i = 0; i < parts_->values_ns.size(); ++i) sum += parts_->choice.probability(i) * parts_->values_ns[i];
      return sum;
    }
    case Family::kMixture: {
      double sum = 0;
      for (std::size_t i = 0; i < parts_->mixed.size(); ++i) {
        const double probability = parts_->choice.probability(i);
        if (probability > 0) sum += probability * (parts_->mixed[i].meanNs() + parts_->mixed[i].offset_ns_);
      }
      return sum;
    }
  }
  return 0;
}

double Distribution::varianceNs() const {
  switch (family_) {
    case Family::kConstant:
      return 0;
    case Family::kExponential:
      return a_ * a_;
    case Family::kLognormal:
      return std::expm1(b_ * b_) * std::exp(2 * a_ + b_ * b_);
    case Family::kGamma:
      return a_ * b_ * b_;
    case Family::kWeibull: {
      const double second = 2 * std::log(b_) + boost::math::lgamma(1 + 2 / a_), first = std::log(b_) + boost::math::lgamma(1 + 1 / a_);
      return std::exp(second) - std::exp(2 * first);
    }
    case Family::kPareto:
      return b_ > 2 ? a_ * a_ * b_ / ((b_ - 1) * (b_ - 1) * (b_ - 2)) : kInfinity;
    case Family::kUniform:
      return (b_ - a_) * (b_ - a_) / 12;
    case Family::kTruncatedNormal: {
      const double z = -a_ / b_, h = hazard(z);
      return b_ * b_ * (1 + z * h - h * h);
    }
    case Family::kEmpirical: {
      const double mean_ns = meanNs();
      double sum = 0;
      for (std::size_t i = 0; i < parts_->values_ns.size(); ++i) {
        sum += parts_->choice.probability(i) * (parts_->values_ns[i] - mean_ns) * (parts_->values_ns[i] - mean_ns);
      }
      return sum;
    }
    case Family::kMixture: {
      const double mean_ns = meanNs();
      if (!std::isfinite(mean_ns)) return kInfinity;
      double sum = 0;
      for (std::size_t i = 0; i < parts_->mixed.size(); ++i) {
        const Distribution& part = parts_->mixed[i];
        const double probability = parts_->choice.probability(i);
        if (probability == 0) continue;
        const double off = part.meanNs() + part.offset_ns_ - mean_ns;
        sum += probability * (part.varianceNs() + off * off);
      }
      return sum;
    }
  }
  return 0;
}

double Distribution::cdfNs(double ns) const {
  if (ns < 0) return 0;
  switch (family_) {
    case Family::kConstant:
      return ns >= static_cast<double>(constant_.ns) ? 1 : 0;
    case Family::kExponential:
      return -std::expm1(-ns / a_);
    case Family::kLognormal:
      return ns == 0 ? 0 : standardNormalAbove((a_ - std::log(ns)) / b_);
    case Family::kGamma:
      return gammaCdf(a_, ns / b_);
    case Family::kWeibull:
      return -std::expm1(-std::pow(ns / b_, a_));
    case Family::kPareto:
      return ns <= a_ ? 0 : -std::expm1(-b_ * std::log(ns / a_));
    case Family::kUniform:
      return std::clamp((ns - a_) / (b_ - a_), 0.0, 1.0);
    case Family::kTruncatedNormal:
      return 1 - standardNormalAbove((ns - a_) / b_) / standardNormalAbove(-a_ / b_);
    case Family::kEmpirical: {
      double sum = 0;
      for (std::size_t i = 0; i < parts_->values_ns.size() && parts_->values_ns[i] <= ns; ++i) sum += parts_->choice.probability(i);
      return sum;
    }
    case Family::kMixture: {
      double sum = 0;
      for (std::size_t i = 0; i < parts_->mixed.size(); ++i) {
        sum += parts_->choice.probability(i) * parts_->mixed[i].cdfNs(ns - parts_->mixed[i].offset_ns_);
      }
      return sum;
    }
  }
  return 0;
}

double Distribution::quantile(double p) const {
  double low = -1, high = 1;  // cdf(low) < p <= cdf(high)
  while (cdf(high) < p && high < 1e300) high *= 2;
  for (int i = 0; i < 2000; ++i) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    (cdf(middle) < p ? low : high) = middle;
  }
  return high;
}

}  // namespace meshmall::engine
