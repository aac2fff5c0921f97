#include "gui/session/time_query.h"

#include <algorithm>
#include <chrono>
#include <exception>

#include "models/mall/mall.h"

namespace meshmall::gui {

namespace {

using engine::SimTime;

std::uint64_t customersOf(const models::Mall& mall) {
  std::uint64_t count = 0;
  for (const models::Collector::TrafficCounters& t : mall.collector().traffic()) count += t.customers.started;
  return count;
}

class Walk {
 public:
  Walk(SimTime to, std::atomic<bool>& stop, std::atomic<double>& progress) : to_(to), stop_(stop), progress_(progress) {}

  // In steps, so that it can be stopped. False: it was.
  bool advance(models::Mall& mall, SimTime until, bool shown) {
    const std::int64_t step = std::max<std::int64_t>(1'000'000, to_.ns / 1000);
    while (!mall.finished() && mall.now() < until) {
      if (stop_) return false;
      const SimTime next = std::min(until, SimTime{std::max(mall.now().ns, reached_) + step});
      mall.runUntil(next);
      reached_ = next.ns;
      if (shown && to_.ns > 0) progress_ = std::min(1.0, static_cast<double>(next.ns) / static_cast<double>(to_.ns));
      if (next >= until) break;
    }
    return !stop_;
  }

 private:
  SimTime to_;
  std::int64_t reached_ = 0;  // the clock of a mall stands at its last event
  std::atomic<bool>& stop_;
  std::atomic<double>& progress_;
};

TimeAnswer measure(std::shared_ptr<const models::Plan> plan, SimTime from, SimTime to, SimTime until, std::atomic<bool>& stop, std::atomic<double>& progress) {
  TimeAnswer answer;
  models::RunOptions options;
  options.seed = plan->scenario.run.seed;
  models::Mall mall(std::move(plan), options);
  try {
    if (!Walk(until, stop, progress).advance(mall, from, true)) return answer;
    const std::uint64_t before = customersOf(mall);
    {
      models::Mall ahead = mall;  // to count who comes
      if (!Walk(until, stop, progress).advance(ahead, to, false)) return answer;
      answer.arrived = customersOf(ahead) - before;
    }
    answer.every = std::max<std::uint64_t>(1, (answer.arrived + TimeQuery::kMostTraced - 1) / TimeQuery::kMostTraced);
    if (answer.arrived == 0) return answer;
    mall.traceRange(before + 1, before + answer.arrived, answer.every);
    if (!Walk(until, stop, progress).advance(mall, to, true)) return answer;
    // Most are answered soon after; some wait long, so the rest of the run is gone through in strides.
    const std::uint64_t traced = (answer.arrived + answer.every - 1) / answer.every;
    for (SimTime at = to; !mall.finished() && at < until;) {
      std::uint64_t left = 0;
      for (const models::TripRecord& r : mall.trips().records()) left += r.kind == models::TripRecordKind::customer_left ? 1U : 0U;
      if (left >= traced) break;
      at = std::min(until, at + engine::milliseconds(500));
      if (stop) return answer;
      mall.runUntil(at);
    }
  } catch (const std::exception&) {
    // A limit was reached: what was recorded so far is told.
  }
  answer.log = models::timeLog(models::buildAllTrips(mall.trips(), mall.collector()));
  progress = 1;
  return answer;
}

}  // namespace

TimeQuery::TimeQuery(std::shared_ptr<const models::Plan> plan, SimTime from, SimTime to, SimTime until)
    : stop_(std::make_shared<std::atomic<bool>>(false)), progress_(std::make_shared<std::atomic<double>>(0)) {
  answer_ = std::async(std::launch::async, [plan = std::move(plan), from, to, until, stop = stop_, progress = progress_]() mutable {
    return measure(std::move(plan), from, to, until, *stop, *progress);
  });
}

TimeQuery::~TimeQuery() { *stop_ = true; }

bool TimeQuery::ready() const { return answer_.valid() && answer_.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }

}  // namespace meshmall::gui
