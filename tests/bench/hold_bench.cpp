// Speed of the event queue by itself, per CPU second of the process (a busy neighbour disturbs that least).
// usage: hold_bench [hold|timeouts|fingerprint|all] [OPERATIONS=2e6] [REPETITIONS=5] [N]
//
// hold: N events pending; each step takes the earliest and schedules one an Exp(1) later. The same as probe/hold.cpp measures for bare keys.
// timeouts: N calls under way, each with a timeout of 10 mean answer times; 97 % are answered in time, and their timeouts cancelled.
//   Once with the timeouts in rings of one length, once in the heap, once without any. The first two must do exactly the same.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/kernel/event_queue.h"
#include "engine/kernel/fingerprint.h"
#include "rng.hpp"

namespace {

using namespace meshmall::engine;

struct Load {
  std::size_t operations = 2'000'000;
  int repetitions = 5;
};

Duration exponential(const ZigExp& draw, Xoshiro& random) { return {static_cast<std::int64_t>(draw(random) * 1e9)}; }

template <class Steps>
void measure(const char* name, std::size_t n, Load load, Steps steps) {
  std::vector<double> rates;
  for (int i = 0; i < load.repetitions; ++i) {
    const double start = cpu_now();
    steps(load.operations);
    rates.push_back(static_cast<double>(load.operations) / (cpu_now() - start) / 1e6);
  }
  std::sort(rates.begin(), rates.end());
  const double median = rates[rates.size() / 2];
  std::printf("%-22s N=%-8zu %7.2f M/s (%.2f-%.2f) %7.1f ns", name, n, median, rates.front(), rates.back(), 1000 / median);
}

void hold(std::size_t n, Load load) {
  const ZigExp draw;
  Xoshiro random(42);
  EventQueue queue;
  for (std::size_t i = 0; i < n; ++i) queue.schedule(SimTime{} + exponential(draw, random), {0, static_cast<std::uint32_t>(i), 0});
  std::uint64_t sum = 0;
  const auto steps = [&](std::size_t count) {
    SimTime at;
    Event e;
    for (std::size_t i = 0; i < count && queue.pop(at, e); ++i) {
      sum += e.subject;
      queue.schedule(at + exponential(draw, random), e);
    }
  };
  steps(std::max<std::size_t>(n, 1'000'000));
  measure("hold", n, load, steps);
  const std::uint64_t check = sum + static_cast<std::uint64_t>(queue.now().ns);
  std::printf("  %5.1f B/event  check %llx\n", static_cast<double>(queue.bytes()) / static_cast<double>(n), static_cast<unsigned long long>(check));
}

enum class Timers { kNone, kHeap, kRings };
constexpr std::uint32_t kAnswer = 1, kTimeout = 2;

// N calls at a time; a call that ends, by its answer or its timeout, is followed by another.
class Calls {
 public:
  Calls(std::size_t n, Timers timers, std::uint32_t lengths) : timers_(timers), running_(n) {
    for (std::uint32_t i = 0; i < lengths; ++i) rings_.push_back(queue_.timeoutRing(length(i)));
    for (std::uint32_t i = 0; i < n; ++i) start(SimTime{}, i);
  }

  void steps(std::size_t count) {
    SimTime at;
    Event e;
    for (std::size_t i = 0; i < count && queue_.pop(at, e); ++i) {
      if (e.kind == kAnswer) queue_.cancel(running_[e.subject]);
      fingerprint_.mix(at, e.kind, e.subject);
      start(at, e.subject);
    }
  }
  const EventQueue& queue() const { return queue_; }
  std::string fingerprint() const { return fingerprint_.hex(); }

 private:
  static Duration length(std::size_t ring) { return seconds(10) + microseconds(static_cast<std::int64_t>(ring)); }

  void start(SimTime now, std::uint32_t call) {
    const bool lost = u01(random_()) < 0.03;
    const std::size_t ring = call % rings_.size();
    const Event timeout{kTimeout, call, 0};
    if (timers_ == Timers::kRings) running_[call] = queue_.scheduleTimeout(now, rings_[ring], timeout);
    if (timers_ == Timers::kHeap || (timers_ == Timers::kNone && lost)) running_[call] = queue_.schedule(now + length(ring), timeout);
    if (!lost) queue_.schedule(now + exponential(draw_, random_), {kAnswer, call, 0});
  }

  ZigExp draw_;
  Xoshiro random_{42};
  EventQueue queue_;
  Timers timers_;
  std::vector<RingId> rings_;
  std::vector<TimerId> running_;
  Fingerprint fingerprint_;
};

void timeouts(std::size_t n, Load load) {
  struct Way {
    const char* name;
    Timers timers;
    std::uint32_t lengths;
  };
  for (const Way way : {Way{"calls, no timeouts", Timers::kNone, 1}, Way{"calls, 1 ring", Timers::kRings, 1}, Way{"calls, heap only", Timers::kHeap, 1},
                        Way{"calls, 64 rings", Timers::kRings, 64}, Way{"calls, 64, heap only", Timers::kHeap, 64}}) {
    Calls calls(n, way.timers, way.lengths);
    calls.steps(std::max<std::size_t>(10 * n, 1'000'000));
    measure(way.name, n, load, [&](std::size_t count) { calls.steps(count); });
    std::printf("  %5.1f B/call  run %s\n", static_cast<double>(calls.queue().bytes()) / static_cast<double>(n), calls.fingerprint().c_str());
  }
}

void fingerprint(Load load) {
  Fingerprint run;
  std::int64_t now = 0;
  measure("fingerprint", 1, load, [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) run.mix(SimTime{++now}, static_cast<std::uint32_t>(i & 7), i);
  });
  std::printf("  run %s\n", run.hex().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "all";
  Load load;
  if (argc > 2) load.operations = static_cast<std::size_t>(std::atof(argv[2]));
  if (argc > 3) load.repetitions = std::max(1, std::atoi(argv[3]));
  std::vector<std::size_t> pending{100, 1'000, 10'000, 100'000, 1'000'000};
  std::vector<std::size_t> calls{30, 1'000, 30'000};
  if (argc > 4) pending = calls = {std::max<std::size_t>(1, static_cast<std::size_t>(std::atof(argv[4])))};
  if (what == "hold" || what == "all") {
    for (const std::size_t n : pending) hold(n, load);
  }
  if (what == "timeouts" || what == "all") {
    for (const std::size_t n : calls) timeouts(n, load);
  }
  if (what == "fingerprint" || what == "all") fingerprint(load);
  return 0;
}
