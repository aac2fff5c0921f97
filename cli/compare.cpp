#include <algorithm>
#include <memory>
#include <thread>

#include "cli/compare_design.h"
#include "cli/compare_input.h"
#include "cli/compare_pairs.h"
#include "cli/compare_rules.h"
#include "cli/compare_runs.h"
#include "cli/compare_sides.h"
#include "cli/compare_text.h"
#include "cli/guard.h"
#include "cli/interrupt.h"
#include "cli/number_text.h"
#include "cli/output_folder.h"
#include "cli/report_files.h"
#include "cli/runs_progress.h"
#include "cli/scenario_input.h"
#include "cli/simulation.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "cli/warmup.h"
#include "engine/random/keyed_stream.h"
#include "engine/report/comparison_json.h"
#include "models/study/comparison_study.h"
#include "models/version.h"

namespace meshmall::cli {
namespace {

constexpr std::uint64_t kReplications = 20, kMostOfLooks = 80;

class Comparison {
 public:
  explicit Comparison(const CompareOptions& options) : options_(options), rules_(options) {}

  // Reads and checks everything. done: it can be run.
  ExitCode prepare() {
    auto forms = reportForms(options_.formats, !options_.out.empty(), options_.look.format);
    if (const auto* wrong = std::get_if<std::string>(&forms)) return refuse(*wrong);
    forms_ = std::get<ReportForms>(forms);
    if (const ExitCode wrong = rules_.readGate(); wrong != ExitCode::done) return wrong;
    choices_ = rules_.choices();
    if (const ExitCode wrong = readInputs(); wrong != ExitCode::done) return wrong;
    takeDesign();
    if (const ExitCode wrong = takePairs(); wrong != ExitCode::done) return wrong;
    if (const ExitCode wrong = rules_.take(candidate_, pairs_, namesOf(pairs_, baseline_, candidate_)); wrong != ExitCode::done) return wrong;
    return takeFolder();
  }

  int go() {
    for (const ComparePair& pair : pairs_) {
      Course& course = courses_.emplace_back();
      course.pair = &pair;
      course.target = design_.first;
    }
    for (;;) {
      models::ComparisonStudy study(choices_);
      for (Course& course : courses_) {
        if (const int signal = comparePair(course, study)) {
          say("interrupted: nothing was written; to repeat: " + command());
          return 128 + signal;
        }
      }
      engine::ComparisonReport report = study.finish();
      if (design_.kind == CompareDesign::Kind::adaptive && looksAgain(report)) continue;
      report.version = models::version();
      report.baseline = options_.baseline;
      report.candidate = options_.candidate;
      report.alpha = alpha_;
      for (const Course& course : courses_) report.replications = std::max(report.replications, course.made);
      if (baseline_.results) report.replications = design_.first;
      report.command = command();
      describeDesign(report);
      return deliver(report);
    }
  }

  // The line that shows again what went wrong.
  std::string replay() const {
    const ComparedScenario* scenario = running_ == nullptr ? nullptr : failed_.candidate ? running_->candidate : running_->baseline;
    if (scenario == nullptr || scenario->repeat.empty()) return command();
    return "meshmall run " + shellWord(scenario->repeat) + asTyped(options_.choice) + " --seed " + std::to_string(seed_) + " --replication " + std::to_string(failed_.replication);
  }

 private:
  static ExitCode refuse(const std::string& message) {
    say("meshmall compare: " + message);
    return ExitCode::wrong_input;
  }

  // ---- what is compared
  ExitCode readInputs() {
    baseline_ = readCompareInput(options_.baseline, options_.choice);
    candidate_ = readCompareInput(options_.candidate, options_.choice);
    ExitCode outcome = ExitCode::done;
    for (const CompareInput* input : {&baseline_, &candidate_}) {
      const bool again = input == &candidate_ && !candidate_.messages.empty() && candidate_.messages == baseline_.messages;  // both sides of one file
      if (!again)
        for (const std::string& message : input->messages) say(models::printable(message, 600));
      sayProblems(input->problems);
      outcome = worse(outcome, input->code);
    }
    return outcome;
  }

