#include "gui/floor/floor_table.h"

#include <QIcon>
#include <algorithm>

#include "gui/charts/number_text.h"
#include "gui/floor/health_style.h"
#include "gui/theme/icons.h"

namespace meshmall::gui {
namespace {

QString healthWord(Health health) {
  switch (health) {
    case Health::good: return FloorTable::tr("well");
    case Health::warning: return FloorTable::tr("warning");
    case Health::bad: return FloorTable::tr("bad");
    case Health::quiet: break;
  }
  return FloorTable::tr("quiet");
}

QString staffText(const ShopView& row) {
  QStringList parts;
  for (const StaffNote& note : row.staff) parts << QString::fromStdString(note.tip);
  if (!row.rollout.empty()) parts << QString::fromStdString(row.rollout);
  if (!row.scaling.empty()) parts << QString::fromStdString(row.scaling);
  return parts.join(QStringLiteral("; "));
}

}  // namespace

void FloorTable::setVocabulary(Vocabulary vocabulary) {
  vocabulary_ = vocabulary;
  emit headerDataChanged(Qt::Horizontal, 0, kColumns - 1);
}

void FloorTable::setSnapshot(const models::Snapshot* snapshot, const FloorMap& map, const HealthRules& rules) {
  std::vector<ShopView> rows;
  if (snapshot != nullptr) {
    rows = shopViews(*snapshot, map, rules, vocabulary_, 0);
    rows.erase(std::remove_if(rows.begin(), rows.end(), [](const ShopView& row) { return row.name.empty(); }), rows.end());
    floors_.clear();
    for (const auto& floor : snapshot->floor->localities) floors_.push_back(QString::fromStdString(floor.name));
  }
  if (rows.size() != rows_.size()) {
    beginResetModel();
    rows_ = std::move(rows);
    endResetModel();
    return;
  }
  rows_ = std::move(rows);
  if (!rows_.empty()) emit dataChanged(index(0, 0), index(rowCount() - 1, kColumns - 1));
}

std::uint32_t FloorTable::serviceOf(int row) const {
  return row >= 0 && static_cast<std::size_t>(row) < rows_.size() ? rows_[static_cast<std::size_t>(row)].service : models::kNoIndex;
}

int FloorTable::rowOf(std::uint32_t service) const {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i].service == service) return static_cast<int>(i);
  }
  return -1;
}

QString FloorTable::textOf(const ShopView& row, int column) const {
  switch (column) {
    case kName: return QString::fromStdString(row.name);
    case kFloor: return row.locality < floors_.size() ? floors_[row.locality] : QString();
    case kHealth: return row.why.empty() ? healthWord(row.health) : healthWord(row.health) + QStringLiteral(": ") + QString::fromStdString(row.why);
    case kCounters: return numberText(static_cast<double>(row.counters.size()));
    case kBusy: return QStringLiteral("%1/%2").arg(row.held).arg(row.workers);
    case kWaiting: return numberText(row.waiting);
    case kRate: return numberText(row.rate);
    case kErrors: return percentText(row.failed_share);
    case kStaff: return staffText(row);
    default: return {};
  }
}

QVariant FloorTable::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || static_cast<std::size_t>(index.row()) >= rows_.size()) return {};
  const ShopView& row = rows_[static_cast<std::size_t>(index.row())];
  if (role == Qt::DisplayRole || role == Qt::ToolTipRole || role == Qt::AccessibleTextRole) return textOf(row, index.column());
  if (role == Qt::TextAlignmentRole && index.column() >= kCounters && index.column() <= kErrors) return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
  if (role == Qt::DecorationRole && index.column() == kHealth) {
    const HealthStyle style = healthStyle(row.health, *tokens_);
    return iconPixmap(QString::fromLatin1(style.icon), style.colour, 16);
  }
  return {};
}

QVariant FloorTable::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
  switch (section) {
    case kName: return heading(Term::service, vocabulary_);
    case kFloor: return heading(Term::locality, vocabulary_);
    case kHealth: return tr("Health");
    case kCounters: return heading(Term::endpoints, vocabulary_);
    case kBusy: return tr("Busy");
    case kWaiting: return heading(Term::queue, vocabulary_);
    case kRate: return tr("Answers/s");
    case kErrors: return tr("Failed");
    case kStaff: return heading(Term::sidecar, vocabulary_);
    default: return {};
  }
}

QString FloorTable::asText() const {
  QString text;
  for (int column = 0; column < kColumns; ++column) text += (column > 0 ? QStringLiteral("\t") : QString()) + headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
  for (const ShopView& row : rows_) {
    text += QLatin1Char('\n');
    for (int column = 0; column < kColumns; ++column) text += (column > 0 ? QStringLiteral("\t") : QString()) + textOf(row, column);
  }
  return text + QLatin1Char('\n');
}

}  // namespace meshmall::gui
