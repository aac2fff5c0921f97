#include "gui/charts/kpi_tile.h"

#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>

#include "gui/charts/decimation.h"
#include "gui/theme/fitted_text.h"
#include "gui/theme/icons.h"

namespace meshmall::gui {

KpiTile::KpiTile(QWidget* parent) : QWidget(parent), tokens_{&tokensOf(ThemeKind::light)} {
  setFocusPolicy(Qt::TabFocus);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void KpiTile::setTokens(const Tokens& tokens) {
  tokens_ = &tokens;
  update();
}

QString KpiTile::told() const {
  QString text = value_.note;
  if (!value_.difference.isEmpty()) text += QStringLiteral("; ") + tr("%1 against the thin curves, both at the same instant").arg(value_.difference);
  if (value_.state == KpiValue::State::holds) text += QStringLiteral("; ") + tr("SLO holds: %1").arg(value_.rule);
  if (value_.state == KpiValue::State::breached || value_.state == KpiValue::State::warned) text += QStringLiteral("; ") + tr("SLO does not hold: %1").arg(value_.rule);
  return text;
}

void KpiTile::setValue(KpiValue value) {
  value_ = std::move(value);
  const QString name = value_.title + QStringLiteral(": ") + value_.value;
  if (accessibleName() != name) setAccessibleName(name);
  setAccessibleDescription(told());
  setToolTip(value_.definition + (value_.rule.isEmpty() && value_.difference.isEmpty() ? QString() : QStringLiteral("\n") + told()));
  setWhatsThis(value_.definition);
  update();
}

QSize KpiTile::minimumSizeHint() const { return {110, sizeHint().height()}; }

QSize KpiTile::sizeHint() const {
  QFont big = font();
  big.setPointSizeF(font().pointSizeF() * 1.7);
  return {180, QFontMetrics(big).height() + 2 * fontMetrics().height() + 16};
}

void KpiTile::paintSpark(QPainter& painter, const QRectF& area) const {
  const PlotPoints found = decimate(value_.spark, 1, 0, static_cast<double>(value_.spark.size()), 200);
  if (found.points.size() < 2) return;
  double high = 0;
  for (const PlotPoint& point : found.points) high = std::max(high, point.y);
  if (!(high > 0)) high = 1;
  QPainterPath path;
  for (const PlotPoint& point : found.points) {
    const QPointF at(area.left() + point.t / static_cast<double>(value_.spark.size()) * area.width(), area.bottom() - std::max(0.0, point.y) / high * area.height());
    if (path.elementCount() == 0)
      path.moveTo(at);
    else
      path.lineTo(at);
  }
  painter.setPen(QPen(value_.greyed ? tokens_->unknown : tokens_->of(SeriesRole::first), 1.3));
  painter.drawPath(path);
}

void KpiTile::paintState(QPainter& painter, const QRectF& area) const {
  if (value_.state == KpiValue::State::none) return;
  const bool holds = value_.state == KpiValue::State::holds;
  const bool warned = value_.state == KpiValue::State::warned;
  const QString name = holds ? QStringLiteral("good") : warned ? QStringLiteral("warning") : QStringLiteral("error");
  painter.drawPixmap(area.topLeft(), iconPixmap(name, holds ? tokens_->good : warned ? tokens_->warning : tokens_->bad, 16, devicePixelRatioF()));
}

void KpiTile::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const bool bad = value_.state == KpiValue::State::breached;
  const QRectF frame = QRectF(rect()).adjusted(0.75, 0.75, -0.75, -0.75);
  painter.setPen(QPen(hasFocus() ? tokens_->accent : bad ? tokens_->bad : tokens_->border, hasFocus() || bad ? 1.5 : 1));
  painter.setBrush(tokens_->raised);
  painter.drawRoundedRect(frame, 4, 4);
  const int line = fontMetrics().height(), left = 9, inner = width() - 2 * left;
  const bool state = value_.state != KpiValue::State::none;
  painter.setPen(tokens_->muted_text);
  painter.drawText(QRect(left, 5, inner - (state ? 20 : 0), line), Qt::AlignLeft | Qt::AlignVCenter, fontMetrics().elidedText(value_.title, Qt::ElideRight, inner - (state ? 20 : 0)));
  paintState(painter, QRectF(width() - left - 16, 5, 16, 16));
  QFont big = font();
  big.setPointSizeF(font().pointSizeF() * 1.7);
  big.setBold(true);
  const QFontMetrics measure(big);
  painter.setFont(big);
  painter.setPen(value_.greyed ? tokens_->muted_text : tokens_->text);
  const int value_width = std::min(inner, measure.horizontalAdvance(value_.value));
  drawFitted(painter, QRectF(left, 5 + line, inner, measure.height() + 2), Qt::AlignLeft | Qt::AlignVCenter, value_.value, 0.6);
  painter.setFont(font());
  const int below = 5 + line + measure.height() + 2;
  painter.setPen(tokens_->muted_text);
  drawFitted(painter, QRectF(left, below, inner, line + 2), Qt::AlignLeft | Qt::AlignVCenter, value_.note, 0.75);
  const double room = inner - value_width - 10;
  if (!value_.difference.isEmpty()) {
    // A difference stands where the small curve was: beside the value.
    painter.setPen(tokens_->text);
    drawFitted(painter, QRectF(left + value_width + 6, 5 + line, inner - value_width - 6, measure.height() + 2), Qt::AlignRight | Qt::AlignVCenter, value_.difference, 0.75);
  } else if (room > 24) {
    paintSpark(painter, QRectF(width() - left - std::min(room, 90.0), 8 + line, std::min(room, 90.0), measure.height() - 6));
  }
}

}  // namespace meshmall::gui
