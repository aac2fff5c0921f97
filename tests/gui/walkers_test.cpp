#include "gui/floor/walkers.h"

#include <QGraphicsScene>
#include <algorithm>

#include "gui/floor/floor_scene.h"
#include "gui/floor/floor_widget.h"
#include "tests/gui/floor_fixture.h"

namespace meshmall::gui {
namespace {

int people(const std::vector<Person>& all, PersonShape shape, bool back) {
  int n = 0;
  for (const Person& one : all) n += one.shape == shape && one.back == back ? 1 : 0;
  return n;
}

CorridorPath straight() {
  CorridorPath way;
  way.between(QPointF(0, 0), QPointF(240, 0));  // one second
  return way;
}

TEST(Walkers, AreAsManyAsComeWhileTheyAreFewThenGrowWithTheLogarithm) {
  EXPECT_DOUBLE_EQ(walkersPerSecond(0), 0);
  EXPECT_DOUBLE_EQ(walkersPerSecond(1.5), 1.5);
  EXPECT_DOUBLE_EQ(walkersPerSecond(20), 4);
  EXPECT_DOUBLE_EQ(walkersPerSecond(200), 6);
  EXPECT_DOUBLE_EQ(walkersPerSecond(1e9), 8);
}

TEST(Walkers, WalkFromOneEndToTheOtherInSoManyPictures) {
  Walkers walkers;
  walkers.resize(1);
  const CorridorPath way = straight();
  const Passing passing{200, 0, 0};  // six a second
  std::vector<double> seen;          // where the first one stands
  for (int frame = 0; frame < 25; ++frame) {
    walkers.advance(0, 1.0 / 30, passing, 1, way.length());
    std::vector<Person> now;
    walkers.addTo(now, 0, way);
    const auto first = std::find_if(now.begin(), now.end(), [](const Person& one) { return !one.back; });
    if (first != now.end()) seen.push_back(first->place.x());
  }
  ASSERT_GE(seen.size(), 15U) << "in each of many pictures";
  for (std::size_t i = 1; i < seen.size(); ++i) {
    EXPECT_GT(seen[i], seen[i - 1]);
    EXPECT_NEAR(seen[i] - seen[i - 1], 8, 0.5) << "240 units a second, 30 pictures a second";
  }
}

TEST(Walkers, KeepTheSharesOfRetriesAndFailures) {
  Walkers walkers;
  walkers.resize(1);
  const CorridorPath way = straight();
  int first = 0, again = 0, good = 0, failed = 0;
  for (int second = 0; second < 400; ++second) {  // every second a new hundred thirtieths, so that each walker is seen once as it sets out
    for (int frame = 0; frame < 30; ++frame) {
      walkers.advance(0, 1.0 / 30, {200, 50, 0.1}, 1, way.length());
      std::vector<Person> now;
      walkers.addTo(now, 0, way);
      std::vector<Person> new_ones;
      for (const Person& one : now)
        if (one.back ? one.place.x() > 239.9 : one.place.x() < 0.1) new_ones.push_back(one);
      first += people(new_ones, PersonShape::first, false);
      again += people(new_ones, PersonShape::retry, false);
      good += people(new_ones, PersonShape::first, true);
      failed += people(new_ones, PersonShape::error, true);
    }
  }
  EXPECT_NEAR(first + again, 2400, 2) << "six a second";
  EXPECT_NEAR(again, 0.25 * (first + again), 2) << "carried over, so never more than one off";
  EXPECT_NEAR(failed, 0.1 * (good + failed), 2);
}

TEST(Walkers, DoNotJumpAfterAPictureThatTookLong) {
  Walkers walkers;
  walkers.resize(1);
  for (int i = 0; i < 10; ++i) walkers.advance(0, 0.1, {20, 0, 0}, 1, 240);
  const std::size_t before = walkers.count();
  walkers.advance(0, 3600, {20, 0, 0}, 1, 240);
  EXPECT_LE(walkers.count(), before + 2) << "an hour is a tenth of a second";
}

class WalkingScene : public ::testing::Test {
 protected:
  WalkingScene() {
    fixture.floor->way_seconds = 0.0005;
    fixture.now.edges[0].tries_per_second = fixture.now.edges[0].calls_per_second = 100;
    fixture.now.edges[0].ok = 1000;
    fixture.addDot(0, 0, models::Dot::Place::on_the_way);
    fixture.addDot(0, 0, models::Dot::Place::at_door);
  }
  void show(Pace pace) {
    scene.setPace(pace);
    scene.setSnapshot(std::make_shared<models::Snapshot>(fixture.now));
    for (int i = 0; i < 30; ++i) scene.walkOn(1.0 / 30);
  }
  int own() const {
    int n = 0;
    for (const Person& one : scene.customers()->people()) n += one.customer != 0 ? 1 : 0;
    return n;
  }
  FloorFixture fixture;
  FloorScene scene;
};

TEST_F(WalkingScene, ASampleWalksWhileItPlaysFasterThanCanBeSeen) {
  show({true, 1});
  EXPECT_TRUE(scene.sampled());
  EXPECT_GE(scene.walkers().count(), 5U);
  EXPECT_EQ(own(), 1) << "who waits at the door is there; who would be in the corridor for one picture is not";
}

TEST_F(WalkingScene, AMallThatStandsShowsItsOwnCustomersOnly) {
  show({true, 1});
  show({false, 1});
  EXPECT_FALSE(scene.sampled());
  EXPECT_EQ(scene.walkers().count(), 0U);
  EXPECT_EQ(own(), 2);
}

TEST_F(WalkingScene, SoDoesOneThatPlaysSlowlyEnough) {
  show({true, 0.001});  // half a second a way
  EXPECT_FALSE(scene.sampled());
  EXPECT_EQ(own(), 2);
  show({true, 0.002});  // a quarter
  EXPECT_TRUE(scene.sampled());
}

TEST_F(WalkingScene, TheSampleCannotBePickedAndReducedMotionHasNone) {
  show({true, 1});
  int sample = 0;
  for (const Person& one : scene.customers()->people()) {
    if (one.customer != 0) continue;
    ++sample;
    EXPECT_EQ(scene.customers()->customerAt(one.place, 1), 0U) << "nobody in particular";
  }
  EXPECT_GE(sample, 5);
  scene.setReduceMotion(true);
  show({true, 1});
  EXPECT_FALSE(scene.sampled());
}

}  // namespace
}  // namespace meshmall::gui
