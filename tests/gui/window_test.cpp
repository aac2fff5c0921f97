// The window driven as a person would: by clicks, keys and drops, without a screen.
#include <QAbstractItemView>
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDockWidget>
#include <QDropEvent>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMessageBox>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSettings>
#include <QSlider>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBlock>
#include <QTimer>
#include <QUrl>
#include <algorithm>
#include <functional>
#include <set>

#include "gui/app/launch_options.h"
#include "gui/app/main_window.h"
#include "gui/app/run_bar.h"
#include "gui/app/run_identity.h"
#include "gui/app/start_page.h"
#include "gui/charts/chart_board.h"
#include "gui/charts/kpi_tile.h"
#include "gui/floor/floor_scene.h"
#include "gui/floor/floor_widget.h"
#include "gui/panels/changes_panel.h"
#include "gui/panels/compare_panel.h"
#include "gui/panels/policy_catalogue.h"
#include "gui/panels/policy_form.h"
#include "gui/panels/problems_panel.h"
#include "gui/panels/shop_panel.h"
#include "gui/panels/side_by_side.h"
#include "gui/panels/trip_panel.h"
#include "models/version.h"
#include "tests/gui/window_fixture.h"

namespace meshmall::gui {
namespace {

TEST_F(Window, EveryActionSaysWhatItIsAndHasItsOwnKeys) {
  std::set<QString> keys;
  for (const auto& [which, action] : window.actions().all()) {
    EXPECT_FALSE(action->text().isEmpty());
    EXPECT_FALSE(action->toolTip().isEmpty());
    EXPECT_FALSE(action->statusTip().isEmpty());
    for (const QKeySequence& key : action->shortcuts()) EXPECT_TRUE(keys.insert(key.toString()).second) << key.toString().toStdString() << " is taken twice";
  }
  EXPECT_EQ(window.actions().all().size(), actionTable().size());
  act(Act::qtenv_keys)->trigger();
  keys.clear();
  for (const auto& [which, action] : window.actions().all())
    for (const QKeySequence& key : action->shortcuts()) EXPECT_TRUE(keys.insert(key.toString()).second) << key.toString().toStdString() << " is taken twice among the keys of Qtenv";
  for (const char* key : {"F4", "F5", "F6", "F7", "F8", "Ctrl+F5"}) EXPECT_EQ(keys.count(QString::fromLatin1(key)), 1U) << key;
  act(Act::qtenv_keys)->trigger();
  EXPECT_EQ(act(Act::reload)->shortcut().toString(), QStringLiteral("F5"));
}

TEST_F(Window, EveryControlHasAnAccessibleName) {
  open();
  for (const QWidget* w : window.findChildren<QWidget*>()) {
    const bool control = w->inherits("QAbstractButton") || w->inherits("QComboBox") || w->inherits("QAbstractSlider") || w->inherits("QAbstractSpinBox");
    if (!control || w->objectName().startsWith(QLatin1String("qt_")) || w->parentWidget()->inherits("QAbstractSpinBox") || w->inherits("QScrollBar") || w->inherits("QTableCornerButton") ||
        w->inherits("QLineEditIconButton") || !w->isVisibleTo(&window))
      continue;
    const auto* button = qobject_cast<const QAbstractButton*>(w);
    EXPECT_TRUE(!w->accessibleName().isEmpty() || (button != nullptr && !button->text().isEmpty()) || !w->toolTip().isEmpty())
        << w->metaObject()->className() << " in " << w->parentWidget()->metaObject()->className();
  }
}

TEST_F(Window, AClickOnTheStartPageOpensAScenario) {
  QListWidget* gallery = window.startPage()->gallery();
  ASSERT_GT(gallery->count(), 5);
  EXPECT_TRUE(gallery->item(0)->text().contains(QLatin1Char('\n'))) << "a name and its question";
  const QRect place = gallery->visualItemRect(gallery->item(0));
  QTest::mouseClick(gallery->viewport(), Qt::LeftButton, {}, place.center());
  ASSERT_NE(window.session(), nullptr);
  EXPECT_FALSE(status().playing);
}

TEST_F(Window, ADroppedFileOpens) {
  QMimeData data;
  data.setUrls({QUrl::fromLocalFile(QFileInfo(QStringLiteral("scenarios/bakery.json")).absoluteFilePath())});
  QDragEnterEvent enter(QPoint(10, 10), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(&window, &enter);
  QDropEvent drop(QPointF(10, 10), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(&window, &drop);
  ASSERT_NE(window.session(), nullptr);
  EXPECT_EQ(window.frame()->snapshot.floor->scenario, "bakery-rush");
}

TEST_F(Window, ReturnChoosesInAnOpenList) {
  ASSERT_TRUE(open());
  auto* services = window.changes()->findChild<QComboBox*>();
  ASSERT_NE(services, nullptr);
  ASSERT_GT(services->count(), 1);
  window.showPanel(QStringLiteral("changes"));
  services->setCurrentIndex(0);
  services->showPopup();
  QWidget* list = nullptr;
  ASSERT_TRUE(waitFor([&] { return (list = QApplication::activePopupWidget()) != nullptr; }));
  QWidget* view = services->view();
  QTest::keyClick(view, Qt::Key_Down);
  QTest::keyClick(view, Qt::Key_Return);
  EXPECT_TRUE(waitFor([] { return QApplication::activePopupWidget() == nullptr; }));
  EXPECT_EQ(services->currentIndex(), 1);
}

TEST_F(Window, TheSeedIsLockedUntilAPersonOpensTheLock) {
  ASSERT_TRUE(open());
  EXPECT_TRUE(window.identity()->seed()->isReadOnly());
  const std::uint64_t own = window.frame()->snapshot.floor->seed;
  EXPECT_EQ(window.identity()->seed()->text(), QString::number(own));
  act(Act::restart)->trigger();
  ASSERT_TRUE(waitFor([this] { return status().position.ns == 0; }));
  EXPECT_EQ(window.frame()->snapshot.floor->seed, own) << "locked: the same customers";
  act(Act::choose_seed)->trigger();
  EXPECT_FALSE(window.identity()->locked());
  QTest::keyClick(window.identity()->seed(), Qt::Key_A, Qt::ControlModifier);
  QTest::keyClicks(window.identity()->seed(), QStringLiteral("77"));
  QTest::keyClick(window.identity()->seed(), Qt::Key_Return);
  ASSERT_TRUE(waitFor([this] { return window.frame()->snapshot.floor->seed == 77; }));
  EXPECT_TRUE(window.commandLine().contains(QStringLiteral("--seed 77"))) << window.commandLine().toStdString();
  EXPECT_FALSE(window.commandLine().contains(QLatin1Char('#'))) << "the line alone repeats the run";
  act(Act::restart)->trigger();
  ASSERT_TRUE(waitFor([this] { return window.frame()->snapshot.floor->seed == 78; })) << "open: each restart takes the next";
  EXPECT_TRUE(window.identity()->text().contains(QString::fromLatin1(models::version())));
  EXPECT_TRUE(window.identity()->text().contains(QString::fromStdString(status().hash)));
}

TEST_F(Window, APanelsKeyBringsItToTheFrontBeforeItClosesIt) {
  ASSERT_TRUE(open());
  const auto dock = [this](const QWidget* panel) { return qobject_cast<QDockWidget*>(panel->parentWidget()); };
  act(Act::show_changes)->setChecked(false);
  window.showPanel(QStringLiteral("shop"));
  QApplication::processEvents();
  ASSERT_FALSE(dock(window.changes())->isHidden());
  act(Act::show_changes)->setChecked(true);  // as it is: open, behind Shop
  act(Act::show_changes)->trigger();
  EXPECT_FALSE(dock(window.changes())->isHidden()) << "brought to the front";
  EXPECT_TRUE(act(Act::show_changes)->isChecked());
  QApplication::processEvents();
  act(Act::show_changes)->trigger();
  EXPECT_TRUE(dock(window.changes())->isHidden()) << "it was in front";
}

TEST_F(Window, TheQuestionOfTheScenarioStandsWhereCaptionsCome) {
  ASSERT_TRUE(open("scenarios/bakery.json"));
  EXPECT_FALSE(window.caption()->text().isEmpty());
  EXPECT_TRUE(QString::fromStdString(window.frame()->snapshot.floor->description).contains(window.caption()->text()));
  EXPECT_EQ(window.caption()->text(), QStringLiteral("Do the customers notice?"));
}

TEST_F(Window, BesideTheStartPageNoPanelIsShown) {
  for (const QDockWidget* dock : window.findChildren<QDockWidget*>()) EXPECT_TRUE(dock->isHidden()) << dock->windowTitle().toStdString();
  ASSERT_TRUE(open());
  EXPECT_FALSE(qobject_cast<QDockWidget*>(window.shop()->parentWidget())->isHidden());
}

TEST_F(Window, CustomersCanBeSentByTheSlider) {
  ASSERT_TRUE(open());
  window.showPanel(QStringLiteral("changes"));
  QApplication::processEvents();
  QSlider* slider = nullptr;
  for (QSlider* one : window.changes()->findChildren<QSlider*>()) slider = one;
  ASSERT_NE(slider, nullptr);
  slider->setSliderDown(true);
  slider->setSliderPosition(slider->maximum());
  slider->setSliderDown(false);  // let go
  ASSERT_TRUE(waitFor([this] { return status().edited; }));
  ASSERT_EQ(window.frame()->edits->size(), 1U);
  EXPECT_NE(window.frame()->edits->front().event.find("\"factor\":10"), std::string::npos) << window.frame()->edits->front().event;
}

TEST_F(Window, WhateverLiesUnderADroppedFileLeavesItToTheWindow) {
  ASSERT_TRUE(open());
  for (const QWidget* under : window.centralWidget()->findChildren<QWidget*>()) EXPECT_FALSE(under->acceptDrops() && !under->inherits("QLineEdit")) << under->metaObject()->className();
  EXPECT_TRUE(window.acceptDrops());
}

TEST_F(Window, AShopTellsItsLoadItsFailuresAndThePoliciesInForce) {
  ASSERT_TRUE(open("scenarios/retry-storm.json"));
  EXPECT_TRUE(window.shop()->facts().contains(QString::fromStdString(window.frame()->snapshot.floor->description).left(20).toHtmlEscaped())) << "nothing selected: what the scenario is about";
  EXPECT_FALSE(window.shop()->policyTable()->isVisible());
  window.setSpeed(kMaxSpeed);
  window.session()->stepTime(engine::seconds(40));
  ASSERT_TRUE(waitFor([this] { return status().position.seconds() >= 40 && !status().playing; }));
  std::uint32_t failing = models::kNoIndex;
  for (std::uint32_t s = 0; s < window.frame()->snapshot.services.size(); ++s)
    if (!window.frame()->snapshot.services[s].failures.empty()) failing = s;
  ASSERT_NE(failing, models::kNoIndex) << "the kitchen is three times as slow from 30 s on";
  window.floor()->selectService(failing);
  window.tick();
  const models::ServiceState& state = window.frame()->snapshot.services[failing];
  EXPECT_GT(state.busy_on_average, 0);
  EXPECT_LE(state.busy_on_average, state.workers_on_average);
  EXPECT_TRUE(window.shop()->facts().contains(QString::fromStdString(state.failures.front().first))) << window.shop()->facts().toStdString();
  EXPECT_TRUE(window.shop()->facts().contains(QStringLiteral("p95")));
  const QTableWidget* table = window.shop()->policyTable();
  ASSERT_EQ(table->rowCount(), static_cast<int>(policyKinds().size()));
  EXPECT_NE(table->item(0, 1)->text(), QStringLiteral("default")) << "those in force come first";
  EXPECT_EQ(table->item(table->rowCount() - 1, 1)->text(), QStringLiteral("default"));
  EXPECT_NE(table->item(0, 0)->foreground().color(), table->item(table->rowCount() - 1, 0)->foreground().color()) << "defaults are dimmed";
  window.shop()->policyTable()->setCurrentCell(table->rowCount() - 1, 0);
  EXPECT_EQ(window.shop()->policies()->currentIndex(), table->item(table->rowCount() - 1, 0)->data(Qt::UserRole).toInt()) << "a row shows its parameters";
}

TEST_F(Window, TwoScenariosDroppedTogetherStandSideBySide) {
  QMimeData data;
  QList<QUrl> urls;
  for (const char* name : {"scenarios/article/2-lines.json", "scenarios/article/3-second-try.json"}) urls << QUrl::fromLocalFile(QFileInfo(QString::fromLatin1(name)).absoluteFilePath());
  data.setUrls(urls);
  QDragEnterEvent enter(QPoint(10, 10), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(&window, &enter);
  QDropEvent drop(QPointF(10, 10), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(&window, &drop);
  const auto both = window.findChildren<SideBySide*>();
  ASSERT_EQ(both.size(), 1);
  ASSERT_NE(both.first()->pair(), nullptr);
}

TEST_F(Window, ABrokenFileShowsItsProblemsAndTheOldScenarioGoesOn) {
  ASSERT_TRUE(open());
  const QString path = folder.filePath(QStringLiteral("broken.json"));
  QFile file(path);
  ASSERT_TRUE(file.open(QIODevice::WriteOnly));
  file.write("{\n \"meshmall\": 1,\n \"services\": {\"a\": {}},\n \"traffic\": [{\"name\": \"t\", \"to\": \"b/x\", \"arrivals\": {\"poisson\": {\"rate\": \"1/s\"}}}]\n}\n");
  file.close();
  const Session* before = window.session();
  EXPECT_FALSE(window.openFile(path));
  EXPECT_EQ(window.session(), before);
  QTableWidget* table = window.problems()->table();
  ASSERT_GE(table->rowCount(), 1);
  int row = 0;
  while (row < table->rowCount() && !table->item(row, 3)->text().startsWith(QLatin1String("4:"))) ++row;
  ASSERT_LT(row, table->rowCount()) << window.problems()->asText().toStdString();
  table->setCurrentCell(row, 0);
  EXPECT_EQ(window.problems()->source()->textCursor().blockNumber(), 3);
}

TEST_F(Window, PlaysStepsAndPausesByKeys) {
  ASSERT_TRUE(open());
  act(Act::step_event)->trigger();
  ASSERT_TRUE(waitFor([&] { return window.frame()->snapshot.events == 1; }));
  window.activateWindow();
  window.floor()->setFocus();
  act(Act::play)->trigger();
  ASSERT_TRUE(waitFor([&] { return status().playing && status().position.seconds() > 0.05; }));
  act(Act::play)->trigger();
  ASSERT_TRUE(waitFor([&] { return !status().playing; }));
}

TEST_F(Window, ABrokenShopIsAFaultAMarkAndAnEditThatCanBeUndone) {
  ASSERT_TRUE(open());
  window.changes()->select(0);
  window.changes()->duration()->setText(QStringLiteral("20s"));
  QTest::mouseClick(window.changes()->button(QStringLiteral("slow")), Qt::LeftButton);
  ASSERT_TRUE(waitFor([&] { return status().can_undo && window.changes()->edits()->count() == 1; }));
  act(Act::step_second)->trigger();
  ASSERT_TRUE(waitFor([&] { return window.frame()->snapshot.faults.size() == 1 && !status().playing; }));
  EXPECT_EQ(window.changes()->faults()->count(), 1);
  EXPECT_FALSE(window.frame()->snapshot.marks->empty());
  act(Act::undo)->trigger();
  ASSERT_TRUE(waitFor([&] { return !status().can_undo && !status().replaying; }));
  act(Act::step_second)->trigger();
  EXPECT_TRUE(waitFor([&] { return window.frame()->snapshot.faults.empty() && !status().playing; }));
}

TEST_F(Window, AfterAClickSpacePlaysAndDoesNotPressTheButtonAgain) {
  ASSERT_TRUE(open());
  window.activateWindow();
  window.floor()->setFocus();
  window.changes()->select(0);
  QTest::mouseClick(window.changes()->button(QStringLiteral("crash")), Qt::LeftButton);
  ASSERT_TRUE(waitFor([&] { return window.changes()->edits()->count() == 1; }));
  EXPECT_TRUE(window.changes()->edits()->item(0)->text().endsWith(QStringLiteral("for 10s, from the next event on"))) << window.changes()->edits()->item(0)->text().toStdString();
  EXPECT_FALSE(window.changes()->button(QStringLiteral("crash"))->hasFocus());
  for (const QPushButton* button : window.findChildren<QPushButton*>()) EXPECT_EQ(button->focusPolicy(), Qt::TabFocus) << button->text().toStdString();
  EXPECT_TRUE(act(Act::undo)->text().contains(QStringLiteral("crash"))) << act(Act::undo)->text().toStdString();
}

TEST_F(Window, AWrongDurationIsRefusedInWords) {
  ASSERT_TRUE(open());
  window.changes()->duration()->setText(QStringLiteral("10 parsecs"));
  QTest::mouseClick(window.changes()->button(QStringLiteral("fail")), Qt::LeftButton);
  window.tick();
  EXPECT_FALSE(status().edited);
}

TEST_F(Window, APolicyIsSwitchedWithItsParametersAndMarked) {
  ASSERT_TRUE(open());
  window.floor()->selectService(0);
  window.shop()->select(0);
  window.shop()->setSnapshot(window.frame()->snapshot);
  int row = 0;
  for (std::size_t i = 0; i < policyKinds().size(); ++i)
    if (policyKinds()[i].definition == QLatin1String("outlierDetection")) row = static_cast<int>(i);
  window.shop()->policies()->setCurrentIndex(row);
  QCheckBox* tick = window.shop()->form()->tick(QStringLiteral("consecutive5xxErrors"));
  ASSERT_NE(tick, nullptr);
  tick->setChecked(true);
  QTest::mouseClick(window.shop()->applyButton(), Qt::LeftButton);
  ASSERT_TRUE(waitFor([&] { return status().can_undo; })) << status().error;
  EXPECT_EQ(status().error, "");
  EXPECT_NE(window.session()->scenarioText().get().find("outlierDetection"), std::string::npos);
  act(Act::step_second)->trigger();
  ASSERT_TRUE(waitFor([&] { return status().position.seconds() >= 1 && !status().playing; }));
  bool marked = false;
  for (const models::Mark& mark : *window.frame()->snapshot.marks) marked = marked || mark.kind == models::Mark::Kind::policy;
  EXPECT_TRUE(marked);
}

TEST(Policies, EveryPolicyOfTheTableIsAcceptedByTheDecoder) {
  const QString service = QStringLiteral("shop");
  const char* const with_subsets = R"({"destinationRules": {"shop": {"subsets": [{"name": "v1", "labels": {"version": "v1"}}, {"name": "v2", "labels": {"version": "v2"}}]}}})";
  const QJsonObject mesh = QJsonDocument::fromJson(with_subsets).object();
  for (const PolicyKind& kind : policyKinds()) {
    QJsonObject value;
    const QJsonObject definition = schemaDefinition(policyDefinition(kind, service, mesh));
    for (const auto& name : definition.value(QStringLiteral("required")).toArray()) {
      const bool duration = definition.value(QStringLiteral("properties")).toObject().value(name.toString()).toObject().value(QStringLiteral("$ref")).toString().endsWith(QLatin1String("/duration"));
      value.insert(name.toString(), duration ? QJsonValue(QStringLiteral("3s")) : QJsonValue(3));
    }
    if (kind.definition == QLatin1String("consistentHash")) value.insert(QStringLiteral("useSourceIp"), true);
    const QString event = policyEvent(kind, service, value, mesh);
    ASSERT_FALSE(event.isEmpty()) << kind.title.toStdString();
    const std::string text = R"({"meshmall": 1, "name": "t", "run": {"duration": "1s"}, "services": {"shop": {"versions": {"v1": {}, "v2": {}}, "operations": {"x": {"steps": []}}}},
      "traffic": [{"name": "t", "to": "shop/x", "arrivals": {"poisson": {"rate": "1/s"}}}], "mesh": )" + std::string(with_subsets) + R"(, "events": [{"at": "1ms", )" + event.mid(1).toStdString() + "]}";
    const ScenarioFile file = readScenario(text, "t.json", false);
    std::string said;
    for (const models::Problem& p : file.problems) said += models::textOf(p) + "\n";
    EXPECT_TRUE(file.sound()) << kind.title.toStdString() << "\n" << said;
  }
}

const PolicyKind& kindOf(const char* definition) {
  return *std::find_if(policyKinds().begin(), policyKinds().end(), [definition](const PolicyKind& kind) { return kind.definition == QLatin1String(definition); });
}
QJsonObject patchOf(const QString& event) { return QJsonDocument::fromJson(event.toUtf8()).object()[QStringLiteral("patch")].toObject()[QStringLiteral("mesh")].toObject(); }
QJsonObject json(const char* text) { return QJsonDocument::fromJson(text).object(); }

TEST(Policies, ASplitIsSetByTheWeightsOfTheSubsetsAndConditionsStay) {
  const QJsonObject mesh = json(R"({"destinationRules": {"a": {"subsets": [{"name": "v1"}, {"name": "v2"}]}}, "virtualServices": {"a": {"http": [
    {"match": [{"headers": {"user": {"exact": "jason"}}}], "route": [{"destination": {"host": "a", "subset": "v2"}}]},
    {"route": [{"destination": {"host": "a", "subset": "v1"}, "weight": 90}, {"destination": {"host": "a", "subset": "v2"}, "weight": 10}], "timeout": "1s"}]}}})");
  const PolicyKind& split = kindOf("@split");
  EXPECT_EQ(policyNow(split, QStringLiteral("a"), mesh).toObject(), json(R"({"v1": 90, "v2": 10})"));
  EXPECT_EQ(patchOf(policyEvent(split, QStringLiteral("a"), json(R"({"v1": 50, "v2": 50})"), mesh)), json(R"({"virtualServices": {"a": {"http": [
    {"match": [{"headers": {"user": {"exact": "jason"}}}], "route": [{"destination": {"host": "a", "subset": "v2"}}]},
    {"route": [{"destination": {"host": "a", "subset": "v1"}, "weight": 50}, {"destination": {"host": "a", "subset": "v2"}, "weight": 50}], "timeout": "1s"}]}}})"));
  EXPECT_TRUE(policyDefinition(split, QStringLiteral("b"), mesh).isEmpty()) << "nothing to split";
  EXPECT_TRUE(policyEvent(split, QStringLiteral("b"), json(R"({"v1": 50})"), mesh).isEmpty());
}

