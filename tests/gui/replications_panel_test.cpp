// Many runs of the scenario that is shown, as a person drives it: open, choose, start, watch to the end, stop, keep; and the bands on the charts.
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFile>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>
#include <QTableWidget>
#include <QTest>

#include "gui/charts/chart_board.h"
#include "gui/charts/chart_panel.h"
#include "gui/charts/running_estimate.h"
#include "gui/panels/replications_panel.h"
#include "tests/gui/window_fixture.h"

namespace meshmall::gui {
namespace {

class ManyRuns : public Window {
 protected:
  ManyRuns() {
    const char* const text = R"({
  "meshmall": 1, "name": "many", "run": {"duration": "4s", "warmup": "1s", "seed": 7},
  "network": {"sameZone": "1ms"},
  "services": {
    "front": {"versions": {"v1": {"replicas": 2, "workers": 8}}, "operations": {"GET /": {"steps": [{"busy": "1ms"}, {"call": "back/work"}]}}},
    "back": {"versions": {"v1": {"replicas": 3, "workers": 3}}, "operations": {"work": {"steps": [{"busy": {"exponential": {"mean": "5ms"}}}]}}}
  },
  "traffic": [{"name": "all", "to": "front/GET /", "arrivals": {"poisson": {"rate": "400/s"}}}]
})";
    short_file = write("many.json", text);
    QString longer = QString::fromLatin1(text);
    long_file = write("long.json", longer.replace(QStringLiteral("\"4s\""), QStringLiteral("\"24h\"")));
  }
  QString write(const char* name, const QString& text) {
    const QString path = folder.filePath(QString::fromLatin1(name));
    QFile file(path);
    EXPECT_TRUE(file.open(QIODevice::WriteOnly));
    file.write(text.toUtf8());
    return path;
  }
  // By the action, as a person does.
  ReplicationsPanel* panel() {
    act(Act::replicate)->trigger();
    return window.findChild<ReplicationsPanel*>();
  }
  bool over(ReplicationsPanel* runs) {
    return waitFor([&] {
      runs->tick();
      return !runs->running();
    });
  }
  ChartPanel* chart(std::size_t index) { return qobject_cast<ChartPanel*>(window.charts()->panel(index)); }

  QString short_file, long_file;
};

TEST_F(ManyRuns, ThereIsNothingToRunBeforeAScenarioIsOpen) {
  EXPECT_FALSE(act(Act::replicate)->isEnabled());
  EXPECT_EQ(window.replicate(), nullptr);
}

