// Where customers of one traffic entry come in: its name, how many come, and what the gateway's staff do.
#pragma once

#include <vector>

#include "gui/floor/box_item.h"
#include "gui/floor/staff_notes.h"

namespace meshmall::gui {

class EntranceItem final : public BoxItem {
  Q_OBJECT

 public:
  EntranceItem(std::uint32_t index, const FloorBox& box) : BoxItem(index, box), name_{QString::fromStdString(box.name)} {}

  // Calls a second of its customers, how they fare, and the gateway's staff.
  void setState(double rate, double failed_share, Health health, std::vector<StaffNote> staff);
  QString tipAt(const QPointF& place) const override;
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

 private:
  QRectF staff() const { return {frame().left() + 6, frame().bottom() - 24, frame().width() - 12, 20}; }

  QString name_;
  double rate_ = 0, failed_share_ = 0;
  Health health_ = Health::quiet;  // of the corridor that its customers take first
  std::vector<StaffNote> notes_;
};

}  // namespace meshmall::gui
