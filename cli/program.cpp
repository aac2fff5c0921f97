#include "cli/program.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <optional>

#include "cli/guard.h"
#include "cli/quantity_option.h"
#include "cli/report_files.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "models/scenario/problems.h"
#include "models/version.h"

namespace meshmall::cli {
namespace {

constexpr const char* kExitCodes =
    "exit codes\n"
    "  0 done   1 an SLO was breached, a gate failed, a replayed decision differs   2 the call or an input is wrong\n"
    "  5 the output folder is in use   6 a file could not be read or written   7 a limit was reached   8 internal error   130/143 interrupted";

constexpr std::uint64_t kLargestReplication = 1'000'000;
constexpr std::uint64_t kMostJobs = 1024;

class Parser {
 public:
  Parser() : app_("meshmall: what a service mesh's policies do to its users, simulated", "meshmall") {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", std::string("meshmall ") + models::version());
    app_.footer(std::string("examples\n"
                            "  meshmall check scenarios/bakery.json\n"
                            "  meshmall run scenarios/online-boutique.json\n"
                            "  meshmall VERB --help\n\n") +
                kExitCodes);
    addCheck();
    addRun();
    addExplain();
    addBatch();
    addMerge();
    addCompare();
    addRank();
    addPlan();
    addReplay();
    addSchema();
    addImport();
    addExport();
  }

  int go(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::CallForHelp& help) {
      return app_.exit(help);
    } catch (const CLI::CallForVersion& version) {
      return app_.exit(version);
    } catch (const CLI::ParseError& error) {
      if (!app_.get_subcommands().empty()) return refuse(error.what());
      return refuse(argc < 2 ? std::string("which verb? check, run, explain, compare, rank, plan, batch, merge, import, export, replay or schema") : std::string("there is no verb or option ") + argv[1]);
    }
    for (const CLI::App* verb : {compare_, batch_, merge_})
      if (verb->parsed() && verb->count("--formats") > 0 && verb->get_option("--formats")->as<std::string>().empty()) return refuse("--formats: e.g. md,junit; not an empty one");
    if (check_->parsed()) return code(check(check_options_));
    if (run_->parsed()) return goRun();
    if (explain_->parsed()) return goExplain();
    if (batch_->parsed()) return goBatch();
    if (merge_->parsed()) return merge(merge_options_);
    if (compare_->parsed()) return goCompare();
    if (rank_->parsed()) return goRank();
    if (plan_->parsed()) return goPlan();
    if (replay_->parsed()) return code(replay(replay_options_));
    if (import_->parsed()) return goImport();
    if (export_->parsed()) return goExport();
    if (schema_of_ != "scenario" && schema_of_ != "study") return refuse("there is a schema of a scenario and one of a study, none of " + schema_of_);
    return code(schema(schema_of_ == "study"));
  }

 private:
  int refuse(std::string message) const {
    for (char& c : message)
      if (c == '\n') c = ' ';
    std::string who = "meshmall";
    for (const CLI::App* verb : app_.get_subcommands())
      who += " " + verb->get_name();
    say(who + ": " + models::printable(message, 400) + " (" + who + " --help)");
    return code(ExitCode::wrong_input);
  }

  int goRun() {
    if (!trace_.empty()) {
      const auto first = parseCount(trace_);
      if (!first || *first == 0) return refuse("--trace: a number of customers, at least 1 (got " + trace_ + ")");
      run_options_.trace = *first;
    }
    if (run_->count("--out") > 0 && run_options_.out.empty()) return refuse("--out: the name of a folder, not an empty one");
    if (const auto wrong = readExports()) return refuse(*wrong);
    if (run_options_.trace > 0 && run_options_.out.empty() && run_options_.exports.empty()) return refuse("--trace writes trips.json: it needs --out DIR (or --export)");
    if (run_options_.decisions && run_options_.out.empty() && run_options_.look.format == Format::json)
      return refuse("--decisions with --format json writes decisions.json: it needs --out DIR");
    if (const auto wrong = readNumbers(run_options_.limits, run_options_.replication)) return refuse(*wrong);
    return run(run_options_);
  }

