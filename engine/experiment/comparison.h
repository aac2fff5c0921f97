// Two sides of an experiment, or one side and a limit, by one statement: "the change is at most this", "the value is below that". Everything a verdict and a
// report need as numbers: estimates, limits, p-values of both directions, how much the pairing helped, how many replications would tell. Verdicts: verdicts.h.
//
// Changes. Paired by replication: Student's t of the pairs' differences, of logarithms where the margin is a share and all values are above 0. A share of values
// that can be 0 is tested without logarithms: D = C - (1 + margin) B, which is above 0 in the mean exactly where the change exceeds the margin. Where the
// differences don't look normal (at least 10 of them, and Shapiro-Wilk p < 0.001 or one farther than 8 MAD from the median) the sign-flip test decides, and both
// are kept. Unpaired: Welch. Limiting cases: differences that don't vary, but for the rounding of what they are made of, decide by their sign; what lies on the
// bound without varying holds, unless the statement is strict.
// Values against a limit: Student's t around the estimate from all data together (sectioning; ratio of sums for ratios); a ratio that was 0 or 1 all the time has
// Clopper and Pearson's limits instead. Sources: spec of statistics, A4 to A8; Asmussen and Glynn 2007 for sectioning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/statistics/confidence.h"
#include "engine/statistics/t_test.h"

namespace meshmall::engine {

struct CountRatio {
  std::uint64_t part = 0, whole = 0;
};

// One quantity on one side.
struct Sample {
  std::vector<double> values;        // by replication, all of them there
  std::vector<CountRatio> counts;    // of a ratio of counts, by replication; else empty
  std::optional<double> pooled;      // the same quantity of all replications' data together, where it is known (a quantile of merged histograms)
};

enum class Scale : std::uint8_t { logarithm, share, difference, value };  // of what is tested; see above. value: one side against a limit

struct Statement {
  bool relative = false;    // of a change: the margin is a share of the baseline (0.05), else in the quantity's own unit
  bool decrease = false;    // the change that is bounded is downwards: baseline - candidate
  bool at_least = false;    // "change >= bound", "value >= bound"; else at most
  double bound = 0;         // the margin, or the limit
  bool strict = false;      // "below", "above": what lies on the bound breaks it
};

struct Estimate {
  double value = 0;
  std::optional<Interval> interval;  // two-sided
};

// How the differences look: whether Student's test is to be trusted with them.
struct Shape {
  std::optional<double> shapiro_p;
  double greatest_deviation = 0;  // in MADs
  bool normal = true;             // enough to decide by t
};

struct Finding {
  bool identical = false;         // all pairs are bit-equal; nothing below but the estimates
  bool holds_unchanged = true;    // the statement holds where nothing changes (a rule may ask for an improvement)
  Scale scale = Scale::value;
  std::string test;  // "paired t", "sign flips, exact", "sign flips, sampled", "Welch's t", "t", "Clopper-Pearson"; "exact": nothing varies
  bool paired = false;

  std::optional<Estimate> baseline;  // absent for a limit
  Estimate candidate;
  Estimate change;  // candidate to baseline, upwards: a share where the statement is relative (0.118), else a difference; unused for a limit
  double level = 0.99;  // of all intervals

  double p_broken = 1;    // of "the statement holds": small where it is shown not to
  double p_held = 1;      // of "it does not": small where it is shown to hold
  double p_mirrored = 1;  // of "the change the other way is not within the margin": with p_held, equivalence. 1 for a limit or a margin of 0
  double p_improved = 1;  // of "no better than the baseline". 1 for a limit
  double t = 0, degrees_of_freedom = 0;  // of p_broken
  std::optional<double> p_t, p_sign_flip;  // of p_broken by either test, where both were made
  Shape shape;

  double deviation = 0;                // standard deviation of a difference on the scale of the test (unpaired: of both sides together)
  double distance = 0;                 // estimate - bound on that scale; positive: the estimate breaks the statement
  std::optional<double> variance_reduction;  // (s_B^2 + s_C^2) / s_D^2 of pairs; above 1: pairing helped. Absent where the differences don't vary
  std::optional<double> shift, rank_p;  // Hodges-Lehmann shift upwards, as `change`; Wilcoxon's (unpaired: Mann-Whitney's) two-sided p. For display
};

struct ComparisonSettings {
  double alpha = 0.01;
  bool paired = true;  // value i of both sides is of the same replication
};

// Where nothing changes at all: a rule may ask for an improvement.
bool holdsUnchanged(const Statement& statement);

// A change. Both sides have values, at least 2 each; as many as each other when paired. `bound` of a relative decrease below 1, of a relative increase above -1.
Finding compareChange(const Sample& baseline, const Sample& candidate, const Statement& statement, const ComparisonSettings& settings);
// A value against a limit. At least 2 values.
Finding compareValue(const Sample& candidate, const Statement& statement, const ComparisonSettings& settings);

// Mean of the values (or the pooled value, the ratio of sums) with its interval, as shown beside a metric.
Estimate estimate(const Sample& sample, double level);

// A difference of the two sides in either direction, for exploring: two-sided p; 1 where all pairs are equal.
double exploratoryP(const std::vector<double>& baseline, const std::vector<double>& candidate, bool paired);

}  // namespace meshmall::engine
