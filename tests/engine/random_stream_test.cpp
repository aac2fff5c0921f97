#include "engine/random/keyed_stream.h"

#include <boost/random/normal_distribution.hpp>
#include <bit>
#include <cmath>
#include <set>

namespace meshmall::engine {
namespace {

using Words = std::array<std::uint64_t, 4>;

// Known answers: Random123's kat_vectors, repeated by numpy.random.Philox (whose first block has counter 1).
TEST(Philox, GivesThePublishedAnswers) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Words{0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b, 0x7e68b68aec7ba23b}));
  EXPECT_EQ(philox({1, 0, 0, 0}, {0, 0}), (Words{0x02f4ba6408e4d89b, 0x3dd62b0b9ca8c5b2, 0x1c8667a55d902e79, 0x907d7a052fd5b4dc}));
}

// std::philox4x64 of C++26: seed 20111115 is key word 0, the counter starts at 0; the standard states the 10,000th number.
TEST(Philox, GivesTheTenThousandthNumberThatTheCppStandardStates) {
  EXPECT_EQ(philox({9999 / 4, 0, 0, 0}, {20111115, 0})[9999 % 4], 3409172418970261260u);
  Substream stream({20111115, 0}, {});
  std::uint64_t last = 0;
  for (int i = 0; i < 10000; ++i) last = stream();
  EXPECT_EQ(last, 3409172418970261260u);
}

TEST(Philox, IsKnownAtCompileTime) {
  static_assert(philox({0, 0, 0, 0}, {0, 0})[0] == 0x16554d9eca36314c);
}

TEST(KeyedStream, ACopyGoesOnToTheSameNumbers) {
  Substream stream({1, 2}, {3, 4, 5});
  for (int i = 0; i < 5; ++i) stream();
  Substream copy = stream;
  StreamSource source({1, 2}, {3, 4, 5});
  for (int i = 0; i < 5; ++i) source.next();
  StreamSource source_copy = source;
  for (int i = 0; i < 50; ++i) {
    const std::uint64_t expected = stream();
    EXPECT_EQ(copy(), expected);
    EXPECT_EQ(source.next(), expected);
    EXPECT_EQ(source_copy.next(), expected);
  }
}

TEST(KeyedStream, StartsWithTheFirstBlockOfItsAddress) {
  const Words block = firstBlock({7, 1}, {11, 12, 13});
  Substream stream({7, 1}, {11, 12, 13});
  for (unsigned lane = 0; lane < 4; ++lane) {
    EXPECT_EQ(stream(), block[lane]);
    Lane engine({7, 1}, {11, 12, 13}, lane, block[lane]);
    EXPECT_EQ(engine(), block[lane]);
  }
}

TEST(KeyedStream, NoNumberComesTwiceAmongTheSubstreamAndTheLanesOfAnAddress) {
  const StreamKey key{3, 0};
  const Address address{1, 2, 3};
  std::set<std::uint64_t> seen;
  Substream stream(key, address);
  for (int i = 0; i < 4000; ++i) seen.insert(stream());
  const Words block = firstBlock(key, address);
  for (unsigned lane = 0; lane < 4; ++lane) {
    Lane engine(key, address, lane, block[lane]);
    engine();  // that one is the substream's too
    for (int i = 0; i < 1000; ++i) seen.insert(engine());
  }
  EXPECT_EQ(seen.size(), 8000u);
}

TEST(KeyedStream, ALanesVariateDoesNotDependOnHowMuchTheOthersDraw) {
  const StreamKey key{3, 0};
  const Address address{1, 2, 3};
  const Words block = firstBlock(key, address);
  const auto variate = [&](int draws_of_lane_0) {
    Lane greedy(key, address, 0, block[0]);
    for (int i = 0; i < draws_of_lane_0; ++i) greedy();
    Lane engine(key, address, 1, block[1]);
    return boost::random::normal_distribution<double>()(engine);
  };
  EXPECT_EQ(variate(1), variate(1000));
}

