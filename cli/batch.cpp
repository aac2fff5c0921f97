#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <thread>

#include "cli/batch_report.h"
#include "cli/guard.h"
#include "cli/interrupt.h"
#include "cli/number_text.h"
#include "cli/output_folder.h"
#include "cli/prediction_report.h"
#include "cli/scenario_input.h"
#include "cli/shard_choice.h"
#include "cli/simulation.h"
#include "cli/study_gates.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "cli/warmup.h"
#include "engine/experiment/journal.h"
#include "engine/experiment/parallel.h"
#include "engine/kernel/limit.h"
#include "engine/kernel/promise.h"
#include "models/mall/mall.h"
#include "models/study/batch_records.h"
#include "models/study/columns.h"
#include "models/study/decode_study.h"
#include "models/version.h"

namespace meshmall::cli {
namespace {

constexpr const char* kJournal = "journal";
constexpr const char* kKept = "; the runs before it are kept, --resume goes on with them";
constexpr int kSlice = 4096;  // events between two looks at whether to stop
constexpr int kSlicesPerMemoryLook = 64;
constexpr std::size_t kMostWarnings = 20;
constexpr std::uint64_t kMostValues = 100'000'000;  // kept in memory, 16 bytes each

struct WriteFailed : std::runtime_error {
  explicit WriteFailed(const FileTrouble& t) : std::runtime_error(t.message), trouble(t) {}
  FileTrouble trouble;
};

models::StudyResults plannedResults(const models::Study& study, const models::StudyColumns& columns) {
  models::StudyResults planned;
  planned.table = columns.table();
  models::StudyFacts& facts = planned.facts;
  facts.name = study.name;
  facts.version = models::version();
  facts.fingerprint = study.fingerprint;
  facts.seed = study.seed;
  if (study.baseline) facts.baseline = study.variants[*study.baseline];
  facts.replications = study.replications;
  if (study.watched) facts.watched = models::info(*study.watched).name;
  for (const models::Metric metric : study.metrics) facts.metrics.emplace_back(models::info(metric).name);
  for (const models::Expression& gate : study.gates) facts.gates.push_back(gate.text);
  for (const models::StudyGroup& group : study.groups) {
    const auto& warmup = group.scenario.run.warmup;
    facts.groups.push_back({group.point, group.scenario.name, warmup ? warmup->seconds() : 0, !warmup, group.scenario.run.duration.seconds()});
  }
  return planned;
}

class Batch {
 public:
  Batch(const BatchOptions& options, models::Study study, engine::Shard shard, ReportForms forms)
      : options_(options),
        forms_(std::move(forms)),
        study_(std::move(study)),
        shard_(shard),
        columns_(study_),
        planned_(plannedResults(study_, columns_)),
        plan_(study_.blocks(), study_.replications, shard),
        jobs_(options.jobs > 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency())),
        warmups_(study_.points.size()),
        plans_(study_.groups.size()) {}

  // Whether it fits into memory at all.
  bool fits() const {
    const std::uint64_t values = plan_.mostRuns() * columns_.table().columns.size();
    if (values <= kMostValues) return true;
    say(options_.study + ": " + std::to_string(plan_.mostRuns()) + " runs with " + std::to_string(columns_.table().columns.size()) +
        " values each are too many to keep; name the \"metrics\" you need, or use fewer runs");
    return false;
  }

  ExitCode prepare() {
    auto opened = OutputFolder::open(options_.out);
    if (const auto* failed = std::get_if<FileTrouble>(&opened)) return refuse(*failed);
    folder_.emplace(std::move(std::get<OutputFolder>(opened)));
    engine::JournalContent content;
    auto journal = engine::Journal::open(journalPath(), content);
    if (const auto* failed = std::get_if<engine::JournalTrouble>(&journal)) return refuse({ExitCode::file_trouble, journalPath() + ": " + failed->what});
    journal_.emplace(std::move(std::get<engine::Journal>(journal)));
    return takeUp(content);
  }

  int go() {
    const auto begun = std::chrono::steady_clock::now();
    const std::uint64_t before = plan_.runsDone();
    if (before > 0 && !options_.look.quiet) say(options_.out + ": " + std::to_string(before) + " runs are there already");
    settleWarmups();
    if (signal_ == 0) makeRuns(before);
    if (signal_ != 0) return stopped();
    if (!complete_) keep({models::endRecord()});
    if (!options_.look.quiet) {
      const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
      say(std::to_string(plan_.runsDone() - before) + " runs in " + milliseconds(took * 1e3) + " of wall time, " + std::to_string(jobs_) + (jobs_ == 1 ? " job" : " jobs"));
    }
    return finish();
  }

 private:
  std::string journalPath() const { return folder_->path() + "/" + kJournal; }

