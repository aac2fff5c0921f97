// How long the window takes to answer while a mall is simulated as fast as possible: a second thread asks it something every 5 ms, as a hand on the mouse would, and
// waits for the answer. Prints the times between question and answer, and what of each the window's own thread worked: on a busy machine the rest is waiting for a
// processor. Opening counts too: it is asked for like the rest. Without a screen (offscreen platform); the machine should have a core to spare beside the two.
// usage: window_bench SCENARIO [SECONDS=20] [SPEED=max]
#include <pthread.h>

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
#include <ctime>
#include <thread>
#include <vector>

#include "gui/app/main_window.h"
#include "gui/app/run_bar.h"

namespace {

double at(const std::vector<double>& sorted, double q) { return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))]; }

// Of a thread, in ms.
double worked(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

void print(const char* what, std::vector<double> times) {
  std::sort(times.begin(), times.end());
  std::printf("%s: %zu; median %.1f ms, p90 %.1f ms, p99 %.1f ms, max %.1f ms; over 100 ms: %zu\n", what, times.size(), at(times, 0.5), at(times, 0.9), at(times, 0.99), times.back(),
              static_cast<std::size_t>(times.end() - std::upper_bound(times.begin(), times.end(), 100.0)));
}

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
  bool opened = false, plays = false;
  QTimer again;  // a run that is over starts anew
  std::size_t runs = 1, services = 0, endpoints = 0;
  std::uint64_t events = 0;
  QObject::connect(&again, &QTimer::timeout, &window, [&] {
    const auto frame = window.frame();
    if (!frame) return;
    if (!plays) {
      plays = true;
      window.runBar()->setSpeed(speed);
      window.session()->setSpeed(speed);
      window.session()->play();
    }
    services = frame->snapshot.services.size();
    endpoints = frame->snapshot.endpoints.size();
    events = std::max(events, static_cast<std::uint64_t>(frame->status.event_rate));
    if (!frame->status.finished) return;
    ++runs;
    window.session()->restart();
    window.session()->play();
  });
  again.start(100);
  std::vector<double> took, own;
  clockid_t window_clock{};
  pthread_getcpuclockid(pthread_self(), &window_clock);
  std::atomic<bool> over{false};
  QElapsedTimer clock;
  clock.start();
  std::thread asker([&] {
    while (!over) {
      const qint64 asked = clock.nsecsElapsed();
      const double had_worked = worked(window_clock);
      std::atomic<bool> answered{false};
      QMetaObject::invokeMethod(&window, [&, asked, had_worked] {
        own.push_back(worked(window_clock) - had_worked);
        took.push_back(static_cast<double>(clock.nsecsElapsed() - asked) / 1e6);
        answered = true;
      }, Qt::QueuedConnection);
      while (!answered && !over) QThread::usleep(100);
      if (!answered) return;
      QThread::msleep(5);
    }
  });
  QTimer::singleShot(200, &window, [&] { opened = window.openFile(QString::fromLocal8Bit(argv[1])); });
  QTimer::singleShot(static_cast<int>(seconds * 1000), &application, &QCoreApplication::quit);
  QApplication::exec();
  over = true;
  asker.join();
  QCoreApplication::removePostedEvents(&window);
  if (!opened || !window.frame()) return std::fprintf(stderr, "%s cannot be run\n", argv[1]), 2;
  if (took.empty()) return std::fputs("the window never answered\n", stderr), 1;
  std::printf("%s: %zu services, %zu endpoints, up to %.2f M events/s, %zu run%s\n", argv[1], services, endpoints, static_cast<double>(events) / 1e6, runs, runs == 1 ? "" : "s");
  print("answers of the window", took);
  print("of it the window's own work", own);
  return 0;
}
