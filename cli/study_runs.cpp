#include "cli/study_runs.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <new>
#include <thread>
#include <utility>

#include "cli/guard.h"
#include "cli/interrupt.h"
#include "cli/number_text.h"
#include "cli/prediction_report.h"
#include "cli/runs_progress.h"
#include "cli/simulation.h"
#include "cli/terminal.h"
#include "cli/warmup.h"
#include "engine/experiment/parallel.h"
#include "engine/kernel/limit.h"
#include "engine/kernel/promise.h"
#include "models/mall/mall.h"
#include "models/version.h"

namespace meshmall::cli {
namespace {

constexpr int kSlice = 4096;  // events between two looks at whether to stop
constexpr int kSlicesPerMemoryLook = 64;
constexpr std::size_t kMostWarnings = 20;
constexpr std::uint64_t kMostValues = 100'000'000;  // kept in memory, 16 bytes each

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

}  // namespace

StudyRuns::StudyRuns(StudyRunSettings settings, const models::Study& study, engine::Shard shard, std::vector<std::string> results)
    : settings_(std::move(settings)),
      study_(study),
      shard_(shard),
      result_files_(std::move(results)),
      columns_(study_),
      planned_(plannedResults(study_, columns_)),
      jobs_(settings_.jobs > 0 ? settings_.jobs : std::max(1U, std::thread::hardware_concurrency())),
      warmups_(study_.points.size()),
      plans_(study_.groups.size()) {}

bool StudyRuns::fits(std::uint64_t runs) const {
  if (runs * columns_.table().columns.size() <= kMostValues) return true;
  say(settings_.study + ": " + std::to_string(runs) + " runs with " + std::to_string(columns_.table().columns.size()) +
      " values each are too many to keep; name the \"metrics\" you need, or use fewer runs");
  return false;
}

ExitCode StudyRuns::prepare(RunSchedule& schedule) {
  if (settings_.out.empty()) return ExitCode::done;
  auto opened = OutputFolder::open(settings_.out);
  if (const auto* failed = std::get_if<FileTrouble>(&opened)) return refuse(*failed);
  folder_.emplace(std::move(std::get<OutputFolder>(opened)));
  engine::JournalContent content;
  auto journal = engine::Journal::open(journalPath(), content);
  if (const auto* failed = std::get_if<engine::JournalTrouble>(&journal)) return refuse({ExitCode::file_trouble, journalPath() + ": " + failed->what});
  journal_.emplace(std::move(std::get<engine::Journal>(journal)));
  return takeUp(content, schedule);
}

int StudyRuns::make(RunSchedule& schedule) {
  const auto begun = std::chrono::steady_clock::now();
  const std::uint64_t before = schedule.runsDone();
  if (before > 0 && !settings_.quiet) say(settings_.out + ": " + std::to_string(before) + " runs are there already");
  settleWarmups(schedule);
  const auto settled = std::chrono::steady_clock::now();
  if (signal_ == 0) makeRuns(schedule, before);
  if (signal_ != 0) return stopped(schedule);
  if (!complete_) keep({models::endRecord()});
  const auto ended = std::chrono::steady_clock::now();
  seconds_taken_ = std::chrono::duration<double>(ended - settled).count();
  runs_made_ = schedule.runsDone() - before;
  if (!settings_.quiet)
    say(std::to_string(runs_made_) + " runs in " + milliseconds(std::chrono::duration<double>(ended - begun).count() * 1e3) + " of wall time, " + std::to_string(jobs_) +
        (jobs_ == 1 ? " job" : " jobs"));
  return 0;
}

ExitCode StudyRuns::refuse(const FileTrouble& trouble) {
  say(trouble.message);
  return trouble.code;
}

ExitCode StudyRuns::refuse(const std::string& why) const {
  say(settings_.out + ": " + why);
  return ExitCode::wrong_input;
}

// Goes on with what the folder holds, or starts afresh; or refuses, before anything is changed.
ExitCode StudyRuns::takeUp(const engine::JournalContent& content, RunSchedule& schedule) {
  auto read = models::readBatchRecords(content.records);
  if (content.records.empty() && content.damaged > 0) read = std::string("its lines are damaged");
  if (const auto* wrong = std::get_if<std::string>(&read)) return refuse("holds a journal that can't be used (" + *wrong + "); remove it, or take another folder");
  auto& there = std::get<std::optional<models::BatchRecords>>(read);
  if (there && settings_.resume) {
    if (there->plan != models::planLine(planned_))
      return refuse("holds the runs of " + std::string(there->planned.facts.version == models::version() ? "another plan (the study, a scenario or an option has changed)"
                                                                                                          : "another version, " + there->planned.facts.version) +
                    "; they can't be mixed: take another folder");
    if (!(there->shard == shard_)) return refuse("holds shard " + std::to_string(there->shard.index) + "/" + std::to_string(there->shard.count) + ", not this one");
    if (content.damaged > 0) say(settings_.out + ": warning: " + std::to_string(content.damaged) + " damaged lines of the journal are left out; their runs are made again");
    resume(*there, schedule);
    return ExitCode::done;
  }
  if (there && !there->complete)
    return refuse("holds " + std::to_string(there->rows.size()) + " runs of a batch that is not finished; --resume goes on with them, or remove the folder");
  return startAfresh();
}

void StudyRuns::resume(models::BatchRecords& there, RunSchedule& schedule) {
  warmups_ = there.warmups;
  // By replication, so that a plan that grows has grown when the later ones come.
  std::sort(there.rows.begin(), there.rows.end(), [](const models::GroupRow& a, const models::GroupRow& b) {
    return std::pair(a.row.replication, a.group) < std::pair(b.row.replication, b.group);
  });
  for (bool any = true; any;) {  // what a run decides may make others wanted, also some that stand before it
    any = false;
    std::vector<models::GroupRow> later;
    for (models::GroupRow& row : there.rows) {
      if (schedule.wants({row.group, row.row.replication})) {
        take(std::move(row), schedule);
        any = true;
      } else {
        later.push_back(std::move(row));
      }
    }
    there.rows = std::move(later);
  }
  complete_ = there.complete && schedule.finished();
}

ExitCode StudyRuns::startAfresh() {
  // What an earlier command left goes first, so that the folder never mixes two.
  for (const std::string& name : result_files_)
    if (const auto trouble = folder_->remove(name)) return refuse(*trouble);
  if (const auto failed = journal_->clear()) return refuse({ExitCode::file_trouble, journalPath() + ": " + failed->what});
  try {
    keep({models::planRecord(models::planLine(planned_)), models::shardRecord(shard_)});
  } catch (const WriteFailed& failed) {
    return refuse(failed.trouble);
  }
  return ExitCode::done;
}

void StudyRuns::keep(const std::vector<std::string>& records) {
  if (!journal_) return;
  auto failed = journal_->append(records);
  if (!failed) failed = journal_->flush();
  if (failed) throw WriteFailed({ExitCode::file_trouble, journalPath() + ": " + failed->what});
}

void StudyRuns::take(models::GroupRow row, RunSchedule& schedule) {
  schedule.done(row);
  rows_.push_back(std::move(row));
}

// One cut for all variants of a point, the longest that any of them needs: one that settles more slowly is not measured while it does.
void StudyRuns::settleWarmups(const RunSchedule& schedule) {
  std::vector<std::uint32_t> groups;
  for (std::uint32_t g = 0; g < study_.groups.size(); ++g)
    if (planned_.facts.groups[g].warmup_found && !warmups_[study_.groups[g].point] && schedule.hasPoint(study_.groups[g].point)) groups.push_back(g);
  std::vector<std::optional<models::FoundWarmup>> found(study_.points.size());
  std::vector<std::uint32_t> waiting(study_.points.size(), 0);
  for (const std::uint32_t g : groups) ++waiting[study_.groups[g].point];
  RunsProgress progress(!settings_.quiet && !groups.empty(), study_.name + ": warm-up ", 0);
  std::size_t next = 0, done = 0;
  engine::ParallelWork<std::uint32_t, std::optional<Warmup>> work;
  work.next = [&]() -> std::optional<std::uint32_t> { return next < groups.size() ? std::optional(groups[next++]) : std::nullopt; };
  work.work = [&](std::uint32_t g, const std::atomic<bool>&) -> std::optional<Warmup> {
    const Warmup warmup = findWarmup(study_.groups[g].scenario, 0, settings_.limits, false);
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
      say(settings_.study + ": warning: " + pointText(p) + "the run is too short to tell how long it takes to settle; warm-up set to " + seconds(warmups_[p]->length.seconds()));
}

std::string StudyRuns::pointText(std::size_t point) const {
  std::string text;
  for (const auto& [pointer, value] : study_.points[point]) text += pointer + "=" + value + " ";
  return text.empty() ? "" : models::printable(text, 400) + ": ";
}

void StudyRuns::makeRuns(RunSchedule& schedule, std::uint64_t before) {
  RunsProgress progress(!settings_.quiet, study_.name + ": ", before);
  engine::ParallelWork<engine::RunId, std::optional<engine::SampleRow>> work;
  work.next = [&] { return schedule.next(); };
  work.work = [&](const engine::RunId& run, const std::atomic<bool>& stop) { return makeRun(run, stop); };
  work.finish = [&](auto&& ended) {
    std::vector<std::string> records;
    std::vector<models::GroupRow> rows;
    for (auto& [run, row] : ended) {
      if (!row) continue;
      if (journal_) records.push_back(models::runRecord(run.group, *row));
      rows.push_back({run.group, std::move(*row)});
    }
    if (!records.empty()) keep(records);
    for (models::GroupRow& row : rows) take(std::move(row), schedule);
    return true;
  };
  work.wait = [&] {
    progress.show(schedule.runsDone(), schedule.runsKnown(), schedule.mayGrow());
    if (schedule.finished()) return true;
    signal_ = InterruptWatch::signal();
    return signal_ == 0;
  };
  engine::runParallel(jobs_, work);
}

// On a thread of its own. Nothing: it was told to stop. What breaks says in which run.
std::optional<engine::SampleRow> StudyRuns::makeRun(const engine::RunId& run, const std::atomic<bool>& stop) {
  try {
    return tryRun(run, stop);
  } catch (const engine::LimitReached& limit) {
    throw engine::LimitReached(std::string(limit.what()) + " (" + runText(run) + ")");
  } catch (const engine::BrokenPromise& broken) {
    throw engine::BrokenPromise(std::string(broken.what()) + " (" + runText(run) + ")");
  }
}

std::string StudyRuns::runText(const engine::RunId& run) const {
  const models::StudyGroup& group = study_.groups[run.group];
  return pointText(group.point) + "variant " + models::inQuotes(study_.variants[group.variant]) + ", replication " + std::to_string(run.replication);
}

std::optional<engine::SampleRow> StudyRuns::tryRun(const engine::RunId& run, const std::atomic<bool>& stop) {
  models::RunOptions settings;
  settings.seed = study_.seed;
  settings.replication = run.replication;
  settings.max_events = settings_.limits.events;
  models::Mall mall(planOf(run.group), settings);
  for (int slices = 0;; ++slices) {
    bool going = true;
    for (int i = 0; i < kSlice && going; ++i) going = mall.step();
    if (!going) break;
    if (stop.load(std::memory_order_relaxed) || InterruptWatch::signal() != 0) return std::nullopt;
    if (settings_.limits.memory_bytes && slices % kSlicesPerMemoryLook == 0 && memoryInUse() > *settings_.limits.memory_bytes)
      engine::limitReached("the limit on memory was reached");
  }
  const models::Result result = mall.result();
  if (settings_.runs)
    if (const auto trouble = folder_->write(runFile(run), models::toJson(result))) throw WriteFailed(*trouble);
  return columns_.row(run.group, result);
}

// "runs/baseline/0/7.json": variant, sweep point, replication. Names that are no file names get their number.
std::string StudyRuns::runFile(const engine::RunId& run) const {
  const models::StudyGroup& group = study_.groups[run.group];
  std::string variant = study_.variants[group.variant];
  const auto harmless = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; };
  if (!std::all_of(variant.begin(), variant.end(), harmless)) variant = "variant." + std::to_string(group.variant);
  return "runs/" + variant + "/" + std::to_string(group.point) + "/" + std::to_string(run.replication) + ".json";
}

std::shared_ptr<const models::Plan> StudyRuns::planOf(std::uint32_t group) {
  const std::lock_guard<std::mutex> hold(plans_mutex_);
  std::shared_ptr<const models::Plan>& plan = plans_[group];
  if (!plan) {
    models::Scenario scenario = study_.groups[group].scenario;
    if (!scenario.run.warmup) scenario.run.warmup = warmups_[study_.groups[group].point]->length;
    plan = models::makePlan(std::move(scenario));
  }
  return plan;
}

int StudyRuns::stopped(const RunSchedule& schedule) const {
  say(settings_.out.empty() ? std::string("interrupted: nothing is kept without a folder (-o DIR)")
                            : "interrupted: " + std::to_string(schedule.runsDone()) + " of " + std::to_string(schedule.runsKnown()) + " runs are kept in " + settings_.out +
                                  "; the same command with --resume goes on");
  return 128 + signal_;
}

int guardedRuns(bool kept, const std::function<int()>& work, const std::function<std::string()>& again) {
  const std::string end = kept ? "; the runs before it are kept, --resume goes on with them" : "; nothing was written";
  return guarded(
      [&] {
        try {
          return work();
        } catch (const WriteFailed& failed) {
          say(failed.trouble.message + end);
          return code(failed.trouble.code);
        } catch (const engine::LimitReached& limit) {
          say(std::string("limit reached: ") + limit.what() + end);
          return code(ExitCode::limit_reached);
        } catch (const std::bad_alloc&) {
          say("limit reached: out of memory" + end);
          return code(ExitCode::limit_reached);
        }
      },
      again);
}

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

}  // namespace meshmall::cli