TEST(Policies, ATimeoutStandsInEveryRuleThatLeadsSomewhere) {
  const QJsonObject mesh = json(R"({"virtualServices": {"a": {"http": [{"redirect": {"uri": "/x"}}, {"route": [{"destination": {"host": "a"}}]}]}}})");
  const PolicyKind& timeout = kindOf("@timeout");
  EXPECT_TRUE(policyNow(timeout, QStringLiteral("a"), mesh).isUndefined());
  EXPECT_EQ(patchOf(policyEvent(timeout, QStringLiteral("a"), json(R"({"timeout": "250ms"})"), mesh)),
            json(R"({"virtualServices": {"a": {"http": [{"redirect": {"uri": "/x"}}, {"route": [{"destination": {"host": "a"}}], "timeout": "250ms"}]}}})"));
}

TEST(Policies, ABudgetKeepsTheRetriesThatHold) {
  const QJsonObject mesh = json(R"({"defaults": {"retries": {"attempts": 5, "retryOn": "5xx"}}})");
  EXPECT_EQ(patchOf(policyEvent(kindOf("retryBudget"), QStringLiteral("a"), json(R"({"percent": 20})"), mesh)),
            json(R"({"virtualServices": {"a": {"http": [{"route": [{"destination": {"host": "a"}}], "retries": {"attempts": 5, "retryOn": "5xx", "budget": {"percent": 20}}}]}}})"));
}

