// How customers arrive, as a scenario says it: one plain struct for each kind. Rates are arrivals per second, instants count from the
// start of the simulation, warm-up included. Numbers are checked where the scenario is read; arrivals.h says what each kind does.
#pragma once

#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "engine/kernel/time.h"
#include "engine/random/distribution.h"

namespace meshmall::models {

struct PoissonArrivals {
  double rate = 0;          // of the Poisson process, >= 0: with a batch, groups per second (the arrival rate of M^X/M/1)
  std::uint32_t batch = 1;  // customers that come together, >= 1
};

struct ConstantArrivals {
  double rate = 0;  // >= 0; the first customer comes after one spacing
};

struct RenewalArrivals {
  engine::Distribution interarrival;  // not always 0, else time would stand still
};

// Non-homogeneous Poisson.
struct ProfileArrivals {
  enum class Interpolate : std::uint8_t { kLinear, kStep };
  struct Point {
    engine::SimTime at;
    double rate = 0;  // >= 0
  };
  std::vector<Point> points;  // at least one; `at` ascending (equal instants: a jump to the later one's rate), the first at 0 or later
  Interpolate interpolate = Interpolate::kLinear;
  engine::Duration repeat{0};  // 0: the last rate stays; else a period that is not before the last point, where it starts anew
};

// Poisson whose rate is that of a state; states follow each other in their order, round and round, each for an exponential time.
struct MmppArrivals {
  struct State {
    double rate = 0;        // >= 0
    engine::Duration mean;  // time spent in it, > 0
  };
  std::vector<State> states;  // at least one; the first holds at time 0
};

// A fixed number of users who send, wait for the answer, think, and send again; the mall drives them, there is no arrival process.
struct ClosedArrivals {
  std::uint32_t users = 1;
  engine::Distribution think;
};

struct TraceArrivals {
  std::shared_ptr<const std::vector<engine::SimTime>> instants;  // ascending, equal ones allowed; never null
};

using ArrivalConfig = std::variant<PoissonArrivals, ConstantArrivals, RenewalArrivals, ProfileArrivals, MmppArrivals, ClosedArrivals, TraceArrivals>;

}  // namespace meshmall::models
