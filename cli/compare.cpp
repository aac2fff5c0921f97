#include <fnmatch.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include "cli/compare_design.h"
#include "cli/compare_input.h"
#include "cli/compare_runs.h"
#include "cli/compare_text.h"
#include "cli/guard.h"
#include "cli/interrupt.h"
#include "cli/number_text.h"
#include "cli/output_folder.h"
#include "cli/prediction_report.h"
#include "cli/report_files.h"
#include "cli/scenario_input.h"
#include "cli/simulation.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "cli/warmup.h"
#include "engine/random/keyed_stream.h"
#include "engine/report/comparison_json.h"
#include "engine/statistics/welch_averages.h"
#include "models/scenario/sample_file.h"
#include "models/study/comparison_study.h"
#include "models/study/scenario_difference.h"
#include "models/study/scenario_events.h"
#include "models/topology/prediction.h"
#include "models/version.h"

namespace meshmall::cli {
namespace {

constexpr std::uint64_t kReplications = 20, kMostOfLooks = 80;

std::string today() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return text;
}

models::WhenUnsure whenUnsure(const std::string& word) {
  return word == "fail" ? models::WhenUnsure::fail : word == "pass" ? models::WhenUnsure::pass : models::WhenUnsure::warn;
}

struct Pair {
  const ComparedScenario* baseline = nullptr;  // nothing: the candidate is new
  const ComparedScenario* candidate = nullptr;
  std::optional<std::uint32_t> baseline_group, candidate_group;  // of results instead
  std::string key;
  bool isNew() const { return baseline == nullptr && !baseline_group; }
  bool isDeleted() const { return candidate == nullptr && !candidate_group; }
};

// "bakery" of the scope "service=bakery"; nothing for parts of it and other kinds.
std::optional<std::string> nameIn(const std::string& scope, const std::string& kind) {
  if (scope.rfind(kind + "=", 0) != 0 || scope.find(" version=") != std::string::npos || scope.find(" operation=") != std::string::npos) return std::nullopt;
  return scope.substr(kind.size() + 1);
}

void addNames(models::ScopeNames& names, const engine::SampleTable& table, std::uint32_t group) {
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (table.groups[group].absent[c]) continue;
    if (const auto service = nameIn(table.columns[c].scope, "service")) names.services.push_back(*service);
    if (const auto traffic = nameIn(table.columns[c].scope, "traffic")) names.traffic.push_back(*traffic);
  }
}

void addNames(models::ScopeNames& names, const models::Scenario& scenario) {
  for (const models::Service& service : scenario.services) names.services.push_back(service.name);
  for (const models::Traffic& traffic : scenario.traffic) names.traffic.push_back(traffic.name);
}

