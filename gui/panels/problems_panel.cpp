#include "gui/panels/problems_panel.h"

#include <QApplication>
#include <QClipboard>
#include <QFontDatabase>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSplitter>
#include <QTableWidget>
#include <QTextBlock>
#include <QVBoxLayout>
#include <algorithm>

namespace meshmall::gui {

ProblemsPanel::ProblemsPanel(QWidget* parent) : QWidget(parent), tokens_(&tokensOf(ThemeKind::light)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(4, 4, 4, 4);
  auto* head = new QHBoxLayout;
  summary_ = new QLabel(tr("No scenario"), this);
  summary_->setWordWrap(true);
  head->addWidget(summary_, 1);
  auto* copy = new QPushButton(tr("Copy as text"), this);
  copy->setToolTip(tr("All problems, one a line, for a message or an issue"));
  copy->setAccessibleName(tr("Copy all problems as text"));
  head->addWidget(copy);
  column->addLayout(head);
  auto* split = new QSplitter(Qt::Horizontal, this);
  table_ = new QTableWidget(0, 6, split);
  table_->setHorizontalHeaderLabels({tr("Severity"), tr("Code"), tr("Where"), tr("Line"), tr("Message"), tr("Hint")});
  table_->setAccessibleName(tr("Problems of the scenario"));
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setWordWrap(true);
  table_->verticalHeader()->hide();
  table_->horizontalHeader()->setStretchLastSection(true);
  source_ = new QPlainTextEdit(split);
  source_->setReadOnly(true);
  source_->setLineWrapMode(QPlainTextEdit::NoWrap);
  source_->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
  source_->setAccessibleName(tr("The scenario's text"));
  split->addWidget(table_);
  split->addWidget(source_);
  split->setStretchFactor(0, 3);
  split->setStretchFactor(1, 2);
  column->addWidget(split, 1);
  connect(copy, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(asText()); });
  connect(table_, &QTableWidget::cellClicked, this, [this](int row) { goTo(row); });
  connect(table_, &QTableWidget::currentCellChanged, this, [this](int row) { goTo(row); });
}

int ProblemsPanel::errors() const {
  return static_cast<int>(std::count_if(problems_.begin(), problems_.end(), [](const models::Problem& p) { return p.severity == models::Problem::Severity::error; }));
}

int ProblemsPanel::warnings() const { return static_cast<int>(problems_.size()) - errors(); }

QString ProblemsPanel::asText() const {
  QString text;
  for (const models::Problem& problem : problems_) text += QString::fromStdString(models::textOf(problem)) + QLatin1Char('\n');
  return text;
}

void ProblemsPanel::setProblems(const QString& file, const QString& text, std::vector<models::Problem> problems, bool runs) {
  problems_ = std::move(problems);
  source_->setPlainText(text);
  table_->setRowCount(static_cast<int>(problems_.size()));
  for (int row = 0; row < table_->rowCount(); ++row) {
    const models::Problem& p = problems_[static_cast<std::size_t>(row)];
    const bool error = p.severity == models::Problem::Severity::error;
    const QString where = QString::fromStdString(p.pointer);
    const QString line = p.line > 0 ? QStringLiteral("%1:%2").arg(p.line).arg(p.column) : QString();
    const QStringList cells = {error ? tr("error") : tr("warning"), QString::fromStdString(p.code), where, line, QString::fromStdString(p.message), QString::fromStdString(p.hint)};
    for (int c = 0; c < cells.size(); ++c) {
      auto* item = new QTableWidgetItem(cells[c]);
      item->setToolTip(cells[c]);
      if (c == 0) item->setForeground(error ? tokens_->bad_text : tokens_->warning_text);
      table_->setItem(row, c, item);
    }
  }
  table_->resizeColumnsToContents();
  for (const int c : {2, 4}) table_->setColumnWidth(c, std::min(table_->columnWidth(c), 340));
  table_->resizeRowsToContents();
  const int bad = errors(), warnings = static_cast<int>(problems_.size()) - bad;
  QString told = bad + warnings == 0 ? tr("%1: nothing to say against it").arg(file)
                                     : tr("%1: %2 errors, %3 warnings").arg(file).arg(bad).arg(warnings);
  if (bad > 0 && runs) told += tr("; the scenario before it is still shown");
  summary_->setText(told);
}

void ProblemsPanel::goTo(int row) {
  if (row < 0 || row >= static_cast<int>(problems_.size())) return;
  const models::Problem& p = problems_[static_cast<std::size_t>(row)];
  if (p.line == 0) return;
  const QTextBlock block = source_->document()->findBlockByNumber(static_cast<int>(p.line) - 1);
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

}  // namespace meshmall::gui
