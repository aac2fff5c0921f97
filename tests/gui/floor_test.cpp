#include <gtest/gtest.h>

#include <QGraphicsItem>
#include <QMouseEvent>
#include <QSettings>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QWheelEvent>

#include "gui/floor/box_item.h"
#include "gui/floor/customers_item.h"
#include "gui/floor/floor_positions.h"
#include "gui/floor/floor_table.h"
#include "gui/floor/floor_view.h"
#include "gui/floor/floor_widget.h"
#include "gui/floor/shop_item.h"
#include "tests/gui/floor_fixture.h"

namespace meshmall::gui {
namespace {

using models::Dot;
using models::kNoIndex;

// A click on nothing in particular would pan; this one is in the middle of a shop.
QPoint middleOf(const FloorWidget& widget, std::uint32_t service) { return widget.view()->mapFromScene(widget.scene()->boxOf(service)->pos()); }

struct Shown {
  FloorWidget widget;
  FloorFixture mall;
  explicit Shown(std::uint32_t zones = 1) : mall(zones) {
    widget.resize(1000, 700);
    widget.setSnapshot(mall.snapshot());
    widget.show();
    QTest::qWait(0);
  }
};

TEST(Floor, HasABoxForEachShopAndEntranceAndACorridorForEachEdge) {
  Shown shown;
  EXPECT_EQ(shown.widget.scene()->boxes().size(), 4u);
  EXPECT_EQ(shown.widget.scene()->map().corridors.size(), 3u);
  for (const BoxItem* box : shown.widget.scene()->boxes()) {
    const QRect seen = shown.widget.view()->mapFromScene(box->sceneBoundingRect()).boundingRect();
    EXPECT_TRUE(shown.widget.view()->viewport()->rect().contains(seen)) << "fit shows all of the mall";
  }
}

TEST(Floor, AShopStandsOnEachFloorWhereItHasCountersAndCustomersWalkThere) {
  Shown shown(2);
  const FloorMap& map = shown.widget.scene()->map();
  EXPECT_EQ(map.shops_of[1].size(), 2u);
  EXPECT_NE(map.shop(1, 0), map.shop(1, 1));
  const FloorCorridor& upstairs = map.corridors[map.corridor(1, kNoIndex, 1)];
  EXPECT_EQ(upstairs.to, map.shop(1, 1));
  EXPECT_EQ(upstairs.from, map.shop(0, 1)) << "on its own floor";
  const FloorCorridor& stairs = map.corridors[map.corridor(1, 0, 1)];
  EXPECT_EQ(stairs.from, map.shop(0, 0));
  EXPECT_TRUE(stairs.stairs);
}

TEST(Floor, WhoIsSentToTheBranchUpstairsWalksTheStairs) {
  Shown shown(2);
  const auto bakery_upstairs = 3U;  // endpoints: front, front upstairs, bakery, bakery upstairs, ...
  shown.mall.addDot(0, 0, Dot::Place::waiting_for_others).customer = 7;
  shown.mall.addDot(1, bakery_upstairs, Dot::Place::on_the_way, 0.0F).customer = 7;
  shown.widget.setSnapshot(shown.mall.snapshot());
  ASSERT_EQ(shown.widget.scene()->customers()->people().size(), 1u);
  const FloorMap& map = shown.widget.scene()->map();
  const QPointF caller = shown.widget.scene()->boxes()[map.shop(0, 0)]->backdoor();
  EXPECT_NEAR(shown.widget.scene()->customers()->people()[0].place.y(), caller.y(), 8) << "beginning downstairs, where the customer waits";
}

TEST(Floor, ANewFloorOfAServiceMakesANewMap) {
  Shown shown(2);
  FloorFixture& mall = shown.mall;
  mall.floor->services.push_back({"kiosk", true, {}});
  mall.now.services.resize(4);
  shown.widget.setSnapshot(mall.snapshot());
  mall.addEndpoint(3, 1);
  shown.widget.setSnapshot(mall.snapshot());
  EXPECT_EQ(shown.widget.scene()->map().boxes[shown.widget.scene()->map().shop(3, 1)].locality, 1u);
}

TEST(Floor, AClickSelectsAndADoubleClickGoesInAndEscComesOut) {
  Shown shown;
  QSignalSpy selected(&shown.widget, &FloorWidget::serviceSelected), entered(&shown.widget, &FloorWidget::serviceEntered);
  QWidget* port = shown.widget.view()->viewport();
  QTest::mouseClick(port, Qt::LeftButton, Qt::NoModifier, middleOf(shown.widget, 1));
  EXPECT_EQ(shown.widget.selectedService(), 1u);
  ASSERT_FALSE(selected.isEmpty());
  EXPECT_EQ(selected.last().at(0).toUInt(), 1u);
  const double before = shown.widget.view()->transform().m11();
  QTest::mouseDClick(port, Qt::LeftButton, Qt::NoModifier, middleOf(shown.widget, 1));
  EXPECT_EQ(shown.widget.view()->entered(), 1u);
  EXPECT_GT(shown.widget.view()->transform().m11(), before);
  QTest::keyClick(shown.widget.view(), Qt::Key_Escape);
  EXPECT_EQ(shown.widget.view()->entered(), kNoIndex);
  EXPECT_EQ(entered.size(), 2);
  QTest::keyClick(shown.widget.view(), Qt::Key_Escape);
  EXPECT_EQ(shown.widget.selectedService(), kNoIndex);
}

TEST(Floor, CtrlWheelZoomsAroundThePointerAndFFitsAgain) {
  Shown shown;
  FloorView* view = shown.widget.view();
  const double fitted = view->transform().m11();
  const QPoint place(300, 200);
  const QPointF under = view->mapToScene(place);
  QWheelEvent wheel(place, view->viewport()->mapToGlobal(place), {}, {0, 240}, Qt::NoButton, Qt::ControlModifier, Qt::NoScrollPhase, false);
  QCoreApplication::sendEvent(view->viewport(), &wheel);
  EXPECT_GT(view->transform().m11(), fitted * 1.2);
  EXPECT_NEAR(view->mapToScene(place).x(), under.x(), 2);
  QTest::keyClick(view, Qt::Key_F);
  EXPECT_DOUBLE_EQ(view->transform().m11(), fitted);
}

TEST(Floor, TheTableHasTheSameRowsAndTheSameSelection) {
  Shown shown;
  shown.widget.showTable(true);
  FloorTable* table = shown.widget.table();
  ASSERT_EQ(table->rowCount(), 3);
  shown.widget.selectService(2);
  EXPECT_EQ(table->serviceOf(shown.widget.tableView()->currentIndex().row()), 2u);
  shown.widget.tableView()->selectRow(table->rowOf(0));
  EXPECT_EQ(shown.widget.selectedService(), 0u);
  EXPECT_TRUE(table->asText().startsWith(QStringLiteral("Shop\tFloor\tHealth")));
  shown.widget.setVocabulary(Vocabulary::field);
  EXPECT_TRUE(table->asText().startsWith(QStringLiteral("Service\tZone\tHealth")));
}

TEST(Floor, CustomersStandWhereTheirProgressSaysAndTheirShapeTellsTheOutcome) {
  Shown shown;
  shown.mall.addDot(1, 1, Dot::Place::on_the_way, 0.25F);
  shown.mall.addDot(1, 1, Dot::Place::on_the_way, 0.75F).mark = Dot::Mark::retry;
  shown.mall.addDot(1, 1, Dot::Place::on_the_way_back, 0.5F).failed = true;
  shown.mall.addDot(1, 1, Dot::Place::in_queue);
  shown.widget.setSnapshot(shown.mall.snapshot());
  const std::vector<Person>& people = shown.widget.scene()->customers()->people();
  ASSERT_EQ(people.size(), 3u) << "who waits in a line is drawn by the shop";
  EXPECT_EQ(people[0].shape, PersonShape::first);
  EXPECT_EQ(people[1].shape, PersonShape::retry);
  EXPECT_EQ(people[2].shape, PersonShape::error);
  EXPECT_LT(people[0].place.x(), people[1].place.x());
  EXPECT_TRUE(people[2].back);
}

TEST(Floor, TheRateOfAServiceOnSeveralFloorsIsToldAsASum) {
  Shown shown(2);
  shown.mall.now.services[1].answers_per_second = 42;
  shown.widget.setSnapshot(shown.mall.snapshot());
  const auto* shop = qobject_cast<ShopItem*>(shown.widget.scene()->boxOf(1));
  EXPECT_TRUE(shop->view().one_of_several);
  EXPECT_TRUE(shop->tipAt(shop->frame().topLeft() + QPointF(60, 10)).contains(QStringLiteral("42 answers a second on all floors")));
}

TEST(Floor, AClickOnACustomerFollowsThemAndEscLetsThemGo) {
  Shown shown;
  shown.mall.addDot(1, 1, Dot::Place::on_the_way, 0.5F).customer = 4711;
  shown.widget.setSnapshot(shown.mall.snapshot());
  QSignalSpy picked(&shown.widget, &FloorWidget::customerPicked);
  const QPointF place = shown.widget.scene()->customers()->people().front().place;
  QTest::mouseClick(shown.widget.view()->viewport(), Qt::LeftButton, Qt::NoModifier, shown.widget.view()->mapFromScene(place));
  ASSERT_EQ(picked.size(), 1);
  EXPECT_EQ(picked.first().at(0).toULongLong(), 4711u);
  EXPECT_EQ(shown.widget.scene()->followed(), 4711u);
  QTest::keyClick(shown.widget.view(), Qt::Key_Escape);
  EXPECT_EQ(shown.widget.scene()->followed(), 0u);
}

TEST(Floor, ReducedMotionShowsNoDots) {
  Shown shown;
  shown.mall.addDot(1, 1, Dot::Place::on_the_way);
  shown.widget.setReduceMotion(true);
  shown.widget.setSnapshot(shown.mall.snapshot());
  EXPECT_TRUE(shown.widget.scene()->customers()->people().empty());
}

TEST(Floor, TipsTellBothWhatStaffDoAndHowACounterIs) {
  Shown shown;
  models::SidecarState staff;
  staff.service = 1;
  staff.retries = 3;
  staff.retry_limit = 3;
  staff.stale = true;
  staff.age = 2.5;
  shown.mall.now.sidecars = {staff};
  shown.mall.now.services[1].rejected[static_cast<std::size_t>(models::Rejection::authentication)] = 12;
  shown.mall.now.endpoints[1].waiting = 40;
  shown.mall.now.endpoints[1].ejected_by = 2;
  shown.widget.setSnapshot(shown.mall.snapshot());
  const auto* shop = qobject_cast<ShopItem*>(shown.widget.scene()->boxOf(1));
  ASSERT_NE(shop, nullptr);
  std::string all;
  for (const StaffNote& note : shop->view().staff) all += std::string(note.icon) + ": " + note.tip + "\n";
  EXPECT_NE(all.find("12 so far with a token that is not valid"), std::string::npos) << all;
  EXPECT_NE(all.find("3 of 3 allowed now"), std::string::npos) << all;
  EXPECT_NE(all.find("2.5 s behind"), std::string::npos) << all;
  const QRectF frame = shop->frame();
  EXPECT_TRUE(shop->tipAt(QPointF(frame.right() - 30, frame.top() + kShopHead + 8)).contains(QStringLiteral("40 waiting")));
}

TEST(Floor, DraggedShopsAreKeptBesideTheSettingsByScenario) {
  const QTemporaryDir folder;
  QSettings settings(folder.filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
  const QPointF place(123.5, -40);
  {
    Shown shown;
    shown.widget.keepPositionsIn(&settings);
    shown.widget.scene()->boxOf(2)->setPos(place);
  }
  Shown again;
  again.widget.keepPositionsIn(&settings);
  EXPECT_EQ(again.widget.scene()->boxOf(2)->pos(), place);
  EXPECT_TRUE(readPositions(settings, QStringLiteral("another/mall")).isEmpty());
  again.widget.resetPositions();
  EXPECT_NE(again.widget.scene()->boxOf(2)->pos(), place);
  EXPECT_TRUE(readPositions(settings, QStringLiteral("test mall")).isEmpty());
}

TEST(Floor, DraggingWithTheMouseMovesTheCorridorsToo) {
  Shown shown;
  QWidget* port = shown.widget.view()->viewport();
  const QPoint from = middleOf(shown.widget, 1), to = from + QPoint(20, 80);
  const QPointF before = shown.widget.scene()->boxOf(1)->pos();
  QTest::mousePress(port, Qt::LeftButton, Qt::NoModifier, from);
  for (const QPoint& step : {from + QPoint(10, 40), to}) {
    QMouseEvent move(QEvent::MouseMove, step, port->mapToGlobal(step), Qt::LeftButton, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(port, &move);
  }
  QTest::mouseRelease(port, Qt::LeftButton, Qt::NoModifier, to);
  EXPECT_GT(shown.widget.scene()->boxOf(1)->pos().y(), before.y() + 20);
  EXPECT_EQ(shown.widget.scene()->positions().size(), 1);
}

TEST(Floor, NothingToShowIsShownAsNothing) {
  FloorWidget widget;
  widget.resize(400, 300);
  widget.setSnapshot(nullptr);
  EXPECT_FALSE(widget.grab().isNull());
  widget.setSnapshot(std::make_shared<const models::Snapshot>());
  widget.showTable(true);
  widget.selectService(3);
  EXPECT_EQ(widget.selectedService(), kNoIndex);
}

}  // namespace
}  // namespace meshmall::gui
