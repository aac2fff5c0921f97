#include "gui/panels/import_preview.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDir>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QFontDatabase>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMessageBox>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSaveFile>
#include <QShortcut>
#include <QSplitter>
#include <QTabWidget>
#include <QTableWidget>
#include <QTextBlock>
#include <QTimer>
#include <QVBoxLayout>
#include <chrono>

#include "gui/floor/floor_view.h"
#include "gui/floor/floor_widget.h"
#include "gui/session/session.h"
#include "models/scenario/json_document.h"
#include "models/scenario/sample_file.h"

namespace meshmall::gui {

namespace {

constexpr int kTypingPauseMs = 400, kPollMs = 30;

QPushButton* button(QWidget* parent, const QString& text, const QString& tip) {
  auto* made = new QPushButton(text, parent);
  made->setToolTip(tip);
  made->setAccessibleName(tip);
  made->setAutoDefault(false);
  return made;
}

QPlainTextEdit* textView(QWidget* parent, const QString& name) {
  auto* view = new QPlainTextEdit(parent);
  view->setReadOnly(true);
  view->setLineWrapMode(QPlainTextEdit::NoWrap);
  view->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
  view->setAccessibleName(name);
  return view;
}

// What is wrong, and where: the place shortened to the file's name, as a click leads there.
QString problemInWords(const models::Problem& problem, const std::optional<Place>& place) {
  QString text = QString::fromStdString(problem.message);
  if (!problem.pointer.empty()) text = QString::fromStdString(problem.pointer) + QStringLiteral(": ") + text;
  if (!problem.hint.empty()) text += QStringLiteral("; ") + QString::fromStdString(problem.hint);
  if (place) text += QStringLiteral(" (%1:%2)").arg(QFileInfo(QString::fromStdString(place->file)).fileName()).arg(place->line);
  else if (!problem.file.empty()) text = QString::fromStdString(problem.file) + QStringLiteral(": ") + text;
  return text;
}

}  // namespace

ImportPreview::ImportPreview(QWidget* parent) : QWidget(parent), tokens_(&tokensOf(ThemeKind::light)) {
  setWindowTitle(tr("Import - meshmall"));
  setAcceptDrops(true);
  auto* column = new QVBoxLayout(this);
  column->addWidget(buildSources());
  summary_ = new QLabel(this);
  summary_->setWordWrap(true);
  summary_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  column->addWidget(summary_);
  column->addWidget(buildAccount(), 1);
  column->addWidget(buildTarget());
  timer_ = new QTimer(this);
  connect(timer_, &QTimer::timeout, this, &ImportPreview::poll);
  wait_ = new QTimer(this);
  wait_->setSingleShot(true);
  connect(wait_, &QTimer::timeout, this, &ImportPreview::ask);
  connect(new QShortcut(QKeySequence(Qt::Key_Escape), this), &QShortcut::activated, this, &QWidget::close);
  kindChanged();
  ask();
}

ImportPreview::~ImportPreview() { floor_->disconnect(this); }

QWidget* ImportPreview::buildSources() {
  auto* box = new QWidget(this);
  auto* row = new QHBoxLayout(box);
  row->setContentsMargins(0, 0, 0, 0);
  auto* left = new QVBoxLayout;
  auto* title = new QLabel(tr("&Files and folders"), box);
  left->addWidget(title);
  sources_ = new QListWidget(box);
  sources_->setAccessibleName(tr("Files and folders to import"));
  sources_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  sources_->setTextElideMode(Qt::ElideMiddle);
  sources_->setMaximumHeight(fontMetrics().height() * 7);
  title->setBuddy(sources_);
  left->addWidget(sources_);
  row->addLayout(left, 2);
  auto* buttons = new QVBoxLayout;
  QPushButton* files = button(box, tr("Add f&iles..."), tr("Manifests, traces or a service graph"));
  QPushButton* folder = button(box, tr("Add a f&older..."), tr("All manifests of a folder and the folders in it"));
  QPushButton* away = button(box, tr("&Take out"), tr("Take the selected files and folders out of the list"));
  buttons->addStretch(1);
  for (QPushButton* one : {files, folder, away}) buttons->addWidget(one);
  row->addLayout(buttons);
  connect(files, &QPushButton::clicked, this, [this] {
    add(QFileDialog::getOpenFileNames(this, tr("Import"), QString(), tr("Manifests, traces, graphs (*.yaml *.yml *.json *.csv);;All files (*)")));
  });
  connect(folder, &QPushButton::clicked, this, [this] {
    const QString path = QFileDialog::getExistingDirectory(this, tr("Import"));
    if (!path.isEmpty()) add({path});
  });
  connect(away, &QPushButton::clicked, this, &ImportPreview::removeSelected);
  auto* form = new QFormLayout;
  kinds_ = new QComboBox(box);
  kinds_->addItem(tr("Kubernetes and Istio manifests"));
  kinds_->addItem(tr("Traces (Jaeger, OTLP, Zipkin, CSV)"));
  kinds_->addItem(tr("Isotope's service graph"));
  kinds_->setAccessibleName(tr("What the files are"));
  connect(kinds_, &QComboBox::activated, this, [this] {
    kind_chosen_ = true;
    kindChanged();
    ask();
  });
  form->addRow(tr("&They are"), kinds_);
  const auto field = [&](const QString& label, const QString& tip, const QString& hint, QLineEdit*& out, const QString& filter) {
    auto* line = new QHBoxLayout;
    out = new QLineEdit(box);
    out->setPlaceholderText(hint);
    out->setToolTip(tip);
    out->setAccessibleName(tip);
    line->addWidget(out, 1);
    QPushButton* choose = button(box, tr("File..."), tr("Choose a file: %1").arg(tip));
    line->addWidget(choose);
    QLineEdit* const edit = out;
    connect(choose, &QPushButton::clicked, this, [this, edit, filter] {
      const QString path = QFileDialog::getOpenFileName(this, tr("Import"), QString(), filter);
      if (!path.isEmpty()) edit->setText(path);
    });
    connect(edit, &QLineEdit::textChanged, this, [this] { wait_->start(kTypingPauseMs); });
    connect(edit, &QLineEdit::returnPressed, this, &ImportPreview::ask);
    auto* text = new QLabel(label, box);
    text->setBuddy(out);
    form->addRow(text, line);
  };
  field(tr("&Who calls whom"), tr("Manifests do not say who calls whom: calls as text, or a DOT or Kiali graph file (--calls)"), tr("web -> cart, cart -> db"), calls_, tr("Graphs (*.dot *.json);;All files (*)"));
  field(tr("C&ustomers"), tr("A JSON file with a \"traffic\" list: who comes, and how many (--load)"), tr("else 50/s for each entrance"), load_, tr("JSON (*.json)"));
  field(tr("T&races"), tr("Traces of the same services: their calls, times and customers (--traces)"), tr("else stated defaults"), traces_, tr("Traces (*.json *.csv);;All files (*)"));
  row->addLayout(form, 3);
  return box;
}

QWidget* ImportPreview::buildAccount() {
  auto* split = new QSplitter(Qt::Horizontal, this);
  split->setChildrenCollapsible(false);
  account_ = new QTableWidget(0, 2, split);
  account_->setHorizontalHeaderLabels({tr("What"), tr("In words")});
  account_->setAccessibleName(tr("What was understood, guessed and left out"));
  account_->setSelectionBehavior(QAbstractItemView::SelectRows);
  account_->setSelectionMode(QAbstractItemView::SingleSelection);
  account_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  account_->setWordWrap(true);
  account_->setTextElideMode(Qt::ElideNone);
  account_->setTabKeyNavigation(false);
  account_->verticalHeader()->hide();
  account_->horizontalHeader()->setStretchLastSection(true);
  connect(account_->horizontalHeader(), &QHeaderView::sectionResized, account_, [this] { account_->resizeRowsToContents(); });
  connect(account_, &QTableWidget::cellClicked, this, [this](int row) { goTo(row); });
  connect(account_, &QTableWidget::currentCellChanged, this, [this](int row) { goTo(row); });
  tabs_ = new QTabWidget(split);
  floor_ = new FloorWidget(tabs_);
  floor_->view()->setAccessibleName(tr("The mall that comes of it"));
  tabs_->addTab(floor_, tr("The &mall"));
  auto* file = new QWidget(tabs_);
  auto* column = new QVBoxLayout(file);
  column->setContentsMargins(4, 4, 4, 4);
  source_name_ = new QLabel(tr("A line of the account that names a place shows it here."), file);
  source_name_->setWordWrap(true);
  source_ = textView(file, tr("The file that a line names"));
  column->addWidget(source_name_);
  column->addWidget(source_, 1);
  tabs_->addTab(file, tr("&Source"));
  scenario_ = textView(tabs_, tr("The scenario that would be written"));
  tabs_->addTab(scenario_, tr("S&cenario"));
  split->addWidget(account_);
  split->addWidget(tabs_);
  split->setSizes({4400, 5600});
  split->setStretchFactor(0, 4);
  split->setStretchFactor(1, 5);
  return split;
}

QWidget* ImportPreview::buildTarget() {
  auto* box = new QWidget(this);
  auto* row = new QHBoxLayout(box);
  row->setContentsMargins(0, 0, 0, 0);
  QPushButton* copy = button(box, tr("Copy as te&xt"), tr("Copy what was understood, guessed and left out"));
  QPushButton* line = button(box, tr("Copy the command &line"), tr("The line for the shell that writes the same scenario"));
  row->addWidget(copy);
  row->addWidget(line);
  auto* label = new QLabel(tr("Write t&o"), box);
  target_ = new QLineEdit(box);
  target_->setAccessibleName(tr("The scenario file to write"));
  label->setBuddy(target_);
  row->addWidget(label);
  row->addWidget(target_, 1);
  QPushButton* other = button(box, tr("Elsew&here..."), tr("Choose where the scenario is written"));
  write_ = button(box, tr("Write and open"), tr("Write the scenario and open it in the dashboard"));
  row->addWidget(other);
  row->addWidget(write_);
  connect(copy, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(asText()); });
  connect(line, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(commandLine()); });
  connect(target_, &QLineEdit::textEdited, this, [this] { target_typed_ = true; });
  connect(target_, &QLineEdit::returnPressed, this, [this] {
    if (write_->isEnabled()) write();
  });
  connect(other, &QPushButton::clicked, this, [this] {
    const QString path = QFileDialog::getSaveFileName(this, tr("Write the scenario"), target_->text(), tr("JSON (*.json)"), nullptr, QFileDialog::DontConfirmOverwrite);
    if (path.isEmpty()) return;
    target_typed_ = true;
    target_->setText(path);
  });
  connect(write_, &QPushButton::clicked, this, &ImportPreview::write);
  return box;
}

