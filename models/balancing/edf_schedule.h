// Earliest-deadline-first schedule: entries come round in proportion to their weights, smoothly, and weights may change between picks.
//
// An entry of weight w is due every 1/w. Equal deadlines go in the order of insertion. A weight is read when its entry is put back, so
// a change acts from the entry's next turn on. A seed starts the schedule as if it had already run for that many picks, so that proxies
// do not all begin with the same host. Source: Envoy edf_scheduler.h; docs/reference/balancing.md#weights
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace meshmall::models {

class EdfSchedule {
 public:
  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }

  // Puts an entry in, due 1/weight from now. weight > 0. O(log n).
  void add(double weight, std::uint32_t entry) { push({time_ + 1.0 / weight, order_++, entry}); }

  // The entry that is due; it goes back with the weight that weightOf(entry) gives now. Nothing when empty.
  // Entries that were peeked at come first, and do not go back again. O(log n).
  template <class WeightOf>
  std::optional<std::uint32_t> pick(WeightOf&& weightOf) {
    if (!peeked_.empty()) {
      const std::uint32_t entry = peeked_.front();
      peeked_.erase(peeked_.begin());
      return entry;
    }
    return advance(weightOf);
  }

  // What the picks to come will be: each call looks one further ahead. The schedule moves on, the entry is remembered.
  template <class WeightOf>
  std::optional<std::uint32_t> peek(WeightOf&& weightOf) {
    const auto entry = advance(weightOf);
    if (entry) peeked_.push_back(*entry);
    return entry;
  }

  // The schedule as it stands after `picks` picks, in time independent of their number. Only the low 32 bits count, modulo 429496729,
  // as in Envoy. weightOf(entry) > 0. O(n log n).
  template <class WeightOf>
  static EdfSchedule afterPicks(std::span<const std::uint32_t> entries, WeightOf&& weightOf, std::uint64_t picks);

 private:
  struct Entry {
    double deadline;
    std::uint64_t order;
    std::uint32_t entry;
  };
  static bool later(const Entry& a, const Entry& b) { return a.deadline > b.deadline || (a.deadline == b.deadline && a.order > b.order); }

  void push(const Entry& entry) {
    heap_.push_back(entry);
    std::push_heap(heap_.begin(), heap_.end(), later);
  }

  template <class WeightOf>
  std::optional<std::uint32_t> advance(WeightOf&& weightOf) {
    if (heap_.empty()) return std::nullopt;
    std::pop_heap(heap_.begin(), heap_.end(), later);
    Entry& due = heap_.back();
    const std::uint32_t entry = due.entry;
    time_ = due.deadline;
    due.deadline = time_ + 1.0 / weightOf(entry);
    due.order = order_++;
    std::push_heap(heap_.begin(), heap_.end(), later);
    return entry;
  }

  std::vector<Entry> heap_;
  std::vector<std::uint32_t> peeked_;
  double time_ = 0.0;
  std::uint64_t order_ = 0;
};

template <class WeightOf>
EdfSchedule EdfSchedule::afterPicks(std::span<const std::uint32_t> entries, WeightOf&& weightOf, std::uint64_t picks) {
  constexpr std::uint32_t kMostPicks = 429496729;
  constexpr double kTieBreak = 1e-13;  // keeps a count of whole turns below the exact share when rounding would reach it
  EdfSchedule schedule;
  if (entries.empty()) return schedule;
  const std::uint32_t wanted = static_cast<std::uint32_t>(picks) % kMostPicks;
  std::vector<double> weights;
  weights.reserve(entries.size());
  double sum = 0.0;
  for (const std::uint32_t entry : entries) {
    weights.push_back(weightOf(entry) + kTieBreak);
    sum += weights.back();
  }
  const double turns = static_cast<double>(wanted);
  std::uint32_t done = 0;
  schedule.heap_.reserve(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const double weight = weights[i];
    std::uint32_t taken = static_cast<std::uint32_t>(std::floor(weight * turns / sum));
    if (taken > 0 && taken / weight >= turns / sum) --taken;
    schedule.heap_.push_back({(taken + 1.0) / weight, schedule.order_++, entries[i]});
    schedule.time_ = std::max(schedule.time_, taken / weight);
    done += taken;
  }
  std::make_heap(schedule.heap_.begin(), schedule.heap_.end(), later);
  for (; done < wanted; ++done) schedule.advance(weightOf);
  return schedule;
}

}  // namespace meshmall::models
