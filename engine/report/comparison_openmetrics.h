// A comparison as OpenMetrics text, for metrics reports: what each rule looked at on both sides (a gauge for each metric, in base units: seconds, ratios), relative changes,
// and where each rule and the gate stand. Three significant digits, so that a server which compares values as strings sees no difference where there is none.
// Labels hold names, never figures that change. A value that is not known has no line. Ends with "# EOF". Source: OpenMetrics 1.0.
#pragma once

#include <string>

#include "engine/report/comparison_report.h"

namespace meshmall::engine {

std::string comparisonOpenMetrics(const ComparisonReport& report);

}  // namespace meshmall::engine
