#include "engine/kernel/event_queue.h"

#include <algorithm>

namespace meshmall::engine {

EventQueue::EventQueue(EventQueueLimits limits)
    : limits_{std::min(limits.sequences, kMaxSequences), std::min(limits.pending, kMaxSlots)} {}

RingId EventQueue::timeoutRing(Duration length) {
  promise(length >= Duration{0}, "a timer's length is negative");
  for (std::uint32_t i = 0; i < rings_.size(); ++i) {
    if (rings_[i].length() == length) return {i};
  }
  if (rings_.size() >= kMaxRings) limitReached("too many different lengths of timeout");
  rings_.emplace_back(length);
  return {static_cast<std::uint32_t>(rings_.size() - 1)};
}

std::size_t EventQueue::bytes() const {
  std::size_t sum = heap_.bytes() + slots_.capacity() * sizeof(Slot) + rings_.capacity() * sizeof(TimerRing);
  for (const TimerRing& timers : rings_) sum += timers.bytes();
  return sum;
}

void EventQueue::makeRoom(TimerRing& timers) {
  const std::size_t before = timers.size();
  timers.keepIf([this](EventKey key) { return isLive(key); });
  stale_ -= before - timers.size();
  // Freeing a quarter at least keeps the cost of sweeping constant per timer.
  if (timers.size() > before / 4 * 3) timers.grow();
}

void EventQueue::sweep() {
  for (TimerRing& timers : rings_) timers.keepIf([this](EventKey key) { return isLive(key); });
  heap_.keepIf([this](EventKey key) { return placeOf(key) < kFirstRingPlace && isLive(key); });
  for (std::uint32_t i = 0; i < rings_.size(); ++i) {
    rings_[i].in_heap = !rings_[i].empty();
    if (rings_[i].in_heap) heap_.push(representing(rings_[i].front(), i));
  }
  stale_ = 0;
}

}  // namespace meshmall::engine