// ---- what is asked --------------------------------------------------------------------------------------------------------------------

void ImportPreview::add(const QStringList& paths) {
  for (const QString& path : paths)
    if (!path.isEmpty() && sources_->findItems(path, Qt::MatchExactly).isEmpty()) sources_->addItem(path);
  if (sources_->count() == 0) return;
  if (!kind_chosen_) {
    if (const auto kind = models::importKindOf(sources_->item(0)->text().toStdString())) kinds_->setCurrentIndex(static_cast<int>(*kind));
    kindChanged();
  }
  ask();
}

void ImportPreview::removeSelected() {
  for (const QListWidgetItem* item : sources_->selectedItems()) delete item;
  ask();
}

void ImportPreview::kindChanged() {
  const bool manifests = kinds_->currentIndex() == static_cast<int>(models::ImportKind::manifests);
  for (QLineEdit* edit : {calls_, load_, traces_}) edit->setEnabled(manifests);
}

models::ImportRequest ImportPreview::request() const {
  models::ImportRequest out;
  out.kind = static_cast<models::ImportKind>(kinds_->currentIndex());
  for (int i = 0; i < sources_->count(); ++i) out.files.push_back(sources_->item(i)->text().toStdString());
  if (out.kind != models::ImportKind::manifests) return out;
  if (const QString text = calls_->text().trimmed(); !text.isEmpty()) out.calls.push_back(text.toStdString());
  out.load = load_->text().trimmed().toStdString();
  if (const QString text = traces_->text().trimmed(); !text.isEmpty()) out.traces.push_back(text.toStdString());
  return out;
}

