#include "engine/experiment/best_comparison.h"

#include <algorithm>
#include <cmath>

#include "engine/kernel/promise.h"
#include "engine/statistics/t_test.h"

namespace meshmall::engine {
namespace {

constexpr std::size_t kLetters = 26;
constexpr std::size_t kMostGroups = 512;  // on the way

struct PairInterval {
  double estimate = 0;
  std::optional<Interval> interval;
};

PairInterval differenceOf(const std::vector<double>& a, const std::vector<double>& b, bool paired, double one_sided) {
  std::optional<MeanDifference> d;
  PairInterval made;
  if (paired) {
    std::vector<double> differences;
    for (std::size_t r = 0; r < std::min(a.size(), b.size()); ++r) differences.push_back(a[r] - b[r]);
    made.estimate = sampleMean(differences);
    d = pairedDifference(differences);
  } else {
    made.estimate = sampleMean(a) - sampleMean(b);
    d = welchDifference(a, b);
  }
  if (d) made.interval = d->standard_error > 0 ? Interval{d->lowerLimit(one_sided), d->upperLimit(one_sided)} : Interval{d->estimate, d->estimate};
  return made;
}

using Group = std::vector<bool>;  // who is in it

bool within(const Group& part, const Group& whole) {
  for (std::size_t i = 0; i < part.size(); ++i)
    if (part[i] && !whole[i]) return false;
  return true;
}

// Groups that lie within another go.
void absorb(std::vector<Group>& groups) {
  for (std::size_t i = 0; i < groups.size();) {
    bool goes = false;
    for (std::size_t j = 0; j < groups.size() && !goes; ++j) goes = i != j && within(groups[i], groups[j]) && (groups[i] != groups[j] || j < i);
    if (goes) {
      groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
}

}  // namespace

std::vector<std::string> groupLetters(const std::vector<std::vector<bool>>& apart) {
  const std::size_t n = apart.size();
  std::vector<std::string> letters(n);
  std::vector<Group> groups{Group(n, true)};
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      if (!apart[i][j]) continue;
      std::vector<Group> made;
      for (Group& group : groups) {
        if (!group[i] || !group[j]) {
          made.push_back(std::move(group));
          continue;
        }
        Group without_j = group;
        without_j[j] = false;
        group[i] = false;
        made.push_back(std::move(without_j));
        made.push_back(std::move(group));
      }
      groups = std::move(made);
      absorb(groups);
      if (groups.size() > kMostGroups) return letters;
    }
  }
  if (groups.size() > kLetters) return letters;
  std::stable_sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) {  // by their first member, then the second
    for (std::size_t i = 0; i < a.size(); ++i)
      if (a[i] != b[i]) return static_cast<bool>(a[i]);
    return false;
  });
  for (std::size_t g = 0; g < groups.size(); ++g)
    for (std::size_t i = 0; i < n; ++i)
      if (groups[g][i]) letters[i] += static_cast<char>('a' + static_cast<char>(g));
  return letters;
}

BestComparison compareWithBest(const std::vector<std::vector<double>>& values, bool paired, double level) {
  const std::size_t n = values.size();
  promise(n >= 2, "the best of others needs others");
  const double pairs = static_cast<double>(n * (n - 1) / 2);
  const double one_sided = 1 - (1 - level) / (2 * pairs);
  BestComparison made;
  made.candidates.resize(n);
  std::vector<std::vector<bool>> apart(n, std::vector<bool>(n, false));
  for (std::size_t i = 0; i < n; ++i) {
    BestComparison::Candidate& own = made.candidates[i];
    own.to_best_of_others = -HUGE_VAL;
    Interval interval{-HUGE_VAL, -HUGE_VAL};
    bool whole = true;
    for (std::size_t j = 0; j < n; ++j) {
      if (i == j) continue;
      const PairInterval d = differenceOf(values[i], values[j], paired, one_sided);
      own.to_best_of_others = std::max(own.to_best_of_others, d.estimate);
      whole = whole && d.interval;
      if (!d.interval) continue;
      interval = {std::max(interval.low, d.interval->low), std::max(interval.high, d.interval->high)};
      apart[i][j] = d.interval->low > 0 || d.interval->high < 0;
    }
    if (whole) own.interval = interval;
  }
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) apart[i][j] = apart[i][j] || apart[j][i];
  std::vector<std::string> letters = groupLetters(apart);
  for (std::size_t i = 0; i < n; ++i) made.candidates[i].letters = std::move(letters[i]);
  return made;
}

}  // namespace meshmall::engine
