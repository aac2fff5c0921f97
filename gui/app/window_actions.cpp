// What the window's actions do.
#include <QApplication>
#include <QClipboard>
#include <QDir>
#include <QDockWidget>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QFileSystemWatcher>
#include <QInputDialog>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>
#include <QSaveFile>
#include <QSettings>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTemporaryFile>
#include <QWhatsThis>
#include <algorithm>
#include <utility>

#include "gui/app/command_palette.h"
#include "gui/app/main_window.h"
#include "gui/app/run_bar.h"
#include "gui/app/run_identity.h"
#include "gui/app/start_page.h"
#include "gui/charts/chart_board.h"
#include "gui/charts/chart_export.h"
#include "gui/floor/floor_scene.h"
#include "gui/floor/floor_view.h"
#include "gui/floor/floor_widget.h"
#include "gui/panels/changes_panel.h"
#include "gui/panels/compare_panel.h"
#include "gui/panels/decisions_panel.h"
#include "gui/panels/import_preview.h"
#include "gui/panels/policy_choice.h"
#include "gui/panels/shop_panel.h"
#include "gui/panels/side_by_side.h"
#include "gui/panels/time_panel.h"
#include "gui/panels/trip_panel.h"
#include "models/scenario/quantities.h"
#include "models/scenario/json_document.h"
#include "models/scenario/sample_file.h"