void ImportPreview::ask() {
  wait_->stop();
  if (running_.valid()) {
    again_ = true;
    return;
  }
  const models::ImportRequest what = request();
  write_->setEnabled(false);
  if (what.files.empty()) {
    there_ = false;
    account_->setRowCount(0);
    summary_->setText(tr("Add files or folders, or drop them here: Deployments, Services, Istio's and Gateway API's rules, Flagger's and Argo's rollouts; or traces; or a service graph."));
    return;
  }
  if (!target_typed_) {
    const QFileInfo first(QDir::cleanPath(sources_->item(0)->text()));
    target_->setText(QDir(first.path()).filePath(QString::fromStdString(models::scenarioNameOf(what.files.front())) + QStringLiteral(".json")));
  }
  summary_->setText(tr("Reading..."));
  running_ = std::async(std::launch::async, [what] { return importForALook(what); });
  timer_->start(kPollMs);
}

void ImportPreview::poll() {
  if (running_.valid() && running_.wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
    Imported imported = running_.get();
    if (again_) {
      again_ = false;
      ask();
    } else {
      take(std::move(imported));
    }
  }
  if (session_ && !floor_shown_) {
    if (const auto frame = session_->latest()) {
      floor_->setSnapshot(std::shared_ptr<const models::Snapshot>(frame, &frame->snapshot));
      floor_->view()->fit();
      floor_shown_ = true;
    }
  }
  if (!running_.valid() && (!session_ || floor_shown_)) timer_->stop();
}

