// A distribution of durations: every family a scenario can name, as an immutable value with its moments, its cdf and its sampler.
//
// Parameters are in seconds; a sample is in whole nanoseconds (nearest), at least 0 and at most kLongestSample. A family with a mean
// parameter takes no time when that is 0, and one without spread is its constant; a constant draws nothing.
// Exponential and normal draws are Boost.Random's ziggurats: one 64-bit number in about 98 of 100 samples, more in the others.
// Therefore give each sample an engine of its own address (Lane or Substream), and rejections stay without effect on anything else.
#pragma once

#include <boost/random/exponential_distribution.hpp>
#include <boost/random/gamma_distribution.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_01.hpp>
#include <boost/random/weibull_distribution.hpp>
#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/kernel/time.h"
#include "engine/random/weighted_choice.h"

namespace meshmall::engine {

// 126 years: added to any instant of a simulation it still fits.
inline constexpr Duration kLongestSample{4'000'000'000'000'000'000};

class Distribution {
 public:
  struct Branch;     // of a hyperexponential
  struct Component;  // of a mixture

  Distribution() = default;  // no time

  // Checking a user's numbers is the reader's job; one that does not meet what is stated here is a std::invalid_argument.
  static Distribution constant(Duration value);                        // >= 0
  static Distribution exponential(double mean);                        // mean >= 0
  static Distribution lognormal(double mean, double cv);               // mean, cv >= 0; cv = standard deviation / mean
  static Distribution erlang(double mean, unsigned k);                 // mean >= 0, k >= 1 phases of mean / k each
  static Distribution gamma(double mean, double cv);                   // mean, cv >= 0; cv < 1e-4 is drawn as a normal
  static Distribution weibull(double mean, double shape);              // mean >= 0, shape > 0
  static Distribution pareto(double scale, double shape);              // scale >= 0 (the least value), shape > 0
  static Distribution uniform(double min, double max);                 // 0 <= min <= max
  static Distribution truncatedNormal(double mean, double sd);         // mean, sd >= 0, of the normal before it is conditioned on >= 0
  static Distribution hyperexponential(const std::vector<Branch>& branches);
  static Distribution empirical(const std::vector<double>& values, const std::vector<double>& weights);  // no weights: all equal
  static Distribution mixture(std::vector<Component> components);
  Distribution shifted(double by) const;                               // by >= 0

  // Draws from `engine` (Boost.Random engine with 64-bit numbers) as many numbers as the family needs.
  template <class Engine>
  Duration sample(Engine& engine) const {
    if (family_ == Family::kConstant) return constant_;
    const double ns = sampleNs(engine) + offset_ns_ + 0.5;
    return ns < static_cast<double>(kLongestSample.ns) ? Duration{static_cast<std::int64_t>(ns)} : kLongestSample;
  }

  bool isConstant() const { return family_ == Family::kConstant; }
  bool isZero() const { return isConstant() && constant_.ns == 0; }

  // In seconds (squared), of what is sampled, except for the rounding to nanoseconds and kLongestSample. May be infinite.
  double mean() const;
  double variance() const;
  // P(sample <= seconds).
  double cdf(double seconds) const;
  // The least value whose cdf is at least p, 0 < p < 1, by bisection to the last bit of a double.
  double quantile(double p) const;

 private:
  enum class Family : std::uint8_t { kConstant, kExponential, kLognormal, kGamma, kWeibull, kPareto, kUniform, kTruncatedNormal, kEmpirical, kMixture };
  struct Parts;

  Distribution(Family family, double a, double b) : a_(a), b_(b), family_(family) {}

  template <class Engine>
  double sampleNs(Engine& engine) const;
  template <class Engine>
  [[gnu::noinline]] double sampleRarerNs(Engine& engine) const;
  double meanNs() const;
  double varianceNs() const;
  double cdfNs(double ns) const;

  // exponential: mean | lognormal: mu, sigma of the logarithm | gamma: shape, scale | weibull: shape, scale | pareto: scale, shape
  // uniform: min, max | truncatedNormal: mean, sd. All in nanoseconds.
  double a_ = 0;
  double b_ = 0;
  double offset_ns_ = 0;
  Duration constant_{0};
  std::shared_ptr<const Parts> parts_;  // of empirical and mixture, never changed
  Family family_ = Family::kConstant;
};

struct Distribution::Branch {
  double probability = 0;  // >= 0; taken in proportion to their sum, which is above 0
  double mean = 0;         // >= 0
};

struct Distribution::Component {
  double weight = 0;  // >= 0, sum above 0
  Distribution of;
};

struct Distribution::Parts {
  WeightedChoice choice;
  std::vector<double> values_ns;       // of an empirical, ascending
  std::vector<Distribution> mixed;     // of a mixture
};

template <class Engine>
inline double Distribution::sampleNs(Engine& engine) const {
  switch (family_) {
    case Family::kExponential:
      return boost::random::exponential_distribution<double>(1.0)(engine) * a_;
    case Family::kLognormal:
      return std::exp(boost::random::normal_distribution<double>(0.0, 1.0)(engine) * b_ + a_);
    default:
      return sampleRarerNs(engine);
  }
}

template <class Engine>
double Distribution::sampleRarerNs(Engine& engine) const {
  boost::random::uniform_01<double> uniform;
  switch (family_) {
    case Family::kGamma:
      return boost::random::gamma_distribution<double>(a_, b_)(engine);
    case Family::kWeibull:
      return boost::random::weibull_distribution<double>(a_, b_)(engine);
    case Family::kPareto:  // the logarithm of a Pareto variate is exponential
      return a_ * std::exp(boost::random::exponential_distribution<double>(1.0)(engine) / b_);
    case Family::kUniform:
      return a_ + (b_ - a_) * uniform(engine);
    case Family::kTruncatedNormal: {
      boost::random::normal_distribution<double> normal(a_, b_);
      double ns = normal(engine);
      while (ns < 0) ns = normal(engine);  // at most every second one, as the mean is not negative
      return ns;
    }
    case Family::kEmpirical:
      return parts_->values_ns[parts_->choice.pick(uniform(engine))];
    case Family::kMixture: {
      const Distribution& chosen = parts_->mixed[parts_->choice.pick(uniform(engine))];
      return chosen.isConstant() ? static_cast<double>(chosen.constant_.ns) : chosen.sampleNs(engine) + chosen.offset_ns_;
    }
    case Family::kConstant:
    case Family::kExponential:
    case Family::kLognormal:
      break;
  }
  return 0;  // not reached: sample() and sampleNs() serve these
}

}  // namespace meshmall::engine
