// How long the window takes to answer while a mall is simulated as fast as possible: a second thread asks it something every 5 ms, as a hand on the mouse would, and
// waits for the answer. Prints the times between question and answer. Without a screen (offscreen platform); the machine should have a core to spare beside the two.
// usage: window_bench SCENARIO [SECONDS=20] [SPEED=max]
#include <QApplication>
#include <QElapsedTimer>
#include <QSettings>
#include <QTemporaryDir>
#include <QThread>
#include <QTimer>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "gui/app/main_window.h"
#include "gui/app/run_bar.h"

namespace {

double at(const std::vector<double>& sorted, double q) { return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))]; }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fputs("usage: window_bench SCENARIO [SECONDS=20] [SPEED=max]\n", stderr), 2;
  const double seconds = argc > 2 ? std::atof(argv[2]) : 20;
  const double speed = argc > 3 && std::strcmp(argv[3], "max") != 0 ? std::atof(argv[3]) : meshmall::gui::kMaxSpeed;
  if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  QApplication application(argc, argv);
  const QTemporaryDir scratch;
  QSettings settings(scratch.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat);
  meshmall::gui::MainWindow window(settings);
  window.setAskBeforeClosing(false);
  window.resize(1280, 800);
  window.show();
  if (!window.openFile(QString::fromLocal8Bit(argv[1]))) return std::fprintf(stderr, "%s cannot be run\n", argv[1]), 2;
  window.runBar()->setSpeed(speed);
  window.session()->setSpeed(speed);
  window.session()->play();
  QTimer again;  // a run that is over starts anew
  std::size_t runs = 1, services = 0, endpoints = 0;
  std::uint64_t events = 0;
  QObject::connect(&again, &QTimer::timeout, &window, [&] {
    const auto frame = window.frame();
    services = frame->snapshot.services.size();
    endpoints = frame->snapshot.endpoints.size();
    events = std::max(events, static_cast<std::uint64_t>(frame->status.event_rate));
    if (!frame->status.finished) return;
    ++runs;
    window.session()->restart();
    window.session()->play();
  });
  again.start(100);
  std::vector<double> took;
  std::atomic<bool> over{false};
  QElapsedTimer clock;
  clock.start();
  std::thread asker([&] {
    while (!over) {
      const qint64 asked = clock.nsecsElapsed();
      std::atomic<bool> answered{false};
      QMetaObject::invokeMethod(&window, [&] {
        took.push_back(static_cast<double>(clock.nsecsElapsed() - asked) / 1e6);
        answered = true;
      }, Qt::QueuedConnection);
      while (!answered && !over) QThread::usleep(100);
      if (!answered) return;
      QThread::msleep(5);
    }
  });
  QTimer::singleShot(static_cast<int>(seconds * 1000), &application, &QCoreApplication::quit);
  QApplication::exec();
  over = true;
  asker.join();
  QCoreApplication::removePostedEvents(&window);
  if (took.empty()) return std::fputs("the window never answered\n", stderr), 1;
  std::sort(took.begin(), took.end());
  std::printf("%s: %zu services, %zu endpoints, up to %.2f M events/s, %zu run%s\n", argv[1], services, endpoints, static_cast<double>(events) / 1e6, runs, runs == 1 ? "" : "s");
  std::printf("answers of the window: %zu; median %.1f ms, p90 %.1f ms, p99 %.1f ms, max %.1f ms; over 100 ms: %zu\n", took.size(), at(took, 0.5), at(took, 0.9), at(took, 0.99),
              took.back(), static_cast<std::size_t>(took.end() - std::upper_bound(took.begin(), took.end(), 100.0)));
  return 0;
}
