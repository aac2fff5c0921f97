#include <set>

#include "cli/batch_report.h"
#include "cli/guard.h"
#include "cli/output_folder.h"
#include "cli/report_files.h"
#include "cli/scenario_input.h"
#include "cli/study_gates.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "engine/experiment/journal.h"
#include "models/scenario/problems.h"
#include "models/study/batch_records.h"

namespace meshmall::cli {
namespace {

ExitCode refuse(const std::string& message, ExitCode why = ExitCode::wrong_input) {
  say(message);
  return why;
}

// A folder's journal; on trouble it says so.
ExitCode readShard(const std::string& folder, models::ShardFolder& into) {
  into.name = folder;
  const std::string path = folder + "/journal";
  auto text = engine::readJournalFile(path);
  if (const auto* failed = std::get_if<engine::JournalTrouble>(&text)) return refuse(models::printable(path, 1000) + ": " + failed->what, ExitCode::file_trouble);
  const engine::JournalContent content = engine::parseJournal(std::get<std::string>(text));
  auto read = models::readBatchRecords(content.records);
  if (const auto* wrong = std::get_if<std::string>(&read)) return refuse(models::printable(path, 1000) + ": " + *wrong);
  auto& records = std::get<std::optional<models::BatchRecords>>(read);
  if (!records) return refuse(models::printable(path, 1000) + ": holds no batch");
  into.records = std::move(*records);
  return ExitCode::done;
}

int mergeFolders(const MergeOptions& options) {
  std::vector<models::ShardFolder> shards;
  for (const std::string& folder : options.folders) {
    const ExitCode read = readShard(folder, shards.emplace_back());
    if (read != ExitCode::done) return code(read);
  }
  auto joined = models::joinShards(shards);
  if (const auto* wrong = std::get_if<std::string>(&joined)) return code(refuse(*wrong));
  const models::StudyResults& results = std::get<models::StudyResults>(joined);
  const auto forms = gateForms(options.formats, !results.facts.gates.empty(), options.look);
  if (const auto* wrong = std::get_if<std::string>(&forms)) return code(refuse("meshmall merge: " + *wrong));
  auto opened = OutputFolder::open(options.out);
  if (const auto* failed = std::get_if<FileTrouble>(&opened)) return code(refuse(failed->message, failed->code));
  OutputFolder& folder = std::get<OutputFolder>(opened);
  auto trouble = folder.remove("results.json");  // so that the folder never mixes two results
  if (!trouble) trouble = removeReports(folder);
  if (!trouble) trouble = folder.write("results.csv", models::resultsCsv(results));
  const std::string json = models::resultsJson(results);
  if (!trouble) trouble = folder.write("results.json", json);
  if (trouble) return code(refuse(trouble->message, trouble->code));
  const bool shown = options.look.format == Format::json ? print(json) : options.look.quiet || print(batchTable(results, paletteForStdout(options.look.no_color)));
  if (!shown) return code(ExitCode::file_trouble);
  std::string command = "meshmall merge";
  for (const std::string& part : options.folders) command += " " + shellWord(part);
  return reportGates(results, results.facts.name, command + " -o " + shellWord(options.out), folder, std::get<ReportForms>(forms), options.look);
}

}  // namespace

int merge(const MergeOptions& options) {
  return guarded([&] { return mergeFolders(options); }, [] { return std::string("the same command"); });
}

}  // namespace meshmall::cli
