// Tasks over threads. What is handed out, and what is done with a result, happens on the calling thread; only the work itself is elsewhere. So the caller's
// state needs no lock, and results can come in any order without the caller minding.
//
// A task that throws stops the rest: those that run are told to (their `stop` turns true), nothing more is handed out, and the exception of the lowest task
// (by the order of handing out) is thrown again by runParallel. Limiting case: one job is one thread beside the calling one.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace meshmall::engine {

template <class Task, class Result>
struct ParallelWork {
  std::function<std::optional<Task>()> next;                           // nothing: none now
  std::function<Result(const Task&, const std::atomic<bool>&)> work;   // on a thread of its own; looks at the flag now and then
  std::function<bool(std::vector<std::pair<Task, Result>>&&)> finish;  // what ended since the last call, in the order it ended; false: stop
  std::function<bool()> wait;                                          // called a few times a second; false: stop
};

namespace parallel_detail {

template <class Task, class Result>
class Crew {
 public:
  explicit Crew(unsigned jobs, const ParallelWork<Task, Result>& all) : all_(all), jobs_(jobs) {
    for (unsigned i = 0; i < jobs; ++i) threads_.emplace_back([this] { serve(); });
  }
  ~Crew() {
    {
      const std::lock_guard<std::mutex> hold(mutex_);
      over_ = true;
    }
    stop_ = true;
    to_do_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  void go() {
    bool go_on = true;
    for (std::unique_lock<std::mutex> hold(mutex_);;) {
      while (go_on && !failure_ && tasks_.size() < jobs_) {  // one waits for each thread, so that none is ever idle
        hold.unlock();
        auto task = all_.next();
        hold.lock();
        if (!task) break;
        tasks_.emplace_back(order_++, std::move(*task));
        to_do_.notify_one();
      }
      if (!go_on || failure_) {
        stop_ = true;
        tasks_.clear();
      }
      if (ended_.empty() && busy_ == 0 && tasks_.empty()) break;
      news_.wait_for(hold, std::chrono::milliseconds(100), [&] { return !ended_.empty() || (failure_ && !stop_); });
      std::vector<std::pair<Task, Result>> ended;
      ended.swap(ended_);
      hold.unlock();
      if (!ended.empty()) go_on = all_.finish(std::move(ended)) && go_on;
      go_on = all_.wait() && go_on;
      hold.lock();
    }
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void serve() {
    for (std::unique_lock<std::mutex> hold(mutex_);;) {
      to_do_.wait(hold, [&] { return over_ || !tasks_.empty(); });
      if (over_) return;
      auto [order, task] = std::move(tasks_.front());
      tasks_.pop_front();
      ++busy_;
      hold.unlock();
      std::optional<Result> result;
      std::exception_ptr failure;
      try {
        result.emplace(all_.work(task, stop_));
      } catch (...) {
        failure = std::current_exception();
      }
      hold.lock();
      --busy_;
      if (result) {
        ended_.emplace_back(std::move(task), std::move(*result));
      } else if (!failure_ || order < failed_order_) {
        failure_ = failure;
        failed_order_ = order;
      }
      news_.notify_one();
    }
  }

  const ParallelWork<Task, Result>& all_;
  const unsigned jobs_;
  std::mutex mutex_;
  std::condition_variable to_do_, news_;
  std::deque<std::pair<std::uint64_t, Task>> tasks_;
  std::vector<std::pair<Task, Result>> ended_;
  std::exception_ptr failure_;
  std::uint64_t order_ = 0, failed_order_ = 0;
  unsigned busy_ = 0;
  bool over_ = false;
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;  // last: they use the above
};

}  // namespace parallel_detail

// Until there is no task left and none runs, or something said stop. Results of tasks that ended are always handed to `finish`, also after a stop.
template <class Task, class Result>
void runParallel(unsigned jobs, const ParallelWork<Task, Result>& all) {
  parallel_detail::Crew<Task, Result>(jobs, all).go();
}

}  // namespace meshmall::engine
