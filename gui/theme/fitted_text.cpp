#include "gui/theme/fitted_text.h"

#include <QFontMetricsF>
#include <algorithm>

namespace meshmall::gui {

void drawFitted(QPainter& painter, const QRectF& area, int flags, const QString& text, double least, Qt::TextElideMode elide) {
  const QFont before = painter.font();
  const double wide = QFontMetricsF(before).horizontalAdvance(text);
  if (wide > area.width() && wide > 0) {
    QFont smaller = before;
    const double factor = std::clamp(area.width() / wide * 0.98, least, 1.0);
    if (before.pixelSize() > 0) smaller.setPixelSize(std::max(1, static_cast<int>(before.pixelSize() * factor)));
    else smaller.setPointSizeF(before.pointSizeF() * factor);
    painter.setFont(smaller);
  }
  painter.drawText(area, flags, QFontMetricsF(painter.font()).elidedText(text, elide, area.width() + 0.5));
  painter.setFont(before);
}

}  // namespace meshmall::gui
