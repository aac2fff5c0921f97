// Two runs on the same customers, period by period: by how much their headline figures differ, with the uncertainty of it.
//
// Method: sectioning of paired periods (Asmussen and Glynn, Stochastic Simulation, 2007, III.5b). What is compared are the figures of the whole measured window so far, as a
// result has them: percentiles of all its customers, shares of all. The window is cut into 30 equal periods (those of batch_confidence.h); in each, both sides see the
// same customers, so the difference of a figure within a period is free of most of their chance. How far these differences lie from that of the whole gives its interval:
// D +- t sqrt(sum (d_i - D)^2 / (n (n - 1))). Where periods differ much from the whole (a fault, a percentile that is not a mean) it is wide, as it should be. While
// neighbouring differences are correlated (lag-1 test) and at least 20 are left, neighbours are put together; an interval that is still correlated is marked so.
// A difference is called clear where the interval does not hold 0. It is one pair of runs: replications (`meshmall compare`) tell more.
// Limiting cases: fewer than kFewestPeriods periods with the figure on both sides: no verdict. Figures equal in every period and in the whole: identical.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/kernel/time.h"

namespace meshmall::models {

class Collector;

struct PeriodValues {
  engine::SimTime begin, end;
  std::uint64_t ok = 0, failed = 0;            // customers who arrived in it, so far
  double goodput = 0;                          // good answers a second, given in it
  std::optional<double> latency_mean, p50, p99;  // ms, of its ok customers
  std::optional<double> success_rate, amplification;
};

struct MeasuredPeriods {
  std::vector<PeriodValues> each;
  PeriodValues whole;  // of all of them together: not the mean of their values. At the end of the run the result's own figures
};

// Those that are over at `now`, but for the last one of them, whose customers may still be on their way; at the end of the run all. Percentiles need 10 / (1 - q) answers.
MeasuredPeriods periodValues(const Collector& collector, engine::SimTime now, bool finished);

inline constexpr std::size_t kFewestPeriods = 5;

struct PairedDifference {
  enum class Verdict : std::uint8_t { too_few, identical, not_clear, lower, higher };
  std::string metric, unit;   // "goodput", "/s"
  std::optional<double> a, b;  // of the whole window so far
  double difference = 0;      // b - a, where both are known
  double low = 0, high = 0;   // of the difference
  double level = 0.99;
  std::size_t periods = 0;    // values the interval rests on, after neighbours were put together
  bool correlated = false;    // still: the interval is too narrow
  Verdict verdict = Verdict::too_few;  // of b, against a
};

// goodput, success.rate, latency.mean, latency.p50, latency.p99, retries.amplification; periods are paired by their begin. Sides that are not equally far: no verdicts.
std::vector<PairedDifference> pairedDifferences(const MeasuredPeriods& a, const MeasuredPeriods& b, double level = 0.99);

}  // namespace meshmall::models
