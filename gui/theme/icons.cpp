#include "gui/theme/icons.h"

#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>
#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace meshmall::gui {
namespace {

struct Drawing {
  std::string_view name;
  std::string_view path;  // stroked with width 2, round ends
  std::string_view fill;  // filled, may be empty
};

// Drawn for this project. In byte order of names.
constexpr std::array<Drawing, 49> kDrawings = {{
    {"ban", "M12 3a9 9 0 1 0 .01 0M5.7 5.7l12.6 12.6", ""},
    {"barrier", "M4 21V8M20 21V8M4 10h16M4 15h16M7 10l-3 5M12 10l-4 5M17 10l-4 5M20 12l-2 3", ""},
    {"breaker", "M3 16h5M16 16h5M8 16l7-8", ""},
    {"budget", "M4 8h16v11H4zM4 8l11-4v4M14 12h6v3h-6z", ""},
    {"caption", "M4 5h16v11H10l-4 4v-4H4zM8 9h8M8 12h5", ""},
    {"chart", "M4 4v16h16M7 15l4-5 3 3 5-7", ""},
    {"clock", "M12 3a9 9 0 1 0 .01 0M12 7v5l4 2", ""},
    {"close", "M6 6l12 12M18 6L6 18", ""},
    {"compare", "M4 5h7v14H4zM13 5h7v14h-7", ""},
    {"copy", "M8 8h12v12H8zM16 8V4H4v12h4", ""},
    {"counter", "M3 11h18v3H3zM5 14v6M19 14v6M8 11V7h5v4", ""},
    {"crash", "M12 3l2 5 5-2-2 5 4 3-5 1 1 5-5-3-5 3 1-5-5-1 4-3-2-5 5 2z", ""},
    {"customer", "M12 4a3.5 3.5 0 1 0 .01 0M5 21c0-5 3-8 7-8s7 3 7 8", ""},
    {"door", "M6 21V3h12v18M3 21h18M14 12v1", ""},
    {"edit", "M4 20l1-5L16 4l4 4L9 19zM13 7l4 4", ""},
    {"eject", "M6 14l6-8 6 8zM6 18h12", ""},
    {"error", "M12 3l9 9-9 9-9-9zM9 9l6 6M15 9l-6 6", ""},
    {"export", "M12 15V4M8 8l4-4 4 4M4 14v6h16v-6", ""},
    {"fit", "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5", ""},
    {"floor", "M3 20h18M5 20V9h6v11M14 20V5h5v15", ""},
    {"follow", "M12 8a4 4 0 1 0 .01 0M12 2v4M12 18v4M2 12h4M18 12h4", ""},
    {"fork", "M6 21v-7c0-3 2-4 6-6V3M18 21v-7c0-3-2-4-6-6", ""},
    {"fullscreen", "M4 10V4h6M14 20h6v-6M4 4l7 7M20 20l-7-7", ""},
    {"good", "M12 3a9 9 0 1 0 .01 0M8 12l3 3 5-6", ""},
    {"guard", "M12 3l8 3v6c0 5-4 8-8 9-4-1-8-4-8-9V6zM9 12l2 2 4-4", ""},
    {"help", "M12 3a9 9 0 1 0 .01 0M9.5 9.5c0-3 5-3 5 0 0 2-2.5 2-2.5 4M12 17v.5", ""},
    {"hedge", "M4 12h6M10 12l8-5M10 12l8 5M14 6l4 1-2 3M16 14l2 3-4 1", ""},
    {"import", "M12 4v11M8 11l4 4 4-4M4 14v6h16v-6", ""},
    {"lock", "M6 11h12v9H6zM8 11V8a4 4 0 0 1 8 0v3", ""},
    {"map", "M4 6l5-2 6 2 5-2v14l-5 2-6-2-5 2zM9 4v14M15 6v14", ""},
    {"map-old", "M4 6l5-2 6 2 5-2v6M4 6v14l5-2M9 4v14M15 6v4M17 13a4 4 0 1 0 .01 0M17 15v2h2", ""},
    {"open", "M3 19V6h6l2 2h9v3M3 19l3-8h16l-3 8z", ""},
    {"pause", "", "M6 4h4v16H6zM14 4h4v16h-4z"},
    {"play", "", "M7 4v16l13-8z"},
    {"restart", "M5 12a7 7 0 1 0 2-5M7 3v4h4", ""},
    {"retry", "M19 12a7 7 0 1 1-2-5M17 3v4h-4", ""},
    {"save", "M4 4h13l3 3v13H4zM8 4v5h7V4M8 20v-6h8v6", ""},
    {"slow", "M12 5a8 8 0 0 1 8 8M4 13a8 8 0 0 1 8-8M12 13l-4-3M4 18h16", ""},
    {"step", "M17 4v16", "M5 4v16l10-8z"},
    {"stop", "", "M5 5h14v14H5z"},
    {"table", "M4 5h16v14H4zM4 10h16M10 5v14", ""},
    {"traffic", "M3 8h13M12 4l4 4-4 4M21 16H8M12 12l-4 4 4 4", ""},
    {"undo", "M9 5L4 10l5 5M4 10h10a6 6 0 0 1 0 12h-3", ""},
    {"unlock", "M6 11h12v9H6zM8 11V8a4 4 0 0 1 7.5-2", ""},
    {"unknown", "M12 3l8 4.5v9L12 21l-8-4.5v-9zM8 12h8", ""},
    {"warning", "M12 4l9 16H3zM12 10v5M12 17v.5", ""},
    {"what-if", "M3 18c6 0 6-12 18-12M3 18c6 0 10-1 18-1", ""},
    {"zoom-in", "M10 4a6 6 0 1 0 .01 0M15 15l6 6M10 7v6M7 10h6", ""},
    {"zoom-out", "M10 4a6 6 0 1 0 .01 0M15 15l6 6M7 10h6", ""},
}};

const Drawing* drawingOf(const QString& name) {
  const QByteArray wanted = name.toLatin1();
  const auto found = std::find_if(kDrawings.begin(), kDrawings.end(), [&wanted](const Drawing& one) { return wanted == one.name.data(); });
  return found == kDrawings.end() ? nullptr : &*found;
}

}  // namespace

