// The reports of a comparison as a verb gives them: which forms are asked for (--formats), and where each goes. Files into the folder of --out:
//   text report.txt · md report.md and comment.md · html report.html · junit junit.xml · json comparison.json · csv comparison.csv · openmetrics metrics.txt
// annotations go to stdout, summary is appended to the file that GITHUB_STEP_SUMMARY names. Reports that an earlier command left are taken away.
#pragma once

#include <string>
#include <variant>

#include "cli/options.h"
#include "cli/output_folder.h"
#include "engine/report/comparison_report.h"

namespace meshmall::cli {

struct ReportForms {
  bool text = false, markdown = false, html = false, junit = false, json = false, csv = false, open_metrics = false;
  bool annotations = false;
  std::string summary;  // the file to append to; empty: not asked for
};

// `asked`: "md,junit"; empty: md, html, junit and json where there is a folder, else none. A text: why the call is wrong (an unknown form, one that needs a folder and has
// none, a summary without GITHUB_STEP_SUMMARY, annotations on a stdout that holds JSON).
std::variant<ReportForms, std::string> reportForms(const std::string& asked, bool has_folder, Format on_stdout);

// Takes away the reports that an earlier command left in the folder, so that none speaks of something else than what is there; what was not written by this program stays.
std::optional<FileTrouble> removeReports(OutputFolder& folder);

// Writes the files, takes those of other forms away, and appends the summary. `folder` may be nothing where no form needs it. Says what went wrong on stderr, and goes on.
ExitCode writeReports(const engine::ComparisonReport& report, const ReportForms& forms, OutputFolder* folder);

// What goes to stdout of the report's text: itself, or with annotations: so that nothing in it is taken for one, and they follow.
std::string withAnnotations(std::string text, const engine::ComparisonReport& report, const ReportForms& forms);

inline constexpr const char* kFormatsHelp = "reports to write into --out, e.g. md,junit: text, md, html, junit, json, csv, openmetrics; and annotations (stdout), summary (GITHUB_STEP_SUMMARY)";

}  // namespace meshmall::cli
