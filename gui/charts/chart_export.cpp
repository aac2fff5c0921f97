#include "gui/charts/chart_export.h"

#include <QBuffer>
#include <QCoreApplication>
#include <QPainter>
#include <QSaveFile>
#include <QSvgGenerator>
#include <QWidget>
#include <cmath>

namespace meshmall::gui {

QImage pictureOf(QWidget& widget, double factor) {
  const QSize size = widget.size();
  QImage image(static_cast<int>(std::lround(size.width() * factor)), static_cast<int>(std::lround(size.height() * factor)), QImage::Format_ARGB32_Premultiplied);
  image.setDevicePixelRatio(factor);
  image.fill(widget.palette().color(QPalette::Window));
  QPainter painter(&image);
  widget.render(&painter);
  return image;
}

QByteArray svgOf(QWidget& widget, const QString& title) {
  QBuffer buffer;
  QSvgGenerator generator;
  generator.setOutputDevice(&buffer);
  generator.setSize(widget.size());
  generator.setViewBox(QRect(QPoint(0, 0), widget.size()));
  generator.setTitle(title);
  QPainter painter(&generator);
  widget.render(&painter);
  painter.end();
  return buffer.data();
}

QString saveWidget(QWidget& widget, const QString& path, const QString& title, const std::string& csv) {
  QByteArray bytes;
  if (path.endsWith(QLatin1String(".png"), Qt::CaseInsensitive)) {
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    if (!pictureOf(widget).save(&buffer, "PNG")) return QCoreApplication::translate("Charts", "the picture could not be made");
  } else if (path.endsWith(QLatin1String(".svg"), Qt::CaseInsensitive)) {
    bytes = svgOf(widget, title);
  } else if (path.endsWith(QLatin1String(".csv"), Qt::CaseInsensitive)) {
    bytes = QByteArray::fromStdString(csv);
  } else {
    return QCoreApplication::translate("Charts", "%1: the name must end in .png, .svg or .csv").arg(path);
  }
  QSaveFile file(path);
  if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit()) return path + QStringLiteral(": ") + file.errorString();
  return {};
}

}  // namespace meshmall::gui