  std::optional<std::string> readExports() {
    for (const std::string& each : exports_) {
      const std::size_t equals = each.find('=');
      const std::string kind = each.substr(0, equals);
      if (!oneOf(kind, {"prometheus", "openmetrics", "otlp", "jaeger", "perfetto"}) || kind.empty())
        return "--export: there is no kind " + models::inQuotes(kind) + "; there are prometheus, openmetrics, otlp, jaeger and perfetto";
      if (equals == std::string::npos || equals + 1 == each.size()) return "--export: " + kind + "=FILE, with the name of a file";
      run_options_.exports.push_back({kind, each.substr(equals + 1)});
    }
    std::optional<std::uint64_t> start;
    if (auto wrong = readCount("--export-start", export_start_, 0, 4'000'000'000, start)) return wrong;
    if (start && exports_.empty()) return std::string("--export-start goes with --export");
    if (start) run_options_.export_start = static_cast<std::int64_t>(*start);
    return std::nullopt;
  }

  int goExplain() {
    const auto request = parseCount(request_);
    if (!request || *request == 0) return refuse("--request: a number, customers are counted from 1 (got " + request_ + ")");
    explain_options_.request = *request;
    if (const auto wrong = readNumbers(explain_options_.limits, explain_options_.replication)) return refuse(*wrong);
    return explain(explain_options_);
  }

  int goBatch() {
    if (!jobs_.empty()) {
      const auto jobs = parseCount(jobs_);
      if (!jobs || *jobs == 0 || *jobs > kMostJobs) return refuse("--jobs: a number from 1 to 1024 (got " + jobs_ + ")");
      batch_options_.jobs = static_cast<unsigned>(*jobs);
    }
    if (batch_->count("--shard") > 0 && batch_options_.shard.empty()) return refuse("--shard: k/n, such as 2/4, not an empty one");
    if (batch_options_.out.empty()) return refuse("--out: the name of a folder, not an empty one");
    std::uint64_t unused = 0;
    if (const auto wrong = readNumbers(batch_options_.limits, unused)) return refuse(*wrong);
    return batch(batch_options_);
  }

  int goImport() {
    if (import_->count("--out") > 0 && import_options_.out.empty()) return refuse("--out: the name of a file, not an empty one");
    if (import_->count("--load") > 0 && import_options_.load.empty()) return refuse("--load: the name of a file, not an empty one");
    return importScenario(import_options_);
  }

  int goExport() {
    if (export_->count("--out") > 0 && export_options_.out.empty()) return refuse("--out: the name of a file, not an empty one");
    return exportScenario(export_options_);
  }

  std::optional<std::string> readNumbers(Limits& limits, std::uint64_t& replication) const {
    const auto number = parseCount(replication_);
    if (!number || *number > kLargestReplication) return "--replication: a number from 0 to a million (got " + replication_ + ")";
    replication = *number;
    if (!max_memory_.empty()) {
      limits.memory_bytes = parseBytes(max_memory_);
      if (!limits.memory_bytes) return "--max-memory: a size such as 512MiB or 2GiB, at least 1MiB (got " + max_memory_ + ")";
    }
    if (!max_events_.empty()) {
      const auto events = parseCount(max_events_);
      if (!events || *events == 0) return "--max-events: a number such as 5000000 or 5e6, at least 1 (got " + max_events_ + ")";
      limits.events = *events;
    }
    return std::nullopt;
  }

  int goCompare() {
    CompareOptions& o = compare_options_;
    if (compare_->count("--out") > 0 && o.out.empty()) return refuse("--out: the name of a folder, not an empty one");
    if (compare_->count("--gate") > 0 && o.gate.empty()) return refuse("--gate: the name of a file, not an empty one");
    if (!mode_.empty() && mode_ != "alarm" && mode_ != "prove") return refuse("--mode: alarm or prove (got " + mode_ + ")");
    if (!mode_.empty()) o.prove = mode_ == "prove";
    std::optional<std::uint64_t> jobs;
    std::optional<std::string> wrong = readShare("--alpha", alpha_, 0.5, o.alpha);
    if (!wrong) wrong = readCount("--replications", replications_, 2, 100'000, o.replications);
    if (!wrong) wrong = readCount("--jobs", jobs_, 1, kMostJobs, jobs);
    if (wrong) return refuse(*wrong);
    o.jobs = jobs.value_or(0);
    if ((wrong = readDesign(o))) return refuse(*wrong);
    if (!oneOf(o.on_inconclusive, {"pass", "warn", "fail"})) return refuse("--on-inconclusive: pass, warn or fail (got " + o.on_inconclusive + ")");
    if (!oneOf(o.on_no_data, {"warn", "fail"})) return refuse("--on-no-data: warn or fail (got " + o.on_no_data + ")");
    std::uint64_t unused = 0;
    if ((wrong = readNumbers(o.limits, unused))) return refuse(*wrong);
    return compare(o);
  }

  // How many replications, and of what.
  std::optional<std::string> readDesign(CompareOptions& o) const {
    std::optional<std::uint64_t> epoch;
    if (auto wrong = readCount("--max-replications", most_, 10, 100'000, o.most)) return wrong;
    if (auto wrong = readCount("--seed-epoch", seed_epoch_, 0, 1'000'000'000, epoch)) return wrong;
    o.seed_epoch = epoch.value_or(0);
    if (!precision_.empty()) {
      double percent = 0;
      const char* end = precision_.data() + precision_.size();
      const auto [stop, error] = std::from_chars(precision_.data(), end, percent);
      if (error != std::errc() || std::string(stop, end) != "%" || !(percent >= 0.01) || percent > 50) return "--precision: from 0.01% to 50%, e.g. 2% (got " + precision_ + ")";
      o.precision = percent / 100;
    }
    if (o.precision && o.adaptive) return std::string("--precision and --adaptive are two rules for when to stop: one of them");
    if ((o.precision || o.adaptive) && o.replications) return std::string("--replications is a fixed number: it does not go with --precision or --adaptive; --max-replications does");
    if (o.most && !o.precision && !o.adaptive) return std::string("--max-replications goes with --precision or --adaptive");
    if (!oneOf(o.slo_mode, {"limits", "point"})) return "--slo-mode: limits or point (got " + o.slo_mode + ")";
    for (const std::string& only : o.only)
      if (only.empty() || only == "service=") return std::string("--only: a glob such as \"checkout*\" or service=pay*, not an empty one");
    return std::nullopt;
  }

  int goRank() {
    RankOptions& o = rank_options_;
    if (rank_->count("--out") > 0 && o.out.empty()) return refuse("--out: the name of a folder, not an empty one");
    if (o.resume && o.out.empty()) return refuse("--resume goes on with what is in a folder: it needs --out DIR");
    std::optional<std::uint64_t> jobs;
    std::optional<std::string> wrong = readShare("--alpha", alpha_, 0.4, o.alpha);
    if (!wrong) wrong = readCount("--first", first_, 5, 100'000, o.first);
    if (!wrong) wrong = readCount("--max-replications", most_, 5, 100'000, o.most);
    if (!wrong) wrong = readCount("--budget", budget_, 10, 1'000'000, o.budget);
    if (!wrong) wrong = readCount("--jobs", jobs_, 1, kMostJobs, jobs);
    if (wrong) return refuse(*wrong);
    o.jobs = static_cast<unsigned>(jobs.value_or(0));
    if (!oneOf(o.prefer, {"low", "high"})) return refuse("--prefer: low or high (got " + o.prefer + ")");
    if (!oneOf(o.procedure, {"kn", "kn++"})) return refuse("--procedure: kn or kn++ (got " + o.procedure + ")");
    if (!oneOf(o.on_inconclusive, {"pass", "fail"})) return refuse("--on-inconclusive: pass or fail (got " + o.on_inconclusive + ")");
    if (o.budget && (!o.procedure.empty() || o.alpha || o.most))
      return refuse("--budget spends a fixed number of runs, without a guarantee: --procedure, --alpha and --max-replications don't go with it");
    std::uint64_t unused = 0;
    if ((wrong = readNumbers(o.limits, unused))) return refuse(*wrong);
    return rank(o);
  }

  int goPlan() {
    PlanOptions& o = plan_options_;
    if (plan_->count("--out") > 0 && o.out.empty()) return refuse("--out: the name of a folder, not an empty one");
    if (o.resume && o.out.empty()) return refuse("--resume goes on with what is in a folder: it needs --out DIR");
    std::optional<std::uint64_t> jobs;
    std::optional<std::string> wrong = readShare("--alpha", alpha_, 0.5, o.alpha);
    if (!wrong) wrong = readShare("--power", power_, 0.999, o.power);
    if (!wrong) wrong = readCount("--pilot", pilot_, 5, 100'000, o.pilot);
    if (!wrong) wrong = readCount("--replications", replications_, 2, 100'000, o.replications);
    if (!wrong) wrong = readCount("--jobs", jobs_, 1, kMostJobs, jobs);
    if (wrong) return refuse(*wrong);
    o.jobs = static_cast<unsigned>(jobs.value_or(0));
    std::uint64_t unused = 0;
    if ((wrong = readNumbers(o.limits, unused))) return refuse(*wrong);
    return plan(o);
  }

  static bool oneOf(const std::string& word, std::initializer_list<const char*> words) {
    return word.empty() || std::any_of(words.begin(), words.end(), [&](const char* w) { return word == w; });
  }

  // What is wrong with the text of a flag; an empty one leaves the value alone.
  static std::optional<std::string> readCount(const std::string& flag, const std::string& text, std::uint64_t least, std::uint64_t most, std::optional<std::uint64_t>& value) {
    if (text.empty()) return std::nullopt;
    const auto number = parseCount(text);
    if (!number || *number < least || *number > most) return flag + ": a number from " + std::to_string(least) + " to " + std::to_string(most) + " (got " + text + ")";
    value = *number;
    return std::nullopt;
  }
  static std::optional<std::string> readShare(const std::string& flag, const std::string& text, double most, std::optional<double>& value) {
    if (text.empty()) return std::nullopt;
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || !(number > 0) || number > most)
      return flag + ": a number above 0 and at most " + (most == 0.5 ? "0.5, e.g. 0.01" : most == 0.4 ? "0.4, e.g. 0.01" : "0.999, e.g. 0.9") + " (got " + text + ")";
    value = number;
    return std::nullopt;
  }

  static void addLook(CLI::App* verb, Appearance& look) {
    const auto read = [&look](const std::string& name) {
      if (name != "text" && name != "json") throw CLI::ValidationError("--format", "text or json (got " + name + ")");
      look.format = name == "json" ? Format::json : Format::text;
    };
    verb->add_option_function<std::string>("--format", read, "text (default) or json")->type_name("FORMAT");
    verb->add_flag("-q,--quiet", look.quiet, "no progress, no remarks: results and problems only");
    verb->add_flag("--no-color", look.no_color, "plain text on terminals too (as the environment's NO_COLOR)");
  }
  static void addQuiet(CLI::App* verb, Appearance& look) { verb->add_flag("-q,--quiet", look.quiet, "no remarks: problems only"); }
  static void addChoice(CLI::App* verb, ScenarioChoice& choice) {
    verb->add_option("--seed", choice.seed, "instead of the scenario's /run/seed")->type_name("N");
    verb->add_option("--duration", choice.duration, "instead of the scenario's /run/duration, e.g. 10s")->type_name("TIME");
    verb->add_option("--set", choice.sets, "puts VALUE (JSON, else a text) at a JSON pointer of the scenario; may be repeated")
        ->type_name("/POINTER=VALUE")
        ->allow_extra_args(false);
  }
  static void addFormats(CLI::App* verb, std::string& formats) { verb->add_option("--formats", formats, kFormatsHelp)->type_name("LIST"); }
  void addLimits(CLI::App* verb) {
    verb->add_option("--max-memory", max_memory_, "stops with code 7 above it, e.g. 2GiB")->type_name("SIZE");
    verb->add_option("--max-events", max_events_, "stops with code 7 after so many events")->type_name("N");
  }

  void addCheck() {
    check_ = app_.add_subcommand("check", "validates scenarios: every problem of every file, then what traffic equations predict of each sound one");
    check_->add_option("SCENARIO", check_options_.files, "scenario files")->required();
    addChoice(check_, check_options_.choice);
    addLook(check_, check_options_.look);
    check_->footer(std::string("examples\n"
                               "  meshmall check scenarios/bakery.json\n"
                               "  meshmall check scenarios/*.json --quiet\n"
                               "  meshmall check scenarios/bookinfo.json --set /traffic/0/arrivals/poisson/rate=900/s\n\n") +
                   kExitCodes);
  }

  void addRun() {
    run_ = app_.add_subcommand("run", "simulates a scenario once and shows what happened");
    run_->add_option("SCENARIO", run_options_.file, "scenario file")->required();
    run_->add_option("-o,--out", run_options_.out, "folder for result.json and metrics.csv; made when it is not there")->type_name("DIR");
    addChoice(run_, run_options_.choice);
    run_->add_option("--replication", replication_, "another run of the same scenario and seed; default 0")->type_name("R");
    run_->add_flag("--trace{100}", trace_, "writes trips.json: the trips of the first 100 customers, or --trace=N");
    run_->add_option("--export", exports_, "writes what other tools read: prometheus, openmetrics, otlp, jaeger or perfetto =FILE; traces of the first 1,000 customers, or --trace=N; may be repeated")
        ->type_name("KIND=FILE")
        ->allow_extra_args(false);
    run_->add_option("--export-start", export_start_, "when the simulated time 0 is to be in exported files, in seconds since 1970; default 1735689600 (2025-01-01)")->type_name("N");
    run_->add_flag("--decisions", run_options_.decisions, "shows all decisions; with --out writes decisions.json");
    addLimits(run_);
    addLook(run_, run_options_.look);
    run_->footer(std::string("examples\n"
                             "  meshmall run scenarios/online-boutique.json\n"
                             "  meshmall run scenarios/bakery.json --seed 7 --duration 30s --format json\n"
                             "  meshmall run scenarios/bookinfo.json --set /services/reviews/versions/v2/replicas=3 -o out --decisions\n\n") +
                 kExitCodes);
  }

  void addExplain() {
    explain_ = app_.add_subcommand("explain", "the trip of one customer: every hop, wait, pick with its reason, retry, timeout; and the critical path");
    explain_->add_option("SCENARIO", explain_options_.file, "scenario file")->required();
    explain_->add_option("--request", request_, "the N-th customer to arrive, from 1, warm-up included")->required()->type_name("N");
    addChoice(explain_, explain_options_.choice);
    explain_->add_option("--replication", replication_, "as of `run`")->type_name("R");
    addLimits(explain_);
    addLook(explain_, explain_options_.look);
    explain_->footer(std::string("examples\n"
                                 "  meshmall explain scenarios/bakery.json --request 17\n"
                                 "  meshmall explain scenarios/bookinfo.json --request 1000 --seed 7 --format json\n\n") +
                     kExitCodes);
  }

  void addBatch() {
    batch_ = app_.add_subcommand("batch", "all runs of a study: variants x sweep points x replications, in parallel; can be interrupted and resumed");
    batch_->add_option("STUDY", batch_options_.study, "study file")->required();
    batch_->add_option("-o,--out", batch_options_.out, "folder for results.json and results.csv, and for what is needed to go on after an interruption")->type_name("DIR")->required();
    batch_->add_option("-j,--jobs", jobs_, "runs at a time; default: one a processor")->type_name("N");
    batch_->add_flag("--resume", batch_options_.resume, "goes on with the runs that are in the folder; starts afresh where there are none");
    batch_->add_option("--shard", batch_options_.shard, "only the k-th of n slices, for `merge`; also told by Slurm's, Kubernetes' and Open MPI's environment")->type_name("k/n");
    addFormats(batch_, batch_options_.formats);
    batch_->add_flag("--runs", batch_options_.runs, "writes the whole result of each run too: runs/VARIANT/POINT/REPLICATION.json");
    batch_->add_option("--seed", batch_options_.choice.seed, "instead of the scenario's /run/seed, for all variants")->type_name("N");
    batch_->add_option("--duration", batch_options_.choice.duration, "instead of the scenarios' /run/duration, e.g. 10s")->type_name("TIME");
    batch_->add_option("--set", batch_options_.choice.sets, "puts VALUE at a JSON pointer of every scenario, after all that the study says; may be repeated")
        ->type_name("/POINTER=VALUE")
        ->allow_extra_args(false);
    addLimits(batch_);
    addLook(batch_, batch_options_.look);
    batch_->footer(std::string("examples\n"
                               "  meshmall batch scenarios/studies/second-try.json -o out\n"
                               "  meshmall batch study.json -o out --jobs 8 --resume\n"
                               "  meshmall batch study.json -o shard-2 --shard 2/4\n\n") +
                   kExitCodes);
  }

  void addMerge() {
    merge_ = app_.add_subcommand("merge", "puts the shards of a batch together: the same bytes as of a single run");
    merge_->add_option("DIR", merge_options_.folders, "the shards' folders, all of them")->required();
    merge_->add_option("-o,--out", merge_options_.out, "folder for results.json and results.csv")->type_name("DIR")->required();
    addFormats(merge_, merge_options_.formats);
    addLook(merge_, merge_options_.look);
    merge_->footer(std::string("examples\n"
                               "  meshmall merge shard-1 shard-2 shard-3 -o out\n\n") +
                   kExitCodes);
  }

  void addCompare() {
    CompareOptions& o = compare_options_;
    compare_ = app_.add_subcommand("compare", "runs two scenarios on the same customers, or takes two results, and judges what changed by rules");
    compare_->add_option("BASELINE", o.baseline, "scenario file, folder of scenarios, folder of results, STUDY:VARIANT, or git:REVISION:PATH of these")->required();
    compare_->add_option("CANDIDATE", o.candidate, "the same kind of thing; folders are paired by path")->required();
    compare_->add_option("--gate", o.gate, "gate file: rules, margins, waivers")->type_name("FILE");
    compare_->add_option("--fail-on", o.fail_on, "a rule that must hold, e.g. \"increase(latency.p99) <= 5%\"; may be repeated")->type_name("RULE")->allow_extra_args(false);
    compare_->add_option("--margin", o.margins, "another margin for the rules of a metric, e.g. latency.p99=3%; may be repeated")
        ->type_name("METRIC=MARGIN")
        ->allow_extra_args(false);
    compare_->add_option("--mode", mode_, "alarm (default): fails on what is shown to be broken; prove: fails unless all is shown to hold")->type_name("MODE");
    compare_->add_option("--alpha", alpha_, "chance of a false alarm in all rules together; default 0.01")->type_name("P");
    compare_->add_option("--replications", replications_, "runs of each side; default 20")->type_name("N");
    compare_->add_option("--precision", precision_, "instead: 10 runs, then more until what the rules look at is known to such a share, e.g. 2%")->type_name("P%");
    compare_->add_flag("--adaptive", o.adaptive, "instead: looks at the verdicts after 10, 20, 40 and 80 runs, alpha shared among them, and stops when the outcome is known");
    compare_->add_option("--max-replications", most_, "of --precision (default 200) or --adaptive (default 80)")->type_name("N");
    compare_->add_option("--only", o.only, "only scenarios whose path or name matches, or rules of matching services: service=GLOB; may be repeated")->type_name("GLOB")->allow_extra_args(false);
    compare_->add_option("--slo-mode", o.slo_mode, "limits (default): limits on the candidate are judged by confidence limits; point: by the estimate alone")->type_name("MODE");
    compare_->add_option("--seed-epoch", seed_epoch_, "another whole set of seeds, for a second opinion; default 0")->type_name("N");
    compare_->add_flag("--independent-seeds", o.independent_seeds, "the candidate gets other customers: unpaired, as measured on two days");
    compare_->add_flag("--informational", o.informational, "reports, and ends with 0 whatever the outcome");
    compare_->add_option("--on-inconclusive", o.on_inconclusive, "pass, warn (default) or fail (exit 3)")->type_name("WHAT");
    compare_->add_option("--on-no-data", o.on_no_data, "warn or fail; default: fail for the rules you wrote, warn for the built-in ones")->type_name("WHAT");
    compare_->add_option("-o,--out", o.out, "folder for the reports; made when it is not there")->type_name("DIR");
    addFormats(compare_, o.formats);
    compare_->add_option("-j,--jobs", jobs_, "runs at the same time; default: all cores")->type_name("N");
    addChoice(compare_, o.choice);
    addLimits(compare_);
    addLook(compare_, o.look);
    compare_->footer(
        "examples\n"
        "  meshmall compare scenarios/bakery.json candidate.json\n"
        "  meshmall compare git:main:scenarios scenarios --gate gate.json -o report\n"
        "  meshmall compare a.json b.json --fail-on \"increase(latency.p99) <= 5%\" --fail-on \"success.rate >= 99.9%\" --duration 60s\n\n"
        "exit codes\n"
        "  0 the gate passed   1 a rule failed   2 the call or an input is wrong   3 inconclusive (--on-inconclusive fail)\n"
        "  4 the baseline is missing   5 the output folder is in use   6 a file could not be read or written\n"
        "  7 a limit was reached   8 internal error   130/143 interrupted");
  }

  void addRank() {
    RankOptions& o = rank_options_;
    rank_ = app_.add_subcommand("rank", "the best of a study's variants by one metric, with a guarantee; each sweep point on its own");
    rank_->add_option("STUDY", o.study, "study file, two variants or more")->required();
    rank_->add_option("--metric", o.metric, "what is compared, e.g. \"latency.p99\" (default), \"latency.mean for service=bakery\"")->type_name("METRIC");
    rank_->add_option("--prefer", o.prefer, "low or high; default: what is better for the metric")->type_name("WHAT");
    rank_->add_option("--delta", o.delta, "the difference that does not matter, e.g. 2% (default), 0.1pp (default of ratios), 5ms")->type_name("SIZE");
    rank_->add_option("--against", o.against, "a second metric: shows which variants no other beats in both")->type_name("METRIC");
    rank_->add_option("--alpha", alpha_, "chance of a wrong choice at a point; default 0.05")->type_name("P");
    rank_->add_option("--first", first_, "runs of each variant before any is dropped; default 20")->type_name("N");
    rank_->add_option("--max-replications", most_, "of each variant; then what is left is undecided; default 1000")->type_name("N");
    rank_->add_option("--procedure", o.procedure, "kn (default) or kn++, which estimates variances again as it goes")->type_name("NAME");
    rank_->add_option("--budget", budget_, "so many runs at each point instead, spent where they help most; no guarantee but an estimate")->type_name("N");
    rank_->add_option("--on-inconclusive", o.on_inconclusive, "pass (default) or fail (exit 3) where a point stays undecided")->type_name("WHAT");
    rank_->add_option("-o,--out", o.out, "folder for ranking.json and ranking.csv, and for what is needed to go on after an interruption")->type_name("DIR");
    rank_->add_flag("--resume", o.resume, "goes on with the runs that are in the folder; starts afresh where there are none");
    rank_->add_option("-j,--jobs", jobs_, "runs at a time; default: one a processor")->type_name("N");
    addChoice(rank_, o.choice);
    addLimits(rank_);
    addLook(rank_, o.look);
    rank_->footer(
        "examples\n"
        "  meshmall rank scenarios/studies/which-line.json\n"
        "  meshmall rank study.json --metric latency.mean --delta 5% -o out --resume\n"
        "  meshmall rank study.json --metric \"latency.p99 for service=bakery\" --against retries.amplification --budget 500\n\n"
        "exit codes\n"
        "  0 done   2 the call or an input is wrong   3 undecided (--on-inconclusive fail)   5 the output folder is in use\n"
        "  6 a file could not be read or written   7 a limit was reached   8 internal error   130/143 interrupted");
  }

  void addPlan() {
    PlanOptions& o = plan_options_;
    plan_ = app_.add_subcommand("plan", "how many replications a study's gates need, and how long that takes, from a pilot");
    plan_->add_option("STUDY", o.study, "study file; without gates the rules that `compare` has by default")->required();
    plan_->add_option("--pilot", pilot_, "runs of each variant to find out; default 20")->type_name("N");
    plan_->add_option("--replications", replications_, "the number to ask about; default: the study's")->type_name("N");
    plan_->add_option("--detect", o.detect, "a true change that must be caught, e.g. latency.p99=10%; default: twice the margin; may be repeated")
        ->type_name("METRIC=CHANGE")
        ->allow_extra_args(false);
    plan_->add_option("--power", power_, "chance to catch it; default 0.9")->type_name("P");
    plan_->add_option("--alpha", alpha_, "chance of a false alarm in all rules together; default 0.01")->type_name("P");
    plan_->add_option("-o,--out", o.out, "folder for plan.json, and for what is needed to go on after an interruption")->type_name("DIR");
    plan_->add_flag("--resume", o.resume, "goes on with the runs that are in the folder; starts afresh where there are none");
    plan_->add_option("-j,--jobs", jobs_, "runs at a time; default: one a processor")->type_name("N");
    addChoice(plan_, o.choice);
    addLimits(plan_);
    addLook(plan_, o.look);
    plan_->footer(
        "examples\n"
        "  meshmall plan scenarios/studies/which-line.json\n"
        "  meshmall plan study.json --detect latency.p99=10% --power 0.95\n\n"
        "exit codes\n"
        "  0 done   2 the call or an input is wrong   5 the output folder is in use   6 a file could not be read or written\n"
        "  7 a limit was reached   8 internal error   130/143 interrupted");
  }

  void addReplay() {
    replay_ = app_.add_subcommand("replay", "runs algorithm-level cases on the simulation's own algorithms and prints each decision");
    replay_->add_option("VECTORS", replay_options_.files, "files of cases, each a JSON array")->required();
    replay_->add_flag("--check", replay_options_.check, "compares with what each case expects; a difference ends with code 1");
    replay_->add_option("--algorithm", replay_options_.algorithm, "only the cases of this algorithm")->type_name("NAME");
    replay_->add_option("--id", replay_options_.id, "only this case")->type_name("ID");
    addLook(replay_, replay_options_.look);
    replay_->footer(std::string("examples\n"
                                "  meshmall replay tests/conformance/vectors/envoy-lb.json --check\n"
                                "  meshmall replay cases.json --algorithm ring_hash --format json\n\n") +
                    kExitCodes);
  }

  void addImport() {
    ImportOptions& o = import_options_;
    import_ = app_.add_subcommand("import", "a scenario from what you already have, with an account of what was read, guessed and not modelled");
    import_->add_option("KIND", o.kind, "what the files are:\n" + importKindsHelp())->required();
    import_->add_option("FILE", o.files, "files or folders")->required();
    import_->add_option("-o,--out", o.out, "the scenario's file; default: stdout, and the account on stderr")->type_name("FILE");
    import_->add_option("--calls", o.calls, "who calls whom: \"a -> b, b -> c/GET /path\", or a DOT or Kiali graph file; may be repeated")->type_name("CALLS")->allow_extra_args(false);
    import_->add_option("--load", o.load, "a JSON file with a `traffic` list: the customers who come")->type_name("FILE");
    import_->add_option("--traces", o.traces, "traces of the same services: calls, times and customers; may be repeated")->type_name("FILE")->allow_extra_args(false);
    import_->add_option("--name", o.name, "of traces: what the scenario is called; default: as the first file")->type_name("NAME");
    import_->add_option("--question", o.question, "of traces: what its description begins with")->type_name("TEXT");
    import_->add_option("--duration", o.duration, "of traces: how long a run of it is, e.g. 1h; default: long enough for 100,000 customers")->type_name("TIME");
    import_->add_option("--slo", o.slos, "of traces: an SLO of it, e.g. \"latency.p95 < 1s\"; may be repeated")->type_name("EXPR")->allow_extra_args(false);
    addQuiet(import_, o.look);
    import_->footer(std::string("examples\n"
                                "  meshmall import istio manifests/ -o scenario.json --calls \"productpage -> details, productpage -> reviews -> ratings\"\n"
                                "  kubectl get deploy,svc,vs,dr -o yaml > cluster.yaml; meshmall import istio cluster.yaml -o scenario.json\n"
                                "  meshmall import isotope topology.yaml -o scenario.json\n"
                                "  meshmall import traces jaeger-export.json -o scenario.json\n\n") +
                    kExitCodes);
  }

  void addExport() {
    ExportOptions& o = export_options_;
    export_ = app_.add_subcommand("export", "a scenario's policies or call graph in a form that other tools read");
    export_->add_option("KIND", o.kind, "what is written:\n" + exportKindsHelp())->required();
    export_->add_option("SCENARIO", o.file, "scenario file")->required();
    export_->add_option("-o,--out", o.out, "the file to write; default: stdout")->type_name("FILE");
    addQuiet(export_, o.look);
    export_->footer(std::string("examples\n"
                                "  meshmall export istio scenarios/bookinfo.json -o policies.yaml\n\n") +
                    kExitCodes);
  }

  void addSchema() {
    CLI::App* verb = app_.add_subcommand("schema", "prints the JSON Schema (draft-07) of a scenario or a study, with a description for every field");
    verb->add_option("WHAT", schema_of_, "scenario (default) or study");
    verb->footer("examples\n  meshmall schema > scenario.schema.json\n  meshmall schema study > study.schema.json");
  }

  CLI::App app_;
  CLI::App *check_ = nullptr, *run_ = nullptr, *explain_ = nullptr, *batch_ = nullptr, *merge_ = nullptr, *compare_ = nullptr, *rank_ = nullptr, *plan_ = nullptr, *replay_ = nullptr, *import_ = nullptr, *export_ = nullptr;
  CheckOptions check_options_;
  RunOptions run_options_;
  ExplainOptions explain_options_;
  BatchOptions batch_options_;
  MergeOptions merge_options_;
  CompareOptions compare_options_;
  RankOptions rank_options_;
  PlanOptions plan_options_;
  ReplayOptions replay_options_;
  ImportOptions import_options_;
  ExportOptions export_options_;
  std::vector<std::string> exports_;
  std::string export_start_, trace_, max_memory_, max_events_, replication_ = "0", request_, jobs_, mode_, alpha_, replications_, first_, most_, budget_, pilot_, power_, precision_, seed_epoch_, schema_of_ = "scenario";
};

}  // namespace

int program(int argc, const char* const* argv) {
  return guarded([&] { return Parser().go(argc, argv); },
                 [&] {
                   std::string line = "meshmall";
                   for (int i = 1; i < argc; ++i) line += std::string(" ") + argv[i];
                   return line;
                 });
}

}  // namespace meshmall::cli