// Byte order, each once.
void tidy(models::ScopeNames& names) {
  for (std::vector<std::string>* list : {&names.services, &names.traffic}) {
    std::sort(list->begin(), list->end());
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
}

// By Welch's moving average over a twentieth of the run.
engine::ReportSeries smoothed(const engine::ReportSeries& series) {
  const std::size_t window = std::max<std::size_t>(1, series.baseline.size() / 40);
  return {series.name, series.interval, engine::welchAverages(series.baseline, window), engine::welchAverages(series.candidate, window)};
}

class Comparison {
 public:
  explicit Comparison(const CompareOptions& options) : options_(options) {}

  // Reads and checks everything. done: it can be run.
  ExitCode prepare() {
    auto forms = reportForms(options_.formats, !options_.out.empty(), options_.look.format);
    if (const auto* wrong = std::get_if<std::string>(&forms)) {
      refuse(*wrong);
      return code_;
    }
    forms_ = std::get<ReportForms>(forms);
    if (!readGate()) return code_;
    ScenarioChoice choice = options_.choice;
    baseline_ = readCompareInput(options_.baseline, choice);
    candidate_ = readCompareInput(options_.candidate, choice);
    for (const CompareInput* input : {&baseline_, &candidate_}) {
      const bool again = input == &candidate_ && !candidate_.messages.empty() && candidate_.messages == baseline_.messages;  // both sides of one file
      if (!again)
        for (const std::string& message : input->messages) say(models::printable(message, 600));
      sayProblems(input->problems);
      code_ = worse(code_, input->code);
    }
    if (code_ != ExitCode::done) return code_;
    takeDesign();
    if (!pairUp() || !takeOnly()) return code_;
    if (!takeRules()) return code_;
    return takeFolder();
  }

  int go() {
    for (const Pair& pair : pairs_) {
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
  bool refuse(const std::string& message) {
    say("meshmall compare: " + message);
    code_ = worse(code_, ExitCode::wrong_input);
    return false;
  }

  // ---- rules
  bool readGate() {
    if (!options_.gate.empty()) {
      models::FileText file = models::readRegularFile(options_.gate, models::kMaxJsonBytes);
      if (!file.error.empty()) {
        say(options_.gate + ": " + file.error);
        code_ = file.unreadable ? ExitCode::file_trouble : ExitCode::wrong_input;
        return false;
      }
      std::vector<models::Problem> problems;
      const auto gate = models::readGateFile(std::move(file.text), options_.gate, today(), problems);
      sayProblems(problems);
      if (!gate) {
        code_ = ExitCode::wrong_input;
        return false;
      }
      gate_ = *gate;
    }
    choices_.alpha = options_.alpha.value_or(gate_.alpha.value_or(0.01));
    choices_.mode = gate_.mode.value_or(engine::GateMode::alarm);
    if (options_.prove) choices_.mode = *options_.prove ? engine::GateMode::prove : engine::GateMode::alarm;
    const std::string inconclusive = options_.on_inconclusive.empty() ? gate_.on_inconclusive.value_or("warn") : options_.on_inconclusive;
    choices_.on_inconclusive = whenUnsure(inconclusive);
    const std::string no_data = options_.on_no_data.empty() ? gate_.on_no_data.value_or("") : options_.on_no_data;
    if (!no_data.empty()) choices_.on_no_data = whenUnsure(no_data);
    choices_.informational = options_.informational;
    choices_.slo_point = options_.slo_mode.empty() ? gate_.slo_point.value_or(false) : options_.slo_mode == "point";
    return true;
  }

  bool takeRules() {
    std::vector<models::Problem> problems;
    for (const std::string& text : gate_.rules) {
      auto rule = models::parseGateRule(text, "gate file", options_.gate, problems);
      if (!rule) continue;
      for (const models::GateWaiver& waiver : gate_.waivers) {
        if (waiver.rule != text) continue;
        rule->waived_until = waiver.until;
        rule->waiver_reason = waiver.reason;
      }
      rules_.push_back(std::move(*rule));
    }
    for (const std::string& text : options_.fail_on)
      if (auto rule = models::parseGateRule(text, "--fail-on", "--fail-on", problems)) rules_.push_back(std::move(*rule));
    if (gate_.rules.empty() && options_.fail_on.empty()) {
      for (const std::string& text : candidate_.gates)
        if (auto rule = models::parseGateRule(text, "study", options_.candidate, problems)) rules_.push_back(std::move(*rule));
      if (candidate_.gates.empty()) rules_ = models::defaultRules();
    }
    for (const models::MarginChange& margin : gate_.margins) models::changeMargin(rules_, margin, problems);
    for (const std::string& margin : options_.margins) {
      const std::size_t equals = margin.find('=');
      if (equals == std::string::npos || equals == 0 || equals + 1 == margin.size()) {
        refuse("--margin: METRIC=MARGIN, e.g. latency.p99=3% (got " + models::inQuotes(margin) + ")");
      } else {
        models::changeMargin(rules_, {margin.substr(0, equals), margin.substr(equals + 1)}, problems);
      }
    }
    models::ScopeNames all;
    for (const Pair& pair : pairs_) {
      for (const ComparedScenario* side : {pair.baseline, pair.candidate})
        if (side != nullptr) addNames(all, side->scenario);
      if (pair.baseline_group) addNames(all, baseline_.results->table, *pair.baseline_group);
      if (pair.candidate_group) addNames(all, candidate_.results->table, *pair.candidate_group);
    }
    tidy(all);
    for (const models::GateRule& rule : rules_) {
      if (const auto unknown = models::unknownScope(rule.expression, all)) refuse(rule.source + " " + models::inQuotes(rule.expression.text) + ": " + *unknown);
    }
    for (const models::Problem& problem : problems) say(models::textOf(problem));
    if (models::hasErrors(problems)) code_ = worse(code_, ExitCode::wrong_input);
    if (code_ == ExitCode::done) restrictRules(all);
    return code_ == ExitCode::done;
  }

  // ---- what is looked at
  void takeDesign() {
    const std::uint64_t number = options_.replications.value_or(gate_.replications.value_or(candidate_.replications.value_or(kReplications)));
    alpha_ = choices_.alpha;
    design_ = options_.precision ? precisionDesign(*options_.precision, options_.most.value_or(kMostOfPrecision))
              : options_.adaptive ? adaptiveDesign(options_.most.value_or(kMostOfLooks))
                                  : fixedDesign(number);
    choices_.alpha = design_.alphaOfALook(alpha_);
  }

  static std::optional<std::string> serviceGlob(const std::string& only) {
    return only.rfind("service=", 0) == 0 ? std::optional(only.substr(8)) : std::nullopt;
  }
  static bool matches(const std::string& glob, const std::string& name) { return ::fnmatch(glob.c_str(), name.c_str(), 0) == 0; }

  // --only: the scenarios whose path below the folder, or name, matches one of the globs.
  bool takeOnly() {
    std::vector<std::string> globs;
    for (const std::string& only : options_.only)
      if (!serviceGlob(only)) globs.push_back(only);
    if (globs.empty()) return true;
    std::string there;
    for (std::size_t i = 0; i < pairs_.size() && i < 8; ++i) there += (i > 0 ? ", " : "") + nameOf(pairs_[i]);
    if (pairs_.size() > 8) there += ", ...";
    std::erase_if(pairs_, [&](const Pair& pair) { return std::none_of(globs.begin(), globs.end(), [&](const std::string& glob) { return matches(glob, nameOf(pair)); }); });
    return !pairs_.empty() || refuse("--only: no scenario matches; there is " + models::printable(there, 400));
  }

  // --only service=GLOB: rules about these services alone.
  bool judged(const models::GateRule& rule) const {
    bool any = false;
    for (const std::string& only : options_.only) {
      const auto glob = serviceGlob(only);
      any = any || glob.has_value();
      if (glob && rule.expression.scope == models::ScopeKind::service && matches(*glob, rule.expression.scope_name)) return true;
    }
    return !any;
  }

  void restrictRules(const models::ScopeNames& all) {
    if (std::none_of(options_.only.begin(), options_.only.end(), [](const std::string& only) { return serviceGlob(only).has_value(); })) return;
    std::vector<models::GateRule> named;  // a rule for all services becomes one for each that matches
    for (const models::GateRule& rule : rules_) {
      if (rule.expression.scope != models::ScopeKind::service) continue;
      for (const std::string& service : all.services) {
        if (rule.expression.scope_name != "*" && rule.expression.scope_name != service) continue;
        models::GateRule one = rule;
        one.expression.scope_name = service;
        if (judged(one)) named.push_back(std::move(one));
      }
    }
    bool slo = false;
    for (const Pair& pair : pairs_)
      if (pair.candidate != nullptr)
        for (const models::Slo& limit : pair.candidate->scenario.slos) {
          std::vector<models::Problem> none;
          const auto rule = models::parseGateRule(limit.text, "slo", "slo", none);
          slo = slo || (rule && judged(*rule));
        }
    if (named.empty() && !slo) refuse("--only: no rule is about a service that matches");
    rules_ = std::move(named);
  }

  // ---- pairs
  bool pairUp() {
    if (baseline_.results.has_value() != candidate_.results.has_value())
      return refuse("one of " + models::inQuotes(options_.baseline) + " and " + models::inQuotes(options_.candidate) + " holds results and the other scenarios");
    if (baseline_.many != candidate_.many)
      return refuse("one of " + models::inQuotes(options_.baseline) + " and " + models::inQuotes(options_.candidate) + " is a single thing to compare, the other several");
    if (baseline_.results && (options_.replications || options_.independent_seeds || options_.precision || options_.adaptive || options_.seed_epoch > 0))
      return refuse("--replications, --precision, --adaptive, --seed-epoch and --independent-seeds are for scenarios; results are as they were made");
    std::map<std::string, Pair> by_key;
    const auto at = [&](const std::string& key) -> Pair& { return by_key[baseline_.many ? key : ""]; };
    for (const ComparedScenario& scenario : baseline_.scenarios) at(scenario.key).baseline = &scenario;
    for (const ComparedScenario& scenario : candidate_.scenarios) at(scenario.key).candidate = &scenario;
    for (const ComparedGroup& group : baseline_.groups) at(group.key).baseline_group = group.group;
    for (const ComparedGroup& group : candidate_.groups) at(group.key).candidate_group = group.group;
    for (auto& [key, pair] : by_key) {
      pair.key = key;
      pairs_.push_back(std::move(pair));
    }
    if (!baseline_.results || std::any_of(pairs_.begin(), pairs_.end(), [](const Pair& p) { return !p.isNew() && !p.isDeleted(); })) return true;
    say("meshmall compare: " + models::inQuotes(options_.baseline) + " and " + models::inQuotes(options_.candidate) + " have no variant and sweep point in common");
    code_ = worse(code_, ExitCode::no_baseline);
    return false;
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
    const Pair* pair = nullptr;
    std::unique_ptr<PairRunner> runner;  // kept only where there may be another look
    engine::ReportScenario settled;      // what is known of it before its runs
    std::uint64_t target = 0, made = 0;
  };

  int comparePair(Course& course, models::ComparisonStudy& study) {
    const Pair& pair = *course.pair;
    engine::ReportScenario report;
    report.name = nameOf(pair);
    if (pair.isNew() || pair.isDeleted()) {
      report.state = pair.isNew() ? engine::PairState::added : engine::PairState::deleted;
      const ComparedScenario* lone = pair.isNew() ? pair.candidate : pair.baseline;
      (pair.isNew() ? report.candidate : report.baseline).input = lone != nullptr ? lone->file : pair.isNew() ? options_.candidate : options_.baseline;
      study.add(std::move(report));
      return 0;
    }
    if (pair.candidate_group) {
      compareResults(pair, std::move(report), study);
      return 0;
    }
    running_ = &pair;
    if (course.runner == nullptr) {
      if (const int signal = begin(course, std::move(report))) return signal;
    }
    report = course.settled;
    seed_ = course.runner->plan().seed;
    models::ScopeNames names;
    addNames(names, course.runner->plan().baseline);
    addNames(names, course.runner->plan().candidate);
    tidy(names);
    const std::vector<models::GateRule> rules = rulesOf(course.runner->plan().candidate);
    Progress progress(pairs_.size() > 1 ? report.name + ": " : "", !options_.look.quiet);
    for (;;) {
      const int signal = course.runner->extend(course.target, failed_, [&](std::uint64_t done, std::uint64_t all) { progress.show(done, all); });
      if (signal != 0) return signal;
      course.made = course.target;
      if (design_.kind != CompareDesign::Kind::precision || preciseEnough(course.runner->runs().table, rules, names, design_.half_width)) break;
      if ((course.target = design_.next(course.made)) == course.made) {
        report.notes.push_back("not known to ±" + trimmed(design_.half_width * 100) + " % after " + std::to_string(course.made) + " replications, the most that were allowed");
        break;
      }
    }
    const PairRuns& runs = course.runner->runs();
    describe(pair, course.runner->plan(), runs, report);
    study.add(std::move(report), {&runs.table, 0, &runs.baseline}, {&runs.table, 1, &runs.candidate}, rules, names);
    if (design_.kind != CompareDesign::Kind::adaptive) course.runner.reset();
    running_ = nullptr;
    return 0;
  }

  // Plan and warm-up of a pair that is about to be run.
  int begin(Course& course, engine::ReportScenario report) {
    const Pair& pair = *course.pair;
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

  // The command's rules and the candidate's own limits.
  std::vector<models::GateRule> rulesOf(const models::Scenario& candidate) const {
    std::vector<models::GateRule> rules = rules_;
    std::vector<models::Problem> problems;  // none: the scenario's decoder has checked them
    for (const models::Slo& slo : candidate.slos)
      if (auto rule = models::parseGateRule(slo.text, "slo", "slo", problems)) rules.push_back(std::move(*rule));
    std::erase_if(rules, [&](const models::GateRule& rule) { return !judged(rule); });
    return rules;
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

  std::string nameOf(const Pair& pair) const {
    if (!pair.key.empty()) return pair.key;
    if (pair.candidate != nullptr) return pair.candidate->scenario.name;
    return candidate_.results->table.groups[*pair.candidate_group].variant;
  }

  void compareResults(const Pair& pair, engine::ReportScenario report, models::ComparisonStudy& study) const {
    const auto side = [&](engine::ReportSide& made, const CompareInput& input, std::uint32_t group) {
      const models::StudyFacts& facts = input.results->facts;
      made.input = input.given;
      made.name = facts.groups[group].scenario;
      made.seed = facts.seed;
      made.simulated = facts.groups[group].simulated;
      made.warmup = facts.groups[group].warmup;
      made.warmup_found = facts.groups[group].warmup_found;
      for (const engine::SampleRow& row : input.results->table.groups[group].rows) {
        made.replications.push_back(row.replication);
        made.fingerprints.push_back(row.fingerprint);
      }
    };
    side(report.baseline, baseline_, *pair.baseline_group);
    side(report.candidate, candidate_, *pair.candidate_group);
    const models::StudyFacts &before = baseline_.results->facts, &after = candidate_.results->facts;
    report.paired = before.seed == after.seed;
    if (!report.paired) report.notes.push_back("the results have different seeds: compared as independent samples (Welch)");
    if (before.version != after.version) report.notes.push_back("the results are of different versions: " + before.version + " and " + after.version);
    if (report.paired && report.baseline.replications != report.candidate.replications) report.notes.push_back("only the replications that both sides have are compared");
    models::ScopeNames names;
    addNames(names, baseline_.results->table, *pair.baseline_group);
    addNames(names, candidate_.results->table, *pair.candidate_group);
    tidy(names);
    study.add(std::move(report), {&baseline_.results->table, *pair.baseline_group, nullptr}, {&candidate_.results->table, *pair.candidate_group, nullptr}, rules_, names);
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

  void describe(const Pair& pair, const PairPlan& plan, const PairRuns& runs, engine::ReportScenario& report) const {
    report.paired = !options_.independent_seeds;
    const auto side = [&](engine::ReportSide& made, const ComparedScenario& from, const models::Scenario& scenario, std::uint32_t group, std::uint64_t requests) {
      made.input = from.file;
      made.file = from.file.rfind("git:", 0) == 0 ? "" : from.file;
      made.name = scenario.name;
      made.seed = plan.seed;
      made.simulated = scenario.run.duration.seconds();
      made.warmup = scenario.run.warmup->seconds();
      made.requests = requests;
      for (const engine::SampleRow& row : runs.table.groups[group].rows) {
        made.replications.push_back(row.replication);
        made.fingerprints.push_back(row.fingerprint);
      }
      for (const std::string& warning : overloadWarnings(scenario, models::predict(scenario, models::callGraph(scenario))))
        report.notes.push_back((group == 0 ? "baseline: " : "candidate: ") + warning);
    };
    side(report.baseline, *pair.baseline, plan.baseline, 0, runs.baseline_requests);
    side(report.candidate, *pair.candidate, plan.candidate, 1, runs.candidate_requests);
    report.differences_known = !pair.baseline->text.empty() && !pair.candidate->text.empty();
    models::ScenarioDifference difference = models::differenceOf(pair.baseline->text, pair.candidate->text);
    report.differences = std::move(difference.places);
    for (engine::ReportDifference& place : report.differences) {  // a text that was put together has no lines of its own
      if (pair.baseline->generated) place.baseline_line = 0;
      if (pair.candidate->generated) place.candidate_line = 0;
    }
    report.differences_omitted = difference.omitted;
    std::vector<double> probabilities;
    for (int i = 1; i < 100; ++i) probabilities.push_back(i / 100.0);
    for (const double p : {0.991, 0.992, 0.993, 0.994, 0.995, 0.996, 0.997, 0.998, 0.999, 0.9992, 0.9994, 0.9995, 0.9996, 0.9997, 0.9998, 0.9999}) probabilities.push_back(p);
    report.latency.baseline = runs.baseline.curve(probabilities);
    report.latency.candidate = runs.candidate.curve(probabilities);
    report.latency.probability = report.latency.baseline.empty() || report.latency.candidate.empty() ? std::vector<double>() : probabilities;
    report.series = runs.series;
    for (const engine::ReportSeries& series : runs.series)
      if (series.name == "latency.mean" || series.name == "inFlight") report.settling.push_back(smoothed(series));
    report.events = models::eventsOf(plan.baseline, plan.candidate);
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

  // How many runs are done, on a terminal's stderr.
  class Progress {
   public:
    Progress(std::string label, bool wanted) : label_(std::move(label)), shown_(wanted && stderrIsTerminal()) {}
    ~Progress() {
      if (lines_ > 0) std::fputs("\r\x1b[K", stderr);
    }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    void show(std::uint64_t done, std::uint64_t all) {
      const auto now = std::chrono::steady_clock::now();
      if (!shown_ || now - last_ < std::chrono::milliseconds(200)) return;
      last_ = now;
      ++lines_;
      const double since = std::chrono::duration<double>(now - start_).count();
      std::string line = "\r\x1b[K" + models::printable(label_) + "run " + std::to_string(done) + " of " + std::to_string(all);
      if (done > 0) line += ", about " + seconds(std::ceil(since / static_cast<double>(done) * static_cast<double>(all - done))) + " left";
      std::fputs(line.c_str(), stderr);
      std::fflush(stderr);
    }

   private:
    std::string label_;
    bool shown_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now(), last_;
    int lines_ = 0;
  };

  const CompareOptions& options_;
  models::GateFile gate_;
  models::ComparisonChoices choices_;
  CompareDesign design_;
  double alpha_ = 0.01;  // of the whole command
  std::uint64_t looks_ = 1;
  std::vector<Course> courses_;
  CompareInput baseline_, candidate_;
  std::vector<models::GateRule> rules_;
  std::vector<Pair> pairs_;
  ReportForms forms_;
  std::optional<OutputFolder> folder_;
  ExitCode code_ = ExitCode::done;
  const Pair* running_ = nullptr;
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
