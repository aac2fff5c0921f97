// A comparison as one page of HTML that needs nothing beside it: no script, no font, no picture, no address; it can be mailed, kept as an artifact, and printed.
// Verdicts worst first; then, scenario by scenario, replications as dots against their margins, latency by percentile, time series with events, the warm-up, what
// differs, what else moved; the method. Light and dark by the reader's system. What a report does not hold is not drawn, and the page says so.
// A long report is cut, worst first kept, and says so: rows beyond 2,000, plots beyond about 6 MB. The same report gives the same bytes.
#pragma once

#include <string>

#include "engine/report/comparison_report.h"

namespace meshmall::engine {

std::string comparisonHtml(const ComparisonReport& report);

}  // namespace meshmall::engine
