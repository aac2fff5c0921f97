#include "engine/statistics/histogram.h"

#include <algorithm>
#include <cmath>

#include "engine/random/keyed_stream.h"

namespace meshmall::engine {
namespace {

// Values of all magnitudes: a random number of random bits.
std::int64_t anyValue(Substream& random) { return static_cast<std::int64_t>((random() >> 1) >> (random() % 63)); }

TEST(Histogram, ReportsEveryValueWithinATenthOfAPercent) {
  Substream random({1, 0}, {1, 2, 3});
  for (int i = 0; i < 20000; ++i) {
    const std::int64_t v = anyValue(random);
    Histogram histogram;  // the extremes lie apart, so that they do not repair the middle rank
    histogram.add({0});
    histogram.add({v});
    histogram.add({std::numeric_limits<std::int64_t>::max()});
    const double error = std::abs(static_cast<double>(histogram.quantile(0.5)->ns - v));
    EXPECT_LE(error, 0.0005 * static_cast<double>(v)) << v;
    if (v < 2048) {
      EXPECT_EQ(error, 0) << v;
    }
  }
}

TEST(Histogram, CoversTheWholeRangeWithAdjoiningBuckets) {
  Substream random({1, 0}, {1, 2, 4});
  for (int i = 0; i < 20000; ++i) {
    const std::int64_t v = anyValue(random);
    Histogram histogram;
    histogram.add({v});
    const auto buckets = histogram.buckets();
    ASSERT_EQ(buckets.size(), 1u);
    const Duration low = Histogram::bucketLow(buckets[0].index), width = Histogram::bucketWidth(buckets[0].index);
    EXPECT_LE(low.ns, v);
    EXPECT_GE(low.ns + (width.ns - 1), v);
    if (width.ns > 1) {
      EXPECT_LE(static_cast<double>(width.ns), Histogram::kResolution * static_cast<double>(low.ns));
    }
  }
  for (std::uint32_t index = 0; index + 1 < 55296; ++index) {
    ASSERT_EQ(Histogram::bucketLow(index) + Histogram::bucketWidth(index), Histogram::bucketLow(index + 1)) << index;
  }
}

TEST(Histogram, FindsQuantilesByNearestRankLikeASortedList) {
  Substream random({1, 0}, {1, 2, 5});
  for (const int n : {1, 2, 3, 100, 4096, 4097, 10000}) {
    Histogram histogram;
    std::vector<std::int64_t> sorted;
    for (int i = 0; i < n; ++i) {
      const auto v = static_cast<std::int64_t>(1e6 * -std::log(uniform01(random())));
      histogram.add({v});
      sorted.push_back(v);
    }
    std::sort(sorted.begin(), sorted.end());
    for (const double q : {0.0, 0.001, 0.07, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0}) {
      const auto rank = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(q * n * (1 - 1e-15))));
      const auto exact = static_cast<double>(sorted[static_cast<std::size_t>(rank - 1)]);
      EXPECT_NEAR(static_cast<double>(histogram.quantile(q)->ns), exact, 0.0005 * exact) << n << " " << q;
    }
    EXPECT_EQ(histogram.quantile(0)->ns, sorted.front());
    EXPECT_EQ(histogram.quantile(1)->ns, sorted.back());
  }
}

TEST(Histogram, TakesTheSeventhOfAHundredForSevenPercent) {
  Histogram histogram;
  for (int i = 1; i <= 100; ++i) histogram.add({i});
  EXPECT_EQ(histogram.quantile(0.07)->ns, 7);  // 0.07 * 100 > 7 in doubles
  EXPECT_EQ(histogram.quantile(0.071)->ns, 8);
  EXPECT_EQ(histogram.quantile(0.99)->ns, 99);
}

TEST(Histogram, SaysNothingWithoutSamples) {
  const Histogram histogram;
  EXPECT_FALSE(histogram.quantile(0.5));
  EXPECT_FALSE(histogram.meanNs());
  EXPECT_FALSE(histogram.min());
  EXPECT_EQ(histogram.countAbove({0}), 0u);
  EXPECT_EQ(histogram.memoryBytes(), 0u);
}

