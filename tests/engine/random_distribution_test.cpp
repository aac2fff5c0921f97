// Samplers against their own closed forms (moments, cdf) and the closed forms against hand-worked values.
// 200,000 draws each, one substream address per draw through Lane, as the mall draws. Tolerances in standard errors.
#include "engine/random/distribution.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "engine/random/keyed_stream.h"

namespace meshmall::engine {
namespace {

constexpr int kDraws = 200000;

std::vector<double> draw(const Distribution& distribution, int n = kDraws, std::uint64_t purpose = 1) {
  std::vector<double> seconds;
  seconds.reserve(static_cast<std::size_t>(n));
  for (int i = 0; i < n; i += 4) {
    const StreamKey key{20240601, 0};
    const Address address{static_cast<std::uint64_t>(i), 0, purpose};
    const auto block = firstBlock(key, address);
    for (unsigned lane = 0; lane < 4; ++lane) {
      Lane engine(key, address, lane, block[lane]);
      seconds.push_back(distribution.sample(engine).seconds());
    }
  }
  return seconds;
}

struct Moments {
  double mean = 0, variance = 0, mean_error = 0, variance_error = 0;  // errors: standard errors estimated from the sample
};

Moments momentsOf(const std::vector<double>& x) {
  const double n = static_cast<double>(x.size());
  Moments m;
  for (double v : x) m.mean += v / n;
  double fourth = 0;
  for (double v : x) {
    const double d = (v - m.mean) * (v - m.mean);
    m.variance += d / (n - 1);
    fourth += d * d / n;
  }
  m.mean_error = std::sqrt(m.variance / n);
  m.variance_error = std::sqrt((fourth - m.variance * m.variance) / n);
  return m;
}

// Kolmogorov-Smirnov distance times sqrt(n): above 2.4 with probability 2 exp(-2 * 2.4^2) = 2e-5.
// A sample stands for the values within half a nanosecond of it.
double ksStatistic(std::vector<double> x, const Distribution& distribution) {
  std::sort(x.begin(), x.end());
  const double n = static_cast<double>(x.size());
  double distance = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double below = distribution.cdf(x[i] - 0.5e-9), above = distribution.cdf(x[i] + 0.5e-9);
    distance = std::max({distance, below - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - above});
  }
  return distance * std::sqrt(n);
}

struct Family {
  const char* name;
  Distribution distribution;
  bool test_variance;  // no where the fourth moment is too wild for a sample's standard error
};

std::vector<Family> continuousFamilies() {
  const double ms = 1e-3;
  return {
      {"exponential", Distribution::exponential(2 * ms), true},
      {"lognormal, cv 1", Distribution::lognormal(2 * ms, 1), false},
      {"lognormal, cv 0.2", Distribution::lognormal(2 * ms, 0.2), true},
      {"erlang 1", Distribution::erlang(2 * ms, 1), true},
      {"erlang 3", Distribution::erlang(2 * ms, 3), true},
      {"gamma, cv 2", Distribution::gamma(2 * ms, 2), true},
      {"gamma, cv 0.3", Distribution::gamma(2 * ms, 0.3), true},
      {"gamma, cv 1e-5", Distribution::gamma(2, 1e-5), true},
      {"weibull, shape 0.7", Distribution::weibull(2 * ms, 0.7), true},
      {"weibull, shape 3", Distribution::weibull(2 * ms, 3), true},
      {"pareto, shape 2.5", Distribution::pareto(1 * ms, 2.5), false},
      {"pareto, shape 9", Distribution::pareto(1 * ms, 9), true},
      {"uniform", Distribution::uniform(1 * ms, 4 * ms), true},
      {"normal", Distribution::truncatedNormal(2 * ms, 0.1 * ms), true},
      {"normal, cut", Distribution::truncatedNormal(2 * ms, 3 * ms), true},
      {"hyperexponential", Distribution::hyperexponential({{0.9, 1 * ms}, {0.1, 10 * ms}}), true},
      {"mixture", Distribution::mixture({{3, Distribution::uniform(0, 1 * ms)}, {1, Distribution::exponential(5 * ms).shifted(2 * ms)}}), true},
      {"shifted", Distribution::exponential(2 * ms).shifted(1 * ms), true},
  };
}

TEST(Distribution, MeansOfSamplesAreWithinFourStandardErrors) {
  for (const Family& f : continuousFamilies()) {
    const Moments m = momentsOf(draw(f.distribution));
    EXPECT_NEAR(m.mean, f.distribution.mean(), 4 * m.mean_error) << f.name;
  }
}

TEST(Distribution, VariancesOfSamplesAreWithinFourStandardErrors) {
  for (const Family& f : continuousFamilies()) {
    if (!f.test_variance) continue;
    const Moments m = momentsOf(draw(f.distribution));
    EXPECT_NEAR(m.variance, f.distribution.variance(), 4 * m.variance_error) << f.name;
  }
}

TEST(Distribution, SamplesFollowTheirCdf) {
  for (const Family& f : continuousFamilies()) EXPECT_LT(ksStatistic(draw(f.distribution), f.distribution), 2.4) << f.name;
}

TEST(Distribution, AKolmogorovSmirnovTestSeesAWrongParameter) {
  EXPECT_GT(ksStatistic(draw(Distribution::exponential(2e-3)), Distribution::exponential(2.05e-3)), 2.4);
}

TEST(Distribution, ASubstreamServesAsWellAsLanes) {
  std::vector<double> x;
  Substream engine({5, 5}, {1, 2, 3});
  const Distribution d = Distribution::lognormal(2e-3, 1);
  for (int i = 0; i < kDraws; ++i) x.push_back(d.sample(engine).seconds());
  EXPECT_LT(ksStatistic(x, d), 2.4);
}

TEST(Distribution, StatesHandWorkedMoments) {
  const double ms = 1e-3;
  EXPECT_NEAR(Distribution::lognormal(2 * ms, 0.5).mean(), 2 * ms, 1e-15);
  EXPECT_NEAR(std::sqrt(Distribution::lognormal(2 * ms, 0.5).variance()), 1 * ms, 1e-15);
  EXPECT_NEAR(Distribution::erlang(3 * ms, 4).variance(), 9 * ms * ms / 4, 1e-18);
  EXPECT_NEAR(Distribution::gamma(3 * ms, 2).variance(), 36 * ms * ms, 1e-18);
  EXPECT_NEAR(Distribution::weibull(2 * ms, 1).variance(), 4 * ms * ms, 1e-18);                   // shape 1 is exponential
  EXPECT_NEAR(Distribution::weibull(2 * ms, 0.5).variance(), 5 * 4 * ms * ms, 1e-17);             // cv^2 = G(5) / G(3)^2 - 1 = 5
  EXPECT_NEAR(Distribution::pareto(1 * ms, 2.5).mean(), 2.5 / 1.5 * ms, 1e-15);
  EXPECT_NEAR(Distribution::pareto(1 * ms, 2.5).variance(), 2.5 / (1.5 * 1.5 * 0.5) * ms * ms, 1e-18);
  EXPECT_TRUE(std::isinf(Distribution::pareto(1 * ms, 2).variance()));
  EXPECT_TRUE(std::isinf(Distribution::pareto(1 * ms, 1).mean()));
  EXPECT_NEAR(Distribution::uniform(1 * ms, 4 * ms).variance(), 0.75 * ms * ms, 1e-18);
  // Cut at one standard deviation below the mean: hazard h = phi(1) / Phi(1) = 0.2419707245 / 0.8413447461 = 0.2875999709.
  EXPECT_NEAR(Distribution::truncatedNormal(1, 1).mean(), 1.2875999709, 1e-9);
  EXPECT_NEAR(Distribution::truncatedNormal(1, 1).variance(), 1 - 0.2875999709 - 0.2875999709 * 0.2875999709, 1e-9);
  // E = 0.9 * 1 + 0.1 * 10 = 1.9; E2 = 2 (0.9 * 1 + 0.1 * 100) = 21.8
  EXPECT_NEAR(Distribution::hyperexponential({{0.9, 1}, {0.1, 10}}).mean(), 1.9, 1e-12);
  EXPECT_NEAR(Distribution::hyperexponential({{0.9, 1}, {0.1, 10}}).variance(), 21.8 - 1.9 * 1.9, 1e-12);
  EXPECT_NEAR(Distribution::empirical({3, 1}, {1, 3}).mean(), 1.5, 1e-12);
  EXPECT_NEAR(Distribution::empirical({3, 1}, {1, 3}).variance(), 0.75, 1e-12);
  EXPECT_NEAR(Distribution::exponential(2 * ms).shifted(1 * ms).mean(), 3 * ms, 1e-15);
}

TEST(Distribution, StatesQuantilesOfClosedForms) {
  EXPECT_NEAR(Distribution::exponential(2).quantile(0.99), -2 * std::log(0.01), 1e-9);
  EXPECT_NEAR(Distribution::pareto(1, 2).quantile(0.99), 10, 1e-9);
  EXPECT_NEAR(Distribution::uniform(1, 3).quantile(0.25), 1.5, 1e-9);
  EXPECT_NEAR(Distribution::lognormal(1, 1).quantile(0.5), 1 / std::sqrt(2.0), 1e-9);              // exp(mu), mu = -ln(2) / 2
  EXPECT_NEAR(Distribution::truncatedNormal(100, 1).quantile(0.975), 101.959963985, 1e-6);
  EXPECT_NEAR(Distribution::erlang(2, 2).cdf(2), 1 - std::exp(-2.0) * 3, 1e-12);                   // 1 - e^-x (1 + x), x = 2
  EXPECT_NEAR(Distribution::empirical({1, 2, 3}, {1, 1, 2}).quantile(0.5), 2, 1e-12);
}

// Cells of 1/6, 2/6, 3/6: a cell's count has standard error sqrt(n p (1 - p)); four of them.
TEST(Distribution, EmpiricalValuesComeInProportionToTheirWeights) {
  const std::vector<double> x = draw(Distribution::empirical({3e-3, 1e-3, 9e-3, 2e-3}, {3, 1, 0, 2}));
  for (int value = 1; value <= 3; ++value) {
    const double p = value / 6.0, count = static_cast<double>(std::count(x.begin(), x.end(), value * 1e-3));
    EXPECT_NEAR(count, kDraws * p, 4 * std::sqrt(kDraws * p * (1 - p))) << value;
  }
  EXPECT_EQ(std::count(x.begin(), x.end(), 9e-3), 0);
}

struct CountingEngine {
  using result_type = std::uint64_t;
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~result_type{0}; }
  result_type operator()() { return ++draws, stream(); }
  Substream stream{{1, 1}, {1, 1, 1}};
  int draws = 0;
};

