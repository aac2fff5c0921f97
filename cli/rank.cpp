#include <algorithm>
#include <utility>

#include "cli/interrupt.h"
#include "cli/number_text.h"
#include "cli/rank_text.h"
#include "cli/scenario_input.h"
#include "cli/simulation.h"
#include "cli/study_runs.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "models/study/decode_study.h"
#include "models/study/ranking.h"
#include "models/version.h"

namespace meshmall::cli {
namespace {

constexpr std::uint64_t kFirst = 20, kMost = 1000;

// Every sweep point's course; runs of all of them go on at the same time.
class Ranking final : public RunSchedule {
 public:
  Ranking(const models::Study& study, const models::RankSettings& settings, const models::StudyResults& planned, unsigned jobs)
      : settings_(settings), variants_(static_cast<std::uint32_t>(study.variants.size())), points_(static_cast<std::uint32_t>(study.points.size())), jobs_(jobs) {
    const std::string scope = settings.objective.scope();
    column_ = planned.table.column(scope, models::info(settings.objective.metric).name);
    if (settings.against) against_ = planned.table.column(scope, models::info(*settings.against).name);
    for (std::uint32_t p = 0; p < points_; ++p) courses_.emplace_back(settings, variants_);
    handed_.resize(study.groups.size());
  }

  bool hasPoint(std::uint32_t) const override { return true; }
  bool wants(engine::RunId run) const override {
    const auto replication = ownOf(run);
    return replication && courses_[run.group % points_].wants(variantOf(run.group), *replication);
  }
  std::optional<engine::RunId> next() override {
    for (std::uint32_t i = 0; i < points_; ++i) {
      const std::uint32_t point = (turn_ + i) % points_;
      if (const auto run = nextOf(point)) {
        turn_ = (point + 1) % points_;
        return run;
      }
    }
    return std::nullopt;
  }
  void done(const models::GroupRow& row) override {
    ++done_;
    const std::uint64_t replication = *ownOf({row.group, row.row.replication});
    std::vector<bool>& handed = handed_[row.group];
    if (handed.size() <= replication) handed.resize(replication + 1, false);
    if (!handed[replication]) ++known_;  // was there before
    handed[replication] = true;
    models::PointRanking::Observation seen;
    if (column_) {
      seen.value = row.row.values[*column_];
      seen.few_data = row.row.few_data[*column_];
    }
    if (against_) seen.against = row.row.values[*against_];
    models::PointRanking& course = courses_[row.group % points_];
    if (course.wants(variantOf(row.group), replication)) course.observe(variantOf(row.group), replication, seen);
  }
  bool finished() const override {
    return std::all_of(courses_.begin(), courses_.end(), [](const auto& course) { return course.finished(); });
  }
  std::uint64_t runsDone() const override { return done_; }
  std::uint64_t runsKnown() const override {
    const std::uint64_t least = settings_.procedure == models::RankProcedure::ocba ? settings_.budget * points_ : settings_.first * variants_ * points_;
    return std::max(least, known_);
  }
  bool mayGrow() const override { return settings_.procedure != models::RankProcedure::ocba; }

  std::vector<models::RankedPoint> results(const models::Study& study) const {
    std::vector<models::RankedPoint> made;
    for (std::uint32_t p = 0; p < points_; ++p) {
      made.push_back(courses_[p].result(study.variants));
      made.back().point = study.points[p];
    }
    return made;
  }

 private:
  std::uint32_t variantOf(std::uint32_t group) const { return group / points_; }
  // A budget's values must be independent: no two variants have the same customers, so their runs are numbered in turn.
  bool own() const { return settings_.procedure == models::RankProcedure::ocba; }
  std::optional<std::uint64_t> ownOf(engine::RunId run) const {
    if (!own()) return run.replication;
    if (run.replication % variants_ != variantOf(run.group)) return std::nullopt;
    return run.replication / variants_;
  }

  std::optional<engine::RunId> nextOf(std::uint32_t point) {
    const models::PointRanking& course = courses_[point];
    if (course.finished()) return std::nullopt;
    // Far enough ahead that no thread waits for the decision; what it makes in vain does not count.
    const std::uint64_t ahead = 1 + 2 * jobs_ / variants_;
    std::optional<engine::RunId> first;
    std::uint64_t lowest = 0;
    for (std::uint32_t v = 0; v < variants_; ++v) {
      const std::uint32_t group = v * points_ + point;
      std::vector<bool>& handed = handed_[group];
      const std::uint64_t limit = course.mayMake(v, ahead);
      std::uint64_t r = 0;
      while (r < handed.size() && handed[r]) ++r;
      if (r >= limit || !course.wants(v, r)) continue;
      if (first && r >= lowest) continue;
      lowest = r;
      first = engine::RunId{group, own() ? r * variants_ + v : r};
    }
    if (!first) return std::nullopt;
    std::vector<bool>& handed = handed_[first->group];
    if (handed.size() <= lowest) handed.resize(lowest + 1, false);
    handed[lowest] = true;
    ++known_;
    return first;
  }