TEST_F(ManyRuns, FromTheStartToTheEndTheIntervalIsTold) {
  ASSERT_TRUE(window.openFile(short_file));
  ReplicationsPanel* runs = panel();
  ASSERT_NE(runs, nullptr);
  EXPECT_TRUE(runs->isVisible());
  EXPECT_EQ(runs->metrics()->currentText(), QStringLiteral("latency.p99"));
  EXPECT_EQ(runs->count()->value(), 10);
  EXPECT_FALSE(runs->stopButton()->isEnabled());
  EXPECT_EQ(runs->bands(), nullptr);
  QTest::mouseClick(runs->startButton(), Qt::LeftButton);
  EXPECT_FALSE(runs->startButton()->isEnabled());
  bool claimed = false;
  int before = 0;
  ASSERT_TRUE(waitFor([&] {
    runs->tick();
    claimed = claimed || (runs->state().done < 2 && runs->summary().contains(QStringLiteral("±")));
    EXPECT_GE(runs->progress()->value(), before);
    before = runs->progress()->value();
    return !runs->running();
  }));
  EXPECT_FALSE(claimed) << "no claim of fewer than two runs";
  EXPECT_EQ(runs->state().done, 10U);
  EXPECT_EQ(runs->progress()->value(), runs->progress()->maximum());
  EXPECT_EQ(runs->progress()->text(), QStringLiteral("10 of 10 runs"));
  const Estimate& p99 = runs->state().courses->at("latency.p99").estimates.back();
  EXPECT_EQ(runs->summary(), QStringLiteral("p99 %1 ± %2 (95 %), after 10 of 10 runs.")
                                 .arg(textsOf(p99, models::MetricUnit::milliseconds).mean, textsOf(p99, models::MetricUnit::milliseconds).half));
  EXPECT_GT(runs->table()->rowCount(), 10);
  for (int row = 0; row < runs->table()->rowCount(); ++row)
    if (runs->table()->item(row, 0)->text() == QStringLiteral("latency.p99")) {
      EXPECT_EQ(runs->table()->item(row, 5)->text(), QStringLiteral("10"));
      EXPECT_EQ(runs->table()->item(row, 2)->text(), textsOf(p99, models::MetricUnit::milliseconds).half);
    } else if (runs->table()->item(row, 0)->text() == QStringLiteral("latency.p999")) {
      EXPECT_EQ(runs->table()->item(row, 1)->text(), QStringLiteral("–")) << "1,200 answers a run: it needs 10,000";
    }
  EXPECT_LE(runs->chart()->range().first, p99.interval->low);
  EXPECT_GE(runs->chart()->range().second, p99.interval->high);
  EXPECT_TRUE(runs->relation().startsWith(QStringLiteral("many.json, seed 7."))) << runs->relation().toStdString();

  runs->metrics()->setCurrentText(QStringLiteral("success.rate"));
  EXPECT_TRUE(runs->summary().startsWith(QStringLiteral("success.rate 100.0"))) << runs->summary().toStdString();
  runs->metrics()->setCurrentText(QStringLiteral("latency.p999"));
  EXPECT_TRUE(runs->summary().startsWith(QStringLiteral("p999 needs 10,000 answers in each run"))) << runs->summary().toStdString();
  runs->scopes()->setCurrentIndex(runs->scopes()->findData(QStringLiteral("service=back")));
  EXPECT_EQ(runs->scopes()->currentText(), QStringLiteral("shop back"));
  act(Act::mall_words)->trigger();
  window.tick();
  ASSERT_TRUE(waitFor([&] { return runs->scopes()->currentText() == QStringLiteral("service back"); }));
  EXPECT_TRUE(runs->tableText().contains(QStringLiteral("\nservice=back\tlatency.p50\t")));
  EXPECT_TRUE(QString::fromStdString(runs->studyText(folder.filePath(QStringLiteral("study.json")).toStdString())).contains(QStringLiteral("\"scenario\": \"many.json\"")));
  EXPECT_TRUE(runs->commandLine().startsWith(QStringLiteral("meshmall batch "))) << runs->commandLine().toStdString();
}

TEST(ReplicationsTexts, HaveTheDigitsThatTheIntervalLeavesThem) {
  Estimate e;
  e.runs = 5;
  e.mean = 142.4876;
  EXPECT_EQ(textsOf(e, models::MetricUnit::milliseconds).mean, QStringLiteral("142 ms"));
  EXPECT_TRUE(textsOf(e, models::MetricUnit::milliseconds).half.isEmpty()) << "of one run";
  e.interval = engine::Interval{138.8576, 146.1176};
  const EstimateTexts ms = textsOf(e, models::MetricUnit::milliseconds);
  EXPECT_EQ(ms.mean + QStringLiteral(" ± ") + ms.half, QStringLiteral("142.5 ms ± 3.6 ms"));
  EXPECT_EQ(ms.low + ms.high, QStringLiteral("138.9 ms146.1 ms"));
  e.mean = 0.44;
  e.interval = engine::Interval{0.4291, 0.4509};
  const EstimateTexts share = textsOf(e, models::MetricUnit::ratio);
  EXPECT_EQ(share.mean + QStringLiteral(" ± ") + share.half, QStringLiteral("44.0 % ± 1.1 pp"));
  e.mean = 2500;
  e.interval = engine::Interval{2400, 2600};
  EXPECT_EQ(textsOf(e, models::MetricUnit::milliseconds).mean, QStringLiteral("2.50 s"));
  e.interval = engine::Interval{2500, 2500};
  EXPECT_EQ(textsOf(e, models::MetricUnit::count).half, QStringLiteral("0"));
}

