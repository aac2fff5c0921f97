// The runs of a study, over threads: which ones is the schedule's to say, what each gives is kept in a folder's journal (where there is a folder), so that whatever
// stops the program, the same command goes on with what is there. What the verbs batch, rank and plan have in common.
//
// Which threads make which runs, and in what order they end, never shows: a schedule decides by values alone, and rows are put in order by who reads them.
// Without a folder runs are kept in memory only, and an interrupt loses them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/output_folder.h"
#include "engine/experiment/journal.h"
#include "engine/experiment/replication_plan.h"
#include "models/mall/plan.h"
#include "models/study/batch_records.h"
#include "models/study/columns.h"
#include "models/study/study.h"

namespace meshmall::cli {

// Which runs are wanted.
class RunSchedule {
 public:
  virtual ~RunSchedule() = default;
  virtual bool hasPoint(std::uint32_t point) const = 0;      // some of its runs are this one's to make
  virtual bool wants(engine::RunId run) const = 0;           // belongs to what is known by now, and is not done
  virtual std::optional<engine::RunId> next() = 0;           // nothing: none now; there may be more when others have ended
  virtual void done(const models::GroupRow& row) = 0;        // of a run that was wanted
  virtual bool finished() const = 0;
  virtual std::uint64_t runsDone() const = 0;
  virtual std::uint64_t runsKnown() const = 0;               // so far
  virtual bool mayGrow() const = 0;                          // beyond what is known
};

struct StudyRunSettings {
  std::string study;   // its file as the call named it, for messages
  std::string out;     // folder; empty: none
  bool resume = false;
  bool runs = false;   // write each run's whole result too
  unsigned jobs = 0;   // 0: as many as there are processors
  Limits limits;
  bool quiet = false;
};

// The folder could not be written to.
struct WriteFailed : std::runtime_error {
  explicit WriteFailed(const FileTrouble& t) : std::runtime_error(t.message), trouble(t) {}
  FileTrouble trouble;
};

class StudyRuns {
 public:
  // `study` and `schedule` outlive it. `results`: files of the folder that an earlier command left and a fresh start takes away.
  StudyRuns(StudyRunSettings settings, const models::Study& study, engine::Shard shard, std::vector<std::string> results);

  // Columns and groups of what is kept; no rows.
  const models::StudyResults& planned() const { return planned_; }
  // So many runs fit into memory; if not, it says so.
  bool fits(std::uint64_t runs) const;
  // Takes the folder, and what is in it; or says why not, before anything is changed.
  ExitCode prepare(RunSchedule& schedule);
  // 0: all runs of the schedule are there; else the signal that stopped it, after saying what is kept. Throws as Mall does, and WriteFailed.
  int make(RunSchedule& schedule);

  // Of all runs that are there.
  std::vector<models::GroupRow> takeRows() { return std::move(rows_); }
  const std::vector<std::optional<models::FoundWarmup>>& warmups() const { return warmups_; }
  OutputFolder& folder() { return *folder_; }
  double secondsTaken() const { return seconds_taken_; }  // wall time of make()'s runs, without pilots for the warm-up
  std::uint64_t runsMade() const { return runs_made_; }   // in that time
  unsigned jobs() const { return jobs_; }

 private:
  std::string journalPath() const { return folder_->path() + "/journal"; }
  static ExitCode refuse(const FileTrouble& trouble);
  ExitCode refuse(const std::string& why) const;
  ExitCode takeUp(const engine::JournalContent& content, RunSchedule& schedule);
  void resume(models::BatchRecords& there, RunSchedule& schedule);
  ExitCode startAfresh();
  void keep(const std::vector<std::string>& records);
  void take(models::GroupRow row, RunSchedule& schedule);
  void settleWarmups(const RunSchedule& schedule);
  std::string pointText(std::size_t point) const;
  void makeRuns(RunSchedule& schedule, std::uint64_t before);
  std::optional<engine::SampleRow> makeRun(const engine::RunId& run, const std::atomic<bool>& stop);
  std::optional<engine::SampleRow> tryRun(const engine::RunId& run, const std::atomic<bool>& stop);
  std::string runText(const engine::RunId& run) const;
  std::string runFile(const engine::RunId& run) const;
  std::shared_ptr<const models::Plan> planOf(std::uint32_t group);
  int stopped(const RunSchedule& schedule) const;

  const StudyRunSettings settings_;
  const models::Study& study_;
  const engine::Shard shard_;
  const std::vector<std::string> result_files_;
  const models::StudyColumns columns_;
  const models::StudyResults planned_;
  const unsigned jobs_;
  std::optional<OutputFolder> folder_;
  std::optional<engine::Journal> journal_;
  std::vector<std::optional<models::FoundWarmup>> warmups_;  // by point
  std::vector<models::GroupRow> rows_;
  std::mutex plans_mutex_;
  std::vector<std::shared_ptr<const models::Plan>> plans_;  // by group, made when first needed
  bool complete_ = false;                                   // the journal says so
  int signal_ = 0;
  double seconds_taken_ = 0;
  std::uint64_t runs_made_ = 0;
};

// What `work` gives, or the code of what it threw, after saying so. `kept`: the runs before a failure are in a folder. `again`: the line that repeats it.
int guardedRuns(bool kept, const std::function<int()>& work, const std::function<std::string()>& again);

// Stations that get more than they can serve, for each variant and point of the study, to stderr.
void warnOfOverload(const std::string& file, const models::Study& study);

}  // namespace meshmall::cli
