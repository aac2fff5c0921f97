// The plots of a comparison's page, each as inline SVG (svg_plot.h), or empty where the report does not hold what it needs. The baseline is dashed lines and hollow
// circles ("base"), the candidate solid lines and filled squares ("cand"): colour never tells them apart alone.
#pragma once

#include <string>

#include "engine/report/comparison_report.h"

namespace meshmall::engine {

// What a question rests on, replication by replication. Paired: each pair's change; unpaired: both sides' values; a limit: the candidate's. With the margin or limit,
// what lies beyond it hatched, and the estimate with its interval. At most 400 replications are drawn.
std::string dotPlot(const ReportScenario& scenario, const ReportQuestion& question);

// Latency by percentile, both sides; the axis gives each further nine the same room. Ends where fewer than 20 answers of a side are beyond.
std::string percentilePlot(const ReportScenario& scenario);

// One series over time, both sides; the warm-up shaded, events marked with their numbers in the report's list. Long series show the least and the greatest of each
// stretch of time.
std::string timePlot(const ReportScenario& scenario, const ReportSeries& series);

// One of the smoothed series with the end of the warm-up.
std::string settlingPlot(const ReportScenario& scenario, const ReportSeries& series);

// What a series of a run is called on a plot: "requests in flight", with its unit.
std::string seriesTitle(const std::string& name);

// Whether a series says anything: it is there and not 0 throughout.
bool isTelling(const ReportSeries& series);

}  // namespace meshmall::engine
