// Families are found again in samples of their own: quantiles of the distribution at (i + 0.5) / n, so nothing is left to chance.
#include "models/importers/traces/fit.h"

#include <boost/math/distributions/gamma.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/weibull.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "models/importers/traces/time_json.h"

namespace meshmall::models::traces {
namespace {

template <typename Quantile>
std::vector<double> samplesOf(Quantile quantile, int n = 400) {
  std::vector<double> out;
  for (int i = 0; i < n; ++i) out.push_back(quantile((i + 0.5) / n));
  return out;
}

double normalQuantile(double p) { return boost::math::quantile(boost::math::normal(), p); }

TEST(Fit, FindsEachFamilyInItsOwnSamples) {
  const auto lognormal = fitTimes(samplesOf([](double p) { return std::exp(1 + 0.5 * normalQuantile(p)); }), 1);
  EXPECT_EQ(lognormal.family, Family::lognormal);
  EXPECT_NEAR(lognormal.shape, std::sqrt(std::expm1(0.25)), 0.01);
  const auto gamma = fitTimes(samplesOf([](double p) { return boost::math::quantile(boost::math::gamma_distribution<>(4, 2), p); }), 1);
  EXPECT_EQ(gamma.family, Family::gamma);
  EXPECT_NEAR(gamma.shape, 0.5, 0.01);
  const auto weibull = fitTimes(samplesOf([](double p) { return boost::math::quantile(boost::math::weibull(3, 5), p); }), 1);
  EXPECT_EQ(weibull.family, Family::weibull);
  EXPECT_NEAR(weibull.shape, 3, 0.1);
  EXPECT_EQ(fitTimes(samplesOf([](double p) { return -std::log1p(-p); }), 1).family, Family::exponential);
  EXPECT_EQ(fitTimes(samplesOf([](double p) { return 10 + normalQuantile(p); }), 1).family, Family::normal);
}

TEST(Fit, FindsTwoHumps) {
  auto samples = samplesOf([](double p) { return std::exp(0.3 * normalQuantile(p)); }, 300);
  const auto slow = samplesOf([](double p) { return 100 * std::exp(0.3 * normalQuantile(p)); }, 100);
  samples.insert(samples.end(), slow.begin(), slow.end());
  const FittedTime two = fitTimes(samples, 1);
  ASSERT_EQ(two.family, Family::two_lognormals);
  EXPECT_NEAR(two.parts[0].weight, 0.75, 1e-4) << "fifteen standard deviations apart: hardly a sample belongs to both";
  EXPECT_NEAR(two.parts[1].mean / two.parts[0].mean, 100, 0.1);
}

TEST(Fit, KeepsTheSamplesMeanWhateverTheFamily) {
  const std::vector<std::vector<double>> sets = {{3, 3, 3, 3, 3, 3}, {1, 2, 9}, samplesOf([](double p) { return p < 0.5 ? 1.0 : p < 0.8 ? 5.0 + p : 200 * p; }), samplesOf([](double p) { return std::pow(p, 6); })};
  for (const auto& samples : sets) {
    const FittedTime f = fitTimes(samples, 0.5);
    double mean = f.mean;
    if (f.family == Family::two_lognormals) mean = f.parts[0].weight * f.parts[0].mean + f.parts[1].weight * f.parts[1].mean;
    if (f.family == Family::empirical) {
      mean = 0;
      double weights = 0;
      for (const auto& [value, weight] : f.points) {
        mean += value * weight;
        weights += weight;
      }
      mean /= weights;
    }
    EXPECT_NEAR(mean, meanOf(samples), 1e-9 * meanOf(samples));
  }
}

TEST(Fit, KeepsTheTimesThemselvesWhereNoFamilyFits) {
  EXPECT_EQ(fitTimes(samplesOf([](double p) { return p < 0.3 ? 1 + p / 100 : p < 0.6 ? 10 + p / 100 : p < 0.9 ? 20 + p / 100 : 31 + p / 100; }), 1).family, Family::empirical);
}

TEST(Fit, TakesTheUsualSpreadForAFewSamples) {
  const FittedTime few = fitTimes({1, 2}, 0.7);
  EXPECT_EQ(few.family, Family::lognormal);
  EXPECT_DOUBLE_EQ(few.shape, 0.7);
  EXPECT_TRUE(fitTimes({0, 0, 0}, 0.7).zero());
}

TEST(Fit, WritesTimesInTheUnitThatSuits) {
  for (const auto& [ms, text] : {std::pair{0.0, "0ns"}, {0.001, "1us"}, {4.0, "4ms"}, {5000.0, "5s"}, {3980.0, "3.98s"}, {12.0, "12ms"}, {1.0, "1ms"}, {7.08, "7080us"}, {0.0123, "12.3us"}, {124.5, "124.5ms"}, {20437.0, "20.437s"}})
    EXPECT_EQ(durationText(ms), text);
}

TEST(Fit, GivesEachWayOfAHopHalfOfBoth) {
  const auto gaps = samplesOf([](double p) { return 4 * std::exp(0.2 * normalQuantile(p)); });
  const FittedTime way = fitOneWay(gaps, 1);
  EXPECT_NEAR(way.mean, meanOf(gaps) / 2, 1e-9);
  EXPECT_NEAR(way.shape, cvOf(gaps) * std::sqrt(2.0), 0.01);
}

}  // namespace
}  // namespace meshmall::models::traces
