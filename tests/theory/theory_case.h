// An entry of a theory file (vectors/theory.json, or another in the same form) as something to run: scenarios in the project's own format, and for each the
// quantities that its results can tell. An entry, or a quantity, that can't be told carries the reason.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "estimate.h"
#include "observation.h"

namespace meshmall::theory {

struct Quantity {
  enum class Kind { value, quantile, share, atLeast, atMost };  // share: of independent trials (exact limits)
  std::string name;
  double expected = 0;
  double precision = 0.01;     // the half-width wanted, relative to the expected value
  Function estimate;           // quantile: the share of values not above `expected`
  Kind kind = Kind::value;
  double probability = 0;      // quantile: of this
  Function density;            // quantile: of the values around `expected`; share: the number of trials
  double tolerance = 0;        // relative; only where the entry calls itself an approximation or a limit
  bool plain = false;          // no control variates: it is one of the controls, or as good as
};

struct Run {
  std::string label;           // when an entry needs more than one scenario
  std::string scenario;        // JSON
  Observe observe;
  std::vector<Quantity> quantities;
};

struct TheoryCase {
  std::string id, kind, type;
  std::vector<Run> runs;
  std::string reason;                                       // no runs: why
  std::vector<std::pair<std::string, std::string>> left_out;  // quantity, why
};

std::vector<TheoryCase> loadTheory(const std::string& path);

}  // namespace meshmall::theory
