#include "engine/statistics/t_test.h"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>

#include "engine/statistics/confidence.h"

namespace meshmall::engine {

double studentUpperTail(double t, double degrees_of_freedom) {
  if (std::isinf(t)) return t > 0 ? 0 : 1;
  return boost::math::cdf(boost::math::complement(boost::math::students_t_distribution<double>(degrees_of_freedom), t));
}

double MeanDifference::pAbove(double margin) const {
  if (standard_error == 0) return estimate > margin ? 0 : 1;
  return studentUpperTail(statistic(margin), degrees_of_freedom);
}

double MeanDifference::pBelow(double margin) const {
  if (standard_error == 0) return estimate < margin ? 0 : 1;
  return studentLowerTail(statistic(margin), degrees_of_freedom);
}

double MeanDifference::lowerLimit(double level) const {
  return standard_error == 0 ? estimate : estimate - studentQuantile(level, degrees_of_freedom) * standard_error;
}

double MeanDifference::upperLimit(double level) const {
  return standard_error == 0 ? estimate : estimate + studentQuantile(level, degrees_of_freedom) * standard_error;
}

std::optional<MeanDifference> pairedDifference(const std::vector<double>& differences) {
  if (differences.size() < 2) return std::nullopt;
  const double n = static_cast<double>(differences.size());
  return MeanDifference{sampleMean(differences), std::sqrt(sampleVariance(differences) / n), n - 1};
}

std::optional<MeanDifference> welchDifference(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() < 2 || b.size() < 2) return std::nullopt;
  const double na = static_cast<double>(a.size()), nb = static_cast<double>(b.size());
  const double va = sampleVariance(a) / na, vb = sampleVariance(b) / nb;
  MeanDifference d{sampleMean(a) - sampleMean(b), std::sqrt(va + vb), na + nb - 2};
  if (va + vb > 0) {  // as shares, so that tiny variances don't vanish when squared
    const double share = va / (va + vb);
    d.degrees_of_freedom = 1 / (share * share / (na - 1) + (1 - share) * (1 - share) / (nb - 1));
  }
  return d;
}

double testPower(double deviation, double distance, std::uint64_t n, double alpha) {
  if (deviation == 0) return 1;
  constexpr double kFar = 35;  // beyond it the normal part of a non-central t is a constant beside its centre, and the series for it gives out
  constexpr double kManyDegrees = 2000;  // the normal approximation (Johnson and Welch) is good to 1e-4 there, and the series slow
  const double df = static_cast<double>(n - 1), centre = distance / deviation * std::sqrt(static_cast<double>(n));
  const double critical = studentQuantile(1 - alpha, df);
  if (centre > kFar) {
    const double most = df * (centre / critical) * (centre / critical);
    return std::isfinite(most) ? boost::math::cdf(boost::math::chi_squared_distribution<double>(df), most) : 1;
  }
  if (df > kManyDegrees) {
    const double spread = std::sqrt(1 + critical * critical / (2 * df));
    return boost::math::cdf(boost::math::normal_distribution<double>(), (centre - critical) / spread);
  }
  return boost::math::cdf(boost::math::complement(boost::math::non_central_t_distribution<double>(df, centre), critical));
}

namespace {

// Of a normal distribution in place of Student's: below the answer, and near it.
double normalSum(double alpha, double power) {
  const boost::math::normal_distribution<double> normal;
  return boost::math::quantile(normal, 1 - alpha) + boost::math::quantile(normal, power);
}

}  // namespace

double detectableDistance(double deviation, std::uint64_t n, double alpha, double power) {
  if (deviation == 0) return 0;
  const auto lacking = [&](double distance) { return power - testPower(deviation, distance, n, alpha); };
  double low = std::max(1e-6, normalSum(alpha, power)) * deviation / std::sqrt(static_cast<double>(n)), high = low;
  while (lacking(high) > 0) high *= 1.5;
  while (lacking(low) < 0) low /= 1.5;
  if (!(low < high)) return high;
  std::uintmax_t steps = 60;
  return boost::math::tools::toms748_solve(lacking, low, high, boost::math::tools::eps_tolerance<double>(40), steps).second;
}

std::optional<std::uint64_t> replicationsNeeded(double deviation, double distance, double alpha, double power, std::uint64_t most) {
  const auto enough = [&](std::uint64_t n) { return testPower(deviation, distance, n, alpha) >= power; };
  if (!(distance > 0) || !(deviation >= 0) || most < 2 || !enough(most)) return std::nullopt;
  // The answer lies a little above the normal approximation's; low does not suffice, high does.
  const double near = std::pow(std::max(0.0, normalSum(alpha, power)) * deviation / distance, 2);
  std::uint64_t low = near < 4 ? 1 : static_cast<std::uint64_t>(near * 0.98) - 1, high = low + 8;
  while (low > 1 && enough(low)) low /= 2;
  while (high < most && !enough(high)) high += high - low;
  high = std::min(high, most);
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    (middle >= 2 && enough(middle) ? high : low) = middle;
  }
  return high;
}

}  // namespace meshmall::engine
