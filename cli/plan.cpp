#include <algorithm>
#include <utility>

#include "cli/interrupt.h"
#include "cli/number_text.h"
#include "cli/plan_text.h"
#include "cli/scenario_input.h"
#include "cli/simulation.h"
#include "cli/study_gates.h"
#include "cli/study_runs.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "cli/whole_study.h"
#include "models/study/decode_study.h"
#include "models/study/gate_rules.h"
#include "models/study/replication_need.h"
#include "models/version.h"

namespace meshmall::cli {
namespace {

constexpr std::uint64_t kPilot = 20;

bool isChange(const models::Expression& expression) {
  return std::any_of(expression.nodes.begin(), expression.nodes.end(), [](const models::ExpressionNode& node) {
    return node.kind == models::ExpressionNode::Kind::comparison && node.term != models::TermKind::value;
  });
}

class Plan {
 public:
  explicit Plan(const PlanOptions& options) : options_(options) {}

  ExitCode prepare() {
    models::StudyDecodeResult decoded = models::loadStudy(options_.study, {options_.choice.seed, options_.choice.duration, options_.choice.sets});
    sayProblems(decoded.problems);
    if (!decoded.study) return decoded.unreadable ? ExitCode::file_trouble : ExitCode::wrong_input;
    study_ = std::move(*decoded.study);
    replications_ = options_.replications.value_or(study_.replications.first);
    const std::uint64_t pilot = options_.pilot.value_or(kPilot);
    study_.replications = {pilot, pilot, 0};
    study_.watched.reset();
    if (!takeRules()) return ExitCode::wrong_input;
    warnOfOverload(options_.study, study_);
    return ExitCode::done;
  }

  int go() {
    StudyRuns runs({options_.study, options_.out, options_.resume, false, options_.jobs, options_.limits, options_.look.quiet}, study_, {},
                   {"plan.json", "results.json", "results.csv", "comparison.json", "ranking.json", "ranking.csv"});
    WholeStudy schedule(study_, {}, std::nullopt);
    if (!runs.fits(schedule.mostRuns())) return code(ExitCode::wrong_input);
    const ExitCode ready = runs.prepare(schedule);
    if (ready != ExitCode::done) return code(ready);
    if (const int stopped = runs.make(schedule)) return stopped;
    return deliver(reportOf(runs), runs);
  }

  std::string command() const {
    std::string text = "meshmall plan " + shellWord(options_.study) + asTyped(options_.choice);
    if (options_.choice.seed) text += " --seed " + shellWord(*options_.choice.seed);
    if (options_.pilot) text += " --pilot " + std::to_string(*options_.pilot);
    if (options_.replications) text += " --replications " + std::to_string(*options_.replications);
    if (options_.alpha) text += " --alpha " + trimmed(*options_.alpha);
    if (options_.power) text += " --power " + trimmed(*options_.power);
    for (const std::string& detect : options_.detect) text += " --detect " + shellWord(detect);
    return text;
  }

 private:
  bool refuse(const std::string& message) const {
    say("meshmall plan: " + message);
    return false;
  }

  // The study's gates, else the default rules; a study of one variant has limits only, or none at all.
  bool takeRules() {
    const bool alone = study_.variants.size() < 2;
    if (study_.gates.empty() && !alone)
      for (const models::GateRule& rule : models::defaultRules()) study_.gates.push_back(rule.expression);
    const bool change = std::any_of(study_.gates.begin(), study_.gates.end(), isChange);
    if (change && !study_.baseline) return refuse(models::inQuotes(options_.study) + " names no baseline to compare the others with: add \"baseline\"");
    for (const models::Expression& gate : study_.gates)
      for (const models::ExpressionNode& node : gate.nodes)
        if (node.kind == models::ExpressionNode::Kind::comparison && std::find(study_.metrics.begin(), study_.metrics.end(), node.metric) == study_.metrics.end())
          study_.metrics.push_back(node.metric);
    return takeDetect();
  }