  static ExitCode refuse(const FileTrouble& trouble) {
    say(trouble.message);
    return trouble.code;
  }
  ExitCode refuse(const std::string& why) const {
    say(options_.out + ": " + why);
    return ExitCode::wrong_input;
  }

  // Goes on with what the folder holds, or starts afresh; or refuses, before anything is changed.
  ExitCode takeUp(const engine::JournalContent& content) {
    auto read = models::readBatchRecords(content.records);
    if (content.records.empty() && content.damaged > 0) read = std::string("its lines are damaged");
    if (const auto* wrong = std::get_if<std::string>(&read)) return refuse("holds a journal that can't be used (" + *wrong + "); remove it, or take another folder");
    auto& there = std::get<std::optional<models::BatchRecords>>(read);
    if (there && options_.resume) {
      if (there->plan != models::planLine(planned_))
        return refuse("holds the runs of " + std::string(there->planned.facts.version == models::version() ? "another plan (the study, a scenario or an option has changed)"
                                                                                                            : "another version, " + there->planned.facts.version) +
                      "; they can't be mixed: take another folder");
      if (!(there->shard == shard_)) return refuse("holds shard " + std::to_string(there->shard.index) + "/" + std::to_string(there->shard.count) + ", not this one");
      if (content.damaged > 0) say(options_.out + ": warning: " + std::to_string(content.damaged) + " damaged lines of the journal are left out; their runs are made again");
      resume(*there);
      return ExitCode::done;
    }
    if (there && !there->complete)
      return refuse("holds " + std::to_string(there->rows.size()) + " runs of a batch that is not finished; --resume goes on with them, or remove the folder");
    return startAfresh();
  }

  void resume(models::BatchRecords& there) {
    warmups_ = there.warmups;
    complete_ = there.complete;
    // By replication, so that a plan that grows has grown when the later ones come.
    std::sort(there.rows.begin(), there.rows.end(), [](const models::GroupRow& a, const models::GroupRow& b) {
      return std::pair(a.row.replication, a.group) < std::pair(b.row.replication, b.group);
    });
    for (models::GroupRow& row : there.rows)
      if (plan_.wants({row.group, row.row.replication})) take(std::move(row));
  }

  ExitCode startAfresh() {
    // What an earlier batch left goes first, so that the folder never mixes two.
    for (const char* name : {"results.json", "results.csv"})
      if (const auto trouble = folder_->remove(name)) return refuse(*trouble);
    if (const auto failed = journal_->clear()) return refuse({ExitCode::file_trouble, journalPath() + ": " + failed->what});
    try {
      keep({models::planRecord(models::planLine(planned_)), models::shardRecord(shard_)});
    } catch (const WriteFailed& failed) {
      return refuse(failed.trouble);
    }
    return ExitCode::done;
  }

  void keep(const std::vector<std::string>& records) {
    auto failed = journal_->append(records);
    if (!failed) failed = journal_->flush();
    if (failed) throw WriteFailed({ExitCode::file_trouble, journalPath() + ": " + failed->what});
  }

  void take(models::GroupRow row) {
    const auto watched = models::watchedColumn(planned_);
    plan_.done({row.group, row.row.replication}, watched ? row.row.values[*watched] : std::nullopt);
    rows_.push_back(std::move(row));
  }

  // One cut for all variants of a point, the longest that any of them needs: a candidate that settles more slowly is not measured while it does.
  void settleWarmups() {
    std::vector<std::uint32_t> groups;
    for (std::uint32_t g = 0; g < study_.groups.size(); ++g)
      if (planned_.facts.groups[g].warmup_found && !warmups_[study_.groups[g].point] && plan_.replications(study_.groups[g].point) > 0) groups.push_back(g);
    std::vector<std::optional<models::FoundWarmup>> found(study_.points.size());
    std::vector<std::uint32_t> waiting(study_.points.size(), 0);
    for (const std::uint32_t g : groups) ++waiting[study_.groups[g].point];
    BatchProgress progress(!options_.look.quiet && !groups.empty(), study_.name + ": warm-up ", 0);
    std::size_t next = 0, done = 0;
    engine::ParallelWork<std::uint32_t, std::optional<Warmup>> work;
    work.next = [&]() -> std::optional<std::uint32_t> { return next < groups.size() ? std::optional(groups[next++]) : std::nullopt; };
    work.work = [&](std::uint32_t g, const std::atomic<bool>&) -> std::optional<Warmup> {
      const Warmup warmup = findWarmup(study_.groups[g].scenario, 0, options_.limits, false);
      return warmup.signal != 0 ? std::nullopt : std::optional(warmup);
    };
    work.finish = [&](auto&& ended) {
      for (auto& [g, warmup] : ended) {
        if (!warmup) continue;
        ++done;
        const std::uint32_t point = study_.groups[g].point;
        auto& longest = found[point];
        if (!longest) longest = models::FoundWarmup{engine::Duration{0}, true};
        longest->length = std::max(longest->length, warmup->length);
        longest->settled = longest->settled && warmup->settled;
        if (--waiting[point] > 0) continue;
        keep({models::warmupRecord(point, *longest)});
        warmups_[point] = *longest;
      }
      return true;
    };
    work.wait = [&] {
      progress.show(done, groups.size(), false);
      return (signal_ = InterruptWatch::signal()) == 0;
    };
    engine::runParallel(jobs_, work);
    progress.clear();
    for (std::size_t p = 0; p < warmups_.size(); ++p)
      if (warmups_[p] && !warmups_[p]->settled)
        say(options_.study + ": warning: " + pointText(p) + "the run is too short to tell how long it takes to settle; warm-up set to " + seconds(warmups_[p]->length.seconds()));
  }