  void takeDesign() {
    const std::uint64_t number = options_.replications.value_or(rules_.replications().value_or(candidate_.replications.value_or(kReplications)));
    alpha_ = choices_.alpha;
    design_ = options_.precision ? precisionDesign(*options_.precision, options_.most.value_or(kMostOfPrecision))
              : options_.adaptive ? adaptiveDesign(options_.most.value_or(kMostOfLooks))
                                  : fixedDesign(number);
    choices_.alpha = design_.alphaOfALook(alpha_);
  }

  ExitCode takePairs() {
    ComparePairs made = pairUp(baseline_, candidate_, options_);
    if (!made.trouble.empty()) {
      say("meshmall compare: " + made.trouble);
      return made.code;
    }
    pairs_ = std::move(made.pairs);
    std::vector<std::string> globs;
    for (const std::string& only : options_.only)
      if (!serviceGlob(only)) globs.push_back(only);
    if (globs.empty()) return ExitCode::done;
    const auto none = keepOnly(pairs_, globs, candidate_);
    return none ? refuse(*none) : ExitCode::done;
  }

  ExitCode takeFolder() {
    if (options_.out.empty()) return ExitCode::done;
    auto opened = OutputFolder::open(options_.out);
    if (auto* failed = std::get_if<FileTrouble>(&opened)) {
      say(failed->message);
      return failed->code;
    }
    folder_.emplace(std::move(std::get<OutputFolder>(opened)));
    return ExitCode::done;
  }

  // ---- runs
  struct Course {  // of a pair through the command
    const ComparePair* pair = nullptr;
    std::unique_ptr<PairRunner> runner;  // kept only where there may be another look
    engine::ReportScenario settled;      // what is known of it before its runs
    std::uint64_t target = 0, made = 0;
  };

  int comparePair(Course& course, models::ComparisonStudy& study) {
    const ComparePair& pair = *course.pair;
    engine::ReportScenario report;
    report.name = nameOf(pair, candidate_);
    if (pair.isNew() || pair.isDeleted()) {
      report.state = pair.isNew() ? engine::PairState::added : engine::PairState::deleted;
      const ComparedScenario* lone = pair.isNew() ? pair.candidate : pair.baseline;
      (pair.isNew() ? report.candidate : report.baseline).input = lone != nullptr ? lone->file : pair.isNew() ? options_.candidate : options_.baseline;
      study.add(std::move(report));
      return 0;
    }
    if (pair.candidate_group) {
      describeResults(pair, baseline_, candidate_, report);
      const engine::SampleTable &before = baseline_.results->table, &after = candidate_.results->table;
      study.add(std::move(report), {&before, *pair.baseline_group, nullptr}, {&after, *pair.candidate_group, nullptr}, rules_.rules(),
                namesOf(before, *pair.baseline_group, after, *pair.candidate_group));
      return 0;
    }
    return runPair(course, std::move(report), study);
  }

  int runPair(Course& course, engine::ReportScenario report, models::ComparisonStudy& study) {
    running_ = course.pair;
    if (course.runner == nullptr) {
      if (const int signal = begin(course, std::move(report))) return signal;
    }
    report = course.settled;
    const PairPlan& plan = course.runner->plan();
    seed_ = plan.seed;
    const models::ScopeNames names = namesOf(plan.baseline, plan.candidate);
    const std::vector<models::GateRule> rules = rules_.rulesFor(plan.candidate);
    RunsProgress progress(!options_.look.quiet, models::printable(report.name) + ": ", 2 * course.made);
    for (;;) {
      const int signal = course.runner->extend(course.target, failed_, [&](std::uint64_t done, std::uint64_t all) { progress.show(done, all, design_.kind != CompareDesign::Kind::fixed); });
      if (signal != 0) return signal;
      course.made = course.target;
      if (design_.kind != CompareDesign::Kind::precision || preciseEnough(course.runner->runs().table, rules, names, design_.half_width)) break;
      if ((course.target = design_.next(course.made)) == course.made) {
        report.notes.push_back("not known to ±" + trimmed(design_.half_width * 100) + " % after " + std::to_string(course.made) + " replications, the most that were allowed");
        break;
      }
    }
    const PairRuns& runs = course.runner->runs();
    describeRuns(*course.pair, plan, runs, report);
    study.add(std::move(report), {&runs.table, 0, &runs.baseline}, {&runs.table, 1, &runs.candidate}, rules, names);
    if (design_.kind != CompareDesign::Kind::adaptive) course.runner.reset();
    running_ = nullptr;
    return 0;
  }

