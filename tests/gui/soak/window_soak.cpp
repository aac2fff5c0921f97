// The whole window at full speed, with edits, undo, scrubbing, other colours and panels, without rest: for the address sanitizer. Without a screen.
// Prints how often it did what, and the memory in use at the start and at the end.
// usage: window_soak [SCENARIO=scenarios/bakery.json] [SECONDS=120] [SEED=1]
#include "random_edits.h"  // before Qt, whose macro `slots` is a name in models

#include <QApplication>
#include <QElapsedTimer>
#include <QSettings>
#include <QTemporaryDir>
#include <QTimer>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <set>

#include "gui/app/main_window.h"
#include "gui/app/run_bar.h"
#include "gui/floor/floor_widget.h"

namespace {

using namespace meshmall::gui;

// Actions that neither wait for a person's answer nor leave.
std::vector<Act> freeActions() {
  const std::set<Act> asking = {Act::open,         Act::save_scenario, Act::save_result, Act::save_study, Act::compare_results, Act::export_picture, Act::export_curves,
                                Act::export_data, Act::export_report, Act::quit,        Act::until_time, Act::follow,          Act::palette,        Act::keys,
                                Act::guide};
  std::vector<Act> out;
  for (const ActionInfo& info : actionTable())
    if (asking.count(info.act) == 0) out.push_back(info.act);
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  QApplication application(argc, argv);
  const QString path = argc > 1 ? QString::fromLocal8Bit(argv[1]) : QStringLiteral("scenarios/bakery.json");
  const double seconds = argc > 2 ? std::atof(argv[2]) : 120;
  std::mt19937_64 random(argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1);
  const QTemporaryDir scratch;
  QSettings settings(scratch.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat);
  MainWindow window(settings);
  window.setAskBeforeClosing(false);
  window.resize(1280, 800);
  window.show();
  if (!window.openFile(path)) return std::fprintf(stderr, "%s cannot be run\n", path.toLocal8Bit().constData()), 2;
  window.setSpeed(kMaxSpeed);
  window.session()->play();
  std::printf("%s: %.0f MB at the start\n", path.toLocal8Bit().constData(), memoryInUse());
  const std::vector<Act> actions = freeActions();
  std::size_t acted = 0, edits = 0, runs = 1, opened = 0;
  double peak = 0;
  QTimer hand;
  QObject::connect(&hand, &QTimer::timeout, &window, [&] {
    if (!window.session() || !window.frame()) return;
    peak = std::max(peak, memoryInUse());
    if (window.frame()->status.finished) {
      ++runs;
      if (random() % 4 == 0 && ++opened > 0) window.openFile(path);
      else window.session()->restart();
    }
    if (!window.frame()->status.playing) window.session()->play();
    const std::uint64_t what = random() % 10;
    if (what < 4) {
      ++edits;
      window.session()->apply(randomEdit(window.session()->plan()->scenario, random), "an edit");
    } else if (what == 4) {
      Q_EMIT window.runBar()->scrubbedTo(window.frame()->status.position.seconds() * static_cast<double>(random() % 100) / 100);
    } else if (what == 5) {
      window.floor()->selectService(static_cast<std::uint32_t>(random() % window.frame()->snapshot.services.size()));
    } else {
      ++acted;
      window.actions().at(actions[random() % actions.size()])->trigger();
      if (random() % 3 == 0) window.setSpeed(kMaxSpeed);
    }
  });
  hand.start(40);
  QTimer::singleShot(static_cast<int>(seconds * 1000), &application, &QCoreApplication::quit);
  const int code = QApplication::exec();
  hand.stop();
  std::printf("%zu runs, %zu opened anew, %zu edits, %zu other actions\n", runs, opened, edits, acted);
  std::printf("%.0f MB at the end, %.0f MB at most\n", memoryInUse(), peak);
  return code;
}
