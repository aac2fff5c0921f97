// The replications of two scenarios, over threads: replication r of both has the same seed, so the same customers come with the same needs. What is kept of
// each is a row of all its metrics; of all together merged latencies and averaged time series. The number of threads does not show in any of it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/options.h"
#include "engine/experiment/sample_table.h"
#include "engine/report/comparison_report.h"
#include "models/scenario/scenario.h"
#include "models/study/pooled_latency.h"

namespace meshmall::cli {

struct PairRuns {
  engine::SampleTable table;  // group 0: baseline, 1: candidate
  models::PooledLatency baseline, candidate;
  std::vector<engine::ReportSeries> series;
  std::uint64_t baseline_requests = 0, candidate_requests = 0;
};

struct PairPlan {
  models::Scenario baseline, candidate;  // with their warm-ups
  std::uint64_t seed = 1;
  std::uint64_t candidate_first = 0;     // the candidate's first replication; not 0: independent of the baseline's
  unsigned jobs = 1;
  Limits limits;
};

struct RunPlace {  // of the replication that failed, for the line that repeats it
  bool candidate = false;
  std::uint64_t replication = 0;
};

// Two sides that are run again and again, until their caller has enough.
class PairRunner {
 public:
  explicit PairRunner(PairPlan plan);
  ~PairRunner();
  PairRunner(const PairRunner&) = delete;
  PairRunner& operator=(const PairRunner&) = delete;

  // Replications 0 .. `replications` - 1 of both sides; those that are there are not made again. 0, or the signal that stopped it. `progress` is told how many of all
  // runs are done. Throws as Mall does; then `failed` says where.
  int extend(std::uint64_t replications, RunPlace& failed, const std::function<void(std::uint64_t done, std::uint64_t all)>& progress);
  const PairRuns& runs() const;
  const PairPlan& plan() const;

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace meshmall::cli