TEST(Histogram, KeepsMeanAndExtremesExact) {
  Histogram histogram;
  for (const std::int64_t v : {1'000'000'007, 3, 1'000'003}) histogram.add({v});
  histogram.add({-5});  // counts as 0
  EXPECT_DOUBLE_EQ(*histogram.meanNs(), 1'001'000'013 / 4.0);
  EXPECT_EQ(histogram.max()->ns, 1'000'000'007);
  EXPECT_EQ(histogram.min()->ns, 0);
}

TEST(Histogram, MergesToTheSameWhateverTheOrder) {
  Substream random({1, 0}, {1, 2, 6});
  for (const int n : {10, 300, 4000}) {  // sparse with sparse, sparse with dense, dense with dense
    Histogram whole, parts[3];
    for (int i = 0; i < n; ++i) {
      const Duration v{anyValue(random)};
      whole.add(v);
      parts[random() % 3].add(v);
    }
    Histogram forward = parts[0], backward = parts[2];
    forward.merge(parts[1]), forward.merge(parts[2]);
    backward.merge(Histogram()), backward.merge(parts[1]), backward.merge(parts[0]);
    EXPECT_EQ(forward, whole) << n;
    EXPECT_EQ(backward, whole) << n;
    EXPECT_EQ(Histogram::restore(whole.buckets(), whole.sum(), *whole.min(), *whole.max()), whole) << n;
    Histogram twice = whole;
    twice.merge(twice);
    EXPECT_EQ(twice.count(), 2 * whole.count());
    EXPECT_EQ(*twice.quantile(0.5), *whole.quantile(0.5));
  }
}

TEST(Histogram, CountsBeyondThirtyTwoBits) {
  Histogram histogram;
  for (int i = 0; i < 300; ++i) histogram.add({10});
  for (int i = 0; i < 30; ++i) histogram.merge(histogram);  // 300 * 2^30
  const std::uint64_t many = std::uint64_t{300} << 30;
  EXPECT_EQ(histogram.count(), many);
  ASSERT_EQ(histogram.buckets().size(), 1u);
  EXPECT_EQ(histogram.buckets()[0].count, many);
  Histogram full = Histogram::restore({{10, 0xFFFFFFFF}}, Int128{10} * 0xFFFFFFFF, {10}, {10});
  full.add({10});  // the count's 32 bits wrap
  full.add({10});
  EXPECT_EQ(full.buckets()[0].count, 0x100000001u);
}

TEST(Histogram, CountsSamplesAboveALimit) {
  Histogram histogram;
  for (int i = 1; i <= 1000; ++i) histogram.add(microseconds(i * 100));
  EXPECT_EQ(histogram.countAbove(microseconds(90'000)), 100u);  // a bucket is 66 us wide there
  EXPECT_EQ(histogram.countAbove(microseconds(100'000)), 0u);
  EXPECT_EQ(histogram.countAbove(microseconds(99)), 1000u);
  EXPECT_EQ(histogram.countAbove(microseconds(0)), 1000u);
}

TEST(Histogram, IsSmallWithFewSamplesAndStaysSmallInOneDecade) {
  Substream random({1, 0}, {1, 2, 7});
  Histogram histogram;
  for (int i = 0; i < 200; ++i) histogram.add({anyValue(random)});
  EXPECT_LE(histogram.memoryBytes(), 512u);
  Histogram quiet;
  for (int i = 0; i < 50'000; ++i) quiet.add({1'000'000 + static_cast<std::int64_t>(random() % 9'000'000)});
  EXPECT_LE(quiet.memoryBytes(), 6u * 1024);  // 3.3 octaves of 1 KiB, a quarter of slack
  const std::size_t before = quiet.memoryBytes();
  for (int i = 0; i < 100'000; ++i) quiet.add({1'000'000 + static_cast<std::int64_t>(random() % 9'000'000)});
  EXPECT_EQ(quiet.memoryBytes(), before);  // some 140 in each of the widest buckets: three times the samples, the same memory
  Histogram busy;
  for (int i = 0; i < 2'000'000; ++i) busy.add({1'000'000 + static_cast<std::int64_t>(random() % 9'000'000)});
  EXPECT_LE(busy.memoryBytes(), 29u * 1024);  // 3.3 octaves of 4 KiB and the 1 KiB each that they outgrew, a quarter of slack
}

TEST(Histogram, CountsOnWhereACountOutgrowsAByte) {
  Histogram histogram;
  for (std::uint64_t n = 1; n <= 1'000; ++n) {
    histogram.add({10});
    histogram.add({100'000'000});
    histogram.add({static_cast<std::int64_t>(n)});
    const auto buckets = histogram.buckets();
    ASSERT_EQ(buckets[n < 10 ? n : 9].count, n + (n >= 10 ? 1 : 0)) << n;  // of the value 10
    ASSERT_EQ(buckets.back().count, n);
  }
  Histogram few = Histogram::restore({{10, 255}, {11, 255}, {12, 256}}, Int128{8'427}, {10}, {12});
  EXPECT_EQ(few.buckets(), (std::vector<Histogram::Bucket>{{10, 255}, {11, 255}, {12, 256}}));
  few.add({11});
  EXPECT_EQ(few.buckets()[1].count, 256u);
  few.clear();
  EXPECT_TRUE(few.buckets().empty());
}

TEST(Histogram, ACopyGoesOnAlone) {
  Histogram histogram;
  for (int i = 0; i < 400; ++i) histogram.add({i});
  Histogram copy = histogram;
  copy.add({5});
  EXPECT_EQ(histogram.count(), 400u);
  EXPECT_EQ(copy.count(), 401u);
  histogram.add({5});
  EXPECT_EQ(histogram, copy);
}

}  // namespace
}  // namespace meshmall::engine

namespace meshmall::engine {
namespace {

TEST(Histogram, IsLikeNewAfterClearing) {
  Histogram used, fresh;
  for (std::int64_t i = 0; i < 1000; ++i) used.add({i * 1'000});
  used.clear();
  EXPECT_EQ(used.count(), 0);
  EXPECT_FALSE(used.quantile(0.5));
  for (std::int64_t i = 0; i < 700; ++i) used.add({i * 977}), fresh.add({i * 977});
  EXPECT_TRUE(used == fresh);
  EXPECT_EQ(used.quantile(0.9), fresh.quantile(0.9));
}

}  // namespace
}  // namespace meshmall::engine

namespace meshmall::engine {
namespace {

TEST(Histogram, TellsSeveralQuantilesAtOnceAsOneByOne) {
  Histogram histogram;
  EXPECT_FALSE(histogram.quantiles({0.5, 0.9})[1]);
  for (std::int64_t i = 1; i <= 5000; ++i) {
    histogram.add({i * i % 7919 * 1'000});
    if (i % 777 != 1) continue;
    const auto all = histogram.quantiles({0, 0.001, 0.5, 0.5, 0.99, 1});
    std::size_t k = 0;
    for (const double q : {0.0, 0.001, 0.5, 0.5, 0.99, 1.0}) EXPECT_EQ(all[k++], histogram.quantile(q)) << q;
  }
}

}  // namespace
}  // namespace meshmall::engine