namespace meshmall::gui {

QString MainWindow::chooseFile(const QString& title, const QString& suggestion, const QString& filter) {
  return QFileDialog::getSaveFileName(this, title, suggestion, filter);
}

QString MainWindow::saveText(const QString& path, const std::string& text) {
  QSaveFile file(path);
  if (!file.open(QIODevice::WriteOnly) || file.write(text.data(), static_cast<qint64>(text.size())) != static_cast<qint64>(text.size()) || !file.commit())
    return tr("%1 cannot be written: %2").arg(path, file.errorString());
  statusBar()->showMessage(tr("Saved %1").arg(path), 5000);
  if (banner_->text() == save_trouble_) banner_box_->hide();  // it is mended
  return {};
}

void MainWindow::connectActions() {
  connectFiles();
  connectRun();
  connectView();
}

void MainWindow::connectFiles() {
  const auto on = [this](Act act, auto what) { connect(actions_->at(act), &QAction::triggered, this, what); };
  const auto report = [this](const QString& trouble) {
    if (trouble.isEmpty()) return;
    save_trouble_ = trouble;
    say(trouble);
  };
  on(Act::open, [this] {
    const QString path = QFileDialog::getOpenFileName(this, tr("Open"), path_.isEmpty() ? QStringLiteral("scenarios") : QFileInfo(path_).path(), tr("Scenarios, results (*.json);;Manifests (*.yaml *.yml);;All files (*)"));
    if (!path.isEmpty()) openFile(path);
  });
  on(Act::import_mesh, [this] { importFiles({}); });
  on(Act::reload, [this] {
    if (!path_.isEmpty()) openFile(path_);
  });
  on(Act::save_scenario, [this, report] {
    const QString path = chooseFile(tr("Save as scenario"), QFileInfo(path_).path() + QStringLiteral("/edited-") + QFileInfo(path_).fileName(), tr("JSON (*.json)"));
    if (path.isEmpty()) return;
    const QString trouble = saveText(path, session_->scenarioText().get());
    if (trouble.isEmpty()) saved_as_ = path;
    report(trouble);
  });
  on(Act::save_result, [this, report] {
    const QString path = chooseFile(tr("Save the result"), QStringLiteral("result.json"), tr("JSON (*.json)"));
    if (!path.isEmpty()) report(saveText(path, session_->resultJson().get()));
  });
  on(Act::save_study, [this, report] {
    const QString path = chooseFile(tr("Save as study"), QFileInfo(path_).path() + QStringLiteral("/study.json"), tr("JSON (*.json)"));
    if (!path.isEmpty()) report(saveText(path, studyJson(path).toStdString()));
  });
  on(Act::export_picture, [this, report] {
    const QString path = chooseFile(tr("Export a picture"), QStringLiteral("meshmall.png"), tr("Pictures (*.png)"));
    if (!path.isEmpty() && !pictureOf(*centralWidget()).save(path)) report(tr("%1 cannot be written").arg(path));
  });
  on(Act::export_curves, [this, report] {
    const QString path = chooseFile(tr("Export the charts"), QStringLiteral("meshmall.svg"), tr("Drawings (*.svg)"));
    if (!path.isEmpty()) report(charts_->save(charts_->panels(), path));
  });
  on(Act::export_data, [this, report] {
    const QString path = chooseFile(tr("Export the data"), QStringLiteral("meshmall.csv"), tr("Tables (*.csv)"));
    if (!path.isEmpty()) report(charts_->save(charts_->panels(), path));
  });
  on(Act::export_report, [this, report] {
    const QString path = chooseFile(tr("Export a report"), QStringLiteral("meshmall.html"), tr("Pages (*.html)"));
    if (!path.isEmpty()) report(saveText(path, reportHtml().toStdString()));
  });
  on(Act::compare_results, [this] {
    const QStringList files = QFileDialog::getOpenFileNames(this, tr("Two results: the baseline first"), QString(), tr("JSON (*.json)"));
    if (files.size() != 2) {
      if (!files.isEmpty()) say(tr("Choose two result files (got %1).").arg(files.size()));
      return;
    }
    compareFiles(files[0], files[1]);
  });
  on(Act::copy_command, [this] {
    QApplication::clipboard()->setText(commandLine());
    statusBar()->showMessage(tr("Copied: %1").arg(commandLine()), 8000);
  });
  on(Act::quit, [this] { close(); });
  connect(watcher_, &QFileSystemWatcher::fileChanged, this, [this](const QString& path) {
    say(tr("%1 has changed on disk.").arg(path));
    banner_button_->show();
    if (QFileInfo::exists(path)) watcher_->addPath(path);
  });
  connect(banner_button_, &QPushButton::clicked, actions_->at(Act::reload), &QAction::trigger);
}

ImportPreview* MainWindow::importFiles(const QStringList& paths) {
  auto* preview = findChild<ImportPreview*>();
  if (preview != nullptr && preview->isVisible()) {  // one at a time: what comes later is added to it
    preview->add(paths);
    preview->raise();
    preview->activateWindow();
    return preview;
  }
  preview = new ImportPreview(this);
  preview->setWindowFlag(Qt::Window);
  preview->setAttribute(Qt::WA_DeleteOnClose);
  preview->setTokens(*tokens_);
  preview->setVocabulary(vocabulary_);
  connect(preview, &ImportPreview::written, this, &MainWindow::openFile);
  preview->resize(std::min(width(), 1280), std::min(height(), 800));
  preview->add(paths);
  preview->show();
  return preview;
}

void MainWindow::compareFiles(const QString& baseline, const QString& candidate) {
  const ScenarioFile first = openScenario(baseline.toStdString()), second = openScenario(candidate.toStdString());
  if (first.sound() && second.sound()) {
    showSideBySide({baseline.toStdString(), first.text, first.text, second.text, second.name()});
    return;
  }
  auto* panel = new ComparePanel(this);
  panel->setWindowFlag(Qt::Window);
  panel->setAttribute(Qt::WA_DeleteOnClose);
  panel->compare(baseline, candidate);
  panel->resize(900, 600);
  panel->show();
}

// A single run is compared with the one that is shown, as far as it is; a batch, or a result while nothing is open, with the next result that comes.
bool MainWindow::compareWithRun(const QString& result) {
  const QString before = std::exchange(result_before_, QString());
  const bool batch = models::readRegularFile(result.toStdString(), models::kMaxJsonBytes).text.find("\"meshmallResults\"") != std::string::npos;
  if (!before.isEmpty()) {
    compareFiles(before, result);
  } else if (session_ && !batch) {
    QTemporaryFile now(QDir::tempPath() + QStringLiteral("/run-shown-XXXXXX.json"));
    const QString trouble = now.open() ? saveText(now.fileName(), session_->resultJson().get()) : now.errorString();
    if (!trouble.isEmpty()) return say(trouble), false;
    compareFiles(result, now.fileName());
  } else {
    result_before_ = result;
    showWork();
    say(tr("%1 is a result: open or drop the one to compare it with.").arg(QFileInfo(result).fileName()));
  }
  return true;
}

// One step out each time; a followed customer is let go before anything else.
void MainWindow::goBack() {
  if (floor_->scene()->followed() != 0) return floor_->follow(0);
  if (scrubbed_) return scrub(std::nullopt);
  if (floor_->view()->entered() != models::kNoIndex) return floor_->view()->enter(models::kNoIndex);
  if (charts_->alone() != nullptr) {
    for (std::size_t i = 0; i < charts_->panels(); ++i)
      if (charts_->panel(i) == charts_->alone()) return charts_->toggleAlone(i);
  }
  if (presenting_) return setPresentation(false);
  floor_->selectService(models::kNoIndex);
}

void MainWindow::connectRun() {
  const auto on = [this](Act act, auto what) {
    connect(actions_->at(act), &QAction::triggered, this, [this, what] {
      if (session_) what();
    });
  };
  const auto live = [this] { scrub(std::nullopt); };
  on(Act::play, [this, live] {
    live();
    if (frame_->status.playing) session_->pause();
    else session_->play();
  });
  on(Act::pause, [this] { session_->pause(); });
  on(Act::step_event, [this, live] { live(), session_->stepEvent(); });
  on(Act::step_second, [this, live] { live(), session_->stepTime(engine::seconds(1)); });
  on(Act::restart, [this, live] {
    live();
    endOther();
    if (identity_->locked()) session_->restart();
    else session_->restartWith((frame_->snapshot.floor->seed + 1) & 0x7fffffffffffffffULL);
  });
  connect(identity_, &RunIdentity::seedChosen, this, [this, live](quint64 seed) {
    if (!session_) return;
    live();
    endOther();
    session_->restartWith(seed);
  });
  connect(identity_, &RunIdentity::seedWrong, this, &MainWindow::say);
  connect(identity_, &RunIdentity::warningsAsked, this, [this] { showPanel(QStringLiteral("problems")); });
  const auto speed = [this](double value) {
    if (mode_ != Mode::watch && value != kMaxSpeed) setMode(Mode::watch);
    setSpeed(value);
  };
  for (const auto& [act, mode] : {std::pair(Act::mode_watch, Mode::watch), std::pair(Act::mode_fast, Mode::fast), std::pair(Act::mode_max, Mode::max)})
    connect(actions_->at(act), &QAction::triggered, this, [this, mode = mode] {
      setMode(mode);
      // Qtenv's fast and express run at once.
      if (actions_->at(Act::qtenv_keys)->isChecked() && mode != Mode::watch && session_ && !frame_->status.playing) actions_->at(Act::play)->trigger();
    });
  on(Act::slower, [this, speed] { speed(bar_->speed() == kMaxSpeed ? 1000 : std::max(kSlowest, bar_->speed() / 2)); });
  on(Act::faster, [this, speed] { speed(bar_->speed() == kMaxSpeed || bar_->speed() >= 1000 ? kMaxSpeed : std::min(1000.0, bar_->speed() * 2)); });
  on(Act::max_speed, [this, speed] { speed(actions_->at(Act::max_speed)->isChecked() ? kMaxSpeed : 1); });
  connect(bar_, &RunBar::speedChosen, this, [speed](double value) { speed(value); });
  connect(bar_, &RunBar::scrubbedTo, this, [this](double to) {
    if (frame_) scrub(to < frame_->status.position.seconds() ? std::optional(to) : std::nullopt);
  });
  on(Act::until_time, [this, live] {
    bool given = false;
    const QString text = QInputDialog::getText(this, tr("Run until"), tr("Simulated time, such as 90s or 1m30s:"), QLineEdit::Normal, QString(), &given);
    if (!given) return;
    const auto read = models::parseDuration(text.trimmed().toStdString());
    if (const auto* wrong = std::get_if<models::QuantityError>(&read)) return say(QString::fromStdString(wrong->message));
    live();
    StopRule rule;
    rule.at = engine::SimTime{std::get<engine::Duration>(read).ns};
    session_->runUntil(rule);
  });
  const auto until = [this, live](auto member) {
    live();
    StopRule rule;
    rule.*member = true;
    session_->runUntil(rule);
  };
  on(Act::until_fault, [until] { until(&StopRule::next_fault); });
  on(Act::until_ejection, [until] { until(&StopRule::next_ejection); });
  on(Act::until_slo, [until] { until(&StopRule::slo_missed); });
  on(Act::live, live);
  on(Act::undo, [this, live] {
    told_when_done_ = tr("Taken back: %1").arg(QString::fromStdString(frame_->status.undo_label));
    live(), session_->undo();
  });
  on(Act::redo, [this, live] {
    told_when_done_ = tr("Made again: %1").arg(QString::fromStdString(frame_->status.redo_label));
    live(), session_->redo();
  });
  on(Act::what_if, [this, live] {
    live();
    other_ = session_->fork();
    other_->setSpeed(kMaxSpeed);
    say(whatIfText());
    showStates();
  });
  on(Act::compare_policy, [this] { askForComparison(); });
  on(Act::replicate, [this] { replicate(); });
  on(Act::end_what_if, [this] {
    endOther();
    showStates();
  });
}

void MainWindow::askForComparison() {
  QStringList services;
  for (const models::FloorPlan::Service& service : frame_->snapshot.floor->services) services << QString::fromStdString(service.name);
  const std::uint32_t selected = shop_->selected();
  // The mesh that the scenario begins with: the other policy is there from the beginning too.
  const QJsonObject mesh = QJsonDocument::fromJson(QByteArray::fromStdString(session_->scenarioText().get())).object().value(QStringLiteral("mesh")).toObject();
  auto* choice = new PolicyChoice(services, selected < static_cast<std::uint32_t>(services.size()) ? services[static_cast<int>(selected)] : QString(), mesh, this);
  choice->setAttribute(Qt::WA_DeleteOnClose);
  connect(choice, &QDialog::accepted, this, [this, choice] { compareWith(choice->patch(), choice->name()); });
  choice->open();
}

SideBySide* MainWindow::compareWith(const QString& patch, const QString& name) {
  PolicyPair pair;
  pair.scenario = path_.toStdString();
  pair.file_text = openScenario(pair.scenario).text;
  pair.as_is = session_->scenarioText().get();
  pair.changed = withPatch(pair.as_is, patch.toStdString());
  pair.name = name.toStdString();
  return showSideBySide(std::move(pair));
}

SideBySide* MainWindow::showSideBySide(PolicyPair pair) {
  auto* both = new SideBySide(this);
  both->setWindowFlag(Qt::Window);
  both->setAttribute(Qt::WA_DeleteOnClose);
  both->setTokens(*tokens_);
  both->setVocabulary(vocabulary_);
  both->resize(size());
  if (!both->compare(std::move(pair))) {
    say(both->said());
    delete both;
    return nullptr;
  }
  both->show();
  return both;
}

void MainWindow::connectView() {
  const auto on = [this](Act act, auto what) { connect(actions_->at(act), &QAction::triggered, this, what); };
  on(Act::show_floor, [this] { setView(QStringLiteral("floor")); });
  on(Act::show_charts, [this] { setView(QStringLiteral("charts")); });
  on(Act::show_both, [this] { setView(QStringLiteral("both")); });
  on(Act::fit, [this] { floor_->view()->fit(); });
  connect(actions_->at(Act::show_table), &QAction::triggered, this, [this](bool shown) { floor_->showTable(shown); });
  on(Act::chart_alone, [this] { charts_->toggleAlone(); });
  on(Act::history_back, [this] { stepThroughVisits(-1); });
  on(Act::history_forward, [this] { stepThroughVisits(1); });
  on(Act::whats_this, [] { QWhatsThis::enterWhatsThisMode(); });
  on(Act::back, [this] { goBack(); });
  on(Act::follow, [this] {
    QInputDialog box(this);
    box.setWindowTitle(tr("Follow a customer"));
    box.setLabelText(tr("Number, in the order of arrival:"));
    box.setInputMode(QInputDialog::IntInput);
    box.setIntRange(1, 2147483647);
    box.setIntValue(1);
    box.resize(std::max(box.sizeHint().width(), 360), box.sizeHint().height());
    if (box.exec() == QDialog::Accepted) askForTrip(static_cast<std::uint64_t>(box.intValue()));
  });
  const auto raise = [this](Act act) {
    docks_.at(act)->show();
    docks_.at(act)->raise();
  };
  on(Act::add_fault, [this, raise] {
    raise(Act::show_changes);
    changes_->button(QStringLiteral("slow"))->setFocus();
  });
  on(Act::add_policy, [this, raise] {
    raise(Act::show_shop);
    if (shop_->selected() == models::kNoIndex && frame_ && !frame_->snapshot.services.empty()) floor_->selectService(0);
  });
  connect(actions_->at(Act::presentation), &QAction::triggered, this, [this](bool large) { setPresentation(large); });
  on(Act::theme_light, [this] { setTheme(ThemeKind::light); });
  on(Act::theme_dark, [this] { setTheme(ThemeKind::dark); });
  on(Act::theme_contrast, [this] { setTheme(ThemeKind::high_contrast); });
  connect(actions_->at(Act::mall_words), &QAction::triggered, this, [this](bool mall) { setWords(mall ? Vocabulary::mall : Vocabulary::field); });
  connect(actions_->at(Act::reduce_motion), &QAction::triggered, this, [this](bool reduce) {
    floor_->setReduceMotion(reduce);
    settings_.setValue(QStringLiteral("reduceMotion"), reduce);
  });
  on(Act::reset_layout, [this] { resetLayout(); });
  connect(actions_->at(Act::qtenv_keys), &QAction::triggered, this, [this](bool qtenv) {
    actions_->setKeys(qtenv ? KeySet::qtenv : KeySet::own);
    banner_button_->setText(tr("Reload (%1)").arg(actions_->at(Act::reload)->shortcut().toString(QKeySequence::NativeText)));
    settings_.setValue(QStringLiteral("keys"), qtenv ? QStringLiteral("qtenv") : QStringLiteral("own"));
  });
  for (const Act act : {Act::palette, Act::keys})
    on(act, [this] {
      auto* palette = new CommandPalette(*actions_, this);
      palette->setAttribute(Qt::WA_DeleteOnClose);
      palette->open();
    });
  on(Act::guide, [this] {
    QMessageBox box(QMessageBox::NoIcon, tr("Guide"),
                    tr("<p>Customers (requests) come in at the left and walk through corridors (network) from shop (service) to shop. At each door stands staff "
                       "(a sidecar proxy): those who leave choose a line, ask a second time, keep away from counters that failed; those inside turn people away.</p>"
                       "<p>A circle is a first try, a hollow one a second try, a double one two lines at once, a diamond an answer that failed. A shop's border tells how well "
                       "it does by the promises (SLOs) of the scenario.</p><p>Click a shop for its counters and policies, a customer for the trip. Whatever you change is "
                       "recorded with its time, can be undone, and can be saved as a scenario that replays this session.</p>"),
                    QMessageBox::Close, this);
    box.exec();
  });
}

void MainWindow::connectPanels() {
  connect(start_, &StartPage::chosen, this, &MainWindow::openFile);
  connect(start_, &StartPage::openAsked, actions_->at(Act::open), &QAction::trigger);
  connect(start_, &StartPage::importAsked, actions_->at(Act::import_mesh), &QAction::trigger);
  connect(floor_, &FloorWidget::serviceSelected, this, [this](std::uint32_t service) {
    shop_->select(service);
    changes_->select(service);
    charts_->setScope(service);
    visit(service);
    showStates();
    if (shown_) shop_->setSnapshot(*shown_);
  });
  connect(floor_, &FloorWidget::customerPicked, this, [this](std::uint64_t number) { askForTrip(number); });
  connect(shop_, &ShopPanel::changeAsked, this, &MainWindow::changed);
  connect(changes_, &ChangesPanel::changeAsked, this, &MainWindow::changed);
  connect(changes_, &ChangesPanel::endAsked, this, [this](std::uint32_t event) {
    if (session_) session_->endFault(event);
  });
  connect(trip_, &TripPanel::tripAsked, this, [this](quint64 number) { askForTrip(number); });
  connect(times_, &TimePanel::tripAsked, this, [this](quint64 number) { askForTrip(number); });
  connect(times_, &TimePanel::periodAsked, this, [this](double from, double to) {
    if (session_ && frame_) times_->ask(session_->plan(), engine::SimTime{} + engine::fromSeconds(from), engine::SimTime{} + engine::fromSeconds(std::min(to, frame_->status.position.seconds())), frame_->status.position);
  });
  connect(decisions_, &DecisionsPanel::picked, this, [this](double seconds) { charts_->timeAxis().setCursor(seconds); });
  connect(charts_, &ChartBoard::problem, this, &MainWindow::say);
  connect(charts_, &ChartBoard::saved, this, [this](const QString& path) { statusBar()->showMessage(tr("Saved %1").arg(path), 5000); });
}

}  // namespace meshmall::gui
