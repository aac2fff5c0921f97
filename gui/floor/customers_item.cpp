#include "gui/floor/customers_item.h"

#include <QPainter>
#include <QPaintEngine>
#include <QPainterPath>
#include <QPixmapCache>
#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

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

// One mark as a picture, its middle in the middle: thousands of copied pictures cost a fraction of as many strokes.
QPixmap sprite(PersonShape shape, bool back, double radius, double device_pixel_ratio, const Tokens& tokens) {
  const QString key = QStringLiteral("person/%1/%2/%3/%4/%5").arg(static_cast<int>(shape)).arg(back).arg(radius).arg(device_pixel_ratio).arg(static_cast<int>(tokens.kind));
  QPixmap picture;
  if (QPixmapCache::find(key, &picture)) return picture;
  const int size = 2 * static_cast<int>(std::ceil(radius * 1.5)) + 1;
  const int pixels = static_cast<int>(std::ceil(size * device_pixel_ratio));
  picture = QPixmap(pixels, pixels);
  picture.setDevicePixelRatio(device_pixel_ratio);
  picture.fill(Qt::transparent);
  QPainter painter(&picture);
  painter.setRenderHint(QPainter::Antialiasing);
  paintPerson(painter, QPointF(size / 2.0, size / 2.0), shape, back, radius, tokens);
  painter.end();
  QPixmapCache::insert(key, picture);
  return picture;
}

auto drawingOrder(const Person& person) { return std::tuple(person.left_alone, person.shape, person.back); }

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
  std::stable_sort(people_.begin(), people_.end(), [](const Person& a, const Person& b) { return drawingOrder(a) < drawingOrder(b); });
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
    if (away >= best || person.customer == 0) continue;
    best = away;
    found = person.customer;
  }
  return found;
}

void CustomersItem::paintMarks(QPainter& painter, double scale, double radius) const {
  // On paper and in files as shapes, on the screen as pictures placed without the view's scale.
  const bool screen = painter.paintEngine() != nullptr && painter.paintEngine()->type() == QPaintEngine::Raster;
  const QTransform view = painter.worldTransform();
  const double ratio = painter.device()->devicePixelRatioF();
  if (screen) painter.resetTransform();
  QPixmap picture;
  QPointF middle;
  for (std::size_t i = 0; i < people_.size(); ++i) {
    const Person& person = people_[i];
    if (i == 0 || drawingOrder(people_[i - 1]) != drawingOrder(person)) {
      painter.setOpacity(person.left_alone ? 0.45 : 1);
      if (screen) picture = sprite(person.shape, person.back, std::round(radius * scale * 4) / 4, ratio, *tokens_);
      middle = QPointF(picture.width(), picture.height()) / (2 * ratio);
    }
    if (screen)
      painter.drawPixmap(view.map(person.place) - middle, picture);
    else
      paintPerson(painter, person.place, person.shape, person.back, radius, *tokens_);
  }
  painter.setTransform(view);
  painter.setOpacity(1);
}

void CustomersItem::paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*) {
  const double scale = std::hypot(painter->worldTransform().m11(), painter->worldTransform().m12());
  const double radius = kRadius / std::clamp(scale, 0.4, 1.0);  // far away still to be seen
  paintMarks(*painter, scale, radius);
  if (followed_ == 0) return;
  painter->setBrush(Qt::NoBrush);
  painter->setPen(QPen(tokens_->accent, 2.5 / std::clamp(scale, 0.4, 1.0)));
  for (const Person& person : people_) {
    if (person.customer == followed_) painter->drawEllipse(person.place, radius * 2.4, radius * 2.4);
  }
}

}  // namespace meshmall::gui
