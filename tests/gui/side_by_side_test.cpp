// Two policies side by side as a person drives it: choose, watch, keep. Waits are for states that must come, and give up after many turns of the event loop.
#include <QComboBox>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLineEdit>
#include <QPushButton>
#include <QTableWidget>
#include <QTest>
#include <fstream>
#include <sstream>

#include "gui/floor/floor_widget.h"
#include "gui/panels/difference_tile.h"
#include "gui/panels/policy_choice.h"
#include "gui/panels/policy_form.h"
#include "gui/panels/side_by_side.h"
#include "gui/panels/time_panel.h"
#include "gui/session/scenario_file.h"

namespace meshmall::gui {
namespace {

const char* const kScenario = R"({
  "meshmall": 1, "name": "pair", "run": {"duration": "12s", "warmup": "0s", "seed": 7},
  "network": {"sameZone": "1ms"},
  "services": {
    "front": {"versions": {"v1": {"replicas": 2, "workers": 16}}, "operations": {"GET /": {"steps": [{"busy": "1ms"}, {"call": "back/work"}]}}},
    "back": {"versions": {"v1": {"replicas": 3, "workers": 2}}, "operations": {"work": {"steps": [{"busy": {"exponential": {"mean": "5ms"}}}], "failure": {"probability": 0.1}}}}
  },
  "traffic": [{"name": "all", "to": "front/GET /", "arrivals": {"poisson": {"rate": "200/s"}}}],
  "mesh": {"defaults": {"retries": {"attempts": 0}}}
})";

PolicyPair pairWith(const std::string& patch) {
  PolicyPair pair;
  pair.scenario = "pair.json";
  pair.file_text = pair.as_is = kScenario;
  pair.changed = withPatch(kScenario, patch);
  pair.name = "second tries";
  return pair;
}

const char* const kSecondTries = R"({"mesh": {"defaults": {"retries": {"attempts": 2, "retryOn": "5xx"}}}})";

template <typename Condition>
bool turnUntil(SideBySide& both, Condition condition) {
  for (int i = 0; i < 20'000; ++i) {
    if (condition()) return true;
    both.tick();
    QTest::qWait(1);
  }
  return false;
}

TEST(SideBySide, BothStandAtTheSameInstantAndTheDifferenceIsTold) {
  SideBySide both;
  both.resize(1200, 700);
  ASSERT_TRUE(both.compare(pairWith(kSecondTries)));
  both.setSpeed(kMaxSpeed);
  both.play();
  bool locked = true;
  ASSERT_TRUE(turnUntil(both, [&] {
    locked = locked && both.pair()->first()->snapshot.now == both.pair()->second()->snapshot.now;
    return both.pair()->finished();
  }));
  EXPECT_TRUE(locked) << "a locked clock";
  both.tick();
  const auto& a = both.pair()->first()->snapshot.tallies;
  const auto& b = both.pair()->second()->snapshot.tallies;
  EXPECT_EQ(a.arrived, b.arrived) << "the same customers";
  EXPECT_GT(b.successRate(), a.successRate());
  EXPECT_EQ(both.tiles()[1]->verdict(), QStringLiteral("B is better"));
  EXPECT_EQ(both.tiles()[5]->verdict(), QStringLiteral("B is worse")) << "more tries for a call";
  EXPECT_EQ(both.tiles()[4]->verdict(), QStringLiteral("too few periods yet")) << "no p99 of 80 answers";
}

TEST(SideBySide, TheSamePolicyIsIdentical) {
  SideBySide both;
  ASSERT_TRUE(both.compare(pairWith("{}")));
  both.setSpeed(kMaxSpeed);
  both.play();
  ASSERT_TRUE(turnUntil(both, [&] { return both.pair()->finished(); }));
  EXPECT_EQ(both.tiles()[0]->verdict(), QStringLiteral("identical"));
}

TEST(SideBySide, APolicyThatCannotBeIsToldAndNothingRuns) {
  SideBySide both;
  EXPECT_FALSE(both.compare(pairWith(R"({"mesh": {"defaults": {"retries": {"attempts": -1}}}})")));
  EXPECT_TRUE(both.said().startsWith(QStringLiteral("B cannot be run"))) << both.said().toStdString();
  EXPECT_EQ(both.pair(), nullptr);
}

TEST(SideBySide, IsPlayedByTheKeysOfTheMainWindow) {
  SideBySide both;
  both.show();
  both.activateWindow();
  ASSERT_TRUE(QTest::qWaitForWindowActive(&both));
  ASSERT_TRUE(both.compare(pairWith(kSecondTries)));
  both.setSpeed(0.1);
  QTest::keyClick(&both, Qt::Key_Space);
  ASSERT_TRUE(turnUntil(both, [&] { return both.pair()->playing(); }));
  QTest::keyClick(&both, Qt::Key_Space);
  ASSERT_TRUE(turnUntil(both, [&] { return !both.pair()->playing(); }));
}

