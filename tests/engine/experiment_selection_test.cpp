// Selecting the best of several: the constants, hand-made courses, and how often the choice is right where that can be counted.
#include "engine/experiment/selection.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

namespace meshmall::engine {
namespace {

TEST(Selection, TheConstantIsThatOfKimAndNelson) {
  // h^2 = (n - 1) ((2 alpha / (k - 1))^(-2 / (n - 1)) - 1)
  EXPECT_NEAR(selectionConstant(2, 10, 0.05), 9 * (std::pow(10.0, 2.0 / 9) - 1), 1e-12);
  EXPECT_NEAR(selectionConstant(10, 20, 0.05), 19 * (std::pow(90.0, 2.0 / 19) - 1), 1e-12);
  EXPECT_NEAR(selectionConstant(3, 1'000'000, 0.05), -2 * std::log(0.05), 1e-4) << "with many replications the variance is known";
}

void feed(Selection& selection, const std::vector<std::vector<double>>& values) {
  for (std::size_t r = 0; r < values.front().size(); ++r)
    for (std::uint32_t c = 0; c < values.size(); ++c)
      if (selection.wants(c, r)) selection.observe(c, r, values[c][r]);
}

TEST(Selection, DropsACandidateAtTheStageWhereItsSumIsTooFarOff) {
  // Differences 1, 3, 1, 3, ...: variance of the first four 4/3, h^2 = 3 (0.2^(-2/3) - 1) at alpha 0.1 = 5.77205. With delta 1 the sums may be
  // (7.696 - r) / 2 apart at stage r: 1.85 at stage 4, where they are 8 apart.
  Selection early(2, {1, 0.1, 4, 100, false});
  feed(early, {{1, 3, 1, 3, 0, 0}, {0, 0, 0, 0, 0, 0}});
  EXPECT_TRUE(early.finished());
  EXPECT_EQ(early.stage(), 4u);
  EXPECT_EQ(early.left(), std::vector<std::uint32_t>{1});
  EXPECT_EQ(early.fate(0).beaten_by, 1u);
  // With delta 0.1: (76.96 - 0.1 r) / 2 apart. At stage 19 the sums are 37 apart and 37.53 is allowed, at stage 20 40 and 37.48.
  Selection late(2, {0.1, 0.1, 4, 1000, false});
  std::vector<double> worse;
  for (int r = 0; r < 30; ++r) worse.push_back(r % 2 == 0 ? 1 : 3);
  feed(late, {worse, std::vector<double>(30, 0.0)});
  EXPECT_TRUE(late.finished());
  EXPECT_EQ(late.stage(), 20u);
  EXPECT_EQ(late.fate(0).replications, 20u);
  EXPECT_EQ(late.values(0).size(), 20u);
}

TEST(Selection, EqualToTheLastBitIsATie) {
  Selection selection(3, {0.02, 0.05, 5, 100, false});
  const std::vector<double> same{1, 2, 1.5, 3, 2, 2, 2};
  std::vector<double> worse = same;
  for (double& v : worse) v += 1;  // by the same each time: known at once
  feed(selection, {same, worse, same});
  EXPECT_TRUE(selection.finished());
  EXPECT_TRUE(selection.tied());
  EXPECT_EQ(selection.left(), (std::vector<std::uint32_t>{0, 2}));
  EXPECT_EQ(selection.fate(1).replications, 5u);
}

TEST(Selection, WithoutAValueACandidateIsOutAndTheOthersGoOn) {
  Selection selection(3, {0.5, 0.05, 3, 50, false});
  std::mt19937 random(7);
  std::normal_distribution<double> noise(0, 0.3);
  for (std::uint64_t r = 0; r < 50 && !selection.finished(); ++r)
    for (std::uint32_t c = 0; c < 3; ++c)
      if (selection.wants(c, r)) selection.observe(c, r, c == 2 && r == 1 ? std::nullopt : std::optional(c + noise(random)));
  EXPECT_TRUE(selection.fate(2).without_value);
  EXPECT_EQ(selection.fate(2).replications, 1u);
  EXPECT_EQ(selection.left(), std::vector<std::uint32_t>{0});
  Selection nobody(2, {0.5, 0.05, 3, 50, false});
  nobody.observe(0, 0, std::nullopt);
  nobody.observe(1, 0, std::nullopt);
  EXPECT_TRUE(nobody.finished());
  EXPECT_TRUE(nobody.left().empty());
}

TEST(Selection, StopsUndecidedAtItsMostReplications) {
  Selection selection(2, {0.001, 0.05, 5, 12, false});
  std::mt19937 random(3);
  std::normal_distribution<double> noise;
  for (std::uint64_t r = 0; !selection.finished(); ++r)
    for (std::uint32_t c = 0; c < 2; ++c) selection.observe(c, r, noise(random));
  EXPECT_EQ(selection.stage(), 12u);
  EXPECT_EQ(selection.left().size(), 2u);
  EXPECT_FALSE(selection.tied());
  EXPECT_FALSE(selection.wants(0, 12));
}

// Candidate 0 is the best by exactly the indifference zone, the others are equal: the configuration that is hardest to get right.
struct Course {
  double correct = 0, replications = 0;
};
Course courses(int experiments, std::uint32_t candidates, double correlation, bool renewed, double zone, unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> noise;
  Course course;
  for (int e = 0; e < experiments; ++e) {
    Selection selection(candidates, {zone, 0.05, 20, 100'000, renewed});
    for (std::uint64_t r = 0; !selection.finished(); ++r) {
      const double common = noise(random);
      for (std::uint32_t c = 0; c < candidates; ++c) {
        const double value = std::sqrt(correlation) * common + std::sqrt(1 - correlation) * noise(random) + (c == 0 ? 0 : zone);
        if (selection.wants(c, r)) selection.observe(c, r, value);
      }
    }
    course.correct += selection.left().front() == 0 ? 1 : 0;
    course.replications += static_cast<double>(selection.stage());
  }
  course.correct /= experiments;
  course.replications /= experiments;
  return course;
}

TEST(Selection, TheChoiceIsRightAtLeastAsOftenAsItPromises) {
  // 95 % promised; a true 95 % would show at least 0.95 - 3 sqrt(0.95 * 0.05 / 1000) = 0.929 in 1,000 experiments with a probability of 99.9 %.
  const Course independent = courses(1000, 5, 0, false, 0.25, 1), common = courses(1000, 5, 0.9, false, 0.25, 2), renewed = courses(1000, 5, 0, true, 0.25, 3);
  EXPECT_GE(independent.correct, 0.929);
  EXPECT_GE(common.correct, 0.929);
  EXPECT_GE(renewed.correct, 0.929);
  EXPECT_LT(common.replications, independent.replications / 3) << "common noise cancels in the differences: a tenth of their variance";
  RecordProperty("independent", std::to_string(independent.correct) + " " + std::to_string(independent.replications));
  RecordProperty("common", std::to_string(common.correct) + " " + std::to_string(common.replications));
  RecordProperty("renewed", std::to_string(renewed.correct) + " " + std::to_string(renewed.replications));
}

TEST(Selection, OrderOfArrivalAndLookingAheadDoNotShow) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    std::normal_distribution<double> noise;
    std::vector<std::vector<double>> values(4, std::vector<double>(400));
    for (std::uint32_t c = 0; c < 4; ++c)
      for (double& v : values[c]) v = noise(random) + 0.1 * c;
    Selection plain(4, {0.3, 0.05, 10, 400, seed % 2 == 0});
    feed(plain, values);
    Selection shuffled(4, {0.3, 0.05, 10, 400, seed % 2 == 0});
    for (std::uint64_t from = 0; from < 400 && !shuffled.finished(); from += 7) {
      std::vector<std::pair<std::uint32_t, std::uint64_t>> ahead;
      for (std::uint64_t r = from; r < std::min<std::uint64_t>(from + 7, 400); ++r)
        for (std::uint32_t c = 0; c < 4; ++c)
          if (shuffled.wants(c, r)) ahead.emplace_back(c, r);
      std::shuffle(ahead.begin(), ahead.end(), random);
      for (const auto& [c, r] : ahead) shuffled.observe(c, r, values[c][r]);
    }
    ASSERT_EQ(plain.left(), shuffled.left()) << seed;
    EXPECT_EQ(plain.stage(), shuffled.stage());
    for (std::uint32_t c = 0; c < 4; ++c) EXPECT_EQ(plain.values(c), shuffled.values(c)) << seed;
  }
}

}  // namespace
}  // namespace meshmall::engine
