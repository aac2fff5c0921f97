#include <array>
#include <map>
#include <optional>
#include <random>
#include <utility>

#include "engine/kernel/event_queue.h"

namespace meshmall::engine {
namespace {

// The queue as one would write it first: ordered by time, equal times in the order of insertion (std::multimap keeps that).
class NaiveQueue {
 public:
  using Handle = std::uint64_t;

  Handle schedule(SimTime at, Event e) {
    pending_.emplace(at, std::pair(next_, e));
    times_.emplace(next_, at);
    return next_++;
  }
  bool pending(Handle handle) const { return times_.count(handle) > 0; }
  bool cancel(Handle handle) {
    const auto found = times_.find(handle);
    if (found == times_.end()) return false;
    auto [i, end] = pending_.equal_range(found->second);
    while (i != end && i->second.first != handle) ++i;
    pending_.erase(i);
    times_.erase(found);
    return true;
  }
  std::optional<std::pair<SimTime, Event>> pop() {
    if (pending_.empty()) return std::nullopt;
    const auto first = pending_.begin();
    const std::pair result(first->first, first->second.second);
    times_.erase(first->second.first);
    pending_.erase(first);
    return result;
  }
  SimTime nextTime() const { return pending_.empty() ? kNever : pending_.begin()->first; }
  std::size_t size() const { return pending_.size(); }

 private:
  std::multimap<SimTime, std::pair<Handle, Event>> pending_;
  std::map<Handle, SimTime> times_;
  Handle next_ = 0;
};

// Both queues side by side, and the handles given so far. A value like the queue itself.
struct Pair {
  EventQueue queue;
  NaiveQueue naive;
  std::vector<std::pair<TimerId, NaiveQueue::Handle>> handles;
  SimTime now{};
  std::uint64_t serial = 0;

  Event next() {
    ++serial;
    return {static_cast<std::uint32_t>(serial % 7), static_cast<std::uint32_t>(serial), serial * serial};
  }
  void schedule(Duration in) {
    const Event e = next();
    handles.emplace_back(queue.schedule(now + in, e), naive.schedule(now + in, e));
  }
  void start(RingId ring, Duration length) {
    const Event e = next();
    handles.emplace_back(queue.scheduleTimeout(now, ring, e), naive.schedule(now + length, e));
  }
  void cancel(std::size_t i) {
    const auto [id, handle] = handles[i];
    ASSERT_EQ(queue.pending(id), naive.pending(handle));
    ASSERT_EQ(queue.cancel(id), naive.cancel(handle));
    ASSERT_FALSE(queue.pending(id));
  }
  void pop() {
    const auto expected = naive.pop();
    SimTime at{-1};
    Event e{};
    ASSERT_EQ(queue.pop(at, e), expected.has_value());
    if (!expected) return;
    ASSERT_EQ(at, expected->first);
    ASSERT_EQ(e, expected->second);
    now = at;
  }
};

// What the mix of operations leans to, out of 100 (the rest pops), and how coarse the clock is: a coarse one makes many ties.
struct Mix {
  int schedule, timeout, cancel, rearm;
  std::int64_t tick;
};
constexpr std::array<Mix, 6> kMixes{
    {{25, 25, 15, 10, 1}, {10, 40, 30, 5, 1000}, {35, 5, 20, 5, 50'000}, {20, 20, 5, 10, 1'000'000}, {25, 22, 48, 3, 100}, {45, 2, 48, 3, 100}}};
constexpr std::size_t kFirstSwept = 4;  // the mixes from here on cancel so much that the stale keys must be swept out
constexpr std::array<Duration, 5> kLengths{nanoseconds(0), nanoseconds(1), microseconds(50), milliseconds(1), milliseconds(20)};

class Differential : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  std::mt19937_64 random_{GetParam()};
  Mix mix_ = kMixes[GetParam() % kMixes.size()];
  std::array<RingId, kLengths.size()> rings_{};

  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

  void step(Pair& pair) {
    const int draw = static_cast<int>(below(100));
    const auto delay = [&] { return nanoseconds(static_cast<std::int64_t>(below(4'000'000)) / mix_.tick * mix_.tick); };
    // Recent handles are mostly alive, old ones mostly not; both kinds are tried.
    const auto some = [&] { return pair.handles.size() - 1 - below(std::min<std::size_t>(pair.handles.size(), below(2) ? 50 : 5000)); };
    const std::size_t ring = below(kLengths.size());
    if (draw < mix_.schedule) {
      pair.schedule(delay());
    } else if (draw < mix_.schedule + mix_.timeout) {
      pair.start(rings_[ring], kLengths[ring]);
    } else if (draw < mix_.schedule + mix_.timeout + mix_.cancel) {
      if (!pair.handles.empty()) pair.cancel(some());
    } else if (draw < mix_.schedule + mix_.timeout + mix_.cancel + mix_.rearm) {
      if (pair.handles.empty()) return;
      pair.cancel(some());
      below(2) ? pair.schedule(delay()) : pair.start(rings_[ring], kLengths[ring]);
    } else {
      pair.pop();
    }
  }
};

TEST_P(Differential, PopsWhatANaiveQueuePopsThroughRandomOperationsAndCopies) {
  Pair pair;
  int sweeps = 0;
  for (std::size_t i = 0; i < kLengths.size(); ++i) rings_[i] = pair.queue.timeoutRing(kLengths[i]);
  for (int i = 0; i < 100'000; ++i) {
    const std::size_t stale = pair.queue.stale();
    step(pair);
    if (HasFatalFailure()) FAIL() << "at operation " << i;
    if (stale >= EventQueue::kStaleFloor && pair.queue.stale() < stale / 2) ++sweeps;
    ASSERT_EQ(pair.queue.size(), pair.naive.size());
    if (i % 16 == 0) {
      ASSERT_EQ(pair.queue.nextTime(), pair.naive.nextTime());
    }
    if (i % 20'000 == 19'999) {
      // The original goes another way for a while; the copy must neither notice nor be noticed.
      Pair copy = pair;
      for (int k = 0; k < 2'000; ++k) step(copy);
      while (copy.queue.size() > 0) copy.pop();
      if (HasFatalFailure()) FAIL() << "in the copy made at operation " << i;
    }
    ASSERT_LE(pair.queue.stale(), std::max(pair.queue.size(), EventQueue::kStaleFloor));
  }
  if (GetParam() % kMixes.size() >= kFirstSwept) {
    EXPECT_GE(sweeps, 2);
  }
  while (pair.naive.size() > 0) pair.pop();
  EXPECT_EQ(pair.queue.size(), 0U);
  EXPECT_EQ(pair.queue.nextTime(), kNever);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Differential, ::testing::Range<std::uint64_t>(1, 25));

}  // namespace
}  // namespace meshmall::engine
