// A shop on one floor of the mall: name and health, its counters with their lines, the staff at the door, signs for rollouts and new counters above it.
// Seen from far away only the name, the health and how full it is remain.
#pragma once

#include "gui/floor/box_item.h"
#include "gui/floor/shop_view.h"

namespace meshmall::gui {

class ShopItem final : public BoxItem {
  Q_OBJECT

 public:
  using BoxItem::BoxItem;

  void setView(ShopView view);
  const ShopView& view() const { return view_; }
  QString tipAt(const QPointF& place) const override;
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

 private:
  QRectF counters() const;
  QRectF staff() const;
  QString lineText() const;
  void paintFrame(QPainter& painter, double detail) const;
  void paintFar(QPainter& painter, double detail) const;
  void paintSigns(QPainter& painter) const;
  void paintShares(QPainter& painter) const;
  QString told() const;

  ShopView view_;
  double detail_ = 1;  // pixels of the screen for one of the scene, when it was painted last
};

}  // namespace meshmall::gui