TEST_F(ManyRuns, StopsInTheMiddleAndKeepsWhatIsThere) {
  ASSERT_TRUE(window.openFile(long_file));
  ReplicationsPanel* runs = panel();
  QTest::mouseClick(runs->startButton(), Qt::LeftButton);
  ASSERT_TRUE(waitFor([&] {
    runs->tick();
    return runs->state().under_way > 0;
  }));
  QTest::mouseClick(runs->stopButton(), Qt::LeftButton);
  ASSERT_TRUE(over(runs));
  EXPECT_EQ(runs->state().phase, ReplicationState::Phase::stopped);
  EXPECT_EQ(runs->summary(), QStringLiteral("Stopped before the first run was over."));
  EXPECT_TRUE(runs->startButton()->isEnabled());
}

TEST_F(ManyRuns, ClosingTheirWindowStopsThemAndItComesBackAsItWas) {
  ASSERT_TRUE(window.openFile(long_file));
  ReplicationsPanel* runs = panel();
  QTest::mouseClick(runs->startButton(), Qt::LeftButton);
  ASSERT_TRUE(waitFor([&] {
    runs->tick();
    return runs->state().under_way > 0;
  }));
  runs->close();
  ASSERT_TRUE(over(runs));
  EXPECT_FALSE(runs->isVisible());
  EXPECT_EQ(panel(), runs);
  EXPECT_TRUE(runs->isVisible());
}

TEST_F(ManyRuns, TheProgramClosesWhileTheyRun) {
  ASSERT_TRUE(window.openFile(long_file));
  ReplicationsPanel* runs = panel();
  QTest::mouseClick(runs->startButton(), Qt::LeftButton);
  ASSERT_TRUE(waitFor([&] {
    runs->tick();
    return runs->state().under_way > 0;
  }));
  EXPECT_TRUE(window.close());
}

TEST_F(ManyRuns, RunsUntilAPrecisionIsReached) {
  ASSERT_TRUE(window.openFile(short_file));
  ReplicationsPanel* runs = panel();
  runs->metrics()->setCurrentText(QStringLiteral("latency.mean"));
  runs->count()->setValue(3);
  EXPECT_FALSE(runs->precision()->isEnabled());
  runs->untilPrecise()->click();
  EXPECT_TRUE(runs->precision()->isEnabled());
  runs->precision()->setValue(5);
  runs->startButton()->click();
  ASSERT_TRUE(over(runs));
  EXPECT_TRUE(runs->state().precise);
  EXPECT_TRUE(runs->summary().contains(QStringLiteral("latency.mean is known to ± 5 %"))) << runs->summary().toStdString();
  EXPECT_TRUE(QString::fromStdString(runs->studyText("study.json")).contains(QStringLiteral("relativeHalfWidth")));
}

TEST_F(ManyRuns, TheChartsHaveABandAsLongAsTheScenarioIsThatOfTheRuns) {
  ASSERT_TRUE(window.openFile(short_file));
  window.session()->setSpeed(kMaxSpeed);
  act(Act::play)->trigger();
  ASSERT_TRUE(waitFor([&] { return status().finished; }));
  EXPECT_FALSE(chart(0)->bandSwitch()->isVisible());
  const std::string without = chart(0)->csv();
  ReplicationsPanel* runs = panel();
  runs->count()->setValue(4);
  runs->startButton()->click();
  ASSERT_TRUE(over(runs));
  ASSERT_TRUE(waitFor([&] { return chart(0)->bandSwitch()->accessibleName() == QStringLiteral("band: 95 % interval of 4 runs; line: one run"); }));
  EXPECT_FALSE(chart(0)->bandSwitch()->isHidden());
  EXPECT_EQ(chart(0)->csv().substr(0, chart(0)->csv().find('\n')),
            "time_s,offered,served,failed,offered_ci95_low,offered_ci95_high,served_ci95_low,served_ci95_high,failed_ci95_low,failed_ci95_high");
  EXPECT_FALSE(chart(1)->bandSwitch()->isHidden());
  EXPECT_TRUE(chart(2)->bandSwitch()->isHidden()) << "queues have none";

  // The numbers of the CSV are those of the runs.
  const RunBand& served = runs->state().bands->of[RunBands::kServed];
  const QStringList lines = QString::fromStdString(chart(0)->csv()).split(QLatin1Char('\n'));
  EXPECT_EQ(lines[1].split(QLatin1Char(','))[6].toDouble(), served.low[0]);
  EXPECT_EQ(lines[1].split(QLatin1Char(','))[7].toDouble(), served.high[0]);

  chart(0)->bandSwitch()->click();
  EXPECT_EQ(chart(0)->csv(), without) << "switched off on this chart: what is not shown is not exported";
  chart(0)->bandSwitch()->click();
  runs->bandSwitch()->click();
  ASSERT_TRUE(waitFor([&] { return chart(0)->bandSwitch()->isHidden(); })) << "and on all";
  runs->bandSwitch()->click();
  ASSERT_TRUE(waitFor([&] { return !chart(0)->bandSwitch()->isHidden(); }));

  act(Act::restart)->trigger();
  window.session()->pause();
  window.session()->apply(R"({"fail": {"service": "back", "probability": 0.5}})", "back fails");
  ASSERT_TRUE(waitFor([&] { return status().edited; })) << status().error;
  ASSERT_TRUE(waitFor([&] { return chart(0)->bandSwitch()->isHidden(); })) << "edited: they are of it as it was";
  EXPECT_TRUE(runs->relation().contains(QStringLiteral("It has been changed since"))) << runs->relation().toStdString();
  ASSERT_TRUE(window.openFile(long_file));
  ASSERT_TRUE(waitFor([&] { return runs->relation().contains(QStringLiteral("another scenario")); })) << runs->relation().toStdString();
  EXPECT_TRUE(chart(0)->bandSwitch()->isHidden());
  ASSERT_TRUE(window.openFile(short_file));
  ASSERT_TRUE(waitFor([&] { return !chart(0)->bandSwitch()->isHidden(); })) << "it is that of the runs again";
}

