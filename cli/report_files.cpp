#include "cli/report_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "cli/compare_text.h"
#include "cli/terminal.h"
#include "engine/report/comparison_annotations.h"
#include "engine/report/comparison_csv.h"
#include "engine/report/comparison_html.h"
#include "engine/report/comparison_json.h"
#include "engine/report/comparison_junit.h"
#include "engine/report/comparison_markdown.h"
#include "engine/report/comparison_openmetrics.h"
#include "engine/report/escaping.h"
#include "models/scenario/problems.h"

namespace meshmall::cli {
namespace {

constexpr const char* kNames = "text, md, html, junit, json, csv, openmetrics, annotations, summary";

// True: there is a form of this name.
bool take(ReportForms& forms, const std::string& name) {
  const std::pair<const char*, bool ReportForms::*> known[] = {{"text", &ReportForms::text}, {"md", &ReportForms::markdown},
                                                               {"html", &ReportForms::html}, {"junit", &ReportForms::junit}, {"json", &ReportForms::json},
                                                               {"csv", &ReportForms::csv},     {"openmetrics", &ReportForms::open_metrics},
                                                               {"annotations", &ReportForms::annotations}};
  for (const auto& [form, member] : known) {
    if (name != form) continue;
    forms.*member = true;
    return true;
  }
  return false;
}

struct ReportFile {
  const char* name;
  bool ReportForms::*wanted;
  std::string (*text)(const engine::ComparisonReport&);
  const char* mark;  // stands near the beginning or the end of every one that this program wrote
};

constexpr ReportFile kFiles[] = {{"comparison.json", &ReportForms::json, engine::comparisonJson, "\"meshmallComparison\""},
                                 {"report.txt", &ReportForms::text, [](const engine::ComparisonReport& r) { return comparisonText(r, {}); }, "\nGATE "},
                                 {"report.md", &ReportForms::markdown, [](const engine::ComparisonReport& r) { return engine::comparisonMarkdown(r); }, " meshmall: GATE "},
                                 {"comment.md", &ReportForms::markdown, engine::comparisonComment, "<!-- meshmall-compare:"},
                                 {"report.html", &ReportForms::html, engine::comparisonHtml, "<title>meshmall: GATE "},
                                 {"junit.xml", &ReportForms::junit, engine::comparisonJunit, "<testsuites name=\"meshmall compare\""},
                                 {"comparison.csv", &ReportForms::csv, engine::comparisonCsv, "scenario,rule,text,severity,result,"},
                                 {"metrics.txt", &ReportForms::open_metrics, engine::comparisonOpenMetrics, "# TYPE meshmall_"}};

std::optional<FileTrouble> removeOurs(OutputFolder& folder, const ReportFile& file) {
  return folder.ends(file.name).find(file.mark) == std::string::npos ? std::nullopt : folder.remove(file.name);
}

// Adds to the end of a file that others write to as well.
int append(const std::string& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return errno;
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::write(file, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int why = errno;
      ::close(file);
      return why;
    }
    done += static_cast<std::size_t>(n);
  }
  return ::close(file) == 0 ? 0 : errno;
}

// What the step may still write: its summary is dropped as a whole beyond the limit.
ExitCode appendSummary(const engine::ComparisonReport& report, const std::string& path) {
  struct stat there{};
  const std::size_t used = ::stat(path.c_str(), &there) == 0 && there.st_size > 0 ? static_cast<std::size_t>(there.st_size) : 0;
  const std::string start = used > 0 ? "\n" : "";
  const std::string text = start + engine::comparisonMarkdown(report, used < engine::kSummaryLimit ? engine::kSummaryLimit - used - start.size() : 0);
  if (used + text.size() > engine::kSummaryLimit) {
    say("warning: " + models::printable(path, 400) + " is full (" + std::to_string(used) + " bytes): the report is not appended to it");
    return ExitCode::done;
  }
  const int error = append(path, text);
  if (error == 0) return ExitCode::done;
  say(models::printable(path, 400) + ": " + std::strerror(error));
  return ExitCode::file_trouble;
}

}  // namespace

std::variant<ReportForms, std::string> reportForms(const std::string& asked, bool has_folder, Format on_stdout) {
  ReportForms forms;
  if (asked.empty()) {
    forms.markdown = forms.html = forms.junit = forms.json = has_folder;
    return forms;
  }
  for (std::size_t begin = 0; begin <= asked.size();) {
    const std::size_t end = std::min(asked.find(',', begin), asked.size());
    const std::string name = asked.substr(begin, end - begin);
    begin = end + 1;
    if (name == "summary") {
      const char* file = std::getenv("GITHUB_STEP_SUMMARY");
      if (file == nullptr || *file == '\0') return std::string("--formats: summary is appended to the file that the environment's GITHUB_STEP_SUMMARY names; it is not set");
      forms.summary = file;
    } else if (!take(forms, name)) {
      return "--formats: there is no form " + models::inQuotes(name) + "; there are " + kNames;
    } else if (!has_folder && name != "annotations") {
      return "--formats: " + name + " is written into a folder: it needs --out DIR";
    }
  }
  if (forms.annotations && on_stdout == Format::json) return std::string("--formats: annotations go to stdout, where --format json writes its object");
  return forms;
}

std::optional<FileTrouble> removeReports(OutputFolder& folder) {
  for (const ReportFile& file : kFiles)
    if (auto trouble = removeOurs(folder, file)) return trouble;
  return std::nullopt;
}

ExitCode writeReports(const engine::ComparisonReport& report, const ReportForms& forms, OutputFolder* folder) {
  ExitCode code = ExitCode::done;
  for (const ReportFile& file : kFiles) {
    if (folder == nullptr) break;
    if (const auto trouble = forms.*file.wanted ? folder->write(file.name, file.text(report)) : removeOurs(*folder, file)) {
      say(trouble->message);  // a shorter one may still have room
      code = worse(code, trouble->code);
    }
  }
  return forms.summary.empty() ? code : worse(code, appendSummary(report, forms.summary));
}

std::string withAnnotations(std::string text, const engine::ComparisonReport& report, const ReportForms& forms) {
  return forms.annotations ? engine::withoutWorkflowCommands(text) + engine::comparisonAnnotations(report) : text;
}

}  // namespace meshmall::cli
