#include <gtest/gtest.h>

#include <QLineF>
#include <QPainterPath>

#include "gui/floor/corridor_path.h"

namespace meshmall::gui {
namespace {

TEST(CorridorPath, IsWalkedEvenlyByLength) {
  for (const QPointF to : {QPointF(300, 0), QPointF(300, 400), QPointF(-500, 250), QPointF(20, -900)}) {
    CorridorPath way;
    way.between({10, 20}, to);
    const QPainterPath& curve = way.path();
    for (int i = 0; i <= 16; ++i) {  // places that the way keeps; between them it goes straight
      const QPointF exact = curve.pointAtPercent(curve.percentAtLength(curve.length() * i / 16));
      EXPECT_LT(QLineF(way.at(i / 16.0), exact).length(), 0.001 * curve.length()) << "to " << to.x() << ", " << to.y() << " at " << i << " sixteenths";
    }
    EXPECT_LT(QLineF(way.at(0), {10, 20}).length(), 1e-9);
    EXPECT_LT(QLineF(way.at(1), to).length(), 1e-9);
  }
}

TEST(CorridorPath, KeepsToTheRightOfTheWayByAsMuchAsAsked) {
  CorridorPath way;
  way.between({0, 0}, {400, 0});
  for (const double progress : {0.0, 0.3, 1.0}) EXPECT_NEAR(way.at(progress, 7).y(), 7, 1e-9);
}

TEST(CorridorPath, WithoutLengthStaysWhereItIs) {
  CorridorPath way;
  way.between({5, 5}, {5, 5});
  EXPECT_LT(QLineF(way.at(0), {5, 5}).length(), 1e-9);
  EXPECT_LT(QLineF(way.at(1), {5, 5}).length(), 1e-9);
}

}  // namespace
}  // namespace meshmall::gui
