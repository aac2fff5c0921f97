// One scenario run several times beside the window, with other random numbers each time: what a single run cannot tell, how sure its figures are.
//
// Run k is that of `meshmall batch` for a study with this scenario as its only variant: the scenario's seed, replication k, and where the warm-up is "auto" the one
// that pilots of this scenario give. Its result is the same to the byte, and so are the means and intervals of any number of runs. Runs may end in any order (there is
// a second worker where the machine has four processors or more); what is told is always of the runs 0 to done - 1, so it does not depend on that.
// How many: a fixed number, or until the watched metric's mean is known precisely enough, by the batch's rule (engine/experiment/replication_plan.h).
//
//   Replications runs({text, path});       // begins at once, on threads of its own
//   ReplicationState now = runs.state();   // from a timer
//   runs.stop();                           // at once; the runs that are over stay
//
// Limiting cases: one run has means and no interval; what a run breaks off with (a limit, a broken promise) ends all, and says in which run. All methods may be called
// from one thread; none waits for a run but the destructor, which waits until the workers have seen that they are to stop (some thousand events, a tenth of a second).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/experiment/replication_plan.h"
#include "engine/statistics/confidence.h"
#include "gui/session/run_bands.h"
#include "models/observation/metrics.h"

namespace meshmall::models {
struct Plan;
struct Result;
}  // namespace meshmall::models

namespace meshmall::gui {

inline constexpr std::uint64_t kMostReplicated = 1'000;  // runs that are asked for from here; a batch can have more

struct ReplicationRequest {
  std::string text, path;                                            // the scenario; where it is from (files that it names lie beside it)
  engine::ReplicationRule runs = {10, 10, 0};
  models::Metric watched = models::Metric::latency_p99;              // of the whole mall
  unsigned workers = 0;                                              // 0: as the machine allows
};

struct Estimate {
  std::uint64_t runs = 0;                    // that have a value
  std::optional<double> mean;                // over them
  std::optional<engine::Interval> interval;  // 95 %, of at least two
  bool few_data = false;                     // some run has too few samples to rely on its value
  std::uint64_t needed = 0;                  // a quantile that some run had too few samples for, less than 10 / (1 - q) of them: so many
  std::optional<double> halfWidth() const { return interval ? std::optional((interval->high - interval->low) / 2) : std::nullopt; }
};

struct EstimatedMetric {
  std::string scope, metric;  // as in a batch's results: "mall", "service=bakery"; "latency.p99"
  Estimate estimate;
};

struct MetricCourse {
  std::vector<std::optional<double>> values;  // of each run
  std::vector<Estimate> estimates;            // after 1, 2, ... runs
};

struct ReplicationState {
  enum class Phase { settling, running, finished, stopped, failed };
  Phase phase = Phase::running;
  std::string hash;                // of the text
  std::uint64_t seed = 1;
  std::uint64_t done = 0;          // runs 0 to done - 1 are in what follows
  std::uint64_t wanted = 0;        // as known so far
  std::uint64_t most = 0;          // that may come to be wanted
  double under_way = 0;            // how much of further runs is done: 1.5 is one and a half of them
  bool precise = false;            // finished because the watched metric is known precisely enough
  std::string error;               // failed: why
  std::string remark;              // worth knowing: the warm-up could not be told
  std::shared_ptr<const std::vector<EstimatedMetric>> estimates;              // in the order of a batch's columns; those that this scenario has
  std::shared_ptr<const std::map<std::string, MetricCourse>> courses;         // of the whole mall's metrics, by name
  std::shared_ptr<const RunBands> bands;                                      // empty before the second run
  bool over() const { return phase != Phase::settling && phase != Phase::running; }
};

// Nothing: it was told to stop. `share`: how much of it is done, 0 to 1. Throws as a mall does.
std::optional<models::Result> runReplication(std::shared_ptr<const models::Plan> plan, std::uint64_t seed, std::uint64_t replication, const std::atomic<bool>& stop,
                                             const std::function<void(double share)>& progress);

class Replications {
 public:
  explicit Replications(ReplicationRequest request);
  ~Replications();
  Replications(const Replications&) = delete;
  Replications& operator=(const Replications&) = delete;

  void stop() { stop_ = true; }
  ReplicationState state() const;
  const ReplicationRequest& request() const { return request_; }

 private:
  class Work;
  void work();
  void fail(const std::string& why);

  const ReplicationRequest request_;
  std::atomic<bool> stop_{false};
  mutable std::mutex mutex_;
  ReplicationState state_;
  std::map<std::uint64_t, double> shares_;  // of the runs that are not in the estimates, by replication
  std::thread thread_;
};

}  // namespace meshmall::gui