// ---- what is shown --------------------------------------------------------------------------------------------------------------------

void ImportPreview::addRow(const QString& what, const QString& tip, const QColor& colour, const QString& text, const std::optional<Place>& place) {
  const int row = account_->rowCount();
  account_->insertRow(row);
  auto* first = new QTableWidgetItem(what);
  first->setForeground(colour);
  first->setToolTip(tip);
  account_->setItem(row, 0, first);
  auto* words = new QTableWidgetItem(text);
  words->setToolTip(place ? tr("Click: %1, line %2").arg(QString::fromStdString(place->file)).arg(place->line) : tip);
  account_->setItem(row, 1, words);
  for (QTableWidgetItem* item : {first, words}) item->setTextAlignment(Qt::AlignLeft | Qt::AlignTop);
  places_.push_back(place);
}

void ImportPreview::take(Imported imported) {
  shown_ = std::move(imported);
  there_ = true;
  account_->setRowCount(0);
  places_.clear();
  account_->setUpdatesEnabled(false);
  const auto tell = [this](const models::Problem& p, const std::optional<Place>& place) {
    const bool error = p.severity == models::Problem::Severity::error;
    addRow(error ? tr("Error") : tr("Warning"), error ? tr("Nothing can be written before this is mended") : tr("Worth a look"), error ? tokens_->bad_text : tokens_->warning_text,
           problemInWords(p, place), place);
  };
  for (const models::Problem& p : shown_.result.problems) tell(p, p.line > 0 ? std::optional(Place{p.file, p.line}) : std::nullopt);
  const auto list = [this](const QString& what, const QString& tip, const QColor& colour, const std::vector<std::string>& sentences) {
    for (const std::string& sentence : sentences) addRow(what, tip, colour, QString::fromStdString(models::printable(sentence, 2000)), placeIn(sentence));
  };
  const models::ImportNotes& notes = shown_.result.notes;
  list(tr("Understood"), tr("What was read and is part of the mall"), tokens_->good_text, notes.read);
  list(tr("Guessed"), tr("The files do not say it: a stated default"), tokens_->text, notes.guessed);
  list(tr("Ignored"), tr("In the files, and not modelled: the mall does without it"), tokens_->warning_text, notes.not_modelled);
  for (const models::Problem& p : shown_.scenario.problems) {
    models::Problem bare = p;
    bare.file.clear();
    bare.line = 0;
    tell(bare, std::nullopt);
  }
  account_->setUpdatesEnabled(true);
  account_->resizeColumnToContents(0);
  account_->resizeRowsToContents();
  scenario_->setPlainText(QString::fromStdString(shown_.result.scenario));
  session_.reset();
  floor_shown_ = false;
  if (shown_.scenario.sound()) {
    session_ = std::make_unique<Session>(shown_.scenario);
    timer_->start(kPollMs);
  } else {
    floor_->setSnapshot(nullptr);
  }
  write_->setEnabled(sound());
  summary_->setText(mallInWords());
}

QString ImportPreview::mallInWords() const {
  const models::ImportNotes& notes = shown_.result.notes;
  int errors = 0;
  for (const auto* problems : {&shown_.result.problems, &shown_.scenario.problems})
    for (const models::Problem& p : *problems) errors += p.severity == models::Problem::Severity::error ? 1 : 0;
  const QString counts = tr("%1 understood, %2 guessed, %3 ignored").arg(notes.read.size()).arg(notes.guessed.size()).arg(notes.not_modelled.size());
  if (!sound()) return tr("Nothing can be written: %1 errors. %2.").arg(errors).arg(counts);
  return tr("%1. %2.").arg(QString::fromStdString(contentsOf(shown_.scenario)), counts);
}

