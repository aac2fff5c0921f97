#include "gui/session/trip_query.h"

#include <algorithm>
#include <chrono>
#include <exception>

#include "models/mall/mall.h"

namespace meshmall::gui {

namespace {

models::Trip follow(std::shared_ptr<const models::Plan> plan, std::uint64_t number, engine::SimTime until, const std::atomic<bool>& stop) {
  models::RunOptions options;
  options.seed = plan->scenario.run.seed;
  options.trace_request = number;
  models::Mall mall(std::move(plan), options);
  constexpr std::int64_t kSteps = 2000;
  const std::int64_t step = std::max<std::int64_t>(1'000'000, until.ns / kSteps);
  models::Trip trip;
  try {
    for (engine::SimTime at{step}; !stop && !mall.finished(); at = at + engine::Duration{step}) {
      mall.runUntil(std::min(at, until));
      trip = models::buildTrip(mall.trips(), number, mall.collector());
      if ((trip.found && trip.ended) || at >= until) break;
    }
  } catch (const std::exception&) {
    // A limit was reached: what was recorded so far is told.
  }
  return trip;
}

}  // namespace

TripQuery::TripQuery(std::shared_ptr<const models::Plan> plan, std::uint64_t number, engine::SimTime until)
    : number_(number), stop_(std::make_shared<std::atomic<bool>>(false)) {
  answer_ = std::async(std::launch::async, [plan = std::move(plan), number, until, stop = stop_]() mutable { return follow(std::move(plan), number, until, *stop); });
}

TripQuery::~TripQuery() { *stop_ = true; }

bool TripQuery::ready() const { return answer_.valid() && answer_.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }

}  // namespace meshmall::gui
