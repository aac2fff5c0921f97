#include "models/resilience/hedging.h"

#include <algorithm>

namespace meshmall::models {

TryBoard::TryIndex TryBoard::start() {
  retry_pending_ = false;
  tries_.emplace_back();
  return static_cast<TryIndex>(tries_.size() - 1);
}

bool TryBoard::onSoftTimeout(TryIndex index) {
  const bool first = !tries_[index].soft_timed_out;
  tries_[index].soft_timed_out = true;
  return first;
}

void TryBoard::onRetryGranted(TryIndex index) {
  tries_[index].retried = true;
  retry_pending_ = true;
}

bool TryBoard::outstandingBeside(TryIndex index) const { return retry_pending_ || !others(index).empty(); }

TryBoard::Verdict TryBoard::onAnswer(TryIndex index, bool bad) {
  tries_[index].live = false;
  if (answered_ || (bad && outstandingBeside(index))) return Verdict::kDrop;
  answered_ = true;
  return Verdict::kForward;
}

TryBoard::Verdict TryBoard::onFailure(TryIndex index) { return onAnswer(index, true); }

std::vector<TryBoard::TryIndex> TryBoard::others(TryIndex index) const {
  std::vector<TryIndex> result = live();
  result.erase(std::remove(result.begin(), result.end(), index), result.end());
  return result;
}

std::vector<TryBoard::TryIndex> TryBoard::live() const {
  std::vector<TryIndex> result;
  for (TryIndex i = 0; i < tries_.size(); ++i) {
    if (tries_[i].live) result.push_back(i);
  }
  return result;
}

void TryBoard::finish() {
  for (Try& one : tries_) one.live = false;
  retry_pending_ = false;
  answered_ = true;
}

}  // namespace meshmall::models
