#include "engine/kernel/time.h"

#include <cmath>

namespace meshmall::engine {
namespace {

TEST(Time, RoundsSecondsToTheNearestNanosecond) {
  EXPECT_EQ(fromSeconds(1.5), nanoseconds(1'500'000'000));
  EXPECT_EQ(fromSeconds(0.4e-9), nanoseconds(0));
  EXPECT_EQ(fromSeconds(0.6e-9), nanoseconds(1));
}

TEST(Time, TreatsNegativeAndUndefinedLengthsAsNone) {
  EXPECT_EQ(fromSeconds(-3), nanoseconds(0));
  EXPECT_EQ(fromSeconds(std::nan("")), nanoseconds(0));
}

TEST(Time, CutsLengthsThatDoNotFit) { EXPECT_GT(fromSeconds(1e300), seconds(280LL * 365 * 86400)); }

}  // namespace
}  // namespace meshmall::engine