  std::string pointText(std::size_t point) const {
    std::string text;
    for (const auto& [pointer, value] : study_.points[point]) text += pointer + "=" + value + " ";
    return text.empty() ? "" : models::printable(text, 400) + ": ";
  }

  void makeRuns(std::uint64_t before) {
    BatchProgress progress(!options_.look.quiet, study_.name + ": ", before);
    engine::ParallelWork<engine::RunId, std::optional<engine::SampleRow>> work;
    work.next = [&] { return plan_.next(); };
    work.work = [&](const engine::RunId& run, const std::atomic<bool>& stop) { return makeRun(run, stop); };
    work.finish = [&](auto&& ended) {
      std::vector<std::string> records;
      std::vector<models::GroupRow> rows;
      for (auto& [run, row] : ended) {
        if (!row) continue;
        records.push_back(models::runRecord(run.group, *row));
        rows.push_back({run.group, std::move(*row)});
      }
      if (!records.empty()) keep(records);
      for (models::GroupRow& row : rows) take(std::move(row));
      return true;
    };
    work.wait = [&] {
      progress.show(plan_.runsDone(), plan_.runsKnown(), study_.replications.adaptive());
      if (plan_.finished()) return true;
      signal_ = InterruptWatch::signal();
      return signal_ == 0;
    };
    engine::runParallel(jobs_, work);
  }

  // On a thread of its own. Nothing: it was told to stop. What breaks says in which run.
  std::optional<engine::SampleRow> makeRun(const engine::RunId& run, const std::atomic<bool>& stop) {
    try {
      return tryRun(run, stop);
    } catch (const engine::LimitReached& limit) {
      throw engine::LimitReached(std::string(limit.what()) + " (" + runText(run) + ")");
    } catch (const engine::BrokenPromise& broken) {
      throw engine::BrokenPromise(std::string(broken.what()) + " (" + runText(run) + ")");
    }
  }

  std::string runText(const engine::RunId& run) const {
    const models::StudyGroup& group = study_.groups[run.group];
    return pointText(group.point) + "variant " + models::inQuotes(study_.variants[group.variant]) + ", replication " + std::to_string(run.replication);
  }

  std::optional<engine::SampleRow> tryRun(const engine::RunId& run, const std::atomic<bool>& stop) {
    models::RunOptions settings;
    settings.seed = study_.seed;
    settings.replication = run.replication;
    settings.max_events = options_.limits.events;
    models::Mall mall(planOf(run.group), settings);
    for (int slices = 0;; ++slices) {
      bool going = true;
      for (int i = 0; i < kSlice && going; ++i) going = mall.step();
      if (!going) break;
      if (stop.load(std::memory_order_relaxed) || InterruptWatch::signal() != 0) return std::nullopt;
      if (options_.limits.memory_bytes && slices % kSlicesPerMemoryLook == 0 && memoryInUse() > *options_.limits.memory_bytes)
        engine::limitReached("the limit on memory was reached");
    }
    const models::Result result = mall.result();
    if (options_.runs)
      if (const auto trouble = folder_->write(runFile(run), models::toJson(result))) throw WriteFailed(*trouble);
    return columns_.row(run.group, result);
  }

  // "runs/baseline/0/7.json": variant, sweep point, replication. Names that are no file names get their number.
  std::string runFile(const engine::RunId& run) const {
    const models::StudyGroup& group = study_.groups[run.group];
    std::string variant = study_.variants[group.variant];
    const auto harmless = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; };
    if (!std::all_of(variant.begin(), variant.end(), harmless)) variant = "variant." + std::to_string(group.variant);
    return "runs/" + variant + "/" + std::to_string(group.point) + "/" + std::to_string(run.replication) + ".json";
  }

