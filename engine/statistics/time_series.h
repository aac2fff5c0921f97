// What happened in each interval of a run: counts, means, time averages, in buckets of one fixed length from a start on.
//
// A point belongs to the bucket [start + i * interval, start + (i + 1) * interval); what lies before the start is left out.
// Buckets come into being as time reaches them, so the caller chooses the interval so that there are few (a timeline has at most 1,000).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/kernel/time.h"
#include "engine/statistics/tally.h"

namespace meshmall::engine {

// The grid of a series. interval > 0.
struct SeriesGrid {
  SimTime start;
  Duration interval{1'000'000'000};

  // Nothing before the start.
  std::optional<std::size_t> bucketOf(SimTime t) const {
    if (t < start) return std::nullopt;
    return static_cast<std::size_t>((t - start).ns / interval.ns);
  }
  SimTime bucketStart(std::size_t i) const { return start + interval * static_cast<std::int64_t>(i); }
};

// Events, counted; buckets beyond the last event are 0.
class CountSeries {
 public:
  explicit CountSeries(SeriesGrid grid) : grid_(grid) {}
  void add(SimTime t, std::uint64_t n = 1);
  std::uint64_t at(std::size_t bucket) const { return bucket < counts_.size() ? counts_[bucket] : 0; }
  std::size_t size() const { return counts_.size(); }
  const SeriesGrid& grid() const { return grid_; }

 private:
  SeriesGrid grid_;
  std::vector<std::uint64_t> counts_;
};

// Observations (a latency when its answer comes), averaged; exact sums.
class MeanSeries {
 public:
  explicit MeanSeries(SeriesGrid grid) : grid_(grid) {}
  void add(SimTime t, std::int64_t value);
  std::uint64_t count(std::size_t bucket) const { return bucket < sums_.size() ? sums_[bucket].count : 0; }
  std::optional<double> mean(std::size_t bucket) const;  // nothing where nothing was observed
  std::size_t size() const { return sums_.size(); }
  const SeriesGrid& grid() const { return grid_; }

 private:
  struct Sum {
    std::uint64_t count = 0;
    Int128 sum = 0;
  };
  SeriesGrid grid_;
  std::vector<Sum> sums_;
};

// An integer level (number in system), averaged over time. Times never decrease.
class LevelSeries {
 public:
  explicit LevelSeries(SeriesGrid grid, std::int64_t level = 0) : grid_(grid), level_(level), since_(grid.start) {}
  void set(SimTime now, std::int64_t level);
  void change(SimTime now, std::int64_t by) { set(now, level_ + by); }
  // Counts the level up to `now`: once at the end, before average().
  void finish(SimTime now) { set(now, level_); }
  std::int64_t level() const { return level_; }
  // Over the part of the bucket that has passed; nothing for one not reached.
  std::optional<double> average(std::size_t bucket) const;
  std::size_t size() const { return integrals_.size(); }
  const SeriesGrid& grid() const { return grid_; }

 private:
  SeriesGrid grid_;
  std::int64_t level_;
  SimTime since_;
  std::vector<Int128> integrals_;  // level x nanoseconds
};

}  // namespace meshmall::engine
