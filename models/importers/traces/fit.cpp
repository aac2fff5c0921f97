#include "models/importers/traces/fit.h"

#include <algorithm>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>
#include <cmath>
#include <numeric>

namespace meshmall::models::traces {

namespace {

constexpr double kLeast = 1e-6;  // ms: a nanosecond; below it a logarithm tells nothing
constexpr std::size_t kEnoughForTwo = 20, kEnoughForEmpirical = 30;
constexpr double kCritical = 1.63;  // of Kolmogorov and Smirnov's statistic times the root of n, 1 %

double normalCdf(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

struct Logs {
  double mean = 0, variance = 0;
};
Logs logsOf(const std::vector<double>& v) {
  Logs out;
  for (const double x : v) out.mean += std::log(std::max(x, kLeast));
  out.mean /= static_cast<double>(v.size());
  for (const double x : v) out.variance += std::pow(std::log(std::max(x, kLeast)) - out.mean, 2);
  out.variance /= static_cast<double>(v.size());
  return out;
}

double lognormalDensity(double log_x, double mean, double cv) {
  const double s2 = std::log1p(cv * cv), m = std::log(mean) - s2 / 2;
  return std::exp(-(log_x - m) * (log_x - m) / (2 * s2)) / std::sqrt(2 * M_PI * s2);
}
double lognormalCdf(double x, double mean, double cv) {
  const double s2 = std::log1p(cv * cv), m = std::log(mean) - s2 / 2;
  return normalCdf((std::log(std::max(x, kLeast)) - m) / std::sqrt(s2));
}

double density(const FittedTime& f, double x);
double cdf(const FittedTime& f, double x) {
  switch (f.family) {
    case Family::exponential:
      return 1 - std::exp(-x / f.mean);
    case Family::lognormal:
      return lognormalCdf(x, f.mean, f.shape);
    case Family::gamma:
      return boost::math::gamma_p(1 / (f.shape * f.shape), std::max(x, 0.0) / (f.mean * f.shape * f.shape));
    case Family::weibull:
      return 1 - std::exp(-std::pow(x / (f.mean / std::tgamma(1 + 1 / f.shape)), f.shape));
    case Family::normal:
      return normalCdf((x - f.mean) / f.shape);
    case Family::two_lognormals: {
      double sum = 0;
      for (const FittedTime::Part& part : f.parts) sum += part.weight * lognormalCdf(x, part.mean, part.cv);
      return sum;
    }
    default:
      return x >= f.mean ? 1 : 0;
  }
}

double density(const FittedTime& f, double x) {
  x = std::max(x, kLeast);
  switch (f.family) {
    case Family::exponential:
      return std::exp(-x / f.mean) / f.mean;
    case Family::lognormal:
      return lognormalDensity(std::log(x), f.mean, f.shape) / x;
    case Family::gamma: {
      const double k = 1 / (f.shape * f.shape), scale = f.mean / k;
      return std::exp((k - 1) * std::log(x / scale) - x / scale - std::lgamma(k)) / scale;
    }
    case Family::weibull: {
      const double scale = f.mean / std::tgamma(1 + 1 / f.shape);
      return f.shape / scale * std::pow(x / scale, f.shape - 1) * std::exp(-std::pow(x / scale, f.shape));
    }
    case Family::normal:
      return std::exp(-(x - f.mean) * (x - f.mean) / (2 * f.shape * f.shape)) / (f.shape * std::sqrt(2 * M_PI));
    case Family::two_lognormals: {
      double sum = 0;
      for (const FittedTime::Part& part : f.parts) sum += part.weight * lognormalDensity(std::log(x), part.mean, part.cv) / x;
      return sum;
    }
    default:
      return 0;
  }
}

double logLikelihood(const FittedTime& f, const std::vector<double>& v) {
  double sum = 0;
  for (const double x : v) sum += std::log(std::max(density(f, x), 1e-300));
  return sum;
}

FittedTime lognormal(double mean, double cv) { return cv < 0.01 ? FittedTime{Family::constant, mean, 0, {}, {}} : FittedTime{Family::lognormal, mean, cv, {}, {}}; }

FittedTime fitLognormal(const std::vector<double>& v, double mean) {
  return lognormal(mean, std::clamp(std::sqrt(std::expm1(std::min(logsOf(v).variance, 6.0))), 0.01, 20.0));
}

// Newton's steps on log k - psi(k) = log mean - mean log.
FittedTime fitGamma(const std::vector<double>& v, double mean) {
  const double s = std::max(std::log(mean) - logsOf(v).mean, 1e-9);
  double k = (3 - s + std::sqrt((s - 3) * (s - 3) + 24 * s)) / (12 * s);
  for (int i = 0; i < 20; ++i) {
    const double step = (std::log(k) - boost::math::digamma(k) - s) / (1 / k - boost::math::trigamma(k));
    const double next = k - step;
    if (!(next > 0)) break;
    const bool there = std::abs(next - k) < 1e-9 * k;
    k = next;
    if (there) break;
  }
  return {Family::gamma, mean, std::clamp(1 / std::sqrt(k), 0.01, 20.0), {}, {}};
}

// The root of sum x^k log x / sum x^k - 1/k = mean log x, by bisection: the left side rises with k.
FittedTime fitWeibull(const std::vector<double>& v, double mean) {
  const double target = logsOf(v).mean;
  double low = 0.1, high = 100;
  for (int i = 0; i < 60; ++i) {
    const double k = std::sqrt(low * high);
    double weighted = 0, sum = 0;
    for (const double x : v) {
      const double scaled = std::max(x, kLeast) / mean, power = std::pow(scaled, k);
      weighted += power * std::log(std::max(x, kLeast));
      sum += power;
    }
    (weighted / sum - 1 / k > target ? high : low) = k;
  }
  return {Family::weibull, mean, std::sqrt(low * high), {}, {}};
}

// Two lognormals by expectation and maximisation on the logarithms, started at the halves on both sides of the middle between the extremes.
FittedTime fitTwo(const std::vector<double>& sorted, double mean) {
  const std::size_t n = sorted.size();
  std::vector<double> logs(n), second(n);
  for (std::size_t i = 0; i < n; ++i) logs[i] = std::log(std::max(sorted[i], kLeast));
  const double middle = (logs[n / 20] + logs[n - 1 - n / 20]) / 2;
  for (std::size_t i = 0; i < n; ++i) second[i] = logs[i] > middle ? 1 : 0;
  double weight[2] = {}, m[2] = {}, s2[2] = {};
  for (int round = 0; round < 200; ++round) {
    for (int c = 0; c < 2; ++c) {
      double w = 0, sum = 0, squares = 0;
      for (std::size_t i = 0; i < n; ++i) w += c == 1 ? second[i] : 1 - second[i];
      if (w < 2) return {Family::constant, 0, 0, {}, {}};
      for (std::size_t i = 0; i < n; ++i) sum += (c == 1 ? second[i] : 1 - second[i]) * logs[i];
      m[c] = sum / w;
      for (std::size_t i = 0; i < n; ++i) squares += (c == 1 ? second[i] : 1 - second[i]) * (logs[i] - m[c]) * (logs[i] - m[c]);
      s2[c] = std::max(squares / w, 1e-4);  // a spread of 1 %: no part shrinks to a point
      weight[c] = w / static_cast<double>(n);
    }
    double moved = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const auto log_of = [&](int c) { return std::log(weight[c]) - (logs[i] - m[c]) * (logs[i] - m[c]) / (2 * s2[c]) - 0.5 * std::log(s2[c]); };
      const double now = 1 / (1 + std::exp(log_of(0) - log_of(1)));
      moved += std::abs(now - second[i]);
      second[i] = now;
    }
    if (moved < 1e-7 * static_cast<double>(n)) break;
  }
  FittedTime out{Family::two_lognormals, mean, 0, {}, {}};
  for (int c = 0; c < 2; ++c) {  // each part has the mean of what it stands for, so that the whole has the samples'
    double w = 0, sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double share = c == 1 ? second[i] : 1 - second[i];
      w += share;
      sum += share * sorted[i];
    }
    if (w < 2) return {Family::constant, 0, 0, {}, {}};
    out.parts.push_back({w / static_cast<double>(n), sum / w, std::clamp(std::sqrt(std::expm1(std::min(s2[c], 6.0))), 0.01, 20.0)});
  }
  return out;
}

double kolmogorovSmirnov(const FittedTime& f, const std::vector<double>& sorted) {
  const double n = static_cast<double>(sorted.size());
  double worst = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double at = cdf(f, sorted[i]);
    worst = std::max({worst, std::abs(at - static_cast<double>(i) / n), std::abs(at - static_cast<double>(i + 1) / n)});
  }
  return worst;
}

