#include "gui/panels/replications_panel.h"

#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QCloseEvent>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QSaveFile>
#include <QSpinBox>
#include <QSplitter>
#include <QTableWidget>
#include <QTimer>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "gui/charts/number_text.h"
#include "gui/charts/running_estimate.h"

namespace meshmall::gui {

namespace {

constexpr int kTickMs = 100, kParts = 1000;
enum Column { kMetric, kMean, kHalf, kFrom, kTo, kRuns, kColumns };

models::MetricUnit unitOf(const std::string& metric) {
  const auto found = models::findMetric(metric);
  return found ? models::info(*found).unit : models::MetricUnit::count;
}

// "latency.p99" is p99 to everyone.
QString shortName(const std::string& metric) {
  const QString name = QString::fromStdString(metric);
  return name.startsWith(QLatin1String("latency.p")) ? name.mid(8) : name;
}

QString exact(const std::optional<double>& value) { return value ? QLocale::c().toString(*value, 'g', QLocale::FloatingPointShortest) : QString(); }

}  // namespace

QString figureText(double value, models::MetricUnit unit) {
  switch (unit) {
    case models::MetricUnit::milliseconds: return value < 0 ? QStringLiteral("−") + millisecondsText(-value) : millisecondsText(value);
    case models::MetricUnit::ratio: return percentText(value);
    case models::MetricUnit::per_second: return numberText(value) + QStringLiteral(" /s");
    case models::MetricUnit::count:
    case models::MetricUnit::factor: return numberText(value);
  }
  return {};
}

EstimateTexts textsOf(const Estimate& estimate, models::MetricUnit unit) {
  using Unit = models::MetricUnit;
  if (!estimate.mean) return {};
  const std::optional<double> half = estimate.halfWidth();
  const bool in_seconds = unit == Unit::milliseconds && *estimate.mean >= 1000;
  const double scale = unit == Unit::ratio ? 100 : in_seconds ? 0.001 : 1;
  if (!half || !(*half > 0)) {
    const QString mean = figureText(*estimate.mean, unit);
    return half ? EstimateTexts{mean, unit == Unit::ratio ? ReplicationsPanel::tr("0 pp") : figureText(0, unit), mean, mean} : EstimateTexts{mean, {}, {}, {}};
  }
  const int digits = std::clamp(1 - static_cast<int>(std::floor(std::log10(*half * scale))), 0, 9);
  const QString sign = unit == Unit::ratio ? QStringLiteral(" %") : in_seconds ? QStringLiteral(" s") : unit == Unit::milliseconds ? QStringLiteral(" ms") : unit == Unit::per_second ? QStringLiteral(" /s") : QString();
  const auto text = [&](double value, const QString& with) { return QLocale().toString(value * scale, 'f', digits).replace(QLatin1Char('-'), QStringLiteral("−")) + with; };
  return {text(*estimate.mean, sign), text(*half, unit == Unit::ratio ? ReplicationsPanel::tr(" pp") : sign), text(estimate.interval->low, sign), text(estimate.interval->high, sign)};
}

ReplicationsPanel::ReplicationsPanel(std::function<Subject()> subject, QWidget* parent) : QWidget(parent), subject_(std::move(subject)), tokens_(&tokensOf(ThemeKind::light)) {
  setWindowTitle(tr("Many runs - meshmall"));
  auto* column = new QVBoxLayout(this);
  column->addWidget(buildChoice());
  progress_ = new QProgressBar(this);
  progress_->setRange(0, kParts);
  progress_->setAccessibleName(tr("Progress of the runs"));
  column->addWidget(progress_);
  summary_ = new QLabel(this);
  QFont bold = summary_->font();
  bold.setBold(true);
  summary_->setFont(bold);
  relation_ = new QLabel(this);
  for (QLabel* label : {summary_, relation_}) {
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    column->addWidget(label);
  }
  summary_->setAccessibleName(tr("The estimate in words"));
  auto* split = new QSplitter(Qt::Vertical, this);
  split->setChildrenCollapsible(false);
  chart_ = new RunningEstimate(split);
  table_ = new QTableWidget(0, kColumns, split);
  table_->setAccessibleName(tr("All metrics"));
  table_->setHorizontalHeaderLabels({tr("metric"), tr("mean"), tr("± (95 %)"), tr("from"), tr("to"), tr("runs")});
  table_->horizontalHeaderItem(kHalf)->setToolTip(tr("Half of the 95 % interval of the mean over runs (Student's t)"));
  table_->horizontalHeaderItem(kRuns)->setToolTip(tr("Runs that have a value"));
  table_->verticalHeader()->hide();
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setTabKeyNavigation(false);
  table_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  table_->horizontalHeader()->setSectionResizeMode(kMetric, QHeaderView::Stretch);
  split->setSizes({260, 240});
  column->addWidget(split, 1);
  column->addWidget(buildKeeping());
  said_ = new QLabel(this);
  said_->setWordWrap(true);
  said_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  said_->hide();
  column->addWidget(said_);
  timer_ = new QTimer(this);
  connect(timer_, &QTimer::timeout, this, &ReplicationsPanel::tick);
  timer_->start(kTickMs);
  showState();
}

ReplicationsPanel::~ReplicationsPanel() = default;

QWidget* ReplicationsPanel::buildChoice() {
  auto* box = new QWidget(this);
  auto* rows = new QVBoxLayout(box);
  rows->setContentsMargins(0, 0, 0, 0);
  auto* first = new QHBoxLayout;
  auto* second = new QHBoxLayout;
  rows->addLayout(first);
  rows->addLayout(second);
  const auto label = [&](QHBoxLayout* row, const QString& text, QWidget* buddy, const QString& tip) {
    auto* made = new QLabel(text, box);
    made->setBuddy(buddy);
    buddy->setAccessibleName(QString(text).remove(QLatin1Char('&')));
    buddy->setToolTip(tip);
    row->addWidget(made);
    row->addWidget(buddy);
  };
  count_ = new QSpinBox(box);
  count_->setRange(2, static_cast<int>(kMostReplicated));
  count_->setValue(10);
  label(first, tr("R&uns"), count_, tr("How many times the scenario is run, each time with other random numbers; one run says nothing of the next"));
  metrics_ = new QComboBox(box);
  for (std::size_t m = 0; m < models::kMetrics; ++m) {
    const models::MetricInfo& metric = models::info(models::metricAt(m));
    if (!metric.measuredFor(models::ScopeKind::mall)) continue;
    metrics_->addItem(QString::fromUtf8(metric.name.data(), static_cast<qsizetype>(metric.name.size())));
    metrics_->setItemData(metrics_->count() - 1, QString::fromUtf8(metric.description.data(), static_cast<qsizetype>(metric.description.size())), Qt::ToolTipRole);
  }
  metrics_->setCurrentText(QStringLiteral("latency.p99"));
  connect(metrics_, &QComboBox::currentIndexChanged, this, &ReplicationsPanel::showState);
  label(first, tr("&Metric"), metrics_, tr("Of the whole mall: whose running estimate is shown"));
  first->addStretch(1);
  start_ = new QPushButton(tr("&Start"), box);
  start_->setToolTip(tr("Run the scenario with this session's changes, from its beginning, beside the run that is shown"));
  stop_ = new QPushButton(tr("S&top"), box);
  stop_->setToolTip(tr("Stop at once; the runs that are over stay"));
  for (QPushButton* one : {start_, stop_}) {
    one->setAccessibleName(one == start_ ? tr("Start the runs") : tr("Stop the runs"));
    first->addWidget(one);
  }
  connect(start_, &QPushButton::clicked, this, &ReplicationsPanel::start);
  connect(stop_, &QPushButton::clicked, this, &ReplicationsPanel::stop);
  until_ = new QCheckBox(tr("and more, until the metric's mean is &known to"), box);
  until_->setToolTip(tr("Goes on in steps of half as many runs again until the interval is narrow enough, as \"relativeHalfWidth\" of a study"));
  until_->setAccessibleName(tr("More runs until the mean is precise enough"));
  second->addWidget(until_);
  precision_ = new QDoubleSpinBox(box);
  precision_->setRange(0.01, 100);
  precision_->setDecimals(2);
  precision_->setValue(5);
  precision_->setPrefix(QStringLiteral("± "));
  precision_->setSuffix(QStringLiteral(" %"));
  precision_->setAccessibleName(tr("Precision"));
  precision_->setToolTip(tr("Half of the interval as a share of the mean, corrected as in Law's Simulation Modeling and Analysis: half / mean at most g / (1 + g)"));
  second->addWidget(precision_);
  most_ = new QSpinBox(box);
  most_->setRange(3, static_cast<int>(kMostReplicated));
  most_->setValue(100);
  label(second, tr("at m&ost"), most_, tr("So many runs, however wide the interval is then"));
  second->addStretch(1);
  connect(until_, &QCheckBox::toggled, this, &ReplicationsPanel::showState);
  return box;
}

QWidget* ReplicationsPanel::buildKeeping() {
  auto* box = new QWidget(this);
  auto* rows = new QVBoxLayout(box);
  rows->setContentsMargins(0, 0, 0, 0);
  auto* row = new QHBoxLayout;
  rows->addLayout(row);
  scopes_ = new QComboBox(box);
  scopes_->setAccessibleName(tr("Whose metrics the table shows"));
  scopes_->setToolTip(tr("Whose metrics the table shows"));
  scopes_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  scopes_->setMinimumContentsLength(14);
  connect(scopes_, &QComboBox::currentIndexChanged, this, &ReplicationsPanel::showTable);
  row->addWidget(scopes_);
  band_ = new QCheckBox(tr("&Band on the charts"), box);
  band_->setChecked(true);
  band_->setAccessibleName(tr("Band on the charts"));
  band_->setToolTip(tr("The 95 % interval of these runs behind the curves of throughput and latency, as long as the window shows the scenario that was run"));
  row->addWidget(band_);
  row->addStretch(1);
  row = new QHBoxLayout;
  rows->addLayout(row);
  row->addStretch(1);
  const auto button = [&](const QString& text, const QString& tip, auto what) {
    auto* made = new QPushButton(text, box);
    made->setToolTip(tip);
    made->setAccessibleName(QString(text).remove(QLatin1Char('&')));
    connect(made, &QPushButton::clicked, this, what);
    row->addWidget(made);
    return made;
  };
  const auto copy = [this](const QString& text, const QString& said) {
    QApplication::clipboard()->setText(text);
    said_->setText(said);
    said_->show();
  };
  copy_ = button(tr("&Copy the table"), tr("All metrics with all digits, separated by tabs"), [this, copy] { copy(tableText(), tr("Copied: the table, %1 runs").arg(state_.done)); });
  save_ = button(tr("Save as stu&dy..."), tr("A study with which meshmall batch makes these runs and gives the same numbers"), [this] { save(); });
  command_ = button(tr("Copy the co&mmand line"), tr("The line for the shell that makes these runs"), [this, copy] { copy(commandLine(), tr("Copied: %1").arg(commandLine())); });
  return box;
}

void ReplicationsPanel::setTokens(const Tokens& tokens) {
  if (tokens_ == &tokens) return;
  tokens_ = &tokens;
  chart_->setTokens(tokens);
}

void ReplicationsPanel::setVocabulary(Vocabulary vocabulary) {
  if (vocabulary_ == vocabulary) return;
  vocabulary_ = vocabulary;
  for (int i = 0; i < scopes_->count(); ++i) scopes_->setItemText(i, scopeText(scopes_->itemData(i).toString().toStdString()));
}

void ReplicationsPanel::setShown(const QString& path, const std::string& hash) {
  if (path == shown_path_ && hash == shown_hash_) return;
  shown_path_ = path;
  shown_hash_ = hash;
  showSummary();
}

models::Metric ReplicationsPanel::watched() const { return models::findMetric(metrics_->currentText().toStdString()).value_or(models::Metric::latency_p99); }

void ReplicationsPanel::start() {
  if (running()) return;
  of_ = subject_();
  study_.clear();
  said_->hide();
  ReplicationRequest request;
  request.text = of_.as_is;
  request.path = of_.path.toStdString();
  const auto first = static_cast<std::uint64_t>(count_->value());
  request.runs = {first, first, 0};
  if (until_->isChecked()) request.runs = {first, std::max(first + 1, static_cast<std::uint64_t>(most_->value())), precision_->value() / 100};
  request.watched = watched();
  runs_.reset();
  runs_ = std::make_unique<Replications>(std::move(request));
  tick();
}

void ReplicationsPanel::stop() {
  if (runs_) runs_->stop();
}

void ReplicationsPanel::tick() {
  if (!runs_) return;
  const ReplicationState before = std::exchange(state_, runs_->state());
  if (before.estimates != state_.estimates || before.phase != state_.phase) showState();
  else if (!state_.over()) showSummary();
}

void ReplicationsPanel::showState() {
  showScopes();
  showTable();
  showChart();
  showSummary();
}

std::shared_ptr<const RunBands> ReplicationsPanel::bands() const {
  return band_->isChecked() && !state_.hash.empty() && state_.hash == shown_hash_ && of_.path == shown_path_ ? state_.bands : nullptr;
}

void ReplicationsPanel::showSummary() {
  using Phase = ReplicationState::Phase;
  const bool runs = running(), some = state_.done > 0;
  start_->setEnabled(!runs);
  stop_->setEnabled(runs);
  for (QWidget* one : std::initializer_list<QWidget*>{count_, until_}) one->setEnabled(!runs);
  for (QWidget* one : std::initializer_list<QWidget*>{precision_, most_}) one->setEnabled(!runs && until_->isChecked());
  for (QPushButton* one : {copy_, save_, command_}) one->setEnabled(some);
  progress_->setVisible(runs_ != nullptr);
  progress_->setRange(0, runs && state_.phase == Phase::settling ? 0 : kParts);
  const double share = (static_cast<double>(state_.done) + state_.under_way) / std::max(1.0, static_cast<double>(state_.wanted));
  progress_->setValue(static_cast<int>(std::floor(std::clamp(share, 0.0, 1.0) * kParts)));
  const auto wanted = static_cast<qulonglong>(state_.wanted), done = static_cast<qulonglong>(state_.done);
  progress_->setFormat(runs && done < wanted ? tr("run %1 of %2").arg(done + 1).arg(wanted) : tr("%1 of %2 runs").arg(done).arg(wanted));
  summary_->setText(summary());
  relation_->setText(relation());
  relation_->setVisible(!relation_->text().isEmpty());
}

QString ReplicationsPanel::summary() const {
  using Phase = ReplicationState::Phase;
  if (!runs_) return tr("One run says nothing of the next. Many, with other random numbers, tell how sure a figure is.");
  if (state_.phase == Phase::settling) return tr("Pilot runs tell how long it takes to settle (warm-up \"auto\").");
  QString text;
  if (state_.phase == Phase::failed) text = tr("The runs broke off: %1. ").arg(QString::fromStdString(state_.error));
  if (state_.done == 0) return text.isEmpty() ? (running() ? tr("The first run is under way.") : tr("Stopped before the first run was over.")) : text.trimmed();
  const std::string name = metrics_->currentText().toStdString();
  const auto course = state_.courses->find(name);
  const QString after = tr("after %1 of %2 runs").arg(state_.done).arg(state_.wanted);
  if (course == state_.courses->end() || course->second.estimates.empty() || !course->second.estimates.back().mean)
    return text + tr("%1: no value %2").arg(shortName(name), after);
  const Estimate& now = course->second.estimates.back();
  const models::MetricUnit unit = unitOf(name);
  const EstimateTexts said = textsOf(now, unit);
  if (now.needed > 0) text += tr("%1 needs %2 answers in each run, and one had fewer; %3").arg(shortName(name), numberText(static_cast<double>(now.needed)), after);
  else if (now.interval) text += tr("%1 %2 ± %3 (95 %), %4").arg(shortName(name), said.mean, said.half, after);
  else text += tr("%1 %2 %3. One run: no interval").arg(shortName(name), figureText(*now.mean, unit), after);
  if (state_.phase == Phase::stopped) text += tr(", stopped");
  const engine::ReplicationRule& rule = runs_->request().runs;
  if (rule.adaptive()) {
    const QString asked = QString::fromUtf8(models::info(runs_->request().watched).name.data(), static_cast<qsizetype>(models::info(runs_->request().watched).name.size()));
    const QString width = numberText(rule.relative_half_width * 100);
    if (state_.phase == Phase::finished) text += (state_.precise ? tr(". %1 is known to ± %2 %") : tr(". %1 is not known to ± %2 % yet; no more runs are allowed")).arg(asked, width);
    else if (running()) text += tr(". Until %1 is known to ± %2 %, at most %3 runs").arg(asked, width).arg(state_.most);
  }
  return text + QLatin1Char('.');
}

QString ReplicationsPanel::relation() const {
  if (!runs_) return {};
  const QString name = QFileInfo(of_.path).fileName();
  QString text = of_.as_is == of_.file_text ? tr("%1, seed %2.").arg(name).arg(state_.seed) : tr("%1 with this session's changes, seed %2.").arg(name).arg(state_.seed);
  const bool here = of_.path == shown_path_;
  if (!state_.hash.empty() && !here) text += tr(" The window shows another scenario now: no band on its charts.");
  else if (!state_.hash.empty() && state_.hash != shown_hash_) text += tr(" It has been changed since: these runs are of it as it was, and the charts have no band.");
  const std::string metric = metrics_->currentText().toStdString();
  if (state_.courses && state_.courses->count(metric) > 0 && !state_.courses->at(metric).estimates.empty()) {
    const Estimate& now = state_.courses->at(metric).estimates.back();
    if (now.few_data && now.needed == 0) text += tr(" Few data (?): a run has fewer than 100 samples beyond this figure, or in all of it.");
  }
  if (!state_.remark.empty()) text += QLatin1Char(' ') + QString::fromStdString(state_.remark) + QLatin1Char('.');
  return text;
}

QString ReplicationsPanel::scopeText(const std::string& scope) const {
  if (scope == "mall") return tr("whole mall");
  const QString text = QString::fromStdString(scope);
  if (text.startsWith(QLatin1String("service="))) return word(Term::service, vocabulary_) + QLatin1Char(' ') + text.mid(8);
  if (text.startsWith(QLatin1String("edge="))) return word(Term::edge, vocabulary_) + QLatin1Char(' ') + text.mid(5);
  if (text.startsWith(QLatin1String("traffic="))) return tr("traffic %1").arg(text.mid(8));
  return text;
}

void ReplicationsPanel::showScopes() {
  if (!state_.estimates) return;
  QStringList scopes;
  for (const EstimatedMetric& one : *state_.estimates) {
    const QString scope = QString::fromStdString(one.scope);
    if (!scopes.contains(scope)) scopes << scope;
  }
  QStringList there;
  for (int i = 0; i < scopes_->count(); ++i) there << scopes_->itemData(i).toString();
  if (there == scopes) return;
  const QSignalBlocker quiet(scopes_);
  scopes_->clear();
  for (const QString& scope : scopes) scopes_->addItem(scopeText(scope.toStdString()), scope);
  scopes_->setCurrentIndex(0);
}

void ReplicationsPanel::showTable() {
  const std::string scope = scopes_->currentData().toString().toStdString();
  int row = 0;
  bool fresh = false;
  if (state_.estimates)
    for (const EstimatedMetric& one : *state_.estimates) {
      if (one.scope != scope || !one.estimate.mean) continue;
      const models::MetricUnit unit = unitOf(one.metric);
      const Estimate& e = one.estimate;
      const EstimateTexts texts = textsOf(e, unit);
      const QString none = e.runs < 2 ? tr("one run") : QStringLiteral("–");
      const QStringList cells = e.needed > 0 ? QStringList{QString::fromStdString(one.metric), QStringLiteral("–"), QStringLiteral("–"), QString(), QString(), QString::number(e.runs)}
                                             : QStringList{QString::fromStdString(one.metric), texts.mean + (e.few_data ? QStringLiteral(" ?") : QString()), e.interval ? texts.half : none,
                                                           texts.low, texts.high, QString::number(e.runs)};
      if (row == table_->rowCount()) table_->insertRow(row), fresh = true;
      for (int c = 0; c < kColumns; ++c) {
        QTableWidgetItem* item = table_->item(row, c);
        if (item == nullptr) {
          item = new QTableWidgetItem;
          if (c != kMetric) item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
          table_->setItem(row, c, item);
        }
        if (item->text() != cells[c]) item->setText(cells[c]);
        if (c == kMetric) {
          const auto metric = models::findMetric(one.metric);
          item->setToolTip(metric ? QString::fromUtf8(models::info(*metric).description.data(), static_cast<qsizetype>(models::info(*metric).description.size())) : QString());
        }
        if (c == kMean && e.needed > 0) item->setToolTip(tr("a run has fewer answers than the %1 that this quantile needs").arg(numberText(static_cast<double>(e.needed))));
        else if (c == kMean) item->setToolTip(e.few_data ? tr("few data: fewer than 100 samples beyond it in some run") : QString());
      }
      ++row;
    }
  table_->setRowCount(row);
  if (fresh) table_->resizeRowsToContents();
}

void ReplicationsPanel::showChart() {
  const std::string name = metrics_->currentText().toStdString();
  const models::MetricUnit unit = unitOf(name);
  MetricCourse course;
  if (state_.courses && state_.courses->count(name) > 0) course = state_.courses->at(name);
  if (!course.estimates.empty() && course.estimates.back().needed > 0) course = {};  // would be the luck of a few customers
  const bool asked = runs_ && runs_->request().runs.adaptive() && runs_->request().watched == watched();
  chart_->setAccessibleName(tr("Running estimate of %1").arg(metrics_->currentText()));
  chart_->setCourse(course, state_.wanted > 0 ? state_.wanted : static_cast<std::uint64_t>(count_->value()), [unit](double value) { return figureText(value, unit); },
                    asked ? runs_->request().runs.relative_half_width : 0);
}

QString ReplicationsPanel::tableText() const {
  QString text = QStringLiteral("scope\tmetric\tmean\thalf_width_95\tlow_95\thigh_95\truns\n");
  if (!state_.estimates) return text;
  const std::string scope = scopes_->currentData().toString().toStdString();
  for (const EstimatedMetric& one : *state_.estimates) {
    if (one.scope != scope || !one.estimate.mean || one.estimate.needed > 0) continue;
    const auto& interval = one.estimate.interval;
    text += QStringList{QString::fromStdString(one.scope), QString::fromStdString(one.metric), exact(one.estimate.mean), exact(one.estimate.halfWidth()),
                        interval ? exact(interval->low) : QString(), interval ? exact(interval->high) : QString(), QString::number(one.estimate.runs)}
                .join(QLatin1Char('\t')) +
            QLatin1Char('\n');
  }
  return text;
}

// A run that was stopped is kept as it is: so many runs.
RepeatedScenario ReplicationsPanel::repeated(const std::string& study) const {
  RepeatedScenario out{study.empty() ? of_.path.toStdString() : seenFrom(study, of_.path.toStdString()), of_.file_text, of_.as_is, {state_.done, state_.done, 0}, {}};
  if (runs_ && runs_->request().runs.adaptive() && state_.phase == ReplicationState::Phase::finished) {
    out.runs = runs_->request().runs;
    out.watched = std::string(models::info(runs_->request().watched).name);
  }
  return out;
}

std::string ReplicationsPanel::studyText(const std::string& path) const { return repeatedStudyText(repeated(path)); }

QString ReplicationsPanel::commandLine() const {
  const QString study = study_.isEmpty() ? QFileInfo(of_.path).path() + QStringLiteral("/study.json") : study_;
  const QString line = QString::fromStdString(batchCommand(study.toStdString(), editedSeed(repeated({})), "runs"));
  return study_.isEmpty() ? line + tr("  # save the study first") : line;
}

void ReplicationsPanel::save() {
  const QString path = QFileDialog::getSaveFileName(this, tr("Save as study"), QFileInfo(of_.path).path() + QStringLiteral("/study.json"), tr("JSON (*.json)"));
  if (path.isEmpty()) return;
  const std::string text = studyText(path.toStdString());
  QSaveFile file(path);
  const bool written = !text.empty() && file.open(QIODevice::WriteOnly) && file.write(text.data(), static_cast<qint64>(text.size())) == static_cast<qint64>(text.size()) && file.commit();
  if (written) study_ = path;
  said_->setText(written ? tr("Saved. %1").arg(commandLine()) : text.empty() ? tr("%1 can no longer be read.").arg(of_.path) : tr("%1 cannot be written: %2").arg(path, file.errorString()));
  said_->show();
}

void ReplicationsPanel::closeEvent(QCloseEvent* event) {
  stop();
  event->accept();
}

}  // namespace meshmall::gui