  // Plan and warm-up of a pair that is about to be run.
  int begin(Course& course, engine::ReportScenario report) {
    const ComparePair& pair = *course.pair;
    PairPlan plan{pair.baseline->scenario, pair.candidate->scenario, epochSeed(pair.baseline->scenario.run.seed), options_.independent_seeds ? design_.most : 0, jobs(), options_.limits};
    seed_ = plan.seed;
    if (pair.candidate->scenario.run.seed != pair.baseline->scenario.run.seed)
      report.notes.push_back("the scenarios' seeds differ: both ran with the baseline's, " + std::to_string(pair.baseline->scenario.run.seed) + ", so that they have the same customers");
    if (options_.seed_epoch > 0)
      report.notes.push_back("seed epoch " + std::to_string(options_.seed_epoch) + ": other customers than by default, seed " + std::to_string(plan.seed) + " instead of " +
                             std::to_string(pair.baseline->scenario.run.seed));
    plan.baseline.run.seed = plan.candidate.run.seed = plan.seed;
    if (const int signal = settleWarmup(plan, report)) return signal;
    course.settled = std::move(report);
    course.runner = std::make_unique<PairRunner>(std::move(plan));
    return 0;
  }

  // Another whole seed set, a function of both numbers; epoch 0 is the seed itself.
  std::uint64_t epochSeed(std::uint64_t seed) const { return options_.seed_epoch == 0 ? seed : engine::mixPath(seed, options_.seed_epoch) >> 1; }

  // Pairs with a gating rule that is undecided go on to the next look, unless the outcome is known already.
  bool looksAgain(const engine::ComparisonReport& report) {
    if (report.outcome == engine::GateOutcome::failed && choices_.mode == engine::GateMode::alarm) return false;
    bool any = false;
    for (std::size_t i = 0; i < courses_.size(); ++i) {
      Course& course = courses_[i];
      const bool undecided = std::any_of(report.scenarios[i].rules.begin(), report.scenarios[i].rules.end(), [](const engine::ReportRule& rule) {
        return rule.severity == engine::RuleSeverity::fail && !rule.waived && !rule.verdict.broken && !rule.verdict.held && !rule.verdict.no_data;
      });
      if (course.runner == nullptr || !undecided || design_.next(course.made) == course.made) continue;
      course.target = design_.next(course.made);
      any = true;
    }
    if (any) ++looks_;
    return any;
  }

  void describeDesign(engine::ComparisonReport& report) const {
    if (baseline_.results) return;
    if (design_.kind == CompareDesign::Kind::precision)
      report.notes.push_back("replications until every metric of the rules was known to ±" + trimmed(design_.half_width * 100) + " % on both sides: " + std::to_string(report.replications));
    if (design_.kind != CompareDesign::Kind::adaptive) return;
    std::string looks;
    for (const std::uint64_t look : design_.looks) looks += (looks.empty() ? "" : ", ") + std::to_string(look);
    report.notes.push_back("adaptive: planned looks at " + looks + " replications, each with " + trimmed(choices_.alpha * 100) + " % of the alpha of " + trimmed(alpha_ * 100) + " %; decided at look " +
                           std::to_string(looks_) + ", after " + std::to_string(report.replications));
  }

  unsigned jobs() const {
    const std::uint64_t asked = options_.jobs > 0 ? options_.jobs : std::max(1U, std::thread::hardware_concurrency());
    return static_cast<unsigned>(std::min<std::uint64_t>(asked, 2 * design_.most));
  }

