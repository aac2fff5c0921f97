// Text that has to stay in its place: first the letters get a little smaller, and only what still does not fit is elided.
#pragma once

#include <QPainter>
#include <QString>

namespace meshmall::gui {

// Draws `text` with the painter's font, or one as small as `least` of it, in a single line. The painter's font is as before afterwards.
void drawFitted(QPainter& painter, const QRectF& area, int flags, const QString& text, double least = 0.8, Qt::TextElideMode elide = Qt::ElideRight);

}  // namespace meshmall::gui
