#include "gui/floor/corridor_item.h"

#include <QApplication>
#include <QFont>
#include <QPainter>
#include <QPainterPathStroker>
#include <algorithm>
#include <cmath>

#include "gui/charts/number_text.h"
#include "gui/floor/health_style.h"
#include "gui/theme/icons.h"

namespace meshmall::gui {
namespace {

QString say(const char* text) { return QCoreApplication::translate("Corridor", text); }

double bandWidth(std::uint32_t customers) { return customers == 0 ? 0 : std::clamp(2 + 2.2 * std::sqrt(static_cast<double>(customers) / 4), 2.0, 22.0); }

void paintBand(QPainter& painter, const CorridorPath& way, double side, std::uint32_t customers, const QColor& colour) {
  if (customers == 0) return;
  const double width = bandWidth(customers);
  QPainterPath band(way.at(0, side * 2));
  for (int i = 1; i <= 32; ++i) band.lineTo(way.at(i / 32.0, side * 2));
  for (int i = 32; i >= 0; --i) band.lineTo(way.at(i / 32.0, side * (2 + width)));
  QColor fill = colour;
  fill.setAlpha(110);
  painter.setPen(Qt::NoPen);
  painter.setBrush(fill);
  painter.drawPath(band);
}

}  // namespace

CorridorItem::CorridorItem(const FloorCorridor& corridor, QString from, QString to)
    : corridor_{corridor}, from_{std::move(from)}, to_{std::move(to)}, tokens_{&tokensOf(ThemeKind::light)} {
  setZValue(1);
}

void CorridorItem::between(const QPointF& from, const QPointF& to) {
  prepareGeometryChange();
  way_.between(from, to);
}

void CorridorItem::setState(const models::EdgeState& state, Health health, bool bands, bool empty) {
  state_ = state;
  health_ = health;
  bands_ = bands;
  empty_ = empty;
}

QPainterPath CorridorItem::shape() const {
  QPainterPathStroker stroker;
  stroker.setWidth(10);
  return stroker.createStroke(way_.path());
}

QString CorridorItem::tip() const {
  QString text = bothHeading(Term::edge, vocabulary_) + QLatin1Char(' ') + from_ + QStringLiteral(" → ") + to_;
  text += QLatin1Char('\n') + say("%1 calls a second (%2 tries, %3 again), %4 failed")
                                  .arg(numberText(state_.calls_per_second), numberText(state_.tries_per_second), numberText(state_.retries_per_second), percentText(state_.failed_share));
  text += QLatin1Char('\n') + say("%1 on their way there, %2 back").arg(state_.requests_flying).arg(state_.answers_flying);
  if (state_.p99 && state_.ok >= 1000) text += QLatin1Char('\n') + say("p99 %1 so far").arg(millisecondsText(*state_.p99));
  return text;
}

void CorridorItem::paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*) {
  const HealthStyle style = healthStyle(empty_ ? Health::quiet : health_, *tokens_);
  const double scale = std::hypot(painter->worldTransform().m11(), painter->worldTransform().m12());
  if (bands_ && !empty_) {
    paintBand(*painter, way_, 1, state_.requests_flying, tokens_->person);
    paintBand(*painter, way_, -1, state_.answers_flying, state_.failed_share > 0.01 ? tokens_->person_error : tokens_->person_hedge);
    if (state_.requests_flying > 0 && scale > 0.4) {
      QFont font = QApplication::font();
      font.setPixelSize(11);
      painter->setFont(font);
      painter->setPen(tokens_->text);
      painter->drawText(way_.at(0.25, 12 + bandWidth(state_.requests_flying)), QString::number(state_.requests_flying));
    }
  }
  // The busier, the wider: a decade is one and a half.
  const double rate = std::clamp(std::log10(1 + state_.calls_per_second) / 1.5, 0.0, 2.2);
  QPen pen = style.pen();
  pen.setWidthF((empty_ ? 0.8 : std::max(1.0, style.width * 0.6 + rate)) / std::min(1.0, std::max(scale, 0.15)) * (scale < 1 ? 0.8 : 1));
  if (empty_) pen.setStyle(Qt::DotLine);
  painter->setPen(pen);
  painter->setBrush(Qt::NoBrush);
  painter->drawPath(way_.path());
  if (!empty_ && health_ >= Health::warning) {
    const double size = 16 / std::clamp(scale, 0.35, 1.0);
    const QPointF middle = way_.at(0.5);
    painter->setPen(Qt::NoPen);
    painter->setBrush(tokens_->window);
    painter->drawEllipse(middle, size * 0.6, size * 0.6);
    painter->drawPixmap(QRectF(middle.x() - size / 2, middle.y() - size / 2, size, size), iconPixmap(QString::fromLatin1(style.icon), style.colour, 16, 3), QRectF());
  }
}

}  // namespace meshmall::gui
