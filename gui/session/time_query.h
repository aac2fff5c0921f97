// Where the time of a period's customers went: the run is repeated beside the session with them traced (models/observation/time_spent.h). Recording never changes
// what happens, so these are the customers that were seen. Of more than kMostTraced every n-th is traced, so that memory stays bounded.
#pragma once

#include <atomic>
#include <cstdint>
#include <future>
#include <memory>

#include "engine/kernel/time.h"
#include "models/observation/time_spent.h"

namespace meshmall::models {
struct Plan;
}

namespace meshmall::gui {

struct TimeAnswer {
  models::TimeLog log;
  std::uint64_t arrived = 0;  // customers in the period
  std::uint64_t every = 1;    // of whom every n-th was traced
};

class TimeQuery {
 public:
  static constexpr std::uint64_t kMostTraced = 5'000;

  // Customers who arrive in (from, to]; each is followed to the answer, but not beyond `until`. A thread of its own; destroying the query stops it.
  TimeQuery(std::shared_ptr<const models::Plan> plan, engine::SimTime from, engine::SimTime to, engine::SimTime until);
  ~TimeQuery();
  TimeQuery(const TimeQuery&) = delete;
  TimeQuery& operator=(const TimeQuery&) = delete;

  bool ready() const;
  double progress() const { return *progress_; }  // 0..1
  TimeAnswer take() { return answer_.get(); }     // once

 private:
  std::shared_ptr<std::atomic<bool>> stop_;
  std::shared_ptr<std::atomic<double>> progress_;
  std::future<TimeAnswer> answer_;
};

}  // namespace meshmall::gui
