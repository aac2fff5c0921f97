#include <algorithm>
#include <chrono>
#include <filesystem>

#include "cli/guard.h"
#include "cli/interrupt.h"
#include "cli/number_text.h"
#include "cli/output_file.h"
#include "cli/output_folder.h"
#include "cli/prediction_report.h"
#include "cli/run_report.h"
#include "cli/scenario_input.h"
#include "cli/simulation.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "cli/warmup.h"
#include "models/exporters/istio_metrics.h"
#include "models/exporters/trip_spans.h"
#include "models/mall/mall.h"
#include "models/observation/decisions_json.h"
#include "models/observation/trip.h"

namespace meshmall::cli {
namespace {

constexpr std::uint64_t kExportedTrips = 1'000;

class Run {
 public:
  Run(const RunOptions& options, models::Scenario scenario) : options_(options), scenario_(std::move(scenario)) {}

  int go() {
    if (!settleWarmup()) return stopped();
    models::RunOptions settings;
    settings.seed = scenario_.run.seed;
    settings.replication = options_.replication;
    settings.trace_first = tracedCustomers();
    settings.max_events = options_.limits.events;
    settings.count_arrivals = exportsMetrics();
    models::Mall mall(models::makePlan(scenario_), settings);
    const auto start = std::chrono::steady_clock::now();
    DriveOptions how{options_.limits, !options_.look.quiet, scenario_.name + ": ", nullptr};
    if (exportsMetrics()) how.metrics = &metrics_.emplace(mall.collector().layout(), engine::Duration{mall.end().ns});
    signal_ = drive(mall, how);
    const models::Result result = mall.result();
    if (signal_ != 0) {
      showPart(result, mall.end().seconds());
      return stopped();
    }
    const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (metrics_) metrics_->sample(mall.collector(), engine::SimTime{mall.end().ns});
    trips_ = models::buildTrips(mall.trips(), tracedCustomers(), mall.collector());
    auto trouble = writeFiles(result);
    if (!trouble) trouble = writeExports();
    if (trouble) {
      say(trouble->message);
      return code(trouble->code);
    }
    if (!show(result)) return code(ExitCode::file_trouble);
    if (!options_.look.quiet)
      say(count(static_cast<double>(result.events)) + " events in " + milliseconds(took * 1e3) + " of wall time" +
          (took > 0 ? ", " + plain(static_cast<double>(result.events) / took / 1e6) + " M/s" : ""));
    return code(judge(result));
  }

  // Takes the folder for the results. False: it said why not, and `trouble` is the code.
  bool takeFolder(ExitCode& trouble) {
    if (options_.out.empty()) return true;
    auto opened = OutputFolder::open(options_.out);
    if (auto* failed = std::get_if<FileTrouble>(&opened)) {
      say(failed->message);
      trouble = failed->code;
      return false;
    }
    folder_.emplace(std::move(std::get<OutputFolder>(opened)));
    return true;
  }

  // The line that repeats this run.
  std::string replay() const {
    return "meshmall run " + shellWord(options_.file) + asTyped(options_.choice) + " --seed " + std::to_string(scenario_.run.seed) + " --replication " +
           std::to_string(options_.replication);
  }

 private:
  bool settleWarmup() {
    if (scenario_.run.warmup) return true;
    const Warmup found = findWarmup(scenario_, options_.replication, options_.limits, !options_.look.quiet);
    signal_ = found.signal;
    scenario_.run.warmup = found.length;
    warmup_note_ = " (found by MSER-5 on pilot runs)";
    if (signal_ == 0 && !found.settled)
      say(options_.file + ": warning: the run is too short to tell how long it takes to settle; warm-up set to " + seconds(found.length.seconds()));
    return signal_ == 0;
  }

  int stopped() const {
    say("interrupted: nothing was written; to repeat the run: " + replay());
    return 128 + signal_;
  }

  void showPart(const models::Result& result, double planned_end) const {
    ReportOptions report;
    report.all_decisions = options_.decisions;
    report.warmup_note = warmup_note_;
    report.planned_end = planned_end;
    // JSON on stdout would look whole to whoever reads it: there the part goes to stderr, as text.
    if (options_.look.format == Format::text) {
      print(resultText(result, report, paletteForStdout(options_.look.no_color)));
    } else {
      say(resultText(result, report, paletteForStderr(options_.look.no_color)));
    }
  }

