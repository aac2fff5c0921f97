#include "models/workload/arrivals.h"

#include <cmath>
#include <stdexcept>

namespace meshmall::models {
namespace {

using engine::Distribution;
using engine::Duration;
using engine::kNever;
using engine::SimTime;
using engine::StreamKey;

SimTime at(double seconds) { return SimTime{std::llrint(seconds * 1e9)}; }

// Customers up to and including `end`.
std::uint64_t countUntil(ArrivalProcess& arrivals, SimTime end) {
  std::uint64_t customers = 0;
  while (arrivals.nextAt() <= end) customers += arrivals.take();
  return customers;
}

std::vector<std::int64_t> instants(ArrivalProcess arrivals, std::size_t n) {
  std::vector<std::int64_t> result;
  while (result.size() < n && arrivals.nextAt() != kNever) {
    result.push_back(arrivals.nextAt().ns);
    arrivals.take();
  }
  return result;
}

ArrivalProcess process(ArrivalConfig config, std::uint64_t replication = 0, std::uint64_t source = 0) {
  return ArrivalProcess(std::move(config), StreamKey{11, replication}, source);
}

TraceArrivals trace(std::vector<SimTime> lines) { return {std::make_shared<const std::vector<SimTime>>(std::move(lines))}; }

// A Poisson count of mean m has standard deviation sqrt(m); four of them.
void expectPoissonCount(std::uint64_t count, double mean) { EXPECT_NEAR(static_cast<double>(count), mean, 4 * std::sqrt(mean)); }

TEST(PoissonArrivals, CountsAreThoseOfItsRate) {
  ArrivalProcess arrivals = process(PoissonArrivals{400, 1});
  expectPoissonCount(countUntil(arrivals, at(500)), 200000);
}

// Counts of 2,000 seconds: their variance over their mean is 1 with standard error sqrt(2 / 2000); five of them.
TEST(PoissonArrivals, CountsVaryLikePoissonCounts) {
  ArrivalProcess arrivals = process(PoissonArrivals{50, 1});
  double sum = 0, squares = 0;
  for (int second = 1; second <= 2000; ++second) {
    const auto count = static_cast<double>(countUntil(arrivals, at(second)));
    sum += count;
    squares += count * count;
  }
  const double mean = sum / 2000, variance = squares / 2000 - mean * mean;
  EXPECT_NEAR(variance / mean, 1, 5 * std::sqrt(2.0 / 2000));
}

TEST(PoissonArrivals, ABatchComesTogether) {
  ArrivalProcess arrivals = process(PoissonArrivals{100, 3});
  const std::uint64_t customers = countUntil(arrivals, at(500));
  EXPECT_EQ(customers % 3, 0u);
  expectPoissonCount(customers / 3, 50000);
}

TEST(PoissonArrivals, AreTheSameForTheSameAddressAndOthersForOthers) {
  EXPECT_EQ(instants(process(PoissonArrivals{100, 1}), 100), instants(process(PoissonArrivals{100, 1}), 100));
  EXPECT_NE(instants(process(PoissonArrivals{100, 1}), 1), instants(process(PoissonArrivals{100, 1}, 1), 1));
  EXPECT_NE(instants(process(PoissonArrivals{100, 1}), 1), instants(process(PoissonArrivals{100, 1}, 0, 1), 1));
}

TEST(ConstantArrivals, ComeAtExactMultiplesWithoutDrift) {
  ArrivalProcess arrivals = process(ConstantArrivals{3});
  for (std::int64_t n = 1; n <= 30000; ++n) {
    EXPECT_EQ(arrivals.nextAt().ns, std::llrint(static_cast<double>(n) * 1e9 / 3));
    EXPECT_EQ(arrivals.take(), 1u);
  }
}

TEST(ConstantArrivals, KeepTheSharesOfASpacingWhenTheFactorChanges) {
  ArrivalProcess arrivals = process(ConstantArrivals{1});
  arrivals.setFactor(at(0.25), 3);  // three quarters of a spacing are left: a quarter second at three per second
  EXPECT_EQ(arrivals.nextAt(), at(0.5));
  arrivals.take();
  EXPECT_EQ(arrivals.nextAt().ns, 833'333'333);
  arrivals.setFactor(at(0.5), 0);
  EXPECT_EQ(arrivals.nextAt(), kNever);
  arrivals.setFactor(at(10), 0.5);  // nothing has passed meanwhile
  EXPECT_EQ(arrivals.nextAt(), at(12));
  arrivals.take();
  EXPECT_EQ(arrivals.nextAt(), at(14));
  arrivals.setFactor(at(13), 1);
  EXPECT_EQ(arrivals.nextAt(), at(13.5));
}

TEST(RenewalArrivals, ComeAfterTheirTimes) {
  ArrivalProcess arrivals = process(RenewalArrivals{Distribution::constant(engine::milliseconds(7))});
  EXPECT_EQ(instants(arrivals, 3), (std::vector<std::int64_t>{7'000'000, 14'000'000, 21'000'000}));
  arrivals.setFactor(SimTime{3'500'000}, 7);
  EXPECT_EQ(instants(arrivals, 2), (std::vector<std::int64_t>{4'000'000, 5'000'000}));
}

// Renewal counts: mean t / m, variance near t cv^2 / m; cv 0.5, four standard deviations and the end effect of one.
TEST(RenewalArrivals, CountsFollowTheirMeanAndVariation) {
  ArrivalProcess arrivals = process(RenewalArrivals{Distribution::gamma(0.01, 0.5)});
  EXPECT_NEAR(static_cast<double>(countUntil(arrivals, at(1000))), 100000, 4 * 0.5 * std::sqrt(100000.0) + 1);
}

TEST(RenewalArrivals, MayComeSeveralAtOnceButNotAllAtOnce) {
  const Distribution half = Distribution::mixture({{1, Distribution()}, {1, Distribution::constant(engine::seconds(1))}});
  ArrivalProcess arrivals = process(RenewalArrivals{half});
  // Two arrivals a second, negative binomial: 1,000 failures at 1/2 have standard deviation sqrt(2000).
  EXPECT_NEAR(static_cast<double>(countUntil(arrivals, at(1000))), 2000, 4 * std::sqrt(2000.0));
  EXPECT_THROW(process(RenewalArrivals{Distribution()}), std::invalid_argument);
}

ProfileArrivals ramp() {
  return {{{at(0), 100}, {at(60), 900}}, ProfileArrivals::Interpolate::kLinear, Duration{0}};
}

TEST(RateProfile, IntegratesAndInvertsARamp) {
  const RateProfile profile(ramp());
  EXPECT_DOUBLE_EQ(profile.rateAt(at(30)), 500);
  EXPECT_DOUBLE_EQ(profile.rateAt(at(90)), 900);
  EXPECT_DOUBLE_EQ(profile.expected(at(0), at(60)), 30000);
  EXPECT_DOUBLE_EQ(profile.expected(at(30), at(61)), 30 * 700 + 900);
  EXPECT_EQ(profile.when(at(0), 30000), at(60));
  EXPECT_EQ(profile.when(at(0), 30900), at(61));
  EXPECT_DOUBLE_EQ(profile.longRunRate(), 900);
}

TEST(RateProfile, HoldsRatesBetweenStepsAndBeforeTheFirst) {
  const RateProfile profile({{{at(10), 2}, {at(20), 0}, {at(30), 4}}, ProfileArrivals::Interpolate::kStep, Duration{0}});
  EXPECT_EQ(profile.rateAt(at(5)), 2);
  EXPECT_EQ(profile.rateAt(at(20)), 0);
  EXPECT_DOUBLE_EQ(profile.expected(at(0), at(35)), 60);
  EXPECT_EQ(profile.when(at(19), 3), at(30.25));
}

TEST(RateProfile, JumpsWhereTwoPointsShareAnInstant) {
  const RateProfile profile({{{at(0), 0}, {at(10), 10}, {at(10), 2}, {at(20), 2}}, ProfileArrivals::Interpolate::kLinear, Duration{0}});
  EXPECT_EQ(profile.rateAt(at(10)), 2);
  EXPECT_DOUBLE_EQ(profile.expected(at(0), at(20)), 70);
}

TEST(RateProfile, StartsAnewEachPeriod) {
  const RateProfile profile({{{at(0), 0}, {at(2), 4}}, ProfileArrivals::Interpolate::kLinear, engine::seconds(3)});  // 4 on the ramp, 4 after it
  EXPECT_DOUBLE_EQ(profile.rateAt(at(7)), 2);
  EXPECT_DOUBLE_EQ(profile.expected(at(0), at(3)), 8);
  EXPECT_DOUBLE_EQ(profile.expected(at(1), at(31)), 80);
  EXPECT_EQ(profile.when(at(0), 8), at(3));
  EXPECT_EQ(profile.when(at(2.5), 2 + 800 + 1), at(304));
  EXPECT_NEAR(profile.longRunRate(), 8.0 / 3, 1e-12);
}

TEST(RateProfile, NeverReachesWhatADyingRateDoesNotGive) {
  const RateProfile falling({{{at(0), 10}, {at(10), 0}}, ProfileArrivals::Interpolate::kLinear, Duration{0}});
  EXPECT_EQ(falling.when(at(0), 50.1), kNever);
  EXPECT_NEAR(falling.when(at(0), 49.5).seconds(), 9, 1e-9);  // 0.5 = half of 1 x 1 is left
  const RateProfile nobody({{{at(0), 0}}, ProfileArrivals::Interpolate::kStep, engine::seconds(3)});
  EXPECT_EQ(nobody.when(at(1), 1e-9), kNever);
}

TEST(RateProfile, InversionUndoesIntegrationAnywhere) {
  const RateProfile profile({{{at(1), 5}, {at(4), 0}, {at(5), 0}, {at(9), 20}, {at(9), 1}}, ProfileArrivals::Interpolate::kLinear, engine::seconds(11)});
  engine::Substream random({1, 0}, {3, 3, 3});
  for (int i = 0; i < 2000; ++i) {
    const SimTime from = at(engine::uniform01(random()) * 100);
    const double arrivals = engine::uniform01(random()) * 300;
    const SimTime to = profile.when(from, arrivals);
    EXPECT_NEAR(profile.expected(from, to), arrivals, 1e-6);
  }
}

TEST(RateProfile, RefusesWhatIsNoCourse) {
  EXPECT_THROW(RateProfile({{}, ProfileArrivals::Interpolate::kStep, Duration{0}}), std::invalid_argument);
  EXPECT_THROW(RateProfile({{{at(2), 1}, {at(1), 1}}, ProfileArrivals::Interpolate::kStep, Duration{0}}), std::invalid_argument);
  EXPECT_THROW(RateProfile({{{at(2), 1}}, ProfileArrivals::Interpolate::kStep, engine::seconds(1)}), std::invalid_argument);
}

TEST(ProfileArrivals, CountsFollowTheIntegratedRate) {
  ArrivalProcess arrivals = process(ramp());
  expectPoissonCount(countUntil(arrivals, at(20)), 20 * 100 + 20 * 20 / 2 * 800.0 / 60);
  expectPoissonCount(countUntil(arrivals, at(60)), 30000 - (2000 + 200 * 800.0 / 60));
  expectPoissonCount(countUntil(arrivals, at(160)), 90000);
}

TEST(ProfileArrivals, AFactorMultipliesTheRateWithoutMovingTheProfile) {
  ArrivalProcess arrivals = process(ramp());
  expectPoissonCount(countUntil(arrivals, at(30)), 9000);
  arrivals.setFactor(at(30), 4);
  expectPoissonCount(countUntil(arrivals, at(60)), 4 * 21000);
  arrivals.setFactor(at(60), 0.5);
  expectPoissonCount(countUntil(arrivals, at(100)), 0.5 * 40 * 900);
  arrivals.setFactor(at(100), 0);
  EXPECT_EQ(arrivals.nextAt(), kNever);
}

MmppArrivals mmpp() { return {{{100, engine::seconds(10)}, {0, engine::seconds(1)}, {400, engine::seconds(4)}}}; }

TEST(MmppArrivals, HasTheLongRunRateOfItsStates) {
  EXPECT_NEAR(*longRunRate(mmpp()), 2600.0 / 15, 1e-9);
  // 100,000 s in 200 parts of 500 s, many cycles each: the mean of the parts with its own standard error; four of them.
  ArrivalProcess arrivals = process(mmpp());
  double sum = 0, squares = 0;
  for (int part = 1; part <= 200; ++part) {
    const double rate = static_cast<double>(countUntil(arrivals, at(500.0 * part))) / 500;
    sum += rate;
    squares += rate * rate;
  }
  const double mean = sum / 200, error = std::sqrt((squares / 200 - mean * mean) / 199);
  EXPECT_NEAR(mean, 2600.0 / 15, 4 * error);
  EXPECT_LT(error, 5);  // the assertion above says something
}

// The states of rate 0 last exponentially with mean 1 s: gaps above 0.5 s (else seen 5e-17 of the time at 100 per second) are the silent
// states that last so long, one in a cycle of 15 s with probability exp(-0.5), and their excess over 0.5 s has mean 1 s again.
TEST(MmppArrivals, IsSilentForTheShareOfItsSilentState) {
  ArrivalProcess arrivals = process(MmppArrivals{{{100, engine::seconds(10)}, {0, engine::seconds(1)}, {400, engine::seconds(4)}}}, 3);
  SimTime last{0};
  double gaps = 0, excess = 0;
  while (arrivals.nextAt() < at(150000)) {
    const double gap = (arrivals.nextAt() - last).seconds();
    if (gap > 0.5) {
      ++gaps;
      excess += gap - 0.5;
    }
    last = arrivals.nextAt();
    arrivals.take();
  }
  // 10,000 cycles; a gap is the silence and up to 10 ms on its sides, which adds (1/100 + 1/400) s on average: 1.25 % more long gaps.
  // Cycles vary less than Poisson ones would, so sqrt(expected) is above the standard deviation.
  const double expected = 10000 * std::exp(-0.5 + 0.0125);
  EXPECT_NEAR(gaps, expected, 4 * std::sqrt(expected));
  EXPECT_NEAR(excess / gaps, 1, 4 / std::sqrt(gaps));
}

TEST(MmppArrivals, AFactorMultipliesTheRatesButNotTheStates) {
  ArrivalProcess plain = process(mmpp()), doubled = process(mmpp());
  doubled.setFactor(at(0), 2);
  const auto a = static_cast<double>(countUntil(plain, at(2000))), b = static_cast<double>(countUntil(doubled, at(2000)));
  EXPECT_NEAR(b / a, 2, 4 * std::sqrt(2 / a + 4 / a));  // the same states: only Poisson noise
}

TEST(MmppArrivals, WithOneStateIsPoissonAndWithoutRateNobodyComes) {
  ArrivalProcess one = process(MmppArrivals{{{50, engine::seconds(1)}}});
  expectPoissonCount(countUntil(one, at(1000)), 50000);
  EXPECT_EQ(process(MmppArrivals{{{0, engine::seconds(1)}, {0, engine::seconds(2)}}}).nextAt(), kNever);
}

TEST(TraceArrivals, ComeAtTheirInstants) {
  const ArrivalProcess arrivals = process(trace({SimTime{5}, SimTime{5}, SimTime{9}}));
  EXPECT_EQ(instants(arrivals, 10), (std::vector<std::int64_t>{5, 5, 9}));
  EXPECT_EQ(process(trace({})).nextAt(), kNever);
}

TEST(TraceArrivals, AFactorMultipliesEachLine) {
  std::vector<SimTime> lines;
  for (int i = 1; i <= 40000; ++i) lines.push_back(SimTime{i});
  ArrivalProcess arrivals = process(trace(lines));
  EXPECT_EQ(countUntil(arrivals, SimTime{10000}), 10000u);
  arrivals.setFactor(SimTime{10000}, 2);
  EXPECT_EQ(countUntil(arrivals, SimTime{20000}), 20000u);
  arrivals.setFactor(SimTime{20000}, 0.3);  // binomial: standard deviation sqrt(n p (1 - p)); four of them
  EXPECT_NEAR(static_cast<double>(countUntil(arrivals, SimTime{30000})), 3000, 4 * std::sqrt(10000 * 0.3 * 0.7));
  arrivals.setFactor(SimTime{30000}, 0);
  EXPECT_EQ(arrivals.nextAt(), kNever);
  arrivals.setFactor(SimTime{35000}, 1);
  EXPECT_EQ(arrivals.nextAt(), SimTime{35000});
  EXPECT_EQ(countUntil(arrivals, kNever - Duration{1}), 5001u);
}

TEST(TraceArrivals, ALineTakenAtTheInstantOfAChangeIsNotTakenAgain) {
  ArrivalProcess arrivals = process(trace({SimTime{5}, SimTime{5}, SimTime{9}}));
  EXPECT_EQ(arrivals.take(), 1u);
  arrivals.setFactor(SimTime{5}, 2);
  EXPECT_EQ(countUntil(arrivals, SimTime{5}), 2u);
  EXPECT_EQ(countUntil(arrivals, SimTime{9}), 2u);
}

TEST(Arrivals, AFactorMultipliesPoissonCountsFromItsInstantOn) {
  ArrivalProcess arrivals = process(PoissonArrivals{100, 1});
  expectPoissonCount(countUntil(arrivals, at(300)), 30000);
  arrivals.setFactor(at(300), 3);
  expectPoissonCount(countUntil(arrivals, at(400)), 30000);
  arrivals.setFactor(at(400), 0);
  EXPECT_EQ(arrivals.nextAt(), kNever);
  arrivals.setFactor(at(500), 1);
  expectPoissonCount(countUntil(arrivals, at(800)), 30000);
}

// The rest of a pending arrival is rescaled, not drawn again: factor changes leave the process Poisson. 10,000 arrivals, each with a
// change on the way to it; the times are exponential of mean 1 in units of the changing rate, so their mean has standard error 1 %.
TEST(Arrivals, FrequentChangesOfTheFactorDoNotBiasTheCount) {
  ArrivalProcess arrivals = process(PoissonArrivals{1, 1});
  double expected = 0;
  std::uint64_t customers = 0;
  for (int i = 0; i < 20000; ++i) {
    const double factor = i % 2 == 0 ? 0.5 : 1.5;
    arrivals.setFactor(at(i * 0.5), factor);
    expected += 0.5 * factor;
    customers += countUntil(arrivals, at((i + 1) * 0.5));
  }
  expectPoissonCount(customers, expected);
}

TEST(Arrivals, SettingTheSameFactorChangesNothing) {
  for (const ArrivalConfig& config : {ArrivalConfig(PoissonArrivals{7, 1}), ArrivalConfig(mmpp()), ArrivalConfig(ramp()), ArrivalConfig(ConstantArrivals{7})}) {
    ArrivalProcess plain = process(config), touched = process(config);
    touched.setFactor(at(0.001), 1);
    EXPECT_EQ(instants(plain, 50), instants(touched, 50));
  }
}

// A change and its reversal at one instant leave the pending arrival where it was, to the rounding of a nanosecond.
TEST(Arrivals, AChangeThatIsTakenBackAtOnceLeavesTheArrivalWhereItWas) {
  for (const ArrivalConfig& config : {ArrivalConfig(PoissonArrivals{7, 1}), ArrivalConfig(mmpp()), ArrivalConfig(ramp()), ArrivalConfig(ConstantArrivals{7}),
                                      ArrivalConfig(RenewalArrivals{Distribution::exponential(0.2)})}) {
    ArrivalProcess plain = process(config), touched = process(config);
    for (int i = 0; i < 50; ++i) {
      const SimTime half = SimTime{touched.nextAt().ns - 1000};
      touched.setFactor(half, 2.5);
      touched.setFactor(half, 0);
      touched.setFactor(half, 1);
      EXPECT_NEAR(static_cast<double>(touched.nextAt().ns), static_cast<double>(plain.nextAt().ns), 2.0 * (i + 1));
      plain.take(), touched.take();
    }
  }
}

TEST(Arrivals, ACopyGoesOnToTheSameCustomers) {
  for (const ArrivalConfig& config : {ArrivalConfig(PoissonArrivals{7, 2}), ArrivalConfig(mmpp()), ArrivalConfig(ramp()), ArrivalConfig(ConstantArrivals{7}),
                                      ArrivalConfig(RenewalArrivals{Distribution::lognormal(0.2, 2)}), ArrivalConfig(trace({SimTime{1}, SimTime{2}, SimTime{3}}))}) {
    ArrivalProcess arrivals = process(config);
    arrivals.take();
    ArrivalProcess copy = arrivals;
    EXPECT_EQ(instants(arrivals, 100), instants(copy, 100));
  }
}

TEST(Arrivals, ARateOfZeroMeansNobody) {
  for (const ArrivalConfig& config : {ArrivalConfig(PoissonArrivals{0, 1}), ArrivalConfig(ConstantArrivals{0}), ArrivalConfig(ClosedArrivals{5, Distribution()}),
                                      ArrivalConfig(ProfileArrivals{{{at(0), 0}}, ProfileArrivals::Interpolate::kLinear, Duration{0}})}) {
    ArrivalProcess arrivals = process(config);
    EXPECT_EQ(arrivals.nextAt(), kNever);
    arrivals.setFactor(at(1), 5);
    EXPECT_EQ(arrivals.nextAt(), kNever);
    EXPECT_THROW(arrivals.take(), std::invalid_argument);
  }
}

TEST(Arrivals, StateTheirLongRunRate) {
  EXPECT_EQ(*longRunRate(PoissonArrivals{100, 3}), 300);
  EXPECT_NEAR(*longRunRate(RenewalArrivals{Distribution::erlang(0.02, 3)}), 50, 1e-9);
  EXPECT_NEAR(*longRunRate(trace({at(1), at(2), at(4)})), 0.75, 1e-12);
  EXPECT_FALSE(longRunRate(ClosedArrivals{5, Distribution()}));
}

}  // namespace
}  // namespace meshmall::models
