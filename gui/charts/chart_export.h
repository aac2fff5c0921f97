// Pictures of what is shown: PNG at twice the size of the screen, SVG with text as text, CSV. Files are written whole or not at all.
#pragma once

#include <QImage>
#include <QString>
#include <string>

class QWidget;

namespace meshmall::gui {

// The widget as it is, `factor` pixels for each of its own. Works for hidden widgets too.
QImage pictureOf(QWidget& widget, double factor = 2);
QByteArray svgOf(QWidget& widget, const QString& title);

// By the ending: ".png", ".svg", ".csv" (which writes `csv`). Returns an empty text, or why not.
QString saveWidget(QWidget& widget, const QString& path, const QString& title, const std::string& csv);

}  // namespace meshmall::gui
