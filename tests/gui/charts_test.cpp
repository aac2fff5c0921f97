#include <gtest/gtest.h>

#include <QFile>
#include <QImage>
#include <QMouseEvent>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>
#include <cmath>

#include "gui/charts/chart_board.h"
#include "gui/charts/kpi_tile.h"
#include "gui/charts/kpi_values.h"
#include "gui/charts/legend_entry.h"
#include "gui/charts/number_text.h"
#include "gui/charts/time_axis.h"
#include "tests/gui/floor_fixture.h"

namespace meshmall::gui {
namespace {

// A run of 100 s with a fault at 50 s: half of those who come after it fail.
std::shared_ptr<models::Snapshot> halfTime() {
  FloorFixture mall;
  auto s = std::make_shared<models::Snapshot>(mall.now);
  auto series = std::make_shared<models::FloorSeries>();
  series->services.resize(3);
  for (int i = 0; i < 100; ++i) {
    const bool broken = i >= 50;
    series->offered.push_back(100);
    series->served.push_back(broken ? 50 : 100);
    series->failed.push_back(broken ? 50 : 0);
    for (auto* one : {&series->in_flight, &series->retries, &series->timeouts, &series->rejected, &series->attempts, &series->waiting, &series->ejected}) one->push_back(i);
    series->utilization.push_back(0.5);
    series->latency_mean.push_back(20);
    series->latency_p50.push_back(i == 70 ? std::nan("") : 10);
    series->latency_p99.push_back(broken ? 900 : 90);
    for (auto& of : series->services) {
      of.waiting.push_back(static_cast<float>(i));
      for (auto* one : {&of.utilization, &of.rate, &of.failed, &of.ejected}) one->push_back(1);
    }
  }
  s->series = series;
  s->now = engine::SimTime{100'000'000'000};
  auto marks = std::make_shared<std::vector<models::Mark>>();
  marks->push_back({engine::SimTime{50'000'000'000}, models::Mark::Kind::fault, "oven: half of the answers fail", "The oven breaks"});
  s->marks = marks;
  s->latency = std::make_shared<std::vector<models::LatencyBucket>>(std::vector<models::LatencyBucket>{{1, 10, 6'075}, {10, 100, 608}, {100, 1000, 67}});
  s->tallies.ok = 6'750;
  s->tallies.failed = 2'250;
  s->tallies.calls = 100;
  s->tallies.attempts = 150;
  s->tallies.p50 = 10;
  s->tallies.p99 = 900;
  return s;
}

struct Shown {
  ChartBoard board;
  Shown() {
    board.resize(1200, 700);
    board.setSnapshot(halfTime());
    board.show();
    QTest::qWait(0);
  }
  PlotView* plot(std::size_t index) const { return qobject_cast<ChartPanel*>(board.panel(index))->plot(); }
};

TEST(TimeAxis, GrowsAheadOfTheRunInRoundStepsAndEndsWithIt) {
  TimeAxis axis;
  axis.advance(3, 1000);
  EXPECT_EQ(axis.to(), 5);
  axis.advance(4.9, 1000);
  EXPECT_EQ(axis.to(), 5);
  axis.advance(5, 1000);
  EXPECT_EQ(axis.to(), 10);
  axis.advance(480, 1000);
  EXPECT_EQ(axis.to(), 1000) << "nearly all of it: all of it";
}

TEST(TimeAxis, AZoomStaysWhileTheRunGoesOn) {
  TimeAxis axis;
  axis.advance(90, 100);
  axis.zoomTo(60, 20);
  EXPECT_EQ(axis.from(), 20);
  axis.advance(99, 100);
  EXPECT_EQ(axis.to(), 60);
  axis.zoomTo(5, 5.00001);
  EXPECT_EQ(axis.from(), 20) << "a click is no zoom";
  axis.resetZoom();
  EXPECT_EQ(axis.from(), 0);
  EXPECT_EQ(axis.to(), 100);
}

TEST(Charts, ADragOnOneChartZoomsAllAndADoubleClickShowsAllAgain) {
  Shown shown;
  QWidget* port = shown.plot(0)->viewport();
  const int y = port->height() / 2;
  QTest::mousePress(port, Qt::LeftButton, Qt::NoModifier, QPoint(120, y));
  const QPoint end(260, y);
  QMouseEvent move(QEvent::MouseMove, end, port->mapToGlobal(end), Qt::NoButton, Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(port, &move);
  QTest::mouseRelease(port, Qt::LeftButton, Qt::NoModifier, end);
  EXPECT_TRUE(shown.board.timeAxis().zoomed());
  EXPECT_NEAR(shown.plot(1)->timeAt(QPoint(0, 0)), shown.board.timeAxis().from(), 1e-9);
  QTest::mouseDClick(shown.plot(2)->viewport(), Qt::LeftButton, Qt::NoModifier, QPoint(150, y));
  EXPECT_FALSE(shown.board.timeAxis().zoomed());
}

TEST(Charts, TheCursorIsOnAllChartsAndLegendsShowItsValues) {
  Shown shown;
  shown.board.timeAxis().setCursor(20.0);
  QStringList before;
  for (const LegendEntry* entry : shown.board.panel(0)->findChildren<LegendEntry*>()) before << entry->accessibleDescription();
  EXPECT_EQ(before, QStringList({QStringLiteral("100"), QStringLiteral("100"), QStringLiteral("0")}));
  shown.board.timeAxis().setCursor(80.0);
  QStringList after;
  for (const LegendEntry* entry : shown.board.panel(0)->findChildren<LegendEntry*>()) after << entry->accessibleDescription();
  EXPECT_EQ(after, QStringList({QStringLiteral("100"), QStringLiteral("50"), QStringLiteral("50")}));
}

TEST(Charts, AHiddenCurveIsNeitherShownNorExported) {
  Shown shown;
  auto* panel = qobject_cast<ChartPanel*>(shown.board.panel(0));
  EXPECT_EQ(panel->csv().substr(0, 29), "time_s,offered,served,failed\n");
  QTest::mouseClick(panel->findChildren<LegendEntry*>().at(1), Qt::LeftButton);
  EXPECT_EQ(panel->csv().substr(0, 22), "time_s,offered,failed\n");
}

TEST(Charts, TheMarkUnderThePointerIsFound) {
  Shown shown;
  const PlotView* plot = shown.plot(0);
  const models::Mark* found = nullptr;
  for (int x = 0; x < plot->width() && found == nullptr; ++x) found = plot->markAt(QPoint(x, 50));
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->note, "The oven breaks");
}

TEST(Charts, OneChartCanHaveTheWholeBoard) {
  Shown shown;
  shown.board.toggleAlone(1);
  EXPECT_TRUE(shown.board.panel(1)->isVisible());
  EXPECT_FALSE(shown.board.panel(0)->isVisible());
  shown.board.toggleAlone(1);
  EXPECT_TRUE(shown.board.panel(0)->isVisible());
}

TEST(Charts, ExportsPngTwiceAsLargeSvgWithTextAndCsvOfWhatIsShown) {
  Shown shown;
  const QTemporaryDir folder;
  const QString png = folder.filePath(QStringLiteral("a.png")), svg = folder.filePath(QStringLiteral("a.svg")), csv = folder.filePath(QStringLiteral("a.csv"));
  for (const QString& path : {png, svg, csv}) EXPECT_EQ(shown.board.save(1, path).toStdString(), "");
  EXPECT_EQ(QImage(png).width(), 2 * shown.board.panel(1)->width());
  QFile text(svg);
  ASSERT_TRUE(text.open(QIODevice::ReadOnly));
  const QByteArray drawn = text.readAll();
  EXPECT_TRUE(drawn.contains("Latency"));
  QXmlStreamReader reader(drawn);
  while (!reader.atEnd()) reader.readNext();
  EXPECT_FALSE(reader.hasError()) << reader.errorString().toStdString();
  QFile numbers(csv);
  ASSERT_TRUE(numbers.open(QIODevice::ReadOnly));
  const QByteArray rows = numbers.readAll();
  EXPECT_TRUE(rows.startsWith("time_s,latency_p50_ms,latency_mean_ms,latency_p99_ms\n1,10,20,90\n"));
  EXPECT_TRUE(rows.contains("\n71,,20,900\n")) << "no answer: an empty cell";
  EXPECT_NE(shown.board.save(1, folder.filePath(QStringLiteral("a.gif"))), QString());
  EXPECT_NE(shown.board.save(1, folder.filePath(QStringLiteral("no/such/folder/a.png"))), QString());
}

TEST(Charts, AGhostStandsInTheTitleAndOnTheTiles) {
  Shown shown;
  auto ghost = std::make_shared<models::Snapshot>(*halfTime());
  ghost->tallies.p99 = 600;
  shown.board.setGhost(ghost, QStringLiteral("no retries"));
  const std::vector<KpiValue> tiles = kpiValues(*halfTime(), ghost.get(), Vocabulary::mall);
  EXPECT_EQ(tiles[2].difference, QStringLiteral("+50 %"));
  ghost->latency = std::make_shared<std::vector<models::LatencyBucket>>(std::vector<models::LatencyBucket>{{1, 10, 5'000}});
  EXPECT_EQ(kpiValues(*halfTime(), ghost.get(), Vocabulary::mall)[2].difference, QString()) << "its percentiles are of fewer answers than it has by now";
  EXPECT_TRUE(qobject_cast<ChartPanel*>(shown.board.panel(0))->csv().find("ghost_served") != std::string::npos);
}

TEST(Charts, ADifferenceIsToldOnlyWhereBothStandAtTheSameInstant) {
  Shown shown;
  const auto told = [&shown] {
    int tiles = 0;
    for (const KpiTile* tile : shown.board.findChildren<KpiTile*>()) tiles += tile->toolTip().contains(QLatin1String("against the thin curves")) ? 1 : 0;
    return tiles;
  };
  auto ghost = std::make_shared<models::Snapshot>(*halfTime());
  ghost->tallies.p99 = 600;
  shown.board.setGhost(ghost, QStringLiteral("no retries"));
  EXPECT_GT(told(), 0);
  auto behind = std::make_shared<models::Snapshot>(*ghost);
  behind->now = engine::SimTime{ghost->now.ns / 2};
  shown.board.setGhost(behind, QStringLiteral("no retries"));
  EXPECT_EQ(told(), 0) << "it is not there yet";
  auto then = std::make_shared<models::Snapshot>(*halfTime());
  then->now = behind->now;
  shown.board.setGhost(behind, QStringLiteral("no retries"), then);
  EXPECT_GT(told(), 0) << "this run stood there too";
}

TEST(Kpis, PercentilesWithoutEnoughSamplesAreNotShown) {
  auto s = halfTime();
  EXPECT_EQ(kpiValues(*s, nullptr, Vocabulary::mall)[2].value, QStringLiteral("900 ms"));
  s->tallies.ok = 999;
  const KpiValue p99 = kpiValues(*s, nullptr, Vocabulary::mall)[2];
  EXPECT_EQ(p99.value, QStringLiteral("–"));
  EXPECT_EQ(p99.note, numberText(999) + QStringLiteral(" of ") + numberText(1000) + QStringLiteral(" needed"));
}

TEST(Kpis, SayWhatWasMeasuredSinceTheWarmUp) {
  auto s = halfTime();
  std::vector<KpiValue> tiles = kpiValues(*s, nullptr, Vocabulary::mall);
  ASSERT_EQ(tiles.size(), kKpis);
  EXPECT_EQ(tiles[0].value, QStringLiteral("75 /s"));  // 6,750 in 90 s
  EXPECT_EQ(tiles[3].value, QStringLiteral("25 %"));
  EXPECT_EQ(tiles[4].value, QStringLiteral("1.5 ×"));
  EXPECT_FALSE(tiles[0].greyed);
  s->now = engine::SimTime{5'000'000'000};
  for (const KpiValue& tile : kpiValues(*s, nullptr, Vocabulary::mall)) {
    EXPECT_TRUE(tile.greyed);
    EXPECT_EQ(tile.note, QStringLiteral("warm-up"));
  }
}

TEST(Kpis, TheStateOfATileIsThatOfTheWorstSloThatSpeaksOfIt) {
  auto s = halfTime();
  models::SloVerdict fine, broken, of_a_service;
  fine.expr = "latency.p99 < 2s";
  fine.holds = true;
  fine.value = 0.9;
  broken.expr = "success.rate >= 99%";
  broken.value = 0.75;
  of_a_service.expr = "latency.p99 < 1ms for service=oven";
  of_a_service.value = 0.9;
  s->slos = {fine, broken, of_a_service};
  const std::vector<KpiValue> tiles = kpiValues(*s, nullptr, Vocabulary::mall);
  EXPECT_EQ(tiles[2].state, KpiValue::State::holds);
  EXPECT_EQ(tiles[3].state, KpiValue::State::breached);
  EXPECT_EQ(tiles[5].value, QStringLiteral("1 of 3"));
}

TEST(Charts, NothingToShowIsShownAsNothing) {
  ChartBoard board;
  board.resize(700, 500);
  board.setSnapshot(nullptr);
  EXPECT_FALSE(board.grab().isNull());
  board.setSnapshot(std::make_shared<const models::Snapshot>());
  board.setScope(7);
  EXPECT_EQ(board.save(99, QStringLiteral("x.unknown")).isEmpty(), false);
}

}  // namespace
}  // namespace meshmall::gui
