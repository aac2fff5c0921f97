#include "engine/statistics/normality.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <limits>

#include "engine/statistics/confidence.h"

namespace meshmall::engine {
namespace {

// c0 + c1 x + c2 x^2 + ...
double polynomial(std::initializer_list<double> coefficients, double x) {
  double sum = 0, power = 1;
  for (const double c : coefficients) {
    sum += c * power;
    power *= x;
  }
  return sum;
}

// Weights of the ordered values, upper half: a[0] belongs to the pair of extremes.
std::vector<double> weights(std::size_t n) {
  const std::size_t half = n / 2;
  if (n == 3) return {std::sqrt(0.5)};
  const boost::math::normal_distribution<double> normal;
  std::vector<double> m(half);  // expected order statistics (Blom), negative
  double squares = 0;
  for (std::size_t i = 0; i < half; ++i) {
    m[i] = boost::math::quantile(normal, (static_cast<double>(i) + 1 - 0.375) / (static_cast<double>(n) + 0.25));
    squares += 2 * m[i] * m[i];
  }
  const double root = std::sqrt(squares), u = 1 / std::sqrt(static_cast<double>(n));
  std::vector<double> a(half);
  a[0] = polynomial({0, 0.221157, -0.147981, -2.07119, 4.434685, -2.706056}, u) - m[0] / root;
  std::size_t first = 1;
  double rest = squares - 2 * m[0] * m[0], taken = 1 - 2 * a[0] * a[0];
  if (n > 5) {
    a[1] = polynomial({0, 0.042981, -0.293762, -1.752461, 5.682633, -3.582633}, u) - m[1] / root;
    first = 2;
    rest -= 2 * m[1] * m[1];
    taken -= 2 * a[1] * a[1];
  }
  const double scale = std::sqrt(rest / taken);
  for (std::size_t i = first; i < half; ++i) a[i] = -m[i] / scale;
  return a;
}

// 1 - W, found from the residuals so that nothing cancels where W is near 1. `x` ascending, not all equal.
double oneMinusW(const std::vector<double>& x, const std::vector<double>& a) {
  const std::size_t n = x.size();
  const double range = x.back() - x.front(), mean = sampleMean(x);
  double sa2 = 0, sx2 = 0, sax = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t mirror = n - 1 - i;
    const double weight = i == mirror ? 0 : i < mirror ? -a[i] : a[mirror];
    const double off = (x[i] - mean) / range;
    sa2 += weight * weight;
    sx2 += off * off;
    sax += weight * off;
  }
  const double both = std::sqrt(sa2 * sx2);
  return (both - sax) * (both + sax) / (sa2 * sx2);
}

double pValue(double one_minus_w, std::size_t count) {
  const double n = static_cast<double>(count);
  if (count == 3) {
    constexpr double kSixByPi = 1.90985931710274, kAsinRoot = 1.04719755119660;  // 6 / pi; asin(sqrt(3 / 4))
    return std::clamp(kSixByPi * (std::asin(std::sqrt(1 - one_minus_w)) - kAsinRoot), 0.0, 1.0);
  }
  double y = std::log(one_minus_w), mean = 0, deviation = 1;
  if (count <= 11) {
    const double gamma = polynomial({-2.273, 0.459}, n);
    if (y >= gamma) return 1e-99;
    y = -std::log(gamma - y);
    mean = polynomial({0.5440, -0.39978, 0.025054, -6.714e-4}, n);
    deviation = std::exp(polynomial({1.3822, -0.77857, 0.062767, -0.0020322}, n));
  } else {
    const double log_n = std::log(n);
    mean = polynomial({-1.5861, -0.31082, -0.083751, 0.0038915}, log_n);
    deviation = std::exp(polynomial({-0.4803, -0.082676, 0.0030302}, log_n));
  }
  return boost::math::cdf(boost::math::complement(boost::math::normal_distribution<double>(mean, deviation), y));
}

}  // namespace

std::optional<ShapiroWilk> shapiroWilk(std::vector<double> x) {
  if (x.size() < 3 || x.size() > 5000) return std::nullopt;
  std::sort(x.begin(), x.end());
  if (!(x.back() > x.front()) || !std::isfinite(x.back() - x.front())) return std::nullopt;
  const double one_minus_w = std::max(oneMinusW(x, weights(x.size())), 1e-300);
  return ShapiroWilk{1 - one_minus_w, pValue(one_minus_w, x.size())};
}

double median(std::vector<double> x) {
  const std::size_t half = x.size() / 2;
  const auto middle = x.begin() + static_cast<std::ptrdiff_t>(half);
  std::nth_element(x.begin(), middle, x.end());
  const double upper = *middle;
  if (x.size() % 2 == 1) return upper;
  return (*std::max_element(x.begin(), middle) + upper) / 2;
}

double medianAbsoluteDeviation(const std::vector<double>& x) {
  const double centre = median(x);
  std::vector<double> off;
  off.reserve(x.size());
  for (const double v : x) off.push_back(std::abs(v - centre));
  return median(std::move(off));
}

double greatestDeviation(const std::vector<double>& x) {
  const double centre = median(x);
  double greatest = 0;
  for (const double v : x) greatest = std::max(greatest, std::abs(v - centre));
  if (greatest == 0) return 0;
  const double mad = medianAbsoluteDeviation(x);
  return mad > 0 ? greatest / mad : std::numeric_limits<double>::infinity();
}

}  // namespace meshmall::engine
