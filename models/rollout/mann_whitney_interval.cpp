#include "models/rollout/mann_whitney_interval.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <limits>
#include <utility>

namespace meshmall::models {
namespace {

constexpr double kTolerance = 1e-4;
constexpr int kMostIterations = 1000;

struct ShiftTest {
  const std::vector<double>& x;
  const std::vector<double>& y;
  mutable bool tied = false;  // some shift had no answer

  // g(mu) - target; decreasing in mu.
  double operator()(double mu, double target) const {
    // (value, is of x), so that sums of ranks and ties come from one sorted pass.
    std::vector<std::pair<double, bool>> all;
    all.reserve(x.size() + y.size());
    for (double value : x) all.emplace_back(value - mu, true);
    for (double value : y) all.emplace_back(value, false);
    std::sort(all.begin(), all.end());
    double rank_sum = 0, ties = 0;
    for (std::size_t first = 0; first < all.size();) {
      std::size_t end = first;
      double of_x = 0;
      for (; end < all.size() && all[end].first == all[first].first; ++end) of_x += all[end].second ? 1 : 0;
      const auto count = static_cast<double>(end - first);
      rank_sum += of_x * static_cast<double>(first + end + 1) / 2;
      ties += count * count * count - count;
      first = end;
    }
    const auto m = static_cast<double>(x.size()), n = static_cast<double>(y.size());
    const double distance = rank_sum - m * (m + 1) / 2 - m * n / 2;
    const double correction = distance > 0 ? 0.5 : distance < 0 ? -0.5 : 0;
    const double sigma = std::sqrt(m * n / 12 * (m + n + 1 - ties / ((m + n) * (m + n - 1))));
    if (!(sigma > 0)) {
      tied = true;
      return 0;
    }
    return (distance - correction) / sigma - target;
  }
};

struct Bracket {
  double a, b, fa, fb;
};

// Brent's zeroin: interpolation where it helps, bisection where not.
double brent(const ShiftTest& g, double target, Bracket at) {
  auto [a, b, fa, fb] = at;
  if (fa == 0) return a;
  if (fb == 0) return b;
  double c = a, fc = fa;
  for (int i = 0; i <= kMostIterations; ++i) {
    const double previous = b - a;
    if (std::abs(fc) < std::abs(fb)) {
      a = b;
      b = c;
      c = a;
      fa = fb;
      fb = fc;
      fc = fa;
    }
    const double tolerance = 2 * std::numeric_limits<double>::epsilon() * std::abs(b) + kTolerance / 2;
    double step = (c - b) / 2;
    if (std::abs(step) <= tolerance || fb == 0) return b;
    if (std::abs(previous) >= tolerance && std::abs(fa) > std::abs(fb)) {
      const double room = c - b;
      double p, q;
      if (a == c) {
        const double s = fb / fa;
        p = room * s;
        q = 1 - s;
      } else {
        const double r = fa / fc, s = fb / fc, t = fb / fa;
        p = t * (room * r * (r - s) - (b - a) * (s - 1));
        q = (r - 1) * (s - 1) * (t - 1);
      }
      if (p > 0)
        q = -q;
      else
        p = -p;
      if (p < 0.75 * room * q - std::abs(tolerance * q) / 2 && p < std::abs(previous * q / 2)) step = p / q;
    }
    if (std::abs(step) < tolerance) step = step > 0 ? tolerance : -tolerance;
    a = b;
    fa = fb;
    b += step;
    fb = g(b, target);
    if ((fb > 0 && fc > 0) || (fb < 0 && fc < 0)) {
      c = a;
      fc = fa;
    }
  }
  return b;
}

}  // namespace

std::optional<ShiftInterval> mannWhitneyShift(const std::vector<double>& x, const std::vector<double>& y, double confidence) {
  const auto [x_min, x_max] = std::minmax_element(x.begin(), x.end());
  const auto [y_min, y_max] = std::minmax_element(y.begin(), y.end());
  const double low = *x_min - *y_max, high = *x_max - *y_min;
  const ShiftTest g{x, y};
  const auto bound = [&](double target) {
    const Bracket ends{low, high, g(low, target), g(high, target)};
    return ends.fa <= 0 ? low : ends.fb >= 0 ? high : brent(g, target, ends);
  };
  const double z = -boost::math::quantile(boost::math::normal(), (1 - confidence) / 2);
  ShiftInterval found;
  found.low = bound(z);
  found.high = bound(-z);
  found.estimate = brent(g, 0, {low, high, g(low, 0), g(high, 0)});
  if (g.tied) return {};
  return found;
}

}  // namespace meshmall::models
