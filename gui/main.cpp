// meshmall-gui: the dashboard. With --exit it runs, saves, takes a picture and closes without a person: the same window, also without a screen.
#include <QApplication>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QPushButton>
#include <QSettings>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTimer>
#include <algorithm>
#include <cstdio>
#include <memory>

#include "gui/app/launch_options.h"
#include "gui/app/main_window.h"
#include "gui/app/run_bar.h"
#include "gui/panels/compare_panel.h"
#include "gui/panels/import_preview.h"
#include "gui/panels/replications_panel.h"
#include "gui/panels/side_by_side.h"
#include "gui/panels/time_panel.h"
#include "gui/session/result_comparison.h"
#include "gui/theme/palette.h"
#include "models/importers/import_files.h"
#include "models/scenario/json_document.h"
#include "models/scenario/sample_file.h"
#include "models/version.h"

namespace {

using meshmall::gui::LaunchOptions;
using meshmall::gui::MainWindow;

int say(const QString& text, int code) {
  std::fprintf(stderr, "%s\n", text.toLocal8Bit().constData());
  return code;
}

// Waits for the run's end (or --until), then saves what was asked for.
class Script final : public QObject {
 public:
  Script(MainWindow& window, const LaunchOptions& options) : window_(window), options_(options) {
    connect(&timer_, &QTimer::timeout, this, [this] { look(); });
    timer_.start(20);
  }

 private:
  void look() {
    window_.tick();
    if (options_.files.isEmpty()) return startPage();
    const auto frame = window_.frame();
    if (!frame) return;
    const meshmall::gui::SessionStatus& status = frame->status;
    const bool there = status.finished || (options_.until && status.position.seconds() >= *options_.until - 1e-9 && !status.playing);
    if (status.errors > 0 && !status.playing) return finish(say(QString::fromStdString(status.error), 7));
    const bool nothing_to_wait_for = !options_.play && !options_.until && options_.result.isEmpty();
    if (!there && !nothing_to_wait_for) return;
    if (options_.panel == QLatin1String("time") && looks_ == 0) window_.times()->showButton()->click();
    if (window_.times()->waiting()) looks_ = 1;
    if (options_.replications > 0 && !replicated()) return;
    if (++looks_ < 12) return;  // what was just shown is laid out and painted
    int code = picture();
    if (!options_.result.isEmpty()) {
      const QString trouble = window_.saveText(options_.result, window_.session()->resultJson().get());
      if (!trouble.isEmpty()) code = say(trouble, 6);
    }
    finish(code);
  }
  // The further runs that were asked for are over.
  bool replicated() {
    if (runs_ == nullptr) {
      runs_ = window_.replicate();
      runs_->count()->setValue(static_cast<int>(options_.replications));
      runs_->start();
    }
    runs_->tick();
    return !runs_->running();
  }
  void startPage() {
    if (++looks_ >= 12) finish(picture());
  }
  int picture() {
    if (runs_ != nullptr && !runs_->state().error.empty()) return say(QString::fromStdString(runs_->state().error), 7);
    QWidget& pictured = options_.panel == QLatin1String("replications") ? static_cast<QWidget&>(*runs_) : window_;
    if (options_.picture.isEmpty() || pictured.grab().save(options_.picture, "PNG", 0)) return 0;
    return say(QStringLiteral("%1 cannot be written").arg(options_.picture), 6);
  }
  void finish(int code) {
    timer_.stop();
    if (!options_.exit) return;
    window_.setAskBeforeClosing(false);
    window_.close();
    QApplication::exit(code);
  }