TEST(Policies, APartOfABlockKeepsWhatTheDefaultsSayOfTheBlock) {
  const QJsonObject mesh = json(R"({"defaults": {"trafficPolicy": {"loadBalancer": {"simple": "ROUND_ROBIN"}}}})");
  EXPECT_EQ(patchOf(policyEvent(kindOf("warmup"), QStringLiteral("a"), json(R"({"duration": "10s"})"), mesh)),
            json(R"({"destinationRules": {"a": {"trafficPolicy": {"loadBalancer": {"simple": "ROUND_ROBIN", "warmup": {"duration": "10s"}}}}}})"));
}

TEST(Policies, SettingOneTakesTheOthersOfItsBlockAway) {
  const PolicyKind& random = policyKinds()[2];
  const QJsonObject mesh = QJsonDocument::fromJson(R"({"destinationRules": {"a": {"trafficPolicy": {"loadBalancer": {"policy": {"peakEwma": {}}}}}}})").object();
  const QJsonObject event = QJsonDocument::fromJson(policyEvent(random, QStringLiteral("a"), QJsonObject(), mesh).toUtf8()).object();
  const QJsonObject balancer = event[QStringLiteral("patch")].toObject()[QStringLiteral("mesh")].toObject()[QStringLiteral("destinationRules")].toObject()[QStringLiteral("a")]
                                   .toObject()[QStringLiteral("trafficPolicy")].toObject()[QStringLiteral("loadBalancer")].toObject();
  EXPECT_EQ(balancer[QStringLiteral("simple")].toString(), QStringLiteral("RANDOM"));
  EXPECT_TRUE(balancer.contains(QStringLiteral("policy")) && balancer[QStringLiteral("policy")].isNull());
}