  std::shared_ptr<const models::Plan> planOf(std::uint32_t group) {
    const std::lock_guard<std::mutex> hold(plans_mutex_);
    std::shared_ptr<const models::Plan>& plan = plans_[group];
    if (!plan) {
      models::Scenario scenario = study_.groups[group].scenario;
      if (!scenario.run.warmup) scenario.run.warmup = warmups_[study_.groups[group].point]->length;
      plan = models::makePlan(std::move(scenario));
    }
    return plan;
  }

  int stopped() const {
    say("interrupted: " + std::to_string(plan_.runsDone()) + " of " + std::to_string(plan_.runsKnown()) + " runs are kept in " + options_.out +
        "; the same command with --resume goes on");
    return 128 + signal_;
  }

  int finish() {
    const models::StudyResults results = models::resultsOf(planned_, warmups_, std::move(rows_));
    if (!shard_.whole()) {
      if (!options_.look.quiet)
        say(options_.out + ": shard " + std::to_string(shard_.index) + "/" + std::to_string(shard_.count) + " is done, " + std::to_string(plan_.runsDone()) +
            " runs; `meshmall merge` puts all shards together");
      return code(ExitCode::done);
    }
    auto trouble = folder_->write("results.csv", models::resultsCsv(results));
    const std::string json = trouble ? "" : models::resultsJson(results);
    if (!trouble) trouble = folder_->write("results.json", json);  // last: where it is, all is
    if (trouble) return code(refuse({trouble->code, trouble->message + "; all runs are kept, --resume writes the results"}));
    const bool shown = options_.look.format == Format::json ? print(json) : options_.look.quiet || print(batchTable(results, paletteForStdout(options_.look.no_color)));
    if (!shown) return code(ExitCode::file_trouble);
    return reportGates(results, options_.study, "meshmall batch " + shellWord(options_.study) + asTyped(options_.choice) + " -o " + shellWord(options_.out), *folder_, forms_, options_.look);
  }

  const BatchOptions& options_;
  const ReportForms forms_;
  const models::Study study_;
  const engine::Shard shard_;
  const models::StudyColumns columns_;
  const models::StudyResults planned_;
  engine::ReplicationPlan plan_;
  const unsigned jobs_;
  std::optional<OutputFolder> folder_;
  std::optional<engine::Journal> journal_;
  std::vector<std::optional<models::FoundWarmup>> warmups_;  // by point
  std::vector<models::GroupRow> rows_;
  std::mutex plans_mutex_;
  std::vector<std::shared_ptr<const models::Plan>> plans_;  // by group, made when first needed
  bool complete_ = false;                                   // the journal says so
  int signal_ = 0;
};

void warnOfOverload(const std::string& file, const models::Study& study) {
  std::size_t said = 0;
  for (const models::StudyGroup& group : study.groups) {
    const models::CallGraph graph = models::callGraph(group.scenario);
    for (const std::string& warning : overloadWarnings(group.scenario, models::predict(group.scenario, graph))) {
      if (++said > kMostWarnings) continue;
      std::string where = "variant " + models::inQuotes(study.variants[group.variant]);
      for (const auto& [pointer, value] : study.points[group.point]) where += " " + models::printable(pointer + "=" + value, 400);
      say(file + ": warning: " + where + ": " + warning);
    }
  }
  if (said > kMostWarnings) say(file + ": warning: " + std::to_string(said - kMostWarnings) + " more of this kind");
}

}  // namespace

int batch(const BatchOptions& options) {
  const auto shard = chooseShard(options.shard, [](const char* name) -> const char* { return std::getenv(name); });
  if (const auto* wrong = std::get_if<std::string>(&shard)) {
    say("meshmall batch: " + models::printable(*wrong, 600));
    return code(ExitCode::wrong_input);
  }
  const ShardChoice& slice = std::get<ShardChoice>(shard);
  models::StudyDecodeResult decoded = models::loadStudy(options.study, {options.choice.seed, options.choice.duration, options.choice.sets});
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
  const auto again = [&] { return "meshmall batch " + shellWord(options.study) + asTyped(options.choice) + " --jobs 1 -o NEW_FOLDER"; };
  return guarded(
      [&] {
        Batch batch(options, std::move(*decoded.study), slice.shard, std::get<ReportForms>(forms));
        if (!batch.fits()) return code(ExitCode::wrong_input);
        const ExitCode ready = batch.prepare();
        if (ready != ExitCode::done) return code(ready);
        try {
          return batch.go();
        } catch (const WriteFailed& failed) {
          say(failed.trouble.message + kKept);
          return code(failed.trouble.code);
        } catch (const engine::LimitReached& limit) {
          say(std::string("limit reached: ") + limit.what() + kKept);
          return code(ExitCode::limit_reached);
        } catch (const std::bad_alloc&) {
          say(std::string("limit reached: out of memory") + kKept);
          return code(ExitCode::limit_reached);
        }
      },
      again);
}

}  // namespace meshmall::cli
