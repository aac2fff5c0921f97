#include "engine/experiment/budget_allocation.h"

#include <algorithm>
#include <cmath>

#include "engine/kernel/promise.h"
#include "engine/statistics/confidence.h"

namespace meshmall::engine {
namespace {

constexpr std::uint64_t kRounds = 20;

std::size_t bestOf(const std::vector<SampleMoments>& candidates) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < candidates.size(); ++i)
    if (candidates[i].mean < candidates[best].mean) best = i;
  return best;
}

double normalTail(double z) { return std::erfc(z / std::sqrt(2.0)) / 2; }

SampleMoments momentsOf(const std::vector<double>& values) {
  if (values.empty()) return {};
  return {sampleMean(values), values.size() < 2 ? 0 : sampleVariance(values), values.size()};
}

}  // namespace

std::vector<double> budgetShares(const std::vector<SampleMoments>& candidates, double total, double indifference) {
  promise(candidates.size() >= 2, "a budget is shared by two at least");
  const std::size_t best = bestOf(candidates);
  std::vector<double> weight(candidates.size(), 0.0);
  double squares = 0, sum = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (i == best) continue;
    const double distance = std::max(candidates[i].mean - candidates[best].mean, indifference);
    // Neither distance nor variance: nothing to find out, and nothing to divide by.
    weight[i] = candidates[i].variance == 0 ? 0 : distance == 0 ? HUGE_VAL : candidates[i].variance / (distance * distance);
    if (candidates[i].variance > 0) squares += weight[i] * weight[i] / candidates[i].variance;
  }
  weight[best] = std::sqrt(candidates[best].variance * squares);
  if (std::any_of(weight.begin(), weight.end(), [](double w) { return !std::isfinite(w); }))
    for (double& w : weight) w = std::isfinite(w) ? 0 : 1;
  for (const double w : weight) sum += w;
  for (double& w : weight) w = sum > 0 ? total * (w / sum) : total / static_cast<double>(weight.size());
  return weight;
}

double chanceOfBest(const std::vector<SampleMoments>& candidates) {
  const std::size_t best = bestOf(candidates);
  double wrong = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (i == best) continue;
    const double error = std::sqrt(candidates[i].variance / static_cast<double>(candidates[i].count) + candidates[best].variance / static_cast<double>(candidates[best].count));
    const double distance = candidates[i].mean - candidates[best].mean;
    wrong += error > 0 ? normalTail(distance / error) : distance > 0 ? 0 : 0.5;
  }
  return std::max(0.0, 1 - wrong);
}

BudgetAllocation::BudgetAllocation(std::uint32_t candidates, const BudgetRule& rule)
    : rule_(rule), values_(candidates), there_(candidates), targets_(candidates, rule.first), none_(candidates, false) {
  promise(candidates >= 2 && rule.first >= 2 && rule.budget >= candidates * rule.first, "a budget is enough for its first round");
  planned_ = open_ = candidates * rule.first;
}

bool BudgetAllocation::wants(std::uint32_t candidate, std::uint64_t replication) const {
  return replication < targets_[candidate] && (replication >= there_[candidate].size() || !there_[candidate][replication]);
}

void BudgetAllocation::observe(std::uint32_t candidate, std::uint64_t replication, std::optional<double> value) {
  if (!wants(candidate, replication)) return;
  if (there_[candidate].size() <= replication) {
    there_[candidate].resize(replication + 1, false);
    values_[candidate].resize(replication + 1);
  }
  there_[candidate][replication] = true;
  values_[candidate][replication] = value;
  none_[candidate] = none_[candidate] || !value;
  if (--open_ == 0) nextRound();
}

void BudgetAllocation::nextRound() {
  std::vector<std::uint32_t> in;
  std::vector<SampleMoments> moments;
  for (std::uint32_t c = 0; c < values_.size(); ++c) {
    if (none_[c]) continue;
    in.push_back(c);
    moments.push_back(momentsOf(values(c)));
  }
  if (in.size() < 2) planned_ = rule_.budget;  // nothing to tell apart any more
  if (planned_ >= rule_.budget) return;
  const std::uint64_t round = std::min(rule_.budget - planned_, std::max<std::uint64_t>((rule_.budget - planned_) / kRounds, in.size()));
  double there = 0;
  for (const std::uint32_t c : in) there += static_cast<double>(targets_[c]);
  const std::vector<double> shares = budgetShares(moments, there + static_cast<double>(round), rule_.indifference);
  for (std::uint64_t i = 0; i < round; ++i) {  // one by one to whom it lacks most, the first of equals
    std::size_t neediest = 0;
    for (std::size_t k = 1; k < in.size(); ++k)
      if (shares[k] - static_cast<double>(targets_[in[k]]) > shares[neediest] - static_cast<double>(targets_[in[neediest]])) neediest = k;
    ++targets_[in[neediest]];
  }
  planned_ += round;
  open_ += round;
}

std::vector<double> BudgetAllocation::values(std::uint32_t candidate) const {
  std::vector<double> made;
  for (const auto& value : values_[candidate])
    if (value) made.push_back(*value);
  return made;
}

}  // namespace meshmall::engine