TEST_F(Window, TheTripOfACustomerIsShownWithTheReasonOfThePick) {
  ASSERT_TRUE(open());
  act(Act::step_second)->trigger();
  ASSERT_TRUE(waitFor([&] { return status().position.seconds() >= 1 && !status().playing; }));
  Q_EMIT window.trip()->tripAsked(3);
  ASSERT_TRUE(waitFor([&] { return !window.trip()->waiting(); }));
  EXPECT_GT(window.trip()->waterfall()->rows().size(), 2U);
  EXPECT_TRUE(window.trip()->why().contains(QLatin1String("Chosen by"))) << window.trip()->why().toStdString();
}

TEST_F(Window, ThePastCanBeLookedAtWhileTheRunStaysWhereItIs) {
  ASSERT_TRUE(open());
  window.runBar()->setSpeed(kMaxSpeed);
  window.session()->setSpeed(kMaxSpeed);
  StopRule rule;
  rule.at = engine::SimTime{20'000'000'000};
  window.session()->runUntil(rule);
  ASSERT_TRUE(waitFor([&] { return status().position.seconds() >= 20 && !status().playing; }));
  Q_EMIT window.runBar()->scrubbedTo(5);
  EXPECT_TRUE(act(Act::live)->isEnabled());
  EXPECT_LE(window.floor()->scene()->snapshot()->now.seconds(), 5.0);
  EXPECT_GE(status().position.seconds(), 20.0);
  act(Act::live)->trigger();
  EXPECT_GE(window.floor()->scene()->snapshot()->now.seconds(), 20.0);
}

TEST_F(Window, EscLetsTheFollowedCustomerGoFirst) {
  ASSERT_TRUE(open());
  window.floor()->selectService(0);
  window.floor()->follow(7);
  act(Act::back)->trigger();
  EXPECT_EQ(window.floor()->scene()->followed(), 0U);
  EXPECT_EQ(window.floor()->selectedService(), 0U);
  act(Act::back)->trigger();
  EXPECT_EQ(window.floor()->selectedService(), models::kNoIndex);
}

TEST_F(Window, InTheFastModesTheFloorIsDrawnWhenTheRunStops) {
  ASSERT_TRUE(open());
  act(Act::mode_max)->trigger();
  EXPECT_EQ(window.mode(), MainWindow::Mode::max);
  EXPECT_TRUE(act(Act::mode_max)->isChecked());
  EXPECT_FALSE(act(Act::mode_watch)->isChecked());
  EXPECT_EQ(window.runBar()->speed(), kMaxSpeed);
  StopRule rule;
  rule.at = engine::SimTime{5'000'000'000};
  window.session()->runUntil(rule);
  ASSERT_TRUE(waitFor([&] { return status().position.seconds() >= 5 && !status().playing; }));
  EXPECT_EQ(window.floor()->scene()->snapshot()->now, status().position) << "what is there is drawn in the end";
  act(Act::mode_watch)->trigger();
  EXPECT_EQ(window.runBar()->speed(), 1.0) << "as it was watched before";
}

TEST_F(Window, RemembersHowItWasLeft) {
  ASSERT_TRUE(open());
  act(Act::theme_dark)->trigger();
  act(Act::mall_words)->trigger();
  act(Act::qtenv_keys)->trigger();
  act(Act::show_charts)->trigger();
  window.setSpeed(10);
  EXPECT_TRUE(window.close());
  MainWindow again(settings);
  EXPECT_TRUE(again.actions().at(Act::theme_dark)->isChecked());
  EXPECT_FALSE(again.actions().at(Act::mall_words)->isChecked());
  EXPECT_EQ(again.actions().at(Act::play)->shortcuts().size(), 2) << "Space, and F5 of Qtenv";
  EXPECT_FALSE(again.floor()->isVisibleTo(again.floor()->parentWidget()));
  EXPECT_NEAR(again.runBar()->speed(), 10, 0.3);
  again.actions().at(Act::reset_layout)->trigger();
  EXPECT_TRUE(again.floor()->isVisibleTo(again.floor()->parentWidget()));
  again.setAskBeforeClosing(false);
  again.actions().at(Act::theme_light)->trigger();
}

TEST_F(Window, KeepsTheTenFilesOpenedLast) {
  for (int i = 0; i < 12; ++i) {
    const QString copy = folder.filePath(QStringLiteral("copy-%1.json").arg(i));
    ASSERT_TRUE(QFile::copy(QStringLiteral("scenarios/article/1-signs.json"), copy));
    ASSERT_TRUE(window.openFile(copy));
  }
  const QStringList recent = settings.value(QStringLiteral("recent")).toStringList();
  ASSERT_EQ(recent.size(), 10);
  EXPECT_TRUE(recent.first().endsWith(QStringLiteral("copy-11.json")));
  EXPECT_TRUE(recent.last().endsWith(QStringLiteral("copy-2.json")));
}

TEST_F(Window, AResultIsComparedWithTheRunThatIsShown) {
  ASSERT_TRUE(open());
  const QString path = folder.filePath(QStringLiteral("result.json"));
  ASSERT_EQ(window.saveText(path, window.session()->resultJson().get()), QString());
  const Session* before = window.session();
  EXPECT_TRUE(window.openFile(path));
  EXPECT_EQ(window.session(), before) << "the run goes on";
  const auto panels = window.findChildren<ComparePanel*>();
  ASSERT_EQ(panels.size(), 1);
  EXPECT_TRUE(panels[0]->text().contains(QStringLiteral("identical"))) << panels[0]->text().toStdString();
}

TEST_F(Window, AFileThatChangesIsOfferedAgainAndReadOnlyThen) {
  const QString path = folder.filePath(QStringLiteral("mine.json"));
  ASSERT_TRUE(QFile::copy(QStringLiteral("scenarios/article/1-signs.json"), path));
  QFile::setPermissions(path, QFile::ReadOwner | QFile::WriteOwner);
  ASSERT_TRUE(window.openFile(path));
  const Session* before = window.session();
  QFile file(path);
  ASSERT_TRUE(file.open(QIODevice::Append));
  file.write("\n");
  file.close();
  auto* button = window.findChild<QPushButton*>(QStringLiteral("reload"));
  ASSERT_NE(button, nullptr);
  ASSERT_TRUE(waitFor([&] { return button->isVisible(); }));
  EXPECT_EQ(window.session(), before);
  QTest::mouseClick(button, Qt::LeftButton);
  EXPECT_FALSE(button->isVisible());
  EXPECT_EQ(status().position.ns, 0);
}

TEST_F(Window, AsksOnceBeforeARunningMallIsClosed) {
  ASSERT_TRUE(open());
  window.setAskBeforeClosing(true);
  act(Act::play)->trigger();
  ASSERT_TRUE(waitFor([&] { return status().playing; }));
  int asked = 0;
  const auto answer = [&](QMessageBox::StandardButton with) {
    QTimer::singleShot(0, &window, [&asked, with] {
      auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
      if (box == nullptr) return;
      ++asked;
      box->button(with)->click();
    });
  };
  answer(QMessageBox::Cancel);
  EXPECT_FALSE(window.close());
  EXPECT_TRUE(window.isVisible());
  answer(QMessageBox::Close);
  EXPECT_TRUE(window.close());
  EXPECT_EQ(asked, 2) << "once each time";
}

TEST_F(Window, WhatIfShowsTheOtherFuture) {
  ASSERT_TRUE(open());
  act(Act::what_if)->trigger();
  EXPECT_TRUE(window.whatIf());
  EXPECT_TRUE(window.banner()->isVisible());
  act(Act::end_what_if)->trigger();
  EXPECT_FALSE(window.whatIf());
  EXPECT_FALSE(window.banner()->isVisible());
}

TEST_F(Window, WithoutAChangeBothFuturesAreTheSameToTheEnd) {
  ASSERT_TRUE(open());
  window.setSpeed(kMaxSpeed);
  window.session()->stepTime(engine::seconds(10));
  ASSERT_TRUE(waitFor([&] { return status().position.seconds() >= 10 && !status().playing; }));
  act(Act::what_if)->trigger();
  act(Act::play)->trigger();
  ASSERT_TRUE(waitFor([&] { return status().finished; }));
  const auto told = [&] {
    QStringList texts;
    for (const KpiTile* tile : window.findChildren<KpiTile*>())
      if (tile->toolTip().contains(QLatin1String("against the thin curves"))) texts << tile->toolTip();
    return texts;
  };
  // The window draws on when its own run is over, until the other one is there too; then nothing differs.
  ASSERT_TRUE(waitFor([&] { return told().size() >= 3; }));
  for (const QString& text : told()) EXPECT_TRUE(text.contains(QLatin1String("+0 "))) << text.toStdString();
}

TEST_F(Window, GoesBackToTheShopBefore) {
  ASSERT_TRUE(open("scenarios/bakery.json"));
  EXPECT_FALSE(act(Act::history_back)->isEnabled());
  for (const std::uint32_t service : {0U, 2U, 1U}) window.floor()->selectService(service);
  act(Act::history_back)->trigger();
  EXPECT_EQ(window.shop()->selected(), 2U);
  act(Act::history_back)->trigger();
  EXPECT_EQ(window.shop()->selected(), 0U);
  EXPECT_FALSE(act(Act::history_back)->isEnabled());
  act(Act::history_forward)->trigger();
  EXPECT_EQ(window.shop()->selected(), 2U);
  window.floor()->selectService(3);
  EXPECT_FALSE(act(Act::history_forward)->isEnabled()) << "another way was taken";
}

TEST_F(Window, TableAndChartsAloneAreActionsToo) {
  ASSERT_TRUE(open());
  act(Act::show_table)->trigger();
  EXPECT_TRUE(window.floor()->tableShown());
  act(Act::show_table)->trigger();
  EXPECT_FALSE(window.floor()->tableShown());
  act(Act::chart_alone)->trigger();
  EXPECT_NE(window.charts()->alone(), nullptr);
  act(Act::back)->trigger();
  EXPECT_EQ(window.charts()->alone(), nullptr);
}

TEST_F(Window, UnsavedChangesAreNotGivenUpWithoutAQuestion) {
  ASSERT_TRUE(open());
  window.session()->apply(R"({"slow": {"service": "tills", "factor": 2}})", "slow");
  ASSERT_TRUE(waitFor([&] { return status().edited; }));
  window.setAskBeforeClosing(true);
  const Session* before = window.session();
  int asked = 0;
  QTimer::singleShot(0, &window, [&asked] {
    auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
    if (box == nullptr) return;
    ++asked;
    box->button(QMessageBox::Cancel)->click();
  });
  act(Act::reload)->trigger();
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(window.session(), before);
  EXPECT_TRUE(status().edited);
  window.setAskBeforeClosing(false);
}

TEST_F(Window, WritesReportStudyAndCommandLine) {
  ASSERT_TRUE(open());
  EXPECT_TRUE(window.commandLine().startsWith(QLatin1String("meshmall run scenarios/article/3-second-try.json --seed ")));
  const QJsonObject study = QJsonDocument::fromJson(window.studyJson(QStringLiteral("study.json")).toUtf8()).object();
  EXPECT_EQ(study[QStringLiteral("meshmallStudy")].toInt(), 1);
  const QString page = window.reportHtml();
  EXPECT_TRUE(page.contains(QLatin1String("data:image/png;base64,")));
  EXPECT_FALSE(page.contains(QLatin1String("://"))) << "the page needs nothing beside it";
}

TEST_F(Window, ClosesWhileItRuns) {
  ASSERT_TRUE(open());
  window.session()->setSpeed(kMaxSpeed);
  act(Act::play)->trigger();
  EXPECT_TRUE(window.close());
}

TEST_F(Window, AnswersWhileItRunsAsFastAsPossible) {
  ASSERT_TRUE(open("scenarios/train-ticket.json"));
  window.session()->setSpeed(kMaxSpeed);
  act(Act::play)->trigger();
  ASSERT_TRUE(waitFor([&] { return status().position.seconds() > 0.5; }));
  act(Act::play)->trigger();
  EXPECT_TRUE(waitFor([&] { return !status().playing; }));
}

TEST(Launch, TellsARightCallFromAWrongOne) {
  EXPECT_EQ(parseLaunch({QStringLiteral("a.json"), QStringLiteral("--run"), QStringLiteral("--exit"), QStringLiteral("--size=1280x800"), QStringLiteral("--until"), QStringLiteral("3s")}).error, QString());
  EXPECT_EQ(*parseLaunch({QStringLiteral("a.json"), QStringLiteral("--until"), QStringLiteral("1m30s")}).until, 90.0);
  EXPECT_EQ(*parseLaunch({QStringLiteral("a.json"), QStringLiteral("--speed"), QStringLiteral("max")}).speed, kMaxSpeed);
  for (const char* wrong : {"--speed=-1", "--size=12", "--theme=pink", "--grab=x.gif", "--view=roof", "--frobnicate", "--until=3", "--result=x.json"})
    EXPECT_FALSE(parseLaunch({QString::fromLatin1(wrong)}).error.isEmpty()) << wrong;
}

}  // namespace
}  // namespace meshmall::gui
