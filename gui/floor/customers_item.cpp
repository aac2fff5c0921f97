#include "gui/floor/customers_item.h"

#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <array>
#include <cmath>

namespace meshmall::gui {
namespace {

constexpr double kRadius = 4.2;

QColor colourOf(PersonShape shape, const Tokens& t) {
  switch (shape) {
    case PersonShape::error: return t.person_error;
    case PersonShape::retry: return t.person_retry;
    case PersonShape::hedge: return t.person_hedge;
    case PersonShape::mirror: return t.muted_text;
    case PersonShape::first: break;
  }
  return t.person;
}

void drawShape(QPainter& painter, const QPointF& at, PersonShape shape, double r) {
  switch (shape) {
    case PersonShape::error: {
      const std::array<QPointF, 4> diamond = {at + QPointF(0, -r * 1.3), at + QPointF(r * 1.3, 0), at + QPointF(0, r * 1.3), at + QPointF(-r * 1.3, 0)};
      painter.drawPolygon(diamond.data(), 4);
      return;
    }
    case PersonShape::mirror: painter.drawRect(QRectF(at.x() - r * 0.7, at.y() - r * 0.7, r * 1.4, r * 1.4)); return;
    case PersonShape::hedge:
      painter.drawEllipse(at, r * 0.45, r * 0.45);
      painter.drawEllipse(at, r * 1.1, r * 1.1);
      return;
    case PersonShape::first:
    case PersonShape::retry: painter.drawEllipse(at, r, r); return;
  }
}

void setStyle(QPainter& painter, PersonShape shape, const Tokens& t, double r) {
  const QColor colour = colourOf(shape, t);
  const bool filled = shape == PersonShape::first || shape == PersonShape::error;
  painter.setPen(filled ? QPen(Qt::NoPen) : QPen(colour, r * 0.42));
  painter.setBrush(filled ? QBrush(colour) : Qt::NoBrush);
}

}  // namespace

void paintPerson(QPainter& painter, const QPointF& place, PersonShape shape, bool back, double radius, const Tokens& tokens) {
  setStyle(painter, shape, tokens, radius);
  drawShape(painter, place, shape, back ? radius * 0.75 : radius);
}

CustomersItem::CustomersItem() : tokens_{&tokensOf(ThemeKind::light)} {
  setZValue(3);
  setAcceptedMouseButtons(Qt::NoButton);
}

void CustomersItem::setPeople(std::vector<Person> people) {
  people_ = std::move(people);
  // Drawn shape by shape: a change of pen costs as much as a circle.
  std::stable_sort(people_.begin(), people_.end(), [](const Person& a, const Person& b) { return std::pair(a.shape, a.left_alone) < std::pair(b.shape, b.left_alone); });
  update();
}

void CustomersItem::setArea(const QRectF& area) {
  prepareGeometryChange();
  area_ = area;
}

std::uint64_t CustomersItem::customerAt(const QPointF& place, double reach) const {
  std::uint64_t found = 0;
  double best = reach;
  for (const Person& person : people_) {
    const double away = std::hypot(person.place.x() - place.x(), person.place.y() - place.y());
    if (away >= best) continue;
    best = away;
    found = person.customer;
  }
  return found;
}

void CustomersItem::paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*) {
  const double scale = std::hypot(painter->worldTransform().m11(), painter->worldTransform().m12());
  const double radius = kRadius / std::clamp(scale, 0.4, 1.0);  // far away still to be seen
  const Person* before = nullptr;
  for (const Person& person : people_) {
    if (before == nullptr || before->shape != person.shape || before->left_alone != person.left_alone) {
      setStyle(*painter, person.shape, *tokens_, radius);
      painter->setOpacity(person.left_alone ? 0.45 : 1);
    }
    drawShape(*painter, person.place, person.shape, person.back ? radius * 0.75 : radius);
    before = &person;
  }
  painter->setOpacity(1);
  if (followed_ == 0) return;
  painter->setBrush(Qt::NoBrush);
  painter->setPen(QPen(tokens_->accent, 2.5 / std::clamp(scale, 0.4, 1.0)));
  for (const Person& person : people_) {
    if (person.customer == followed_) painter->drawEllipse(person.place, radius * 2.4, radius * 2.4);
  }
}

}  // namespace meshmall::gui