  const models::RankSettings& settings_;
  const std::uint32_t variants_, points_;
  const unsigned jobs_;
  std::optional<std::size_t> column_, against_;
  std::vector<models::PointRanking> courses_;  // by point
  std::vector<std::vector<bool>> handed_;      // by group, by replication
  std::uint32_t turn_ = 0;
  std::uint64_t done_ = 0, known_ = 0;
};

class Rank {
 public:
  explicit Rank(const RankOptions& options) : options_(options) {}

  ExitCode prepare() {
    models::StudyDecodeResult decoded = models::loadStudy(options_.study, {options_.choice.seed, options_.choice.duration, options_.choice.sets});
    sayProblems(decoded.problems);
    if (!decoded.study) return decoded.unreadable ? ExitCode::file_trouble : ExitCode::wrong_input;
    study_ = std::move(*decoded.study);
    if (study_.variants.size() < 2) return refuse(models::inQuotes(options_.study) + " has one variant: there is nothing to rank");
    if (!takeObjective() || !takeDesign()) return ExitCode::wrong_input;
    study_.metrics = {settings_.objective.metric};
    if (settings_.against && *settings_.against != settings_.objective.metric) study_.metrics.push_back(*settings_.against);
    study_.gates.clear();
    study_.watched.reset();
    study_.replications = {settings_.first, settings_.most, 0};
    warnOfOverload(options_.study, study_);
    return ExitCode::done;
  }

  int go() {
    StudyRuns runs({options_.study, options_.out, options_.resume, false, options_.jobs, options_.limits, options_.look.quiet}, study_, {},
                   {"ranking.json", "ranking.csv", "results.json", "results.csv", "comparison.json"});
    Ranking ranking(study_, settings_, runs.planned(), runs.jobs());
    const std::uint64_t most = settings_.procedure == models::RankProcedure::ocba ? settings_.budget * study_.points.size() : settings_.most * study_.groups.size();
    if (!runs.fits(most)) return code(ExitCode::wrong_input);
    const ExitCode ready = runs.prepare(ranking);
    if (ready != ExitCode::done) return code(ready);
    if (const int stopped = runs.make(ranking)) return stopped;
    models::RankReport report;
    report.study = study_.name;
    report.version = models::version();
    report.scenario_fingerprint = study_.fingerprint;
    report.seed = study_.seed;
    report.settings = settings_;
    report.points = ranking.results(study_);
    for (std::size_t p = 0; p < report.points.size(); ++p) {
      const auto& found = runs.warmups()[p];
      const auto& fixed = study_.groups[p].scenario.run.warmup;
      report.points[p].warmup = fixed ? fixed->seconds() : found ? found->length.seconds() : 0;
    }
    report.command = command();
    return deliver(report, runs);
  }

  std::string command() const {
    std::string text = "meshmall rank " + shellWord(options_.study) + asTyped(options_.choice);
    if (options_.choice.seed) text += " --seed " + shellWord(*options_.choice.seed);
    const auto word = [&](const char* flag, const std::string& value) {
      if (!value.empty()) text += std::string(" ") + flag + " " + shellWord(value);
    };
    word("--metric", options_.metric);
    word("--against", options_.against);
    word("--prefer", options_.prefer);
    word("--delta", options_.delta);
    word("--procedure", options_.procedure);
    if (options_.alpha) text += " --alpha " + trimmed(*options_.alpha);
    if (options_.first) text += " --first " + std::to_string(*options_.first);
    if (options_.most) text += " --max-replications " + std::to_string(*options_.most);
    if (options_.budget) text += " --budget " + std::to_string(*options_.budget);
    return text;
  }

 private:
  ExitCode refuse(const std::string& message) const {
    say("meshmall rank: " + message);
    return ExitCode::wrong_input;
  }

  bool takeObjective() {
    std::vector<models::Problem> problems;
    const std::string standard = study_.watched ? std::string(models::info(*study_.watched).name) : "latency.p99";
    const auto objective = models::parseObjective(options_.metric.empty() ? standard : options_.metric, "--metric", problems);
    if (objective) {
      settings_.objective = *objective;
      takeDirection(problems);
      takeAgainst(problems);
      takeZone(problems);
      checkScope(problems);
    }
    for (const models::Problem& problem : problems) say(models::textOf(problem));
    return problems.empty();
  }

  static models::Problem problem(std::string message) { return {"meshmall rank", 0, 0, "", std::move(message), "", models::Problem::Severity::error, 0}; }

  void takeDirection(std::vector<models::Problem>& problems) {
    const models::MetricInfo& metric = models::info(settings_.objective.metric);
    settings_.higher = options_.prefer.empty() ? metric.better == models::Better::higher : options_.prefer == "high";
    if (options_.prefer.empty() && metric.better == models::Better::neither)
      problems.push_back(problem(std::string(metric.name) + " is neither better high nor low: say --prefer low or --prefer high"));
  }

