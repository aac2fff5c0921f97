// How many replications a comparison makes: a number, until what the rules look at is precise enough, or by planned looks at the verdicts.
//
// Precision stops on the width of intervals only, which leaves false alarms nearly as they are. Looks at the verdicts don't: each of the planned ones gets an equal share
// of alpha (Bonferroni), whether it comes to it or not. Sources: spec of statistics, A6; Law, ch. 9 (relative precision).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/experiment/sample_table.h"
#include "models/study/gate_rules.h"

namespace meshmall::cli {

struct CompareDesign {
  enum class Kind : std::uint8_t { fixed, precision, adaptive } kind = Kind::fixed;
  std::uint64_t first = 20, most = 20;
  double half_width = 0;              // g of Kind::precision
  std::vector<std::uint64_t> looks;   // of Kind::adaptive; the last is `most`

  double alphaOfALook(double alpha) const { return kind == Kind::adaptive ? alpha / static_cast<double>(looks.size()) : alpha; }
  // After `now` have turned out not to be enough; `now` itself when there is nothing more.
  std::uint64_t next(std::uint64_t now) const;
};

constexpr std::uint64_t kFirstOfPrecision = 10, kMostOfPrecision = 200;
CompareDesign fixedDesign(std::uint64_t replications);
CompareDesign precisionDesign(double half_width, std::uint64_t most);
// 10, 20, 40, 80; those above `most` left out, and `most` itself the last.
CompareDesign adaptiveDesign(std::uint64_t most);

// The means of both sides (groups 0 and 1) of every metric that a rule looks at are known to +- g of themselves at 95 %. What has no value in some run is left out:
// no number of runs would mend it.
bool preciseEnough(const engine::SampleTable& table, const std::vector<models::GateRule>& rules, const models::ScopeNames& names, double half_width);

}  // namespace meshmall::cli
