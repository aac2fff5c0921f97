// What a comparison's report says of a pair beside the verdicts: what each side is and ran, how they differ, curves, series, events.
#pragma once

#include "cli/compare_pairs.h"
#include "cli/compare_runs.h"
#include "engine/report/comparison_report.h"

namespace meshmall::cli {

// Of scenarios that were run.
void describeRuns(const ComparePair& pair, const PairPlan& plan, const PairRuns& runs, engine::ReportScenario& report);

// Of groups of results, read and not run.
void describeResults(const ComparePair& pair, const CompareInput& baseline, const CompareInput& candidate, engine::ReportScenario& report);

}  // namespace meshmall::cli
