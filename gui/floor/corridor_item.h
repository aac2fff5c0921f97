// A corridor between two boxes: its width grows with the calls a second, its line tells how well they go. Where customers are too many to be drawn one by one,
// a band beside the line tells how many are on their way there (one side) and back (the other).
#pragma once

#include <QGraphicsItem>
#include <QString>

#include "gui/floor/corridor_path.h"
#include "gui/floor/floor_map.h"
#include "gui/floor/health.h"
#include "gui/theme/tokens.h"
#include "gui/theme/vocabulary.h"
#include "models/observation/snapshot.h"

namespace meshmall::gui {

class CorridorItem final : public QGraphicsItem {
 public:
  enum { Type = UserType + 7 };

  CorridorItem(const FloorCorridor& corridor, QString from, QString to);

  int type() const override { return Type; }
  const FloorCorridor& corridor() const { return corridor_; }
  void between(const QPointF& from, const QPointF& to);
  const CorridorPath& way() const { return way_; }
  void setState(const models::EdgeState& state, Health health, bool bands, bool empty);
  void setTokens(const Tokens& tokens) { tokens_ = &tokens; }
  void setVocabulary(Vocabulary vocabulary) { vocabulary_ = vocabulary; }
  QString tip() const;

  QRectF boundingRect() const override { return way_.path().boundingRect().adjusted(-24, -24, 24, 24); }
  QPainterPath shape() const override;
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

 private:
  FloorCorridor corridor_;
  QString from_, to_;
  CorridorPath way_;
  models::EdgeState state_;
  Health health_ = Health::quiet;
  bool bands_ = false;
  bool empty_ = true;  // nobody walks here
  const Tokens* tokens_;
  Vocabulary vocabulary_ = Vocabulary::mall;
};

}  // namespace meshmall::gui
