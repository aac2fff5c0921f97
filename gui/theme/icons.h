// Icons as paths on a field of 24 x 24, tinted with a colour of the theme: the style's own icons stay black on a dark bar, and fonts lack pictograms.
#pragma once

#include <QByteArray>
#include <QIcon>
#include <QPixmap>
#include <QString>
#include <QStringList>

#include "gui/theme/tokens.h"

class QPainter;
class QRectF;

namespace meshmall::gui {

// Every name that icon() knows, in byte order: "ban", "barrier", "breaker", ...
QStringList iconNames();

// With the disabled state in Tokens::unknown and the selected one in accent_text. An unknown name gives an empty icon.
QIcon icon(const QString& name, const Tokens& tokens);

// One picture, sharp at the given ratio of device pixels. Kept: the second call with the same arguments is a look-up.
QPixmap iconPixmap(const QString& name, const QColor& colour, int size, double device_pixel_ratio = 1.0);

// The SVG text in that colour; empty for an unknown name.
QByteArray iconSvg(const QString& name, const QColor& colour);

}  // namespace meshmall::gui