  // --detect latency.p99=10%: read as a margin of that metric, so that units mean the same.
  bool takeDetect() {
    for (const std::string& text : options_.detect) {
      const std::size_t equals = text.find('=');
      if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) return refuse("--detect: METRIC=CHANGE, e.g. latency.p99=10% (got " + models::inQuotes(text) + ")");
      const std::string metric = text.substr(0, equals), change = text.substr(equals + 1);
      const auto parsed = parseChange(metric, change);
      if (const auto* wrong = std::get_if<models::ExpressionProblem>(&parsed)) return refuse("--detect " + models::inQuotes(text) + ": " + wrong->message + (wrong->hint.empty() ? "" : "; " + wrong->hint));
      const models::ExpressionNode& asked = std::get<models::Expression>(parsed).nodes.front();
      const bool relative = asked.limit_kind == models::LimitKind::relative;
      bool fits = false;
      for (const models::Expression& gate : study_.gates)
        for (const models::ExpressionNode& node : gate.nodes)
          fits = fits || (node.kind == models::ExpressionNode::Kind::comparison && node.term != models::TermKind::value && node.metric == asked.metric &&
                          (node.limit_kind == models::LimitKind::relative) == relative);
      if (!fits) return refuse("--detect " + models::inQuotes(text) + ": no rule bounds a change of " + metric + (relative ? " by a share" : " in that unit"));
      detect_[metric] = {asked.limit, relative};
    }
    return true;
  }

  static std::variant<models::Expression, models::ExpressionProblem> parseChange(const std::string& metric, const std::string& change) {
    auto parsed = models::parseExpression("increase(" + metric + ") <= " + change);
    if (std::holds_alternative<models::ExpressionProblem>(parsed)) {  // measured for services only?
      auto scoped = models::parseExpression("increase(" + metric + ") <= " + change + " for service=*");
      if (std::holds_alternative<models::Expression>(scoped)) parsed = std::move(scoped);
    }
    if (const auto* made = std::get_if<models::Expression>(&parsed); made != nullptr && (made->nodes.size() != 1 || !(made->nodes[0].limit > 0)))
      return models::ExpressionProblem{1, "must be one change above 0, such as 10%", ""};
    return parsed;
  }

  models::PlanReport reportOf(StudyRuns& runs) {
    models::StudyResults pilot = models::resultsOf(runs.planned(), runs.warmups(), runs.takeRows());
    const double alpha = options_.alpha.value_or(0.01);
    models::ComparisonChoices choices;
    choices.alpha = alpha;
    engine::SizingSettings settings;
    settings.alpha = alpha;
    settings.power = options_.power.value_or(0.9);
    settings.replications = replications_;
    models::PlanReport report;
    if (!pilot.facts.gates.empty()) report = models::planOf(judgeGates(pilot, options_.study, command(), choices), settings, study_.replications.first, detect_);
    report.pilot = study_.replications.first;
    report.replications = replications_;
    report.alpha = alpha;
    report.power = settings.power;
    if (pilot.facts.gates.empty()) report.metrics = models::precisionOf(pilot);
    report.study = study_.name;
    report.version = models::version();
    report.seed = study_.seed;
    report.groups = study_.groups.size();
    report.jobs = runs.jobs();
    if (runs.runsMade() > 0)
      report.seconds_a_run = runs.secondsTaken() * static_cast<double>(std::min<std::uint64_t>(runs.jobs(), runs.runsMade())) / static_cast<double>(runs.runsMade());
    report.command = command();
    return report;
  }

  int deliver(const models::PlanReport& report, StudyRuns& runs) const {
    const std::string json = models::planJson(report);
    if (!options_.out.empty()) {
      if (const auto trouble = runs.folder().write("plan.json", json)) {
        say(trouble->message + "; all runs are kept, --resume writes the plan");
        return code(trouble->code);
      }
    }
    const bool shown = options_.look.format == Format::json ? print(json) : options_.look.quiet || print(planText(report, paletteForStdout(options_.look.no_color)));
    return code(shown ? ExitCode::done : ExitCode::file_trouble);
  }

  const PlanOptions& options_;
  models::Study study_;
  std::uint64_t replications_ = 20;
  models::ChangesToCatch detect_;
};

}  // namespace

int plan(const PlanOptions& options) {
  Plan planned(options);
  limitMemory(options.limits);
  const InterruptWatch watch;
  return guardedRuns(
      !options.out.empty(),
      [&] {
        if (const ExitCode problem = planned.prepare(); problem != ExitCode::done) return code(problem);
        return planned.go();
      },
      [&] { return planned.command() + " --jobs 1"; });
}

}  // namespace meshmall::cli
