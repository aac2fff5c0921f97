#include "engine/kernel/fingerprint.h"

#include <limits>

namespace meshmall::engine {
namespace {

// Expected values: XXH64 (libxxhash 0.8.1, seed 0) of the events written as 32 little-endian bytes each.
TEST(Fingerprint, OfNoEventsIsTheHashOfNothing) { EXPECT_EQ(Fingerprint{}.hex(), "ef46db3751d8e999"); }

TEST(Fingerprint, IsTheXxHashOfTheEvents) {
  Fingerprint zeros;
  zeros.mix(SimTime{0}, 0, 0);
  EXPECT_EQ(zeros.value(), 0xf6e9be5d70632cf5U);

  Fingerprint extremes;
  extremes.mix(SimTime{1}, 2, 3);
  EXPECT_EQ(extremes.hex(), "58fd9c9d92977d23");
  extremes.mix(kNever, std::numeric_limits<std::uint32_t>::max(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(extremes.hex(), "578ed7511a799e13");

  Fingerprint many;
  for (std::uint32_t i = 0; i < 1000; ++i) many.mix(SimTime{std::int64_t{i} * 1'000'003}, i % 7, std::uint64_t{i} * i);
  EXPECT_EQ(many.hex(), "e2bee7287b399372");
  EXPECT_EQ(many.events(), 1000U);
}

TEST(Fingerprint, IsWrittenWithItsLeadingZeros) {
  Fingerprint small;
  small.mix(SimTime{8}, 1, 1);
  EXPECT_EQ(small.hex(), "07f51ea50459ff7f");
}

TEST(Fingerprint, TellsTheOrderOfEventsApart) {
  Fingerprint ab, ba;
  ab.mix(SimTime{5}, 1, 10);
  ab.mix(SimTime{5}, 2, 20);
  ba.mix(SimTime{5}, 2, 20);
  ba.mix(SimTime{5}, 1, 10);
  EXPECT_NE(ab.value(), ba.value());
}

TEST(Fingerprint, GoesOnAfterItWasRead) {
  Fingerprint read, unread;
  for (std::uint32_t i = 0; i < 10; ++i) {
    read.mix(SimTime{i}, i, i);
    EXPECT_NE(read.value(), 0U);
    unread.mix(SimTime{i}, i, i);
  }
  EXPECT_EQ(read, unread);
  EXPECT_EQ(read.value(), unread.value());
}

}  // namespace
}  // namespace meshmall::engine
