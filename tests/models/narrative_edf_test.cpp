// Told case edf.create_with_picks_equivalence: a schedule that starts after so many picks goes on as one that has made them.
#include <numeric>

#include "models/balancing/edf_schedule.h"

namespace meshmall::models {
namespace {

TEST(ToldCases, EdfStartsAfterPicksAsIfItHadMadeThem) {
  std::vector<std::uint32_t> entries(128);
  std::iota(entries.begin(), entries.end(), 0U);
  const auto weightOf = [](std::uint32_t i) { return (100.5 - 0.01) / 128 * i + 0.01; };
  const std::pair<std::uint64_t, std::vector<std::uint32_t>> cases[] = {
      {5, {122, 121, 120, 119, 118, 117, 116, 115, 114, 113, 112, 111, 110, 109, 108, 107, 106, 105, 104, 103}},
      {140, {121, 40, 80, 120, 119, 79, 118, 39, 78, 117, 116, 77, 115, 38, 76, 114, 113, 75, 112, 37}},
      {501, {72, 115, 43, 86, 100, 57, 114, 71, 85, 99, 113, 127, 14, 28, 42, 56, 70, 84, 98, 112}},
      {123456, {}},
      {894571, {}}};
  for (const auto& [picks, next] : cases) {
    EdfSchedule at_once = EdfSchedule::afterPicks(entries, weightOf, picks);
    EdfSchedule one_by_one;
    for (const std::uint32_t entry : entries) one_by_one.add(weightOf(entry), entry);
    for (std::uint64_t i = 0; i < picks; ++i) one_by_one.pick(weightOf);
    for (const std::uint32_t entry : next) {
      EXPECT_EQ(at_once.pick(weightOf), entry) << picks;
      EXPECT_EQ(one_by_one.pick(weightOf), entry) << picks;
    }
    // Deadlines agree up to rounding, so where two are due at the same instant either may come first: every entry has had the same number of turns, give or take one.
    std::vector<int> turns(entries.size(), 0);
    for (int i = 0; i < 10'000; ++i) {
      ++turns[*at_once.pick(weightOf)];
      --turns[*one_by_one.pick(weightOf)];
      for (const std::uint32_t entry : entries) ASSERT_LE(std::abs(turns[entry]), 1) << picks << " after " << i;
    }
  }
}

}  // namespace
}  // namespace meshmall::models
