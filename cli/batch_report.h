// What a batch shows at its end: a table of means with their uncertainty.
#pragma once

#include <string>

#include "cli/terminal.h"
#include "models/study/results.h"

namespace meshmall::cli {

// One row a variant and point, one column a metric of the whole mall: mean, and half the width of its 95 % interval.
std::string batchTable(const models::StudyResults& results, const Palette& palette);

}  // namespace meshmall::cli
