// A scenario's SLO judged on one run, by the point values of its result. Batches and comparisons judge by confidence limits instead (models/study).
#pragma once

#include <string_view>

#include "models/observation/result.h"

namespace meshmall::models {

// A metric without a sample makes its comparison false. `value` is that of the first comparison when the
// whole holds, else of the first that fails. A text that checkSlo (expression.h) refuses does not hold.
SloVerdict judgeSlo(std::string_view text, const Result& result);

}  // namespace meshmall::models
