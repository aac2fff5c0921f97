#include <cstdlib>
#include <utility>

#include "cli/batch_report.h"
#include "cli/interrupt.h"
#include "cli/report_files.h"
#include "cli/scenario_input.h"
#include "cli/shard_choice.h"
#include "cli/simulation.h"
#include "cli/study_gates.h"
#include "cli/study_runs.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "cli/whole_study.h"
#include "models/scenario/problems.h"
#include "models/study/decode_study.h"

namespace meshmall::cli {
namespace {

int deliver(const BatchOptions& options, const ReportForms& forms, StudyRuns& runs) {
  const models::StudyResults results = models::resultsOf(runs.planned(), runs.warmups(), runs.takeRows());
  OutputFolder& folder = runs.folder();
  auto trouble = folder.write("results.csv", models::resultsCsv(results));
  const std::string json = trouble ? "" : models::resultsJson(results);
  if (!trouble) trouble = folder.write("results.json", json);  // last: where it is, all is
  if (trouble) {
    say(trouble->message + "; all runs are kept, --resume writes the results");
    return code(trouble->code);
  }
  const bool shown = options.look.format == Format::json ? print(json) : options.look.quiet || print(batchTable(results, paletteForStdout(options.look.no_color)));
  if (!shown) return code(ExitCode::file_trouble);
  return reportGates(results, options.study, "meshmall batch " + shellWord(options.study) + asTyped(options.choice) + " -o " + shellWord(options.out), folder, forms, options.look);
}

int makeAll(const BatchOptions& options, const ReportForms& forms, const models::Study& study, engine::Shard shard) {
  StudyRuns runs({options.study, options.out, options.resume, options.runs, options.jobs, options.limits, options.look.quiet}, study, shard, {"results.json", "results.csv"});
  WholeStudy schedule(study, shard, models::watchedColumn(runs.planned()));
  if (!runs.fits(schedule.mostRuns())) return code(ExitCode::wrong_input);
  const ExitCode ready = runs.prepare(schedule);
  if (ready != ExitCode::done) return code(ready);
  if (const auto trouble = removeReports(runs.folder())) return say(trouble->message), code(trouble->code);
  if (const int stopped = runs.make(schedule)) return stopped;
  if (shard.whole()) return deliver(options, forms, runs);
  if (!options.look.quiet)
    say(options.out + ": shard " + std::to_string(shard.index) + "/" + std::to_string(shard.count) + " is done, " + std::to_string(schedule.runsDone()) +
        " runs; `meshmall merge` puts all shards together");
  return code(ExitCode::done);
}

}  // namespace

int batch(const BatchOptions& options) {
  const auto shard = chooseShard(options.shard, [](const char* name) -> const char* { return std::getenv(name); });
  if (const auto* wrong = std::get_if<std::string>(&shard)) {
    say("meshmall batch: " + models::printable(*wrong, 600));
    return code(ExitCode::wrong_input);
  }
  const ShardChoice& slice = std::get<ShardChoice>(shard);
  const models::StudyDecodeResult decoded = models::loadStudy(options.study, {options.choice.seed, options.choice.duration, options.choice.sets});
  sayProblems(decoded.problems);
  if (!decoded.study) return code(decoded.unreadable ? ExitCode::file_trouble : ExitCode::wrong_input);
  auto forms = gateForms(options.formats, !decoded.study->gates.empty(), options.look);
  if (!options.formats.empty() && !slice.shard.whole()) forms = std::string("--formats: a shard judges no gates; give it to `meshmall merge`");
  if (const auto* wrong = std::get_if<std::string>(&forms)) {
    say("meshmall batch: " + *wrong);
    return code(ExitCode::wrong_input);
  }
  if (!slice.from.empty() && !slice.shard.whole() && !options.look.quiet)
    say("shard " + std::to_string(slice.shard.index) + "/" + std::to_string(slice.shard.count) + " (" + slice.from + ")");
  warnOfOverload(options.study, *decoded.study);
  limitMemory(options.limits);
  const InterruptWatch watch;
  return guardedRuns(true, [&] { return makeAll(options, std::get<ReportForms>(forms), *decoded.study, slice.shard); },
                     [&] { return "meshmall batch " + shellWord(options.study) + asTyped(options.choice) + " --jobs 1 -o NEW_FOLDER"; });
}

}  // namespace meshmall::cli