QStringList iconNames() {
  QStringList names;
  for (const Drawing& one : kDrawings) names << QString::fromLatin1(one.name.data());
  return names;
}

QByteArray iconSvg(const QString& name, const QColor& colour) {
  const Drawing* drawing = drawingOf(name);
  if (drawing == nullptr) return {};
  QByteArray svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 24 24\">";
  const QByteArray tint = colour.name().toLatin1();
  if (!drawing->fill.empty()) svg += "<path d=\"" + QByteArray(drawing->fill.data()) + "\" fill=\"" + tint + "\"/>";
  if (!drawing->path.empty()) {
    svg += "<path d=\"" + QByteArray(drawing->path.data()) + "\" fill=\"none\" stroke=\"" + tint +
           "\" stroke-width=\"2\" stroke-linecap=\"round\" stroke-linejoin=\"round\"/>";
  }
  return svg + "</svg>";
}

QPixmap iconPixmap(const QString& name, const QColor& colour, int size, double device_pixel_ratio) {
  const QString key = QStringLiteral("meshmall/") + name + QLatin1Char('/') + colour.name() + QLatin1Char('/') + QString::number(size) + QLatin1Char('/') + QString::number(device_pixel_ratio);
  QPixmap pixmap;
  if (QPixmapCache::find(key, &pixmap)) return pixmap;
  const int pixels = static_cast<int>(std::ceil(size * device_pixel_ratio));
  pixmap = QPixmap(pixels, pixels);
  pixmap.fill(Qt::transparent);
  if (const QByteArray svg = iconSvg(name, colour); !svg.isEmpty()) {
    QSvgRenderer renderer(svg);
    QPainter painter(&pixmap);
    renderer.render(&painter, QRectF(0, 0, pixels, pixels));
  }
  pixmap.setDevicePixelRatio(device_pixel_ratio);
  QPixmapCache::insert(key, pixmap);
  return pixmap;
}

QIcon icon(const QString& name, const Tokens& tokens) {
  QIcon result;
  if (drawingOf(name) == nullptr) return result;
  for (const int size : {16, 20, 24, 32, 48, 64}) {
    result.addPixmap(iconPixmap(name, tokens.text, size), QIcon::Normal);
    result.addPixmap(iconPixmap(name, tokens.unknown, size), QIcon::Disabled);
    result.addPixmap(iconPixmap(name, tokens.accent_text, size), QIcon::Selected);
  }
  return result;
}

}  // namespace meshmall::gui
