// The floor as a table, for those who read rather than look: a row for each shop, with health, lines, rates and what the staff do, in words.
#pragma once

#include <QAbstractTableModel>
#include <QString>
#include <vector>

#include "gui/floor/shop_view.h"
#include "gui/theme/tokens.h"
#include "gui/theme/vocabulary.h"

namespace meshmall::gui {

class FloorTable final : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { kName, kFloor, kHealth, kCounters, kBusy, kWaiting, kRate, kErrors, kStaff, kColumns };

  explicit FloorTable(QObject* parent = nullptr) : QAbstractTableModel(parent), tokens_{&tokensOf(ThemeKind::light)} {}

  void setTokens(const Tokens& tokens) { tokens_ = &tokens; }
  void setVocabulary(Vocabulary vocabulary);
  void setSnapshot(const models::Snapshot* snapshot, const FloorMap& map, const HealthRules& rules);
  // models::kNoIndex / -1: none.
  std::uint32_t serviceOf(int row) const;
  int rowOf(std::uint32_t service) const;
  // Tab-separated, with a header: for the clipboard.
  QString asText() const;

  int rowCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : static_cast<int>(rows_.size()); }
  int columnCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : kColumns; }
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  QString textOf(const ShopView& row, int column) const;

  std::vector<ShopView> rows_;
  std::vector<QString> floors_;
  const Tokens* tokens_;
  Vocabulary vocabulary_ = Vocabulary::mall;
};

}  // namespace meshmall::gui
