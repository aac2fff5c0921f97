// The trip of one customer, as `meshmall explain` tells it: the run is repeated beside the session, with that customer traced, up to a given instant.
// Recording never changes what happens, so it is the trip that was seen.
#pragma once

#include <atomic>
#include <cstdint>
#include <future>
#include <memory>
#include <string>

#include "engine/kernel/time.h"
#include "models/observation/trip.h"

namespace meshmall::models {
struct Plan;
}

namespace meshmall::gui {

class TripQuery {
 public:
  // Runs in a thread of its own until the customer has left, `until` has come, or the query is destroyed.
  TripQuery(std::shared_ptr<const models::Plan> plan, std::uint64_t number, engine::SimTime until);
  ~TripQuery();
  TripQuery(const TripQuery&) = delete;
  TripQuery& operator=(const TripQuery&) = delete;

  bool ready() const;
  models::Trip take() { return answer_.get(); }  // once; `found` is false when no such customer had come by then
  std::uint64_t number() const { return number_; }

 private:
  std::uint64_t number_;
  std::shared_ptr<std::atomic<bool>> stop_;
  std::future<models::Trip> answer_;
};

}  // namespace meshmall::gui
