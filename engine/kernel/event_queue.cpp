#include "engine/kernel/event_queue.h"

#include <algorithm>

namespace meshmall::engine {

EventQueue::EventQueue(EventQueueLimits limits)
    : limits_{std::min(limits.sequences, kMaxSequences), std::min(limits.pending, kMaxSlots), std::min(limits.rings, kMaxRings)} {}

RingId EventQueue::timeoutRing(Duration length) {
  promise(length >= Duration{0}, "a timer's length is negative");
  for (std::uint32_t i = 0; i < rings_.size(); ++i) {
    if (rings_[i].length() == length) return {i};
  }
  if (rings_.size() >= limits_.rings) limitReached("too many different lengths of timeout");
  rings_.emplace_back(length);
  return {static_cast<std::uint32_t>(rings_.size() - 1)};
}

std::size_t EventQueue::bytes() const {
  std::size_t sum = heap_.bytes() + slots_.capacity() * sizeof(Slot) + rings_.capacity() * sizeof(TimerRing);
  for (const TimerRing& timers : rings_) sum += timers.bytes();
  return sum;
}

// With many events pending their slots are far from the processor: asks early for those of the four that may be next.
// Kept out of the header: a compiler that sees only prefetches inside drops the call.
void EventQueue::fetchNextSlots() const {
  for (const EventKey key : heap_.belowTop()) __builtin_prefetch(slots_.data() + placeOf(key));
}

void EventQueue::sweepRing(TimerRing& timers) {
  const std::size_t before = timers.size();
  timers.keepIf([this](EventKey key) { return isLive(key); });
  stale_ -= before - timers.size();
}

void EventQueue::makeRoom(TimerRing& timers) {
  const std::size_t before = timers.size();
  sweepRing(timers);
  // Freeing a quarter at least keeps the cost of sweeping constant per timer.
  if (timers.size() > before / 4 * 3) timers.grow();
}

void EventQueue::sweep() {
  for (TimerRing& timers : rings_) sweepRing(timers);
  // Mostly that was all, and the heap is left alone; at half the bound the next sweep is still far enough to pay for this one.
  if (stale_ <= kStaleFloor / 2 || stale_ <= live_ / 2) return;
  heap_.keepIf([this](EventKey key) { return placeOf(key) >= kFirstRingPlace || isLive(key); });
  stale_ = 0;
}

}  // namespace meshmall::engine
