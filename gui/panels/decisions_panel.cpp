#include "gui/panels/decisions_panel.h"

#include <QHeaderView>
#include <QLineEdit>
#include <QTableWidget>
#include <QVBoxLayout>

namespace meshmall::gui {

DecisionsPanel::DecisionsPanel(QWidget* parent) : QWidget(parent) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(4, 4, 4, 4);
  find_ = new QLineEdit(this);
  find_->setPlaceholderText(tr("Only rows with these words"));
  find_->setClearButtonEnabled(true);
  find_->setAccessibleName(tr("Filter decisions"));
  column->addWidget(find_);
  table_ = new QTableWidget(0, 4, this);
  table_->setHorizontalHeaderLabels({tr("Time"), tr("Kind"), tr("What"), tr("Note")});
  table_->setAccessibleName(tr("Decisions by time"));
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->verticalHeader()->hide();
  table_->horizontalHeader()->setStretchLastSection(true);
  table_->setColumnWidth(2, 300);
  column->addWidget(table_, 1);
  connect(find_, &QLineEdit::textChanged, this, [this] { filter(); });
  connect(table_, &QTableWidget::currentCellChanged, this, [this](int row) {
    if (marks_ && row >= 0 && row < static_cast<int>(marks_->size())) Q_EMIT picked((*marks_)[static_cast<std::size_t>(row)].at.seconds());
  });
}

void DecisionsPanel::setMarks(std::shared_ptr<const std::vector<models::Mark>> marks) {
  if (marks == marks_) return;
  const bool grown = marks_ && marks && marks->size() >= marks_->size() && table_->rowCount() == static_cast<int>(marks_->size()) &&
                     (marks_->empty() || marks->front().text == marks_->front().text);
  const std::size_t first = grown ? marks_->size() : 0;
  marks_ = std::move(marks);
  addFrom(first);
  filter();
}

void DecisionsPanel::addFrom(std::size_t first) {
  constexpr const char* kKinds[] = {"fault", "fault over", "policy", "scaling", "ejection", "rollout", "other"};
  const std::size_t count = marks_ ? marks_->size() : 0;
  table_->setRowCount(static_cast<int>(count));
  for (std::size_t i = first; i < count; ++i) {
    const models::Mark& mark = (*marks_)[i];
    const QStringList cells = {QStringLiteral("%1 s").arg(mark.at.seconds(), 0, 'f', 2), QString::fromLatin1(kKinds[static_cast<std::size_t>(mark.kind)]),
                               QString::fromStdString(mark.text), QString::fromStdString(mark.note)};
    for (int c = 0; c < cells.size(); ++c) {
      auto* item = new QTableWidgetItem(cells[c]);
      item->setToolTip(cells[c]);
      table_->setItem(static_cast<int>(i), c, item);
    }
  }
}

void DecisionsPanel::filter() {
  const QString words = find_->text().trimmed();
  for (int row = 0; row < table_->rowCount(); ++row) {
    bool shown = words.isEmpty();
    for (int c = 0; c < table_->columnCount() && !shown; ++c) shown = table_->item(row, c) != nullptr && table_->item(row, c)->text().contains(words, Qt::CaseInsensitive);
    table_->setRowHidden(row, !shown);
  }
}

}  // namespace meshmall::gui