TEST(SideBySide, RestartComesBackToTheBeginning) {
  SideBySide both;
  ASSERT_TRUE(both.compare(pairWith(kSecondTries)));
  both.pair()->stepTime(engine::seconds(2));
  ASSERT_TRUE(turnUntil(both, [&] { return both.pair()->position() == engine::SimTime{} + engine::seconds(2); }));
  both.pair()->restart();
  ASSERT_TRUE(turnUntil(both, [&] { return both.pair()->position().ns == 0 && both.pair()->second()->snapshot.now.ns == 0; }));
  both.pair()->playUntil(engine::SimTime{} + engine::seconds(3));
  both.setSpeed(kMaxSpeed);
  ASSERT_TRUE(turnUntil(both, [&] { return !both.pair()->playing() && both.pair()->position() == engine::SimTime{} + engine::seconds(3); }));
}

TEST(PolicyChoice, GivesAMergePatchOfTheScenario) {
  const QJsonObject mesh = QJsonDocument::fromJson(kScenario).object().value(QStringLiteral("mesh")).toObject();
  PolicyChoice choice({QStringLiteral("front"), QStringLiteral("back")}, QStringLiteral("back"), mesh);
  EXPECT_EQ(choice.services()->currentText(), QStringLiteral("back"));
  choice.kinds()->setCurrentIndex(choice.kinds()->findText(QStringLiteral("Lines: random")));
  choice.compareButton()->click();
  EXPECT_EQ(choice.result(), QDialog::Accepted);
  const QJsonObject patch = QJsonDocument::fromJson(choice.patch().toUtf8()).object();
  EXPECT_EQ(patch.value(QStringLiteral("mesh")).toObject().value(QStringLiteral("destinationRules")).toObject().value(QStringLiteral("back")).toObject()
                .value(QStringLiteral("trafficPolicy")).toObject().value(QStringLiteral("loadBalancer")).toObject().value(QStringLiteral("simple")).toString(),
            QStringLiteral("RANDOM"));
  EXPECT_FALSE(withPatch(kScenario, choice.patch().toStdString()).empty());
}

TEST(TimePanel, ShowsTheBandsAndTheSlowestWhoseTripAClickAsksFor) {
  models::TimeLog log;
  log.shops = {"front", "back"};
  for (std::uint64_t n = 1; n <= 100; ++n) {
    const auto ns = static_cast<std::int64_t>(n) * 1'000'000;
    log.trips.push_back({n, engine::SimTime{static_cast<std::int64_t>(n)}, engine::Duration{2 * ns}, {200, models::ResponseFlag::kNone}, false,
                         {{0, models::SpentOn::service, ns}, {1, models::SpentOn::queueing, ns}}});
  }
  TimePanel panel;
  TimeAnswer answer;
  answer.log = log;
  answer.arrived = 100;
  panel.setAnswer(answer);
  EXPECT_EQ(panel.bars()->time().customers, 100U);
  EXPECT_EQ(panel.slowest()->item(0, 0)->text(), QStringLiteral("100"));
  panel.bands()->setCurrentIndex(panel.bands()->findText(QStringLiteral("the slowest hundredth")));
  EXPECT_EQ(panel.bars()->time().customers, 1U);
  EXPECT_EQ(panel.bars()->csv(), "shop,queueing_ms,service_ms,network_ms,proxy_ms,retries_ms,backoff_ms,other_ms,total_ms\nback,100,0,0,0,0,0,0,100\nfront,0,100,0,0,0,0,0,100\n");
  quint64 asked = 0;
  QObject::connect(&panel, &TimePanel::tripAsked, [&](quint64 number) { asked = number; });
  Q_EMIT panel.slowest()->itemClicked(panel.slowest()->item(0, 2));
  EXPECT_EQ(asked, 100U);
}

TEST(TimePanel, FollowsThePeriodThatWasAskedFor) {
  const ScenarioFile file = readScenario(kScenario, "pair.json");
  ASSERT_TRUE(file.sound());
  TimePanel panel;
  const auto at = [](double s) { return engine::SimTime{} + engine::fromSeconds(s); };
  panel.ask(file.plan, at(2), at(4), at(12));
  for (int i = 0; i < 20'000 && panel.waiting(); ++i) {
    panel.poll();
    QTest::qWait(1);
  }
  ASSERT_FALSE(panel.waiting());
  const models::TimeSpent& time = panel.bars()->time();
  EXPECT_NEAR(static_cast<double>(time.customers), 400, 5 * std::sqrt(400.0));  // Poisson: 5 standard deviations
  EXPECT_EQ(time.shops.size(), 2U);
}

}  // namespace
}  // namespace meshmall::gui