// Means of neighbouring samples: 18 groups up to the 90th percentile, 6 up to the 99th, the rest one by one (at most 8 groups).
FittedTime thinnedOut(const std::vector<double>& sorted, double mean) {
  FittedTime out{Family::empirical, mean, 0, {}, {}};
  const std::size_t n = sorted.size();
  std::vector<std::size_t> ends;
  const auto upTo = [&](double from, double to, std::size_t groups) {
    for (std::size_t g = 1; g <= groups; ++g) ends.push_back(static_cast<std::size_t>(std::llround(static_cast<double>(n) * (from + (to - from) * static_cast<double>(g) / static_cast<double>(groups)))));
  };
  upTo(0, 0.9, 18);
  upTo(0.9, 0.99, 6);
  upTo(0.99, 1, 8);
  for (std::size_t begin = 0, k = 0; k < ends.size(); ++k) {
    const std::size_t end = std::min(ends[k], n);
    if (end <= begin) continue;
    const double sum = std::accumulate(sorted.begin() + static_cast<std::ptrdiff_t>(begin), sorted.begin() + static_cast<std::ptrdiff_t>(end), 0.0);
    out.points.emplace_back(sum / static_cast<double>(end - begin), static_cast<double>(end - begin));
    begin = end;
  }
  return out;
}

}  // namespace