TEST(Distribution, ConstantsAreExactAndDrawNothing) {
  CountingEngine engine;
  EXPECT_EQ(Distribution::constant(nanoseconds(987'654'321'987'654'321)).sample(engine), nanoseconds(987'654'321'987'654'321));
  EXPECT_EQ(Distribution::constant(nanoseconds(5)).shifted(2e-9).sample(engine), nanoseconds(7));
  EXPECT_EQ(Distribution().sample(engine), nanoseconds(0));
  EXPECT_EQ(engine.draws, 0);
}

TEST(Distribution, AMeanOfZeroTakesNoTimeAndNoSpreadIsAConstant) {
  for (const Distribution& d : {Distribution::exponential(0), Distribution::lognormal(0, 1), Distribution::erlang(0, 3), Distribution::gamma(0, 2),
                                Distribution::weibull(0, 2), Distribution::truncatedNormal(0, 1), Distribution::uniform(0, 0), Distribution::pareto(0, 2)}) {
    EXPECT_TRUE(d.isZero());
    EXPECT_EQ(d.mean(), 0);
  }
  CountingEngine engine;
  for (const Distribution& d : {Distribution::lognormal(1e-3, 0), Distribution::gamma(1e-3, 0), Distribution::truncatedNormal(1e-3, 0),
                                Distribution::uniform(1e-3, 1e-3), Distribution::empirical({1e-3}, {})}) {
    EXPECT_TRUE(d.isConstant());
    EXPECT_EQ(d.sample(engine), milliseconds(1));
  }
  const std::vector<double> x = draw(Distribution::hyperexponential({{1, 0}, {1, 1e-3}}));
  EXPECT_NEAR(static_cast<double>(std::count(x.begin(), x.end(), 0.0)), kDraws / 2.0, 4 * std::sqrt(kDraws / 4.0));
}

TEST(Distribution, HugeSamplesAreCutAtTheLongest) {
  const std::vector<double> x = draw(Distribution::pareto(1, 0.01), 4000);  // median 2^100 s
  EXPECT_EQ(*std::max_element(x.begin(), x.end()), kLongestSample.seconds());
  EXPECT_GE(*std::min_element(x.begin(), x.end()), 1.0);
}

TEST(Distribution, MostExponentialAndNormalDrawsNeedOneNumber) {
  for (const Distribution& d : {Distribution::exponential(1), Distribution::lognormal(1, 1)}) {
    CountingEngine engine;
    for (int i = 0; i < 100000; ++i) d.sample(engine);
    EXPECT_LT(engine.draws, 105000);
  }
}

// The samples of one address under another mean are the same customers' needs, scaled: the point of addressed draws.
TEST(Distribution, SamplesOfOneAddressScaleWithTheMean) {
  const std::vector<double> a = draw(Distribution::exponential(1e-3), 4000), b = draw(Distribution::exponential(3e-3), 4000);
  const std::vector<double> c = draw(Distribution::lognormal(1e-3, 1), 4000), d = draw(Distribution::lognormal(3e-3, 1), 4000);
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_NEAR(b[i], 3 * a[i], 3e-9);
    EXPECT_NEAR(d[i], 3 * c[i], 3e-9);
  }
}