TEST_F(ManyRuns, TheBandIsDrawnBehindTheCurve) {
  ASSERT_TRUE(window.openFile(short_file));
  window.session()->setSpeed(kMaxSpeed);
  act(Act::play)->trigger();
  ASSERT_TRUE(waitFor([&] { return status().finished; }));
  ReplicationsPanel* runs = panel();
  runs->count()->setValue(5);
  runs->startButton()->click();
  ASSERT_TRUE(over(runs));
  ASSERT_TRUE(waitFor([&] { return !chart(0)->bandSwitch()->isHidden(); }));
  const QImage with = chart(0)->plot()->grab().toImage();
  chart(0)->bandSwitch()->click();
  const QImage without = chart(0)->plot()->grab().toImage();
  ASSERT_EQ(with.size(), without.size());
  int changed = 0;
  for (int x = 0; x < with.width(); ++x)
    for (int y = 0; y < with.height(); ++y) changed += with.pixel(x, y) != without.pixel(x, y) ? 1 : 0;
  EXPECT_GT(changed, with.width() * with.height() / 50);
}

TEST_F(ManyRuns, EveryControlOfTheirWindowCanBeReadAndReached) {
  ASSERT_TRUE(window.openFile(short_file));
  ReplicationsPanel* runs = panel();
  for (QWidget* one : runs->findChildren<QWidget*>()) {
    const bool control = one->inherits("QAbstractButton") || one->inherits("QComboBox") || one->inherits("QAbstractSpinBox") || one->inherits("QTableWidget") || one->inherits("QProgressBar");
    if (!control || one->objectName().startsWith(QStringLiteral("qt_")) || one->inherits("QTableCornerButton") || one->parentWidget()->inherits("QTableWidget")) continue;
    EXPECT_FALSE(one->accessibleName().isEmpty()) << one->metaObject()->className();
    if (one->inherits("QProgressBar")) continue;
    EXPECT_NE(one->focusPolicy() & Qt::TabFocus, 0) << one->accessibleName().toStdString();
  }
  runs->startButton()->click();
  ASSERT_TRUE(over(runs));
  for (const int width : {660, 1000}) {
    runs->resize(width, 600);
    QTest::qWait(10);
    EXPECT_LE(runs->minimumSizeHint().width(), 660) << "1000 pixels at a scale of 150 %";
    for (QWidget* one : runs->findChildren<QWidget*>())
      if (one->isVisible() && (one->inherits("QPushButton") || one->inherits("QCheckBox") || one->inherits("QComboBox") || one->inherits("QAbstractSpinBox"))) {
        EXPECT_GE(one->width(), one->minimumSizeHint().width()) << one->accessibleName().toStdString();
      }
  }
}

}  // namespace
}  // namespace meshmall::gui
