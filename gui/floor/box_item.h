// What shops and entrances have in common on the floor: a place that a person can drag, a selection, and a tip that depends on where one points.
#pragma once

#include <QGraphicsObject>
#include <QString>

#include "gui/floor/floor_map.h"
#include "gui/theme/tokens.h"
#include "gui/theme/vocabulary.h"

namespace meshmall::gui {

class BoxItem : public QGraphicsObject {
  Q_OBJECT

 public:
  BoxItem(std::uint32_t index, const FloorBox& box);

  std::uint32_t index() const { return index_; }
  bool entrance() const { return entrance_; }
  std::uint32_t subject() const { return subject_; }
  QRectF frame() const { return {-width_ / 2, -height_ / 2, width_, height_}; }
  QRectF boundingRect() const override { return frame().adjusted(-5, -26, 5, 5); }
  QPointF door() const { return pos() + QPointF(-width_ / 2, 0); }     // customers come in here
  QPointF backdoor() const { return pos() + QPointF(width_ / 2, 0); }  // and the staff send from here

  void setHeight(double height);
  void setTokens(const Tokens& tokens);
  void setVocabulary(Vocabulary vocabulary);
  void setFaded(bool faded);  // another one is drilled into
  // In the item's coordinates; plain text.
  virtual QString tipAt(const QPointF& place) const = 0;

 signals:
  void moved();

 protected:
  QVariant itemChange(GraphicsItemChange change, const QVariant& value) override;
  void paintSelection(QPainter& painter) const;

  const Tokens* tokens_;
  Vocabulary vocabulary_ = Vocabulary::mall;

 private:
  std::uint32_t index_, subject_;
  bool entrance_;
  double width_, height_;
};

}  // namespace meshmall::gui
