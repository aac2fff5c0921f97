// The window as a person meets it, without a screen: opened at 1280 x 800, with settings of its own, asking nothing.
#pragma once

#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <functional>

#include "gui/app/main_window.h"

namespace meshmall::gui {

inline constexpr int kPatience = 60'000;  // ms; for the slowest of machines

class Window : public ::testing::Test {
 protected:
  Window() : settings(folder.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat), window(settings) {
    window.setAskBeforeClosing(false);
    window.resize(1280, 800);
    window.show();
  }
  bool open(const char* path = "scenarios/article/3-second-try.json") { return window.openFile(QString::fromLatin1(path)); }
  QAction* act(Act which) { return window.actions().at(which); }
  const SessionStatus& status() { return window.frame()->status; }
  bool waitFor(const std::function<bool()>& condition) {
    return QTest::qWaitFor([&] {
      window.tick();
      return condition();
    }, kPatience);
  }

  QTemporaryDir folder;
  QSettings settings;
  MainWindow window;
};

}  // namespace meshmall::gui
