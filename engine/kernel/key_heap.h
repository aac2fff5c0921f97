// A 4-ary min-heap of event keys. Four sisters share a cache line; the smallest is picked by arithmetic, never by a branch,
// while the lines of the grandchildren are fetched. Taking the top leaves a hole that the next push fills from above, so that
// "take one, put one" sifts once. Places past the end hold the largest key, so that a group of sisters is always whole.
#pragma once

#include <cstddef>
#include <new>
#include <span>
#include <vector>

#include "engine/kernel/event_key.h"

namespace meshmall::engine {

template <class T>
struct CacheLineAllocator {
  using value_type = T;
  static constexpr std::align_val_t kAlignment{64};
  CacheLineAllocator() = default;
  template <class U>
  explicit CacheLineAllocator(const CacheLineAllocator<U>&) {}
  T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), kAlignment)); }
  void deallocate(T* p, std::size_t) { ::operator delete(p, kAlignment); }
  friend bool operator==(const CacheLineAllocator&, const CacheLineAllocator&) { return true; }
};

class KeyHeap {
 public:
  std::size_t size() const { return end_ - kRoot - (hole_ ? 1 : 0); }
  std::size_t bytes() const { return keys_.capacity() * sizeof(EventKey); }

  // Closes the hole that a dropTop left; false when the heap is empty. Call before top(). O(log n) when there is a hole.
  bool settle() {
    if (hole_) {
      hole_ = false;
      const EventKey last = keys_[--end_];
      keys_[end_] = kLargest;
      if (end_ > kRoot) sink(kRoot, last);
    }
    return end_ > kRoot;
  }

  EventKey top() const { return keys_[kRoot]; }  // settled and not empty

  // The top's four children, one of which comes next; the largest key where there is none.
  std::span<const EventKey, 4> belowTop() const { return std::span<const EventKey, 4>(keys_.data() + childOf(kRoot), 4); }

  void dropTop() { hole_ = true; }  // settled and not empty; O(1)

  void replaceTop(EventKey key) { sink(kRoot, key); }  // settled and not empty; O(log n)

  void push(EventKey key) {
    if (hole_) {
      hole_ = false;
      sink(kRoot, key);
      return;
    }
    if (end_ == keys_.size()) grow();
    rise(end_++, key);
  }

  // Drops the keys that `keep` says no to. O(n).
  template <class Keep>
  void keepIf(Keep keep) {
    settle();
    std::size_t kept = kRoot;
    for (std::size_t i = kRoot; i < end_; ++i) {
      if (keep(keys_[i])) keys_[kept++] = keys_[i];
    }
    for (std::size_t i = kept; i < end_; ++i) keys_[i] = kLargest;
    end_ = kept;
    if (end_ - kRoot < 2) return;
    for (std::size_t i = parentOf(end_ - 1); i >= kRoot; --i) sink(i, keys_[i]);
  }

 private:
  // The root is at index 3: then the children of i are the whole cache line 4 (i - 2) ... + 3.
  static constexpr std::size_t kRoot = 3;
  static constexpr EventKey kLargest = ~EventKey{0};
  static constexpr std::size_t childOf(std::size_t i) { return 4 * (i - 2); }
  static constexpr std::size_t parentOf(std::size_t i) { return i / 4 + 2; }

  void grow() { keys_.resize(keys_.size() * 2, kLargest); }

  void rise(std::size_t i, EventKey key) {
    EventKey* const a = keys_.data();
    while (i > kRoot) {
      const std::size_t p = parentOf(i);
      if (!(key < a[p])) break;
      a[i] = a[p];
      i = p;
    }
    a[i] = key;
  }

  void sink(std::size_t i, EventKey key) {
    EventKey* const a = keys_.data();
    const std::size_t end = end_;
    for (;;) {
      const std::size_t c = childOf(i);
      if (c >= end) break;
      if (const std::size_t g = childOf(c); g < end) {
        __builtin_prefetch(a + g);
        __builtin_prefetch(a + g + 4);
        __builtin_prefetch(a + g + 8);
        __builtin_prefetch(a + g + 12);
      }
      const std::size_t m0 = c + static_cast<std::size_t>(a[c + 1] < a[c]);
      const std::size_t m1 = c + 2 + static_cast<std::size_t>(a[c + 3] < a[c + 2]);
      const std::size_t m = m0 ^ ((m0 ^ m1) & (std::size_t{0} - static_cast<std::size_t>(a[m1] < a[m0])));
      if (!(a[m] < key)) break;
      a[i] = a[m];
      i = m;
    }
    a[i] = key;
  }

  std::vector<EventKey, CacheLineAllocator<EventKey>> keys_ = std::vector<EventKey, CacheLineAllocator<EventKey>>(16, kLargest);
  std::size_t end_ = kRoot;
  bool hole_ = false;  // the root's key has been taken; end_ still counts it
};

}  // namespace meshmall::engine
