// The command line of meshmall-gui: what to open, and for scripts what to run, save and picture before it closes again.
#pragma once

#include <QSize>
#include <QString>
#include <QStringList>
#include <optional>

#include "gui/theme/tokens.h"

namespace meshmall::gui {

struct LaunchOptions {
  QStringList files;             // a scenario; or two results, or two scenarios, to compare
  QString with;                  // a merge patch: the scenario is compared with itself so changed
  QString result, picture;       // files to write
  std::optional<double> speed;   // kMaxSpeed: as fast as possible
  std::optional<double> until;   // simulated seconds
  std::optional<QSize> size;
  std::optional<ThemeKind> theme;
  QString view;                  // "floor", "charts", "both"; empty: as it was left
  QString panel;                 // as MainWindow::showPanel takes it; empty: as they were left
  std::uint64_t replications = 0; // further runs, for intervals; 0: none
  bool play = false, exit = false, help = false, version = false;
  bool presentation = false;
  QString error;                 // in words; empty: the call is right
};

LaunchOptions parseLaunch(const QStringList& arguments);  // without the program's name
QString launchHelp();

}  // namespace meshmall::gui
