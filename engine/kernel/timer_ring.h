// The timers of one length, in the order they were started, which is the order they end in: a circular buffer of keys.
// Cancelled timers stay until they reach the front, or until the buffer would have to grow (then they are swept out first).
// The event queue keeps one key per ring in its heap, so that a thousand waiting timeouts weigh as much there as one.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/kernel/event_key.h"

namespace meshmall::engine {

class TimerRing {
 public:
  explicit TimerRing(Duration length) : length_(length) {}

  Duration length() const { return length_; }
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return keys_.capacity() * sizeof(EventKey); }
  SimTime latest() const { return latest_; }  // the end of the timer started last

  EventKey front() const { return keys_[head_ & (keys_.size() - 1)]; }  // not empty
  void popFront() {
    ++head_;
    --size_;
  }

  bool full() const { return size_ == keys_.size(); }
  void grow();  // doubles the room

  // Not full; the key is not smaller than any before.
  void pushBack(EventKey key) {
    keys_[(head_ + size_) & (keys_.size() - 1)] = key;
    ++size_;
    latest_ = timeOf(key);
  }

  // Drops the keys that `keep` says no to, order kept. O(size).
  template <class Keep>
  void keepIf(Keep keep) {
    const std::size_t mask = keys_.size() - 1;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      const EventKey key = keys_[(head_ + i) & mask];
      if (keep(key)) keys_[(head_ + kept++) & mask] = key;
    }
    size_ = kept;
  }

  bool in_heap = false;  // the ring's key is in the event queue's heap; it may be that of an earlier front

 private:
  Duration length_;
  SimTime latest_{};
  std::size_t head_ = 0;  // counts on; the place is head_ modulo the room, a power of two
  std::size_t size_ = 0;
  std::vector<EventKey> keys_ = std::vector<EventKey>(16);
};

}  // namespace meshmall::engine
