#include "gui/charts/legend_entry.h"

#include <QPainter>

#include "gui/theme/fitted_text.h"

namespace meshmall::gui {
namespace {
constexpr int kSwatch = 18, kGap = 4;
}

LegendEntry::LegendEntry(QWidget* parent) : QAbstractButton(parent), tokens_{&tokensOf(ThemeKind::light)} {
  setCheckable(true);
  setChecked(true);
  setFocusPolicy(Qt::TabFocus);
  setCursor(Qt::PointingHandCursor);
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

void LegendEntry::show(const CurveStyle& style, const Tokens& tokens, const QString& value) {
  if (style.label != style_.label || accessibleName().isEmpty()) {
    setText(style.label);
    setAccessibleName(tr("Curve %1").arg(style.label));
    setToolTip(tr("%1: click to hide or show").arg(style.label));
    updateGeometry();
  }
  style_ = style;
  tokens_ = &tokens;
  if (value_ != value) setAccessibleDescription(value);
  value_ = value;
  update();
}

QSize LegendEntry::sizeHint() const {
  QFont bold = font();
  bold.setBold(true);
  const int words = std::max(fontMetrics().horizontalAdvance(text()), QFontMetrics(bold).horizontalAdvance(QStringLiteral("00.0 ms")));
  return {kSwatch + kGap + words + 8, 2 * fontMetrics().height() + 2};
}

QSize LegendEntry::minimumSizeHint() const { return {kSwatch + kGap + fontMetrics().horizontalAdvance(QStringLiteral("00000")), sizeHint().height()}; }

void LegendEntry::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const int half = height() / 2;
  const QColor line = isChecked() ? tokens_->of(style_.role) : tokens_->border;
  painter.setPen(QPen(line, 2.5, style_.dash, Qt::FlatCap));
  painter.drawLine(QPointF(2, half / 2.0), QPointF(2 + kSwatch, half / 2.0));
  const QRect words(kSwatch + kGap + 2, 0, width() - kSwatch - kGap - 4, height());
  painter.setPen(tokens_->muted_text);
  QFont name = font();
  name.setStrikeOut(!isChecked());
  painter.setFont(name);
  drawFitted(painter, QRectF(words.left(), 0, words.width(), half), Qt::AlignLeft | Qt::AlignVCenter, text(), 0.8, Qt::ElideMiddle);
  if (isChecked()) {
    QFont bold = font();
    bold.setBold(true);
    painter.setFont(bold);
    painter.setPen(tokens_->text);
    drawFitted(painter, QRectF(words.left(), half, words.width(), height() - half), Qt::AlignLeft | Qt::AlignVCenter, value_, 0.7);
  }
  if (hasFocus()) {
    painter.setPen(QPen(tokens_->accent, 1.5));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 0.8, -1, -0.8), 3, 3);
  }
}

}  // namespace meshmall::gui
