#include "gui/app/main_window.h"

#include <QAbstractScrollArea>
#include <QApplication>
#include <QCloseEvent>
#include <QDateTime>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QFileSystemWatcher>
#include <QHBoxLayout>
#include <QJsonDocument>
#include <QJsonObject>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QSettings>
#include <QSplitter>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTimer>
#include <QUrl>
#include <QVBoxLayout>
#include <chrono>
#include <exception>
#include <utility>

#include "gui/app/run_bar.h"
#include "gui/app/run_identity.h"
#include "gui/app/start_page.h"
#include "gui/charts/chart_board.h"
#include "gui/floor/floor_view.h"
#include "gui/floor/floor_widget.h"
#include "gui/panels/changes_panel.h"
#include "gui/panels/decisions_panel.h"
#include "gui/panels/problems_panel.h"
#include "gui/panels/replications_panel.h"
#include "gui/panels/shop_panel.h"
#include "gui/panels/time_panel.h"
#include "gui/panels/trip_panel.h"
#include "gui/theme/palette.h"
#include "gui/session/result_comparison.h"
#include "models/importers/import_files.h"

namespace meshmall::gui {

namespace {

constexpr int kFrameMs = 33, kChartsMs = 150;
constexpr int kWide = 1600, kBothSideBySide = 2300;  // pixels

QString key(const char* text) { return QString::fromLatin1(text); }

}  // namespace

MainWindow::MainWindow(QSettings& settings, QWidget* parent)
    : QMainWindow(parent), settings_(settings), actions_(new Actions(this)), tokens_(&tokensOf(ThemeKind::light)) {
  setWindowTitle(tr("meshmall"));
  setAcceptDrops(true);
  setDockOptions(AnimatedDocks | AllowNestedDocks | AllowTabbedDocks);
  build();
  connectActions();
  connectPanels();
  start_->setFolders(scenarioFolders());
  restoreSettings();
  timer_ = new QTimer(this);
  connect(timer_, &QTimer::timeout, this, &MainWindow::tick);
  timer_->start(kFrameMs);
  qApp->installEventFilter(this);
  // After a click Space plays and pauses: only who came by Tab presses a button with it.
  for (QPushButton* button : findChildren<QPushButton*>()) button->setFocusPolicy(Qt::TabFocus);
  // A file that is dropped on the floor, a chart or a text is the window's to open.
  for (QAbstractScrollArea* area : findChildren<QAbstractScrollArea*>()) {
    area->setAcceptDrops(false);
    area->viewport()->setAcceptDrops(false);
  }
  showStates();
}

void MainWindow::restoreSettings() {
  setTheme(themeNamed(settings_.value(key("theme")).toString()));
  setWords(settings_.value(key("words")).toString() == key("field") ? Vocabulary::field : Vocabulary::mall);
  actions_->at(Act::reduce_motion)->setChecked(settings_.value(key("reduceMotion")).toBool());
  floor_->setReduceMotion(actions_->at(Act::reduce_motion)->isChecked());
  floor_->keepPositionsIn(&settings_);
  const bool qtenv = settings_.value(key("keys")).toString() == key("qtenv");
  actions_->at(Act::qtenv_keys)->setChecked(qtenv);
  actions_->setKeys(qtenv ? KeySet::qtenv : KeySet::own);
  showRecent();
  resize(1280, 800);
  restoreGeometry(settings_.value(key("geometry")).toByteArray());
  restoreState(settings_.value(key("docks")).toByteArray());
  split_->restoreState(settings_.value(key("split")).toByteArray());
  setView(settings_.value(key("view"), view_).toString());
  setSpeed(settings_.value(key("speed"), 1.0).toDouble());
  setMode(Mode::watch);
  // Beside the start page panels would be empty.
  for (auto& [act, one] : docks_) {
    if (one->isHidden() || one->isFloating()) continue;
    put_by_.push_back(one);
    one->hide();
  }
}

void MainWindow::showWork() {
  pages_->setCurrentIndex(1);
  for (QDockWidget* one : put_by_) one->show();
  if (!put_by_.empty()) docks_.at(Act::show_shop)->raise();
  put_by_.clear();
}

MainWindow::~MainWindow() {
  qApp->removeEventFilter(this);
  stop_settling_ = true;
  floor_->disconnect(this);  // a scene that goes tells of a selection that is gone, when other panels are gone already
}

void MainWindow::build() {
  pages_ = new QStackedWidget(this);
  start_ = new StartPage(pages_);
  pages_->addWidget(start_);
  auto* work = new QWidget(pages_);
  auto* column = new QVBoxLayout(work);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  banner_box_ = new QWidget(work);
  auto* row = new QHBoxLayout(banner_box_);
  row->setContentsMargins(8, 4, 8, 4);
  banner_ = new QLabel(banner_box_);
  banner_->setWordWrap(true);
  banner_button_ = new QPushButton(tr("Reload (F5)"), banner_box_);
  banner_button_->setObjectName(key("reload"));
  banner_button_->setAccessibleName(tr("Reload the file"));
  banner_button_->setToolTip(actions_->at(Act::reload)->statusTip());
  auto* close = new QPushButton(tr("Close"), banner_box_);
  close->setAccessibleName(tr("Close the message"));
  close->setToolTip(tr("Close the message"));
  row->addWidget(banner_, 1);
  row->addWidget(banner_button_);
  row->addWidget(close);
  connect(close, &QPushButton::clicked, banner_box_, &QWidget::hide);
  banner_box_->hide();
  column->addWidget(banner_box_);
  caption_ = new QLabel(work);
  caption_->setAlignment(Qt::AlignCenter);
  caption_->setWordWrap(true);
  caption_->setAccessibleName(tr("Caption"));
  caption_->hide();
  column->addWidget(caption_);
  split_ = new QSplitter(Qt::Vertical, work);
  floor_ = new FloorWidget(split_);
  charts_ = new ChartBoard(split_);
  split_->addWidget(floor_);
  split_->addWidget(charts_);
  split_->setSizes({420, 380});
  split_->setChildrenCollapsible(false);
  column->addWidget(split_, 1);
  bar_ = new RunBar(*actions_, work);
  column->addWidget(bar_);
  pages_->addWidget(work);
  setCentralWidget(pages_);
  shop_ = new ShopPanel;
  changes_ = new ChangesPanel;
  trip_ = new TripPanel;
  decisions_ = new DecisionsPanel;
  problems_ = new ProblemsPanel;
  times_ = new TimePanel;
  QDockWidget* first = dock(tr("Shop"), shop_, Qt::RightDockWidgetArea, Act::show_shop);
  tabifyDockWidget(first, dock(tr("Changes"), changes_, Qt::RightDockWidgetArea, Act::show_changes));
  first->raise();
  QDockWidget* below = dock(tr("Trip"), trip_, Qt::BottomDockWidgetArea, Act::show_trip);
  tabifyDockWidget(below, dock(tr("Decisions"), decisions_, Qt::BottomDockWidgetArea, Act::show_decisions));
  tabifyDockWidget(below, dock(tr("Problems"), problems_, Qt::BottomDockWidgetArea, Act::show_problems));
  tabifyDockWidget(below, dock(tr("Where the time went"), times_, Qt::BottomDockWidgetArea, Act::show_time));
  for (const Act act : {Act::show_trip, Act::show_decisions, Act::show_problems, Act::show_time}) docks_.at(act)->hide();
  for (const Section section : {Section::file, Section::run, Section::change, Section::view, Section::help})
    actions_->fill(menuBar()->addMenu(sectionTitle(section)), section);
  recent_menu_ = new QMenu(tr("Open a &recent file"), this);
  QMenu* files = menuBar()->actions().first()->menu();
  files->insertMenu(actions_->at(Act::reload), recent_menu_);
  identity_ = new RunIdentity(*actions_, this);
  statusBar()->addPermanentWidget(identity_);
  watcher_ = new QFileSystemWatcher(this);
}

QDockWidget* MainWindow::dock(const QString& title, QWidget* panel, Qt::DockWidgetArea area, Act act) {
  auto* out = new QDockWidget(title, this);
  out->setObjectName(QStringLiteral("dock-%1").arg(static_cast<int>(act)));
  out->setAccessibleName(title);
  out->setWidget(panel);
  addDockWidget(area, out);
  docks_[act] = out;
  QAction* action = actions_->at(act);
  connect(action, &QAction::triggered, this, [out, action](bool on) {
    const bool behind = !on && !out->isHidden() && !out->property("inFront").toBool();  // another tab covers it
    out->setVisible(on || behind);
    action->setChecked(on || behind);
    if (!on && !behind) return;
    out->raise();
    if (QWidget* inside = out->widget()->nextInFocusChain()) inside->setFocus(Qt::ShortcutFocusReason);
  });
  connect(out, &QDockWidget::visibilityChanged, action, [action, out](bool in_front) {
    out->setProperty("inFront", in_front);
    action->setChecked(!out->isHidden());
  });
  return out;
}

// ---- files ---------------------------------------------------------------------------------------------------------------------------

bool MainWindow::openFile(const QString& path) {
  ScenarioFile file = openScenario(path.toStdString());
  if (!file.sound() && isResult(file.text)) return compareWithRun(path);
  if (!file.sound() && models::importKindOf(path.toStdString())) {
    importFiles({path});
    return false;
  }
  problems_->setProblems(QFileInfo(path).fileName(), QString::fromStdString(file.text), file.problems, session_ != nullptr);
  const bool sound = file.sound() || file.settles;
  if (problems_->errors() > 0 || !file.problems.empty()) {
    docks_.at(Act::show_problems)->setVisible(!sound || docks_.at(Act::show_problems)->isVisible());
    if (!sound) docks_.at(Act::show_problems)->raise();
  }
  if (sound && !mayForgetChanges()) return false;
  if (file.settles) {
    remember(path);
    settleFirst(std::move(file));
    return true;
  }
  if (!sound) {
    showWork();
    say(session_ ? tr("%1 cannot be run: see the problems. The scenario before it goes on.").arg(path) : tr("%1 cannot be run: see the problems.").arg(path));
    return false;
  }
  remember(path);
  adopt(std::move(file));
  return true;
}

// Pilot runs, beside whatever the window shows until then.
void MainWindow::settleFirst(ScenarioFile file) {
  stop_settling_ = true;
  if (settling_.valid()) settling_.wait();
  stop_settling_ = false;
  showWork();
  say(tr("Pilot runs tell how long %1 takes to settle (warm-up \"auto\"); it opens then.").arg(QString::fromStdString(file.name())));
  settling_ = std::async(std::launch::async, [this, file = std::move(file)] { return settle(file, stop_settling_); });
}

void MainWindow::takeSettled() {
  if (!settling_.valid() || settling_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
  try {
    ScenarioFile file = settling_.get();
    problems_->setProblems(QString::fromStdString(file.name()), QString::fromStdString(file.text), file.problems, session_ != nullptr);
    if (file.sound()) adopt(std::move(file));
  } catch (const std::exception& failure) {
    say(QString::fromStdString(failure.what()));
  }
}

void MainWindow::adopt(ScenarioFile file) {
  endOther();
  visited_.clear();
  visiting_ = 0;
  mesh_asked_ = {};
  session_.reset();
  frame_.reset();
  shown_.reset();
  scrubbed_.reset();
  saved_as_.clear();
  errors_seen_ = revision_seen_ = 0;
  path_ = QString::fromStdString(file.path);
  if (!watcher_->files().isEmpty()) watcher_->removePaths(watcher_->files());
  watcher_->addPath(path_);
  setWindowTitle(tr("%1 - meshmall").arg(QFileInfo(path_).fileName()));
  session_ = std::make_unique<Session>(std::move(file));
  session_->setSpeed(bar_->speed());
  banner_box_->hide();
  showWork();
  shop_->select(models::kNoIndex);
  refreshMesh();
  mesh_asked_.wait();  // nothing else is to do yet
  tick();
  floor_->view()->fit();
}

void MainWindow::showPanel(const QString& name) {
  const std::pair<const char*, Act> panels[] = {{"shop", Act::show_shop}, {"changes", Act::show_changes}, {"trip", Act::show_trip},
                                                {"decisions", Act::show_decisions}, {"problems", Act::show_problems}, {"time", Act::show_time}};
  for (const auto& [known, act] : panels) {
    if (name != key(known)) continue;
    docks_.at(act)->show();
    docks_.at(act)->raise();
  }
}

// The shops looked at, in order, as a browser keeps pages.
void MainWindow::visit(std::uint32_t service) {
  if (stepping_ || service == models::kNoIndex || (visiting_ > 0 && visited_[visiting_ - 1] == service)) return;
  visited_.resize(visiting_);
  visited_.push_back(service);
  visiting_ = visited_.size();
}

void MainWindow::stepThroughVisits(int by) {
  const std::size_t to = visiting_ + static_cast<std::size_t>(by);
  if (to < 1 || to > visited_.size()) return;
  visiting_ = to;
  stepping_ = true;
  floor_->selectService(visited_[to - 1]);
  stepping_ = false;
  showStates();
}

void MainWindow::remember(const QString& path) {
  QStringList recent = settings_.value(key("recent")).toStringList();
  const QString whole = QFileInfo(path).absoluteFilePath();
  recent.removeAll(whole);
  recent.prepend(whole);
  while (recent.size() > 10) recent.removeLast();
  settings_.setValue(key("recent"), recent);
  showRecent();
}

void MainWindow::showRecent() {
  const QStringList recent = settings_.value(key("recent")).toStringList();
  start_->setRecent(recent);
  recent_menu_->clear();
  recent_menu_->setEnabled(!recent.isEmpty());
  for (qsizetype i = 0; i < recent.size(); ++i) {
    QAction* one = recent_menu_->addAction(QStringLiteral("&%1 %2").arg((i + 1) % 10).arg(QFileInfo(recent[i]).fileName().replace(QLatin1Char('&'), QStringLiteral("&&"))));
    one->setStatusTip(recent[i]);
    one->setToolTip(recent[i]);
    connect(one, &QAction::triggered, this, [this, path = recent[i]] { openFile(path); });
  }
}

// ---- the frame -------------------------------------------------------------------------------------------------------------------------

void MainWindow::tick() {
  trip_->poll();
  times_->poll();
  takeSettled();
  if (!session_) return;
  takeMesh();
  const auto latest = session_->latest();
  if (other_) followOther();
  if (frame_ && frame_->status.playing && !scrubbed_ && mode_ == Mode::watch) floor_->walkOn();
  if (latest == frame_) {
    // The other future goes on when this one has come to its end, or stands still.
    if (other_ && other_->latest() != other_seen_ && QDateTime::currentMSecsSinceEpoch() - charts_at_ >= kChartsMs) showOther();
    return;
  }
  frame_ = latest;
  showFrame();
}

void MainWindow::showFrame() {
  if (scrubbed_) {
    std::shared_ptr<const models::Snapshot> past;
    for (const auto& one : frame_->recorded)
      if (one->now.seconds() <= *scrubbed_) past = one;
    if (!past && !frame_->recorded.empty()) past = frame_->recorded.front();
    if (past && shown_ != past && (!shown_ || shown_->now != past->now)) shown_ = withSeries(*past, frame_->snapshot.series);
  } else {
    shown_ = std::shared_ptr<const models::Snapshot>(frame_, &frame_->snapshot);
  }
  const bool moves = frame_->status.playing && !scrubbed_;
  if (!moves || mode_ == Mode::watch) {
    floor_->setPace({moves, frame_->status.speed > 0 ? frame_->status.speed : std::max(1.0, frame_->status.simulated_rate)});
    floor_->setSnapshot(shown_);
    shop_->setSnapshot(*shown_);
  }
  changes_->setFrame(*frame_);
  const qint64 now = QDateTime::currentMSecsSinceEpoch();
  if ((now - charts_at_ >= kChartsMs && mode_ != Mode::max) || !moves) {
    charts_at_ = now;
    charts_->setSnapshot(shown_);
    decisions_->setMarks(frame_->snapshot.marks);
    times_->setRange(frame_->status.position.seconds(), charts_->timeAxis().from(), charts_->timeAxis().to());
    if (other_) showOther();
  }
  bar_->show(*frame_, scrubbed_.has_value(), scrubbed_.value_or(0));
  showCaption(*shown_);
  showStates();
  if (frame_->status.errors != errors_seen_) {
    errors_seen_ = frame_->status.errors;
    if (!frame_->status.error.empty()) say(QString::fromStdString(frame_->status.error));
    told_when_done_.clear();
  }
  if (frame_->status.revision != revision_seen_) {
    revision_seen_ = frame_->status.revision;
    saved_as_.clear();  // there is more now than what was saved
    if (!told_when_done_.isEmpty()) statusBar()->showMessage(std::exchange(told_when_done_, QString()), 5000);
    refreshMesh();
  }
}

void MainWindow::followOther() {
  const auto theirs = other_->latest();
  if (frame_ && theirs && theirs->status.position < frame_->status.position && !theirs->status.playing) {
    if (other_asked_ && theirs->status.position < other_asked_->status.position) return;  // the command is on its way
    other_asked_ = frame_;
    StopRule rule;
    rule.at = frame_->status.position;
    other_->runUntil(rule);
  }
}

void MainWindow::showOther() {
  charts_at_ = QDateTime::currentMSecsSinceEpoch();
  other_seen_ = other_->latest();
  if (!other_seen_) return;
  // Where both have stood: the frame that the other one was sent after, once it is there.
  if (other_asked_ && other_asked_->status.position == other_seen_->status.position) other_beside_ = other_asked_;
  const auto pictureOf = [](const std::shared_ptr<const Frame>& frame) { return frame ? std::shared_ptr<const models::Snapshot>(frame, &frame->snapshot) : nullptr; };
  charts_->setGhost(pictureOf(other_seen_), tr("without the change"), pictureOf(other_beside_));
}

void MainWindow::endOther() {
  other_.reset();
  other_seen_ = other_asked_ = other_beside_ = nullptr;
  charts_->setGhost(nullptr, QString());
  if (banner_->text() == whatIfText()) banner_box_->hide();
}

QString MainWindow::whatIfText() const { return tr("From here on the thin curves show what happens without what you change now."); }

void MainWindow::showStates() {
  const bool there = session_ != nullptr && frame_ != nullptr;
  const SessionStatus none{};
  const SessionStatus& status = there ? frame_->status : none;
  const bool runs = there && !status.finished;
  for (const Act act : {Act::play, Act::step_event, Act::step_second, Act::until_time, Act::until_fault, Act::until_ejection, Act::until_slo}) actions_->at(act)->setEnabled(runs);
  for (const Act act : {Act::restart, Act::reload, Act::save_scenario, Act::save_result, Act::save_study, Act::export_picture, Act::export_curves, Act::export_data,
                        Act::export_report, Act::copy_command, Act::fit, Act::follow, Act::add_fault, Act::add_policy, Act::compare_policy, Act::replicate})
    actions_->at(act)->setEnabled(there);
  actions_->at(Act::pause)->setEnabled(runs && status.playing);
  actions_->at(Act::history_back)->setEnabled(visiting_ > 1);
  actions_->at(Act::history_forward)->setEnabled(visiting_ < visited_.size());
  actions_->at(Act::undo)->setEnabled(there && status.can_undo && runs);
  actions_->at(Act::redo)->setEnabled(there && status.can_redo && runs);
  const auto named = [](const QString& what, const std::string& label) { return label.empty() ? what : what + QStringLiteral(": ") + QString::fromStdString(label).replace(QLatin1Char('&'), QLatin1String("&&")); };
  actions_->at(Act::undo)->setText(named(tr("&Undo"), status.undo_label));
  actions_->at(Act::redo)->setText(named(tr("&Redo"), status.redo_label));
  actions_->at(Act::what_if)->setEnabled(runs && !other_);
  actions_->at(Act::end_what_if)->setEnabled(other_ != nullptr);
  actions_->at(Act::live)->setEnabled(scrubbed_.has_value());
  QAction* play = actions_->at(Act::play);
  const QString text = status.playing ? tr("&Pause") : tr("&Play");
  if (play->text() != text) {
    play->setText(text);
    actions_->setPlaying(status.playing, *tokens_);
  }
  if (!there) return;
  const int warnings = problems_->errors() == 0 ? problems_->warnings() : 0;  // else they are of a file that is not played
  identity_->show(*frame_, warnings);
}

// The scenario's own words for what has just happened.
void MainWindow::showCaption(const models::Snapshot& snapshot) {
  QString text;
  const double fresh = std::max(5.0, (snapshot.floor->window_end - engine::SimTime{}).seconds() / 40);
  for (const models::Mark& mark : *snapshot.marks)
    if (!mark.note.empty() && mark.at <= snapshot.now && (snapshot.now - mark.at).seconds() <= fresh && mark.kind != models::Mark::Kind::fault_over)
      text = QString::fromStdString(mark.note);
  if (text.isEmpty() && mode_ != Mode::watch && frame_->status.playing && !scrubbed_)
    text = mode_ == Mode::fast ? tr("The floor is drawn when the run stops.") : tr("Floor and charts are drawn when the run stops.");
  const QString description = QString::fromStdString(snapshot.floor->description);
  if (presenting_ && text.isEmpty() && snapshot.now.seconds() <= fresh) text = description;
  // Else the question that the scenario asks: the line stays, and the floor does not move when a caption comes and goes.
  const bool asks = text.isEmpty();
  if (asks) {
    text = questionOf(description);
    text = text.mid(text.lastIndexOf(QLatin1String(". ")) + (text.contains(QLatin1String(". ")) ? 2 : 0));
  }
  if (caption_->text() != text) caption_->setText(text);
  caption_->setForegroundRole(asks ? QPalette::PlaceholderText : QPalette::WindowText);
  caption_->setToolTip(description);
  caption_->setVisible(!text.isEmpty());
}

void MainWindow::scrub(std::optional<double> to) {
  scrubbed_ = to;
  if (frame_) showFrame();
}

void MainWindow::say(const QString& text) {
  banner_->setText(text);
  banner_button_->hide();
  banner_box_->show();
}

// Asked now, taken when the answer is there: the window never waits for a mall that is being made anew.
void MainWindow::refreshMesh() {
  if (session_) mesh_asked_ = session_->meshNow();
}

void MainWindow::takeMesh() {
  if (!mesh_asked_.valid() || mesh_asked_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
  shop_->setMesh(QJsonDocument::fromJson(QByteArray::fromStdString(mesh_asked_.get())).object());
}

void MainWindow::changed(const QString& event, const QString& label) {
  if (!session_) return;
  scrub(std::nullopt);
  session_->apply(event.toStdString(), label.toStdString());
}

void MainWindow::askForTrip(std::uint64_t number) {
  if (!session_ || !frame_ || number == 0) return;
  docks_.at(Act::show_trip)->show();
  docks_.at(Act::show_trip)->raise();
  trip_->ask(session_->plan(), number, frame_->status.position);
}

// ---- how it looks ------------------------------------------------------------------------------------------------------------------------

void MainWindow::setTheme(ThemeKind kind) {
  theme_ = kind;
  tokens_ = &tokensOf(kind);
  applyTheme(*qApp, kind);
  floor_->setTokens(*tokens_);
  charts_->setTokens(*tokens_);
  trip_->setTokens(*tokens_);
  times_->setTokens(*tokens_);
  problems_->setTokens(*tokens_);
  actions_->setTokens(*tokens_);
  identity_->setTokens(*tokens_);
  actions_->setPlaying(frame_ && frame_->status.playing, *tokens_);
  QPalette banner = palette();
  banner.setColor(QPalette::Window, tokens_->raised);
  banner_box_->setPalette(banner);
  banner_box_->setAutoFillBackground(true);
  actions_->at(Act::theme_light)->setChecked(kind == ThemeKind::light);
  actions_->at(Act::theme_dark)->setChecked(kind == ThemeKind::dark);
  actions_->at(Act::theme_contrast)->setChecked(kind == ThemeKind::high_contrast);
  settings_.setValue(key("theme"), themeName(kind));
}

void MainWindow::setWords(Vocabulary vocabulary) {
  vocabulary_ = vocabulary;
  floor_->setVocabulary(vocabulary);
  charts_->setVocabulary(vocabulary);
  shop_->setVocabulary(vocabulary);
  docks_.at(Act::show_shop)->setWindowTitle(heading(Term::service, vocabulary));
  actions_->at(Act::mall_words)->setChecked(vocabulary == Vocabulary::mall);
  settings_.setValue(key("words"), vocabulary == Vocabulary::mall ? key("mall") : key("field"));
}

void MainWindow::setSpeed(double speed) {
  bar_->setSpeed(speed);
  actions_->at(Act::max_speed)->setChecked(bar_->speed() == kMaxSpeed);
  if (session_) session_->setSpeed(bar_->speed());
}

void MainWindow::setMode(Mode mode) {
  if (mode_ == Mode::watch && mode != Mode::watch) speed_before_ = bar_->speed();
  if (mode != Mode::watch) setSpeed(kMaxSpeed);
  else if (mode_ != Mode::watch) setSpeed(speed_before_);
  mode_ = mode;
  actions_->at(Act::mode_watch)->setChecked(mode == Mode::watch);
  actions_->at(Act::mode_fast)->setChecked(mode == Mode::fast);
  actions_->at(Act::mode_max)->setChecked(mode == Mode::max);
  if (frame_) showFrame();
}

void MainWindow::resetLayout() {
  floor_->resetPositions();
  for (auto& [act, one] : docks_) one->setFloating(false);
  for (const Act act : {Act::show_shop, Act::show_changes}) addDockWidget(Qt::RightDockWidgetArea, docks_.at(act)), docks_.at(act)->show();
  tabifyDockWidget(docks_.at(Act::show_shop), docks_.at(Act::show_changes));
  docks_.at(Act::show_shop)->raise();
  for (const Act act : {Act::show_trip, Act::show_decisions, Act::show_problems, Act::show_time}) addDockWidget(Qt::BottomDockWidgetArea, docks_.at(act)), docks_.at(act)->hide();
  setView(key("both"));
  splitEvenly();
  for (const char* kept : {"geometry", "docks", "split", "view"}) settings_.remove(key(kept));
}

void MainWindow::setView(const QString& view) {
  view_ = view;
  floor_->setVisible(view != key("charts"));
  charts_->setVisible(view != key("floor"));
}

void MainWindow::setPresentation(bool on, bool whole_screen) {
  if (on == presenting_) return;
  presenting_ = on;
  actions_->at(Act::presentation)->setChecked(on);
  QFont font = qApp->font();
  if (on) {
    state_before_ = saveState();
    font_before_ = font.pointSizeF();
    was_full_screen_ = isFullScreen();
    banner_box_->hide();
    for (auto& [act, one] : docks_) one->hide();
  }
  menuBar()->setVisible(!on);
  statusBar()->setVisible(!on);
  font.setPointSizeF(on ? font_before_ * 1.3 : font_before_);
  qApp->setFont(font);
  setFont(font);
  setTheme(theme_);  // axes and pictures keep fonts of their own
  QFont large = font;
  large.setPointSizeF(font.pointSizeF() * (on ? 1.3 : 1.0));
  caption_->setFont(large);
  if (whole_screen) setWindowState(on || was_full_screen_ ? windowState() | Qt::WindowFullScreen : windowState() & ~Qt::WindowFullScreen);
  if (!on) restoreState(state_before_);
  if (frame_) showFrame();
}

// ---- events --------------------------------------------------------------------------------------------------------------------------------

bool MainWindow::unsaved() const { return session_ && frame_ && frame_->status.edited && saved_as_.isEmpty(); }

bool MainWindow::mayForgetChanges() {
  if (!ask_ || !unsaved()) return true;
  const QString question = tr("The changes of this session are not saved. Give them up?");
  return QMessageBox::question(this, tr("Open"), question, QMessageBox::Discard | QMessageBox::Cancel, QMessageBox::Cancel) == QMessageBox::Discard;
}

void MainWindow::closeEvent(QCloseEvent* event) {
  const bool runs = (session_ && frame_ && frame_->status.playing) || (replications_ != nullptr && replications_->running());
  if (ask_ && (unsaved() || runs)) {
    const QString question = unsaved() ? tr("The changes of this session are not saved. Close anyway?") : tr("The mall is still running. Close anyway?");
    if (QMessageBox::question(this, tr("Close"), question, QMessageBox::Close | QMessageBox::Cancel, QMessageBox::Cancel) != QMessageBox::Close) {
      event->ignore();
      return;
    }
  }
  for (QDockWidget* one : put_by_) one->show();
  if (!presenting_) {
    settings_.setValue(key("geometry"), saveGeometry());
    settings_.setValue(key("docks"), saveState());
    settings_.setValue(key("split"), split_->saveState());
  }
  settings_.setValue(key("view"), view_);
  settings_.setValue(key("speed"), mode_ == Mode::watch ? bar_->speed() : speed_before_);
  event->accept();
}

// A mall is wider than it is high, so charts stand below it; beside it only where there is room for both.
void MainWindow::resizeEvent(QResizeEvent* event) {
  QMainWindow::resizeEvent(event);
  const Qt::Orientation wanted = width() < kBothSideBySide ? Qt::Vertical : Qt::Horizontal;
  const bool wide = width() >= kWide;
  if (split_->orientation() == wanted && wide == was_wide_) return;
  was_wide_ = wide;
  split_->setOrientation(wanted);
  splitEvenly();
}

// A wide window has all six charts in two rows, without scrolling.
void MainWindow::splitEvenly() {
  if (split_->orientation() == Qt::Horizontal) split_->setSizes({1000, 1000});
  else split_->setSizes(width() >= kWide ? QList<int>{420, 520} : QList<int>{420, 380});
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasUrls() && event->mimeData()->urls().first().isLocalFile()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
  const QList<QUrl> urls = event->mimeData()->urls();
  if (urls.isEmpty() || !urls.first().isLocalFile()) return;
  event->acceptProposedAction();
  if (urls.size() == 2 && urls.last().isLocalFile() && !models::importKindOf(urls.first().toLocalFile().toStdString())) return compareFiles(urls.first().toLocalFile(), urls.last().toLocalFile());
  QStringList paths;
  for (const QUrl& url : urls)
    if (url.isLocalFile()) paths << url.toLocalFile();
  if (models::importKindOf(paths.first().toStdString())) importFiles(paths);
  else openFile(paths.first());
}

// Keys that a focused button or list needs for itself are not those of the window.
bool MainWindow::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::ShortcutOverride) {
    const auto* pressed = static_cast<QKeyEvent*>(event);
    const QWidget* focus = QApplication::focusWidget();
    if (QApplication::activePopupWidget() != nullptr) {  // an open list or menu has keys of its own: none is the window's
      event->accept();
      return pressed->key() == Qt::Key_Escape;  // the others are read by the list in this very event
    }
    const bool button = focus != nullptr && (focus->inherits("QAbstractButton") || focus->inherits("QComboBox"));
    if (button && pressed->key() == Qt::Key_Space && pressed->modifiers() == Qt::NoModifier) {
      event->accept();
      return true;
    }
  }
  return QMainWindow::eventFilter(watched, event);
}

}  // namespace meshmall::gui
