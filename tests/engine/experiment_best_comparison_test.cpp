// Candidates side by side: intervals to the best of the others, letters of those that can't be told apart.
#include "engine/experiment/best_comparison.h"

#include <cmath>
#include <random>

#include "engine/statistics/t_test.h"

namespace meshmall::engine {
namespace {

TEST(BestComparison, LettersAreSharedExactlyByThoseThatAreNotApart) {
  using M = std::vector<std::vector<bool>>;
  EXPECT_EQ(groupLetters(M{{false, false}, {false, false}}), (std::vector<std::string>{"a", "a"}));
  EXPECT_EQ(groupLetters(M{{false, true}, {true, false}}), (std::vector<std::string>{"a", "b"}));
  // 0 and 2 apart, 1 with both.
  EXPECT_EQ(groupLetters(M{{false, false, true}, {false, false, false}, {true, false, false}}), (std::vector<std::string>{"a", "ab", "b"}));
  // A random matrix: two share a letter exactly where they are not apart.
  std::mt19937 random(5);
  for (int trial = 0; trial < 50; ++trial) {
    const std::size_t n = 2 + random() % 6;
    M apart(n, std::vector<bool>(n, false));
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = i + 1; j < n; ++j) apart[i][j] = apart[j][i] = random() % 2 == 0;
    const auto letters = groupLetters(apart);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = i + 1; j < n; ++j) EXPECT_EQ(letters[i].find_first_of(letters[j]) == std::string::npos, apart[i][j]);
  }
}

TEST(BestComparison, TwoCandidatesHaveStudentsInterval) {
  const std::vector<double> a{1, 2, 3, 4}, b{2, 2.5, 4.5, 5};
  const BestComparison made = compareWithBest({a, b}, true, 0.95);
  const auto d = pairedDifference({-1, -0.5, -1.5, -1});
  EXPECT_DOUBLE_EQ(made.candidates[0].to_best_of_others, -1);
  EXPECT_DOUBLE_EQ(made.candidates[1].to_best_of_others, 1);
  EXPECT_DOUBLE_EQ(made.candidates[0].interval->low, d->lowerLimit(0.975));
  EXPECT_DOUBLE_EQ(made.candidates[0].interval->high, d->upperLimit(0.975));
  EXPECT_EQ(made.candidates[0].letters, "a");
  EXPECT_EQ(made.candidates[1].letters, "b");
}

TEST(BestComparison, AllIntervalsHoldTogetherAsOftenAsTheySay) {
  // Means 0, 0.1, 0.1, 1; paired values with common noise. 95 % promised for all four together (Bonferroni: more); 3 standard errors of 1,000: 0.021.
  const double means[] = {0, 0.1, 0.1, 1};
  std::mt19937_64 random(1984);
  std::normal_distribution<double> noise;
  int held = 0;
  for (int e = 0; e < 1000; ++e) {
    std::vector<std::vector<double>> values(4);
    for (int r = 0; r < 15; ++r) {
      const double common = noise(random);
      for (std::size_t c = 0; c < 4; ++c) values[c].push_back(means[c] + common + 0.2 * noise(random));
    }
    const BestComparison made = compareWithBest(values, true, 0.95);
    bool all = true;
    for (std::size_t c = 0; c < 4; ++c) {
      double best = HUGE_VAL;
      for (std::size_t other = 0; other < 4; ++other)
        if (other != c) best = std::min(best, means[other]);
      all = all && made.candidates[c].interval->low <= means[c] - best && means[c] - best <= made.candidates[c].interval->high;
    }
    held += all ? 1 : 0;
  }
  EXPECT_GE(held, 950 - 21);
}

TEST(BestComparison, ShorterSeriesAreComparedOverWhatBothHave) {
  const BestComparison made = compareWithBest({{1, 1.2, 0.9, 1, 1}, {2, 2.3, 1.8}}, true, 0.95);
  EXPECT_NEAR(made.candidates[1].to_best_of_others, (1 + 1.1 + 0.9) / 3, 1e-12);
  const BestComparison one = compareWithBest({{1}, {2}}, true, 0.95);
  EXPECT_FALSE(one.candidates[0].interval);
  EXPECT_EQ(one.candidates[0].letters, one.candidates[1].letters);
}

}  // namespace
}  // namespace meshmall::engine
