// A study's gates, judged on what a batch found: every variant against the baseline at every sweep point, on the same customers; all together one family, so that
// the chance of one or more false alarms in the whole study is at most alpha (1 %). A study of one variant has gates on values only; they are judged on it.
#pragma once

#include <string>

#include "cli/options.h"
#include "cli/output_folder.h"
#include "engine/report/comparison_report.h"
#include "models/study/results.h"

namespace meshmall::cli {

// `results` has gates. `given`: what the call named, for the report.
engine::ComparisonReport judgeGates(const models::StudyResults& results, const std::string& given, const std::string& command);

// Where the study has gates: judges them, writes comparison.json beside the results, prints the report unless the look is quiet or JSON. The exit code of the verb.
int reportGates(const models::StudyResults& results, const std::string& given, const std::string& command, OutputFolder& folder, const Appearance& look);

}  // namespace meshmall::cli