  MainWindow& window_;
  const LaunchOptions& options_;
  meshmall::gui::ReplicationsPanel* runs_ = nullptr;
  QTimer timer_;
  int looks_ = 0;
};

std::string textOf(const QString& path) { return meshmall::models::readRegularFile(path.toStdString(), meshmall::models::kMaxJsonBytes).text; }

// 0, or what keeps the files from being read, said.
int unreadable(const LaunchOptions& options) {
  int code = 0;
  for (const QString& name : options.files + (options.with.isEmpty() ? QStringList() : QStringList{options.with})) {
    if (options.files.size() == 1 && meshmall::models::importKindOf(name.toStdString())) continue;  // a folder, or larger than a scenario may be
    const meshmall::models::FileText file = meshmall::models::readRegularFile(name.toStdString(), meshmall::models::kMaxJsonBytes);
    if (file.error.empty()) continue;
    const QString shown = name.isEmpty() ? QStringLiteral("\"\"") : name;
    code = std::max(code, say(shown + QStringLiteral(": ") + QString::fromStdString(file.error), file.unreadable ? 6 : 2));
  }
  return code;
}

// For runs without a person: the problems as `meshmall check` prints them. False: it cannot be run.
bool soundOrSaid(const QString& path) {
  if (meshmall::gui::isResult(textOf(path))) {
    say(path + QStringLiteral(": is a result; name two, and they are compared"), 2);
    return false;
  }
  const meshmall::gui::ScenarioFile file = meshmall::gui::openScenario(path.toStdString());
  if (file.sound() || file.settles) return true;
  for (const meshmall::models::Problem& problem : file.problems) std::fprintf(stderr, "%s\n", textOf(problem).c_str());
  return false;
}

bool isScenario(const QString& path) {
  const std::string text = textOf(path);
  return !meshmall::gui::isResult(text) && QJsonDocument::fromJson(QByteArray::fromStdString(text)).object().contains(QStringLiteral("services"));
}

// A look at an import, without a person: its picture, what is wrong with it on stderr.
int importPreview(const LaunchOptions& options) {
  if (!options.result.isEmpty() || options.play || options.until) return say(QStringLiteral("%1: is to be imported; `meshmall import` writes a scenario of it, which can be run").arg(options.files[0]), 2);
  const meshmall::gui::ThemeKind theme = options.theme.value_or(meshmall::gui::ThemeKind::light);
  meshmall::gui::applyTheme(*qApp, theme);
  meshmall::gui::ImportPreview preview;
  preview.setTokens(meshmall::gui::tokensOf(theme));
  preview.resize(options.size.value_or(QSize(1280, 800)));
  preview.add({options.files[0]});
  preview.show();
  int looks = 0, code = 0;
  QTimer timer;
  QObject::connect(&timer, &QTimer::timeout, &preview, [&] {
    if (preview.reading() || ++looks < 12) return;  // what was just shown is laid out and painted
    timer.stop();
    if (!preview.sound()) code = say(preview.problemsAsText().trimmed(), 2);
    if (!options.picture.isEmpty() && !preview.grab().save(options.picture, "PNG")) code = say(QStringLiteral("%1 cannot be written").arg(options.picture), 6);
    QApplication::exit(code);
  });
  timer.start(20);
  return QApplication::exec();
}

// Two malls at one clock; with --exit until the end, or --until.
int sideBySide(const LaunchOptions& options) {
  meshmall::gui::PolicyPair pair;
  pair.scenario = options.files[0].toStdString();
  pair.file_text = pair.as_is = textOf(options.files[0]);
  const QString other = options.with.isEmpty() ? options.files[1] : options.with;
  pair.changed = options.with.isEmpty() ? textOf(other) : meshmall::gui::withPatch(pair.as_is, textOf(other));
  pair.name = QFileInfo(other).fileName().toStdString();
  if (pair.changed.empty()) return say(QStringLiteral("%1: not a JSON object").arg(other), 2);
  meshmall::gui::SideBySide both;
  const meshmall::gui::ThemeKind theme = options.theme.value_or(meshmall::gui::ThemeKind::light);
  meshmall::gui::applyTheme(*qApp, theme);
  both.setTokens(meshmall::gui::tokensOf(theme));
  both.resize(options.size.value_or(QSize(1280, 800)));
  both.show();
  if (!both.compare(std::move(pair))) {
    if (options.exit) return say(both.said(), 2);
    return QApplication::exec();
  }
  both.setSpeed(options.speed.value_or(options.exit ? meshmall::gui::kMaxSpeed : 1));
  if (options.play || options.until)
    both.play(options.until ? std::optional(meshmall::engine::SimTime{} + meshmall::engine::fromSeconds(*options.until)) : std::nullopt);
  int looks = 0, code = 0;
  QTimer timer;
  QObject::connect(&timer, &QTimer::timeout, &both, [&] {
    if (both.pair()->playing() || ++looks < 12) return;  // what was just shown is laid out and painted
    timer.stop();
    if (!both.pair()->error().empty()) code = say(QString::fromStdString(both.pair()->error()), 7);
    if (!options.picture.isEmpty() && !both.grab().save(options.picture)) code = say(QStringLiteral("%1 cannot be written").arg(options.picture), 6);
    if (options.exit) QApplication::exit(code);
  });
  if (options.exit || !options.picture.isEmpty()) timer.start(20);
  return QApplication::exec();
}

}  // namespace