  bool show(const models::Result& result) const {
    if (options_.look.format == Format::json) return print(models::toJson(result));
    ReportOptions report;
    report.all_decisions = options_.decisions;
    report.warmup_note = warmup_note_;
    report.traced = scenario_.traced;
    report.traced_hop_ms = 2e3 * scenario_.network.same_zone.mean();
    return print(resultText(result, report, paletteForStdout(options_.look.no_color)));
  }

  bool exportsMetrics() const {
    return std::any_of(options_.exports.begin(), options_.exports.end(), [](const auto& e) { return e.kind == "prometheus" || e.kind == "openmetrics"; });
  }
  // Whose trips are recorded: what was asked for, else enough to look at where traces are exported.
  std::uint64_t tracedCustomers() const {
    const bool traces = std::any_of(options_.exports.begin(), options_.exports.end(), [](const auto& e) { return e.kind == "otlp" || e.kind == "jaeger" || e.kind == "perfetto"; });
    return options_.trace > 0 || !traces ? options_.trace : kExportedTrips;
  }

  std::optional<FileTrouble> writeExports() const {
    models::TraceClock clock;
    if (options_.export_start) clock.start = *options_.export_start;
    for (const RunOptions::Export& each : options_.exports) {
      const std::string text = each.kind == "otlp"       ? models::otlpJson(trips_, clock)
                               : each.kind == "jaeger"   ? models::jaegerJson(trips_, clock)
                               : each.kind == "perfetto" ? models::perfettoJson(trips_)
                                                         : metrics_->text(scenario_, each.kind == "openmetrics" ? models::MetricsForm::open_metrics : models::MetricsForm::prometheus, clock.start);
      if (auto trouble = writeFile(each.file, text)) return trouble;
      if (!options_.look.quiet) say("written: " + models::printable(each.file, 400) + " (" + each.kind + ")");
    }
    return std::nullopt;
  }

  std::optional<FileTrouble> writeFiles(const models::Result& result) {
    if (!folder_) return std::nullopt;
    // What an earlier run left goes first, so that the folder never mixes two runs.
    for (const char* name : {"result.json", "metrics.csv", "trips.json", "decisions.json"})
      if (auto trouble = folder_->remove(name)) return trouble;
    if (options_.trace > 0) {
      if (auto trouble = folder_->write("trips.json", models::tripsJson(trips_))) return trouble;
    }
    if (options_.decisions)
      if (auto trouble = folder_->write("decisions.json", models::decisionsJson(result))) return trouble;
    if (auto trouble = folder_->write("metrics.csv", models::metricsCsv(result))) return trouble;
    return folder_->write("result.json", models::toJson(result));  // last: where it is, all is
  }

  ExitCode judge(const models::Result& result) const {
    ExitCode verdict = ExitCode::done;
    for (const models::SloVerdict& slo : result.slos) {
      if (slo.holds) continue;
      say(options_.file + (slo.fatal ? ": slo breached: " : ": warning: slo breached: ") + models::printable(slo.expr) + " (" + sloValueText(slo) + ")");
      if (slo.fatal) verdict = ExitCode::gate_failed;
    }
    return verdict;
  }

  const RunOptions& options_;
  models::Scenario scenario_;
  std::optional<OutputFolder> folder_;
  std::optional<models::IstioMetrics> metrics_;
  std::vector<models::Trip> trips_;
  std::string warmup_note_;
  int signal_ = 0;
};

}  // namespace

int run(const RunOptions& options) {
  std::vector<std::string> taken = {options.file};
  for (const RunOptions::Export& each : options.exports) {
    const bool twice = std::find(taken.begin() + 1, taken.end(), each.file) != taken.end() && !std::filesystem::exists(each.file);
    const std::string wrong = twice ? models::inQuotes(each.file) + " is named twice; nothing was written" : writtenOverInput(each.file, taken);
    if (!wrong.empty()) {
      say("meshmall run: --export " + each.kind + ": " + wrong);
      return code(ExitCode::wrong_input);
    }
    taken.push_back(each.file);
  }
  ScenarioInput input = readScenario(options.file, options.choice);
  sayProblems(input.problems);
  if (!input.scenario) return code(input.code);
  const auto warnings = overloadWarnings(*input.scenario, models::predict(*input.scenario, input.graph));
  for (const std::string& warning : warnings) say(options.file + ": warning: " + warning);
  Run run(options, std::move(*input.scenario));
  ExitCode trouble = ExitCode::done;
  if (!run.takeFolder(trouble)) return code(trouble);
  limitMemory(options.limits);
  const InterruptWatch watch;
  return guarded([&] { return run.go(); }, [&] { return run.replay(); });
}

}  // namespace meshmall::cli