double meanOf(const std::vector<double>& v) { return v.empty() ? 0 : std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size()); }

double cvOf(const std::vector<double>& v) {
  const double mean = meanOf(v);
  if (!(mean > 0)) return 0;
  double squares = 0;
  for (const double x : v) squares += (x - mean) * (x - mean);
  return std::sqrt(squares / static_cast<double>(v.size())) / mean;
}

double quantileOf(const std::vector<double>& sorted, double q) {
  if (sorted.empty()) return std::nan("");
  const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(q * static_cast<double>(sorted.size()) - 1e-9)));
  return sorted[std::min(rank, sorted.size()) - 1];
}

FittedTime fitTimes(std::vector<double> v, double usual_cv) {
  const double mean = meanOf(v);
  if (!(mean > kLeast)) return {};
  if (v.size() < kFewSamples) return lognormal(mean, usual_cv);
  if (cvOf(v) < 0.01) return {Family::constant, mean, 0, {}, {}};
  std::sort(v.begin(), v.end());
  std::vector<FittedTime> candidates = {fitLognormal(v, mean), fitGamma(v, mean), fitWeibull(v, mean), {Family::exponential, mean, 0, {}, {}}};
  if (cvOf(v) < 0.3) candidates.push_back({Family::normal, mean, cvOf(v) * mean, {}, {}});  // else too much of it would be below 0
  if (v.size() >= kEnoughForTwo) candidates.push_back(fitTwo(v, mean));
  const double log_n = std::log(static_cast<double>(v.size()));
  const FittedTime* best = nullptr;
  double least = 0;
  for (const FittedTime& each : candidates) {
    if (each.zero()) continue;
    const double parameters = each.family == Family::exponential ? 1 : each.family == Family::two_lognormals ? 5 : 2;
    const double criterion = parameters * log_n - 2 * logLikelihood(each, v);
    if (best != nullptr && criterion >= least) continue;
    best = &each;
    least = criterion;
  }
  if (v.size() >= kEnoughForEmpirical && kolmogorovSmirnov(*best, v) * std::sqrt(static_cast<double>(v.size())) > kCritical) return thinnedOut(v, mean);
  return *best;
}

FittedTime fitOneWay(const std::vector<double>& gaps, double usual_cv) {
  const double mean = meanOf(gaps);
  if (!(mean > kLeast)) return {};
  if (gaps.size() < kFewSamples) return lognormal(mean / 2, usual_cv * std::sqrt(2.0));
  std::vector<double> sorted = gaps;
  std::sort(sorted.begin(), sorted.end());
  const FittedTime two = sorted.size() >= kEnoughForTwo ? fitTwo(sorted, mean) : FittedTime();
  const FittedTime one = fitLognormal(sorted, mean);
  const double log_n = std::log(static_cast<double>(sorted.size()));
  if (two.zero() || two.parts[1].weight > 0.3 || two.parts[1].mean < 3 * two.parts[0].mean || 3 * log_n > 2 * (logLikelihood(two, sorted) - logLikelihood(one, sorted)))
    return lognormal(mean / 2, std::min(one.shape * std::sqrt(2.0), 20.0));
  const FittedTime::Part &body = two.parts[0], &tail = two.parts[1];
  FittedTime out{Family::two_lognormals, mean / 2, 0, {}, {}};
  out.parts = {{1 - tail.weight / 2, body.mean / 2, body.cv * std::sqrt(2.0)}, {tail.weight / 2, tail.mean - body.mean / 2, tail.cv}};
  return out;
}

std::string familyName(Family family) {
  constexpr const char* kNames[] = {"constant", "exponential", "lognormal", "gamma", "Weibull", "normal", "two lognormals", "empirical"};
  return kNames[static_cast<std::size_t>(family)];
}

}  // namespace meshmall::models::traces