int main(int argc, char** argv) {
  QStringList words;
  for (int i = 1; i < argc; ++i) words << QString::fromLocal8Bit(argv[i]);
  LaunchOptions options = meshmall::gui::parseLaunch(words);
  if (options.files.size() == 2)
    for (QString& file : options.files) file = QString::fromStdString(meshmall::gui::resultFileIn(file.toStdString()));
  if (!options.error.isEmpty()) return say(QStringLiteral("meshmall-gui: ") + options.error, 2);
  if (options.help) return std::fputs(meshmall::gui::launchHelp().toLocal8Bit().constData(), stdout) < 0 ? 6 : 0;
  if (options.version) return std::printf("meshmall-gui %s\n", meshmall::models::version()) < 0 ? 6 : 0;
  if (const int code = unreadable(options); code != 0) return code;
  const bool imports = options.files.size() == 1 && options.with.isEmpty() && meshmall::models::importKindOf(options.files[0].toStdString()).has_value();
  if (options.exit && !imports && options.files.size() == 1 && options.with.isEmpty() && !soundOrSaid(options.files.first())) return 2;
  if (options.files.size() == 2 && isScenario(options.files[0]) != isScenario(options.files[1]))
    return say(QStringLiteral("%1 is a scenario, %2 is not: name two scenarios, or two results").arg(options.files[isScenario(options.files[0]) ? 0 : 1], options.files[isScenario(options.files[0]) ? 1 : 0]), 2);
  QApplication application(argc, argv);
  QCoreApplication::setOrganizationName(QStringLiteral("meshmall"));
  QCoreApplication::setApplicationName(QStringLiteral("meshmall-gui"));
  QCoreApplication::setApplicationVersion(QString::fromLatin1(meshmall::models::version()));
  if (imports && options.exit) return importPreview(options);
  if (!options.with.isEmpty() || (options.files.size() == 2 && isScenario(options.files[0]) && isScenario(options.files[1]))) return sideBySide(options);
  if (options.files.size() == 2) {
    meshmall::gui::ComparePanel panel;
    const bool compared = panel.compare(options.files[0], options.files[1]);
    panel.resize(options.size.value_or(QSize(1000, 700)));
    panel.show();
    if (compared && !options.picture.isEmpty() && !panel.grab().save(options.picture)) return say(QStringLiteral("%1 cannot be written").arg(options.picture), 6);
    if (options.exit) return compared ? 0 : say(panel.text(), 2);
    return QApplication::exec();
  }
  // A scripted window neither reads nor keeps what a person has arranged.
  const QTemporaryDir scratch;
  const std::unique_ptr<QSettings> settings =
      options.exit ? std::make_unique<QSettings>(scratch.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat) : std::make_unique<QSettings>();
  MainWindow window(*settings);
  if (options.theme) window.setTheme(*options.theme);
  if (!options.view.isEmpty()) window.setView(options.view);
  if (options.size) window.resize(*options.size);
  window.show();
  if (!options.files.isEmpty() && !window.openFile(options.files.first()) && options.exit) return say(QStringLiteral("%1 cannot be run").arg(options.files.first()), 2);
  if (options.presentation) window.setPresentation(true, !options.exit && !options.size);
  if (!options.panel.isEmpty()) window.showPanel(options.panel);
  while (window.settling() && window.isVisible()) QApplication::processEvents(QEventLoop::WaitForMoreEvents);
  if (!window.isVisible()) return 0;
  if (window.session() != nullptr) {
    const double speed = options.speed.value_or(options.exit ? meshmall::gui::kMaxSpeed : 1);
    window.runBar()->setSpeed(speed);
    window.session()->setSpeed(speed);
    meshmall::gui::StopRule rule;
    if (options.until) rule.at = meshmall::engine::SimTime{} + meshmall::engine::fromSeconds(*options.until);
    if (options.play || options.until || (options.exit && !options.result.isEmpty())) window.session()->runUntil(rule);
  }
  const bool scripted = options.exit || !options.result.isEmpty() || !options.picture.isEmpty() || options.replications > 0;
  const std::unique_ptr<Script> script = scripted ? std::make_unique<Script>(window, options) : nullptr;
  return QApplication::exec();
}
