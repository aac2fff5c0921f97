// How many replications a statement needs, from what a pilot showed of it: the spread of a pair's differences, and how far the truth lies from the margin.
//
// Everything is the power of Student's one-sided test with normal differences (non-central t), at the level that the statement has in its family at the worst (Bonferroni,
// the first step of Holm). A pilot knows a spread only so well: `safe` numbers are for its upper limit at 90 %. Limiting cases: differences that don't vary need no test;
// a truth that lies on the margin can't be told from it by any number. Source: spec of statistics, A6; see also t_test.h.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/experiment/comparison.h"

namespace meshmall::engine {

struct SizingSettings {
  double alpha = 0.01;             // of the family
  std::uint32_t hypotheses = 1;    // in it
  double power = 0.9;
  std::uint64_t replications = 20;       // the number that is asked about
  std::optional<double> caught;          // a true change that must be caught: a share where relative, else in the unit. Absent: twice the margin
};

struct Needed {
  std::optional<std::uint64_t> replications, safe;  // absent: more than a million, or no number would do
};

struct Sizing {
  std::optional<double> shown;      // the true change that `replications` show to break the statement with the power; of a limit: the distance from it, on the scale of the test
  std::optional<double> caught;     // what is to be caught
  Needed to_catch;                  // to show such a change
  Needed to_prove;                  // to show that it holds where nothing changes in truth, at the level alpha (as `prove` asks)
  Needed to_tell;                   // to show which it is where the pilot's estimate is the truth
};

// The finding has a test (it is neither identical nor without data). Replications of the pilot: those behind the finding.
Sizing sizeOf(const Finding& finding, const Statement& statement, std::uint64_t pilot, const SizingSettings& settings);

// The spread is at most this, at 90 %, where n >= 2 values showed `deviation` (chi-squared).
double upperDeviation(double deviation, std::uint64_t n);

// Replications after which the mean is known to +- `relative` of itself at 95 %: t s / sqrt(n) <= g / (1 + g) |mean|. Absent: a mean of 0, or more than a million.
std::optional<std::uint64_t> replicationsForPrecision(double mean, double deviation, double relative);

}  // namespace meshmall::engine
