#include "engine/kernel/event_queue.h"

#include <random>

namespace meshmall::engine {
namespace {

Event named(std::uint32_t subject) { return {1, subject, 0}; }

std::vector<std::uint32_t> drain(EventQueue& queue) {
  std::vector<std::uint32_t> subjects;
  SimTime at;
  Event e;
  while (queue.pop(at, e)) subjects.push_back(e.subject);
  return subjects;
}

using Subjects = std::vector<std::uint32_t>;

TEST(EventQueue, WhenEmptyPopsNothingAndSaysNever) {
  EventQueue queue;
  SimTime at{7};
  Event e = named(7);
  EXPECT_FALSE(queue.pop(at, e));
  EXPECT_EQ(at, SimTime{7});
  EXPECT_EQ(e, named(7));
  EXPECT_EQ(queue.nextTime(), kNever);
  EXPECT_TRUE(queue.empty());
}

TEST(EventQueue, HandsBackTimeKindSubjectAndDetail) {
  EventQueue queue;
  queue.schedule(SimTime{42}, {~0U, ~0U - 1, ~std::uint64_t{0}});
  SimTime at;
  Event e;
  ASSERT_TRUE(queue.pop(at, e));
  EXPECT_EQ(at, SimTime{42});
  EXPECT_EQ(e, (Event{~0U, ~0U - 1, ~std::uint64_t{0}}));
  EXPECT_EQ(queue.now(), SimTime{42});
}

TEST(EventQueue, KeepsTheOrderOfSchedulingAmongEqualTimesAcrossHeapAndRings) {
  EventQueue queue;
  const RingId five = queue.timeoutRing(nanoseconds(5));
  const RingId none = queue.timeoutRing(nanoseconds(0));
  queue.scheduleTimeout(SimTime{0}, five, named(0));
  queue.schedule(SimTime{5}, named(1));
  queue.scheduleTimeout(SimTime{5}, none, named(2));
  queue.schedule(SimTime{5}, named(3));
  queue.scheduleTimeout(SimTime{0}, five, named(4));
  queue.scheduleTimeout(SimTime{5}, none, named(5));
  queue.schedule(SimTime{4}, named(6));
  EXPECT_EQ(drain(queue), (Subjects{6, 0, 1, 2, 3, 4, 5}));
}

TEST(EventQueue, KeepsThousandsOfEqualTimesInOrder) {
  EventQueue queue;
  Subjects expected;
  for (std::uint32_t i = 0; i < 5000; ++i) {
    queue.schedule(SimTime{9}, named(i));
    expected.push_back(i);
  }
  EXPECT_EQ(drain(queue), expected);
}

TEST(EventQueue, LetsAnEventAtThePresentInstantFireAfterThoseAlreadyThere) {
  EventQueue queue;
  const RingId none = queue.timeoutRing(Duration{0});
  queue.schedule(SimTime{3}, named(0));
  queue.schedule(SimTime{3}, named(1));
  SimTime at;
  Event e;
  ASSERT_TRUE(queue.pop(at, e));
  queue.scheduleTimeout(at, none, named(2));
  queue.schedule(at, named(3));
  EXPECT_EQ(drain(queue), (Subjects{1, 2, 3}));
}

TEST(EventQueue, CancelsOnceAndOnlyWhatIsPending) {
  EventQueue queue;
  const RingId ring = queue.timeoutRing(nanoseconds(10));
  const TimerId a = queue.schedule(SimTime{1}, named(0));
  const TimerId b = queue.scheduleTimeout(SimTime{0}, ring, named(1));
  const TimerId c = queue.scheduleTimeout(SimTime{0}, ring, named(2));
  EXPECT_FALSE(queue.cancel(TimerId{}));
  EXPECT_FALSE(queue.pending(TimerId{}));
  EXPECT_TRUE(queue.pending(b));
  EXPECT_TRUE(queue.cancel(b));
  EXPECT_FALSE(queue.cancel(b));
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(drain(queue), (Subjects{0, 2}));
  EXPECT_FALSE(queue.cancel(a));
  EXPECT_FALSE(queue.cancel(c));
}

TEST(EventQueue, DoesNotTakeALaterEventInTheSameSlotForACancelledOne) {
  EventQueue queue;
  const TimerId first = queue.schedule(SimTime{5}, named(0));
  ASSERT_TRUE(queue.cancel(first));
  const TimerId second = queue.schedule(SimTime{5}, named(1));  // the slot is free again
  EXPECT_NE(first, second);
  EXPECT_FALSE(queue.cancel(first));
  EXPECT_TRUE(queue.pending(second));
  EXPECT_EQ(drain(queue), (Subjects{1}));
}

TEST(EventQueue, TellsNextTimeWithoutChangingWhatPops) {
  EventQueue queue;
  const RingId ring = queue.timeoutRing(nanoseconds(10));
  const TimerId early = queue.schedule(SimTime{1}, named(0));
  const TimerId first = queue.scheduleTimeout(SimTime{0}, ring, named(1));
  queue.scheduleTimeout(SimTime{2}, ring, named(2));
  EXPECT_EQ(queue.nextTime(), SimTime{1});
  queue.cancel(early);
  EXPECT_EQ(queue.nextTime(), SimTime{10});
  queue.cancel(first);
  EXPECT_EQ(queue.nextTime(), SimTime{12});
  queue.schedule(SimTime{3}, named(3));
  EXPECT_EQ(queue.nextTime(), SimTime{3});
  EXPECT_EQ(drain(queue), (Subjects{3, 2}));
}

TEST(EventQueue, StopsAtTheGivenInstantWhenAskedTo) {
  EventQueue queue;
  queue.schedule(SimTime{5}, named(0));
  queue.schedule(SimTime{6}, named(1));
  SimTime at;
  Event e;
  EXPECT_FALSE(queue.popUntil(SimTime{4}, at, e));
  EXPECT_TRUE(queue.popUntil(SimTime{5}, at, e));
  EXPECT_FALSE(queue.popUntil(SimTime{5}, at, e));
  EXPECT_EQ(queue.size(), 1U);
}

TEST(EventQueue, FindsTheRingOfALengthAgain) {
  EventQueue queue;
  const RingId a = queue.timeoutRing(milliseconds(1));
  const RingId b = queue.timeoutRing(milliseconds(2));
  EXPECT_NE(a, b);
  EXPECT_EQ(queue.timeoutRing(milliseconds(1)), a);
  EXPECT_EQ(queue.timeoutRing(milliseconds(2)), b);
}

TEST(EventQueue, PutsATimerBeyondTheEndOfTimeAtItsEnd) {
  EventQueue queue;
  const RingId ring = queue.timeoutRing(Duration{kNever.ns});
  queue.scheduleTimeout(SimTime{100}, ring, named(0));
  SimTime at;
  Event e;
  ASSERT_TRUE(queue.pop(at, e));
  EXPECT_EQ(at, kNever);
}

TEST(EventQueue, RefusesThePast) {
  EventQueue queue;
  const RingId ring = queue.timeoutRing(nanoseconds(10));
  EXPECT_THROW(queue.schedule(SimTime{-1}, named(0)), BrokenPromise);
  queue.scheduleTimeout(SimTime{4}, ring, named(0));
  EXPECT_THROW(queue.scheduleTimeout(SimTime{3}, ring, named(1)), BrokenPromise);
  SimTime at;
  Event e;
  ASSERT_TRUE(queue.pop(at, e));
  EXPECT_THROW(queue.schedule(SimTime{13}, named(2)), BrokenPromise);
  EXPECT_THROW(queue.scheduleTimeout(SimTime{13}, ring, named(2)), BrokenPromise);
  EXPECT_THROW(queue.scheduleTimeout(SimTime{20}, RingId{}, named(2)), BrokenPromise);
  EXPECT_THROW(queue.timeoutRing(nanoseconds(-1)), BrokenPromise);
  EXPECT_TRUE(queue.empty());
}

TEST(EventQueue, StopsWhenItsSequenceNumbersRunOutAndKeepsWhatItHas) {
  EventQueue queue({.sequences = 3, .pending = kMaxSlots});
  const RingId ring = queue.timeoutRing(nanoseconds(1));
  for (std::uint32_t i = 0; i < 3; ++i) queue.schedule(SimTime{i}, named(i));
  EXPECT_THROW(queue.schedule(SimTime{3}, named(3)), LimitReached);
  EXPECT_THROW(queue.scheduleTimeout(SimTime{3}, ring, named(3)), LimitReached);
  EXPECT_EQ(drain(queue), (Subjects{0, 1, 2}));
  EXPECT_THROW(queue.schedule(SimTime{3}, named(3)), LimitReached);
}

TEST(EventQueue, StopsWhenTooManyEventsArePendingAndGoesOnWhenFewerAre) {
  EventQueue queue({.sequences = kMaxSequences, .pending = 2});
  const TimerId a = queue.schedule(SimTime{0}, named(0));
  queue.schedule(SimTime{1}, named(1));
  EXPECT_THROW(queue.schedule(SimTime{2}, named(2)), LimitReached);
  EXPECT_TRUE(queue.cancel(a));
  queue.schedule(SimTime{2}, named(2));
  EXPECT_EQ(drain(queue), (Subjects{1, 2}));
}

TEST(EventQueue, KeepsTheLastSequenceNumbersApart) {
  // The key's 40 bits hold the largest number allowed, and the order next to it is still that of scheduling.
  const std::uint64_t last = kMaxSequences - 1;
  EXPECT_EQ(ticketOf(last, kPlaceMask - 1) >> kPlaceBits, last);
  EXPECT_LT(keyOf(SimTime{1}, ticketOf(last, kMaxSlots - 1)), keyOf(SimTime{2}, ticketOf(0, 0)));
  EXPECT_LT(keyOf(SimTime{1}, ticketOf(last - 1, kMaxSlots - 1)), keyOf(SimTime{1}, ticketOf(last, 0)));
  EXPECT_EQ(timeOf(keyOf(kNever, ticketOf(last, 5))), kNever);
  EXPECT_EQ(placeOf(keyOf(kNever, ticketOf(last, 5))), 5U);
}

TEST(EventQueue, MergesHundredsOfRings) {
  EventQueue queue;
  for (std::uint32_t i = 0; i < 300; ++i) queue.scheduleTimeout(SimTime{0}, queue.timeoutRing(nanoseconds(300 - i)), named(300 - i));
  Subjects expected;
  for (std::uint32_t i = 1; i <= 300; ++i) expected.push_back(i);
  EXPECT_EQ(drain(queue), expected);
}

TEST(EventQueue, RefusesMoreRingsThanItHasNumbersFor) {
  EXPECT_EQ(kFirstRingPlace + kMaxRings, kPlaceMask);  // no place is both a slot and a ring, and the last is nobody's
  EventQueue queue({.sequences = kMaxSequences, .pending = kMaxSlots, .rings = 2});
  queue.timeoutRing(nanoseconds(1));
  const RingId second = queue.timeoutRing(nanoseconds(2));
  EXPECT_THROW(queue.timeoutRing(nanoseconds(3)), LimitReached);
  EXPECT_EQ(queue.timeoutRing(nanoseconds(2)), second);
}

TEST(EventQueue, KeepsFewStaleKeysAndItsMemoryWhenNearlyEveryTimerIsCancelled) {
  EventQueue queue;
  const RingId hour = queue.timeoutRing(seconds(3600));
  std::mt19937_64 random(7);
  std::size_t bytes = 0;
  SimTime now{0};
  for (int i = 0; i < 1'000'000; ++i) {
    now = now + nanoseconds(100);
    const bool ring = random() % 2 == 0;
    const TimerId id = ring ? queue.scheduleTimeout(now, hour, named(0)) : queue.schedule(now + seconds(3600), named(0));
    if (random() % 1000 != 0) queue.cancel(id);
    ASSERT_LE(queue.stale(), std::max(queue.size(), EventQueue::kStaleFloor));
    if (i == 500'000) bytes = queue.bytes();
  }
  EXPECT_EQ(queue.scheduled(), 1'000'000U);
  // About 1000 are pending (binomial, standard deviation 32): far below 5 deviations' worth of room, and no growth in the second half beyond one doubling.
  EXPECT_NEAR(static_cast<double>(queue.size()), 1000, 160);
  EXPECT_LE(queue.bytes(), 2 * bytes);
  EXPECT_LT(queue.bytes(), 400'000U);
}

TEST(EventQueue, KeepsFewStaleKeysWhenTheLiveOnesPopAway) {
  EventQueue queue;
  std::vector<TimerId> far;
  for (std::uint32_t i = 0; i < 4000; ++i) far.push_back(queue.schedule(SimTime{1'000'000}, named(i)));
  for (std::uint32_t i = 0; i < 5000; ++i) queue.schedule(SimTime{i}, named(i));
  for (const TimerId id : far) queue.cancel(id);
  SimTime at;
  Event e;
  while (queue.pop(at, e)) ASSERT_LE(queue.stale(), std::max(queue.size(), EventQueue::kStaleFloor));
  EXPECT_EQ(at, SimTime{4999});
}

TEST(EventQueue, SweepsRingsOfCancelledTimersAndKeepsTheOthersInOrder) {
  EventQueue queue;
  const RingId odd = queue.timeoutRing(seconds(1));
  const RingId even = queue.timeoutRing(seconds(2));
  std::vector<TimerId> timers;
  for (std::uint32_t i = 0; i < 6000; ++i) timers.push_back(queue.scheduleTimeout(SimTime{i}, i % 2 ? odd : even, named(i)));
  std::size_t most = 0;
  for (std::uint32_t i = 0; i < 6000; ++i) {
    if (i % 1000 != 999) queue.cancel(timers[i]);
    most = std::max(most, queue.stale());
  }
  EXPECT_LT(queue.stale(), most);
  EXPECT_EQ(queue.nextTime(), SimTime{999} + seconds(1));
  queue.scheduleTimeout(SimTime{6000}, even, named(6000));
  EXPECT_EQ(drain(queue), (Subjects{999, 1999, 2999, 3999, 4999, 5999, 6000}));
}

TEST(EventQueue, GoesOnIdenticallyAsACopyAndUnderstandsTheSameHandles) {
  EventQueue original;
  const RingId ring = original.timeoutRing(nanoseconds(50));
  const TimerId timer = original.scheduleTimeout(SimTime{0}, ring, named(1));
  original.schedule(SimTime{50}, named(2));
  const TimerId event = original.schedule(SimTime{60}, named(3));
  EventQueue copy = original;
  EXPECT_EQ(EventQueue(original).schedule(SimTime{70}, named(4)), EventQueue(copy).schedule(SimTime{70}, named(4)));
  EXPECT_TRUE(copy.cancel(timer));
  EXPECT_TRUE(original.cancel(event));
  EXPECT_TRUE(original.pending(timer));
  EXPECT_TRUE(copy.pending(event));
  EXPECT_EQ(drain(original), (Subjects{1, 2}));
  EXPECT_EQ(drain(copy), (Subjects{2, 3}));
}

}  // namespace
}  // namespace meshmall::engine