  void takeAgainst(std::vector<models::Problem>& problems) {
    if (options_.against.empty()) return;
    const models::RankObjective& objective = settings_.objective;
    const std::string scope = objective.kind == models::ScopeKind::mall ? "" : " for " + objective.scope();
    const auto other = models::parseObjective(options_.against + scope, "--against", problems);
    if (!other) return;
    settings_.against = other->metric;
    if (models::info(other->metric).better == models::Better::neither)
      problems.push_back(problem("--against: " + std::string(models::info(other->metric).name) + " is neither better high nor low"));
  }

  void takeZone(std::vector<models::Problem>& problems) {
    if (!options_.delta.empty()) {
      if (const auto zone = models::parseIndifference(options_.delta, settings_.objective, "--delta", problems)) settings_.indifference = *zone;
      return;
    }
    if (const auto zone = models::defaultIndifference(settings_.objective.metric)) {
      settings_.indifference = *zone;
    } else {
      problems.push_back(problem(std::string(models::info(settings_.objective.metric).name) + " is a count: say which difference does not matter, e.g. --delta 10 or --delta 2%"));
    }
  }

  void checkScope(std::vector<models::Problem>& problems) const {
    const models::RankObjective& objective = settings_.objective;
    if (objective.kind == models::ScopeKind::mall) return;
    for (const models::StudyGroup& group : study_.groups) {
      std::vector<std::string> names;
      for (const models::Service& service : group.scenario.services)
        if (objective.kind == models::ScopeKind::service) names.push_back(service.name);
      for (const models::Traffic& traffic : group.scenario.traffic)
        if (objective.kind == models::ScopeKind::traffic) names.push_back(traffic.name);
      if (std::find(names.begin(), names.end(), objective.name) != names.end()) continue;
      std::string message = "--metric: variant " + models::inQuotes(study_.variants[group.variant]) + " has no " + std::string(models::name(objective.kind)) + " " + models::inQuotes(objective.name);
      for (std::size_t i = 0; i < names.size() && i < 8; ++i) message += (i == 0 ? "; there is " : ", ") + names[i];
      problems.push_back(problem(message + (names.size() > 8 ? ", ..." : "")));
      return;
    }
  }

  bool takeDesign() {
    settings_.procedure = options_.budget ? models::RankProcedure::ocba : options_.procedure == "kn++" ? models::RankProcedure::knpp : models::RankProcedure::kn;
    settings_.alpha = options_.alpha.value_or(0.05);
    settings_.first = options_.first.value_or(kFirst);
    settings_.most = std::max(options_.most.value_or(kMost), options_.most ? 0 : settings_.first);
    if (settings_.first > settings_.most) return refuse("--first is above --max-replications"), false;
    if (!options_.budget) return true;
    settings_.budget = *options_.budget;
    const std::uint64_t least = settings_.first * study_.variants.size();
    if (settings_.budget >= least) return true;
    refuse("--budget " + std::to_string(settings_.budget) + " is not enough for " + std::to_string(settings_.first) + " runs of each of " + std::to_string(study_.variants.size()) +
           " variants: at least " + std::to_string(least) + ", or a smaller --first");
    return false;
  }

  int deliver(const models::RankReport& report, StudyRuns& runs) const {
    const std::string json = models::rankJson(report);
    if (!options_.out.empty()) {
      auto trouble = runs.folder().write("ranking.csv", models::rankCsv(report));
      if (!trouble) trouble = runs.folder().write("ranking.json", json);
      if (trouble) {
        say(trouble->message + "; all runs are kept, --resume writes the ranking");
        return code(trouble->code);
      }
    }
    const bool shown = options_.look.format == Format::json ? print(json) : options_.look.quiet || print(rankText(report, paletteForStdout(options_.look.no_color)));
    if (!shown) return code(ExitCode::file_trouble);
    const bool sure = std::all_of(report.points.begin(), report.points.end(), [](const models::RankedPoint& point) {
      return point.outcome == models::RankOutcome::selected || point.outcome == models::RankOutcome::tied;
    });
    return code(!sure && options_.on_inconclusive == "fail" ? ExitCode::inconclusive : ExitCode::done);
  }

  const RankOptions& options_;
  models::Study study_;
  models::RankSettings settings_;
};

}  // namespace

int rank(const RankOptions& options) {
  Rank ranking(options);
  limitMemory(options.limits);
  const InterruptWatch watch;
  return guardedRuns(
      !options.out.empty(),
      [&] {
        if (const ExitCode problem = ranking.prepare(); problem != ExitCode::done) return code(problem);
        return ranking.go();
      },
      [&] { return ranking.command() + " --jobs 1"; });
}

}  // namespace meshmall::cli
