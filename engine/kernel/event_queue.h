// The queue of what is going to happen in a simulation: small typed events, popped by time, and among equal times in the order
// they were scheduled, whatever way they were scheduled. A plain value: a copy goes on exactly like the original, with the same handles.
//
//   EventQueue queue;
//   const RingId per_try = queue.timeoutRing(milliseconds(100));
//   const TimerId timeout = queue.scheduleTimeout(now, per_try, {kTimeout, call, 0});
//   queue.schedule(now + hop, {kArrive, call, 0});
//   while (queue.pop(now, event)) switch (event.kind) { ... queue.cancel(timeout); ... }
//
// Built from a 4-ary heap of 16-byte keys, a pool of slots for what the events mean, and a ring per length of timeout: timers of
// one length end in the order they start, so only the ring's first needs to be in the heap, and those cancelled in time never get there.
// Cancelling frees the slot at once and leaves the key behind as stale; there are never more stale keys than live ones and kStaleFloor.
// Limits: 2^40 events scheduled in all, 16,711,680 pending at once, 65,535 rings (LimitReached). No allocation once the peak has been seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/kernel/event_key.h"
#include "engine/kernel/key_heap.h"
#include "engine/kernel/limit.h"
#include "engine/kernel/promise.h"
#include "engine/kernel/time.h"
#include "engine/kernel/timer_ring.h"

namespace meshmall::engine {

// What happens. The meaning is the model's: usually an enum's value, an index, and a number more.
struct Event {
  std::uint32_t kind = 0;
  std::uint32_t subject = 0;
  std::uint64_t detail = 0;
  friend bool operator==(const Event&, const Event&) = default;
};

inline constexpr std::uint32_t kNoSlot = ~0U;

// A handle to one scheduled event; the default is none. Opaque: together the two fields are a number that is never given twice.
struct TimerId {
  std::uint32_t slot = kNoSlot;
  std::uint32_t generation = 0;
  friend bool operator==(const TimerId&, const TimerId&) = default;
};

// A ring of timers of one length, from timeoutRing(); valid in that queue and its copies.
struct RingId {
  std::uint32_t index = ~0U;
  friend bool operator==(const RingId&, const RingId&) = default;
};

struct EventQueueLimits {
  std::uint64_t sequences = kMaxSequences;  // events scheduled in all; at most kMaxSequences
  std::uint32_t pending = kMaxSlots;        // events waiting at once; at most kMaxSlots
  std::uint32_t rings = kMaxRings;          // different lengths of timeout; at most kMaxRings
};

class EventQueue {
 public:
  static constexpr std::size_t kStaleFloor = 1024;

  EventQueue() = default;
  explicit EventQueue(EventQueueLimits limits);  // larger limits than the key has bits for are cut

  // Any time from now() on (an earlier one is a BrokenPromise). Equal times fire in the order they were scheduled.
  // Throws LimitReached, and leaves the queue as it was, when a number space is used up. O(log pending).
  TimerId schedule(SimTime at, Event e) {
    promise(at >= now_, "an event was scheduled in the past");
    const std::uint64_t ticket = admit(e);
    heap_.push(keyOf(at, ticket));
    return handleOf(ticket);
  }

  // Sets `count` places aside in the order of events scheduled now, for events that are scheduled later. Returns the first; the others follow.
  std::uint64_t reserve(std::uint64_t count) {
    if (count > limits_.sequences - next_sequence_) [[unlikely]] limitReached("too many events were scheduled in this run");
    next_sequence_ += count;
    return next_sequence_ - count;
  }

  // As schedule(), but among equal times at a place that was set aside: as if it had been scheduled when reserve() was called. Each place once.
  TimerId scheduleReserved(SimTime at, std::uint64_t place, Event e) {
    promise(at >= now_, "an event was scheduled in the past");
    promise(place < next_sequence_, "an event was scheduled at a place that was not set aside");
    const std::uint64_t ticket = admitAt(place, e);
    heap_.push(keyOf(at, ticket));
    return handleOf(ticket);
  }

  // The ring of the timers of this length, found or made. For the few distinct lengths of a scenario, not for drawn ones. O(rings) when made.
  RingId timeoutRing(Duration length);

  // Fires at now + the ring's length (at kNever if that is later). `now` is not before now(), nor before that of an earlier call for the ring. O(1).
  TimerId scheduleTimeout(SimTime now, RingId ring, Event e) {
    promise(ring.index < rings_.size(), "a timer was started in a ring that is not there");
    promise(now >= now_, "a timer was started in the past");
    TimerRing& timers = rings_[ring.index];
    const SimTime at = timers.length() > kNever - now ? kNever : now + timers.length();
    promise(at >= timers.latest(), "a timer was started before an earlier one of its ring");
    if (timers.full()) [[unlikely]] makeRoom(timers);
    const std::uint64_t ticket = admit(e);
    const EventKey key = keyOf(at, ticket);
    timers.pushBack(key);
    if (!timers.in_heap) {
      timers.in_heap = true;
      heap_.push(representing(key, ring.index));
    }
    return handleOf(ticket);
  }

  // The event will not fire. False if it has fired or been cancelled already, or the handle is none. O(1) amortised.
  bool cancel(TimerId id) {
    if (!pending(id)) return false;
    release(id.slot & kPlaceMask);
    ++stale_;
    boundStale();
    return true;
  }

  bool pending(TimerId id) const {
    const std::uint32_t slot = id.slot & kPlaceMask;
    return slot < slots_.size() && slots_[slot].ticket == (std::uint64_t{id.generation} << 32 | id.slot);
  }

