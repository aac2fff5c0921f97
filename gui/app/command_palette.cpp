#include "gui/app/command_palette.h"

#include <QHeaderView>
#include <QLineEdit>
#include <QTableWidget>
#include <QTimer>
#include <QVBoxLayout>

namespace meshmall::gui {

CommandPalette::CommandPalette(const Actions& actions, QWidget* parent) : QDialog(parent) {
  setWindowTitle(tr("Commands and keys"));
  resize(680, 520);
  auto* column = new QVBoxLayout(this);
  find_ = new QLineEdit(this);
  find_->setPlaceholderText(tr("Type a part of the name"));
  find_->setAccessibleName(tr("Find a command"));
  column->addWidget(find_);
  table_ = new QTableWidget(0, 3, this);
  table_->setHorizontalHeaderLabels({tr("Command"), tr("Keys"), tr("What it does")});
  table_->setAccessibleName(tr("Commands"));
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->verticalHeader()->hide();
  table_->horizontalHeader()->setStretchLastSection(true);
  column->addWidget(table_, 1);
  for (const ActionInfo& info : actionTable()) {
    QAction* action = actions.at(info.act);
    rows_.push_back(action);
    const int row = table_->rowCount();
    table_->insertRow(row);
    QStringList keys;
    for (const QKeySequence& key : action->shortcuts()) keys << key.toString(QKeySequence::NativeText);
    const QStringList cells = {action->text().remove(QLatin1Char('&')), keys.join(QStringLiteral(", ")), action->statusTip()};
    for (int c = 0; c < cells.size(); ++c) table_->setItem(row, c, new QTableWidgetItem(cells[c]));
  }
  table_->resizeColumnsToContents();
  table_->selectRow(0);
  connect(find_, &QLineEdit::textChanged, this, [this] { filter(); });
  connect(find_, &QLineEdit::returnPressed, this, [this] { trigger(); });
  connect(table_, &QTableWidget::cellActivated, this, [this] { trigger(); });
  find_->setFocus();
}

void CommandPalette::filter() {
  int first = -1;
  for (int row = 0; row < table_->rowCount(); ++row) {
    const bool shown = table_->item(row, 0)->text().contains(find_->text(), Qt::CaseInsensitive) || table_->item(row, 2)->text().contains(find_->text(), Qt::CaseInsensitive);
    table_->setRowHidden(row, !shown);
    if (shown && first < 0) first = row;
  }
  if (first >= 0) table_->selectRow(first);
}

void CommandPalette::trigger() {
  const int row = table_->currentRow();
  if (row < 0 || table_->isRowHidden(row)) return;
  QAction* action = rows_[static_cast<std::size_t>(row)];
  accept();
  QTimer::singleShot(0, action, &QAction::trigger);
}

}  // namespace meshmall::gui
