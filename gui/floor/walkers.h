// People on their way, for the eye. A way takes less than a millisecond of simulated time, so at most speeds no customer is in a corridor in two pictures after each
// other. While a mall plays faster than that can be followed, a sample walks slowly enough to be seen: the busier a corridor, the more of them (by its logarithm, a few
// a second at most), tries and answers each in the shares of the last interval. They are nobody in particular and cannot be picked; the floor says that they are a sample.
// Limiting cases: a mall that stands, or plays slowly enough (slowEnough), shows its own customers only. No random draws: shares are kept by carrying what is left over.
#pragma once

#include <cstdint>
#include <vector>

#include "gui/floor/corridor_path.h"
#include "gui/floor/customers_item.h"
#include "models/observation/snapshot.h"

namespace meshmall::gui {

// How a mall moves: simulated seconds for each second in front of the screen.
struct Pace {
  bool playing = false;
  double speed = 1;
};

// Whether its own customers can be seen walking: a way takes at least kSeenWay seconds of display.
inline constexpr double kSeenWay = 0.3;
bool slowEnough(const Pace& pace, const models::FloorPlan& floor);

// Of a corridor in the last interval, per simulated second.
struct Passing {
  double tries = 0, retries = 0;  // retries are among the tries
  double failed_share = 0;        // of the answers
};

class Walkers {
 public:
  // One lane for each of `corridors`; those that were there go on.
  void resize(std::size_t corridors) { lanes_.resize(corridors); }
  void clear() { lanes_.clear(); }
  // `seconds` of display have passed; `length` of the corridor in units of the scene. How many a second set out: walkersPerSecond().
  void advance(std::size_t corridor, double seconds, const Passing& passing, double speed, double length);
  void addTo(std::vector<Person>& people, std::size_t corridor, const CorridorPath& way) const;
  std::size_t count() const;

 private:
  struct Walker {
    double at = 0;  // 0 where it set out, 1 where it goes
    bool back = false;
    PersonShape shape = PersonShape::first;
  };
  struct Lane {
    std::vector<Walker> walkers;
    double due_there = 0, due_back = 0.5, retries = 0, failures = 0;
  };

  std::vector<Lane> lanes_;
};

// As many as come while that is at most two a second, then 2 + 2 log10(half of them), at most eight.
double walkersPerSecond(double passing_per_second);

}  // namespace meshmall::gui