  // Where scenarios say "auto": one cut for both, the longest that any of them needs, as a batch does for its variants.
  int settleWarmup(PairPlan& plan, engine::ReportScenario& report) {
    std::optional<Warmup> longest;
    for (const models::Scenario* side : {&plan.baseline, &plan.candidate}) {
      if (side->run.warmup) continue;
      const Warmup found = findWarmup(*side, 0, options_.limits, !options_.look.quiet);
      if (found.signal != 0) return found.signal;
      if (!longest) longest = Warmup{engine::Duration{0}, true, 0};
      longest->length = std::max(longest->length, found.length);
      longest->settled = longest->settled && found.settled;
    }
    if (!longest) return 0;
    if (!longest->settled) report.notes.push_back("the run is too short to tell how long it takes to settle; warm-up set to " + seconds(longest->length.seconds()));
    for (auto [scenario, side] : {std::pair{&plan.baseline, &report.baseline}, {&plan.candidate, &report.candidate}}) {
      if (scenario->run.warmup) continue;
      scenario->run.warmup = longest->length;
      side->warmup_found = true;
    }
    return 0;
  }

  // ---- the end
  int deliver(const engine::ComparisonReport& report) {
    const ExitCode trouble = writeReports(report, forms_, folder_ ? &*folder_ : nullptr);
    const bool printed = print(options_.look.format == Format::json ? engine::comparisonJson(report)
                                                                    : withAnnotations(comparisonText(report, paletteForStdout(options_.look.no_color)), report, forms_));
    if (trouble != ExitCode::done) return code(trouble);
    return printed ? report.exit_code : code(ExitCode::file_trouble);
  }

  std::string command() const {
    std::string text = "meshmall compare " + shellWord(options_.baseline) + " " + shellWord(options_.candidate) + asTyped(options_.choice);
    if (options_.choice.seed) text += " --seed " + shellWord(*options_.choice.seed);
    if (!options_.gate.empty()) text += " --gate " + shellWord(options_.gate);
    for (const std::string& rule : options_.fail_on) text += " --fail-on " + shellWord(rule);
    for (const std::string& margin : options_.margins) text += " --margin " + shellWord(margin);
    if (options_.prove) text += *options_.prove ? " --mode prove" : " --mode alarm";
    if (options_.alpha) text += " --alpha " + trimmed(*options_.alpha);
    if (options_.replications) text += " --replications " + std::to_string(*options_.replications);
    if (options_.precision) text += " --precision " + trimmed(*options_.precision * 100) + "%";
    if (options_.adaptive) text += " --adaptive";
    if (options_.most) text += " --max-replications " + std::to_string(*options_.most);
    if (options_.seed_epoch > 0) text += " --seed-epoch " + std::to_string(options_.seed_epoch);
    for (const std::string& only : options_.only) text += " --only " + shellWord(only);
    if (!options_.slo_mode.empty()) text += " --slo-mode " + options_.slo_mode;
    if (options_.independent_seeds) text += " --independent-seeds";
    if (options_.informational) text += " --informational";
    if (!options_.on_inconclusive.empty()) text += " --on-inconclusive " + options_.on_inconclusive;
    if (!options_.on_no_data.empty()) text += " --on-no-data " + options_.on_no_data;
    return text;
  }

  const CompareOptions& options_;
  CompareRules rules_;
  models::ComparisonChoices choices_;
  CompareDesign design_;
  double alpha_ = 0.01;  // of the whole command
  std::uint64_t looks_ = 1;
  std::vector<Course> courses_;
  CompareInput baseline_, candidate_;
  std::vector<ComparePair> pairs_;
  ReportForms forms_;
  std::optional<OutputFolder> folder_;
  const ComparePair* running_ = nullptr;
  RunPlace failed_;
  std::uint64_t seed_ = 1;
};

}  // namespace

int compare(const CompareOptions& options) {
  Comparison comparison(options);
  return guarded(
      [&] {
        if (const ExitCode problem = comparison.prepare(); problem != ExitCode::done) return code(problem);
        limitMemory(options.limits);
        const InterruptWatch watch;
        return comparison.go();
      },
      [&] { return comparison.replay(); });
}

}  // namespace meshmall::cli