QString ImportPreview::summary() const { return summary_->text(); }

QString ImportPreview::problemsAsText() const {
  QString text;
  for (const auto* problems : {&shown_.result.problems, &shown_.scenario.problems})
    for (const models::Problem& p : *problems) text += QString::fromStdString(models::textOf(p)) + QLatin1Char('\n');
  return text;
}

QString ImportPreview::asText() const {
  QString text = summary() + QLatin1Char('\n');
  for (int row = 0; row < account_->rowCount(); ++row) text += account_->item(row, 0)->text() + QStringLiteral(": ") + account_->item(row, 1)->text() + QLatin1Char('\n');
  return text;
}

QString ImportPreview::commandLine() const { return QString::fromStdString(importCommand(request(), target_->text().toStdString())); }

void ImportPreview::goTo(int row) {
  if (row < 0 || row >= static_cast<int>(places_.size()) || !places_[static_cast<std::size_t>(row)]) return;
  const Place& place = *places_[static_cast<std::size_t>(row)];
  showFile(QString::fromStdString(place.file), place.line);
}

void ImportPreview::showFile(const QString& file, std::uint32_t line) {
  constexpr std::size_t kMost = 4U << 20;  // bytes; a trace file's lines are no reading matter
  const models::FileText read = models::readRegularFile(file.toStdString(), kMost);
  tabs_->setCurrentIndex(1);
  if (!read.error.empty()) {
    source_name_->setText(file + QStringLiteral(": ") + QString::fromStdString(read.error));
    source_->clear();
    return;
  }
  source_name_->setText(tr("%1, line %2").arg(file).arg(line));
  source_->setPlainText(QString::fromStdString(read.text));
  const QTextBlock block = source_->document()->findBlockByNumber(static_cast<int>(line) - 1);
  QTextCursor cursor(block);
  QTextEdit::ExtraSelection mark;
  mark.cursor = cursor;
  mark.format.setBackground(tokens_->accent);
  mark.format.setForeground(tokens_->accent_text);
  mark.format.setProperty(QTextFormat::FullWidthSelection, true);
  source_->setExtraSelections({mark});
  source_->setTextCursor(cursor);
  source_->centerCursor();
}

// ---- writing, and events ----------------------------------------------------------------------------------------------------------------

void ImportPreview::write() {
  const QString path = target_->text().trimmed();
  if (!sound() || path.isEmpty()) return;
  QStringList read = {load_->text().trimmed(), calls_->text().trimmed(), traces_->text().trimmed()};
  for (int i = 0; i < sources_->count(); ++i) read << sources_->item(i)->text();
  const QString canonical = QFileInfo(path).canonicalFilePath();
  for (const QString& file : read)
    if (!canonical.isEmpty() && QFileInfo(file).canonicalFilePath() == canonical) return summary_->setText(tr("%1 is one of the files that are read: write to another one.").arg(path));
  if (QFileInfo::exists(path) &&
      QMessageBox::question(this, tr("Import"), tr("%1 is there already. Replace it?").arg(path), QMessageBox::Save | QMessageBox::Cancel, QMessageBox::Cancel) != QMessageBox::Save)
    return;
  QSaveFile file(path);
  const QByteArray bytes = QByteArray::fromStdString(shown_.result.scenario);
  if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit()) return summary_->setText(tr("%1 cannot be written: %2").arg(path, file.errorString()));
  Q_EMIT written(path);
  close();
}

void ImportPreview::setTokens(const Tokens& tokens) {
  tokens_ = &tokens;
  floor_->setTokens(tokens);
}

void ImportPreview::setVocabulary(Vocabulary vocabulary) { floor_->setVocabulary(vocabulary); }

void ImportPreview::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void ImportPreview::dropEvent(QDropEvent* event) {
  QStringList paths;
  for (const QUrl& url : event->mimeData()->urls())
    if (url.isLocalFile()) paths << url.toLocalFile();
  event->acceptProposedAction();
  add(paths);
}

void ImportPreview::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  account_->resizeRowsToContents();
}

}  // namespace meshmall::gui
