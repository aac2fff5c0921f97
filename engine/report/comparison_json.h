// A comparison report as JSON: one object, keys in a fixed order, the same report gives the same bytes. Its schema is scenarios/schema/comparison.schema.json
// ("meshmallComparison": 1; later versions only add). What is not known is null; there are no NaN and no infinities.
#pragma once

#include <string>

#include "engine/report/comparison_report.h"

namespace meshmall::engine {

std::string comparisonJson(const ComparisonReport& report);

}  // namespace meshmall::engine