// Numbers of neighbouring addresses (the first draw of who, path, purpose, seed, replication = 0, 1, 2, ...) in 256 cells by their top bits.
// Chi-square with 255 degrees of freedom: 255 + 5 * sqrt(510) is five standard errors.
TEST(KeyedStream, FirstDrawsOfNeighbouringAddressesAreEquallySpread) {
  constexpr int kDraws = 256 * 400;
  for (int field = 0; field < 5; ++field) {
    std::array<int, 256> cells{};
    for (std::uint64_t i = 0; i < kDraws; ++i) {
      std::array<std::uint64_t, 5> a{9, 0, 0, 0, 0};
      a[static_cast<std::size_t>(field)] = i;
      ++cells[firstBlock({a[0], a[1]}, {a[2], a[3], a[4]})[0] >> 56];
    }
    double chi_square = 0;
    for (int cell : cells) chi_square += (cell - 400.0) * (cell - 400.0) / 400.0;
    EXPECT_LT(chi_square, 255 + 5 * std::sqrt(510.0)) << "field " << field;
    EXPECT_GT(chi_square, 255 - 5 * std::sqrt(510.0)) << "field " << field;
  }
}

// The correlation of n independent pairs has standard error 1/sqrt(n); five of them.
TEST(KeyedStream, SubstreamsOfNeighbouringAddressesAreUncorrelated) {
  constexpr int kDraws = 100000;
  const auto correlation = [](auto& a, auto& b) {
    double sum = 0;
    for (int i = 0; i < kDraws; ++i) sum += (uniform01(a()) - 0.5) * (uniform01(b()) - 0.5);
    return sum * 12 / kDraws;
  };
  const double limit = 5 / std::sqrt(static_cast<double>(kDraws));
  for (int field = 0; field < 5; ++field) {
    std::array<std::uint64_t, 5> a{5, 0, 17, 4, 2};
    Substream first({a[0], a[1]}, {a[2], a[3], a[4]});
    ++a[static_cast<std::size_t>(field)];
    Substream second({a[0], a[1]}, {a[2], a[3], a[4]});
    EXPECT_LT(std::abs(correlation(first, second)), limit) << "field " << field;
  }
  Substream stream({5, 0}, {17, 4, 2});
  Lane lane({5, 0}, {17, 4, 2}, 0, firstBlock({5, 0}, {17, 4, 2})[0]);
  stream(), lane();
  EXPECT_LT(std::abs(correlation(stream, lane)), limit);
}

TEST(KeyedStream, UniformsStayInsideTheOpenUnitInterval) {
  EXPECT_GT(uniform01(0), 0.0);
  EXPECT_LT(uniform01(~std::uint64_t{0}), 1.0);
  EXPECT_EQ(uniform01(0), 0x1p-54);
  EXPECT_EQ(uniform01(std::uint64_t{1} << 62), 0.25 + 0x1p-54);
}

// Flipping one input bit flips each output bit with probability 1/2: over 64 bits x 2000 values the mean number flipped is
// 32 with standard error 4/sqrt(2000) for each input bit; six of them, for 128 comparisons.
TEST(MixPath, SpreadsEachInputBitOverTheWholeWord) {
  Substream random({1, 0}, {1, 1, 1});
  for (int input = 0; input < 128; ++input) {
    double flipped = 0;
    for (int i = 0; i < 2000; ++i) {
      const std::uint64_t parent = random(), step = random() >> 40;
      const std::uint64_t bit = std::uint64_t{1} << (input % 64);
      flipped += std::popcount(mixPath(parent, step) ^ (input < 64 ? mixPath(parent ^ bit, step) : mixPath(parent, step ^ bit)));
    }
    EXPECT_NEAR(flipped / 2000, 32, 6 * 4 / std::sqrt(2000.0)) << "input bit " << input;
  }
}

TEST(MixPath, GivesSmallTreesDistinctPaths) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t a = 0; a < 40; ++a)
    for (std::uint64_t b = 0; b < 40; ++b)
      for (std::uint64_t c = 0; c < 40; ++c) seen.insert(mixPath(mixPath(mixPath(0, a), b), c));
  EXPECT_EQ(seen.size(), 64000u);
}

}  // namespace
}  // namespace meshmall::engine