TEST(Distribution, RefusesWhatNoDistributionHas) {
  EXPECT_THROW(Distribution::exponential(-1), std::invalid_argument);
  EXPECT_THROW(Distribution::uniform(2, 1), std::invalid_argument);
  EXPECT_THROW(Distribution::weibull(1, 0), std::invalid_argument);
  EXPECT_THROW(Distribution::empirical({}, {}), std::invalid_argument);
  EXPECT_THROW(Distribution::empirical({1, 2}, {0, 0}), std::invalid_argument);
  EXPECT_THROW(Distribution::mixture({}), std::invalid_argument);
  EXPECT_THROW(Distribution::gamma(std::nan(""), 1), std::invalid_argument);
}

TEST(WeightedChoice, InvertsTheSharesExactlyAtTheirEnds) {
  const WeightedChoice choice({1, 0, 2, 1, 0});
  EXPECT_EQ(choice.pick(0.0), 0u);
  EXPECT_EQ(choice.pick(0.2499), 0u);
  EXPECT_EQ(choice.pick(0.25), 2u);
  EXPECT_EQ(choice.pick(0.7499), 2u);
  EXPECT_EQ(choice.pick(0.75), 3u);
  EXPECT_EQ(choice.pick(1 - 0x1p-53), 3u);
  EXPECT_EQ(WeightedChoice({5}).pick(0.9), 0u);
  EXPECT_EQ(WeightedChoice({0, 0, 3}).pick(0.0), 2u);
}

TEST(WeightedChoice, GrowsWithTheUniformNumberAndMatchesALinearSearch) {
  Substream random({1, 0}, {2, 3, 4});
  for (int round = 0; round < 50; ++round) {
    std::vector<double> weights(1 + random() % 40);
    for (double& w : weights) w = random() % 3 == 0 ? 0 : uniform01(random());
    weights[random() % weights.size()] = 1;
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    const WeightedChoice choice(weights);
    for (int i = 0; i < 200; ++i) {
      const double u = uniform01(random());
      std::size_t expected = 0;
      for (double sum = weights[0]; sum / total <= u; sum += weights[expected]) ++expected;
      EXPECT_EQ(choice.pick(u), expected);
    }
  }
}

}  // namespace
}  // namespace meshmall::engine
