// A scenario's SLO judged on one run, by the point values of its result. Batches and comparisons judge by confidence limits instead (models/study).
#pragma once

#include <string_view>
#include <vector>

#include "models/observation/result.h"

namespace meshmall::models {

// A metric without a sample makes its comparison false. `value` is that of the first comparison when the
// whole holds, else of the first that fails. A text that checkSlo (expression.h) refuses does not hold.
SloVerdict judgeSlo(std::string_view text, const Result& result);

// The verdicts that makeResult() would give, without working out the rest of the result: only the scopes that the SLOs ask for, no confidence
// intervals, no timeline, no decisions. For whoever asks again and again while a mall runs.
std::vector<SloVerdict> judgeSlos(const Collector& collector, const RunFacts& facts);

class Mall;
// Of a mall's scenario, as they stand now.
std::vector<SloVerdict> verdictsNow(const Mall& mall);

}  // namespace meshmall::models