  // Takes the earliest event; false, and nothing written, when there is none. O(log pending) amortised.
  bool pop(SimTime& at, Event& e) { return popUntil(kNever, at, e); }

  // The same, but takes nothing that is later than `last`.
  bool popUntil(SimTime last, SimTime& at, Event& e) {
    if (!settle()) return false;
    const EventKey key = heap_.top();
    const SimTime time = timeOf(key);
    if (time > last) return false;
    promise(time >= now_, "popped time went back");
    std::uint32_t slot = placeOf(key);
    if (slot < kFirstRingPlace) [[likely]] {
      heap_.dropTop();
    } else {
      TimerRing& timers = rings_[slot - kFirstRingPlace];
      const std::uint32_t ring = slot - kFirstRingPlace;
      slot = placeOf(timers.front());
      timers.popFront();
      advance(timers, ring);
    }
    now_ = time;
    at = time;
    e = slots_[slot].event;
    release(slot);
    boundStale();
    if (live_ > kManyPending) [[unlikely]] fetchNextSlots();
    return true;
  }

  // When the earliest event fires; kNever when there is none. Tidies up, but changes nothing that pops later.
  SimTime nextTime() { return settle() ? timeOf(heap_.top()) : kNever; }

  SimTime now() const { return now_; }            // of the event popped last; 0 before the first
  std::size_t size() const { return live_; }      // events pending
  bool empty() const { return live_ == 0; }
  std::size_t stale() const { return stale_; }    // cancelled keys not yet swept out
  std::uint64_t scheduled() const { return next_sequence_; }  // events scheduled so far, places set aside included
  std::size_t bytes() const;                      // memory held

 private:
  struct Slot {
    Event event;           // of a free slot: detail is the next free slot
    std::uint64_t ticket;  // of the event that lives here; kFree when none does
  };
  static constexpr std::uint64_t kFree = ~std::uint64_t{0};
  static constexpr std::size_t kManyPending = 50'000;

  static TimerId handleOf(std::uint64_t ticket) { return {static_cast<std::uint32_t>(ticket), static_cast<std::uint32_t>(ticket >> 32)}; }
  static EventKey representing(EventKey front, std::uint32_t ring) { return (front & ~EventKey{kPlaceMask}) | (kFirstRingPlace + ring); }

  bool isLive(EventKey key) const { return slots_[placeOf(key)].ticket == ticketOf(key); }

  // Puts the event into a slot and gives it the next sequence number.
  std::uint64_t admit(Event e) {
    if (next_sequence_ >= limits_.sequences) [[unlikely]] limitReached("too many events were scheduled in this run");
    const std::uint64_t ticket = admitAt(next_sequence_, e);
    ++next_sequence_;
    return ticket;
  }

  std::uint64_t admitAt(std::uint64_t sequence, Event e) {
    std::uint32_t slot = free_;
    if (slot == kNoSlot) [[unlikely]] {
      if (slots_.size() >= limits_.pending) limitReached("too many events are pending");
      slot = static_cast<std::uint32_t>(slots_.size());
      slots_.push_back({e, kFree});
    } else {
      free_ = static_cast<std::uint32_t>(slots_[slot].event.detail);
    }
    const std::uint64_t ticket = ticketOf(sequence, slot);
    slots_[slot] = {e, ticket};
    ++live_;
    return ticket;
  }

  void release(std::uint32_t slot) {
    slots_[slot].ticket = kFree;
    slots_[slot].event.detail = free_;
    free_ = slot;
    --live_;
  }

  // Puts the ring's first live timer on top of the heap in place of the ring's present key, or takes the ring out of the heap.
  void advance(TimerRing& timers, std::uint32_t ring) {
    while (!timers.empty() && !isLive(timers.front())) {
      timers.popFront();
      --stale_;
    }
    if (timers.empty()) {
      timers.in_heap = false;
      heap_.dropTop();
    } else {
      heap_.replaceTop(representing(timers.front(), ring));
    }
  }

  // Brings the earliest live event to the top of the heap; false when there is none.
  [[gnu::always_inline]] bool settle() {
    while (heap_.settle()) {
      const EventKey key = heap_.top();
      const std::uint32_t place = placeOf(key);
      if (place < kFirstRingPlace) [[likely]] {
        if (isLive(key)) [[likely]] return true;
        heap_.dropTop();
        --stale_;
        continue;
      }
      // A ring's key is that of its front, or of an earlier one that has been cancelled since: never later than the front's.
      TimerRing& timers = rings_[place - kFirstRingPlace];
      if (!timers.empty() && isLive(timers.front()) && representing(timers.front(), place - kFirstRingPlace) == key) return true;
      advance(timers, place - kFirstRingPlace);
    }
    return false;
  }

  void boundStale() {
    if (stale_ > kStaleFloor && stale_ > live_) [[unlikely]] sweep();
  }

  void fetchNextSlots() const;
  void sweepRing(TimerRing& timers);
  void makeRoom(TimerRing& timers);  // sweeps the ring, and lets it grow if that was not worth it
  void sweep();                      // drops the stale keys, or at least half of them

  KeyHeap heap_;
  std::vector<Slot> slots_;
  std::vector<TimerRing> rings_;
  SimTime now_{};
  std::uint64_t next_sequence_ = 0;
  std::size_t live_ = 0;
  std::size_t stale_ = 0;  // keys in heap and rings whose event was cancelled
  std::uint32_t free_ = kNoSlot;
  EventQueueLimits limits_;
};

}  // namespace meshmall::engine
