// What an endpoint knows of its own load: answers, errors and held workers over the last second, in whole tenths of it.
//
// requests/s and errors/s (5xx) count answers; utilisation is the time average of held workers / workers. Before the first full tenth nothing is known
// (0 requests/s, which clients reject). Copyable; O(1) a change.
#pragma once

#include <array>
#include <cstdint>

#include "engine/kernel/time.h"

namespace meshmall::models {

class LoadMeter {
 public:
  // The number of held workers is `level` from `now` on.
  void held(engine::SimTime now, double level) {
    settle(now);
    level_ = level;
  }
  void answered(engine::SimTime now, bool error) {
    settle(now);
    ++slots_[slotOf(now)].answers;
    if (error) ++slots_[slotOf(now)].errors;
  }

  struct Load {
    double requests_per_second = 0, errors_per_second = 0, held = 0;  // held: workers, on average
  };
  Load load(engine::SimTime now);

 private:
  static constexpr std::int64_t kTenth = 100'000'000;
  static constexpr std::int64_t kSlots = 11;  // ten that are full, one that is filling
  struct Slot {
    std::uint32_t answers = 0, errors = 0;
    double held_ns = 0;
  };
  static std::size_t slotOf(engine::SimTime t) { return static_cast<std::size_t>(t.ns / kTenth % kSlots); }
  void settle(engine::SimTime now);

  std::array<Slot, kSlots> slots_{};
  engine::SimTime since_;
  double level_ = 0;
};

}  // namespace meshmall::models
