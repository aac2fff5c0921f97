#include "gui/panels/side_by_side.h"

#include <QApplication>
#include <QCloseEvent>
#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QSaveFile>
#include <QShortcut>
#include <QSlider>
#include <QSplitter>
#include <QTimer>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "gui/charts/number_text.h"
#include "gui/floor/floor_view.h"
#include "gui/floor/floor_widget.h"
#include "gui/panels/difference_tile.h"

namespace meshmall::gui {

namespace {

constexpr double kEverFaster = 1000;  // of what walks in the pictures at full speed
constexpr int kSpeedSteps = 300;  // 0.1x to 100x; one more is as fast as possible

QString firstError(const ScenarioFile& file) {
  for (const models::Problem& problem : file.problems)
    if (problem.severity == models::Problem::Severity::error)
      return QString::fromStdString(problem.pointer + ": " + problem.message + (problem.hint.empty() ? "" : "; " + problem.hint));
  return SideBySide::tr("the scenario cannot be run");
}

}  // namespace

SideBySide::SideBySide(QWidget* parent) : QWidget(parent) {
  setWindowTitle(tr("Two policies side by side - meshmall"));
  build();
  timer_ = new QTimer(this);
  connect(timer_, &QTimer::timeout, this, &SideBySide::tick);
  timer_->start(33);
}

SideBySide::~SideBySide() {
  for (FloorWidget* floor : floors_) floor->disconnect(this);
}

void SideBySide::build() {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(6, 6, 6, 6);
  auto* head = new QHBoxLayout;
  title_ = new QLabel(this);
  title_->setWordWrap(true);
  QFont font = title_->font();
  font.setBold(true);
  title_->setFont(font);
  head->addWidget(title_, 1);
  auto* keep = new QPushButton(tr("Keep it"), this);
  keep->setToolTip(tr("Save the comparison as a study, a gate file or Istio's manifests; copy the command line"));
  keep->setAccessibleName(tr("Keep the comparison"));
  auto* menu = new QMenu(keep);
  const auto add = [&](const QString& text, const QString& tip, auto what) {
    QAction* action = menu->addAction(text, this, what);
    action->setToolTip(tip);
    action->setStatusTip(tip);
  };
  menu->setToolTipsVisible(true);
  add(tr("Save as &study..."), tr("Both variants with 20 replications on the same customers, for meshmall batch and compare"), [this] {
    const QFileInfo file(QString::fromStdString(policies_.scenario));
    const auto text = [this](const std::string& study) {
      PolicyPair named = policies_;
      named.scenario = seenFrom(study, policies_.scenario);
      return studyText(named);
    };
    save(tr("Save as study"), file.path() + QStringLiteral("/study.json"), tr("JSON (*.json)"), text, &study_);
  });
  add(tr("Save the &gates..."), tr("The rules that meshmall compare judges by, to be changed by hand"),
      [this] { save(tr("Save the gates"), QStringLiteral("gates.json"), tr("JSON (*.json)"), [](const std::string&) { return gateText(); }, &gates_); });
  add(tr("Save the policies of B as &Istio's manifests..."), tr("What kubectl apply takes; what Istio cannot say is told"), [this] {
    const Manifests out = manifests(policies_.changed);
    QString kept;
    save(tr("Save the policies of B"), QStringLiteral("policies.yaml"), tr("Manifests (*.yaml)"), [&](const std::string&) { return out.text; }, &kept);
    if (!kept.isEmpty() && !out.remarks.empty()) said_->setText(tr("Left out, as Istio's resources cannot say it: %1").arg(QString::fromStdString(out.remarks.front())));
  });
  add(tr("Save B as s&cenario..."), tr("The scenario with the other policy from the beginning"), [this] {
    QString kept;
    save(tr("Save B as scenario"), QFileInfo(QString::fromStdString(policies_.scenario)).path() + QStringLiteral("/changed.json"), tr("JSON (*.json)"), [this](const std::string&) { return policies_.changed; }, &kept);
  });
  add(tr("&Copy the command line"), tr("The line for the shell that judges this comparison with replications"), [this] {
    QApplication::clipboard()->setText(commandLine());
    said_->setText(tr("Copied: %1").arg(commandLine()));
  });
  keep->setMenu(menu);
  head->addWidget(keep);
  column->addLayout(head);
  auto* row = new QHBoxLayout;
  row->setSpacing(6);
  for (int i = 0; i < 6; ++i) {
    tiles_.push_back(new DifferenceTile(this));
    row->addWidget(tiles_.back(), 1);
  }
  column->addLayout(row);
  method_ = new QLabel(this);
  method_->setWordWrap(true);
  column->addWidget(method_);
  column->addWidget(buildFloors(), 1);
  column->addWidget(buildBar());
}

QWidget* SideBySide::buildFloors() {
  split_ = new QSplitter(Qt::Horizontal, this);
  split_->setChildrenCollapsible(false);
  for (int i = 0; i < 2; ++i) {
    auto* side = new QWidget(split_);
    auto* column = new QVBoxLayout(side);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    names_[i] = new QLabel(side);
    names_[i]->setWordWrap(true);
    floors_[i] = new FloorWidget(side);
    floors_[i]->view()->setAccessibleName(i == 0 ? tr("Floor A, as it is") : tr("Floor B, changed"));
    column->addWidget(names_[i]);
    column->addWidget(floors_[i], 1);
    split_->addWidget(side);
  }
  for (int i = 0; i < 2; ++i) {
    FloorWidget* other = floors_[1 - i];
    connect(floors_[i], &FloorWidget::serviceSelected, this, [other](std::uint32_t service) { other->selectService(service); });
    connect(floors_[i], &FloorWidget::customerPicked, this, [other](std::uint64_t customer) { other->follow(customer); });
  }
  return split_;
}

QWidget* SideBySide::buildBar() {
  auto* bar = new QWidget(this);
  auto* row = new QHBoxLayout(bar);
  row->setContentsMargins(0, 0, 0, 0);
  const auto button = [&](const QString& text, const QString& tip) {
    auto* made = new QPushButton(text, bar);
    made->setToolTip(tip);
    made->setAccessibleName(tip);
    row->addWidget(made);
    return made;
  };
  play_ = button(tr("Play"), tr("Play both, or pause both (Space)"));
  connect(play_, &QPushButton::clicked, this, [this] {
    if (!pair_) return;
    if (pair_->playing()) pair_->pause();
    else pair_->play();
    tick();
  });
  QPushButton* const step = button(tr("1 s"), tr("Both one second on (>)"));
  connect(step, &QPushButton::clicked, this, [this] {
    if (pair_) pair_->stepTime(engine::seconds(1));
  });
  QPushButton* const restart = button(tr("Restart"), tr("Both from the beginning (Ctrl+R)"));
  connect(restart, &QPushButton::clicked, this, [this] {
    if (pair_) pair_->restart();
  });
  speed_ = new QSlider(Qt::Horizontal, bar);
  speed_->setRange(0, kSpeedSteps + 1);
  speed_->setFixedWidth(160);
  speed_->setAccessibleName(tr("Speed of both"));
  speed_->setToolTip(tr("From a tenth of real time to as fast as possible (+, -, M)"));
  speed_text_ = new QLabel(bar);
  speed_text_->setMinimumWidth(fontMetrics().horizontalAdvance(tr("as fast as possible")) + 4);
  connect(speed_, &QSlider::valueChanged, this, [this](int place) {
    const double speed = place > kSpeedSteps ? kMaxSpeed : 0.1 * std::pow(1000.0, place / static_cast<double>(kSpeedSteps));
    if (pair_) pair_->setSpeed(speed);
    speed_text_->setText(speed == kMaxSpeed ? tr("as fast as possible") : tr("%1 ×").arg(numberText(speed)));
  });
  row->addWidget(speed_);
  row->addWidget(speed_text_);
  clock_ = new QLabel(bar);
  row->addWidget(clock_);
  said_ = new QLabel(bar);
  said_->setWordWrap(true);
  row->addWidget(said_, 1);
  setSpeed(1);
  // The keys of the main window; after a click Space plays, and does not press the button again.
  const auto key = [&](const QString& keys, auto what) { connect(new QShortcut(QKeySequence(keys), this), &QShortcut::activated, this, what); };
  key(QStringLiteral("Space"), [this] { play_->click(); });
  key(QStringLiteral(">"), [step] { step->click(); });
  key(QStringLiteral("Ctrl+R"), [restart] { restart->click(); });
  key(QStringLiteral("+"), [this] { speed_->setValue(speed_->value() + kSpeedSteps / 10); });
  key(QStringLiteral("-"), [this] { speed_->setValue(speed_->value() - kSpeedSteps / 10); });
  key(QStringLiteral("M"), [this] { setSpeed(speed_->value() > kSpeedSteps ? 1 : kMaxSpeed); });
  for (QPushButton* one : findChildren<QPushButton*>()) one->setFocusPolicy(Qt::TabFocus);
  play_->setFocus();
  return bar;
}

QString SideBySide::said() const { return said_->text(); }

void SideBySide::setTokens(const Tokens& tokens) {
  for (FloorWidget* floor : floors_) floor->setTokens(tokens);
  for (DifferenceTile* tile : tiles_) tile->setTokens(tokens);
}

void SideBySide::setVocabulary(Vocabulary vocabulary) {
  for (FloorWidget* floor : floors_) floor->setVocabulary(vocabulary);
}

void SideBySide::setSpeed(double speed) {
  const int step = speed == kMaxSpeed ? kSpeedSteps + 1 : static_cast<int>(std::lround(std::log10(std::max(speed, 0.1) / 0.1) / 3 * kSpeedSteps));
  speed_->setValue(std::clamp(step, 0, kSpeedSteps + 1));
}

bool SideBySide::compare(PolicyPair policies) {
  pair_.reset();
  policies_ = std::move(policies);
  study_.clear();
  gates_.clear();
  const bool edited = policies_.as_is != policies_.file_text;
  const QString as_is = edited ? tr("with this session's changes") : tr("as it is");
  const QString title = edited ? tr("%1: %2 (A), and with %3 as well (B)") : tr("%1: %2 (A) and with %3 (B)");
  title_->setText(title.arg(QFileInfo(QString::fromStdString(policies_.scenario)).fileName(), as_is, QString::fromStdString(policies_.name)));
  names_[0]->setText(tr("A: %1").arg(as_is));
  names_[1]->setText(tr("B: %1").arg(QString::fromStdString(policies_.name)));
  ScenarioFile a = readScenario(policies_.as_is, policies_.scenario, false), b = readScenario(policies_.changed, policies_.scenario, false);
  for (const ScenarioFile* one : {&a, &b}) {
    if (one->sound()) continue;
    said_->setText((one == &a ? tr("A cannot be run: %1") : tr("B cannot be run: %1")).arg(firstError(*one)));
    return false;
  }
  said_->clear();
  pair_ = std::make_unique<LockedPair>(std::move(a), std::move(b));
  setSpeed(1);
  play_->setFocus();
  showNow();
  for (FloorWidget* floor : floors_) floor->view()->fit();
  return true;
}

void SideBySide::play(std::optional<engine::SimTime> until) {
  if (!pair_) return;
  if (until) pair_->playUntil(*until);
  else pair_->play();
}

void SideBySide::tick() {
  if (!pair_) return;
  const bool newer = pair_->tick();
  for (FloorWidget* floor : floors_) {
    floor->setPace({pair_->playing(), pair_->speed() > 0 ? pair_->speed() : kEverFaster});
    if (pair_->playing()) floor->walkOn();
  }
  if (newer || was_playing_ != pair_->playing()) showNow();
  was_playing_ = pair_->playing();
  play_->setText(pair_->playing() ? tr("Pause") : tr("Play"));
  play_->setEnabled(!pair_->finished());
}

void SideBySide::showNow() {
  const std::shared_ptr<const Frame> frames[2] = {pair_->first(), pair_->second()};
  for (int i = 0; i < 2; ++i) floors_[i]->setSnapshot(std::shared_ptr<const models::Snapshot>(frames[i], &frames[i]->snapshot));
  const auto differences = models::pairedDifferences(*frames[0]->snapshot.periods, *frames[1]->snapshot.periods);
  for (std::size_t i = 0; i < tiles_.size() && i < differences.size(); ++i) tiles_[i]->setDifference(differences[i]);
  const std::size_t periods = frames[0]->snapshot.periods->each.size();
  bool correlated = false;
  for (const models::PairedDifference& d : differences) correlated = correlated || d.correlated;
  method_->setText(tr("One run of each on the same customers; %1 of 30 periods of the measured window so far. A and B are of the whole of it; intervals (99 %) by sectioning: how far the periods' differences lie from that of the whole. "
                      "Replications tell more: keep it as a study.")
                       .arg(periods) +
                   (correlated ? tr(" * Neighbouring periods are still alike: the interval is too narrow.") : QString()));
  clock_->setText(tr("%1 of %2").arg(secondsText(pair_->position().seconds()), secondsText(pair_->end().seconds())));
  if (const std::string trouble = pair_->error(); !trouble.empty()) said_->setText(QString::fromStdString(trouble));
}

QString SideBySide::commandLine() const {
  const QString study = study_.isEmpty() ? QFileInfo(QString::fromStdString(policies_.scenario)).path() + QStringLiteral("/study.json") : study_;
  const QString line = QString::fromStdString(compareCommand(study.toStdString(), gates_.toStdString()));
  return study_.isEmpty() ? line + tr("  # save the study first") : line;
}

void SideBySide::save(const QString& title, const QString& suggestion, const QString& filter, const std::function<std::string(const std::string& path)>& make, QString* kept) {
  const QString path = QFileDialog::getSaveFileName(this, title, suggestion, filter);
  if (path.isEmpty()) return;
  const std::string text = make(path.toStdString());
  QSaveFile file(path);
  const bool written = file.open(QIODevice::WriteOnly) && file.write(text.data(), static_cast<qint64>(text.size())) == static_cast<qint64>(text.size()) && file.commit();
  said_->setText(written ? tr("Saved %1").arg(path) : tr("%1 cannot be written: %2").arg(path, file.errorString()));
  if (written) *kept = path;
}

void SideBySide::closeEvent(QCloseEvent* event) {
  if (pair_) pair_->pause();
  event->accept();
}

}  // namespace meshmall::gui
