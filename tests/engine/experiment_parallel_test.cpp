// Tasks over threads: each once, results on the calling thread, failures and stops.
#include "engine/experiment/parallel.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace meshmall::engine {
namespace {

struct Count {
  int next = 0, most = 0;
  std::optional<int> operator()() { return next < most ? std::optional(next++) : std::nullopt; }
};

TEST(Parallel, MakesEveryTaskOnceForAnyNumberOfJobs) {
  for (const unsigned jobs : {1U, 2U, 7U}) {
    Count count{0, 500};
    std::vector<int> seen;
    const auto caller = std::this_thread::get_id();
    ParallelWork<int, int> work;
    work.next = [&] { return count(); };
    work.work = [&](const int& task, const std::atomic<bool>&) {
      EXPECT_NE(std::this_thread::get_id(), caller);
      return task * 2;
    };
    work.finish = [&](std::vector<std::pair<int, int>>&& ended) {
      EXPECT_EQ(std::this_thread::get_id(), caller);
      for (const auto& [task, result] : ended) {
        EXPECT_EQ(result, task * 2);
        seen.push_back(task);
      }
      return true;
    };
    work.wait = [] { return true; };
    runParallel(jobs, work);
    std::sort(seen.begin(), seen.end());
    std::vector<int> all(500);
    std::iota(all.begin(), all.end(), 0);
    EXPECT_EQ(seen, all) << jobs;
  }
}

TEST(Parallel, TasksThatComeUpLaterAreMadeToo) {
  int known = 3, next = 0, done = 0;
  ParallelWork<int, int> work;
  work.next = [&] { return next < known ? std::optional(next++) : std::nullopt; };
  work.work = [](const int& task, const std::atomic<bool>&) { return task; };
  work.finish = [&](std::vector<std::pair<int, int>>&& ended) {
    done += static_cast<int>(ended.size());
    if (done == known && known < 50) known += 5;
    return true;
  };
  work.wait = [] { return true; };
  runParallel(3, work);
  EXPECT_EQ(done, known);
  EXPECT_GE(done, 50);
}

TEST(Parallel, AFailureStopsTheOthersAndIsThrownAgainAfterWhatEndedWasHandedOver) {
  Count count{0, 1000};
  std::atomic<int> stopped{0};
  std::vector<int> ended_tasks;
  ParallelWork<int, int> work;
  work.next = [&] { return count(); };
  work.work = [&](const int& task, const std::atomic<bool>& stop) {
    if (task == 5) throw std::runtime_error("five");
    if (task > 5) {
      while (!stop) std::this_thread::yield();
      ++stopped;
    }
    return task;
  };
  work.finish = [&](std::vector<std::pair<int, int>>&& ended) {
    for (const auto& each : ended) ended_tasks.push_back(each.first);
    return true;
  };
  work.wait = [] { return true; };
  try {
    runParallel(4, work);
    FAIL() << "the exception got lost";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "five");
  }
  for (int task = 0; task < 5; ++task) EXPECT_EQ(std::count(ended_tasks.begin(), ended_tasks.end(), task), 1) << task;
  EXPECT_LE(stopped, 3);
  EXPECT_LT(ended_tasks.size(), 20u);
}

TEST(Parallel, StopsWhenItIsToldTo) {
  Count count{0, 1'000'000};
  int ended_tasks = 0;
  ParallelWork<int, int> work;
  work.next = [&] { return count(); };
  work.work = [](const int& task, const std::atomic<bool>&) { return task; };
  work.finish = [&](std::vector<std::pair<int, int>>&& ended) { return (ended_tasks += static_cast<int>(ended.size())) < 10; };
  work.wait = [] { return true; };
  runParallel(2, work);
  EXPECT_GE(ended_tasks, 10);
  EXPECT_LT(ended_tasks, 100);
}

}  // namespace
}  // namespace meshmall::engine
