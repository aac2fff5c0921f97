#include "engine/experiment/selection.h"

#include <algorithm>
#include <cmath>

#include "engine/kernel/promise.h"
#include "engine/statistics/confidence.h"

namespace meshmall::engine {

double selectionConstant(std::uint32_t candidates, std::uint64_t replications, double alpha) {
  const double degrees = static_cast<double>(replications - 1);
  const double eta = 0.5 * (std::pow(2 * alpha / static_cast<double>(candidates - 1), -2 / degrees) - 1);
  return 2 * eta * degrees;
}

Selection::Selection(std::uint32_t candidates, const SelectionRule& rule)
    : rule_(rule), values_(candidates), sums_(candidates, 0.0), variances_(static_cast<std::size_t>(candidates) * candidates, 0.0), fates_(candidates) {
  promise(candidates >= 1 && rule.indifference > 0 && rule.alpha > 0 && rule.alpha < 0.5 && rule.first >= 2 && rule.most >= rule.first, "a selection's rule makes sense");
  for (std::uint32_t c = 0; c < candidates; ++c) left_.push_back(c);
  farthest_ = rule_.most;
}

bool Selection::wants(std::uint32_t candidate, std::uint64_t replication) const {
  if (finished_ || replication >= farthest_ || !fates_[candidate].in || replication < stage_) return false;
  return replication >= values_[candidate].size() || !values_[candidate][replication].there;
}

void Selection::observe(std::uint32_t candidate, std::uint64_t replication, std::optional<double> value) {
  std::vector<Value>& own = values_[candidate];
  if (own.size() <= replication) own.resize(replication + 1);
  if (own[replication].there) return;
  own[replication] = {value.value_or(0), true, !value};
  advance();
}

// Stage by stage, as far as everyone who is in has a value.
void Selection::advance() {
  while (!finished_) {
    for (const std::uint32_t c : left_)
      if (values_[c].size() <= stage_ || !values_[c][stage_].there) return;
    std::erase_if(left_, [&](std::uint32_t c) {
      if (!values_[c][stage_].none) return false;
      fates_[c].in = false;
      fates_[c].without_value = true;
      return true;
    });
    for (const std::uint32_t c : left_) {
      sums_[c] += values_[c][stage_].value;
      ++fates_[c].replications;
    }
    ++stage_;
    if (left_.empty()) {
      finished_ = true;
    } else if (stage_ >= rule_.first) {
      judge();
    }
  }
}

void Selection::renewVariances() {
  for (const std::uint32_t a : left_) {
    for (const std::uint32_t b : left_) {
      if (b <= a) continue;
      std::vector<double> differences;
      differences.reserve(stage_);
      for (std::uint64_t r = 0; r < stage_; ++r) differences.push_back(values_[a][r].value - values_[b][r].value);
      // Differences that are equal to the last bit do not vary; their computed variance can be a rounding error.
      const bool constant = std::all_of(differences.begin(), differences.end(), [&](double d) { return d == differences.front(); });
      variance(a, b) = variance(b, a) = constant ? 0 : sampleVariance(differences);
    }
  }
  constant_ = fates_.size() < 2 ? 0 : selectionConstant(static_cast<std::uint32_t>(fates_.size()), stage_, rule_.alpha);
  renew_at_ = stage_ + (stage_ + 9) / 10;  // every step would cost the square of the replications
}

double Selection::width(std::uint32_t a, std::uint32_t b) const {
  return std::max(0.0, (constant_ * variance(a, b) / rule_.indifference - rule_.indifference * static_cast<double>(stage_)) / 2);
}

void Selection::judge() {
  if (stage_ == rule_.first || (rule_.renewed && stage_ >= renew_at_)) renewVariances();
  std::vector<std::uint32_t> kept;
  bool any_width = false;
  for (const std::uint32_t c : left_) {
    double worst = 0;
    std::optional<std::uint32_t> by;
    for (const std::uint32_t other : left_) {
      if (other == c) continue;
      const double allowed = width(c, other);
      any_width = any_width || allowed > 0;
      const double beyond = sums_[c] - sums_[other] - allowed;
      if (beyond > worst) {
        worst = beyond;
        by = other;
      }
    }
    if (by) {
      fates_[c].in = false;
      fates_[c].beaten_by = by;
    } else {
      kept.push_back(c);
    }
  }
  left_ = std::move(kept);
  double steps = 0;
  for (const std::uint32_t a : left_)
    for (const std::uint32_t b : left_)
      if (a != b) steps = std::max(steps, constant_ * variance(a, b) / (rule_.indifference * rule_.indifference));
  const double most = static_cast<double>(rule_.most);
  // One beyond where no sums may differ any more: rounding must not leave it short.
  if (!rule_.renewed) farthest_ = std::min(rule_.most, std::max(stage_ + 1, steps < most ? static_cast<std::uint64_t>(steps) + 2 : rule_.most));
  tied_ = left_.size() > 1 && !any_width;
  finished_ = left_.size() <= 1 || tied_ || stage_ >= rule_.most;
}

std::vector<double> Selection::values(std::uint32_t candidate) const {
  std::vector<double> made;
  for (std::uint64_t r = 0; r < fates_[candidate].replications; ++r) made.push_back(values_[candidate][r].value);
  return made;
}

}  // namespace meshmall::engine
