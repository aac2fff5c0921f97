// A study's gates, judged on what a batch found: every variant against the baseline at every sweep point, on the same customers; all together one family, so that
// the chance of one or more false alarms in the whole study is at most alpha (1 %). A study of one variant has gates on values only; they are judged on it.
#pragma once

#include <string>

#include "cli/options.h"
#include "cli/output_folder.h"
#include "cli/report_files.h"
#include "engine/report/comparison_report.h"
#include "models/study/comparison_study.h"
#include "models/study/results.h"

namespace meshmall::cli {

// `results` has gates. `given`: what the call named, for the report.
engine::ComparisonReport judgeGates(const models::StudyResults& results, const std::string& given, const std::string& command, const models::ComparisonChoices& choices = {});

// The forms asked for, or what is wrong with asking: only gates have a report.
std::variant<ReportForms, std::string> gateForms(const std::string& asked, bool has_gates, const Appearance& look);

// Where the study has gates: judges them, writes their report beside the results, prints it unless the look is quiet or JSON. The exit code of the verb.
int reportGates(const models::StudyResults& results, const std::string& given, const std::string& command, OutputFolder& folder, const ReportForms& forms,
                const Appearance& look);

}  // namespace meshmall::cli
