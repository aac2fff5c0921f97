#include "models/mall/load_meter.h"

#include <algorithm>

namespace meshmall::models {

void LoadMeter::settle(engine::SimTime now) {
  std::int64_t at = since_.ns;
  if (now.ns / kTenth - at / kTenth >= kSlots) {  // nothing of what was is recent any more
    slots_.fill({});
    at = (now.ns / kTenth - kSlots + 1) * kTenth;
  }
  while (at < now.ns) {
    const std::int64_t end = std::min(now.ns, (at / kTenth + 1) * kTenth);
    slots_[slotOf({at})].held_ns += level_ * static_cast<double>(end - at);
    at = end;
    if (at % kTenth == 0) slots_[slotOf({at})] = {};  // the oldest gives way to the next
  }
  since_ = now;
}

LoadMeter::Load LoadMeter::load(engine::SimTime now) {
  settle(now);
  Load out;
  double held_ns = 0;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (i == slotOf(now)) continue;
    out.requests_per_second += slots_[i].answers;
    out.errors_per_second += slots_[i].errors;
    held_ns += slots_[i].held_ns;
  }
  out.held = held_ns / static_cast<double>(kTenth * (kSlots - 1));
  return out;
}

}  // namespace meshmall::models
