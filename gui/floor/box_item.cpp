#include "gui/floor/box_item.h"

#include <QCursor>
#include <QPainter>

namespace meshmall::gui {

BoxItem::BoxItem(std::uint32_t index, const FloorBox& box)
    : tokens_{&tokensOf(ThemeKind::light)}, index_{index}, subject_{box.subject}, entrance_{box.entrance}, width_{box.width}, height_{box.height} {
  setFlags(ItemIsMovable | ItemIsSelectable | ItemSendsGeometryChanges);
  setPos(box.x, box.y);
  setZValue(2);
}

void BoxItem::setHeight(double height) {
  if (height == height_) return;
  prepareGeometryChange();
  height_ = height;
  emit moved();
}

void BoxItem::setTokens(const Tokens& tokens) {
  tokens_ = &tokens;
  update();
}

void BoxItem::setVocabulary(Vocabulary vocabulary) {
  vocabulary_ = vocabulary;
  update();
}

void BoxItem::setFaded(bool faded) { setOpacity(faded ? 0.3 : 1); }

QVariant BoxItem::itemChange(GraphicsItemChange change, const QVariant& value) {
  if (change == ItemPositionHasChanged) emit moved();
  return QGraphicsObject::itemChange(change, value);
}

void BoxItem::paintSelection(QPainter& painter) const {
  if (!isSelected()) return;
  painter.setPen(QPen(tokens_->accent, 3, Qt::DotLine));
  painter.setBrush(Qt::NoBrush);
  painter.drawRoundedRect(frame().adjusted(-4, -4, 4, 4), 8, 8);
}

}  // namespace meshmall::gui
